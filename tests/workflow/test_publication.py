"""The public edition: what is withheld, and that nothing withheld follows from what is printed."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import a_record
from publishing import activities_of, any_track, coverage_by, even_track, published

from neuclir_carbon.checks.disclosure import DOMINANCE_PERCENT, Rule, banded, dominated, is_band, is_withheld, rounded
from neuclir_carbon.model.counting import GROUPING_KEYS, counted
from neuclir_carbon.model.inventory import (
    GROUPINGS,
    LEVELS,
    CountedActivity,
)
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import Embodied, Pue
from neuclir_carbon.workflow.publication import answer


def test_an_even_track_is_printed_with_totals_to_four_digits_and_groups_to_two() -> None:
    document = published(even_track())
    kg = math.fsum(activity.emissions_kg_co2e.central for activity in even_track() if activity.emissions_kg_co2e)
    assert document["emissions_kg_co2e"]["central"] == float(f"{kg:.4g}")
    assert document["by_activity"]["retrieval"]["emissions_kg_co2e"]["central"] == float(f"{4.0 * 0.32965:.2g}")


def test_no_team_s_name_is_in_it() -> None:
    text = format_json(published(even_track())).decode()
    assert not any(name in text for name in ("lotus", "maple", "cedar", "birch"))


def test_a_total_of_two_teams_is_withheld_and_so_is_everything_that_follows_from_it() -> None:
    document = published([*activities_of("lotus", retrieval=1.0), *activities_of("maple", retrieval=1.0)])
    for key in ("emissions_kg_co2e", "operational_kg_co2e", "it_energy_kwh", "facility_energy_kwh"):
        assert is_withheld(document[key]), key
    assert all(is_withheld(cell) for cell in document["by_activity"].values())


def test_a_total_that_one_team_dominates_is_a_band_and_so_are_its_energy_and_its_operational_part() -> None:
    giant = activities_of("giant", retrieval=100.0)
    small = [activity for name in ("a", "b", "c") for activity in activities_of(name, retrieval=1.0)]
    document = published([*giant, *small])
    assert document["emissions_kg_co2e"] == {"band": [10, 100], "reason": "one team makes up most of it"}  # 34 kg
    assert document["it_energy_kwh"]["band"] == [50, 500.0]  # 103 kWh
    assert is_band(document["operational_kg_co2e"]) and is_band(document["facility_energy_kwh"])
    assert all(is_withheld(cell) for cell in document["by_activity"].values())


@given(st.floats(1e-9, 1e12))
def test_a_band_s_ends_are_of_the_series_and_at_least_half_and_twice_away(value: float) -> None:
    low, high = banded(value, "made up")["band"]
    assert low * 2 <= value * (1 + 1e-12) and value * 2 <= high * (1 + 1e-12)
    assert [f"{end:e}"[0] in "125" and float(f"{end:.0e}") == end for end in (low, high)] == [True, True]
    assert math.isclose(high, low * 10)


def test_a_part_of_the_emissions_never_follows_from_the_total_and_the_other_part() -> None:
    made = Embodied(kg_co2e=0.2, low=0.1, high=0.4, source="made up")
    record = a_record("lotus-made", kwh=1.0, embodied=made)
    track = [*even_track(), *(attrs.evolve(item, tasks=("clir",)) for item in counted([record], team="lotus"))]
    document = published(track)
    assert not is_withheld(document["emissions_kg_co2e"])
    assert is_withheld(document["embodied_kg_co2e"])  # one team's alone
    assert is_band(document["operational_kg_co2e"])


def test_a_single_withheld_group_takes_the_smallest_printed_one_with_it() -> None:
    track = [*even_track(), *activities_of("lotus", generation=2.0)]
    groups = published(track)["by_activity"]
    hidden = sorted(name for name, cell in groups.items() if is_withheld(cell))
    assert "generation" in hidden
    assert "retrieval" in hidden  # the smallest, so that generation does not follow from the total
    assert len(hidden) < len(groups)


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
    assert is_band(answers["offset"]) != shown


def test_a_team_that_leaves_only_one_question_open_is_counted_among_those_that_gave_no_answer_to_it() -> None:
    six = [activity for number in range(6) for activity in activities_of(f"team {number}", retrieval=1.0)]
    assert published(six, offset=3)["answers"] == {"tracked": 6, "offset": 3, "unanswered": 0}
    assert is_band(published(six, offset=3, open_answers=1)["answers"]["offset"])
    assert published(six, offset=3, open_answers=3)["answers"]["offset"] == 3


@pytest.mark.parametrize(
    ("yes", "no", "told"),
    [(19, 2, [18, 21]), (20, 1, [18, 21]), (18, 3, 18), (21, 0, 21), (0, 21, 0), (2, 19, [0, 3]), (1, 1, [0, 2]),
     (15, 4, [15, 21])],
)  # fmt: skip
def test_a_count_of_answers_is_at_least_18_of_21_where_one_or_two_teams_answered_otherwise(
    yes: int, no: int, told: object
) -> None:
    whole = 2 if yes + no == 2 else 21
    found = answer(yes, yes + no, whole, Rule(min_group=3))
    assert (found["band"] if isinstance(found, dict) else found) == told


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
    if not isinstance(document["emissions_kg_co2e"].get("central"), float):
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


# Attacks: what a reader who knows one team's figures can work out from what is printed


def told_of_a_team(parts: Mapping[str, float]) -> bool:
    """Whether a sum of these parts tells its second largest team, or anybody, one team's part within 15 %."""
    ordered = sorted(parts.values(), reverse=True)
    return bool(ordered) and ordered[0] > 0 and math.fsum(ordered[2:]) < 0.15 * ordered[0]


