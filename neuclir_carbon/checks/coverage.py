"""Coverage: how much of a track's emissions certificates cover, at which level of evidence.

Emissions stay gross; coverage stands beside them and is subtracted from nothing. A level means "at least this one":

declared            the reference follows its schema and allocates kg to the scope
documented          it has a document's SHA-256 or a well-formed registry address, and no error stands against it
serial_consistent   and its serials can be read, are the programme's, and hold the quantity
list_matched        a side branch out of documented: found in the CDM's public list; needs a registry file
registry_verified   its blocks lie within retired blocks of a registry file

No registry file is read here, so the last two are 0 kg. A claim with an error stays declared, in full: who disputes
a claim does not thereby take it away. What a team's certificates cover is capped at that team's emissions, so that
nobody covers for others in silence; allocations to `<track>/pool` are told apart and credited to no team.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.offset_claims import Copy, Holding, allocations_of
from neuclir_carbon.checks.offset_evidence import USUAL_NUMBERS
from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.offsets import Examined, examined
from neuclir_carbon.checks.registry_pages import registry_host
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.certificate import KG_PER_CREDIT, POOL, Allocation, Claimed
from neuclir_carbon.model.finding import Fault, Finding, Location, Severity
from neuclir_carbon.model.inventory import LEVELS, CertificateRow, Coverage, CoverageLevel
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.serial import Reading
from neuclir_carbon.serials.reading import accepts

DECLARED, DOCUMENTED, SERIAL_CONSISTENT, LIST_MATCHED, REGISTRY_VERIFIED = LEVELS
# What a level includes: list_matched is a side branch, above documented only.
_INCLUDED = {
    DECLARED: (DECLARED,),
    DOCUMENTED: (DECLARED, DOCUMENTED),
    SERIAL_CONSISTENT: (DECLARED, DOCUMENTED, SERIAL_CONSISTENT),
    LIST_MATCHED: (DECLARED, DOCUMENTED, LIST_MATCHED),
    REGISTRY_VERIFIED: (DECLARED, DOCUMENTED, SERIAL_CONSISTENT, REGISTRY_VERIFIED),
}
# Programmes that name no grammar: a serial of any programme may stand there.
ANY_SERIAL = frozenset({"retailer", "other"})
# Programmes whose retirements may have an id and a page, and no block of serials.
WITHOUT_BLOCKS = frozenset({"isometric", "puro"})
MANY_TIMES, MANY_KG = 100, 10_000
# Looking for near names costs time, and hostile input may name thousands of teams.
MOST_HINTS = 20


@frozen(kw_only=True)
class TeamCoverage:
    """One team's claims beside its emissions, in kg CO2e. Levels are uncapped; what counts is capped at the emissions.

    `emissions_kg` is None for a team that an allocation names and of which no emissions are known.
    """

    team: str
    emissions_kg: float | None
    claimed_kg: Mapping[str, int]
    disputed_kg: int
    certificates: tuple[str, ...]
    largest_quantity_kg: int
    known_teams: tuple[str, ...] = ()

    def covered_kg(self, level: str) -> float:
        """The kg that count at a level: what is claimed, up to the team's emissions."""
        return min(float(self.claimed_kg[level]), self.emissions_kg or 0.0)

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
    `pooled_kg` are allocations to the whole track by level, `surplus_kg` what teams declared beyond their emissions.
    `entries` are the certificates as an organizer's inventory keeps them for a later year.
    """

    track: str
    as_of: date
    gross_kg: float
    coverage: Coverage
    residual_kg: float
    teams: tuple[TeamCoverage, ...]
    pooled_kg: Mapping[str, int]
    surplus_kg: float
    rows: tuple[CertificateRow, ...]
    entries: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]


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
    claims: Sequence[Claimed], emissions_kg_by_team: Mapping[str, float], track: str, as_of: date
) -> TrackCoverage:
    """What the claims cover of a track's emissions (central, kg CO2e by team), judged as of a day.

    Claims of other tracks count in what is allocated of a certificate, and cover nothing here. A team missing from
    `emissions_kg_by_team` has unknown emissions, never 0.
    """
    found = examined(claims, as_of)
    rows, disputed = _rows(found, emissions_kg_by_team, track, as_of)
    teams = _teams(rows, disputed, emissions_kg_by_team)
    gross = math.fsum(emissions_kg_by_team.values())
    coverage = Coverage(**{level: _level(teams, level, gross) for level in LEVELS})
    own = tuple(_with_path(finding, track) for team in teams for finding in BOOK.examine(team))
    return TrackCoverage(
        track=track,
        as_of=as_of,
        gross_kg=gross,
        coverage=coverage,
        residual_kg=max(0.0, gross - coverage.registry_verified.kg),
        teams=teams,
        pooled_kg=_claimed(row for row in rows if row.team == POOL),
        surplus_kg=math.fsum(team.surplus_kg for team in teams),
        rows=rows,
        entries=tuple(_entry(holding) for holding in found.collection.holdings.values()),
        findings=(*found.findings, *own),
    )


def floored_share(covered_kg: float, gross_kg: float) -> float | None:
    """The share, floored at 0.1 %; None where there is nothing to cover. 1.0 only where nothing is left uncovered."""
    if gross_kg <= 0:
        return None
    share = math.floor(Fraction(covered_kg) / Fraction(gross_kg) * 1000 + Fraction(1, 10**9)) / 1000
    return min(share, 0.999) if covered_kg < gross_kg else share


def level_of(copy: Copy, found: Examined, as_of: date) -> str:
    """The level of evidence that one content of a certificate reaches offline."""
    if found.has_error(copy) or not _is_documented(copy):
        return DECLARED
    return SERIAL_CONSISTENT if _is_serial_consistent(copy, as_of) else DOCUMENTED


def _is_documented(copy: Copy) -> bool:
    certificate = copy.certificate
    if certificate.document is not None:
        return True
    return certificate.registry_url is not None and registry_host(certificate.registry_url) is not None


def _is_serial_consistent(copy: Copy, as_of: date) -> bool:
    """Whether the serials are readable, of the programme, and hold the quantity; or the retirement's id is in shape."""
    certificate = copy.certificate
    if certificate.programme in WITHOUT_BLOCKS and all(_is_an_id(reading) for _, reading in copy.readings):
        usual = USUAL_NUMBERS.get(certificate.programme)
        named = usual is not None and usual[0].fullmatch(certificate.certificate_id) is not None
        return (named or bool(copy.readings)) and certificate.registry_url is not None
    reference = Reference(certificate, as_of, copy.readings)
    own = all(
        certificate.programme in ANY_SERIAL or accepts(certificate.programme, serial) for _, serial in reference.serials
    )
    return own and reference.units is not None and reference.units * KG_PER_CREDIT >= certificate.quantity_kg


