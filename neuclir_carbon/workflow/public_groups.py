"""Which groups of the public edition are printed, and why the others are withheld."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import field, frozen

from neuclir_carbon.checks.alternatives import Printed, Row, rows_to_withhold
from neuclir_carbon.checks.disclosure import DOMINANCE_PERCENT, Rule, is_band, is_withheld
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.inventory import GROUPINGS
from neuclir_carbon.model.parts import Figure, Part
from neuclir_carbon.model.published import Edition
from neuclir_carbon.workflow.public_pieces import (
    IT_TOTAL,
    SAME_HARMONIZED,
    SAME_TEAMS,
    TOTAL,
    pieces_of,
    rows_of_same_teams,
    rows_of_totals,
    rows_that_are_out,
)

FOLLOWS = "otherwise a team's figures would follow from all that is printed"
FOLLOWS_IN_SUM = "otherwise another withheld group would follow from the total"
# How much is lost when a group of a grouping is withheld; the total and what is out already are never asked for.
_PRICES = dict(zip(GROUPINGS, (8.0, 6.0, 6.0, 2.0, 3.0, 2.0, 1.0), strict=True))
# What the bounds of a range tell beside its central value: themselves, and the widths on either side.
_IMPLIED = (*((0, end) for end in (1, 2, 4, 5)), (1, 3), (2, 3), (3, 4), (3, 5))
BY_ITS_GRID = "otherwise what one team's machine room took would follow from the grid's factor"
BY_BOUNDS = "the bounds of its range would tell of a team"
Cell = tuple[str, str]


@frozen
class Groups:
    """All groups of all groupings by their members, and why a group is withheld (None where it is printed)."""

    members: Mapping[Cell, Sequence[Part]]
    reasons: Mapping[Cell, str | None] = field()
    total_reason: str | None = None
    told: frozenset[Row] = frozenset()

    @property
    def same_teams_may_be_told(self) -> bool:
        """Whether the change of the teams of two years tells of none of them."""
        return not self.told & {SAME_TEAMS, SAME_HARMONIZED}

    def may_be_told(self, total: str) -> bool:
        """Whether a figure of the whole track (OPERATIONAL, FACILITY, HARMONIZED) can be printed beside all else."""
        return total not in self.told

    def of(self, grouping: str) -> list[str]:
        """The groups of one grouping."""
        return [group for name, group in self.members if name == grouping]


def decided(
    parts: Sequence[Part],
    rule: Rule,
    totals: Mapping[str, object],
    editions: Sequence[Edition] = (),
    same_teams: frozenset[str] = frozenset(),
) -> Groups:
    """Which groups are printed beside totals of the track, as they are printed, and beside earlier editions.

    `same_teams` (folded names) are those whose sum would follow from their change since an earlier year.

    `told` are the rows that must not be printed; `total_reason` tells why even the totals can't be beside what is out
    already.
    """
    members = _members(parts)
    reasons = {cell: cell_reason(rule, inside) or _by_its_grid(cell, inside, rule) for cell, inside in members.items()}
    if is_withheld(totals[TOTAL]):
        return Groups(members, {cell: str(_reason(totals[TOTAL])) for cell in members})
    if not is_band(totals[TOTAL]):
        for grouping in GROUPINGS:
            _withhold_in_sum(grouping, members, reasons, rule)
    rows = {
        **dict(rows_that_are_out(editions)), **dict(rows_of_totals(totals, same_teams)), **_rows(members, reasons)
    }  # fmt: skip
    told = rows_to_withhold(pieces_of(parts, editions, same_teams, rows), rows, DOMINANCE_PERCENT)
    for row in told:
        if isinstance(row, tuple):
            reasons[row] = FOLLOWS
    total_reason = FOLLOWS if told & {TOTAL, IT_TOTAL} else None
    return Groups(members, reasons, total_reason, told)


def same_teams_tell(editions: Sequence[Edition], same_teams: frozenset[str]) -> bool:
    """Whether the sum of these teams (folded names), beside all that an earlier year's editions print, tells of one."""
    rows = {**dict(rows_that_are_out(editions)), **dict(rows_of_same_teams())}
    pieces = pieces_of(editions[-1].parts, editions, same_teams, rows)
    return bool(rows_to_withhold(pieces, rows, DOMINANCE_PERCENT))


