"""The public edition: aggregates only, in which no cell lets anybody learn a team's own figures.

A cell is printed when at least k teams contribute to it and none of them dominates it: the second largest team, which
knows its own figure, could not learn the largest one's within p % (the p % rule of statistical disclosure control).
What follows from printed cells must be safe as well:

in a grouping      the withheld groups follow, in sum, from the total and the printed groups
across groupings   a cell that lies wholly in another one leaves the rest of it
within a cell      its bounds leave the widths of its range; facility and IT energy leave what cooling took
in coverage        levels leave their differences, and the total what is not covered

While one of these is not safe, a printed cell more is withheld. Combinations of more than two cells of different
groupings are not looked at. Names that differ in case, blanks and signs only count as one team here: whoever writes
its name in three ways is not three teams.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from neuclir_carbon.checks.coverage import TeamCoverage
from neuclir_carbon.checks.evidence_ladder import DECLARED, REGISTRY_VERIFIED
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.counting import GROUPING_KEYS, emissions
from neuclir_carbon.model.inventory import GROUPINGS, LEVELS, ORGANIZER_ONLY, CountedActivity, Inventory
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range

DOMINANCE_PERCENT = 15
TOTAL_DIGITS, GROUP_DIGITS = 4, 2
# The names of these groups would themselves tell where or when a team worked, so withheld ones are not named.
UNNAMED = ("by_place", "by_month", "by_data_year")
WITHHELD = "withheld"
_BOUNDS = ("low", "central", "high", "likely_low", "likely_high")
# Operational and embodied emissions add up to the total.
_PARTS = ("operational_kg_co2e", "embodied_kg_co2e")
Figure = Callable[[CountedActivity], float | None]
_SUMS: Mapping[str, Figure] = {
    "operational_kg_co2e": lambda activity: activity.operational_kg_co2e,
    "embodied_kg_co2e": lambda activity: activity.embodied_kg_co2e,
    "it_energy_kwh": lambda activity: activity.it_energy_kwh,
    "facility_energy_kwh": lambda activity: activity.facility_energy_kwh,
}


def _bound(name: str) -> Figure:
    return lambda activity: getattr(activity.emissions_kg_co2e, name, None)


def _difference(larger: Figure, smaller: Figure) -> Figure:
    """What remains of a figure after another one; None where either is unknown."""

    def rest(activity: CountedActivity) -> float | None:
        whole, part = larger(activity), smaller(activity)
        return None if whole is None or part is None else max(0.0, whole - part)

    return rest


_CENTRAL = _bound("central")
# What a cell prints; where nobody has any of these, a 0 would tell it of each team.
_PRINTED: tuple[Figure, ...] = (_CENTRAL, _SUMS["it_energy_kwh"])
# What its bounds tell beside.
_IMPLIED: tuple[Figure, ...] = (
    *(_bound(name) for name in _BOUNDS),
    *(_difference(_CENTRAL, _bound(name)) for name in ("low", "likely_low")),
    *(_difference(_bound(name), _CENTRAL) for name in ("high", "likely_high")),
)
_COOLING = _difference(_SUMS["facility_energy_kwh"], _SUMS["it_energy_kwh"])


@frozen(kw_only=True)
class Rule:
    """How many teams must contribute to a printed figure at least."""

    min_group: int

    def reason(self, parts: Mapping[str, float | None]) -> str | None:
        """Why the sum of each team's part is withheld; None when it may be printed. None parts are unknown."""
        known = [part for part in parts.values() if part is not None]
        if 0 < sum(part > 0 for part in known) < self.min_group:
            return f"fewer than {self.min_group} teams"
        if dominated(known):
            return "one team makes up most of it"
        return None

    def printed(self, parts: Mapping[str, float | None]) -> str | None:
        """The same for a figure that is printed as such: a known 0 of all teams would be told of each."""
        if any(part is not None for part in parts.values()) and not any(parts.values()):
            return "it is 0 for every team"
        return self.reason(parts)

    def cell(self, members: Sequence[CountedActivity]) -> str | None:
        """Why a group of activities is withheld: by its teams, by what is printed of it, or by what that implies."""
        if len(_teams(members)) < self.min_group:
            return f"fewer than {self.min_group} teams"
        if all(_CENTRAL(member) is None for member in members):
            return "no emissions are known"
        reasons = (
            *(self.printed(_by_team(members, figure)) for figure in _PRINTED),
            *(self.reason(_by_team(members, figure)) for figure in _IMPLIED),
        )
        return next(filter(None, reasons), None)


