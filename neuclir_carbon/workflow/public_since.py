"""`--since` in the public edition: how much more or less the teams of both years emit, where that tells of no team."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from neuclir_carbon.checks.disclosure import GROUP_DIGITS, Rule, is_withheld, rounded, withheld
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.comparison import AS_REPORTED, ONE_SET, Since
from neuclir_carbon.model.parts import Part
from neuclir_carbon.model.published import EarlierYear
from neuclir_carbon.workflow.public_groups import by_team, same_teams_tell

FOLLOWS = "otherwise what one team emitted, or what it changed, would follow"
Kg = Mapping[str, float | None]


def teams_of_both(now: Kg, then: Mapping[str, float]) -> frozenset[str]:
    """The teams (as folded names) with figures in both years; `now` has folded names already."""
    return frozenset({folded(team) for team in then} & {team for team, kg in now.items() if kg is not None})


def compared_teams(document: Mapping[str, Any], parts: Sequence[Part], then: EarlierYear | None) -> tuple[str, ...]:
    """The teams (folded names) whose change a public document tells; none where it tells no change."""
    told = document.get("since")
    if then is None or told is None or is_withheld(told):
        return ()
    now = by_team(parts, lambda part: part.central, lambda part: part.with_emissions > 0)
    return tuple(sorted(teams_of_both(now, then.emissions_kg)))


def published_since(
    since: Since | None, now: Kg, then: EarlierYear | None, rule: Rule, *, may_be_told: bool
) -> dict[str, Any] | None:
    """The public key `since`: the change of the same teams, to 2 significant digits, and how many teams that are.

    It is of both years under one set of grid factors where that is known, else as reported. Whoever knows it can work
    out what the same teams emitted in either year, and what the others did; so each of these sums must be safe, as
    reported and under the one set, and the earlier year's beside all that its public editions tell. None where nothing
    was compared.
    """
    if since is None or then is None or since.same_teams is None or since.same_teams.ratio is None:
        return None
    before = _folded(then.emissions_kg)
    both = teams_of_both(now, then.emissions_kg)
    change, factors = since.same_teams.ratio, AS_REPORTED
    compared: list[tuple[Kg, Kg]] = [(now, before)]
    if then.recomputed_kg is not None and since.harmonized is not None and since.harmonized.ratio is not None:
        change, factors = since.harmonized.ratio, ONE_SET
        old, new = (_folded(_in_year(then.recomputed_kg, at)) for at in (0, 1))
        compared.append((new, old))
    safe = may_be_told and all(_are_safe(*years, both, rule) for years in compared) and _is_safe_then(then, both)
    if not safe:
        return withheld(FOLLOWS)
    return {
        "track": since.track,
        "as_of": since.as_of,
        "teams_both": len(both),
        "factors": factors,
        "ratio": rounded(change, GROUP_DIGITS),
    }


def _are_safe(now: Kg, before: Kg, both: frozenset[str], rule: Rule) -> bool:
    """Whether the sums of the same teams and of the others, in either year, and the change tell of no team."""
    sums: list[Kg] = [{team: kg for team, kg in year.items() if (team in both) is alike} for year in (now, before)
            for alike in (True, False)]  # fmt: skip
    moved: Kg = {team: abs((now[team] or 0.0) - (before[team] or 0.0)) for team in both}
    return not any(rule.reason(parts) for parts in (*sums, moved))


def _is_safe_then(then: EarlierYear, both: frozenset[str]) -> bool:
    """Whether the same teams' sum is safe beside the earlier year's public editions; not where these are unknown, or
    lag behind the inventory that is compared with."""
    if not then.editions:
        return False
    printed = by_team(then.editions[-1].parts, lambda part: part.central, lambda part: part.with_emissions > 0)
    known = _folded(then.emissions_kg)
    alike = all(math.isclose(printed.get(team) or 0.0, kg, rel_tol=1e-6) for team, kg in known.items())
    return alike and not same_teams_tell(then.editions, both)


def _in_year(recomputed: Mapping[str, tuple[float | None, float | None]], at: int) -> dict[str, float]:
    """The teams that have figures in one of both years."""
    return {team: kg for team, both in recomputed.items() if (kg := both[at]) is not None}


def _folded(kg: Mapping[str, float]) -> dict[str, float]:
    """By folded names; those of one team are summed up."""
    found: dict[str, float] = defaultdict(float)
    for team, amount in kg.items():
        found[folded(team)] += amount
    return dict(found)
