"""`aggregate`: all teams' bundles in, the track's inventory and the rows behind it out."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.checks import inventory as rules
from neuclir_carbon.checks import offsets, submissions
from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.checks.offsets import Claimed
from neuclir_carbon.errors import CarbonError, Unreadable
from neuclir_carbon.model.counting import counted, emissions, grouped, totals
from neuclir_carbon.model.finding import Counts, Finding, Location
from neuclir_carbon.model.inventory import (
    UNKNOWN,
    Answers,
    CountedActivity,
    Inventory,
    RunRow,
    TeamRow,
    TrackDetails,
)
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.quantities import NOTHING, Range, total
from neuclir_carbon.model.submission import SUFFIX, Submission
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.documents import read_bytes
from neuclir_carbon.store.tracks import LoadedTrack, load_track
from neuclir_carbon.workflow.auditing import Audit, audit
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.publication import publish

Progress = Callable[[Sequence[Path]], Iterable[Path]]
GROUPING_KEYS: Mapping[str, Callable[[CountedActivity], str]] = {
    "by_activity": lambda activity: activity.record.activity,
    "by_method": lambda activity: activity.record.method,
    "by_task": lambda activity: activity.task,
    "by_month": lambda activity: (activity.record.started_at or UNKNOWN)[:7],
    "by_place": lambda activity: (activity.record.grid.country if activity.record.grid else None) or UNKNOWN,
    "by_basis": lambda activity: activity.record.grid.basis if activity.record.grid else UNKNOWN,
    "by_data_year": lambda activity: str(
        (activity.record.grid.year if activity.record.grid else None) or UNKNOWN
    ),
    "by_team": lambda activity: activity.team,
}  # fmt: skip


@frozen(kw_only=True)
class Request:
    """What is aggregated: bundles or folders of bundles, the track, and what else the organizer brings."""

    sources: tuple[Path, ...]
    track: str
    as_of: date
    evaluation: tuple[Path, ...] = ()
    scores: Path | None = None
    min_group: int = 3


@frozen(kw_only=True)
class Aggregate:
    """The organizer's inventory with its rows, and the public document that is made from it."""

    inventory: Inventory
    details: TrackDetails
    public: Mapping[str, Any]


def aggregate(request: Request, progress: Progress = lambda paths: paths) -> Aggregate:
    """Reads every bundle, counts each activity once, and sums up. `Unreadable` when nothing at all could be read."""
    loaded = load_track(request.track)
    audits, unread = _audits(request.sources, loaded, progress)
    sound = [item.submission for item in audits if item.submission is not None]
    chosen, by_revision = rules.newest(sound, loaded.track.track)
    served, by_activity = rules.activities_once(chosen)
    activities = _counted(served)
    evaluation, by_evaluation = _evaluation(request.evaluation)
    scores = _scores(request.scores)
    claims = tuple(_claims(chosen))
    certified = _coverage(claims, activities, chosen, loaded.track.track, request.as_of)
    teams = tuple(_team_rows(chosen, activities, certified))
    findings = (
        *unread,
        *(finding for item in audits for finding in item.findings if not finding.code.startswith("OFF")),
        *by_revision,
        *by_activity,
        *by_evaluation,
        *rules.near_names(team.team for team in teams),
        *offsets.examine(claims, request.as_of),
    )
    details = TrackDetails(
        teams=teams,
        runs=tuple(_run_rows(chosen, activities, scores)),
        activities=activities,
        certificates=certified.certificates,
        findings=findings,
    )
    inventory = evolve(
        _inventory(request, details, certified, evaluation),
        track=loaded.track.track,
        submissions=len(audits) + len(unread),
        certificates=tuple(_certificate_documents(chosen)),
    )
    public = publish(inventory, activities, teams, GROUPING_KEYS, min_group=request.min_group)
    return Aggregate(inventory=evolve(inventory, published=public), details=details, public=public)


def bundle_paths(sources: Iterable[Path]) -> tuple[list[Path], list[Finding]]:
    """The bundles that sources name, sorted; a folder gives every `*.crate.zip` in it. Findings on missing ones."""
    paths: list[Path] = []
    findings = []
    for source in sources:
        if source.is_dir():
            inside = sorted(source.rglob(f"*{SUFFIX}"))
            paths.extend(inside)
            if not inside:
                text = f"is a folder without bundles (*{SUFFIX})"
                findings.append(submissions.NOT_READ.reported(text, Location(path=str(source))))
        else:
            paths.append(source)
    return sorted(set(paths)), findings


def _audits(
    sources: Sequence[Path], loaded: LoadedTrack, progress: Progress
) -> tuple[tuple[Audit, ...], tuple[Finding, ...]]:
    paths, findings = bundle_paths(sources)
    audits = []
    for path in progress(paths):
        try:
            audits.append(audit(path, loaded))
        except CarbonError as error:
            findings.append(submissions.NOT_READ.reported(str(error), Location(path=str(path))))
    if not audits:
        reasons = "; ".join(finding.message for finding in findings[:5]) or "no source was given"
        raise Unreadable(f"no bundle could be read: {reasons}")
    return tuple(audits), tuple(findings)


