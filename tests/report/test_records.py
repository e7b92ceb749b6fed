"""A ledger at the terminal: steps under their pipeline, what is left of it, and what the total compares to."""

import pytest
from making import a_record

from neuclir_carbon.factors.equivalents import EQUIVALENTS
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report.records import log_text


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


def test_nothing_is_compared_to_nothing() -> None:
    assert "As much as" not in log_text([a_record("a", kwh=0.0)])


@pytest.mark.parametrize("equivalent", EQUIVALENTS, ids=lambda one: one.unit)
def test_an_equivalent_has_the_range_of_the_emissions(equivalent: object) -> None:
    one = equivalent.of(Range(1.0, 2.0, 4.0, 1.5, 3.0))  # type: ignore[attr-defined]
    assert one.high / one.low == pytest.approx(4.0)
    assert one.central * equivalent.kg_co2e_per_unit == pytest.approx(2.0)  # type: ignore[attr-defined]
