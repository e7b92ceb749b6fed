"""The public edition: what is withheld, and that nothing withheld follows from what is printed."""

import math
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import a_record

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.model.counting import GROUPING_KEYS, counted, emissions, grouped, totals
from neuclir_carbon.model.finding import Counts
from neuclir_carbon.model.inventory import Answers, CountedActivity, Coverage, CoverageLevel, Inventory, TeamRow
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import Embodied
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.workflow.publication import DOMINANCE_PERCENT, dominated, is_withheld, publish, rounded

NO_LEVEL = CoverageLevel(kg=0.0, share=0.0)


def activities_of(team: str, **kwh_by_activity: float) -> list[CountedActivity]:
    records = [a_record(f"{team}-{name}", kwh=kwh, activity=name) for name, kwh in kwh_by_activity.items()]
    return [attrs.evolve(activity, tasks=("clir",)) for activity in counted(records, team=team)]


def published(activities: Sequence[CountedActivity], *, offset: int = 0, min_group: int = 3) -> dict[str, object]:
    names = sorted({activity.team for activity in activities})
    teams = []
    for name in names:
        own = [activity for activity in activities if activity.team == name]
        teams.append(
            TeamRow(
                team=name,
                submissions=1,
                runs=1,
                activities=len(own),
                emissions_kg_co2e=emissions(own),
                it_energy_kwh=1.0,
                tracked=True,
                declared_kg=0.0,
            )
        )
    whole = totals(activities)
    groups = {name: grouped(activities, key) for name, key in GROUPING_KEYS.items()}
    inventory = Inventory(
        track="made-up-2024", teams=len(names), runs=len(names), submissions=len(names), activities=len(activities),
        emissions_kg_co2e=whole.emissions_kg_co2e, operational_kg_co2e=whole.operational_kg_co2e,
        embodied_kg_co2e=whole.embodied_kg_co2e, records_without_embodied=whole.records_without_embodied,
        records_without_emissions=0, it_energy_kwh=whole.it_energy_kwh, facility_energy_kwh=whole.facility_energy_kwh,
        **groups, coverage=Coverage(**{level.name: NO_LEVEL for level in attrs.fields(Coverage)}), residual_kg=0.0,
        answers=Answers(tracked=len(names), offset=offset, unanswered=0), as_of="2024-11-22", findings=Counts(),
        tool=THIS_TOOL,
    )  # fmt: skip
    document = publish(inventory, activities, teams, min_group=min_group)
    _, findings = examine_bytes("track-inventory/1", format_json(document))
    assert findings == ()
    return document


def even_track() -> list[CountedActivity]:
    return [
        *activities_of("lotus", retrieval=1.0, training=2.0, indexing=3.0),
        *activities_of("maple", retrieval=1.1, training=2.1, indexing=2.8),
        *activities_of("cedar", retrieval=0.9, training=1.9, indexing=3.1),
        *activities_of("birch", retrieval=1.0, training=2.2, indexing=2.7),
    ]


def test_an_even_track_is_printed_with_totals_to_four_digits_and_groups_to_two() -> None:
    document = published(even_track())
    kg = math.fsum(activity.emissions_kg_co2e.central for activity in even_track() if activity.emissions_kg_co2e)
    assert document["emissions_kg_co2e"]["central"] == float(f"{kg:.4g}")  # type: ignore[index]
    assert document["by_activity"]["retrieval"]["emissions_kg_co2e"]["central"] == float(f"{4.0 * 0.32965:.2g}")  # type: ignore[index]


def test_no_team_s_name_is_in_it() -> None:
    text = format_json(published(even_track())).decode()
    assert not any(name in text for name in ("lotus", "maple", "cedar", "birch"))


def test_a_total_of_two_teams_is_withheld_and_so_is_everything_that_follows_from_it() -> None:
    document = published([*activities_of("lotus", retrieval=1.0), *activities_of("maple", retrieval=1.0)])
    for key in ("emissions_kg_co2e", "operational_kg_co2e", "it_energy_kwh", "facility_energy_kwh"):
        assert is_withheld(document[key]), key
    assert all(is_withheld(cell) for cell in document["by_activity"].values())  # type: ignore[attr-defined]


