"""The public edition: aggregates only, in which nothing lets anybody learn a team's own figures.

Each figure must be safe by itself (checks/disclosure.py), and all that is printed together must leave every team's
figures open to every other team (checks/alternatives.py, workflow/public_groups.py). What is already out counts as
printed: a change that fewer than k teams make is held back until k teams have changed.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.coverage import TeamCoverage
from neuclir_carbon.checks.disclosure import (
    DOMINANCE_PERCENT,
    GROUP_DIGITS,
    TOTAL_DIGITS,
    WITHHELD,
    Rule,
    banded,
    is_band,
    is_withheld,
    rounded,
    withheld,
)
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.comparison import Harmonization
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.inventory import GROUPINGS, ORGANIZER_ONLY, Inventory, Question
from neuclir_carbon.model.json_data import plain, pointer_of
from neuclir_carbon.model.parts import Figure, Part
from neuclir_carbon.model.published import EarlierYear, Edition
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.workflow.public_coverage import published_coverage
from neuclir_carbon.workflow.public_groups import FOLLOWS, Groups, by_team, cell_reason, decided
from neuclir_carbon.workflow.public_pieces import FACILITY, HARMONIZED, OPERATIONAL
from neuclir_carbon.workflow.public_since import published_since, teams_of_both

# The names of these groups would themselves tell where or when a team worked, so withheld ones are not named.
UNNAMED = ("by_place", "by_month", "by_data_year")
OTHER_GROUPS = "withheld"
_BOUNDS = ("low", "central", "high", "likely_low", "likely_high")
_SUMS: Mapping[str, Figure] = {
    "operational_kg_co2e": lambda part: part.operational_kg_co2e,
    "embodied_kg_co2e": lambda part: part.embodied_kg_co2e,
    "it_energy_kwh": lambda part: part.it_energy_kwh,
    "facility_energy_kwh": lambda part: part.it_energy_kwh + part.cooling_kwh,
}
_KNOWN: Mapping[str, Callable[[Part], bool]] = {
    "operational_kg_co2e": lambda part: part.with_emissions > 0,
    "embodied_kg_co2e": lambda part: part.with_embodied > 0,
    "it_energy_kwh": lambda part: part.with_energy > 0,
    "facility_energy_kwh": lambda part: part.with_energy > 0,
}
ANSWER = "else an answer of {} could be told"
RULES = (
    "A figure is printed when at least {} teams stand behind it and the second largest of them could not learn the "
    "largest one's figure within {} %.",
    "The printed totals and groups were held against each other by linear programming: whatever any team knows of "
    "itself, every other team's figures could all be {} % higher or lower without a printed one changing.",
    "What is known from elsewhere is not guarded against: who knows in which countries' grids a few teams worked, or "
    "what several teams know together, can narrow figures down.",
)
OTHER_PART = "otherwise the other part of the emissions would follow from the total"
APART = "otherwise what one team reported beside one set of factors would follow from both totals"
BESIDE_EDITIONS = "an earlier edition is out, beside which it could tell of a team"
# As a share of the track: what sums of equal figures can differ by.
_ROUNDING = 1e-12
COOLING = "otherwise what one team's machine room took would follow from the IT energy"


class HeldBack(Exception):
    """Too few teams have changed since an edition that is out: it stays as it is until more have."""


def publish(
    inventory: Inventory,
    parts: Sequence[Part],
    teams: Sequence[TeamCoverage],
    *,
    min_group: int,
    editions: Sequence[Edition] = (),
    then: EarlierYear | None = None,
    states: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The public document (`track-inventory/1`, edition `public`): plain JSON data without any team's text.

    `parts` are what the inventory counts; `editions` are those that are out already, the last one last; `then` is the
    earlier year that the inventory is compared with; `states` are as in `Edition`. Where no team has changed since the
    last edition, it is that one. `HeldBack` when too few teams have changed since.
    """
    rule = Rule(min_group=min_group)
    since = _Since.of(parts, editions, rule, states or {})
    if since.is_nothing:
        return _with_evaluation(editions[-1].document, inventory)
    document = plain(inventory.shown)
    for key in ORGANIZER_ONLY:
        document.pop(key, None)
    document["edition"] = "public"
    whole_reason = cell_reason(rule, parts)
    document["emissions_kg_co2e"] = _total(inventory.emissions_kg_co2e, parts, rule, whole_reason)
    document |= dict(_sums(inventory, parts, rule, document["emissions_kg_co2e"], since))
    now = by_team(parts, lambda part: part.central, lambda part: part.with_emissions > 0)
    same_teams = teams_of_both(now, then.emissions_kg) if then else frozenset()
    document["harmonized"] = _harmonized(inventory, rule, since, exact=_is_exact(document))
    groups = _groups(document, inventory, since, same_teams)
    for grouping in GROUPINGS:
        document[grouping] = _grouping(grouping, groups, rule, inventory.teams)
    document |= dict(_told_less(groups, inventory, parts, rule))
    exact = _is_exact(document)
    document["evaluation"] = _range(inventory.evaluation, TOTAL_DIGITS)
    document["total_with_evaluation_kg_co2e"] = _like_total(
        inventory.total_with_evaluation_kg_co2e, document["emissions_kg_co2e"]
    )
    may_be_told = exact and not editions and groups.same_teams_may_be_told
    document["since"] = published_since(inventory.since, now, then, rule, may_be_told=may_be_told)
    document |= published_coverage(inventory, teams, rule, total_is_printed=exact, editions=editions)
    document |= _counts(inventory, parts, rule)
    document["withheld"] = list(_sentences(document, rule))
    return {"schema": document.pop("schema"), **document}


