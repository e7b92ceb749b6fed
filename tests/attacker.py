"""An attacker of public editions, who shares no code with what protects them.

She is one team of the track. She knows her own figures of every year to the last digit, and of every other team in
which groups it worked, in which years, whether it counted manufacture and a machine room, which of its figures one set
of grid factors leaves as they are, and at which levels it has a certificate. Everything else she has from the printed
documents, rounded as they are. By linear programming over all their numbers at once she finds the least and the most
that another team's figure can be. She has won where one of these bounds is within p % of the figure. She may hold
several editions, and those of the year before: a team that has not changed has the same figures in all editions of a
year, and `since` ties both years together.

What she does not know is how many kg a kWh is in anybody's grid.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.quantities import Range

GROUPINGS = ("by_activity", "by_method", "by_task", "by_month", "by_place", "by_basis", "by_data_year")
BOUNDS = ("low", "likely_low", "central", "likely_high", "high")
SUMS = ("operational_kg_co2e", "embodied_kg_co2e", "it_energy_kwh", "facility_energy_kwh")
HARMONIZED = tuple(f"harmonized {bound}" for bound in BOUNDS)
FIGURES = (*BOUNDS, *SUMS, *HARMONIZED)
LEVELS = ("declared", "documented", "serial_consistent", "list_matched", "registry_verified")
# Which level is at most which other one; the list is a side branch.
LADDER = ((0, 1), (1, 2), (1, 3), (2, 4))
IN_ALL = ("central", "low", "high", "it_energy_kwh")
EVERY_FIGURE = (*IN_ALL, "operational_kg_co2e", "embodied_kg_co2e", "facility_energy_kwh", "harmonized central")
# The kg under one set of factors are those reported: all bounds, the central one, or none of them.
ALL, CENTRAL, NONE = "all", "central", "none"
Recompute = Callable[[CountedActivity], Range | None]


class Place(NamedTuple):
    """Where a team worked: in which groups, and what is known of the work there."""

    groups: tuple[str, ...]
    kept: str
    has_embodied: bool
    has_cooling: bool


Work = Mapping[str, Mapping[Place, Mapping[str, float]]]
Covered = Mapping[str, Mapping[str, float]]


class Printed(NamedTuple):
    """One edition: what was printed, and behind it team → place → figures, and certificates' kg."""

    document: Mapping[str, Any]
    work: Work
    covered: Covered


class Win(NamedTuple):
    """A figure of a team that somebody learned: what it is, and between what she knows it to be."""

    attacker: str
    team: str
    figure: str
    value: float
    least: float
    most: float


def work_of(activities: Iterable[CountedActivity], recompute: Recompute = lambda _: None) -> Work:
    """Who did what where, from activities; `recompute` gives an activity's emissions under one set of factors."""
    found: dict[str, dict[Place, dict[str, float]]] = defaultdict(dict)
    for item in activities:
        one_set = recompute(item)
        figures = found[item.team].setdefault(_place(item, one_set), dict.fromkeys(FIGURES, 0.0))
        for name, recomputed in zip(BOUNDS, HARMONIZED, strict=True):
            figures[name] += getattr(item.emissions_kg_co2e, name, 0.0)
            figures[recomputed] += getattr(one_set, name, 0.0)
        for name in SUMS:
            figures[name] += getattr(item, name) or 0.0
    return found


def _place(item: CountedActivity, one_set: Range | None) -> Place:
    grid, record, reported = item.record.grid, item.record, item.emissions_kg_co2e
    groups = (
        record.activity, record.method, item.task, (record.started_at or "unknown")[:7],
        (grid.country if grid else None) or "unknown", grid.basis if grid else "unknown",
        str((grid.year if grid else None) or "unknown"),
    )  # fmt: skip
    kept = NONE
    if one_set is not None and reported is not None:
        alike = {name: math.isclose(getattr(one_set, name), getattr(reported, name), rel_tol=1e-9) for name in BOUNDS}
        kept = ALL if all(alike.values()) else CENTRAL if alike["central"] else NONE
    it_kwh, facility_kwh = item.it_energy_kwh or 0.0, item.facility_energy_kwh or 0.0
    return Place(groups, kept, bool(item.embodied_kg_co2e), not math.isclose(it_kwh, facility_kwh, rel_tol=1e-9))


