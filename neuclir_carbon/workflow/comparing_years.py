"""`--since`: what has changed since an earlier inventory, like for like.

Alike are the same teams: those of which emissions are known in both years, by the names of today's roster. Their
energies of both years, by place, are put under one set of factors, so that a new table of grid factors, or a team that
typed its own intensity, is no change. What an inventory does not tell is left out, and said.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.comparison import Change, Since
from neuclir_carbon.model.published import EarlierYear, Edition
from neuclir_carbon.model.quantities import NOTHING, Range, total
from neuclir_carbon.model.roster import Roster
from neuclir_carbon.report import words
from neuclir_carbon.store.earlier_inventories import read_inventory
from neuclir_carbon.store.published_editions import editions_of
from neuclir_carbon.workflow.harmonizing import Grids, Where


@frozen(kw_only=True)
class _Year:
    """One team in one year, kg CO2e: in all and by activity, and its energy by place (None where that is not told)."""

    emissions: Range
    by_activity: Mapping[str, Range]
    energy: tuple[tuple[Where, Range, Range], ...] | None
    without_energy: int


@frozen(kw_only=True)
class Then:
    """An earlier inventory, read: the whole (kg CO2e) and the teams of which emissions are known."""

    track: str
    as_of: str
    whole: Range
    teams: Mapping[str, _Year]
    editions: tuple[Edition, ...]


def read_then(path: Path, roster: Roster) -> Then:
    """The earlier inventory at a path; `Unreadable` when it is no organizer's inventory of ours."""
    value = read_inventory(path)
    try:
        return then_of(value, roster)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(
            f"{path}#/team_values, #/editions or #/emissions_kg_co2e is not as `aggregate` writes it ({error})"
        ) from None


def then_of(value: Mapping[str, Any], roster: Roster) -> Then:
    """An organizer's inventory as the earlier one; KeyError, TypeError, ValueError or AttributeError if it is none."""
    return Then(
        track=value["track"],
        as_of=value["as_of"],
        whole=_range(value["emissions_kg_co2e"]),
        teams=_years(value.get("team_values", []), roster),
        editions=tuple(_renamed(edition, roster) for edition in editions_of(value)),
    )


def _renamed(edition: Edition, roster: Roster) -> Edition:
    """A public edition of then with the teams' names of today behind it."""
    return evolve(edition, parts=tuple(evolve(part, team=roster.name_of(part.team)) for part in edition.parts))


def earlier_year(then: Then, values: Sequence[Mapping[str, Any]], grids: Grids) -> EarlierYear:
    """The earlier inventory as the public edition is compared with it; `values` as for `since`."""
    now = _years(values, Roster())
    years = {team: (then.teams.get(team), now.get(team)) for team in sorted(then.teams.keys() | now.keys())}
    told = all(year.energy is not None for both in years.values() for year in both if year is not None)
    return EarlierYear(
        emissions_kg={team: year.emissions.central for team, year in then.teams.items()},
        recomputed_kg={
            team: (_central_under(old, grids), _central_under(new, grids)) for team, (old, new) in years.items()
        } if told else None,
        editions=then.editions or None,
    )  # fmt: skip


def since(then: Then, whole: Range, values: Sequence[Mapping[str, Any]], grids: Grids) -> Since:
    """What has changed; `whole` is this year's total (kg CO2e), `values` what its inventory keeps of each team."""
    now = _years(values, Roster())
    both = sorted(then.teams.keys() & now.keys())
    old, new = [then.teams[team] for team in both], [now[team] for team in both]
    same = _change([one.emissions for one in old], [one.emissions for one in new]) if both else None
    recomputed, missing = _recomputed(old, new, grids)
    return Since(
        track=then.track,
        as_of=then.as_of,
        teams_then=len(then.teams),
        teams_now=len(now),
        teams_both=len(both),
        whole=_change([then.whole], [whole]),
        same_teams=same,
        harmonized=recomputed,
        by_activity=_by_activity(old, new),
        only_then=tuple(sorted(then.teams.keys() - now.keys())),
        only_now=tuple(sorted(now.keys() - then.teams.keys())),
        tables=grids.tables if recomputed else (),
        not_compared=missing,
        sentence=_sentence(then, len(both), _change([then.whole], [whole]), same, recomputed),
    )