def findings_on(document: Mapping[str, Any]) -> Iterator[Finding]:
    """OFF082 for what a public document does not print, one for each of its keys."""
    for key, value in document.items():
        if is_withheld(value) or is_band(value):
            yield _finding(key, "is", value["reason"])
        elif key in GROUPINGS or key in ("coverage", "answers"):
            told = [inner["reason"] for inner in value.values() if is_withheld(inner) or is_band(inner)]
            if told:
                yield _finding(key, f"{len(told)} of {len(value)} are", "; ".join(dict.fromkeys(told)))


def _finding(key: str, how_many: str, reasons: str) -> Finding:
    place = Location("public/inventory.json", None, pointer_of([key]))
    return WITHHELD.reported(f"{key}: {how_many} withheld or told as a band: {reasons}", place)


@frozen
class _Since:
    """What has changed since the editions that are out; `is_nothing` when no team has since the last one."""

    parts: tuple[Part, ...]
    editions: tuple[Edition, ...]
    rule: Rule
    is_nothing: bool

    @classmethod
    def of(cls, parts: Sequence[Part], editions: Sequence[Edition], rule: Rule, states: Mapping[str, str]) -> "_Since":
        """`HeldBack` when fewer than k teams have changed since the last edition, and at least one."""
        changed: set[str] = set()
        if editions:
            last = editions[-1]
            changed |= {folded(part.team) for part in {*parts} ^ {*last.parts}}
            changed |= {folded(team) for team, _ in {*states.items()} ^ {*last.states.items()}}
            if 0 < len(changed) < rule.min_group:
                raise HeldBack(f"{rule.too_few} have changed since the edition that is out")
        return cls(tuple(parts), tuple(editions), rule, bool(editions) and not changed)

    def reason(self, figure: Figure) -> str | None:
        """Why the sum of a figure would tell, beside what is out, what one team's came to in between."""
        for edition in self.editions:
            before, now = by_team(edition.parts, figure), by_team(self.parts, figure)
            moved = {t: abs((now.get(t) or 0.0) - (before.get(t) or 0.0)) for t in sorted({*now, *before})}
            if self.rule.reason(moved):
                return "otherwise one team's change since an earlier edition would follow"
        return None


def _total(value: Range, parts: Sequence[Part], rule: Rule, reason: str | None) -> Any:
    """The range; where that tells of a team a band of its central value, or nothing where too few have a part in it."""
    if reason is None:
        return _range(value, TOTAL_DIGITS)
    teams = by_team(parts, lambda part: part.central)
    return banded(value.central, reason) if _may_be_banded(teams, rule, value.central) else withheld(reason)


def _like_total(value: Range | None, total: Any) -> Any:
    if value is None:
        return None
    if is_withheld(total):
        return withheld(total["reason"])
    return banded(value.central, total["reason"]) if is_band(total) else _range(value, TOTAL_DIGITS)


def _with_evaluation(document: Mapping[str, Any], inventory: Inventory) -> dict[str, Any]:
    """The edition that is out with the organizers' own work of today: that is no team's."""
    evaluation = _range(inventory.evaluation, TOTAL_DIGITS)
    if evaluation == document["evaluation"]:
        return dict(document)
    whole = _like_total(inventory.total_with_evaluation_kg_co2e, document["emissions_kg_co2e"])
    return {
        **document, "as_of": inventory.as_of, "evaluation": evaluation, "total_with_evaluation_kg_co2e": whole,
    }  # fmt: skip