def parts_of(activities: Sequence[CountedActivity], figure: str) -> Mapping[str, float]:
    values = [
        (item.team, item.it_energy_kwh if figure == "it" else getattr(item.emissions_kg_co2e, figure))
        for item in activities
    ]
    return {team: math.fsum(kg for name, kg in values if name == team) for team, _ in values}


def follow_from(
    document: Mapping[str, Any], track: Sequence[CountedActivity]
) -> Iterator[tuple[str, list[CountedActivity]]]:
    """What is printed of each grouping, what follows from it and the total, and what lies between two groupings."""
    sets: list[tuple[str, frozenset[int]]] = []
    for name in GROUPINGS:
        key = GROUPING_KEYS[name]
        printed = [group for group, cell in document[name].items() if not is_withheld(cell)]
        for count in range(1, len(printed) + 1):
            for chosen in combinations(printed, count):
                inside = frozenset(place for place, item in enumerate(track) if key(item) in chosen)
                yield f"{name} {chosen}", [track[place] for place in sorted(inside)]
                if "central" in document["emissions_kg_co2e"]:
                    yield f"all but {name} {chosen}", [item for item in track if key(item) not in chosen]
                sets.append((f"{name} {chosen}", inside))
    for (one, small), (other, large) in permutations(sets, 2):
        if small < large and len(one.split("'")) == 3:
            yield f"{other} without {one}", [track[place] for place in sorted(large - small)]


@pytest.mark.parametrize("seed", range(60))
def test_nothing_that_follows_from_a_public_edition_tells_of_a_team(seed: int) -> None:
    track = any_track(random.Random(seed))
    document = published(track)
    if is_withheld(document["emissions_kg_co2e"]):
        assert all(is_withheld(cell) for name in GROUPINGS for cell in document[name].values())
        return
    totals_told = [("the total", track)] if "central" in document["emissions_kg_co2e"] else []
    for what, members in [*totals_told, *follow_from(document, track)]:
        for figure in ("central", "low", "high", "likely_low", "likely_high", "it"):
            assert not told_of_a_team(parts_of(members, figure)), (what, figure)
        by_bound = {bound: parts_of(members, bound) for bound in ("low", "central", "high")}
        for low, high in (("low", "central"), ("central", "high")):
            width = {team: by_bound[high][team] - by_bound[low][team] for team in by_bound[low]}
            assert not told_of_a_team(width), (what, f"{low} to {high}")


def test_teams_that_contribute_nothing_do_not_make_up_a_group() -> None:
    track = even_track()
    idle = [
        item
        for name in ("oak", "elm")
        for item in counted([a_record(f"{name}-1", kwh=0.0, activity="generation")], team=name)
    ]
    alone = activities_of("lotus", generation=1.0)
    assert is_withheld(published([*track, *idle, *alone])["by_activity"]["generation"])


def test_with_five_teams_wanted_three_that_contribute_and_two_that_do_not_are_too_few() -> None:
    track = [item for n in range(6) for item in activities_of(f"team{n}", retrieval=1.0 + n / 10, training=3.0)]
    idle = [a_record(f"{name}-1", kwh=0.0, activity="generation") for name in ("a", "b")]
    group = [item for n in range(3) for item in activities_of(f"team{n}", generation=1.0)]
    group += [item for n, record in enumerate(idle) for item in counted([record], team=f"team{n + 3}")]
    assert is_withheld(published([*track, *group], min_group=5)["by_activity"]["generation"])


def test_a_zero_that_would_be_each_team_s_own_is_withheld() -> None:
    idle = [
        item
        for name in ("lotus", "maple", "cedar", "birch")
        for item in counted([a_record(f"{name}-idle", kwh=0.0, activity="generation")], team=name)
    ]
    assert is_withheld(published([*even_track(), *idle])["by_activity"]["generation"])


def test_a_group_of_unknown_emissions_is_not_printed_as_zero() -> None:
    unknown = [
        item
        for name in ("lotus", "maple", "cedar", "birch")
        for item in counted([a_record(f"{name}-unknown", kwh=None, activity="generation")], team=name)
    ]
    groups = published([*even_track(), *unknown])["by_activity"]
    assert groups["generation"] == {"suppressed": True, "reason": "no emissions are known"}
    assert not is_withheld(groups["retrieval"])  # nothing of a team follows


