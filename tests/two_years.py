"""Made-up tracks in two years for the tests: what is reported, compared and printed of them as `aggregate` does it."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from making import a_record
from publishing import any_track, coverage_by, inventory_of

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.model.counting import counted, emissions
from neuclir_carbon.model.inventory import CountedActivity, TeamRow
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.parts import parts_of
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.published import Edition
from neuclir_carbon.model.quantities import Range, total
from neuclir_carbon.model.record import Embodied, Grid, Pue
from neuclir_carbon.model.roster import Roster
from neuclir_carbon.workflow.comparing_years import earlier_year, since, then_of
from neuclir_carbon.workflow.harmonizing import Grids, harmonized, harmonized_of
from neuclir_carbon.workflow.public_coverage import covered_by_team
from neuclir_carbon.workflow.public_since import compared_teams
from neuclir_carbon.workflow.publication import publish
from neuclir_carbon.workflow.releasing import _data
from neuclir_carbon.workflow.rows import team_values

Claims = Mapping[str, Mapping[str, int]]
GRIDS = Grids()


@attrs.frozen
class Year:
    """A year's track: its public edition and what stands behind it, and the organizer's inventory as it is kept."""

    activities: Sequence[CountedActivity]
    claims: Claims
    edition: Edition
    inventory: Mapping[str, Any]


def one_set(activity: CountedActivity) -> Range | None:
    """An activity's emissions under the one set of factors, kg CO2e."""
    return harmonized_of(activity, GRIDS)


def year_of(
    activities: Sequence[CountedActivity], claims: Claims, *, earlier: Year | None = None,
    editions: Sequence[Edition] = (), evaluation: Range | None = None,
) -> Year:  # fmt: skip
    """A year as `aggregate --since … --published …` sums it up. `HeldBack` when too little has changed."""
    teams, grids = coverage_by(activities, claims), Grids()
    recomputed, comparison = harmonized(activities, grids)
    values = team_values(_rows(activities), activities, {})
    then = then_of(earlier.inventory, Roster()) if earlier else None
    whole = emissions(activities)
    inventory = attrs.evolve(
        inventory_of(activities, teams), harmonized=recomputed, harmonization=comparison, team_values=values,
        since=since(then, whole, values, Grids()) if then else None, evaluation=evaluation,
        total_with_evaluation_kg_co2e=None if evaluation is None else total([whole, evaluation]),
    )  # fmt: skip
    parts = parts_of(activities, one_set)
    compared = earlier_year(then, values, Grids()) if then else None
    document = publish(
        inventory, parts, teams, min_group=3, editions=editions,
        then=compared,
    )  # fmt: skip
    _, findings = examine_bytes("track-inventory/1", format_json(document))
    assert findings == ()
    edition = Edition(
        document=document, parts=parts, covered=covered_by_team(teams),
        same_teams=compared_teams(document, parts, compared),
    )  # fmt: skip
    kept = {**plain(inventory), "editions": [_data(one) for one in (*editions, edition)]}
    return Year(activities, claims, edition, kept)


def _rows(activities: Sequence[CountedActivity]) -> list[TeamRow]:
    own = {name: [item for item in activities if item.team == name] for name in {item.team for item in activities}}
    return [
        TeamRow(
            team=name, submissions=1, runs=1, activities=len(items), emissions_kg_co2e=emissions(items),
            it_energy_kwh=math.fsum(item.it_energy_kwh or 0.0 for item in items), tracked=True, declared_kg=0.0,
        )
        for name, items in sorted(own.items())
    ]  # fmt: skip


def any_two_years(chance: random.Random) -> tuple[list[CountedActivity], list[CountedActivity]]:
    """Two made-up tracks, the earlier one first, with partly the same teams: some leave, some are new."""
    from_tables = chance.choice([0.5, 0.8, 0.95])
    any_kind = chance.choice([lambda: any_track(chance, from_tables=from_tables), lambda: _clans(chance)])
    then, now = any_kind(), any_kind()
    shift = chance.choice([0, 0, 0, 1, 3])
    return then, [attrs.evolve(item, team=f"team{int(item.team[4:]) + shift}") for item in now]


def _clans(chance: random.Random) -> list[CountedActivity]:
    """Teams of about one size in up to three clans. A clan works alike: what it does, whether its grids are those of
    the tables, and whether it counts manufacture. What is printed of one clan is often the rest of another figure."""
    found = []
    number = 0
    for clan in range(chance.randint(1, 3)):
        of_tables, makes, rooms = (chance.random() < part for part in (0.6, 0.5, 0.4))
        activities = [("training", "retrieval", "indexing")[clan], "generation"][: chance.randint(1, 2)]
        for _ in range(chance.randint(3, 4)):
            size = chance.lognormvariate(2, 0.4)
            country = chance.choice(["DEU", "DEU", "DEU", "USA", "NOR"])
            grams = chance.choice([330.0, 384.0, 100.0])
            typed = Grid(g_co2e_per_kwh=grams, low=grams, high=grams, country=country, source="typed", basis="given")
            for activity in activities:
                room = chance.choice([1.2, 1.5]) if rooms else 1.0
                embodied = Embodied(kg_co2e=size * chance.uniform(0.01, 0.5), low=0.0, high=size, source="made up")
                record = a_record(
                    f"team{number}-{activity}", kwh=size * chance.lognormvariate(0, 0.2), activity=activity,
                    grid=resolve_grid(Place(country=country))[0] if of_tables else typed,
                    pue=Pue(value=room, low=1.0, high=2.0, source="made up"), embodied=embodied if makes else None,
                )  # fmt: skip
                items = counted([record], team=f"team{number}")
                found.extend(attrs.evolve(item, tasks=("clir",)) for item in items)
            number += 1
    return found
