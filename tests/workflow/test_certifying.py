"""What `certificate serial` and `certificate check` say, and what the coverage of a track looks like as data."""

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.certificate import Allocation, Certificate, SerialText
from neuclir_carbon.model.certificate import Claimed as AnyClaim
from neuclir_carbon.model.json_text import parse_json
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.certificates import parse_certificate
from neuclir_carbon.workflow.certifying import (
    check_data,
    check_references,
    read_serials,
    serial_data,
    serial_in_words,
)
from neuclir_carbon.workflow.covering import claims_of, cover, coverage_data, next_step

AS_OF = date(2026, 11, 22)
EXAMPLE: dict[str, Any] = json.loads(schema_path("certificate-reference/1").read_text(encoding="utf-8"))["examples"][0]
KEYS = [
    "valid", "verdict", "programme", "unit", "blocks", "units", "country", "project", "vintage", "overlap_key",
    "findings",
]  # fmt: skip


def written(folder: Path, name: str, **changes: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps({**EXAMPLE, **changes}), encoding="utf-8")
    return path


def certificate(**changes: Any) -> Certificate:
    value = parse_certificate(json.dumps({**EXAMPLE, **changes}).encode(), "c.json").value
    assert value is not None
    return value


PLAIN = certificate()


def test_a_serials_answer_has_the_contracts_keys() -> None:
    data = serial_data(read_serials("KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336", AS_OF))
    assert list(data)[: len(KEYS)] == KEYS
    assert data == {
        "valid": True, "verdict": "OK", "programme": "cdm", "unit": "CER",
        "blocks": [{"start": 71234501, "end": 71234503, "units": 3}], "units": 3, "country": "KE", "project": "5336",
        "vintage": None, "overlap_key": "cdm:KE:CER", "findings": [], "as_of": "2026-11-22",
    }  # fmt: skip


def test_a_serial_with_a_vintage_tells_it_as_days() -> None:
    text = "19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"
    assert serial_data(read_serials(text, AS_OF))["vintage"] == {"start": "2018-01-01", "end": "2018-12-31"}


@pytest.mark.parametrize(
    ("text", "verdict", "code", "severity"),
    [
        ("KE-5-9-2-2-0-5336 - KE-5-3-2-2-0-5336", "E_REVERSED", "OFF011", "error"),
        ("KE-5-0-2-2-0-5336", "E_ZERO", "OFF011", "error"),
        ("KE-5-1-2-2-0-5336 - KE-5-3-2-2-0-5337", "E_MIXED", "OFF014", "error"),
        ("GS1-1-KE-GS11603-16-2029-30256-110-5463", "E_VINTAGE_FUTURE", "OFF034", "error"),
        ("VCS-VCU-1529", "E_SYNTAX", "OFF010", "error"),
        ("ZZ-5-1-2-2-0-5336", "E_COUNTRY", "OFF010", "error"),
        ("KE-5-1-2-1-0-5336", "E_CP_ORDER", "OFF010", "error"),
        ("1-1-2-VCS-VCU-2-VER-KE-1-3-31022018-31122018-0", "E_DATE", "OFF010", "error"),
        ("KE-6-1-2-2-0-5336", "W_TEMPORARY_UNIT", "OFF019", "warning"),
        ("KE-5-1-3-3-0-5336", "W_CP3", "OFF035", "warning"),
        ("GS1-1-KE-GS11603-16-2025-30256-0110-5463", "W_LEADING_ZERO", "OFF009", "warning"),
    ],
)
def test_a_verdict_has_its_code(text: str, verdict: str, code: str, severity: str) -> None:
    data = serial_data(read_serials(text, AS_OF))
    assert data["verdict"] == verdict
    assert [(finding["code"], finding["severity"]) for finding in data["findings"]] == [(code, severity)]
    assert data["valid"] == (severity == "warning")
    assert (data["units"] is None) == (severity == "error")


def test_nothing_under_a_verdict_that_only_warns_is_an_error() -> None:
    data = serial_data(read_serials("KE-6-9-2-1-0-5336", AS_OF))
    assert data["valid"]
    assert {finding["severity"] for finding in data["findings"]} == {"warning"}


def test_a_list_tells_what_its_serials_share() -> None:
    data = serial_data(read_serials("KE-5-1-2-2-0-5336; KE-5-5-2-2-0-5337 - KE-5-9-2-2-0-5337", AS_OF))
    assert (data["units"], data["country"], data["project"]) == (6, "KE", None)
    assert len(data["blocks"]) == 2
    assert data["overlap_key"] == "cdm:KE:CER"


def test_one_bad_serial_makes_a_list_bad() -> None:
    data = serial_data(read_serials("KE-6-1-2-2-0-5336; nonsense", AS_OF))
    assert (data["valid"], data["verdict"], data["units"]) == (False, "E_SYNTAX", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336",
            "3 units of CDM project 5336 (Kenya), commitment period 2, unit CER, serials 71234501 to 71234503, "
            "3,000 kg CO2e (OK)",
        ),
        (
            "IN-5-900001-1-2-0-100",
            "1 unit of CDM project 100 (India), commitment period 1, carried over to 2, unit CER, serial 900001, "
            "1,000 kg CO2e (OK)",
        ),
        (
            "19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0",
            "11 units of Verra project 513 (Brazil), vintage 2018-01-01 to 2018-12-31, issuance 19298, "
            "sectoral scope 1, without additional certifications, unit VCU, serials 935997134 to 935997144, "
            "11,000 kg CO2e (OK)",
        ),
        ("", "an empty text is no serial known here (E_SYNTAX)"),
    ],
)
def test_a_serial_in_words(text: str, words: str) -> None:
    (reading,) = read_serials(text, AS_OF).readings
    assert serial_in_words(reading) == words


