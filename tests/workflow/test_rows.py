"""Rows behind an inventory: runs' shares, who leads by a measure, and what a later year needs."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import a_record, a_submission

from neuclir_carbon.model.counting import emissions
from neuclir_carbon.model.inventory import RunRow
from neuclir_carbon.model.outside import NOTHING_BROUGHT
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.workflow.choosing import choose
from neuclir_carbon.workflow.rows import documents_of, shares_of_runs, with_fronts


def a_row(tag: str, kg: float | None, score: float | None = None, task: str = "clir") -> RunRow:
    return RunRow(
        run_tag=tag, team="lotus", task=task, bundle="x", sha256="0" * 64, passed=True, tracked=kg is not None,
        share_kg_co2e=None if kg is None else Range.exact(kg), scores={} if score is None else {"nDCG": score},
    )  # fmt: skip


def test_no_run_of_its_task_emits_as_little_and_scores_as_much_as_one_that_leads() -> None:
    runs, fronts = with_fronts(
        [
            a_row("a", 1.0, 0.2),
            a_row("b", 2.0, 0.5),
            a_row("c", 3.0, 0.4),
            a_row("d", 9.0, 0.6),
            a_row("e", 0.5, 0.9, "mlir"),
        ]
    )
    assert [(front.task, front.runs, front.front) for front in fronts] == [
        ("clir", 4, ("a", "b", "d")), ("mlir", 1, ("e",)),
    ]  # fmt: skip
    assert [run.run_tag for run in runs if run.leads == ("nDCG",)] == ["a", "b", "d", "e"]


def test_a_run_whose_emissions_are_unknown_beats_nobody() -> None:
    runs, fronts = with_fronts([a_row("untracked", None, 0.9), a_row("tracked", 5.0, 0.3), a_row("unscored", 1.0)])
    assert fronts[0].front == ("tracked",)
    assert runs[0].leads == ()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_the_front_holds_exactly_the_runs_that_none_beats(points: list[tuple[int, int]]) -> None:
    rows = [a_row(f"r{place}", float(kg), float(score)) for place, (kg, score) in enumerate(points)]
    (front,) = with_fronts(rows)[1]
    led = {points[int(tag[1:])] for tag in front.front}
    beaten = {
        one for one in points for other in points
        if other != one and other[0] <= one[0] and other[1] >= one[1]
    }  # fmt: skip
    assert led == set(points) - beaten


def test_runs_shares_of_every_activity_add_up_to_it() -> None:
    training, own = a_record("training", kwh=6.0), a_record("own", kwh=1.0)
    submissions = [
        a_submission("lotus", "one", training, own),
        a_submission("lotus", "two", training),
        a_submission("lotus", "two", training, task="mlir"),
    ]
    activities = choose(submissions, "neuclir-2024", NOTHING_BROUGHT).activities
    shares = shares_of_runs(submissions, activities)
    kwh = {tag: math.fsum((one.it_energy_kwh or 0) * part for one, part in found) for (_, tag), found in shares.items()}
    assert kwh == {"one": pytest.approx(3.0 + 1.0), "two": pytest.approx(1.5)}  # of "two" there are two, 1.5 kWh each
    every = [
        one.emissions_kg_co2e.times(part).central
        for found in shares.values()
        for one, part in found
        if one.emissions_kg_co2e
    ]
    twice = [one.emissions_kg_co2e.times(part).central for one, part in shares["lotus", "two"] if one.emissions_kg_co2e]
    assert math.fsum([*every, *twice]) == pytest.approx(emissions(activities).central)


@pytest.mark.parametrize(("lines", "documents"), [(186, 186), (None, None), ("186", None)])
def test_a_run_has_the_lines_that_its_verdict_counted(lines: Any, documents: int | None) -> None:
    assert documents_of(a_submission("lotus", "one", verdict={"passed": True, "run": {"lines": lines}})) == documents
