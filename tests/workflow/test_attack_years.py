"""The public edition under attack with what is compared: one set of factors, the year before, and all sums."""

import random

import attrs
import pytest
from attacker import EVERY_FIGURE, Printed, Win, wins, work_of
from making import a_record
from test_attack import any_claims, covered
from two_years import Year, any_two_years, one_set, year_of

from neuclir_carbon.checks.disclosure import is_withheld
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import Grid, Pue
from neuclir_carbon.workflow import public_groups

GERMANY = resolve_grid(Place(country="DEU"))[0]
PER_KWH = GERMANY.g_co2e_per_kwh or 0.0
EVEN = (10.0, 11.0, 9.5, 10.5)


def printed(year: Year) -> Printed:
    return Printed(year.edition.document, work_of(year.activities, one_set), covered(year.activities, year.claims))


def learned(year: Year, earlier: Year | None = None) -> list[Win]:
    before = [printed(earlier)] if earlier else []
    return list(wins([printed(year)], earlier=before, attackers=9, figures=EVERY_FIGURE))


def a_team(team: str, kwh: float, activity: str, *, grid: Grid = GERMANY) -> list[CountedActivity]:
    room = Pue(value=1.0, low=1.0, high=2.0, source="made up")
    record = a_record(f"{team}-{activity}", kwh=kwh, activity=activity, grid=grid, pue=room)
    return [attrs.evolve(item, tasks=("clir",)) for item in counted([record], team=team)]


def even_teams(activity: str, *, scale: float = 1.0) -> list[CountedActivity]:
    """Four teams under the grid factor of the tables."""
    return [item for number, kwh in enumerate(EVEN) for item in a_team(f"even{number}", kwh * scale, activity)]


def hidden_giant(activity: str) -> list[CountedActivity]:
    """Three teams alike in energy, and in emissions by factors of their own; the tables' have one at ten times more."""
    return [
        item
        for team, country in (("giant", "DEU"), ("small", "NOR"), ("tiny", "NOR"))
        for item in a_team(team, 10.0, activity, grid=typed(PER_KWH * 0.55, country))
    ]


def typed(grams: float, country: str) -> Grid:
    return Grid(g_co2e_per_kwh=grams, low=grams / 2, high=grams, country=country, source="typed", basis="given")


def test_what_one_set_of_factors_leaves_and_changes_does_not_tell_of_a_team() -> None:
    """Beside the group of those whose factors change, the total under one set would tell what these come to there."""
    year = year_of([*even_teams("training"), *hidden_giant("retrieval")], {})
    assert not is_withheld(year.edition.document["by_activity"]["retrieval"])
    assert learned(year) == []


def test_the_change_since_last_year_does_not_tell_what_new_teams_come_to_under_one_set_of_factors() -> None:
    """All teams of last year are back, so that their sum is known in both years; what is left is the new teams'."""
    then = year_of(even_teams("training"), {})
    now = year_of([*even_teams("training", scale=0.9), *hidden_giant("training")], {}, earlier=then)
    assert not is_withheld(now.edition.document["emissions_kg_co2e"])
    assert learned(now, then) == []


def test_the_same_attacker_learns_it_where_the_linear_programs_do_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_groups, "rows_to_withhold", lambda *_: frozenset())
    year = year_of([*even_teams("training"), *hidden_giant("retrieval")], {})
    assert not is_withheld(year.edition.document["harmonized"])
    assert any(win.team == "giant" and win.figure.startswith("harmonized") for win in learned(year))


@pytest.mark.parametrize("seed", [2, 104])
def test_nobody_learns_a_figure_of_two_years_from_the_public_editions_of_both(seed: int) -> None:
    chance = random.Random(seed)
    old, new = any_two_years(chance)
    own_work = Range.exact(chance.uniform(0.1, 5))
    then = year_of(old, any_claims(chance, old), evaluation=own_work)
    now = year_of(new, any_claims(chance, new), earlier=then, evaluation=own_work)
    assert list(wins([printed(now)], earlier=[printed(then)], attackers=1, figures=EVERY_FIGURE)) == []


def test_a_place_is_not_named_where_its_grid_s_factor_would_tell_what_one_machine_room_took() -> None:
    """All work in one country: kg divided by its kg per kWh are kWh, and those beyond the IT energy one team's."""
    room = Pue(value=1.56, low=1.2, high=2.0, source="made up")
    record = a_record("oak-training", kwh=10.2, activity="training", grid=GERMANY, pue=room)
    oak = [attrs.evolve(item, tasks=("clir",)) for item in counted([record], team="oak")]
    document = year_of([*even_teams("training"), *oak], {}).edition.document
    cooling = document["operational_kg_co2e"] / PER_KWH * 1000 - document["it_energy_kwh"]
    assert cooling == pytest.approx(10.2 * 0.56, rel=0.01)
    assert list(document["by_place"]) == ["withheld"]
    named = year_of(even_teams("training"), {}).edition.document["by_place"]
    assert list(named) == ["DEU"]