def dominated(parts: Iterable[float]) -> bool:
    """Whether the second largest part's owner could learn the largest within p %: what is left is under p % of it."""
    ordered = sorted(parts, reverse=True)
    if not ordered or ordered[0] == 0:
        return False
    rest = math.fsum(ordered[2:])
    return rest < ordered[0] * DOMINANCE_PERCENT / 100


def publish(
    inventory: Inventory,
    activities: Sequence[CountedActivity],
    teams: Sequence[TeamCoverage],
    *,
    min_group: int,
) -> dict[str, Any]:
    """The public document (`track-inventory/1`, edition `public`): plain JSON data without any team's text."""
    rule = Rule(min_group=min_group)
    document = plain(inventory)
    for key in ORGANIZER_ONLY:
        del document[key]
    document["edition"] = "public"
    total_reason = rule.cell(activities)
    document["emissions_kg_co2e"] = _range(inventory.emissions_kg_co2e, total_reason, TOTAL_DIGITS)
    _publish_sums(document, activities, rule, total_reason)
    _publish_groupings(document, activities, rule, total_reason)
    document["evaluation"] = _range(inventory.evaluation, None, TOTAL_DIGITS)
    document["total_with_evaluation_kg_co2e"] = _range(
        inventory.total_with_evaluation_kg_co2e, total_reason, TOTAL_DIGITS
    )
    document["harmonized"] = _range(inventory.harmonized, total_reason, TOTAL_DIGITS)
    _publish_coverage(document, inventory, teams, rule, total_reason)
    _publish_answers(document, inventory, rule)
    document["withheld"] = list(_sentences(document, rule))
    return {"schema": document.pop("schema"), **document}


def _publish_sums(
    document: dict[str, Any], activities: Sequence[CountedActivity], rule: Rule, total_reason: str | None
) -> None:
    """Energies and the two parts of the emissions; each part follows from the total and the other, so both or none."""
    reasons = {key: total_reason or rule.printed(_by_team(activities, value)) for key, value in _SUMS.items()}
    for key, other in (_PARTS, reversed(_PARTS)):
        if reasons[key] is None and reasons[other] is not None:
            reasons[key] = "otherwise the other part of the emissions would follow from the total"
    if reasons["facility_energy_kwh"] is None and rule.reason(_by_team(activities, _COOLING)):
        reasons["facility_energy_kwh"] = "otherwise what one team's machine room took would follow from the IT energy"
    for key, reason in reasons.items():
        document[key] = withheld(reason) if reason else rounded(document[key], TOTAL_DIGITS)


def withheld(reason: str) -> dict[str, Any]:
    """A cell that is not printed."""
    return {"suppressed": True, "reason": reason}