def test_a_total_that_one_team_dominates_is_withheld() -> None:
    giant = activities_of("giant", retrieval=100.0)
    small = [activity for name in ("a", "b", "c") for activity in activities_of(name, retrieval=1.0)]
    assert is_withheld(published([*giant, *small])["emissions_kg_co2e"])


def test_a_part_of_the_emissions_never_follows_from_the_total_and_the_other_part() -> None:
    made = Embodied(kg_co2e=0.2, low=0.1, high=0.4, source="made up")
    record = a_record("lotus-made", kwh=1.0, embodied=made)
    track = [*even_track(), *(attrs.evolve(item, tasks=("clir",)) for item in counted([record], team="lotus"))]
    document = published(track)
    assert not is_withheld(document["emissions_kg_co2e"])
    assert is_withheld(document["embodied_kg_co2e"])  # one team's alone
    assert is_withheld(document["operational_kg_co2e"])


def test_a_single_withheld_group_takes_the_smallest_printed_one_with_it() -> None:
    track = [*even_track(), *activities_of("lotus", generation=2.0)]
    groups = published(track)["by_activity"]
    hidden = sorted(name for name, cell in groups.items() if is_withheld(cell))  # type: ignore[attr-defined]
    assert "generation" in hidden
    assert "retrieval" in hidden  # the smallest, so that generation does not follow from the total
    assert len(hidden) < len(groups)  # type: ignore[arg-type]


def test_withheld_places_are_not_even_named() -> None:
    track = even_track()
    moved = [
        attrs.evolve(
            activity, record=attrs.evolve(activity.record, grid=attrs.evolve(activity.record.grid, country="KEN"))
        )
        if activity.team == "lotus"
        else activity
        for activity in track
    ]
    assert "KEN" not in format_json(published(moved)["by_place"]).decode()


@pytest.mark.parametrize(("offset", "shown"), [(0, True), (1, False), (2, False), (3, False), (4, True)])
def test_a_count_is_printed_only_where_no_answer_has_one_or_two_teams(offset: int, shown: bool) -> None:
    answers = published(even_track(), offset=offset)["answers"]
    assert is_withheld(answers["offset"]) != shown  # type: ignore[index]


@given(st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=8))
def test_what_is_not_dominated_keeps_the_largest_from_the_second_largest(parts: list[float]) -> None:
    """The attack itself: the second largest team subtracts itself and takes the rest for the largest."""
    if not dominated(parts):
        largest, second, *_ = sorted(parts, reverse=True)
        guess = math.fsum(parts) - second
        assert guess >= largest * (1 + DOMINANCE_PERCENT / 100) * (1 - 1e-9)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["retrieval", "training", "indexing", "generation"]), st.floats(0.01, 100), min_size=1
        ),
        min_size=1,
        max_size=7,
    )
)
def test_the_withheld_groups_of_any_track_are_safe_together(teams: list[dict[str, float]]) -> None:
    track = [activity for i, kwh in enumerate(teams) for activity in activities_of(f"team{i}", **kwh)]
    document = published(track)
    groups: dict[str, object] = document["by_activity"]  # type: ignore[assignment]
    if is_withheld(document["emissions_kg_co2e"]):
        assert all(is_withheld(cell) for cell in groups.values())
        return
    hidden = [activity for activity in track if is_withheld(groups[activity.record.activity])]
    if hidden:
        by_team: dict[str, float] = {}
        for activity in hidden:
            by_team[activity.team] = by_team.get(activity.team, 0) + (activity.it_energy_kwh or 0)
        assert len(by_team) >= 3
        assert not dominated(by_team.values())


def test_rounding_keeps_significant_digits() -> None:
    assert [rounded(123456.0, 2), rounded(0.00123456, 4), rounded(0.0, 2)] == [120000.0, 0.001235, 0.0]