def _counted(served: Sequence[rules.Served]) -> tuple[CountedActivity, ...]:
    """Every activity as it counts, with the tasks and runs of its team's submissions that carry it."""
    by_team: dict[str, list[rules.Served]] = defaultdict(list)
    for item in served:
        by_team[item.team].append(item)
    found = []
    for team in sorted(by_team):
        carriers = {item.record.record_id: item.submissions for item in by_team[team]}
        for activity in counted((item.record for item in by_team[team]), team=team):
            manifests = [submission.manifest for submission in carriers[activity.record.record_id]]
            tasks = tuple(sorted({manifest.task for manifest in manifests}))
            tags = tuple(sorted({manifest.run_tag for manifest in manifests}))
            found.append(evolve(activity, tasks=tasks, run_tags=tags))
    return tuple(found)


def _evaluation(ledgers: Sequence[Path]) -> tuple[Range | None, tuple[Finding, ...]]:
    """The organizers' own compute, kg CO2e; None when no ledger was given."""
    if not ledgers:
        return None, ()
    ledger = open_ledgers(*ledgers)
    return totals(counted(ledger.records)).emissions_kg_co2e, ledger.findings


def _claims(chosen: Iterable[Submission]) -> Iterable[Claimed]:
    for submission in chosen:
        for certificate in submission.certificates:
            yield Claimed(certificate=certificate, path=submission.path, team=submission.manifest.team)


def _coverage(
    claims: Sequence[Claimed],
    activities: Sequence[CountedActivity],
    chosen: Iterable[Submission],
    track: str,
    as_of: date,
) -> TrackCoverage:
    kg: dict[str, list[float]] = {submission.manifest.team: [] for submission in chosen}
    for activity in activities:
        kg[activity.team].append((activity.emissions_kg_co2e or NOTHING).central)
    return coverage_of(claims, {team: math.fsum(values) for team, values in kg.items()}, track, as_of)


def _team_rows(
    chosen: Sequence[Submission], activities: Sequence[CountedActivity], certified: TrackCoverage
) -> Iterable[TeamRow]:
    declared = {row.team: row.declared_kg for row in certified.teams}
    for team in sorted({submission.manifest.team for submission in chosen}):
        own = [activity for activity in activities if activity.team == team]
        runs = [submission for submission in chosen if submission.manifest.team == team]
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


def _run_rows(
    chosen: Sequence[Submission], activities: Sequence[CountedActivity], scores: Mapping[str, Mapping[str, float]]
) -> Iterable[RunRow]:
    """Each run with its equal share of every activity that it is served by."""
    shares: dict[tuple[str, str], list[Range]] = defaultdict(list)
    runs: dict[tuple[str, str], int] = defaultdict(int)
    for submission in chosen:
        runs[submission.manifest.team, submission.manifest.run_tag] += 1
    for activity in activities:
        keys = [(activity.team, tag) for tag in activity.run_tags]
        for key in keys:
            part = 1 / (len(keys) * runs[key])
            shares[key].append((activity.emissions_kg_co2e or NOTHING).times(part))
    for submission in chosen:
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


def _inventory(
    request: Request, details: TrackDetails, certified: TrackCoverage, evaluation: Range | None
) -> Inventory:
    """The sums over the rows; what the rows do not tell is filled in by the caller."""
    whole = totals(details.activities)
    groups = {name: grouped(details.activities, key) for name, key in GROUPING_KEYS.items()}
    return Inventory(
        track=request.track,
        teams=len(details.teams),
        runs=len(details.runs),
        submissions=len(details.runs),
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
        coverage=certified.coverage,
        residual_kg=certified.residual_kg,
        evaluation=evaluation,
        total_with_evaluation_kg_co2e=None if evaluation is None else total([whole.emissions_kg_co2e, evaluation]),
        answers=Answers(
            tracked=sum(team.tracked for team in details.teams),
            offset=len({row.team for row in details.certificates}),
            unanswered=0,
        ),
        as_of=request.as_of.isoformat(),
        findings=Counts.of(details.findings),
        record_digests=tuple(sorted(str(activity.record.record_sha256) for activity in details.activities)),
        team_values=tuple(
            {"team": team.team, "emissions_kg_co2e": plain(team.emissions_kg_co2e), "it_energy_kwh": team.it_energy_kwh}
            for team in details.teams
        ),
        tool=THIS_TOOL,
    )


def _certificate_documents(chosen: Iterable[Submission]) -> Iterable[Mapping[str, Any]]:
    """Each certificate once, with its serial blocks: what a later year's aggregate must know of it."""
    once = {
        (item.programme, item.certificate_id, format_json(item)): item
        for submission in chosen
        for item in submission.certificates
    }
    for _, item in sorted(once.items(), key=lambda pair: pair[0]):
        yield {
            "certificate_id": item.certificate_id,
            "programme": item.programme,
            "blocks": [plain(block) for block in offsets.blocks_of(item)],
            "quantity_kg": item.quantity_kg,
            "allocations": plain(item.allocations),
        }
