"""EMI: a sound record has no finding, and each altered number is found."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import a_record

from neuclir_carbon.checks import emissions
from neuclir_carbon.model.record import ActivityRecord, Embodied
from neuclir_carbon.store.documents import sealed


def codes(record: ActivityRecord) -> list[str]:
    return [finding.code for finding in emissions.BOOK.examine(record)]


def altered(record: ActivityRecord, part: str, **changes: object) -> ActivityRecord:
    """The record with one block changed and its digest made anew: only the arithmetic can tell."""
    return sealed(attrs.evolve(record, **{part: attrs.evolve(getattr(record, part), **changes)}))


@given(st.floats(0, 1e6), st.none() | st.floats(0, 1e5))
def test_a_sound_record_has_no_finding(kwh: float, embodied_kg: float | None) -> None:
    embodied = None
    if embodied_kg is not None:
        embodied = Embodied(kg_co2e=embodied_kg, low=embodied_kg / 2, high=embodied_kg * 2, source="made up")
    assert codes(a_record(kwh=kwh, embodied=embodied)) == []


@pytest.mark.parametrize("record", [a_record(kwh=None), a_record(grid=None)])
def test_nothing_is_checked_where_energy_or_grid_is_unknown(record: ActivityRecord) -> None:
    assert codes(record) == []


@pytest.mark.parametrize(
    ("part", "changes", "code"),
    [
        ("emissions", {"operational_kg_co2e": 0.0329651}, "EMI001"),
        ("emissions", {"operational_kg_co2e": None}, "EMI001"),
        ("grid", {"g_co2e_per_kwh": 330.0}, "EMI001"),
        ("energy", {"it_kwh": 0.2}, "EMI002"),
        ("energy", {"facility_kwh": 0.09}, "EMI002"),
        ("emissions", {"total_kg_co2e": 0.01}, "EMI003"),
        ("emissions", {"embodied_kg_co2e": 1.0}, "EMI003"),
        ("emissions", {"total_kg_co2e": None}, "EMI003"),
        ("emissions", {"low_kg_co2e": None}, "EMI004"),
        ("energy", {"it_kwh": None}, "EMI002"),
        ("emissions", {"low_kg_co2e": 99.0}, "EMI004"),
        ("emissions", {"likely_high_kg_co2e": 0.0}, "EMI004"),
        ("grid", {"low": 500.0}, "EMI004"),
        ("pue", {"high": 0.5}, "EMI004"),
    ],
)
def test_an_altered_number_is_found_even_under_a_new_digest(part: str, changes: dict[str, object], code: str) -> None:
    assert code in codes(altered(a_record(), part, **changes))


@pytest.mark.parametrize("found", [None, 0.1])
def test_embodied_emissions_are_the_ones_that_were_derived(found: float | None) -> None:
    made = Embodied(kg_co2e=50.0, low=40.0, high=60.0, source="made up")
    assert "EMI003" in codes(altered(a_record(embodied=made), "emissions", embodied_kg_co2e=found))


def test_a_change_without_a_new_digest_is_found() -> None:
    assert codes(attrs.evolve(a_record(), label="another step")) == ["EMI005"]


def test_notes_stand_outside_the_digest() -> None:
    assert codes(attrs.evolve(a_record(), notes={"remark": "added later"})) == []


@pytest.mark.parametrize(
    ("started_at", "ended_at"),
    [
        ("2024-11-15T10:30:00Z", "2024-11-15T09:30:00Z"),
        ("2024-13-45T10:30:00Z", None),
    ],
)
def test_impossible_times_are_found(started_at: str, ended_at: str | None) -> None:
    assert codes(a_record(started_at=started_at, ended_at=ended_at)) == ["EMI006"]
