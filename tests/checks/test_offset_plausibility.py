"""Certificates beside OffsetsDB's tables, which name no serials: implausible or not, and never any better proved."""

from pathlib import Path
from typing import Any

import pytest
from registry_files import an_export, moved, vcu, verra_row
from test_offset_registry_rules import CDM, ISOMETRIC, VERRA, certificate, covered, found

Row = dict[str, Any]
ISSUED = moved("VCS513", 900.0, "2019-05-01", kind="issuance")
RETIRED = moved("VCS513", 10.0, "2024-11-17")
LATER = moved("VCS7", 1.0, "2025-06-01")
PROJECT = {
    "project_id": "VCS513", "registry": "verra", "status": "registered", "country": "Brazil", "issued": "900.0",
    "retired": "10.0", "first_retirement_at": "2025-06-01 00:00:00+00:00",
}  # fmt: skip
# code: kind of table, its rows, what differs in the reference (10 t of project 513, vintage 2018, on 2024-11-15).
Case = tuple[str, list[Row], Row]
TABLE: dict[str, tuple[list[Case], list[Case]]] = {
    "OFF057": (
        [
            ("credits", [LATER], {}),
            ("credits", [ISSUED, moved("VCS513", 9.0, "2024-11-15"), LATER], {}),
            ("credits", [{**ISSUED, "quantity": 5}, {**RETIRED, "quantity": 4}, LATER], {}),
            ("credits", [ISSUED, moved("VCS513", 10.0, "2024-11-19"), LATER], {}),
            ("credits", [ISSUED, moved("VCS513", 10.0, "2024-11-15", 2017), LATER], {}),
            ("credits", [ISSUED, moved("VCS513", 10.0, "2024-11-15", kind="cancellation"), LATER], {}),
            ("projects", [{**PROJECT, "retired": "9.5"}], {}),
            ("projects", [{**PROJECT, "project_id": "VCS1"}], {}),
            ("projects", [{**PROJECT, "country": "Kenya"}], {"project": {"id": "513", "host_country": "BR"}}),
        ],
        [
            ("credits", [ISSUED, RETIRED, LATER], {}),
            ("credits", [RETIRED, LATER], {}),
            ("credits", [ISSUED, moved("VCS513", 4.0, "2024-11-12"), moved("VCS513", 6.0, "2024-11-18"), LATER], {}),
            ("credits", [ISSUED, {**RETIRED, "vintage": ""}, LATER], {}),
            ("credits", [ISSUED, {**RETIRED, "transaction_date": ""}, LATER], {}),
            ("credits", [moved("VCS7", 1.0, "2024-12-14")], {}),
            ("credits", [moved("CAR7", 1.0, "2025-06-01")], {}),
            ("credits", [LATER], {"project": None, "serials": []}),
            ("projects", [PROJECT], {"project": {"id": "VCS-0513", "host_country": "BR"}}),
            ("projects", [{**PROJECT, "issued": "", "retired": ""}], {}),
            ("projects", [{**PROJECT, "country": "Nowhere"}], {"project": {"id": "513", "host_country": "BR"}}),
        ],
    ),
    "OFF058": (
        [("credits", [ISSUED, RETIRED], {}), ("projects", [PROJECT], {})],
        [("credits", [LATER], {}), ("projects", [{**PROJECT, "project_id": "ACR513"}], {})],
    ),
}
CASES = [
    (code, fires, case)
    for code, both in TABLE.items()
    for fires, cases in zip((True, False), both, strict=True)
    for case in cases
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "cache"))


def a_table(folder: Path, kind: str, rows: list[Row]) -> Path:
    return an_export(folder / f"{kind}.csv", f"offsets-db-{kind}", rows)