def test_references_are_checked_alone_and_together(tmp_path: Path) -> None:
    paths = [written(tmp_path, "a.json"), written(tmp_path, "b.json", certificate_id="VC7/2024", attestation=None)]
    checked = check_references(paths, AS_OF)
    assert not checked.passed
    found = {finding.code for finding in checked.findings if finding.severity != "note"}
    assert found == {"OFF020", "OFF044"}
    assert [reference.reached.level for reference in checked.references] == ["declared", "declared"]
    assert [check_references([path], AS_OF).passed for path in paths] == [True, True]


def test_a_level_rises_with_the_documents_digest(tmp_path: Path) -> None:
    path = written(tmp_path, "c.json", document={"sha256": "a" * 64})
    (reference,) = check_references([path], AS_OF).references
    assert (reference.reached.level, reference.allocated_kg) == ("serial_consistent", 650)


def test_all_files_are_examined_and_one_that_is_missing_is_told(tmp_path: Path) -> None:
    good = written(tmp_path, "good.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    checked = check_references([tmp_path / "missing.json", broken, good], AS_OF)
    assert list(checked.unreadable) == [str(tmp_path / "missing.json")]
    assert [reference.path for reference in checked.references] == [str(good)]
    assert not checked.passed
    assert any(finding.code == "OFF001" and finding.location.path == str(broken) for finding in checked.findings)


def test_a_file_named_twice_is_examined_once(tmp_path: Path) -> None:
    path = written(tmp_path, "c.json")
    assert len(check_references([path, path], AS_OF).references) == 1


def test_when_no_file_can_be_read_every_reason_is_given(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"one\.json(.|\n)*two\.json"):
        check_references([tmp_path / "one.json", tmp_path / "two.json"], AS_OF)


def test_a_private_beneficiary_is_in_no_output(tmp_path: Path) -> None:
    path = written(tmp_path, "c.json", beneficiary={"name": "Jane Doe-Secret", "public": False}, purpose=None)
    assert "Secret" not in json.dumps(check_data(check_references([path], AS_OF)))


def test_the_check_as_data_is_strict_json(tmp_path: Path) -> None:
    data = check_data(check_references([written(tmp_path, "c.json")], AS_OF))
    assert parse_json(json.dumps(data).encode()) == data
    assert data["counts"] == {"error": 0, "warning": 0, "note": 3}
    assert data["as_of"] == "2026-11-22"


def test_a_bundles_certificates_become_claims_by_their_place() -> None:
    first, second = claims_of([certificate(), certificate(certificate_id="VC7/2024")], "b.zip", "TEAM3")
    assert isinstance(first, AnyClaim)
    assert [(claim.pointer, claim.path, claim.team) for claim in (first, second)] == [
        ("/0", "b.zip", "TEAM3"),
        ("/1", "b.zip", "TEAM3"),
    ]


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, "add the document's sha256 or the registry's page"),
        ({"document": {"sha256": "a" * 64}, "serials": []}, "add serials that hold the quantity"),
        ({"document": {"sha256": "a" * 64}}, "a registry's export would verify it"),
        ({"action": "order"}, "250 kg: mend the errors"),
        ({"allocations": [{"scope_id": "neuclir-2024/OTHER", "kg": 1}]}, "no certificate names the team"),
    ],
)
def test_a_team_is_told_what_it_lacks_for_the_next_level(changes: dict[str, Any], step: str) -> None:
    covered = cover(claims_of([certificate(**changes)], "b.zip", "TEAM3"), {"TEAM3": 1000.0}, "neuclir-2024", AS_OF)
    assert next_step(next(team for team in covered.teams if team.team == "TEAM3")) == step


def test_coverage_as_data_tells_gross_emissions_and_every_level() -> None:
    claims = claims_of([certificate(document={"sha256": "a" * 64})], "b.zip", "TEAM3")
    data = coverage_data(cover(claims, {"TEAM3": 500.0, "B": 500.0}, "neuclir-2024", AS_OF))
    assert parse_json(json.dumps(data).encode()) == data
    assert data["emissions_kg_co2e"] == 1000
    assert data["coverage"]["serial_consistent"] == {"kg": 250.0, "share": 0.25}
    assert data["coverage"]["registry_verified"] == {"kg": 0.0, "share": 0.0}
    assert data["residual_kg"] == 1000
    assert [team["team"] for team in data["teams"]] == ["B", "TEAM3"]


def test_many_teams_with_many_bundles_are_covered_in_time() -> None:
    """300 teams with ten bundles each: 3,000 claims of 300 certificates, far below a second of work per thousand."""
    claims = [
        claim
        for number in range(300)
        for run in range(10)
        for claim in claims_of([_own(number)], f"T{number}-run{run}.crate.zip", f"T{number}")
    ]
    start = time.perf_counter()
    covered = cover(claims, {f"T{number}": 2500.0 for number in range(300)}, "neuclir-2024", AS_OF)
    assert time.perf_counter() - start < 10
    assert covered.coverage.declared.kg == 300 * 2500
    assert covered.surplus_kg == 300 * 500
    assert len(covered.rows) == 300


def _own(number: int) -> Certificate:
    return evolve(
        PLAIN,
        certificate_id=f"VC{number}/2024",
        serials=(SerialText(raw=f"KE-5-{3 * number + 1}-2-2-0-5336 - KE-5-{3 * number + 3}-2-2-0-5336"),),
        allocations=(Allocation(scope_id=f"neuclir-2024/T{number}", kg=3000),),
    )
