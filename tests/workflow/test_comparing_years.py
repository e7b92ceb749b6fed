"""--since: like for like, the same teams under the same factors, by hand; what an inventory does not tell is said."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import a_record, a_submission

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.model.comparison import Since
from neuclir_carbon.model.counting import emissions
from neuclir_carbon.model.inventory import TeamRow
from neuclir_carbon.model.outside import NOTHING_BROUGHT
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import Grid
from neuclir_carbon.model.roster import Roster
from neuclir_carbon.resources import schema_path
from neuclir_carbon.workflow.choosing import choose
from neuclir_carbon.workflow.comparing_years import read_then, since
from neuclir_carbon.workflow.harmonizing import Grids
from neuclir_carbon.workflow.rows import team_values

EXAMPLE = json.loads(schema_path("track-inventory/1").read_text(encoding="utf-8"))["examples"][0]

BOUNDS = ("low", "central", "high", "likely_low", "likely_high")


def typed(grams: float, country: str = "DEU") -> Grid:
    return Grid(g_co2e_per_kwh=grams, low=grams, high=grams, country=country, source="typed", basis="given")


Year = dict[str, list[tuple[str, float, float]]]  # team → (activity, kWh, g/kWh that it typed)


def values_of(year: Year) -> tuple[Range, list[dict[str, Any]]]:
    """A year's total and what its inventory keeps of each team."""
    submissions = [
        a_submission(
            team, f"{team}-run",
            *(
                a_record(f"{team}-{n}", activity=kind, kwh=kwh, grid=typed(grams))
                for n, (kind, kwh, grams) in enumerate(work)
            ),
        )
        for team, work in year.items()
    ]  # fmt: skip
    activities = choose(submissions, "neuclir-2024", NOTHING_BROUGHT).activities
    rows = [
        TeamRow(
            team=team, submissions=1, runs=1, activities=len(work), it_energy_kwh=None, tracked=True, declared_kg=0.0,
            emissions_kg_co2e=emissions([one for one in activities if one.team == team]) if work else None,
        )
        for team, work in year.items()
    ]  # fmt: skip
    return emissions(activities), [dict(value) for value in team_values(rows, activities, {})]


def inventory(tmp_path: Path, year: Year, **changes: Any) -> Path:
    """An earlier year's inventory as a file."""
    whole, values = values_of(year)
    kept = {"emissions_kg_co2e": vars_of(whole), "team_values": values, "track": "neuclir-2023", "as_of": "2023-11-20"}
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps({**EXAMPLE, "edition": "organizer", **kept, **changes}))
    return path


def vars_of(found: Range) -> dict[str, float]:
    return {key: getattr(found, key) for key in BOUNDS}


def compared(then: Path, now: Year, roster: Roster | None = None) -> Since:
    whole, values = values_of(now)
    return since(read_then(then, roster or Roster()), whole, values, Grids())


def test_the_same_teams_are_compared_as_reported_and_under_one_set_of_factors(tmp_path: Path) -> None:
    """lotus: 10 kWh at 500 g, then 8 kWh at 100 g. As reported 5 kg to 0.8 kg; the work itself fell by a fifth."""
    then = inventory(tmp_path, {"lotus": [("retrieval", 10.0, 500.0)], "elm": [("training", 100.0, 300.0)]})
    found = compared(then, {"lotus": [("retrieval", 8.0, 100.0)], "maple": [("indexing", 3.0, 100.0)]})
    germany = resolve_grid(Place(country="DEU"))[0]
    assert (found.teams_then, found.teams_now, found.teams_both) == (2, 2, 1)
    assert (found.only_then, found.only_now) == (("elm",), ("maple",))
    assert found.whole.then.central == pytest.approx(35.0)
    assert found.whole.now.central == pytest.approx(1.1)
    assert found.same_teams is not None
    assert found.same_teams.ratio == pytest.approx(0.8 / 5 - 1)
    assert found.harmonized is not None
    assert found.harmonized.then.central == pytest.approx(10 * (germany.g_co2e_per_kwh or 0) / 1000)
    assert found.harmonized.ratio == pytest.approx(-0.2)
    assert found.not_compared == ()
    assert {table.source.split()[0] for table in found.tables} == {"ecologits", "codecarbon"}
    assert found.sentence.startswith("Since neuclir-2023 (as of 2023-11-20) all teams' emissions went from")
    assert "those of the 1 team that has figures in both years went from 5" in found.sentence.replace("\u00a0", " ")
    assert "(-84%), under one set of grid factors from" in found.sentence


