"""The public edition under attack: by linear programming over all that is printed, and by differences of editions."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from attacker import Printed, wins, work_of
from publishing import any_track, coverage_by, published

from neuclir_carbon.model.counting import GROUPING_KEYS, emissions, grouped, totals
from neuclir_carbon.model.inventory import GROUPINGS, LEVELS, CountedActivity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.workflow import public_groups

Claims = dict[str, dict[str, int]]


def any_claims(chance: random.Random, track: Sequence[CountedActivity]) -> Claims:
    """Certificates of about half of the teams, some larger than what they emitted."""
    claims: Claims = {}
    for team in sorted({item.team for item in track}):
        if chance.random() < 0.6:
            declared = chance.choice([1, 2, 1000])
            documented = chance.choice([0, declared])
            serial = chance.choice([0, documented])
            claims[team] = {"declared": declared, "documented": documented, "serial_consistent": serial,
                            "list_matched": 0, "registry_verified": chance.choice([0, serial])}  # fmt: skip
    return claims


def covered(track: Sequence[CountedActivity], claims: Claims) -> dict[str, dict[str, float]]:
    return {team.team: {level: team.covered_kg(level) for level in LEVELS} for team in coverage_by(track, claims)}


def unprotected(track: Sequence[CountedActivity], claims: Claims) -> dict[str, Any]:
    """What would be printed if nothing were withheld, rounded alike."""

    def cut(value: Any, digits: int) -> Any:
        if isinstance(value, dict):
            return {key: cut(inner, digits) for key, inner in value.items()}
        return float(f"{value:.{digits - 1}e}") if isinstance(value, float) else value

    whole = totals(track)
    teams = coverage_by(track, claims)
    gross = whole.emissions_kg_co2e.central
    levels = {level: sum(team.covered_kg(level) for team in teams) for level in LEVELS}
    names = ("operational_kg_co2e", "embodied_kg_co2e", "it_energy_kwh", "facility_energy_kwh")
    document = cut({
        "emissions_kg_co2e": plain(emissions(track)), **{name: getattr(whole, name) for name in names},
    }, 4)  # fmt: skip
    for name in GROUPINGS:
        groups = plain(dict(grouped(track, GROUPING_KEYS[name])))
        kept = ("emissions_kg_co2e", "it_energy_kwh")
        document[name] = {group: cut({key: cell[key] for key in kept}, 2) for group, cell in groups.items()}
    document["coverage"] = {
        level: {"kg": cut(kg, 4), "share": int(kg / gross * 1000) / 1000} for level, kg in levels.items()
    }
    return document  # type: ignore[no-any-return]


def learned(document: Any, track: Sequence[CountedActivity], claims: Claims) -> list[Any]:
    return list(wins([Printed(document, work_of(track), covered(track, claims))], attackers=1))


@pytest.mark.parametrize("seed", range(8))
def test_nobody_learns_a_figure_from_a_public_edition(seed: int) -> None:
    chance = random.Random(seed)
    track = any_track(chance)
    claims = any_claims(chance, track)
    assert learned(published(track, claims=claims), track, claims) == []


@pytest.mark.parametrize("seed", range(2))
def test_the_same_attacker_learns_a_lot_where_nothing_is_withheld(seed: int) -> None:
    chance = random.Random(seed)
    track = any_track(chance)
    claims = any_claims(chance, track)
    assert learned(unprotected(track, claims), track, claims)


def test_she_still_learns_something_where_only_single_cells_and_sums_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(public_groups, "rows_to_withhold", lambda *_: frozenset())
    found = 0
    for seed in range(12):
        chance = random.Random(seed)
        track = any_track(chance)
        claims = any_claims(chance, track)
        found += bool(learned(published(track, claims=claims), track, claims))
    assert found
