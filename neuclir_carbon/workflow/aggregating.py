"""`aggregate`: all teams' bundles in, the track's inventory and the rows behind it out."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.checks.evidence_ladder import DECLARED
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.counting import GROUPING_KEYS, counted, emissions, grouped, totals
from neuclir_carbon.model.finding import Counts, Finding
from neuclir_carbon.model.inventory import (
    Answers,
    Inventory,
    RunRow,
    TeamRow,
    TrackDetails,
)
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.letter import TeamLetter
from neuclir_carbon.model.quantities import NOTHING, Range, total
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.files import read_bytes
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.bringing import brought
from neuclir_carbon.workflow.collecting import Collected, collect
from neuclir_carbon.workflow.gathering import ALONE, Means, Progress, unshown
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.lettering import team_letters
from neuclir_carbon.workflow.publication import publish


@frozen(kw_only=True)
class Request:
    """What is aggregated: bundles, folders of bundles or addresses of stores, the track, and what else the organizer
    brings."""

    sources: tuple[str | Path, ...]
    track: str
    as_of: date
    evaluation: tuple[Path, ...] = ()
    scores: Path | None = None
    min_group: int = 3
    registry: tuple[Path, ...] = ()
    earlier: tuple[Path, ...] = ()
    resolutions: tuple[Path, ...] = ()
    means: Means = ALONE


@frozen(kw_only=True)
class Aggregate:
    """The organizer's inventory with its rows, the public document that is made from it, and each team's letter."""

    inventory: Inventory
    details: TrackDetails
    public: Mapping[str, Any]
    letters: tuple[TeamLetter, ...] = ()


def aggregate(request: Request, progress: Progress = unshown) -> Aggregate:
    """Reads every bundle, counts each activity once, and sums up. `Unreadable` when nothing at all could be read."""
    loaded = load_track(request.track)
    scores = _scores(request.scores)
    evaluation, by_evaluation = _evaluation(request.evaluation)
    with brought(request.registry, request.earlier, request.resolutions) as outside:
        collected = collect(request.sources, loaded, request.as_of, progress, outside=outside, means=request.means)
    details = TrackDetails(
        teams=tuple(_team_rows(collected)),
        runs=tuple(_run_rows(collected, scores)),
        activities=collected.activities,
        certificates=collected.certified.rows,
        findings=(*collected.findings, *by_evaluation),
    )
    inventory = _inventory(collected, details, request.as_of, evaluation)
    public = publish(inventory, collected.activities, collected.certified.teams, min_group=request.min_group)
    letters = team_letters(collected, request.as_of.isoformat())
    return Aggregate(inventory=evolve(inventory, published=public), details=details, public=public, letters=letters)


def _evaluation(ledgers: Sequence[Path]) -> tuple[Range | None, tuple[Finding, ...]]:
    """The organizers' own compute, kg CO2e; None when no ledger was given."""
    if not ledgers:
        return None, ()
    ledger = open_ledgers(*ledgers)
    return totals(counted(ledger.records)).emissions_kg_co2e, ledger.findings


def _team_rows(collected: Collected) -> Iterable[TeamRow]:
    declared = {row.team: float(row.claimed_kg[DECLARED]) for row in collected.certified.teams}
    for team in sorted({submission.manifest.team for submission in collected.submissions}):
        own = [activity for activity in collected.activities if activity.team == team]
        runs = [submission for submission in collected.submissions if submission.manifest.team == team]
        yield TeamRow(
            team=team,
            submissions=len(runs),
            runs=len({submission.manifest.run_tag for submission in runs}),
            activities=len(own),
            emissions_kg_co2e=emissions(own),
            it_energy_kwh=math.fsum(activity.it_energy_kwh or 0.0 for activity in own),
            tracked=any(submission.manifest.tracked for submission in runs),
            declared_kg=declared.get(team, 0.0),
        )


def _bringers(collected: Collected) -> set[str]:
    """The teams that brought a certificate for the track. Whom an allocation names proves nothing: it can be anyone."""
    return {
        submission.manifest.team
        for submission in collected.submissions
        for certificate in submission.certificates
        if any(part.track == collected.track for part in certificate.allocations)
    }