def test_a_team_that_writes_its_name_in_three_ways_is_one_team() -> None:
    track = [item for name in ("Lotus", "lotus ", "LOTUS!") for item in activities_of(name, retrieval=1.0)]
    assert is_withheld(published(track)["emissions_kg_co2e"])


def test_facility_energy_is_withheld_where_one_team_alone_has_a_machine_room() -> None:
    """Else facility minus IT energy would be 0.56 times that team's IT energy, and its share would be known."""
    room = Pue(value=1.56, low=1.2, high=2.0, source="a made-up table")
    track = even_track()
    moved = [
        attrs.evolve(item, facility_energy_kwh=(item.it_energy_kwh or 0) * room.value) if item.team == "lotus" else item
        for item in track
    ]
    document = published(moved)
    assert is_band(document["facility_energy_kwh"])
    assert isinstance(document["it_energy_kwh"], float)


def test_the_width_of_a_range_that_one_team_makes_up_is_not_told() -> None:
    """Where all others know their figures exactly, high minus central is the one team's own."""

    def exact(item: CountedActivity) -> CountedActivity:
        assert item.emissions_kg_co2e is not None
        return attrs.evolve(item, emissions_kg_co2e=Range.exact(item.emissions_kg_co2e.central))

    document = published([item if item.team == "lotus" else exact(item) for item in even_track()])
    assert is_band(document["emissions_kg_co2e"])


def test_a_group_that_differs_from_another_kind_s_by_one_team_is_withheld() -> None:
    """`measured` and `retrieval` would differ by lotus's training alone."""
    track = [
        *(item for n in range(6) for item in activities_of(f"team{n}", retrieval=1.0)),
        *activities_of("lotus", retrieval=1.0, training=4.0),
        *(
            attrs.evolve(item, record=attrs.evolve(item.record, method="estimated"))
            for n in range(6)
            for item in activities_of(f"team{n}", training=1.0)
        ),
    ]
    document = published(track)
    assert not is_withheld(document["emissions_kg_co2e"])
    shown = [
        not is_withheld(document[name][group])
        for name, group in (("by_method", "measured"), ("by_activity", "retrieval"))
    ]
    assert shown.count(True) < 2


CLAIM = {"declared": 10**6, "documented": 10**6}


def test_what_one_team_s_certificate_covers_at_a_level_is_withheld() -> None:
    """A claim is capped at the team's emissions, so the covered kg would be exactly what the team emitted."""
    claims = {name: {"declared": 10**6} for name in ("lotus", "maple", "cedar")}
    levels = published(even_track(), claims={**claims, "birch": CLAIM})["coverage"]
    assert is_withheld(levels["documented"])
    assert not is_withheld(levels["declared"])


def test_what_one_team_leaves_uncovered_is_withheld() -> None:
    """If all but one team cover everything, the rest of the total is that team's."""
    levels = published(even_track(), claims=dict.fromkeys(("lotus", "maple", "cedar"), CLAIM))["coverage"]
    assert is_withheld(levels["declared"])


def test_the_difference_of_two_levels_that_is_one_team_s_is_withheld() -> None:
    claims = dict.fromkeys(("lotus", "maple", "cedar"), CLAIM)
    levels = published(even_track(), claims={**claims, "birch": {"declared": 10**6}})["coverage"]
    assert not is_withheld(levels["declared"])
    assert is_withheld(levels["documented"])


@pytest.mark.parametrize("seed", range(30))
def test_no_difference_of_printed_levels_and_the_total_tells_of_a_team(seed: int) -> None:
    chance = random.Random(seed)
    track = [item for n in range(chance.randint(3, 7)) for item in activities_of(f"team{n}", retrieval=1 + n / 3)]
    claims = {}
    for name in sorted({item.team for item in track}):
        declared = chance.choice([0, 1, 1, 10])
        documented = chance.choice([0, declared])
        claims[name] = {
            "declared": declared, "documented": documented, "serial_consistent": chance.choice([0, documented]),
            "list_matched": chance.choice([0, documented]),
        }  # fmt: skip
    document = published(track, claims=claims)
    teams = coverage_by(track, claims)
    known = {"nothing": {team.team: 0.0 for team in teams}}
    if not is_withheld(document["emissions_kg_co2e"]):
        known["the total"] = {team.team: team.emissions_kg or 0.0 for team in teams}
    for level in LEVELS:
        if not is_withheld(document["coverage"][level]):
            known[level] = {team.team: team.covered_kg(level) for team in teams}
    for (one, larger), (other, smaller) in permutations(known.items(), 2):
        rest = {team: max(0.0, larger[team] - smaller[team]) for team in larger}
        if all(larger[team] >= smaller[team] for team in larger):
            assert not told_of_a_team(rest), (one, other)
