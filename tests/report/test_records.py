"""A ledger at the terminal: steps under their pipeline, what is left of it, and what the total compares to."""

import csv
import io
import math
import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import GERMANY, a_record
from strangers import TEXTS
from works import ledgers

from neuclir_carbon.factors.equivalents import EQUIVALENTS
from neuclir_carbon.model.counting import counted, totals
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.report.records import log_text, records_csv, records_json
from neuclir_carbon.report.words import visible


def first_columns(text: str) -> list[str]:
    """The first column of the table, with its indentation."""
    table = text.split("\n\n", maxsplit=1)[0].splitlines()[1:]
    width = text.splitlines()[0].index("activity")
    return [line[:width].rstrip() for line in table]


def test_steps_stand_under_their_pipeline_and_its_remainder_after_them() -> None:
    records = [
        a_record("alone", kwh=1.0),
        a_record("outer", kwh=10.0),
        a_record("step-1", kwh=4.0, parent_id="outer"),
        a_record("inner", kwh=1.5, parent_id="step-1"),
        a_record("step-2", kwh=2.0, parent_id="outer"),
        a_record("orphan", kwh=1.0, parent_id="not here"),
    ]
    text = log_text(records, tree=True)
    assert first_columns(text) == [
        "alone", "outer", "  step-1", "    inner", "    (its own remainder)", "  step-2", "  (its own remainder)",
        "orphan",
    ]  # fmt: skip
    remainders = [line for line in text.splitlines() if "its own remainder" in line]
    assert "2.50 kWh" in remainders[0].replace("\u00a0", " ")
    assert "4.00 kWh" in remainders[1].replace("\u00a0", " ")


def test_without_the_tree_there_are_no_remainders() -> None:
    assert "remainder" not in log_text([a_record("outer", kwh=2.0), a_record("in", kwh=1.0, parent_id="outer")])


def test_the_total_is_compared_to_something_with_its_source() -> None:
    text = log_text([a_record("a", kwh=1.0)])
    # 0.32965 kg at 0.393 kg a mile.
    assert "1.3 km" in text and "US EPA" in text
    assert "27 charges" in text


@given(ledgers())
def test_the_counted_columns_of_the_csv_add_up_to_the_totals(records: list[ActivityRecord]) -> None:
    whole = totals(counted(records))
    rows = list(csv.DictReader(io.StringIO(records_csv(records).decode(), newline="")))
    assert len(rows) == whole.records
    for column, wanted in (
        ("it_energy_kwh", whole.it_energy_kwh), ("facility_energy_kwh", whole.facility_energy_kwh),
        ("operational_kg_co2e", whole.operational_kg_co2e), ("embodied_kg_co2e", whole.embodied_kg_co2e),
        ("total_kg_co2e", whole.emissions_kg_co2e.central),
    ):  # fmt: skip
        found = math.fsum(float(row[f"counted_{column}"]) for row in rows if row[f"counted_{column}"])
        assert found == pytest.approx(wanted, rel=1e-12)


@given(label=TEXTS, count=st.integers(0, 3))
def test_json_written_a_record_at_a_time_is_that_of_the_whole_list(label: str, count: int) -> None:
    records = [
        a_record(f"r{number}", label=label, hardware={"cpu_model": label, "many": []}) for number in range(count)
    ]
    assert records_json(records) == format_json([plain(record) for record in records])


@given(label=TEXTS, source=TEXTS, tag=TEXTS)
def test_no_stranger_s_text_becomes_a_formula_or_a_row_in_the_csv(label: str, source: str, tag: str) -> None:
    grid = attrs.evolve(GERMANY, source=source, region=source)
    record = a_record(label=label, grid=grid, run_tags=(tag,))
    (row,) = csv.DictReader(io.StringIO(records_csv([record]).decode(), newline=""))
    assert None not in row
    for cell in row.values():
        assert not re.match(r"[=+@＝＋－＠-]", cell.lstrip())
        assert visible(cell, most=10_000) == cell


def test_steps_stand_under_the_record_that_took_the_place_of_their_pipeline_s() -> None:
    records = [
        a_record("old", kwh=10.0), a_record("step", kwh=4.0, parent_id="old"),
        a_record("z", kwh=10.0, supersedes="old"),
    ]  # fmt: skip
    text = log_text(records, tree=True)
    assert first_columns(text) == ["z", "  step", "  (its own remainder)"]
    assert "Total: 3.30" in text and "2 records" in text


def test_nothing_is_compared_to_nothing() -> None:
    assert "As much as" not in log_text([a_record("a", kwh=0.0)])


@pytest.mark.parametrize("equivalent", EQUIVALENTS, ids=lambda one: one.unit)
def test_an_equivalent_has_the_range_of_the_emissions(equivalent: object) -> None:
    one = equivalent.of(Range(1.0, 2.0, 4.0, 1.5, 3.0))  # type: ignore[attr-defined]
    assert one.high / one.low == pytest.approx(4.0)
    assert one.central * equivalent.kg_co2e_per_unit == pytest.approx(2.0)  # type: ignore[attr-defined]
