"""Coverage by team: the value behind `coverage`, and its JSON data. Whoever has read the bundles brings the claims."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from neuclir_carbon.checks.coverage import TeamCoverage, TrackCoverage, coverage_of
from neuclir_carbon.checks.evidence_ladder import DECLARED, DOCUMENTED, REGISTRY_VERIFIED, SERIAL_CONSISTENT
from neuclir_carbon.model.certificate import Certificate, Claimed
from neuclir_carbon.model.finding import Counts
from neuclir_carbon.model.inventory import LEVELS
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.outside import NOTHING_BROUGHT, Outside
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.workflow.certifying import CANNOT_SEE


def claims_of(certificates: Iterable[Certificate], path: str, team: str | None) -> tuple[Claimed, ...]:
    """A bundle's certificates as claims: `path` is that of its array, `team` who submitted it."""
    return tuple(
        Claimed(certificate=certificate, path=path, team=team, pointer=f"/{i}")
        for i, certificate in enumerate(certificates)
    )


def cover(
    claims: Sequence[Claimed],
    emissions_kg_by_team: Mapping[str, float | Range],
    track: str,
    as_of: date,
    outside: Outside = NOTHING_BROUGHT,
) -> TrackCoverage:
    """The coverage of a track whose bundles were read; emissions are in kg CO2e, central values or ranges."""
    return coverage_of(claims, emissions_kg_by_team, track, as_of, outside)


def coverage_data(covered: TrackCoverage) -> dict[str, Any]:
    """The coverage as JSON data: the track's levels, and one row per team."""
    return {
        "track": covered.track,
        "as_of": covered.as_of.isoformat(),
        "emissions_kg_co2e": covered.gross_kg,
        "coverage": plain(covered.coverage),
        "share_range": {
            level: None if bounds is None else {"low": bounds[0], "high": bounds[1]}
            for level, bounds in covered.share_range.items()
        },
        "residual_kg": covered.residual_kg,
        "pooled_kg": dict(covered.pooled_kg),
        "surplus_kg": covered.surplus_kg,
        "teams": [_team_data(team) for team in covered.teams],
        "certificates": plain(covered.rows),
        "cannot_see": CANNOT_SEE,
        "counts": plain(Counts.of(covered.findings)),
        "findings": plain(covered.findings),
    }


def next_step(team: TeamCoverage) -> str:
    """What a team's claims lack to rise one level, in words."""
    claimed = team.claimed_kg
    lacks = (
        (not claimed[DECLARED], "no certificate names the team"),
        (team.emissions_kg is None, "no emissions are known: look at scope_id"),
        (team.disputed_kg, f"{team.disputed_kg} kg are disputed: explain them, or settle it with a resolution"),
        (team.faulty_kg, f"{team.faulty_kg} kg: mend the errors"),
        (claimed[DOCUMENTED] < claimed[DECLARED], "add the document's sha256 or the registry's page"),
        (claimed[SERIAL_CONSISTENT] < claimed[DOCUMENTED], "add serials that hold the quantity"),
        (claimed[REGISTRY_VERIFIED] < claimed[SERIAL_CONSISTENT], "a registry's export would verify it"),
    )
    return next((words for lacking, words in lacks if lacking), "nothing: all of it is registry-verified")


def _team_data(team: TeamCoverage) -> dict[str, Any]:
    return {
        "team": team.team,
        "emissions_kg_co2e": team.emissions_kg,
        "claimed_kg": dict(team.claimed_kg),
        "coverage": {level: {"kg": team.covered_kg(level), "share": team.share(level)} for level in LEVELS},
        "disputed_kg": team.disputed_kg,
        "faulty_kg": team.faulty_kg,
        "surplus_kg": team.surplus_kg,
        "certificates": list(team.certificates),
        "next_step": next_step(team),
    }
