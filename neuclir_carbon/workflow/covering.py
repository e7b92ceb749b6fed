"""Coverage by team: the value behind `coverage`, and its JSON data. Whoever has read the bundles brings the claims."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from neuclir_carbon.checks.coverage import DECLARED, DOCUMENTED, TeamCoverage, TrackCoverage, coverage_of
from neuclir_carbon.model.certificate import Certificate, Claimed
from neuclir_carbon.model.finding import Counts
from neuclir_carbon.model.inventory import LEVELS
from neuclir_carbon.model.json_data import plain


def claims_of(certificates: Iterable[Certificate], path: str, team: str | None) -> tuple[Claimed, ...]:
    """A bundle's certificates as claims: `path` is that of its array, `team` who submitted it."""
    return tuple(
        Claimed(certificate=certificate, path=path, team=team, pointer=f"/{i}")
        for i, certificate in enumerate(certificates)
    )


def cover(
    claims: Sequence[Claimed], emissions_kg_by_team: Mapping[str, float], track: str, as_of: date
) -> TrackCoverage:
    """The coverage of a track whose bundles were read; emissions are central values in kg CO2e."""
    return coverage_of(claims, emissions_kg_by_team, track, as_of)


def coverage_data(covered: TrackCoverage) -> dict[str, Any]:
    """The coverage as JSON data: the track's levels, and one row per team."""
    return {
        "track": covered.track,
        "as_of": covered.as_of.isoformat(),
        "emissions_kg_co2e": covered.gross_kg,
        "coverage": plain(covered.coverage),
        "residual_kg": covered.residual_kg,
        "pooled_kg": dict(covered.pooled_kg),
        "surplus_kg": covered.surplus_kg,
        "teams": [_team_data(team) for team in covered.teams],
        "certificates": plain(covered.rows),
        "counts": plain(Counts.of(covered.findings)),
        "findings": plain(covered.findings),
    }


def next_step(team: TeamCoverage) -> str:
    """What a team's claims lack to rise one level, in words."""
    claimed = team.claimed_kg
    if not claimed[DECLARED]:
        return "no certificate names the team"
    if team.emissions_kg is None:
        return "no emissions are known: look at scope_id"
    if team.disputed_kg:
        return f"{team.disputed_kg} kg: mend the errors"
    if claimed[DOCUMENTED] < claimed[DECLARED]:
        return "add the document's sha256 or the registry's page"
    if claimed["serial_consistent"] < claimed[DOCUMENTED]:
        return "add serials that hold the quantity"
    return "a registry's export would verify it"


def _team_data(team: TeamCoverage) -> dict[str, Any]:
    return {
        "team": team.team,
        "emissions_kg_co2e": team.emissions_kg,
        "claimed_kg": dict(team.claimed_kg),
        "coverage": {level: {"kg": team.covered_kg(level), "share": team.share(level)} for level in LEVELS},
        "disputed_kg": team.disputed_kg,
        "surplus_kg": team.surplus_kg,
        "certificates": list(team.certificates),
        "next_step": next_step(team),
    }