def wins(
    editions: Sequence[Printed],
    *,
    earlier: Sequence[Printed] = (),
    attackers: int = 2,
    percent: float = 15,
    figures: Sequence[str] = IN_ALL,
    of_groups: Sequence[str] = ("central",),
) -> Iterator[Win]:
    """What the largest teams learn within p % of every other one's `figures` in all, of its part of each activity,
    method and task in the figures `of_groups`, and of what its certificates cover.

    `earlier` are editions of the year before; the same is asked of them.
    """
    now = editions[-1].work
    size = {team: math.fsum(f["central"] for f in places.values()) for team, places in now.items()}
    years = [(editions[-1], len(earlier) + len(editions) - 1, "")]
    years += [(earlier[-1], len(earlier) - 1, " of the year before")] if earlier else []
    for team in sorted({*now, *(earlier[-1].work if earlier else ())}):
        others = sorted((other for other in now if other != team), key=lambda other: (-size[other], other))
        for attacker in others[:attackers]:
            system = _System(earlier, editions, team, attacker)
            for edition, number, when in years:
                for what, value, learned in system.learned(edition, number, figures, of_groups):
                    least, most = learned
                    low, high = value * (1 - percent / 100) * (1 + 1e-6), value * (1 + percent / 100) * (1 - 1e-6)
                    if least > low or most < high:
                        yield Win(attacker, team, what + when, value, least, most)


def _wanted(
    places: Iterable[Place], figures: Sequence[str], of_groups: Sequence[str]
) -> Iterator[tuple[str, str, set[Place]]]:
    own = set(places)
    for figure in figures:
        yield figure, "in all", own
        for at, grouping in enumerate(GROUPINGS[:3] if figure in of_groups else ()):
            for name in sorted({place.groups[at] for place in own}):
                yield figure, f"{grouping} {name}", {place for place in own if place.groups[at] == name}


class _Who(NamedTuple):
    """Teams whose figures are one unknown: the team in question or all others, by the editions in which they are alike
    and by whether they have figures in both years."""

    year: int
    is_team: bool
    is_in_both: bool
    alike: tuple[bool, ...]


