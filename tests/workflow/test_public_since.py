"""The change since an earlier year in the public edition: of the same teams, and only where it tells of none."""

from collections.abc import Mapping

import pytest

from neuclir_carbon.checks.disclosure import Rule, is_withheld
from neuclir_carbon.model.comparison import Change, Since
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.workflow.public_since import published_since

EVEN = {"birch": 1.0, "cedar": 1.2, "lotus": 0.9, "maple": 1.1}


def since(now: Mapping[str, float], then: Mapping[str, float]) -> Since:
    both = now.keys() & then.keys()
    old, new = (Range.exact(sum(year[team] for team in both)) for year in (then, now))
    change = Change(then=old, now=new, ratio=new.central / old.central - 1)
    return Since(
        track="neuclir-2023", as_of="2023-11-22", teams_then=len(then), teams_now=len(now), teams_both=len(both),
        whole=change, same_teams=change, sentence="",
    )  # fmt: skip


def told(now: Mapping[str, float], then: Mapping[str, float], *, may_be_told: bool = True) -> object:
    return published_since(since(now, then), now, then, Rule(min_group=3), may_be_told=may_be_told)


def times(factor: float, year: Mapping[str, float]) -> dict[str, float]:
    return {team: kg * factor for team, kg in year.items()}


def test_the_change_of_the_same_teams_is_told_to_two_digits() -> None:
    assert told(times(0.8766, EVEN), EVEN) == {
        "track": "neuclir-2023", "as_of": "2023-11-22", "teams_both": 4, "ratio": -0.12,
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
    assert published_since(None, {}, {}, Rule(min_group=3), may_be_told=True) is None