@pytest.mark.parametrize(("code", "fires", "case"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_a_table_without_serials_tells_what_cannot_be(code: str, fires: bool, case: Case, tmp_path: Path) -> None:
    kind, rows, changes = case
    told = found(covered(certificate(VERRA, **changes), a_table(tmp_path, kind, rows)), code)
    assert bool(told) is fires
    assert all(f"{kind}.csv, OffsetsDB {kind}, sha256 " in one.message for one in told)


@pytest.mark.parametrize("rows", [[ISSUED, RETIRED, LATER], [LATER]], ids=["plausible", "implausible"])
def test_no_level_of_evidence_comes_or_goes_by_it(rows: list[Row], tmp_path: Path) -> None:
    table = a_table(tmp_path, "credits", rows)
    for changes in ({}, {"serials": []}, {"serials": [], "registry_url": "https://registry.verra.org/x"}):
        claimed = certificate(VERRA, **changes)
        (without,), (beside,) = covered(claimed).rows, covered(claimed, table).rows
        assert (beside.level, beside.rises, beside.held_by) == (without.level, without.rises, without.held_by)


def test_a_credit_that_the_table_does_not_name_is_not_missing_from_it(tmp_path: Path) -> None:
    covering = covered(certificate(VERRA), a_table(tmp_path, "credits", [ISSUED, RETIRED, LATER]))
    assert not {"OFF050", "OFF051", "OFF052", "OFF053"} & {finding.code for finding in covering.findings}


def test_the_message_names_what_is_short_and_by_how_much(tmp_path: Path) -> None:
    rows = [ISSUED, moved("VCS513", 9.5, "2024-11-15"), moved("VCS513", 90.0, "2024-11-15", 2017), LATER]
    (finding,) = found(covered(certificate(VERRA), a_table(tmp_path, "credits", rows)), "OFF057")
    assert "VCS513: 9500 kg were retired of vintage 2018, but 10000 kg are claimed" in finding.message
    assert "Somebody" not in " ".join(one.message for one in covered(certificate(VERRA)).findings)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"project": {"id": "GS11603"}, "programme": "gold-standard", "serials": []}, "GLD11603"),
        ({"project": {"id": "CAR1335"}, "programme": "car", "serials": []}, "CAR1335"),
        ({"project": None, "programme": "acr", "serials": [{"raw": "ACR-US-212-2019-1155-1 to 10"}]}, "ACR212"),
        ({"project": None, "programme": "art-trees", "serials": [{"raw": "ART-GY-102-2021-11-1 to 10"}]}, "ART102"),
        ({"project": {"id": "CDC-16"}, "programme": "cercarbono", "serials": []}, "CCB16"),
    ],
)
def test_a_project_is_sought_by_the_name_that_it_has_there(changes: Row, named: str, tmp_path: Path) -> None:
    table = a_table(tmp_path, "credits", [moved(named, 10.0, "2024-11-15"), moved(f"{named[:3]}1", 1.0, "2025-06-01")])
    (finding,) = found(covered(certificate(VERRA, **changes), table), "OFF058")
    assert finding.message.startswith(f"{named}: ")


def test_programmes_that_the_table_does_not_have_are_passed_over(tmp_path: Path) -> None:
    table = a_table(tmp_path, "credits", [moved("ISOABCD", 1.0, "2024-11-15"), LATER])
    for claimed in (certificate(CDM), certificate(ISOMETRIC, project={"id": "prj_1JYCV03BW1S0RTE5"})):
        assert not [one for one in covered(claimed, table).findings if one.code in ("OFF057", "OFF058")]
    assert found(covered(certificate(ISOMETRIC, project={"id": "ISOABCD"}), table), "OFF058")


def test_words_of_a_table_are_harmless(tmp_path: Path) -> None:
    table = a_table(tmp_path, "projects", [{**PROJECT, "status": "a\x1b[31m\u202eb", "country": "x" * 500}])
    (finding,) = found(covered(certificate(VERRA), table), "OFF058")
    assert "status a[31mb, in xxx" in finding.message
    assert len(finding.message) < 500


def test_rows_that_cannot_be_read_are_counted_and_do_not_sum(tmp_path: Path) -> None:
    odd = [{**RETIRED, "quantity": text} for text in ("", "nan", "-5", "1e300", "ten")]
    odd += [{**RETIRED, "project_id": text} for text in ("", "513", "VCS 513; DROP", "V" * 100)]
    covering = covered(certificate(VERRA), a_table(tmp_path, "credits", [*odd, ISSUED, LATER]))
    assert covering.examined.sought
    (finding,) = found(covering, "OFF057")
    assert "0 kg were retired" in finding.message


def test_one_reference_may_have_an_export_and_a_table(tmp_path: Path) -> None:
    export = an_export(tmp_path / "verra.csv", "verra", [verra_row(101, 110, "2024-11-15")])
    table = a_table(tmp_path, "credits", [ISSUED, RETIRED, LATER])
    covering = covered(certificate(VERRA, serials=[{"raw": vcu(101, 110)}]), export, table)
    assert covering.rows[0].level == "registry_verified"
    assert found(covering, "OFF058")