def _sums(
    inventory: Inventory, parts: Sequence[Part], rule: Rule, total: Any, since: _Since
) -> Iterable[tuple[str, Any]]:
    """Energies and both parts of the emissions; a part follows from the total and the other, so both or none."""
    teams = {key: by_team(parts, figure, _KNOWN[key]) for key, figure in _SUMS.items()}
    reasons = {key: rule.printed(found) or since.reason(_SUMS[key]) for key, found in teams.items()}
    operational, embodied = "operational_kg_co2e", "embodied_kg_co2e"
    for one, other in ((operational, embodied), (embodied, operational)):
        if reasons[one] is None and reasons[other] is not None and reasons[other] != OTHER_PART:
            reasons[one] = OTHER_PART
    if reasons["facility_energy_kwh"] is None and (
        rule.reason(by_team(parts, lambda part: part.cooling_kwh)) or since.reason(lambda part: part.cooling_kwh)
    ):
        reasons["facility_energy_kwh"] = COOLING
    for key, reason in reasons.items():
        value = getattr(inventory, key)
        if is_withheld(total):
            yield key, withheld(total["reason"])
        elif reason is None and not (is_band(total) and key == operational):
            yield key, rounded(value, TOTAL_DIGITS)
        elif _may_be_banded(teams[key], rule, value):
            yield key, banded(value, reason or total["reason"])
        else:
            yield key, withheld(reason or total["reason"])


def _may_be_banded(teams: Mapping[str, float | None], rule: Rule, value: float) -> bool:
    """A band still tells that somebody has a part in it: at least k teams must."""
    return value > 0 and sum(bool(part) for part in teams.values()) >= rule.min_group


def _is_exact(document: Mapping[str, Any]) -> bool:
    return not (is_band(document["emissions_kg_co2e"]) or is_withheld(document["emissions_kg_co2e"]))


def _told_less(groups: Groups, inventory: Inventory, parts: Sequence[Part], rule: Rule) -> Iterable[tuple[str, Any]]:
    """The sums that would tell of a team beside all else that is printed; of both parts of the emissions none is told
    where one is not."""
    keys = [] if groups.may_be_told(OPERATIONAL) else ["operational_kg_co2e", "embodied_kg_co2e"]
    for key in [*keys, *([] if groups.may_be_told(FACILITY) else ["facility_energy_kwh"])]:
        value = getattr(inventory, key)
        banded_one = _may_be_banded(by_team(parts, _SUMS[key], _KNOWN[key]), rule, value)
        yield key, banded(value, FOLLOWS) if banded_one else withheld(FOLLOWS)
    if not groups.may_be_told(HARMONIZED):
        yield "harmonized", withheld(FOLLOWS)


def _groups(document: dict[str, Any], inventory: Inventory, since: "_Since", same_teams: frozenset[str]) -> Groups:
    """Which groups are printed; where even the totals tell too much beside all else, they become bands."""
    parts, rule, editions = since.parts, since.rule, since.editions
    groups = decided(parts, rule, document, editions, same_teams)
    if groups.total_reason is None:
        return groups
    if editions:
        raise HeldBack("what has changed since the edition that is out would follow from both")
    for key, value in (("emissions_kg_co2e", inventory.emissions_kg_co2e.central), *_energies(inventory)):
        if not is_withheld(document[key]) and not is_band(document[key]):
            document[key] = banded(value, groups.total_reason)
    document["harmonized"] = _harmonized(inventory, rule, since, exact=False)
    return decided(parts, rule, document, editions, same_teams)


def _energies(inventory: Inventory) -> Iterable[tuple[str, float]]:
    return ((key, getattr(inventory, key)) for key in _SUMS)


def _grouping(grouping: str, groups: Groups, rule: Rule, teams: int) -> dict[str, Any]:
    """One grouping as it is printed; withheld groups of some groupings are not even named."""
    reasons = {group: groups.reasons[grouping, group] for group in groups.of(grouping)}
    hidden = {group: withheld(reason) for group, reason in reasons.items() if reason}
    if grouping in UNNAMED and hidden:
        hidden = {OTHER_GROUPS: withheld("groups of too few teams, made up mostly by one, or telling of one by others")}
    shown = {
        group: _group(groups.members[grouping, group], rule, teams) for group, reason in reasons.items() if not reason
    }
    return shown | hidden


def _group(members: Sequence[Part], rule: Rule, teams: int) -> dict[str, Any]:
    range_kg = {name: rounded(math.fsum(part.bound(name) for part in members), GROUP_DIGITS) for name in _BOUNDS}
    return {
        "emissions_kg_co2e": range_kg,
        "it_energy_kwh": rounded(math.fsum(part.it_energy_kwh for part in members), GROUP_DIGITS),
        "activities": int(rounded(sum(part.activities for part in members), GROUP_DIGITS)),
        "teams": rule.count(len({part.team for part in members}), teams),
    }


def _range(value: Range | None, digits: int) -> Any:
    return None if value is None else {bound: rounded(getattr(value, bound), digits) for bound in _BOUNDS}