class _System:
    """The unknowns of one attack on one team, and all that is known of them.

    Unknown are the team's figures at each place, and all other teams' together, apart by the editions that they are in:
    what did not change between two editions is one unknown.
    """

    def __init__(self, earlier: Sequence[Printed], editions: Sequence[Printed], team: str, attacker: str) -> None:
        self.team = team
        self.known_places: dict[tuple[Any, ...], int] = {}
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.nothing: set[int] = set()
        self.editions = [*earlier, *editions]
        self.own = [edition.work.get(attacker, {}) for edition in self.editions]
        self.whose: list[Mapping[_Who, set[Place]]] = []
        self.members: list[Mapping[_Who, list[str]]] = []
        for year, of_year in enumerate((earlier, editions)):
            for number in range(len(of_year)):
                others = editions if year == 0 else earlier
                self._divide(year, of_year, number, others[-1].work if others else {}, attacker)
        self.attacker_is_in_both = bool(earlier) and all(attacker in of[-1].work for of in (earlier, editions))
        for number, edition in enumerate(self.editions):
            self._read(number, edition)
            self._order(number)
            self._read_coverage(number, edition, edition.covered.get(attacker, {}))
            if number >= len(earlier) > 0:
                self._read_since(number, len(earlier) - 1, edition.document.get("since"))

    def _divide(self, year: int, editions: Sequence[Printed], number: int, other_year: Work, attacker: str) -> None:
        groups: dict[_Who, set[Place]] = defaultdict(set)
        members: dict[_Who, list[str]] = defaultdict(list)
        here = editions[number].work
        for name in sorted(here):
            if name != attacker and here[name]:
                alike = tuple(edition.work.get(name, {}) == here[name] for edition in editions)
                who = _Who(year, name == self.team, name in other_year, alike)
                groups[who] |= set(here[name])
                members[who].append(name)
        self.whose.append(groups)
        self.members.append(members)

    def _at(self, key: tuple[Any, ...]) -> int:
        return self.known_places.setdefault(key, len(self.known_places))

    def _unknown(self, who: _Who, place: Place, figure: str) -> int:
        """The unknown of a figure; figures that are the same by what is known of the place are one."""
        if figure in HARMONIZED and (place.kept == ALL or (place.kept == CENTRAL and figure == HARMONIZED[2])):
            figure = BOUNDS[HARMONIZED.index(figure)]
        if figure == "facility_energy_kwh" and not place.has_cooling:
            figure = "it_energy_kwh"
        at = self._at((who, place, figure))
        if figure == "embodied_kg_co2e" and not place.has_embodied:
            self.nothing.add(at)
        return at

    def _terms(self, number: int, figure: str, wanted: Any, of: Callable[[_Who], bool] = lambda _: True) -> Any:
        return {
            self._unknown(who, place, figure): 1.0
            for who, places in self.whose[number].items()
            if of(who)
            for place in places
            if wanted(place)
        }

    def _mine(self, number: int, figure: str, wanted: Any = lambda _: True) -> float:
        return math.fsum(figures[figure] for place, figures in self.own[number].items() if wanted(place))

    def _read(self, number: int, edition: Printed) -> None:
        document = edition.document

        def row(told: tuple[float, float] | None, figure: str, wanted: Any = lambda _: True) -> None:
            if told is not None:
                mine = self._mine(number, figure, wanted)
                self.rows.append((self._terms(number, figure, wanted), told[0] - mine, told[1] - mine))

        for wanted, cell, digits in self._cells(document):
            emitted = cell["emissions_kg_co2e"]
            if "central" not in emitted:
                row(interval(emitted, digits), "central", wanted)
            for bound in BOUNDS if "central" in emitted else ():
                row(interval(emitted[bound], digits), bound, wanted)
            for name in SUMS:
                if name in cell:
                    row(interval(cell[name], digits), name, wanted)
        for bound, recomputed in zip(BOUNDS, HARMONIZED, strict=True):
            row(interval((document.get("harmonized") or {}).get(bound), 4), recomputed)
            row(without_evaluation(document, bound), bound)

    @staticmethod
    def _cells(document: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any], int]]:
        yield (lambda _: True), document, 4
        for at, grouping in enumerate(GROUPINGS):
            for name, cell in document[grouping].items():
                if "emissions_kg_co2e" in cell:
                    yield (lambda place, at=at, name=name: place.groups[at] == name), cell, 2

    def _order(self, number: int) -> None:
        """What holds of any work: bounds in their order, the total is its two parts, cooling is not negative, and one
        set of factors leaves manufacture as it is."""
        for who, places in self.whose[number].items():
            for place in places:
                at = {figure: self._unknown(who, place, figure) for figure in FIGURES}
                order = (*pairwise(BOUNDS), *pairwise(HARMONIZED), ("it_energy_kwh", "facility_energy_kwh"))
                for less, more in (*order, ("embodied_kg_co2e", HARMONIZED[2])):
                    if at[less] != at[more]:
                        self.rows.append(({at[more]: 1.0, at[less]: -1.0}, 0.0, math.inf))
                parts = {at["operational_kg_co2e"]: 1.0, at["embodied_kg_co2e"]: 1.0, at["central"]: -1.0}
                self.rows.append((parts, 0.0, 0.0))

    def _read_coverage(self, number: int, edition: Printed, own: Mapping[str, float]) -> None:
        """Levels of coverage, each at most the one before, the first at most what was emitted; and what is left."""
        for who, places in self.whose[number].items():
            at = [self._at((who, number, level)) for level in LEVELS]
            for more, less in LADDER:
                self.rows.append(({at[more]: 1.0, at[less]: -1.0}, 0.0, math.inf))
            emitted = {self._unknown(who, place, "central"): 1.0 for place in places}
            self.rows.append(({**emitted, at[0]: -1.0}, 0.0, math.inf))
            for unknown, level in zip(at, LEVELS, strict=True):
                if not any(edition.covered.get(name, {}).get(level) for name in self.members[number][who]):
                    self.nothing.add(unknown)
        emitted, mine_emitted = self._terms(number, "central", lambda _: True), self._mine(number, "central")
        for level in LEVELS:
            told, mine = edition.document["coverage"][level], own.get(level, 0.0)
            if "kg" not in told:
                continue
            terms = {self._at((who, number, level)): 1.0 for who in self.whose[number]}
            low, high = interval(told["kg"], 4) or (0.0, math.inf)
            self.rows.append((terms, low - mine, high - mine))
            if told["share"] is not None:
                for share, bounds in ((told["share"], (0.0, math.inf)), (told["share"] + 0.001, (-math.inf, 0.0))):
                    fixed = mine - share * mine_emitted
                    both = {**terms, **dict.fromkeys(emitted, -share)}
                    self.rows.append((both, bounds[0] - fixed, bounds[1] - fixed))
        if (left := interval(edition.document.get("residual_kg"), 4)) is not None:
            mine = mine_emitted - own.get(LEVELS[-1], 0.0)
            covered = {self._at((who, number, LEVELS[-1])): -1.0 for who in self.whose[number]}
            self.rows.append(({**emitted, **covered}, left[0] - mine, left[1] - mine))

    def _read_since(self, number: int, then: int, since: Mapping[str, Any] | None) -> None:
        """By how much the teams of both years emit more or less."""
        if since is None or "ratio" not in since:
            return
        figure = HARMONIZED[2] if since["factors"] == "one set of grid factors" else "central"
        new, old = (self._terms(at, figure, lambda _: True, lambda who: who.is_in_both) for at in (number, then))
        mine = [self._mine(at, figure) if self.attacker_is_in_both else 0.0 for at in (number, then)]
        for ratio, bounds in zip(signed(since["ratio"], 2), ((0.0, math.inf), (-math.inf, 0.0)), strict=True):
            fixed = mine[0] - (1 + ratio) * mine[1]
            self.rows.append(({**new, **dict.fromkeys(old, -1 - ratio)}, bounds[0] - fixed, bounds[1] - fixed))

    @cached_property
    def _known(self) -> tuple[Any, Any]:
        """All that is known, as one system of inequalities."""
        entries = [(n, at, by) for n, (terms, _, _) in enumerate(self.rows) for at, by in terms.items()]
        numbers, columns, values = zip(*entries, strict=True)
        matrix = coo_array((values, (numbers, columns)), shape=(len(self.rows), len(self.known_places))).tocsr()
        low, high = (np.array([row[at] for row in self.rows]) for at in (1, 2))
        upper, lower = np.isfinite(high), np.isfinite(low)
        return vstack([matrix[upper], -matrix[lower]]).tocsr(), np.concatenate([high[upper], -low[lower]])

    def learned(
        self, edition: Printed, number: int, figures: Sequence[str], of_groups: Sequence[str]
    ) -> Iterator[tuple[str, float, tuple[float, float]]]:
        """Each figure of the team above 0 in an edition, with the least and the most that it can be."""
        own = edition.work.get(self.team, {})
        mine = [who for who in self.whose[number] if who.is_team]
        for figure, what, places in _wanted(own, figures, of_groups):
            value = math.fsum(own[place][figure] for place in places)
            if value > 0:
                wanted = {self._unknown(who, place, figure) for who in mine for place in places}
                yield f"{figure} {what}", value, self.bounds(wanted, value)
        for level in LEVELS:
            covered = edition.covered.get(self.team, {}).get(level, 0.0)
            if covered > 0 and "kg" in edition.document["coverage"][level]:
                yield f"{level} kg", covered, self.bounds({self._at((who, number, level)) for who in mine}, covered)

    def bounds(self, wanted: set[int], size: float) -> tuple[float, float]:
        """The least and the most that the sum of some unknowns can be."""
        cost = np.zeros(len(self.known_places))
        cost[list(wanted)] = 1.0
        most = np.full(len(cost), np.inf)
        most[list(self.nothing)] = 0.0
        free = np.column_stack([np.zeros(len(cost)), most])
        found = []
        for sign in (1.0, -1.0):
            solved = self._solved(sign * cost, free, size)
            found.append(math.inf * -sign if solved is None else sign * solved)
        return max(0.0, found[0]), found[1]

    def _solved(self, cost: Any, free: Any, size: float) -> float | None:
        """The least that a sum of unknowns can be; None where nothing bounds it. The truth is always possible: where
        the solver does not see that, it is asked in another way."""
        system, limit = self._known
        said = []
        for unit, presolve, slack in ((size, True, 1e-9), (size, False, 1e-9), (1.0, True, 1e-9), (size, True, 1e-7)):
            scaled = limit / unit + slack * np.maximum(1.0, np.abs(limit / unit))
            solved = linprog(cost, A_ub=system, b_ub=scaled, bounds=free, method="highs",
                             options={"presolve": presolve})  # fmt: skip
            if solved.status == 0:
                return float(solved.fun * unit)
            if solved.status == 3:
                return None
            said.append(solved.message)
        raise ArithmeticError("; ".join(said))


def interval(told: Any, digits: int) -> tuple[float, float] | None:
    """What a printed number can have been before it was rounded; None where nothing is told."""
    if isinstance(told, Mapping):
        return tuple(told["band"]) if "band" in told else None
    if told is None:
        return None
    low, high = signed(told, digits)
    return max(0.0, low), high


def signed(told: float, digits: int) -> tuple[float, float]:
    """The same for a number of any sign: what is printed as 0 is 0."""
    half = 0.5 * 10.0 ** (math.floor(math.log10(abs(told))) - digits + 1) if told else 0.0
    return told - half, told + half


def without_evaluation(document: Mapping[str, Any], bound: str) -> tuple[float, float] | None:
    """What a bound of the total can be, from what is printed of it with the organizers' own work and of that work."""
    whole, own = document.get("total_with_evaluation_kg_co2e"), document.get("evaluation")
    if not whole or not own or bound not in whole:
        return None
    (low, high), (least, most) = signed(whole[bound], 4), signed(own[bound], 4)
    return max(0.0, low - most), high - least
