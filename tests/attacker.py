"""An attacker of public editions, who shares no code with what protects them.

She is one team of the track. She knows her own figures to the last digit and in which groups every other team worked;
everything else she has from the printed documents, rounded as they are. By linear programming over all their numbers at
once she finds the least and the most that another team's figure can be. She has won where one of these bounds is within
p % of the figure. She may hold several editions: a team that has not changed has the same figures in all of them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from neuclir_carbon.model.inventory import CountedActivity

GROUPINGS = ("by_activity", "by_method", "by_task", "by_month", "by_place", "by_basis", "by_data_year")
BOUNDS = ("low", "likely_low", "central", "likely_high", "high")
SUMS = ("operational_kg_co2e", "embodied_kg_co2e", "it_energy_kwh", "facility_energy_kwh")
FIGURES = (*BOUNDS, *SUMS)
LEVELS = ("declared", "documented", "serial_consistent", "registry_verified")
Work = Mapping[str, Mapping[tuple[str, ...], Mapping[str, float]]]


class Printed(NamedTuple):
    """One edition: what was printed, and behind it team → place in all groupings → figures, and certificates' kg."""

    document: Mapping[str, Any]
    work: Work
    covered: Mapping[str, Mapping[str, float]]


class Win(NamedTuple):
    """A figure of a team that somebody learned: what it is, and between what she knows it to be."""

    attacker: str
    team: str
    figure: str
    value: float
    least: float
    most: float


def work_of(activities: Iterable[CountedActivity]) -> Work:
    """Who did what where, from activities."""
    found: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(dict)
    for item in activities:
        grid, record = item.record.grid, item.record
        place = (
            record.activity, record.method, item.task, (record.started_at or "unknown")[:7],
            (grid.country if grid else None) or "unknown", grid.basis if grid else "unknown",
            str((grid.year if grid else None) or "unknown"),
        )  # fmt: skip
        figures = found[item.team].setdefault(place, dict.fromkeys(FIGURES, 0.0))
        for name in BOUNDS:
            figures[name] += getattr(item.emissions_kg_co2e, name, 0.0)
        for name in SUMS:
            figures[name] += getattr(item, name) or 0.0
    return found


def wins(
    editions: Sequence[Printed],
    *,
    attackers: int = 2,
    percent: float = 15,
    figures: Sequence[str] = ("central", "low", "high", "it_energy_kwh"),
    of_groups: Sequence[str] = ("central",),
) -> Iterator[Win]:
    """What the largest teams learn within p % of every other one's `figures` in all, and of its part of each activity,
    method and task in the figures `of_groups`."""
    now = editions[-1].work
    size = {team: math.fsum(f["central"] for f in places.values()) for team, places in now.items()}
    for team in sorted(now):
        others = sorted((other for other in now if other != team), key=lambda other: (-size[other], other))
        for attacker in others[:attackers]:
            system = _System(editions, team, attacker)
            for figure, what, places in _wanted(now[team], figures, of_groups):
                value = math.fsum(now[team][place][figure] for place in places)
                if value > 0:
                    least, most = system.bounds(figure, places, value)
                    low, high = value * (1 - percent / 100) * (1 + 1e-6), value * (1 + percent / 100) * (1 - 1e-6)
                    if least > low or most < high:
                        yield Win(attacker, team, f"{figure} {what}", value, least, most)


def _wanted(
    places: Iterable[tuple[str, ...]], figures: Sequence[str], of_groups: Sequence[str]
) -> Iterator[tuple[str, str, set[tuple[str, ...]]]]:
    own = set(places)
    for figure in figures:
        yield figure, "in all", own
        for at, grouping in enumerate(GROUPINGS[:3] if figure in of_groups else ()):
            for name in sorted({place[at] for place in own}):
                yield figure, f"{grouping} {name}", {place for place in own if place[at] == name}


