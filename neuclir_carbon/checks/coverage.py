"""Coverage: how much of a track's emissions certificates cover, at which level of evidence.

Emissions stay gross; coverage stands beside them and is subtracted from nothing. A level means "at least this one"
(checks/evidence_ladder.py has the levels and what raises a claim). A claim with an error stays declared, in full: who
disputes a claim does not thereby take it away. What a team's certificates cover is capped at that team's emissions, so
that nobody covers for others in silence; allocations to `<track>/pool` are told apart and credited to no team.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.evidence_ladder import (
    DECLARED,
    DOCUMENTED,
    LIST_MATCHED,
    REGISTRY_VERIFIED,
    SERIAL_CONSISTENT,
    Climb,
    climb,
    decision_about,
    highest,
)
from neuclir_carbon.checks.offset_claims import Holding, allocations_of
from neuclir_carbon.checks.offsets import Examined, examined
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.certificate import POOL, Allocation, Claimed
from neuclir_carbon.model.finding import Fault, Finding, Location, Severity
from neuclir_carbon.model.inventory import LEVELS, CertificateRow, Coverage, CoverageLevel
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.outside import NOTHING_BROUGHT, Decision, Outside, Resolution
from neuclir_carbon.model.quantities import Range

# What a level includes: list_matched is a side branch, above documented only.
_INCLUDED = {
    DECLARED: (DECLARED,),
    DOCUMENTED: (DECLARED, DOCUMENTED),
    SERIAL_CONSISTENT: (DECLARED, DOCUMENTED, SERIAL_CONSISTENT),
    LIST_MATCHED: (DECLARED, DOCUMENTED, LIST_MATCHED),
    REGISTRY_VERIFIED: (DECLARED, DOCUMENTED, SERIAL_CONSISTENT, REGISTRY_VERIFIED),
}
MANY_TIMES, MANY_KG = 100, 10_000
# Looking for near names costs time, and hostile input may name thousands of teams.
MOST_HINTS = 20


@frozen(kw_only=True)
class TeamCoverage:
    """One team's claims beside its emissions, in kg CO2e. Levels are uncapped; what counts is capped at the emissions.

    `emissions_kg` is None for a team that an allocation names and of which no emissions are known; `low_kg` and
    `high_kg` are the bounds of its range. `disputed_kg` are in conflicts that a person must settle, `faulty_kg` are
    held at declared by any error, those included.
    """

    team: str
    emissions_kg: float | None
    claimed_kg: Mapping[str, int]
    disputed_kg: int
    faulty_kg: int = 0
    certificates: tuple[str, ...]
    largest_quantity_kg: int
    known_teams: tuple[str, ...] = ()
    low_kg: float | None = None
    high_kg: float | None = None

    def covered_kg(self, level: str) -> float:
        """The kg that count at a level: what is claimed, up to the team's emissions."""
        return self.covered_of(level, self.emissions_kg)

    def covered_of(self, level: str, emissions_kg: float | None) -> float:
        """The kg that would count if the team's emissions were these."""
        return min(float(self.claimed_kg[level]), emissions_kg or 0.0)

    def share(self, level: str) -> float | None:
        """The covered part of the team's emissions, floored at 0.1 %; None where they are 0 or unknown."""
        return floored_share(self.covered_kg(level), self.emissions_kg or 0.0)

    @property
    def surplus_kg(self) -> float:
        """What is declared beyond the team's emissions: it covers nobody else."""
        return self.claimed_kg[DECLARED] - self.covered_kg(DECLARED)


@frozen(kw_only=True)
class TrackCoverage:
    """A track's coverage. `coverage` holds what counts (capped by team); everything else is told beside it.

    `gross_kg` are the teams' emissions (central), `residual_kg` what of them is not covered at registry_verified.
    `share_range` is, by level, the least and the largest share that the emissions' range allows (None where there is
    nothing to cover); `pooled_kg` are allocations to the whole track by level, `surplus_kg` what teams declared beyond
    their emissions.
    `entries` are the certificates as an organizer's inventory keeps them for a later year.
    """

    track: str
    as_of: date
    gross_kg: float
    coverage: Coverage
    share_range: Mapping[str, tuple[float, float] | None]
    residual_kg: float
    teams: tuple[TeamCoverage, ...]
    pooled_kg: Mapping[str, int]
    surplus_kg: float
    rows: tuple[CertificateRow, ...]
    entries: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]
    examined: Examined


BOOK: Rulebook[TeamCoverage] = Rulebook("a team's coverage")


