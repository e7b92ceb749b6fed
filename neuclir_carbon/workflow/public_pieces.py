"""The public edition as rows and pieces for the linear programs (checks/alternatives.py).

A row is what is printed, or what follows from it; a piece is a team's work that is in the same rows. The central
figure is there in its parts, since operational emissions and the track under one set of factors are sums over some of
them: what one set of factors leaves as it is is one and the same in both totals, what it changes is two unknowns.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from neuclir_carbon.checks.alternatives import Piece, Printed, Row
from neuclir_carbon.checks.disclosure import is_band, is_withheld
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.inventory import GROUPINGS
from neuclir_carbon.model.parts import Part
from neuclir_carbon.model.published import Edition

TOTAL, IT_TOTAL, SAME_TEAMS = "emissions_kg_co2e", "it_energy_kwh", "same teams"
OPERATIONAL, FACILITY, HARMONIZED = "operational_kg_co2e", "facility_energy_kwh", "harmonized"
SAME_HARMONIZED = "same teams under one set of factors"
# The figures of a piece: from one step of a range to another. Each bound is one of them or the sum of two, and so is
# every width on one side of the central value. Then come the IT energy, and the central value in its parts.
_FIGURES = ((0, 1), (1, 3), (0, 2), (2, 3), (3, 4), (3, 5))
_IT, _CENTRAL = len(_FIGURES), len(_FIGURES) + 1
_TO_CENTRAL = frozenset((0, 1, _CENTRAL))
_OF_RANGE = frozenset((*range(len(_FIGURES)), _CENTRAL))
# How much is lost when a row is withheld that is no group; the totals are never asked for.
_OF_THE_TOTAL = 1e4
_BESIDE = {
    OPERATIONAL: (3.0, frozenset((_CENTRAL,))),
    FACILITY: (2.0, frozenset((_IT,))),
    HARMONIZED: (2.0, _OF_RANGE),
}
_SAME = {SAME_TEAMS: _TO_CENTRAL, SAME_HARMONIZED: _TO_CENTRAL}
Rows = frozenset[Row]


def rows_of_totals(document: Mapping[str, object], same_teams: Iterable[str] = ()) -> Iterator[tuple[Row, Printed]]:
    """What a public document tells of the whole track, and of the same teams' sum if there are any, with its price."""
    if not is_withheld(document[TOTAL]):
        yield TOTAL, _as_printed(document[TOTAL], _OF_RANGE, _TO_CENTRAL)
    if not is_withheld(document[IT_TOTAL]):
        yield IT_TOTAL, _as_printed(document[IT_TOTAL], frozenset((_IT,)), frozenset((_IT,)))
    for row, (price, figures) in _BESIDE.items():
        told = document.get(row)
        if told is not None and not is_withheld(told) and not is_band(told):
            yield row, Printed(price=price, figures=figures)
    if any(True for _ in same_teams):
        yield from rows_of_same_teams()


def rows_of_same_teams() -> Iterator[tuple[Row, Printed]]:
    """What the teams of two years emitted in one of them, as reported and under one set of factors."""
    return ((row, Printed(price=4.0, figures=figures)) for row, figures in _SAME.items())


def rows_that_are_out(editions: Sequence[Edition]) -> Iterator[tuple[Row, Printed]]:
    """What earlier editions printed: it can't be withheld any more."""
    for number, edition in enumerate(editions):
        for row, found in rows_of_totals(edition.document, edition.same_teams):
            yield (number, row), Printed(price=None, figures=found.figures, less=found.less, more=found.more)
        for grouping in GROUPINGS:
            for group, cell in edition.document[grouping].items():
                if not is_withheld(cell):
                    yield (number, grouping, group), Printed(price=None)


def _as_printed(total: object, figures: frozenset[int], of_a_band: frozenset[int]) -> Printed:
    """A band's ends are at least half and at most twice its value away (checks/disclosure.py)."""
    if is_band(total):
        return Printed(price=_OF_THE_TOTAL, figures=of_a_band, less=0.5, more=1.0)
    return Printed(price=_OF_THE_TOTAL, figures=figures)


