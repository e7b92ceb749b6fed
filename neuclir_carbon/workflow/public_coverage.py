"""Coverage in the public edition: levels, and the residual with the highest one.

What counts of a team's claims is capped at its emissions, so that a covered kg is often an emitted one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.checks.coverage import TeamCoverage
from neuclir_carbon.checks.disclosure import TOTAL_DIGITS, Rule, rounded, withheld
from neuclir_carbon.checks.evidence_ladder import DECLARED, REGISTRY_VERIFIED
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.inventory import LEVELS, Inventory
from neuclir_carbon.model.published import Edition

NO_TOTAL = "otherwise the total, which is not printed, would follow"
FOLLOWS = "otherwise a level of one team would follow"
FEW_CHANGED = "since an earlier edition, too few teams' certificates have changed"
Covered = Mapping[str, Mapping[str, float]]


def covered_by_team(teams: Sequence[TeamCoverage]) -> dict[str, dict[str, float]]:
    """Team → level → the kg that count. Names that differ in signs and case only are one team."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(LEVELS, 0.0))
    for team in teams:
        for level in LEVELS:
            found[folded(team.team)][level] += team.covered_kg(level)
    return dict(found)


def published_coverage(
    inventory: Inventory, teams: Sequence[TeamCoverage], rule: Rule, *, total_is_printed: bool,
    editions: Sequence[Edition] = (),
) -> dict[str, Any]:  # fmt: skip
    """The keys `coverage` and `residual_kg` of the public document."""
    covered = covered_by_team(teams)
    reason = None if total_is_printed else NO_TOTAL
    reason = reason or _claimants(covered, rule) or _changed(covered, editions, rule)
    emissions = _emissions(teams)
    shown: dict[str, dict[str, float]] = {}
    levels: dict[str, Any] = {}
    for level in LEVELS:
        own = {team: kg[level] for team, kg in covered.items()}
        why = reason or _level_reason(rule, own, (emissions, *shown.values()))
        if why:
            levels[level] = withheld(why)
        else:
            shown[level] = own
            found = getattr(inventory.coverage, level)
            levels[level] = {"kg": rounded(found.kg, TOTAL_DIGITS), "share": found.share}
    residual: Any = rounded(inventory.residual_kg, TOTAL_DIGITS)
    if REGISTRY_VERIFIED not in shown:
        residual = withheld(levels[REGISTRY_VERIFIED]["reason"])
    return {"coverage": levels, "residual_kg": residual}


def _claimants(covered: Covered, rule: Rule) -> str | None:
    """Why coverage is withheld as a whole. That nobody at all declares anything tells nothing of a team's figures."""
    return rule.reason({team: kg[DECLARED] for team, kg in covered.items()})


def _level_reason(rule: Rule, own: Mapping[str, float], wholes: Iterable[Mapping[str, float]]) -> str | None:
    """Why a level is withheld: by itself, or by what it leaves of the emissions or of a level that is printed."""
    why = rule.reason(own)
    rests = [{team: abs(whole.get(team, 0.0) - part) for team, part in own.items()} for whole in wholes]
    return why or (FOLLOWS if any(rule.reason(rest) for rest in rests) else None)


def _changed(covered: Covered, editions: Sequence[Edition], rule: Rule) -> str | None:
    """Why a level beside an earlier edition's would tell what one team's certificates came to in between."""
    for edition in editions:
        for level in LEVELS:
            before = {team: kg.get(level, 0.0) for team, kg in edition.covered.items()}
            now = {team: kg[level] for team, kg in covered.items()}
            moved = {team: abs(now.get(team, 0.0) - before.get(team, 0.0)) for team in sorted({*now, *before})}
            if rule.reason(moved):
                return FEW_CHANGED
    return None


def _emissions(teams: Sequence[TeamCoverage]) -> dict[str, float]:
    kg: dict[str, list[float]] = defaultdict(list)
    for team in teams:
        kg[folded(team.team)].append(team.emissions_kg or 0.0)
    return {team: math.fsum(values) for team, values in kg.items()}
