"""`--since` in the public edition: how much more or less the teams of both years emit, where that tells of no team."""

from collections.abc import Mapping
from typing import Any

from neuclir_carbon.checks.disclosure import GROUP_DIGITS, Rule, rounded, withheld
from neuclir_carbon.checks.inventory import folded
from neuclir_carbon.model.comparison import Since

FOLLOWS = "otherwise what one team emitted, or what it changed, would follow"


def teams_of_both(now: Mapping[str, float | None], then: Mapping[str, float]) -> frozenset[str]:
    """The teams (as folded names) with figures in both years; `now` has folded names already."""
    return frozenset({folded(team) for team in then} & {team for team, kg in now.items() if kg is not None})


def published_since(
    since: Since | None, now: Mapping[str, float | None], then: Mapping[str, float], rule: Rule, *, may_be_told: bool
) -> Any:
    """The public key `since`: the change of the same teams, to 2 significant digits, and how many teams that are.

    The sums of the same teams, and of those that are in one year only, follow from the change and both years' totals:
    each of the four must be safe. None where nothing was compared.
    """
    if since is None or since.same_teams is None or since.same_teams.ratio is None:
        return None
    before: dict[str, float] = {}
    for team, kg in then.items():
        before[folded(team)] = before.get(folded(team), 0.0) + kg
    both = teams_of_both(now, then)
    years: tuple[Mapping[str, float | None], ...] = (now, before)
    sums = [{team: kg for team, kg in year.items() if (team in both) is alike} for year in years
            for alike in (True, False)]  # fmt: skip
    moved: Mapping[str, float | None] = {team: abs((now[team] or 0.0) - before[team]) for team in both}
    if not may_be_told or any(rule.reason(parts) for parts in (*sums, moved)):
        return withheld(FOLLOWS)
    return {
        "track": since.track,
        "as_of": since.as_of,
        "teams_both": len(both),
        "ratio": rounded(since.same_teams.ratio, GROUP_DIGITS),
    }
