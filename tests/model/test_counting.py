"""Each activity counts once: nested steps, superseded records, and records that try to make others vanish."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import a_record

from neuclir_carbon.model.counting import counted, current, emissions, grouped, totals


def total_kg(records: list[object]) -> float:
    return totals(counted(records)).emissions_kg_co2e.central  # type: ignore[arg-type]


def test_a_superseded_record_does_not_count() -> None:
    old, new = a_record("a", kwh=1.0), a_record("b", kwh=2.0, supersedes="a")
    assert [record.record_id for record in current([old, new])] == ["b"]
    assert total_kg([old, new]) == pytest.approx(2.0 * 0.32965)


def test_a_pipeline_counts_by_its_remainder_and_its_steps_under_their_own_names() -> None:
    whole = a_record("pipeline", kwh=10.0, activity="other")
    step = a_record("step", kwh=4.0, parent_id="pipeline", activity="indexing")
    activities = counted([whole, step])
    groups = grouped(activities, lambda activity: activity.record.activity)
    assert groups["other"].it_energy_kwh == pytest.approx(6.0)
    assert groups["indexing"].it_energy_kwh == pytest.approx(4.0)
    assert emissions(activities).central == pytest.approx(10.0 * 0.32965)


def test_a_remainder_is_never_negative() -> None:
    assert total_kg([a_record("p", kwh=1.0), a_record("c", kwh=3.0, parent_id="p")]) == pytest.approx(3.0 * 0.32965)


@pytest.mark.parametrize("link", ["parent_id", "supersedes"])
def test_records_that_name_each_other_in_a_circle_keep_their_emissions(link: str) -> None:
    circle = [
        a_record("a", kwh=1.0, **{link: "b"}),
        a_record("b", kwh=1.0, **{link: "c"}),
        a_record("c", kwh=1.0, **{link: "a"}),
    ]
    selfish = a_record("d", kwh=1.0, **{link: "d"})
    assert total_kg([*circle, selfish]) == pytest.approx(4.0 * 0.32965)


def test_unknown_emissions_are_counted_apart_and_never_as_zero() -> None:
    found = totals(counted([a_record("a", kwh=1.0), a_record("b", kwh=None)]))
    assert (found.records, found.records_without_emissions, found.records_without_embodied) == (2, 1, 2)


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=20))
def test_groups_add_up_to_the_total(energies: list[float]) -> None:
    names = ("training", "retrieval", "indexing")
    records = [a_record(f"r{i}", kwh=kwh, activity=names[i % 3]) for i, kwh in enumerate(energies)]
    activities = counted(records)
    groups = grouped(activities, lambda activity: activity.record.activity)
    assert math.isclose(
        math.fsum(group.emissions_kg_co2e.high for group in groups.values()), emissions(activities).high, rel_tol=1e-12
    )
    assert sum(group.activities for group in groups.values()) == len(records)


def test_a_step_stays_within_the_record_that_replaced_its_parent() -> None:
    records = [
        a_record("whole", kwh=10.0),
        a_record("step", kwh=4.0, parent_id="whole"),
        a_record("amended", kwh=10.0, supersedes="whole"),
    ]
    found = {activity.record.record_id: activity.it_energy_kwh for activity in counted(records)}
    assert found == pytest.approx({"amended": 6.0, "step": 4.0})


@pytest.mark.parametrize(
    "is_there", [True, False], ids=["the replaced record is here", "only current records are here"]
)
def test_steps_of_a_replaced_pipeline_are_nested_in_the_record_that_took_its_place(is_there: bool) -> None:
    old = a_record("pipeline", kwh=10.0, duration_s=100.0)
    step = a_record("step", kwh=4.0, parent_id="pipeline", duration_s=40.0)
    new = a_record("amended", kwh=10.0, supersedes="pipeline", duration_s=100.0)
    activities = counted([*([old] if is_there else []), step, new])
    whole = totals(activities)
    assert (whole.records, whole.duration_s) == (2, 100.0)
    assert whole.it_energy_kwh == pytest.approx(10.0)
    assert {activity.record.record_id: activity.inside for activity in activities} == {
        "step": "amended",
        "amended": None,
    }


def test_the_durations_of_records_in_a_circle_are_not_lost() -> None:
    circle = [a_record("a", parent_id="b", duration_s=10.0), a_record("b", parent_id="a", duration_s=20.0)]
    assert totals(counted(circle)).duration_s == 30.0