def _change(then: Iterable[Range], now: Iterable[Range]) -> Change:
    old, new = total(then), total(now)
    return Change(then=old, now=new, ratio=new.central / old.central - 1 if old.central > 0 else None)


def _by_activity(old: Sequence[_Year], new: Sequence[_Year]) -> Mapping[str, Change]:
    kinds = {kind for one in old for kind in one.by_activity} & {kind for one in new for kind in one.by_activity}
    return {
        kind: _change(*([one.by_activity.get(kind, NOTHING) for one in year] for year in (old, new)))
        for kind in sorted(kinds)
    }


def _recomputed(old: Sequence[_Year], new: Sequence[_Year], grids: Grids) -> tuple[Change | None, tuple[str, ...]]:
    if not old:
        return None, ("No team has figures in both years.",)
    if any(one.energy is None for one in (*old, *new)):
        return None, ("The earlier inventory keeps no energies by place, so its factors can't be replaced.",)
    unknown = sum(one.without_energy for one in (*old, *new))
    said = f"{unknown:,} activities whose energy is unknown are left out under one set of factors."
    then, now = ([_under(one, grids) for one in year] for year in (old, new))
    return _change(then, now), (said,) if unknown else ()


def _under(year: _Year, grids: Grids) -> Range:
    """A team's year under the one set of factors, kg CO2e."""
    return total(grids.emissions(facility, embodied, where) for where, facility, embodied in year.energy or ())


def _central_under(year: _Year | None, grids: Grids) -> float | None:
    return None if year is None else _under(year, grids).central


def _years(values: Iterable[Mapping[str, Any]], roster: Roster) -> Mapping[str, _Year]:
    years: dict[str, _Year] = {}
    for value in values:
        if value.get("emissions_kg_co2e") is None:
            continue
        team, year = roster.name_of(str(value["team"])), _year(value)
        years[team] = _together(years[team], year) if team in years else year
    return years


def _year(value: Mapping[str, Any]) -> _Year:
    rows = value.get("energy")
    return _Year(
        emissions=_range(value["emissions_kg_co2e"]),
        by_activity={str(kind): _range(found) for kind, found in value.get("by_activity", {}).items()},
        energy=None if rows is None else tuple(map(_energy, rows)),
        without_energy=int(value.get("without_energy", 0)),
    )


def _energy(row: Mapping[str, Any]) -> tuple[Where, Range, Range]:
    where = tuple(None if row[key] is None else str(row[key]) for key in ("country", "region"))
    return (where[0], where[1]), _range(row["facility_kwh"]), _range(row["embodied_kg_co2e"])


def _range(value: Mapping[str, Any]) -> Range:
    found = Range(**value)
    bounds = (found.low, found.likely_low, found.central, found.likely_high, found.high)
    if list(bounds) != sorted(bounds):
        raise ValueError(f"the bounds {bounds} are not in order")
    return found


def _together(one: _Year, other: _Year) -> _Year:
    """Two rows of an earlier year that are one team by today's roster."""
    kinds = {*one.by_activity, *other.by_activity}
    return _Year(
        emissions=total([one.emissions, other.emissions]),
        by_activity={
            kind: total(year.by_activity.get(kind, NOTHING) for year in (one, other)) for kind in sorted(kinds)
        },
        energy=None if one.energy is None or other.energy is None else (*one.energy, *other.energy),
        without_energy=one.without_energy + other.without_energy,
    )


def _sentence(then: Then, both: int, whole: Change, same: Change | None, recomputed: Change | None) -> str:
    start = f"Since {then.track} (as of {then.as_of}) all teams' emissions went {_said(whole)} as reported"
    if same is None:
        return f"{start}; no team has figures in both years, so that nothing is compared like for like."
    teams = words.counted(both, "team that has figures", "teams that have figures")
    text = f"{start}; those of the {teams} in both years went {_said(same)}"
    return f"{text}, under one set of grid factors {_said(recomputed)}." if recomputed else f"{text}."


def _said(change: Change) -> str:
    ratio = "" if change.ratio is None else f" ({change.ratio:+.0%})"
    return f"from {words.mass(change.then.central)} to {words.mass(change.now.central)} CO2e{ratio}"