@BOOK.rule("OFF007", Severity.WARNING, "the certificate is far larger than the team's emissions")
def quantity_is_in_proportion(team: TeamCoverage) -> Iterator[Fault]:
    """A certificate of more than 10 t and more than 100 times its team's emissions is often a slip between t and kg.

    Good: 3000 kg beside 250 kg. Bad: 250000 kg beside 250 kg.
    """
    if not team.emissions_kg:
        return
    if team.largest_quantity_kg > MANY_KG and team.largest_quantity_kg > MANY_TIMES * team.emissions_kg:
        yield Fault(
            f"team {team.team} has a certificate of {team.largest_quantity_kg} kg and emissions of "
            f"{team.emissions_kg:.6g} kg: make sure that quantity_kg is in kg"
        )


@BOOK.rule("OFF080", Severity.ERROR, "coverage without emissions")
def claims_have_emissions(team: TeamCoverage) -> Iterator[Fault]:
    """Coverage of a team whose emissions are unknown is undefined: the claim is declared, and covers nothing. Mostly a
    scope_id does not name the team as its submissions do.

    Good: neuclir-2024/TEAM3 and submissions of TEAM3. Bad: neuclir-2024/TEAM-3 and submissions of TEAM3.
    """
    if team.emissions_kg is None and team.claimed_kg[DECLARED]:
        near = nearest_names(team.team, team.known_teams)
        hint = f"; did it mean {' or '.join(near)}?" if near else ""
        yield Fault(
            f"{team.claimed_kg[DECLARED]} kg are allocated to team {team.team}, of which no emissions are known{hint}"
        )


@BOOK.rule("OFF081", Severity.NOTE, "more is declared than was emitted")
def surplus_is_told(team: TeamCoverage) -> Iterator[Fault]:
    """What a team declares beyond its own emissions is told and covers nobody else. No fault: whole credits are larger
    than most submissions. To cover others, allocate to `<track>/pool`.
    """
    if team.emissions_kg is not None and team.surplus_kg > 0:
        yield Fault(
            f"team {team.team} declares {team.claimed_kg[DECLARED]} kg for emissions of {team.emissions_kg:.6g} kg; "
            f"{team.surplus_kg:.6g} kg of it cover nothing"
        )


def coverage_of(
    claims: Sequence[Claimed],
    emissions_kg_by_team: Mapping[str, float | Range],
    track: str,
    as_of: date,
    outside: Outside = NOTHING_BROUGHT,
) -> TrackCoverage:
    """What the claims cover of a track's emissions (kg CO2e by team, central or as a range), judged as of a day.

    Claims of other tracks count in what is allocated of a certificate, and cover nothing here. A team missing from
    `emissions_kg_by_team` has unknown emissions, never 0. `outside` is what the organizer brings beside the claims.
    """
    emissions = {team: kg if isinstance(kg, Range) else Range.exact(kg) for team, kg in emissions_kg_by_team.items()}
    found = examined(claims, as_of, outside=outside)
    rows = _rows(found, emissions, track, as_of, outside)
    teams = _teams(rows, emissions)
    gross = math.fsum(kg.central for kg in emissions.values())
    coverage = Coverage(**{level: _level(teams, level, gross) for level in LEVELS})
    own = tuple(_with_path(finding, track) for team in teams for finding in BOOK.examine(team))
    return TrackCoverage(
        track=track,
        as_of=as_of,
        gross_kg=gross,
        coverage=coverage,
        share_range={level: _share_range(teams, level, emissions.values()) for level in LEVELS},
        residual_kg=max(0.0, gross - coverage.registry_verified.kg),
        teams=teams,
        pooled_kg=_claimed(row for row in rows if row.team == POOL),
        surplus_kg=math.fsum(team.surplus_kg for team in teams),
        rows=rows,
        entries=tuple(_entry(holding) for holding in found.collection.holdings.values()),
        findings=(*found.findings, *own),
        examined=found,
    )


def floored_share(covered_kg: float, gross_kg: float) -> float | None:
    """The share, floored at 0.1 %; None where there is nothing to cover. 1.0 only where nothing is left uncovered."""
    if gross_kg <= 0:
        return None
    share = math.floor(Fraction(covered_kg) / Fraction(gross_kg) * 1000 + Fraction(1, 10**9)) / 1000
    return min(share, 0.999) if covered_kg < gross_kg else share


def _rows(
    found: Examined, emissions: Mapping[str, Range], track: str, as_of: date, outside: Outside
) -> tuple[CertificateRow, ...]:
    """One row per allocation to the track."""
    known = {*emissions, *_claimants(found)}
    rows = []
    for holding in found.collection.holdings.values():
        for (scope, period), stated in allocations_of(holding.copies).items():
            part = Allocation(scope_id=scope, kg=stated.kg, period=period)
            if part.track == track:
                resolution = decision_about(outside.resolutions, holding.certificate_id, scope)
                decision = None if resolution is None else resolution.decision
                reached = highest(climb(copy, found, as_of, decision) for copy in stated.copies)
                team = POOL if part.is_pooled else part.team(known)
                rows.append(_row(holding, part, team, reached, resolution))
    return tuple(rows)