def test_kinds_of_activity_are_compared_where_both_years_have_them(tmp_path: Path) -> None:
    then = inventory(tmp_path, {"lotus": [("retrieval", 1.0, 100.0), ("training", 5.0, 100.0)], "elm": []})
    found = compared(then, {"lotus": [("retrieval", 3.0, 100.0), ("indexing", 1.0, 100.0)]})
    assert list(found.by_activity) == ["retrieval"]
    assert found.by_activity["retrieval"].ratio == pytest.approx(2.0)


def test_a_team_that_has_another_name_on_today_s_roster_is_the_same_team(tmp_path: Path) -> None:
    then = inventory(tmp_path, {"LOTUS": [("retrieval", 1.0, 100.0)], "lotus-lab": [("retrieval", 2.0, 100.0)]})
    roster = Roster(teams=("lotus",), aliases={"LOTUS": "lotus", "lotus-lab": "lotus"})
    found = compared(then, {"lotus": [("retrieval", 6.0, 100.0)]}, roster)
    assert (found.teams_then, found.teams_both) == (1, 1)
    assert found.harmonized is not None
    assert found.harmonized.ratio == pytest.approx(1.0)


def test_years_without_a_common_team_are_compared_as_a_whole_only_and_it_is_said(tmp_path: Path) -> None:
    found = compared(inventory(tmp_path, {"elm": [("retrieval", 1.0, 100.0)]}), {"lotus": [("retrieval", 1.0, 100.0)]})
    assert (found.same_teams, found.harmonized, found.by_activity) == (None, None, {})
    assert found.not_compared == ("No team has figures in both years.",)
    assert "nothing is compared like for like" in found.sentence


def test_an_inventory_that_keeps_no_energies_is_compared_as_reported_and_it_is_said(tmp_path: Path) -> None:
    whole, values = values_of({"lotus": [("retrieval", 1.0, 100.0)]})
    bare = [{key: value[key] for key in ("team", "emissions_kg_co2e", "it_energy_kwh")} for value in values]
    found = compared(inventory(tmp_path, {}, emissions_kg_co2e=vars_of(whole), team_values=bare),
                     {"lotus": [("retrieval", 2.0, 100.0)]})  # fmt: skip
    assert found.same_teams is not None
    assert found.same_teams.ratio == pytest.approx(1.0)
    assert found.harmonized is None
    assert "keeps no energies by place" in found.not_compared[0]


def test_a_year_of_nothing_has_no_ratio(tmp_path: Path) -> None:
    found = compared(
        inventory(tmp_path, {"lotus": [("retrieval", 0.0, 100.0)]}), {"lotus": [("retrieval", 2.0, 100.0)]}
    )
    assert found.same_teams is not None
    assert found.same_teams.ratio is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"edition": "public"}, "is a public edition"),
        ({"team_values": [{"team": "x", "emissions_kg_co2e": {"low": 1}}]}, r"earlier\.json#/team_values/0"),
        ({"team_values": [{"team": "x", "emissions_kg_co2e": 3}]}, r"#/team_values/0/emissions_kg_co2e"),
        ({"team_values": [{"team": "x", "emissions_kg_co2e": dict.fromkeys(BOUNDS, "1")}]}, "fits none of"),
        (
            {"team_values": [{"team": "x", "emissions_kg_co2e": None, "energy": [{"country": "DEU"}]}]},
            "#/team_values/0",
        ),
        ({"team_values": [{"emissions_kg_co2e": None}]}, "team"),
        ({"team_values": [{"team": "x", "emissions_kg_co2e": {**dict.fromkeys(BOUNDS, 1), "low": 2}}]}, "in order"),
        ({"emissions_kg_co2e": None}, "is not as"),
        ({"track": 7}, "earlier"),
    ],
)
def test_what_is_no_organizer_s_inventory_of_ours_is_refused(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(Unreadable, match=told):
        read_then(inventory(tmp_path, {"lotus": [("retrieval", 1.0, 1.0)]}, **changes), Roster())
