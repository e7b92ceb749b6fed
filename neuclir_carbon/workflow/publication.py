"""The public edition: aggregates only, in which no cell lets anybody learn a team's own figures.

A cell is printed when at least k teams stand behind it and none of them dominates it: the second largest team, which
knows its own figure, could not learn the largest one's within p % (the p % rule of statistical disclosure control).
In a grouping the withheld groups follow, in sum, from the total and the printed groups, so they must be safe together;
while they are not, the smallest printed group is withheld as well.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from neuclir_carbon.model.counting import GROUPING_KEYS, emissions
from neuclir_carbon.model.inventory import GROUPINGS, LEVELS, CountedActivity, Inventory, TeamRow
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range

DOMINANCE_PERCENT = 15
TOTAL_DIGITS, GROUP_DIGITS = 4, 2
# The names of these groups would themselves tell where or when a team worked, so withheld ones are not named.
UNNAMED = ("by_place", "by_month")
WITHHELD = "withheld"
_BOUNDS = ("low", "central", "high", "likely_low", "likely_high")
# Operational and embodied emissions add up to the total.
_PARTS = ("operational_kg_co2e", "embodied_kg_co2e")
_SUMS: tuple[tuple[str, Callable[[CountedActivity], float | None]], ...] = (
    ("operational_kg_co2e", lambda activity: activity.operational_kg_co2e),
    ("embodied_kg_co2e", lambda activity: activity.embodied_kg_co2e),
    ("it_energy_kwh", lambda activity: activity.it_energy_kwh),
    ("facility_energy_kwh", lambda activity: activity.facility_energy_kwh),
)  # fmt: skip


@frozen(kw_only=True)
class Rule:
    """How many teams a printed cell needs at least."""

    min_group: int

    def reason(self, by_team: Iterable[Mapping[str, float]], teams: int) -> str | None:
        """Why a cell is withheld, given each team's part of its figures; None when it may be printed."""
        if teams < self.min_group:
            return f"fewer than {self.min_group} teams"
        if any(dominated(parts.values()) for parts in by_team):
            return "one team makes up most of it"
        return None


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
    teams: Sequence[TeamRow],
    *,
    min_group: int,
) -> dict[str, Any]:
    """The public document (`track-inventory/1`, edition `public`): plain JSON data without any team's text."""
    rule = Rule(min_group=min_group)
    document = plain(inventory)
    for key in ("by_team", "certificates", "record_digests", "team_values", "published"):
        del document[key]
    document["edition"] = "public"
    total_reason = _cell_reason(rule, activities)
    document["emissions_kg_co2e"] = _range(inventory.emissions_kg_co2e, total_reason, TOTAL_DIGITS)
    _publish_sums(document, activities, rule, total_reason)
    for name in GROUPINGS:
        document[name] = _grouping(rule, name, activities, GROUPING_KEYS[name], total_reason)
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
    count = len(_teams(activities))
    reasons = {key: total_reason or rule.reason([_by_team(activities, value)], count) for key, value in _SUMS}
    for key, other in (_PARTS, reversed(_PARTS)):
        if reasons[key] is None and reasons[other] is not None:
            reasons[key] = "otherwise the other part of the emissions would follow from the total"
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


def _grouping(
    rule: Rule,
    name: str,
    activities: Sequence[CountedActivity],
    key: Callable[[CountedActivity], str],
    total_reason: str | None,
) -> dict[str, Any]:
    members: dict[str, list[CountedActivity]] = defaultdict(list)
    for activity in activities:
        members[key(activity)].append(activity)
    reasons = {group: total_reason or _cell_reason(rule, members[group]) for group in sorted(members)}
    _withhold_complements(rule, members, reasons)
    printed = {group: _group(members[group]) for group, reason in reasons.items() if reason is None}
    hidden = {group: withheld(reason) for group, reason in reasons.items() if reason is not None}
    if name in UNNAMED and hidden:
        hidden = {WITHHELD: withheld(f"{len(hidden)} groups, each of too few teams or made up mostly by one")}
    return {**printed, **hidden}


def _withhold_complements(
    rule: Rule, members: Mapping[str, Sequence[CountedActivity]], reasons: dict[str, str | None]
) -> None:
    """Withholds more groups until those withheld are safe together."""
    while True:
        hidden = [activity for group, reason in reasons.items() if reason for activity in members[group]]
        open_groups = [group for group, reason in reasons.items() if reason is None]
        if not hidden or not open_groups or _cell_reason(rule, hidden) is None:
            return
        smallest = min(open_groups, key=lambda group: (_central(members[group]), group))
        reasons[smallest] = "otherwise another withheld group would follow from the total"


def _group(members: Sequence[CountedActivity]) -> dict[str, Any]:
    return {
        "emissions_kg_co2e": _range(emissions(members), None, GROUP_DIGITS),
        "it_energy_kwh": rounded(math.fsum(activity.it_energy_kwh or 0.0 for activity in members), GROUP_DIGITS),
        "activities": len(members),
        "teams": len(_teams(members)),
    }


def _cell_reason(rule: Rule, members: Sequence[CountedActivity]) -> str | None:
    """Why a group of activities is withheld: by its teams, by each bound of its emissions, or by its energy."""
    figures: list[Callable[[CountedActivity], float | None]] = [
        *(lambda activity, bound=bound: getattr(activity.emissions_kg_co2e, bound, None) for bound in _BOUNDS),
        lambda activity: activity.it_energy_kwh,
    ]
    return rule.reason((_by_team(members, figure) for figure in figures), len(_teams(members)))


def _by_team(
    members: Iterable[CountedActivity], value: Callable[[CountedActivity], float | None]
) -> Mapping[str, float]:
    parts: dict[str, list[float]] = defaultdict(list)
    for activity in members:
        parts[activity.team].append(value(activity) or 0.0)
    return {team: math.fsum(values) for team, values in parts.items()}


def _teams(members: Iterable[CountedActivity]) -> set[str]:
    return {activity.team for activity in members}


def _central(members: Iterable[CountedActivity]) -> float:
    return math.fsum(m.emissions_kg_co2e.central for m in members if m.emissions_kg_co2e is not None)


def _publish_coverage(
    document: dict[str, Any], inventory: Inventory, teams: Sequence[TeamRow], rule: Rule, total_reason: str | None
) -> None:
    claims = {team.team: team.declared_kg for team in teams if team.declared_kg > 0}
    reason = total_reason
    if reason is None and claims:
        reason = rule.reason([claims], len(claims))
    for level in LEVELS:
        found = getattr(inventory.coverage, level)
        document["coverage"][level] = (
            withheld(reason) if reason else {"kg": rounded(found.kg, TOTAL_DIGITS), "share": found.share}
        )
    document["residual_kg"] = withheld(reason) if reason else rounded(inventory.residual_kg, TOTAL_DIGITS)


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