def _by_its_grid(cell: Cell, members: Sequence[Part], rule: Rule) -> str | None:
    """Why a place must not be named: everybody can look up how many kg a kWh is there, so that facility energy follows
    from emissions, and beside the IT energy what went into cooling."""
    if cell[0] != "by_place":
        return None
    return BY_ITS_GRID if rule.reason(by_team(members, lambda part: part.cooling_kwh)) else None


def cell_reason(rule: Rule, members: Sequence[Part]) -> str | None:
    """Why a group is withheld: by its teams, by what is printed of it, or by what its bounds tell beside."""
    if len({folded(part.team) for part in members}) < rule.min_group:
        return rule.too_few
    if not any(part.with_emissions for part in members):
        return "no emissions are known"
    printed = (
        by_team(members, lambda part: part.central, lambda part: part.with_emissions > 0),
        by_team(members, lambda part: part.it_energy_kwh, lambda part: part.with_energy > 0),
    )
    if reason := next(filter(None, map(rule.printed, printed)), None):
        return reason
    implied = (rule.reason(by_team(members, _between(start, end))) for start, end in _IMPLIED)
    return BY_BOUNDS if any(implied) else None


def _between(start: int, end: int) -> Figure:
    return lambda part: math.fsum(part.steps[start:end])


def by_team(
    members: Iterable[Part], value: Figure, known: Callable[[Part], bool] = lambda _: True
) -> Mapping[str, float | None]:
    """Each team's part of a figure; None where it is unknown. Names that differ in signs and case only are one team:
    whoever writes its name in three ways is not three teams."""
    found: dict[str, list[float]] = defaultdict(list)
    for part in members:
        values = found[folded(part.team)]
        if known(part):
            values.append(value(part))
    return {team: math.fsum(values) if values else None for team, values in found.items()}


def _members(parts: Iterable[Part]) -> dict[Cell, list[Part]]:
    found: dict[Cell, list[Part]] = defaultdict(list)
    for part in parts:
        for grouping, group in zip(GROUPINGS, part.groups, strict=True):
            found[grouping, group].append(part)
    order = {grouping: place for place, grouping in enumerate(GROUPINGS)}
    return {cell: found[cell] for cell in sorted(found, key=lambda cell: (order[cell[0]], cell[1]))}


def _withhold_in_sum(
    grouping: str, members: Mapping[Cell, Sequence[Part]], reasons: dict[Cell, str | None], rule: Rule
) -> None:
    """Withholds the smallest printed groups of a grouping until those withheld are safe in sum: they follow from the
    total and the printed ones."""
    while printed := [cell for cell in members if cell[0] == grouping and reasons[cell] is None]:
        hidden = [part for cell, inside in members.items() if cell[0] == grouping and reasons[cell] for part in inside]
        known = [part for part in hidden if part.with_emissions or part.with_energy]
        if not known or cell_reason(rule, known) is None:
            return
        smallest = min(printed, key=lambda cell: (math.fsum(part.central for part in members[cell]), cell))
        reasons[smallest] = FOLLOWS_IN_SUM


def _rows(members: Mapping[Cell, Sequence[Part]], reasons: Mapping[Cell, str | None]) -> dict[Row, Printed]:
    """The groups that are going to be printed, with their prices."""
    whole = math.fsum(part.central for inside in members.values() for part in inside) / len(GROUPINGS) or 1.0
    rows: dict[Row, Printed] = {}
    for cell, inside in members.items():
        if reasons[cell] is None:
            share = math.fsum(part.central for part in inside) / whole
            rows[cell] = Printed(price=_PRICES[cell[0]] * (0.1 + share))
    return rows


def _reason(value: object) -> object:
    return value["reason"] if isinstance(value, dict) else None