def pieces_of(
    parts: Sequence[Part], editions: Sequence[Edition], same_teams: frozenset[str], printed: Mapping[Row, Printed]
) -> list[Piece]:
    """The parts by the printed rows that they are in. What a team has in several editions alike is one and the same
    work. `same_teams` are folded names."""
    prefixes: dict[Part, list[tuple[int | None, frozenset[str]]]] = defaultdict(list)
    # An edition's own part comes first: it knows what that edition's factors left as it is.
    for number, edition in enumerate(editions):
        for part in edition.parts:
            prefixes[part].append((number, frozenset(map(folded, edition.same_teams))))
    for part in parts:
        prefixes[part].append((None, same_teams))
    found: dict[tuple[str, Rows], list[float]] = defaultdict(lambda: [0.0] * (_CENTRAL + 1))
    for part, places in prefixes.items():
        team = folded(part.team)
        for names, values in _split(part, [_Names(number, team in same, part) for number, same in places]):
            rows = frozenset(row for row in names if row in printed)
            if rows:
                own = found[team, rows]
                for figure, value in values.items():
                    own[figure] += value
    return [Piece(team, rows, tuple(values)) for (team, rows), values in found.items()]


class _Names:
    """The names of rows in one edition: `whole` for what is in the total and its groups; `one_set` for what is in the
    total under one set of factors."""

    def __init__(self, number: int | None, is_same: bool, part: Part) -> None:
        def named(row: str) -> Row:
            return row if number is None else (number, row)

        cells = zip(GROUPINGS, part.groups, strict=True)
        own: set[Row] = {cell if number is None else (number, *cell) for cell in cells}
        self.whole: set[Row] = {named(TOTAL), *own, *([named(SAME_TEAMS)] if is_same else [])}
        self.one_set: set[Row] = {named(HARMONIZED), *([named(SAME_HARMONIZED)] if is_same else [])}
        self.operational, self.it, self.facility = named(OPERATIONAL), named(IT_TOTAL), named(FACILITY)
        self.groups = own


def _split(part: Part, editions: Sequence[_Names]) -> Iterator[tuple[set[Row], Mapping[int, float]]]:
    """A part by the rows that each of its figures is in."""
    whole = {row for names in editions for row in names.whole}
    groups = {row for names in editions for row in names.groups}
    one_set = {row for names in editions for row in names.one_set}
    operational = {names.operational for names in editions}
    facility = {names.facility for names in editions}
    moved, recomputed = part.moved_steps, part.recomputed_steps
    kept = tuple(max(0.0, step - other) for step, other in zip(part.steps, moved, strict=True))
    yield whole | one_set, _ranges(kept)
    yield whole, _ranges(moved)
    yield one_set, _ranges(recomputed)
    yield groups | {names.it for names in editions} | facility, {_IT: part.it_energy_kwh}
    yield facility, {_IT: part.cooling_kwh}
    moved_operational = min(part.operational_kg_co2e, max(0.0, math.fsum(moved[:3]) - part.moved_embodied_kg_co2e))
    yield whole | operational | one_set, {_CENTRAL: part.operational_kg_co2e - moved_operational}
    yield whole | operational, {_CENTRAL: moved_operational}
    yield one_set, {_CENTRAL: max(0.0, math.fsum(recomputed[:3]) - part.moved_embodied_kg_co2e)}
    yield whole | one_set, {_CENTRAL: part.embodied_kg_co2e}
    rest = max(0.0, part.central - part.operational_kg_co2e - part.embodied_kg_co2e)
    yield (whole if any(moved) else whole | one_set), {_CENTRAL: rest if rest > 1e-9 * part.central else 0.0}


def _ranges(steps: Sequence[float]) -> dict[int, float]:
    return {figure: math.fsum(steps[start:end]) for figure, (start, end) in enumerate(_FIGURES)}