class _System:
    """The unknowns of one attack on one team, and all that is known of them.

    Unknown are the team's figures at each place, and all other teams' together, apart by the editions that they are in:
    what did not change between two editions is one unknown.
    """

    def __init__(self, editions: Sequence[Printed], team: str, attacker: str) -> None:
        self.team, self.places = team, {}  # type: ignore[var-annotated]
        self.known: list[Work] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.count = 0
        self.whose: list[dict[tuple[Any, ...], set[tuple[str, ...]]]] = []
        versions = {
            name: [edition.work.get(name, {}) for edition in editions]
            for name in sorted({n for e in editions for n in e.work})
        }
        for number in range(len(editions)):
            groups: dict[tuple[Any, ...], set[tuple[str, ...]]] = defaultdict(set)
            for name, works in versions.items():
                if name != attacker and works[number]:
                    alike = tuple(works[other] == works[number] for other in range(len(editions)))
                    groups[(name == team, alike)] |= set(works[number])
            self.whose.append(groups)
        for number, edition in enumerate(editions):
            self._read(number, edition, edition.work.get(attacker, {}), edition.covered.get(attacker, {}))

    def _at(self, key: tuple[Any, ...]) -> int:
        if key not in self.places:
            self.places[key] = self.count
            self.count += 1
        return int(self.places[key])

    def _terms(self, number: int, figure: str, wanted: Any) -> dict[int, float]:
        return {
            self._at((who, place, figure)): 1.0
            for who, places in self.whose[number].items()
            for place in places
            if wanted(place)
        }

    def _read(self, number: int, edition: Printed, own: Any, own_covered: Mapping[str, float]) -> None:
        document = edition.document

        def row(terms: dict[int, float], figure: str, wanted: Any, low: float, high: float) -> None:
            mine = math.fsum(figures[figure] for place, figures in own.items() if wanted(place))
            self.rows.append((terms, low - mine, high - mine))

        def read(cell: Any, figure: str, digits: int, wanted: Any) -> None:
            if (told := interval(cell, digits)) is not None:
                row(self._terms(number, figure, wanted), figure, wanted, *told)

        for wanted, cell, digits in self._cells(document):
            for bound in BOUNDS:
                emitted = cell["emissions_kg_co2e"]
                if bound in emitted or bound == "central":
                    read(emitted if "central" not in emitted else emitted[bound], bound, digits, wanted)
            for name in SUMS:
                if name in cell:
                    read(cell[name], name, digits, wanted)
        self._order(number)
        self._read_coverage(number, edition, own, own_covered)

    @staticmethod
    def _cells(document: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any], int]]:
        yield (lambda _: True), document, 4
        for at, grouping in enumerate(GROUPINGS):
            for name, cell in document[grouping].items():
                if "emissions_kg_co2e" in cell:
                    yield (lambda place, at=at, name=name: place[at] == name), cell, 2

    def _order(self, number: int) -> None:
        """What holds of any work: bounds in their order, the total is its two parts, cooling is not negative."""
        for who, places in self.whose[number].items():
            for place in places:
                at = {figure: self._at((who, place, figure)) for figure in FIGURES}
                for less, more in (*pairwise(BOUNDS), ("it_energy_kwh", "facility_energy_kwh")):
                    self.rows.append(({at[more]: 1.0, at[less]: -1.0}, 0.0, math.inf))
                parts = {at["operational_kg_co2e"]: 1.0, at["embodied_kg_co2e"]: 1.0, at["central"]: -1.0}
                self.rows.append((parts, 0.0, 0.0))

    def _read_coverage(self, number: int, edition: Printed, own: Any, own_covered: Mapping[str, float]) -> None:
        """Levels of coverage, each at most the one before, the first at most what was emitted."""
        for who, places in self.whose[number].items():
            at = [self._at((who, number, level)) for level in LEVELS]
            for more, less in pairwise(at):
                self.rows.append(({more: 1.0, less: -1.0}, 0.0, math.inf))
            emitted = {self._at((who, place, "central")): 1.0 for place in places}
            self.rows.append(({**emitted, at[0]: -1.0}, 0.0, math.inf))
        mine_emitted = math.fsum(figures["central"] for figures in own.values())
        for level in LEVELS:
            told, mine = edition.document["coverage"][level], own_covered.get(level, 0.0)
            if "kg" not in told:
                continue
            terms = {self._at((who, number, level)): 1.0 for who in self.whose[number]}
            low, high = interval(told["kg"], 4) or (0.0, math.inf)
            self.rows.append((terms, low - mine, high - mine))
            if told["share"] is not None:
                emitted = self._terms(number, "central", lambda _: True)
                for share, bounds in ((told["share"], (0.0, math.inf)), (told["share"] + 0.001, (-math.inf, 0.0))):
                    fixed = mine - share * mine_emitted
                    both = {**terms, **dict.fromkeys(emitted, -share)}
                    self.rows.append((both, bounds[0] - fixed, bounds[1] - fixed))

    @cached_property
    def _known(self) -> tuple[Any, Any]:
        """All that is known, as one system of inequalities."""
        entries = [(n, at, by) for n, (terms, _, _) in enumerate(self.rows) for at, by in terms.items()]
        numbers, columns, values = zip(*entries, strict=True)
        matrix = coo_array((values, (numbers, columns)), shape=(len(self.rows), self.count)).tocsr()
        low, high = (np.array([row[at] for row in self.rows]) for at in (1, 2))
        upper, lower = np.isfinite(high), np.isfinite(low)
        return vstack([matrix[upper], -matrix[lower]]).tocsr(), np.concatenate([high[upper], -low[lower]])

    def bounds(self, figure: str, places: set[tuple[str, ...]], size: float) -> tuple[float, float]:
        """The least and the most that the team's figure over some places can be."""
        last = len(self.whose) - 1
        wanted = {
            self._at((who, place, figure))
            for who, its in self.whose[last].items()
            if who[0]
            for place in its
            if place in places
        }
        cost = np.zeros(self.count)
        cost[list(wanted)] = 1.0
        system, limit = self._known
        limit = limit / size + 1e-9 * np.maximum(1.0, np.abs(limit / size))
        found = []
        for sign in (1.0, -1.0):
            solved = linprog(sign * cost, A_ub=system, b_ub=limit, bounds=(0, None), method="highs")
            if solved.status == 3:
                found.append(math.inf * -sign)
            elif solved.status != 0:
                raise ArithmeticError(solved.message)
            else:
                found.append(float(sign * solved.fun * size))
        return max(0.0, found[0]), found[1]


def interval(told: Any, digits: int) -> tuple[float, float] | None:
    """What a printed number can have been before it was rounded; None where nothing is told."""
    if isinstance(told, Mapping):
        return tuple(told["band"]) if "band" in told else None
    if told is None:
        return None
    if told == 0:
        return 0.0, 0.0
    half = 0.5 * 10.0 ** (math.floor(math.log10(abs(told))) - digits + 1)
    return max(0.0, told - half), told + half