def is_withheld(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("suppressed") is True


def rounded(value: float, digits: int) -> float:
    """The value to so many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def _range(value: Range | None, reason: str | None, digits: int) -> Any:
    if value is None:
        return None
    if reason:
        return withheld(reason)
    return {bound: rounded(getattr(value, bound), digits) for bound in _BOUNDS}


@frozen
class _Grouping:
    """One grouping: each group's activities by their places in the whole list, and why a group is withheld."""

    members: Mapping[str, frozenset[int]]
    reasons: dict[str, str | None]

    @property
    def printed(self) -> list[str]:
        return [group for group, reason in self.reasons.items() if reason is None]

    @property
    def hidden(self) -> frozenset[int]:
        """What follows in sum from the total and the printed groups."""
        return frozenset().union(*(self.members[group] for group, reason in self.reasons.items() if reason))


@frozen
class _Withholding:
    """Withholds groups until nothing that follows from the printed ones tells of a team."""

    rule: Rule
    activities: Sequence[CountedActivity]
    groupings: Mapping[str, _Grouping]
    known_to_be: dict[frozenset[int], bool] = field(factory=dict)

    def unsafe(self, places: frozenset[int]) -> bool:
        """Whether the sum of these activities, which follows from printed cells, tells of a team."""
        if places not in self.known_to_be:
            self.known_to_be[places] = self._unsafe([self.activities[place] for place in sorted(places)])
        return self.known_to_be[places]

    def _unsafe(self, members: Sequence[CountedActivity]) -> bool:
        known = [member for member in members if any(figure(member) is not None for figure in _PRINTED)]
        return bool(known) and self.rule.cell(known) is not None

    def within(self, grouping: _Grouping) -> None:
        """In one grouping, until those withheld are safe together."""
        while grouping.printed and self.unsafe(grouping.hidden):
            self.withhold_smallest(grouping, "otherwise another withheld group would follow from the total")

    def across(self) -> None:
        """Between groupings, until no cell leaves an unsafe rest of another one that it lies in."""
        while (found := next(self.leaks(), None)) is not None:
            grouping, group = found
            reason = "otherwise the difference to a group of another kind would tell of a team"
            if group is None:
                self.withhold_smallest(grouping, reason)
            else:
                grouping.reasons[group] = reason
            self.within(grouping)

    def leaks(self) -> Iterator[tuple[_Grouping, str | None]]:
        """Which group is to be withheld next; None for the smallest of its grouping.

        A group of everything is the total, which every grouping has been held against already.
        """
        every = len(self.activities)
        cells = [cell for grouping in self.groupings.values() for cell in self.cells(grouping)]
        for grouping, group, places in cells:
            for other, around, more in cells:
                if other is grouping or len(more) == every or not places < more or not self.unsafe(more - places):
                    continue
                yield (other, around) if group is None and around is not None else (grouping, group)

    def cells(self, grouping: _Grouping) -> Iterator[tuple[_Grouping, str | None, frozenset[int]]]:
        """The printed groups, and the withheld ones together (None)."""
        for group in grouping.printed:
            yield grouping, group, grouping.members[group]
        if grouping.printed and grouping.hidden:
            yield grouping, None, grouping.hidden

    def withhold_smallest(self, grouping: _Grouping, reason: str) -> None:
        smallest = min(grouping.printed, key=lambda group: (_central(self.of(grouping, group)), group))
        grouping.reasons[smallest] = reason

    def of(self, grouping: _Grouping, group: str) -> list[CountedActivity]:
        return [self.activities[place] for place in sorted(grouping.members[group])]


def _publish_groupings(
    document: dict[str, Any], activities: Sequence[CountedActivity], rule: Rule, total_reason: str | None
) -> None:
    groupings = {name: _grouping(rule, activities, GROUPING_KEYS[name], total_reason) for name in GROUPINGS}
    withholding = _Withholding(rule, activities, groupings)
    for grouping in groupings.values():
        withholding.within(grouping)
    withholding.across()
    for name, grouping in groupings.items():
        hidden = {group: withheld(reason) for group, reason in grouping.reasons.items() if reason}
        if name in UNNAMED and hidden:
            hidden = {WITHHELD: withheld(f"{len(hidden)} groups, each of too few teams or made up mostly by one")}
        document[name] = {group: _group(withholding.of(grouping, group)) for group in grouping.printed} | hidden


def _grouping(
    rule: Rule, activities: Sequence[CountedActivity], key: Callable[[CountedActivity], str], total_reason: str | None
) -> _Grouping:
    members: dict[str, set[int]] = defaultdict(set)
    for place, activity in enumerate(activities):
        members[key(activity)].add(place)
    reasons = {
        group: total_reason or rule.cell([activities[place] for place in sorted(members[group])])
        for group in sorted(members)
    }
    return _Grouping({group: frozenset(places) for group, places in members.items()}, reasons)


def _group(members: Sequence[CountedActivity]) -> dict[str, Any]:
    return {
        "emissions_kg_co2e": _range(emissions(members), None, GROUP_DIGITS),
        "it_energy_kwh": rounded(math.fsum(activity.it_energy_kwh or 0.0 for activity in members), GROUP_DIGITS),
        "activities": len(members),
        "teams": len({activity.team for activity in members}),
    }


def _by_team(members: Iterable[CountedActivity], value: Figure) -> Mapping[str, float | None]:
    """Each team's part of a figure; None where it is unknown."""
    parts: dict[str, list[float]] = defaultdict(list)
    for activity in members:
        known = value(activity)
        parts[folded(activity.team)].extend([] if known is None else [known])
    return {team: math.fsum(values) if values else None for team, values in parts.items()}


def _teams(members: Iterable[CountedActivity]) -> set[str]:
    return {folded(name) for name in {activity.team for activity in members}}


def _central(members: Iterable[CountedActivity]) -> float:
    return math.fsum(m.emissions_kg_co2e.central for m in members if m.emissions_kg_co2e is not None)


def _publish_coverage(
    document: dict[str, Any],
    inventory: Inventory,
    teams: Sequence[TeamCoverage],
    rule: Rule,
    total_reason: str | None,
) -> None:
    """Coverage by level, and the residual with the highest one.

    What counts of a team's claims is capped at its emissions, so that a covered kg is often an emitted one.
    """
    covered = {level: _covered(teams, level) for level in LEVELS}
    claimants = rule.reason(covered[DECLARED])
    shown: list[str] = []
    for level in LEVELS:
        reason = total_reason or claimants or _level_reason(rule, level, covered, shown, teams)
        found = getattr(inventory.coverage, level)
        if reason is None:
            shown.append(level)
        document["coverage"][level] = (
            withheld(reason) if reason else {"kg": rounded(found.kg, TOTAL_DIGITS), "share": found.share}
        )
    residual = document["coverage"][REGISTRY_VERIFIED]
    document["residual_kg"] = residual if is_withheld(residual) else rounded(inventory.residual_kg, TOTAL_DIGITS)


def _covered(teams: Iterable[TeamCoverage], level: str | None) -> Mapping[str, float]:
    """What of each team's emissions is covered at a level; with None its emissions (kg CO2e)."""
    parts: dict[str, list[float]] = defaultdict(list)
    for team in teams:
        parts[folded(team.team)].append((team.emissions_kg or 0.0) if level is None else team.covered_kg(level))
    return {team: math.fsum(values) for team, values in parts.items()}


def _level_reason(
    rule: Rule,
    level: str,
    covered: Mapping[str, Mapping[str, float]],
    shown: Iterable[str],
    teams: Sequence[TeamCoverage],
) -> str | None:
    """Why a level is withheld: by itself, or by what it leaves of the emissions or of a level that is printed."""
    own = covered[level]
    wholes = [_covered(teams, None), *(covered[other] for other in shown)]
    rests = ({team: abs(whole[team] - part) for team, part in own.items()} for whole in wholes)
    return next(filter(None, (rule.reason(own), *(rule.reason(rest) for rest in rests))), None)


def _publish_answers(document: dict[str, Any], inventory: Inventory, rule: Rule) -> None:
    """A count is printed where each answer has no team or at least k: else who answered otherwise could be told."""
    answered = inventory.teams - inventory.answers.unanswered
    for key in ("tracked", "offset"):
        yes = getattr(inventory.answers, key)
        if any(0 < count < rule.min_group for count in (yes, answered - yes)):
            document["answers"][key] = withheld(f"an answer of fewer than {rule.min_group} teams")


def _sentences(document: Mapping[str, Any], rule: Rule) -> Iterable[str]:
    if is_withheld(document["emissions_kg_co2e"]):
        yield f"The total is withheld: {document['emissions_kg_co2e']['reason']}."
    for name in GROUPINGS:
        hidden = [group for group, cell in document[name].items() if is_withheld(cell)]
        if hidden:
            yield f"{len(hidden)} of {len(document[name])} groups of emissions {name.replace('_', ' ')} are withheld."
    if is_withheld(document["coverage"]["declared"]):
        yield f"Coverage by certificates is withheld: {document['coverage']['declared']['reason']}."
    for key, words in (("tracked", "tracked their emissions"), ("offset", "brought a certificate")):
        if is_withheld(document["answers"][key]):
            yield f"How many teams {words} is withheld: {document['answers'][key]['reason']}."
    yield (
        f"A figure is printed when at least {rule.min_group} teams stand behind it and the second largest of them "
        f"could not learn the largest one's figure within {DOMINANCE_PERCENT} %."
    )