def _row(
    holding: Holding, part: Allocation, team: str, reached: Climb, resolution: Resolution | None
) -> CertificateRow:
    settled = resolution is not None and resolution.decision != Decision.SEEN
    return CertificateRow(
        certificate_id=holding.certificate_id,
        programme=holding.copies[0].certificate.programme,
        team=team,
        scope_id=part.scope_id,
        quantity_kg=holding.quantity_kg,
        allocated_kg=part.kg,
        level=reached.level,
        list_matched=reached.list_matched,
        disputed=reached.is_disputed and not settled,
        held_by=reached.held_by,
        decision=None if resolution is None else _decided(resolution),
        rises=reached.rises,
    )


def _decided(resolution: Resolution) -> str:
    return f"{resolution.decision} by {resolution.by} on {resolution.on}: {resolution.why}"


def _claimants(found: Examined) -> Iterator[str]:
    for holding in found.collection.holdings.values():
        yield from (claim.team for claim in holding.claims if claim.team is not None)


def _teams(rows: Sequence[CertificateRow], emissions: Mapping[str, Range]) -> tuple[TeamCoverage, ...]:
    by_team: dict[str, list[CertificateRow]] = {team: [] for team in emissions}
    for row in rows:
        if row.team != POOL:
            by_team.setdefault(row.team, []).append(row)
    unknown = [team for team in by_team if team not in emissions][:MOST_HINTS]
    return tuple(
        TeamCoverage(
            team=team,
            emissions_kg=emissions[team].central if team in emissions else None,
            low_kg=emissions[team].low if team in emissions else None,
            high_kg=emissions[team].high if team in emissions else None,
            claimed_kg=_claimed(own),
            disputed_kg=sum(row.allocated_kg for row in own if row.disputed),
            faulty_kg=sum(row.allocated_kg for row in own if row.held_by),
            certificates=tuple(sorted({row.certificate_id for row in own})),
            largest_quantity_kg=max((row.quantity_kg for row in own), default=0),
            known_teams=tuple(emissions) if team in unknown else (),
        )
        for team, own in sorted(by_team.items())
    )


def _claimed(rows: Iterable[CertificateRow]) -> dict[str, int]:
    kg = dict.fromkeys(LEVELS, 0)
    for row in rows:
        for level in {*_INCLUDED[row.level], *([LIST_MATCHED] if row.list_matched else [])}:
            kg[level] += row.allocated_kg
    return kg


def _share_range(teams: Iterable[TeamCoverage], level: str, emissions: Iterable[Range]) -> tuple[float, float] | None:
    """The share of the emissions at their high bounds and at their low ones, where less is to be covered."""
    ranges, all_teams = list(emissions), list(teams)
    bounds = (
        (math.fsum(one.high for one in ranges), [team.covered_of(level, team.high_kg) for team in all_teams]),
        (math.fsum(one.low for one in ranges), [team.covered_of(level, team.low_kg) for team in all_teams]),
    )
    least, largest = (floored_share(math.fsum(kg), gross) for gross, kg in bounds)
    return None if least is None or largest is None else (min(least, largest), max(least, largest))


def _level(teams: Iterable[TeamCoverage], level: str, gross_kg: float) -> CoverageLevel:
    kg = math.fsum(team.covered_kg(level) for team in teams)
    return CoverageLevel(kg=kg, share=floored_share(kg, gross_kg))


def _entry(holding: Holding) -> dict[str, Any]:
    """A certificate as the organizer's inventory keeps it: what a later year needs to see a second use."""
    blocks = {
        (serial.key, block.start, block.end)
        for copy in holding.copies
        for _, reading in copy.readings
        if (serial := reading.serial) is not None and (block := reading.block) is not None
    }
    return {
        "id": holding.certificate_id,
        "programme": holding.copies[0].certificate.programme,
        "quantity_kg": holding.quantity_kg,
        "blocks": [{"overlap_key": key, "start": start, "end": end} for key, start, end in sorted(blocks)],
        "allocations": [
            {"scope_id": scope, "kg": stated.kg, "period": plain(period)}
            for (scope, period), stated in sorted(allocations_of(holding.copies).items(), key=lambda item: str(item[0]))
        ],
    }


def _with_path(finding: Finding, track: str) -> Finding:
    return Finding(finding.code, finding.severity, finding.message, Location(path=track))