def _harmonized(inventory: Inventory, rule: Rule, since: _Since, *, exact: bool) -> Any:
    """The same energies under one year's factors."""
    value, detail = inventory.harmonized, inventory.harmonization
    if value is None:
        return None
    if not exact or detail is None:
        return withheld("otherwise the total would follow from it")
    reason = _harmonized_reason(detail, rule, since)
    return withheld(reason) if reason else _range(value, TOTAL_DIGITS)


def _harmonized_reason(detail: Harmonization, rule: Rule, since: _Since) -> str | None:
    """Each team's part has its own size, and so its own rule; and so has what it differs by from what was reported."""
    if since.editions:
        return BESIDE_EDITIONS
    if detail.compared != detail.activities:
        return "the total and it are not of the same activities"
    figures: list[Callable[[Range], float]] = [
        *(lambda found, name=name: getattr(found, name) for name in _BOUNDS),
        lambda found: found.central - found.low,
        lambda found: found.high - found.central,
    ]
    for figure in figures:
        if reason := rule.reason({team.team: max(0.0, figure(team.harmonized_kg_co2e)) for team in detail.teams}):
            return reason
    return APART if any(rule.reason(_apart(detail, since.parts, name)) for name in _BOUNDS) else None


def _apart(detail: Harmonization, parts: Sequence[Part], bound: str) -> Mapping[str, float]:
    """By team how far a bound of its emissions under one set of factors lies from what it reported."""
    found = {team: kg or 0.0 for team, kg in by_team(parts, lambda part: part.bound(bound)).items()}
    for team in detail.teams:
        found[folded(team.team)] = found.get(folded(team.team), 0.0) - getattr(team.harmonized_kg_co2e, bound)
    least = _ROUNDING * detail.harmonized_kg_co2e.high
    return {team: abs(kg) if abs(kg) > least else 0.0 for team, kg in found.items()}


def _counts(inventory: Inventory, parts: Sequence[Part], rule: Rule) -> dict[str, Any]:
    """Counts of activities by what is unknown of them, and the answers to both questions."""
    lacking: Mapping[str, Figure] = {
        "records_without_embodied": lambda part: part.activities - part.with_embodied,
        "records_without_emissions": lambda part: part.activities - part.with_emissions,
    }
    found: dict[str, Any] = {}
    for key, figure in lacking.items():
        reason = rule.reason(by_team(parts, figure))
        found[key] = withheld(reason) if reason else getattr(inventory, key)
    if inventory.counted_earlier:
        found["counted_earlier"] = withheld("whose work an earlier year counted is not told")
    found["answers"] = {
        "tracked": _answer(inventory.questions.tracked, inventory.teams, rule),
        "offset": _answer(inventory.questions.offset, inventory.teams, rule),
        "unanswered": rule.count(inventory.answers.unanswered, inventory.teams),
    }
    return found


def _answer(asked: Question, teams: int, rule: Rule) -> Any:
    """One question's answers; a team may answer the one and leave the other open."""
    return answer(asked.yes, asked.yes + asked.no, teams, rule)


def answer(yes: int, answered: int, teams: int, rule: Rule) -> Any:
    """How many said yes, of all teams: exactly only where those who said yes, no and nothing are each none or k."""
    if all(part == 0 or part >= rule.min_group for part in (yes, answered - yes, teams - answered)):
        return yes
    others = math.ceil((teams - yes) / rule.min_group) * rule.min_group
    few = yes < rule.min_group
    band = [0, min(teams, rule.min_group)] if few else [max(0, teams - others), teams]
    return {"band": band, "reason": ANSWER.format(rule.too_few)}


def _sentences(document: Mapping[str, Any], rule: Rule) -> Iterable[str]:
    total = document["emissions_kg_co2e"]
    if is_withheld(total) or is_band(total):
        what = "is withheld" if is_withheld(total) else "is told as a band only"
        yield f"The total {what}: {total['reason']}."
    for name in GROUPINGS:
        hidden = [group for group, cell in document[name].items() if is_withheld(cell)]
        shown = f"{len(hidden)} of {len(document[name])} groups" if name not in UNNAMED else "Some groups"
        if hidden:
            yield f"{shown} of emissions {name.replace('_', ' ')} are withheld."
    if is_withheld(document["coverage"]["declared"]):
        yield f"Coverage by certificates is withheld: {document['coverage']['declared']['reason']}."
    for key, words in (("tracked", "tracked their emissions"), ("offset", "brought a certificate")):
        if is_band(document["answers"][key]):
            yield f"How many teams {words} is told as a band: {document['answers'][key]['reason']}."
    yield RULES[0].format(rule.min_group, DOMINANCE_PERCENT)
    yield RULES[1].format(DOMINANCE_PERCENT)
    yield RULES[2]
