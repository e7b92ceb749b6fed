"""Certificates beside registries' exports: a claim is found in one retired row, or it is told why it is not."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from registry_files import SAMPLES, an_export, vcu, verra_row

from neuclir_carbon.checks import offset_registry
from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.model.certificate import Certificate, Claimed
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.outside import Outside
from neuclir_carbon.serials.reading import read_serial
from neuclir_carbon.store.certificates import parse_certificate
from neuclir_carbon.store.registry_formats import export_of
from neuclir_carbon.store.registry_index import open_registry

AS_OF = date(2026, 11, 22)
VERRA: dict[str, Any] = {
    "schema": "certificate-reference/1", "certificate_id": "V1", "programme": "verra-vcs", "unit_type": "VCU",
    "quantity_kg": 10_000, "serials": [{"raw": vcu(101, 110)}], "retired_on": "2024-11-15",
    "project": {"id": "VCS513"}, "allocations": [{"scope_id": "neuclir-2024/A", "kg": 10_000}],
}  # fmt: skip
CDM = {
    **VERRA, "certificate_id": "VC1/2024", "programme": "cdm", "unit_type": "CER", "quantity_kg": 3000,
    "serials": [], "project": {"id": "5336"}, "allocations": [{"scope_id": "neuclir-2024/A", "kg": 3000}],
}  # fmt: skip
ISOMETRIC = {
    **VERRA, "certificate_id": "ret_1KNSQMD6Z1S0TB50", "programme": "isometric", "unit_type": "ISO-CREDIT",
    "quantity_kg": 4, "serials": [], "project": None, "allocations": [{"scope_id": "neuclir-2024/A", "kg": 4}],
}  # fmt: skip
LATER = verra_row(9_001, 9_002, "2025-01-31")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "cache"))


def certificate(document: dict[str, Any], **changes: Any) -> Certificate:
    whole = {key: value for key, value in {**document, **changes}.items() if value is not None}
    parsed = parse_certificate(json.dumps(whole).encode(), "c.json")
    assert parsed.value is not None, parsed.findings
    return parsed.value


def covered(value: Certificate, *exports: Path) -> TrackCoverage:
    claim = Claimed(certificate=value, path="c.json", team="A")
    outside = Outside(registry=open_registry(exports) if exports else None)
    return coverage_of([claim], {"A": 1e9}, "neuclir-2024", AS_OF, outside)


def found(covering: TrackCoverage, code: str) -> list[Finding]:
    return [finding for finding in covering.findings if finding.code == code]


Row = dict[str, Any]
# code: what the Verra export has, and what differs in the reference; (rows, changes) that fire, and that do not.
TABLE: dict[str, tuple[list[tuple[list[Row], Row]], list[tuple[list[Row], Row]]]] = {
    "OFF050": (
        [([verra_row(1, 1000), LATER], {})],
        [
            ([verra_row(1, 1000, "2024-11-15"), LATER], {}),
            ([verra_row(1, 1000)], {}),
            ([LATER], {}),
            ([], {}),
        ],
    ),
    "OFF051": (
        [
            ([verra_row(1, 50, "2024-12-14")], {}),
            ([verra_row(1, 1000)], {}),
        ],
        [([verra_row(1, 50, "2024-12-15")], {}), ([verra_row(1, 1000, "2024-11-15")], {})],
    ),
    "OFF052": (
        [([verra_row(1, 100, "2024-11-15"), LATER], {}), ([LATER], {"serials": [{"raw": vcu(1, 10)}]})],
        [
            ([verra_row(1, 100, "2024-11-15")], {}),
            ([verra_row(1, 101, "2024-11-15"), LATER], {}),
            ([LATER], {"programme": "acr", "serials": [{"raw": "ACR-US-212-2019-1155-1 to 10"}], "project": None}),
        ],
    ),
    "OFF053": (
        [
            ([verra_row(1, 109, "2024-11-15"), LATER], {}),
            ([verra_row(101, 110, "2024-11-19")], {}),
            ([verra_row(101, 110, "2024-11-11")], {}),
            ([verra_row(101, 110, "2024-11-15")], {"project": {"id": "514"}}),
            ([verra_row(101, 105, "2024-11-15"), verra_row(106, 110, "2024-11-16")], {}),
            ([verra_row(101, 105, "2024-11-15"), verra_row(106, 111, "2024-11-15")], {}),
        ],
        [
            ([verra_row(101, 110, "2024-11-18")], {}),
            ([verra_row(101, 110, "2024-11-12")], {"project": None}),
            ([verra_row(1, 1000, "2024-11-15")], {"beneficiary": {"name": "Somebody Else"}}),
            ([verra_row(101, 105, "2024-11-15"), verra_row(106, 110, "2024-11-15")], {}),
        ],
    ),
    "OFF054": (
        [
            ([verra_row(101, 110, "2024-11-15")], {}),
            ([verra_row(101, 105, "2024-11-15"), verra_row(106, 110, "2024-11-15")], {}),
        ],
        [([verra_row(101, 109, "2024-11-15")], {}), ([verra_row(1, 1000)], {})],
    ),
    "OFF056": (
        [([verra_row(1, 1000, "2024-11-15"), verra_row(105, 105, "2024-11-15")], {})],
        [
            ([verra_row(1, 1000, "2024-11-15"), verra_row(1001, 1001, "2024-11-15")], {}),
            ([verra_row(1, 1000, "2024-11-15"), verra_row(1, 2000)], {}),
        ],
    ),
}
FIRING = [(code, *case) for code, (firing, _) in TABLE.items() for case in firing]
SILENT = [(code, *case) for code, (_, silent) in TABLE.items() for case in silent]


@pytest.mark.parametrize(("code", "rows", "changes"), FIRING, ids=[f"{c[0]}-{i}" for i, c in enumerate(FIRING)])
def test_a_rule_beside_an_export_fires(code: str, rows: list[Row], changes: Row, tmp_path: Path) -> None:
    covering = covered(certificate(VERRA, **changes), an_export(tmp_path / "verra.csv", "verra", rows))
    (first, *_) = found(covering, code)
    assert first.severity is offset_registry.BOOK.entries[code].severity
    assert first.location.path == "c.json"
    assert "verra.csv (sha256 " in first.message


@pytest.mark.parametrize(("code", "rows", "changes"), SILENT, ids=[f"{c[0]}-{i}" for i, c in enumerate(SILENT)])
def test_a_rule_beside_an_export_keeps_silent(code: str, rows: list[Row], changes: Row, tmp_path: Path) -> None:
    export = [an_export(tmp_path / "verra.csv", "verra", rows)] if rows else []
    assert not found(covered(certificate(VERRA, **changes), *export), code)


ATTESTED = {"Project/POA number": "5336", "Quantity of units cancelled": "3", "Date of completion": "17/11/2024"}


@pytest.mark.parametrize(
    ("rows", "changes", "candidates"),
    [
        ([ATTESTED], {}, 1),
        ([ATTESTED, ATTESTED], {}, 2),
        ([ATTESTED], {"project": {"id": "CDM 05336"}}, 1),
        ([ATTESTED], {"project": None, "serials": [{"raw": "KE-5-1-2-2-0-5336 - KE-5-3-2-2-0-5336"}]}, 1),
        ([{**ATTESTED, "Date of completion": "11/17/2024"}], {}, 0),
        ([{**ATTESTED, "Date of completion": "19/11/2024"}], {}, 0),
        ([{**ATTESTED, "Quantity of units cancelled": "4"}], {}, 0),
        ([ATTESTED], {"project": {"id": "5337"}}, 0),
        ([ATTESTED], {"programme": "gold-standard"}, 0),
    ],
)
def test_the_cdms_list_gives_list_matched_and_no_more(
    rows: list[Row], changes: Row, candidates: int, tmp_path: Path
) -> None:
    covering = covered(certificate(CDM, **changes), an_export(tmp_path / "list.csv", "cdm", rows))
    told = found(covering, "OFF055")
    assert len(told) == (1 if candidates else 0)
    assert all(finding.message.startswith(f"{candidates} row") for finding in told)
    (row,) = covering.rows
    assert row.list_matched is bool(candidates)
    assert covering.coverage.list_matched.kg == (3000 if candidates else 0)
    assert covering.coverage.registry_verified.kg == 0


def test_a_list_matched_claim_with_serials_is_both(tmp_path: Path) -> None:
    serials = [{"raw": "KE-5-1-2-2-0-5336 - KE-5-3-2-2-0-5336"}]
    covering = covered(certificate(CDM, serials=serials), an_export(tmp_path / "list.csv", "cdm", [ATTESTED]))
    assert covering.coverage.serial_consistent.kg == covering.coverage.list_matched.kg == 3000
    assert covering.rows[0].level == "serial_consistent"


@pytest.mark.parametrize(
    ("kg", "retired", "changes", "level"),
    [
        ("4", "2024-11-15T23:20:22.5Z", {}, "registry_verified"),
        ("3", "2024-11-15T23:20:22.5Z", {}, "documented"),
        ("4", "2024-11-20T00:00:00Z", {}, "documented"),
        ("4", "2024-11-15", {"certificate_id": "x", "serials": [{"raw": "ret_1KNSQMD6Z1S0TB50"}]}, "registry_verified"),
        (
            "4", "2024-11-15",
            {"certificate_id": "x", "registry_url": "https://to.isometric.com/ret_1KNSQMD6Z1S0TB50"},
            "registry_verified",
        ),
        ("4", "2024-11-15", {"certificate_id": "ret_1KNSQMD6Z1S0TB51"}, "declared"),
    ],
)  # fmt: skip
def test_an_id_without_a_block_is_found_by_itself_with_its_kg(
    kg: str, retired: str, changes: Row, level: str, tmp_path: Path
) -> None:
    row = {"retirement_id": "ret_1KNSQMD6Z1S0TB50", "retired_at": retired, "credit_batch_size_total.credit_kgs": kg}
    later = {**row, "retirement_id": "ret_1KNSQMD6Z1S0TB5Z", "retired_at": "2025-06-01"}
    export = an_export(tmp_path / "isometric.csv", "isometric", [row, later])
    assert covered(certificate(ISOMETRIC, **changes), export).rows[0].level == level


def test_credits_cancelled_for_another_purpose_are_not_retired(tmp_path: Path) -> None:
    acr = {
        "programme": "acr",
        "unit_type": "ERT",
        "serials": [{"raw": "ACR-US-407-2025-2899-1 to 10"}],
        "project": None,
    }
    row = {
        "Credit Serial Numbers": "ACR-US-407-2025-2899-1 to 50", "Quantity of Credits": "50", "Project ID": "ACR407",
        "Status Effective  (GMT)": "6/20/2026 11:14:22 PM", "Cancellation Type": "Convert to ARB offset credits",
    }  # fmt: skip
    export = an_export(tmp_path / "acr.csv", "acr-cancellations", [row])
    covering = covered(certificate(VERRA, **acr, retired_on="2026-01-15"), export)
    (finding,) = found(covering, "OFF050")
    assert "cancelled, not retired" in finding.message
    assert covering.rows[0].disputed


def test_a_cer_in_gold_standards_export_stands_in_two_books(tmp_path: Path) -> None:
    serial = "RW-5-1459975-2-2-0-7014 - RW-5-1459977-2-2-0-7014"
    row = {"Serial Number": serial, "Quantity": "3", "Credit Status": "Retired", "Retirement Date": "2024-11-15"}
    claimed = certificate(CDM, serials=[{"raw": serial}], project=None)
    beside = covered(claimed, an_export(tmp_path / "gs.csv", "gs", [row]))
    (finding,) = found(beside, "OFF025")
    assert "also stand in another registry's books, in line 2 of gs.csv (sha256 " in finding.message
    assert not found(covered(claimed), "OFF025")
    assert beside.rows[0].level == "registry_verified"
    other = {**row, "Serial Number": serial.replace("7014", "7015").replace("RW", "KE")}
    assert not found(covered(claimed, an_export(tmp_path / "other.csv", "gs", [other])), "OFF025")


def test_what_was_issued_says_nothing_without_an_export_of_retirements(tmp_path: Path) -> None:
    serial = "GS1-1-KE-GS7495-16-2023-30645-608-617"
    gs = {"programme": "gold-standard", "unit_type": "GS-VER", "serials": [{"raw": serial}], "project": None}
    issued = {"Serial Number": serial, "Quantity": "10", "Credit Status": "Issued", "Issuance Date": "2026-04-13"}
    retired = {"Serial Number": serial.replace("30645", "1"), "Quantity": "10", "Credit Status": "Retired",
               "Retirement Date": "2026-04-13"}  # fmt: skip
    issuances = an_export(tmp_path / "issuances.csv", "gs-issuances", [issued])
    assert not found(covered(certificate(VERRA, **gs), issuances), "OFF050")
    retirements = an_export(tmp_path / "retirements.csv", "gs", [retired])
    assert found(covered(certificate(VERRA, **gs), issuances, retirements), "OFF050")


def test_a_registrys_own_doubling_does_not_take_the_claim_down(tmp_path: Path) -> None:
    rows = [verra_row(101, 110, "2024-11-15"), verra_row(101, 110, "2024-11-15")]
    covering = covered(certificate(VERRA), an_export(tmp_path / "verra.csv", "verra", rows))
    assert found(covering, "OFF056")
    assert covering.rows[0].level == "registry_verified"


def test_the_evidence_names_file_digest_day_and_line(tmp_path: Path) -> None:
    export = an_export(tmp_path / "verra.csv", "verra", [LATER, verra_row(1, 1000, "2024-11-15")])
    index = open_registry([export])
    rises = covered(certificate(VERRA), export).rows[0].rises
    assert [rise.level for rise in rises] == ["declared", "documented", "serial_consistent", "registry_verified"]
    assert rises[-1].by == f"retired in line 3 of verra.csv (sha256 {index.files[0].sha256}), as of 2025-01-31"


def test_every_rule_beside_exports_has_a_table_of_firing_and_not_firing() -> None:
    assert {*TABLE, "OFF025", "OFF055"} == set(offset_registry.BOOK.entries)
    assert all(firing and silent for firing, silent in TABLE.values())


UNITS = {"verra-vcs": "VCU", "gold-standard": "GS-VER", "acr": "ERT", "car": "CRT", "isometric": "ISO-CREDIT"}


def real_claims() -> list[tuple[str, int, Certificate, Certificate]]:
    """Each retired row of each sample as a certificate, and the same moved by one serial."""
    made = []
    for path in sorted(SAMPLES.glob("*.csv")):
        for line, row in enumerate(csv.DictReader(path.open(encoding="utf-8", newline="")), 1):
            export = export_of([" ".join(name.split()) for name in row])
            assert export is not None
            clean = {" ".join(name.split()): cell for name, cell in row.items()}
            day = export.read_day(clean[export.day])
            if day is None:
                continue
            text = export.layout.format(*(clean[name] for name in export.serial))
            made.append(
                (
                    path.name,
                    line,
                    _claim(text, clean[export.units], day),
                    _claim(_moved(text), clean[export.units], day),
                )
            )
    return made


def _claim(text: str, units: str, day: date) -> Certificate:
    serial = read_serial(text, year=2026).serial
    assert serial is not None
    kg = int(units.replace(",", "")) * (1 if serial.programme == "isometric" else 1000)
    return certificate(
        VERRA, certificate_id=text if serial.programme == "isometric" else "C1", programme=serial.programme,
        unit_type=UNITS[serial.programme], quantity_kg=kg, serials=[{"raw": text}], retired_on=day.isoformat(),
        project=None, allocations=[{"scope_id": "neuclir-2024/A", "kg": kg}],
    )  # fmt: skip


def _moved(text: str) -> str:
    serial = read_serial(text, year=2026).serial
    assert serial is not None
    if serial.start is None or serial.end is None:
        return text[:-1] + ("0" if text[-1] != "0" else "1")
    for before, after in ((f"{serial.start} to {serial.end}", " to "), (f"{serial.start}-{serial.end}", "-")):
        text = text.replace(before, f"{serial.start + 1}{after}{serial.end + 1}")
    return text


REAL = real_claims()


@pytest.mark.parametrize("case", REAL, ids=[f"{name}-{line}" for name, line, *_ in REAL])
def test_a_real_retired_row_is_verified_and_not_when_moved_by_one_serial(
    case: tuple[str, int, Certificate, Certificate],
) -> None:
    name, _, true, moved = case
    assert covered(true, SAMPLES / name).rows[0].level == "registry_verified"
    covering = covered(moved, SAMPLES / name)
    assert covering.rows[0].level != "registry_verified"
    assert covering.coverage.registry_verified.kg == 0
    assert {finding.code for finding in covering.findings} & {"OFF050", "OFF051", "OFF052", "OFF053"}


def test_each_sample_gives_real_claims() -> None:
    assert {name for name, *_ in REAL} == {path.name for path in SAMPLES.glob("*.csv")}
    assert len(REAL) > 80
    assert timedelta(days=3) == offset_registry.DAYS_APART