def _run_rows(collected: Collected, scores: Mapping[str, Mapping[str, float]]) -> Iterable[RunRow]:
    """Each run with its equal share of every activity that it is served by."""
    shares: dict[tuple[str, str], list[Range]] = defaultdict(list)
    runs: dict[tuple[str, str], int] = defaultdict(int)
    for submission in collected.submissions:
        runs[submission.manifest.team, submission.manifest.run_tag] += 1
    for activity in collected.activities:
        keys = [(activity.team, tag) for tag in activity.run_tags]
        for key in keys:
            part = 1 / (len(keys) * runs[key])
            shares[key].append((activity.emissions_kg_co2e or NOTHING).times(part))
    for submission in collected.submissions:
        manifest = submission.manifest
        yield RunRow(
            run_tag=manifest.run_tag,
            team=manifest.team,
            task=manifest.task,
            bundle=submission.path,
            sha256=submission.sha256,
            passed=bool(submission.verdict["passed"]),
            tracked=manifest.tracked,
            share_kg_co2e=total(shares[manifest.team, manifest.run_tag]),
            scores=scores.get(manifest.run_tag, {}),
        )


def _scores(path: Path | None) -> Mapping[str, Mapping[str, float]]:
    """run tag → measure → value, from a CSV with the columns run_tag, measure, value."""
    if path is None:
        return {}
    found: dict[str, dict[str, float]] = defaultdict(dict)
    try:
        reader = csv.DictReader(io.StringIO(read_bytes(path).decode("utf-8-sig")))
        missing = {"run_tag", "measure", "value"} - set(reader.fieldnames or ())
        if missing:
            raise Unreadable(f"{path} lacks the columns {', '.join(sorted(missing))}")
        for row in reader:
            value = float(row["value"])
            if not math.isfinite(value):
                raise ValueError(row["value"])
            found[row["run_tag"]][row["measure"]] = value
    except (ValueError, TypeError, csv.Error) as error:
        raise Unreadable(f"{path} is not a table of run_tag, measure and a number: {error}") from None
    return found


def _inventory(collected: Collected, details: TrackDetails, as_of: date, evaluation: Range | None) -> Inventory:
    whole = totals(details.activities)
    groups = {name: grouped(details.activities, key) for name, key in GROUPING_KEYS.items()}
    return Inventory(
        track=collected.track,
        teams=len(details.teams),
        runs=len(details.runs),
        submissions=collected.submitted,
        activities=len(details.activities),
        emissions_kg_co2e=whole.emissions_kg_co2e,
        operational_kg_co2e=whole.operational_kg_co2e,
        embodied_kg_co2e=whole.embodied_kg_co2e,
        records_without_embodied=whole.records_without_embodied,
        records_without_emissions=whole.records_without_emissions,
        it_energy_kwh=whole.it_energy_kwh,
        facility_energy_kwh=whole.facility_energy_kwh,
        by_activity=groups["by_activity"],
        by_method=groups["by_method"],
        by_task=groups["by_task"],
        by_month=groups["by_month"],
        by_place=groups["by_place"],
        by_basis=groups["by_basis"],
        by_data_year=groups["by_data_year"],
        by_team=groups["by_team"],
        coverage=collected.certified.coverage,
        residual_kg=collected.certified.residual_kg,
        evaluation=evaluation,
        total_with_evaluation_kg_co2e=None if evaluation is None else total([whole.emissions_kg_co2e, evaluation]),
        answers=Answers(
            tracked=sum(bool(team.tracked) for team in details.teams),
            offset=len(_bringers(collected)),
            unanswered=0,
        ),
        as_of=as_of.isoformat(),
        findings=Counts.of(details.findings),
        certificates=collected.certified.entries,
        record_digests=tuple(sorted(str(activity.record.record_sha256) for activity in details.activities)),
        team_values=tuple(
            {"team": team.team, "emissions_kg_co2e": plain(team.emissions_kg_co2e), "it_energy_kwh": team.it_energy_kwh}
            for team in details.teams
        ),
        tool=THIS_TOOL,
    )
