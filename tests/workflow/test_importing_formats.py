"""`import` of what others than CodeCarbon wrote: whole files into a ledger, again, grown and in halves."""

import json
import re
import shutil
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from importing import DATA, brought, codes, kilograms
from making import a_record

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.report.records import records_csv
from neuclir_carbon.store.documents import sealed
from neuclir_carbon.store.ledger import read_ledger

GERMANY = Place(country="DEU")
G_PER_KWH = 329.65
KWH = 3_600_000


def it_kwh(ledger: Path) -> float:
    return sum(record.energy.it_kwh or 0.0 for record in read_ledger(ledger).records)


@pytest.mark.parametrize(
    ("name", "records", "kwh"),
    [
        ("tirex/measured.yml", 1, 720 / KWH),
        ("tirex/null-joules-with-odd-tags.yml", 1, 0.0),
        ("tirex/negative-gpu.yml", 1, 1800 / KWH),
        ("tirex/our-own-sum.yml", 0, 0.0),
        ("tirex/version-0.1.yml", 0, 0.0),
        ("carbontracker/pair", 1, 0.005266666667 / 1.58),
        ("carbontracker/pasted-among-other-lines.txt", 2, 1.1),
        ("eco2ai/third-generation.csv", 4, 6.5e-09 + 0.0012),
        ("eco2ai/joules-from-the-middle-on.csv", 2, 0.00002),
        ("zeus/steps-within-epochs.csv", 2, 24600 / KWH),
        ("sacct/metered.txt", 2, 723600 / KWH),
        ("model-card/bare-number.md", 1, 0.0),
    ],
)
def test_a_file_gives_its_energy_once_however_often_it_is_imported(
    name: str, records: int, kwh: float, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    found = brought(ledger, DATA / name, place=GERMANY)
    assert found.imported == records
    assert it_kwh(ledger) == pytest.approx(kwh) if records else not ledger.exists()
    again = brought(ledger, DATA / name, place=GERMANY)
    assert (again.imported, again.skipped) == (0, records)


def test_a_place_that_is_given_makes_energies_emissions_and_one_that_is_told_stays(tmp_path: Path) -> None:
    brought(tmp_path / "given", DATA / "tirex" / "measured.yml", place=GERMANY)
    assert kilograms(tmp_path / "given") == pytest.approx(720 / KWH * G_PER_KWH / 1000)
    brought(tmp_path / "told", DATA / "carbontracker" / "pair", place=GERMANY)
    (record,) = read_ledger(tmp_path / "told").records
    assert record.grid is not None
    assert record.pue is not None
    assert (record.grid.country, record.grid.basis, record.pue.value) == ("DNK", "as reported", 1.58)
    assert record.emissions.total_kg_co2e == pytest.approx(0.00079)


def test_joules_under_a_heading_of_kwh_are_imported_as_unknown(tmp_path: Path) -> None:
    found = brought(tmp_path, DATA / "eco2ai" / "joules-from-the-middle-on.csv")
    assert codes(found) == ["INT014"]
    assert found.totals.records_without_emissions == 1


def test_a_half_that_comes_after_its_pair_adds_nothing(tmp_path: Path) -> None:
    pair = DATA / "carbontracker" / "pair"
    brought(tmp_path / "ledger", pair)
    for name in ("7.1_2026-11-22T031149Z_carbontracker.log", "7.1_2026-11-22T031149Z_carbontracker_output.log"):
        alone = Path(shutil.copy(pair / name, tmp_path / f"copied {name}"))
        assert brought(tmp_path / "ledger", alone).imported == 0
        alone.unlink()


def test_a_row_that_grew_adds_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "emission.csv"
    text = (DATA / "eco2ai" / "second-generation.csv").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    brought(tmp_path / "ledger", path)
    path.write_text(text.replace("100.0,0.002,0.001", "300.0,0.006,0.003"), encoding="utf-8")
    assert brought(tmp_path / "ledger", path).imported == 1
    assert it_kwh(tmp_path / "ledger") == pytest.approx(0.006)
    assert kilograms(tmp_path / "ledger") == pytest.approx(0.003)


@pytest.mark.parametrize("column", ["", "|ConsumedEnergyRaw"])
def test_a_job_that_was_listed_while_it_ran_counts_once_when_it_has_ended(column: str, tmp_path: Path) -> None:
    path, whole = tmp_path / "dump.txt", tmp_path / "whole.txt"
    head = f"JobID|State|Start|End|Elapsed|NCPUS{column}\n"
    ended = "9|COMPLETED|2025-03-01T10:00:00|2025-03-01T13:00:00|03:00:00|10" + ("|3600000\n" if column else "\n")
    path.write_text(
        head + "9|RUNNING|2025-03-01T10:00:00|Unknown|01:00:00|10" + ("|0\n" if column else "\n"), encoding="utf-8"
    )
    brought(tmp_path / "ledger", path) if not column else brought(
        tmp_path / "ledger", path, DATA / "sacct" / "steps-only.txt"
    )
    before = it_kwh(tmp_path / "ledger")
    whole.write_text(head + ended, encoding="utf-8")
    assert brought(tmp_path / "ledger", whole).imported == 1
    brought(tmp_path / "other", whole)
    known = 550000 / KWH if column else 0.0
    assert it_kwh(tmp_path / "ledger") - known == pytest.approx(it_kwh(tmp_path / "other"))
    assert before == pytest.approx(known if column else it_kwh(tmp_path / "other") / 3)


def test_what_nobody_metered_is_an_estimate_and_says_so(tmp_path: Path) -> None:
    found = brought(tmp_path, DATA / "sacct" / "unmetered-trailing-bars.txt", place=GERMANY)
    assert codes(found) == ["INT023", "INT023"]
    assert {record.method for record in found.records} == {"estimated"}
    by_gpu = {record.energy.gpu_kwh is not None: record for record in found.records}
    assert by_gpu[True].energy.gpu_kwh == pytest.approx(0.75 * 0.3 * 10830 / 3600)
    assert by_gpu[False].energy.gpu_kwh is None


FILES = sorted(path for path in DATA.rglob("*") if path.is_file() and path.stat().st_size < 20_000)
FIGURES = (
    b"1e300", b"1e308", b"1e-320", b"9" * 40, b"-1", b"0", b"nan", b"inf", b"", b"1_0", b"99999999999", b"1,5",
    b"0001-01-01 00:00:00", b"9999-12-31T23:59:59",
)  # fmt: skip


@settings(max_examples=80)
@given(
    where=st.sampled_from(FILES), puts=st.lists(st.tuples(st.integers(0, 500), st.sampled_from(FIGURES)), max_size=4)
)
def test_whatever_figures_stand_in_a_file_the_ledger_can_be_read_again(
    where: Path, puts: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = where.read_bytes()
    for place, put in puts:
        found = list(re.finditer(rb"[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?", data))
        if found:
            one = found[place % len(found)]
            data = data[: one.start()] + put + data[one.end() :]
    folder = tmp_path_factory.mktemp("figures")
    path, ledger = folder / where.name, folder / "ledger"
    path.write_bytes(data)
    try:
        imported = brought(ledger, path).imported
    except CarbonError:
        return
    if imported:
        found_again = read_ledger(ledger)
        assert found_again.findings == ()
        assert len(found_again.records) == imported
        assert brought(ledger, path).imported == 0


def lines(*records: ActivityRecord) -> bytes:
    return b"".join(json.dumps(plain(record)).encode() + b"\n" for record in records)


FIRST, SECOND = a_record("20241115T093000Z-00000001"), a_record("20241115T093000Z-00000002", kwh=2.5)


def test_our_own_records_keep_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(lines(FIRST, SECOND))
    found = brought(tmp_path / "ledger", path)
    assert found.imported == 2
    assert read_ledger(tmp_path / "ledger").records == (FIRST, SECOND)
    assert brought(tmp_path / "ledger", path).imported == 0


def test_an_altered_record_of_ours_is_refused_and_told(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(lines(FIRST, attrs.evolve(SECOND, label="another")))
    found = brought(tmp_path / "ledger", path)
    assert codes(found) == ["INT025"]
    assert read_ledger(tmp_path / "ledger").records == (FIRST,)
    other = sealed(attrs.evolve(FIRST, label="another"))
    path.write_bytes(lines(other))
    assert codes(brought(tmp_path / "ledger", path)) == ["INT025"]
    assert read_ledger(tmp_path / "ledger").records == (FIRST,)


@pytest.mark.parametrize("order", ["table first", "records first", "at once", "at once, table first"])
def test_a_record_and_its_row_of_a_table_count_once(order: str, tmp_path: Path) -> None:
    # The folder is read by name.
    table_name = "a.csv" if order.endswith("table first") else "z.csv"
    (tmp_path / "in").mkdir()
    table, records = tmp_path / "in" / table_name, tmp_path / "in" / "records.jsonl"
    table.write_bytes(records_csv([FIRST, SECOND]))
    records.write_bytes(lines(FIRST, SECOND))
    ledger = tmp_path / "ledger"
    steps = {"table first": [table, records], "records first": [records, table]}.get(order, [tmp_path / "in"])
    for step in steps:
        brought(ledger, step)
    assert it_kwh(ledger) == pytest.approx(2.6)
    assert brought(ledger, tmp_path / "in").imported == 0