def _is_an_id(reading: Reading) -> bool:
    """Whether a serial is a well-formed id without a block."""
    return reading.is_valid and reading.serial is not None and reading.serial.start is None


def _rows(
    found: Examined, emissions: Mapping[str, float], track: str, as_of: date
) -> tuple[tuple[CertificateRow, ...], frozenset[tuple[str, str]]]:
    """One row per allocation to the track, and (certificate id, scope) of those against which an error stands."""
    known = {*emissions, *_claimants(found)}
    rows, disputed = [], set()
    for holding in found.collection.holdings.values():
        levels = {id(copy): level_of(copy, found, as_of) for copy in holding.copies}
        for (scope, period), stated in allocations_of(holding.copies).items():
            part = Allocation(scope_id=scope, kg=stated.kg, period=period)
            if part.track != track:
                continue
            if all(found.has_error(copy) for copy in stated.copies):
                disputed.add((holding.certificate_id, scope))
            rows.append(
                CertificateRow(
                    certificate_id=holding.certificate_id,
                    programme=stated.copies[0].certificate.programme,
                    team=POOL if part.is_pooled else part.team(known),
                    scope_id=scope,
                    quantity_kg=holding.quantity_kg,
                    allocated_kg=part.kg,
                    level=max((levels[id(copy)] for copy in stated.copies), key=LEVELS.index),
                )
            )
    return tuple(rows), frozenset(disputed)


def _claimants(found: Examined) -> Iterator[str]:
    for holding in found.collection.holdings.values():
        yield from (claim.team for claim in holding.claims if claim.team is not None)


def _teams(
    rows: Sequence[CertificateRow], disputed: frozenset[tuple[str, str]], emissions: Mapping[str, float]
) -> tuple[TeamCoverage, ...]:
    by_team: dict[str, list[CertificateRow]] = {team: [] for team in emissions}
    for row in rows:
        if row.team != POOL:
            by_team.setdefault(row.team, []).append(row)
    unknown = [team for team in by_team if team not in emissions][:MOST_HINTS]
    return tuple(
        TeamCoverage(
            team=team,
            emissions_kg=emissions.get(team),
            claimed_kg=_claimed(own),
            disputed_kg=sum(row.allocated_kg for row in own if (row.certificate_id, row.scope_id) in disputed),
            certificates=tuple(sorted({row.certificate_id for row in own})),
            largest_quantity_kg=max((row.quantity_kg for row in own), default=0),
            known_teams=tuple(emissions) if team in unknown else (),
        )
        for team, own in sorted(by_team.items())
    )


def _claimed(rows: Iterable[CertificateRow]) -> dict[str, int]:
    kg = dict.fromkeys(LEVELS, 0)
    for row in rows:
        for level in _INCLUDED[row.level]:
            kg[level] += row.allocated_kg
    return kg


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
