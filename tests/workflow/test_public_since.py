"""The change since an earlier year in the public edition: of the same teams, and only where it tells of none."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from attrs import evolve
from publishing import activities_of, published

from neuclir_carbon.checks.disclosure import Rule, is_withheld
from neuclir_carbon.model.comparison import Change, Since
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.parts import parts_of
from neuclir_carbon.model.published import EarlierYear, Edition
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.workflow.public_since import published_since

PER_KWH = activities_of("any", retrieval=1.0)[0].emissions_kg_co2e.central  # type: ignore[union-attr]
EVEN = {"birch": 1.0, "cedar": 1.2, "lotus": 0.9, "maple": 1.1}


def since(now: Mapping[str, float], then: Mapping[str, float]) -> Since:
    both = now.keys() & then.keys()
    old, new = (Range.exact(sum(year[team] for team in both)) for year in (then, now))
    change = Change(then=old, now=new, ratio=new.central / old.central - 1)
    return Since(
        track="neuclir-2023", as_of="2023-11-22", teams_then=len(then), teams_now=len(now), teams_both=len(both),
        whole=change, same_teams=change, sentence="",
    )  # fmt: skip


def told(now: Mapping[str, float], then: Mapping[str, float], *, may_be_told: bool = True, **changes: Any) -> Any:
    """What is told of two years; in the earlier one all teams worked alike."""
    track = [item for team, kg in then.items() for item in activities_of(team, retrieval=kg)]
    earlier = evolve(year_of(track), **changes)
    by_team = {team: kg * PER_KWH for team, kg in now.items()}
    compared = since(by_team, earlier.emissions_kg)
    return published_since(compared, by_team, earlier, Rule(min_group=3), may_be_told=may_be_told)


def year_of(track: Sequence[CountedActivity]) -> EarlierYear:
    """An earlier year with its public edition."""
    parts = parts_of(track)
    edition = Edition(document=published(track), parts=parts, covered={})
    kg: dict[str, float] = {}
    for part in parts:
        kg[part.team] = kg.get(part.team, 0.0) + part.central
    return EarlierYear(emissions_kg=kg, editions=(edition,))


def times(factor: float, year: Mapping[str, float]) -> dict[str, float]:
    return {team: kg * factor for team, kg in year.items()}


def test_the_change_of_the_same_teams_is_told_to_two_digits() -> None:
    assert told(times(0.8766, EVEN), EVEN) == {
        "track": "neuclir-2023", "as_of": "2023-11-22", "teams_both": 4, "factors": "as reported", "ratio": -0.12,
    }  # fmt: skip


NEW = {"oak": 1.0, "elm": 1.1, "ash": 0.9}


@pytest.mark.parametrize(
    ("now", "then", "why"),
    [
        ({**times(0.9, EVEN), "oak": 1.0}, EVEN, "one new team: what it emits is the rest of this year's total"),
        (times(0.9, EVEN), {**EVEN, "oak": 1.0}, "one team that left: the rest of that year's total"),
        ({**EVEN, "lotus": 1.8}, EVEN, "one team alone has changed"),
        ({**times(0.9, EVEN), **NEW, "oak": 50.0}, EVEN, "one of the new teams makes up most of them"),
        ({"birch": 1.0, "cedar": 2.0, **NEW}, {"birch": 2.0, "cedar": 1.0}, "two teams in both years"),
    ],
)
def test_it_is_withheld_where_it_would_tell_of_a_team(now: dict[str, float], then: dict[str, float], why: str) -> None:
    assert is_withheld(told(now, then)), why


def test_three_new_teams_of_one_size_hide_each_other() -> None:
    assert not is_withheld(told({**times(0.9, EVEN), **NEW}, EVEN))


def test_it_is_withheld_where_the_total_is() -> None:
    assert is_withheld(told(times(0.9, EVEN), EVEN, may_be_told=False))
    assert published_since(None, {}, None, Rule(min_group=3), may_be_told=True) is None


def test_it_is_withheld_where_nobody_knows_what_the_earlier_year_published() -> None:
    assert is_withheld(told(times(0.9, EVEN), EVEN, editions=None))
    assert is_withheld(told(times(0.9, EVEN), EVEN, emissions_kg={**EVEN, "oak": 1.0})), "the edition lags behind"


def test_it_is_withheld_where_a_team_of_the_earlier_year_would_follow_from_what_that_year_printed() -> None:
    """Three teams trained and are printed as a group; the fourth of those that came back is the rest of their sum."""
    trained = {"birch": 10.0, "cedar": 11.0, "lotus": 9.5}
    others = {"maple": 10.5, "oak": 9.8, "elm": 10.2, "ash": 9.9}
    track = [item for team, kwh in trained.items() for item in activities_of(team, training=kwh)]
    track += [item for team, kwh in others.items() for item in activities_of(team, retrieval=kwh)]
    earlier = year_of(track)
    assert not is_withheld(earlier.editions[0].document["by_activity"]["training"])  # type: ignore[index]
    for back, safe in (([*trained, "maple"], False), ([*trained, "maple", "oak", "elm"], False), ([*trained], True)):
        now = {team: earlier.emissions_kg[team] * 0.9 for team in back}
        found = published_since(since(now, earlier.emissions_kg), now, earlier, Rule(min_group=3), may_be_told=True)
        assert is_withheld(found) != safe, back


def test_like_for_like_is_under_one_set_of_factors_where_that_is_known() -> None:
    recomputed = {team: (kg, kg) for team, kg in EVEN.items()}
    track = [item for team, kg in EVEN.items() for item in activities_of(team, retrieval=kg)]
    earlier = evolve(year_of(track), recomputed_kg=recomputed)
    now = times(0.75, earlier.emissions_kg)
    compared = since(now, earlier.emissions_kg)
    still = evolve(compared, harmonized=evolve(compared.same_teams, ratio=0.0))
    found = published_since(still, now, earlier, Rule(min_group=3), may_be_told=True)
    assert found is not None
    assert (found["factors"], found["ratio"]) == ("one set of grid factors", 0.0)
    alone = evolve(earlier, recomputed_kg={**recomputed, "birch": (1.0, 3.0)})
    assert is_withheld(published_since(still, now, alone, Rule(min_group=3), may_be_told=True)), "one team moved"


def test_it_is_withheld_where_the_other_teams_of_a_year_are_mostly_one_under_one_set_of_factors() -> None:
    """As reported the three new teams are alike; what is left of the total under one set of factors is mostly one's."""
    track = [item for team, kg in EVEN.items() for item in activities_of(team, retrieval=kg)]
    earlier = year_of(track)
    now = {**times(0.9, earlier.emissions_kg), **times(PER_KWH, NEW)}
    compared = since(now, earlier.emissions_kg)
    for oak, safe in ((1.0, True), (50.0, False)):
        new = {"oak": (None, oak), "elm": (None, 1.1), "ash": (None, 0.9)}
        recomputed = evolve(earlier, recomputed_kg={**{team: (kg, kg * 0.9) for team, kg in EVEN.items()}, **new})
        both = evolve(compared, harmonized=compared.same_teams)
        found = published_since(both, now, recomputed, Rule(min_group=3), may_be_told=True)
        assert is_withheld(found) != safe
