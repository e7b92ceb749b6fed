"""Made-up tracks and their public editions for the tests."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from making import a_record

from neuclir_carbon.checks.coverage import TeamCoverage, floored_share
from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.model.counting import GROUPING_KEYS, counted, emissions, grouped, totals
from neuclir_carbon.model.finding import Counts
from neuclir_carbon.model.inventory import (
    LEVELS,
    Answers,
    CountedActivity,
    Coverage,
    CoverageLevel,
    Inventory,
    Question,
    Questions,
)
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.parts import parts_of
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.published import Edition
from neuclir_carbon.model.record import Embodied, Grid, Pue
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.workflow.publication import publish


def activities_of(team: str, **kwh_by_activity: float) -> list[CountedActivity]:
    records = [a_record(f"{team}-{name}", kwh=kwh, activity=name) for name, kwh in kwh_by_activity.items()]
    return [attrs.evolve(activity, tasks=("clir",)) for activity in counted(records, team=team)]


def coverage_by(
    activities: Sequence[CountedActivity], claims: Mapping[str, Mapping[str, int]]
) -> tuple[TeamCoverage, ...]:
    """Each team's coverage; `claims` are kg by team and level."""
    names = sorted({activity.team for activity in activities})
    return tuple(
        TeamCoverage(
            team=name,
            emissions_kg=emissions([activity for activity in activities if activity.team == name]).central,
            claimed_kg={level: claims.get(name, {}).get(level, 0) for level in LEVELS},
            disputed_kg=0, certificates=(), largest_quantity_kg=0,
        )
        for name in names
    )  # fmt: skip


def published(
    activities: Sequence[CountedActivity],
    *,
    offset: int = 0,
    open_answers: int = 0,
    min_group: int = 3,
    claims: Mapping[str, Mapping[str, int]] | None = None,
    editions: Sequence[Edition] = (),
) -> dict[str, Any]:
    """The public edition, with nothing to compare it with."""
    teams = coverage_by(activities, claims or {})
    inventory = inventory_of(activities, teams, offset=offset, open_answers=open_answers)
    document = publish(inventory, parts_of(activities), teams, min_group=min_group, editions=editions)
    _, findings = examine_bytes("track-inventory/1", format_json(document))
    assert findings == ()
    return document


def inventory_of(
    activities: Sequence[CountedActivity], teams: Sequence[TeamCoverage], *, offset: int = 0, open_answers: int = 0
) -> Inventory:
    names = [team.team for team in teams]
    whole = totals(activities)
    groups = {name: grouped(activities, key) for name, key in GROUPING_KEYS.items()}
    levels = {level: math.fsum(team.covered_kg(level) for team in teams) for level in LEVELS}
    gross = whole.emissions_kg_co2e.central
    return Inventory(
        track="made-up-2024", teams=len(names), runs=len(names), submissions=len(names), activities=len(activities),
        emissions_kg_co2e=whole.emissions_kg_co2e, operational_kg_co2e=whole.operational_kg_co2e,
        embodied_kg_co2e=whole.embodied_kg_co2e, records_without_embodied=whole.records_without_embodied,
        records_without_emissions=0, it_energy_kwh=whole.it_energy_kwh, facility_energy_kwh=whole.facility_energy_kwh,
        **groups, residual_kg=gross - levels["registry_verified"],
        coverage=Coverage(**{key: CoverageLevel(kg=kg, share=floored_share(kg, gross)) for key, kg in levels.items()}),
        answers=Answers(tracked=len(names), offset=offset, unanswered=0),
        questions=Questions(
            tracked=Question(yes=len(names), no=0, unanswered=0),
            offset=Question(yes=offset, no=len(names) - offset - open_answers, unanswered=open_answers),
        ), as_of="2024-11-22", findings=Counts(),
        tool=THIS_TOOL,
    )  # fmt: skip


def even_track() -> list[CountedActivity]:
    return [
        *activities_of("lotus", retrieval=1.0, training=2.0, indexing=3.0),
        *activities_of("maple", retrieval=1.1, training=2.1, indexing=2.8),
        *activities_of("cedar", retrieval=0.9, training=1.9, indexing=3.1),
        *activities_of("birch", retrieval=1.0, training=2.2, indexing=2.7),
    ]


def any_track(chance: random.Random, *, from_tables: float = 0.0) -> list[CountedActivity]:
    """A made-up track of three to eight teams with places, methods, machine rooms, and sizes all over the place.

    About so large a part of the activities has its grid from the tables of this version.
    """
    found = []
    for number in range(chance.randint(3, 8)):
        size, country = chance.lognormvariate(0, 1), chance.choice(["DEU", "DEU", "USA", "NOR"])
        pue = chance.choice([1.0, 1.0, 1.5])
        for step in range(chance.randint(1, 4)):
            grams = {"DEU": 330.0, "USA": 384.0, "NOR": 30.0}[country]
            record = a_record(
                f"team{number}-{step}", kwh=size * chance.lognormvariate(0, 0.7),
                activity=chance.choice(["training", "retrieval", "indexing"]),
                method=chance.choice(["measured", "measured", "estimated"]),
                pue=Pue(value=pue, low=1.0, high=chance.choice([pue, 2.0]), source="made up"),
                grid=_a_grid(chance, country, grams, from_tables),
                embodied=chance.choice([None, Embodied(kg_co2e=size / 50, low=0.0, high=size, source="made up")]),
            )  # fmt: skip
            tasks = chance.choice([("clir",), ("mlir",), ("clir", "mlir")])
            found.extend(attrs.evolve(item, tasks=tasks) for item in counted([record], team=f"team{number}"))
    return found


def _a_grid(chance: random.Random, country: str, grams: float, from_tables: float) -> Grid:
    made_up = Grid(
        g_co2e_per_kwh=grams, low=grams * 0.9, high=grams * chance.choice([1.0, 1.1, 3.0]), country=country, year=2024,
        source="made up", basis=chance.choice(["location", "given"]),
    )  # fmt: skip
    return resolve_grid(Place(country=country))[0] if from_tables and chance.random() < from_tables else made_up
