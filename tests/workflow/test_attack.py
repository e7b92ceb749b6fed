"""The public edition under attack: by linear programming over all that is printed, and by differences of editions."""

import random
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from attacker import Printed, wins, work_of
from making import a_record
from publishing import activities_of, any_track, coverage_by, published

from neuclir_carbon.model.counting import GROUPING_KEYS, counted, emissions, grouped, totals
from neuclir_carbon.model.inventory import GROUPINGS, LEVELS, CountedActivity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.parts import parts_of
from neuclir_carbon.model.published import Edition
from neuclir_carbon.workflow import public_groups
from neuclir_carbon.workflow.public_coverage import covered_by_team
from neuclir_carbon.workflow.publication import HeldBack

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


def edition_of(track: Sequence[CountedActivity], claims: Claims) -> Edition:
    """The public edition of a track, and what stands behind it."""
    document = published(track, claims=claims)
    return Edition(document=document, parts=parts_of(track), covered=covered_by_team(coverage_by(track, claims)))


def learned(document: Any, track: Sequence[CountedActivity], claims: Claims, *of_groups: str) -> list[Any]:
    return list(
        wins(
            [Printed(document, work_of(track), covered(track, claims))],
            attackers=1,
            of_groups=of_groups or ("central",),
        )
    )


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
    figures = ("central", "low", "high", "it_energy_kwh")
    for seed in range(12):
        chance = random.Random(seed)
        track = any_track(chance)
        claims = any_claims(chance, track)
        if learned(published(track, claims=claims), track, claims, *figures):
            return
    pytest.fail("the linear programs protect nothing that single figures and sums do not")


# Two editions


def late_teams(track: Sequence[CountedActivity], *sizes: float) -> list[CountedActivity]:
    """As many late teams as sizes, each with the work of a team that is there, scaled."""
    pattern = [item for item in track if item.team == "team0"]
    found = []
    for number, size in enumerate(sizes):
        for place, item in enumerate(pattern):
            record = a_record(f"late{number}-{place}", kwh=size, activity=item.record.activity)
            found.extend(attrs.evolve(one, tasks=item.tasks) for one in counted([record], team=f"late{number}"))
    return found


def both_attacked(track: Sequence[CountedActivity], late: Sequence[CountedActivity], second: Any) -> list[Any]:
    both = [*track, *late]
    before = Printed(published(track), work_of(track), covered(track, {}))
    return list(wins([before, Printed(second, work_of(both), covered(both, {}))], attackers=1))


TRACK = [item for number in range(5) for item in activities_of(f"team{number}", retrieval=1 + number / 5, training=3.0)]


def test_one_late_team_is_found_by_the_difference_of_two_editions_that_do_not_know_of_each_other() -> None:
    late = late_teams(TRACK, 1.0)
    found = both_attacked(TRACK, late, published([*TRACK, *late]))
    assert any(win.team == "late0" for win in found)


@pytest.mark.parametrize("sizes", [(1.0,), (1.0, 1.2), (5.0, 0.1, 0.1)])
def test_a_change_that_would_tell_of_a_late_team_is_held_back(sizes: Sequence[float]) -> None:
    with pytest.raises(HeldBack):
        published([*TRACK, *late_teams(TRACK, *sizes)], editions=[edition_of(TRACK, {})])


def test_three_late_teams_of_one_size_are_published_and_nobody_is_found() -> None:
    late = late_teams(TRACK, 1.0, 1.2, 0.9)
    second = published([*TRACK, *late], editions=[edition_of(TRACK, {})])
    assert second["teams"] == 8
    assert both_attacked(TRACK, late, second) == []


def test_a_team_that_changes_its_figures_counts_as_changed() -> None:
    changed = [
        attrs.evolve(item, it_energy_kwh=(item.it_energy_kwh or 0) * 2) if item.team == "team1" else item
        for item in TRACK
    ]
    with pytest.raises(HeldBack):
        published(changed, editions=[edition_of(TRACK, {})])
