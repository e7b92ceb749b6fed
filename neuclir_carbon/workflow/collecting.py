"""Bundles in, what counts out: each run's newest submission, each activity once, and what certificates cover."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from attrs import evolve, frozen

from neuclir_carbon.checks import inventory as rules
from neuclir_carbon.checks import submissions
from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.errors import BadOption, CarbonError, Unreadable
from neuclir_carbon.model.certificate import Claimed
from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.quantities import NOTHING
from neuclir_carbon.model.submission import CERTIFICATES, SUFFIX, Submission
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.auditing import Audit, audit
from neuclir_carbon.workflow.covering import claims_of

Progress = Callable[[Sequence[Path]], Iterable[Path]]


@frozen(kw_only=True)
class Collected:
    """What the bundles of a track come to.

    `submitted` counts all that was received; `submissions` are those that count; `findings` are about all of them.
    """

    track: str
    submitted: int
    submissions: tuple[Submission, ...]
    activities: tuple[CountedActivity, ...]
    certified: TrackCoverage
    findings: tuple[Finding, ...]


def collect(
    sources: Sequence[Path], published: LoadedTrack | None, as_of: date, progress: Progress = lambda paths: paths
) -> Collected:
    """Reads every bundle that sources name. Without `published`, the track is the one that all of them name.

    `Unreadable` when nothing at all could be read.
    """
    audits, unread = _audits(sources, published, progress)
    sound = [item.submission for item in audits if item.submission is not None]
    track = published.track.track if published else _common_track(sound)
    chosen, by_revision = rules.newest(sound, track)
    served, by_activity = rules.activities_once(chosen)
    activities = _counted(served)
    certified = _coverage(chosen, activities, track, as_of)
    return Collected(
        track=track,
        submitted=len(audits) + len(unread),
        submissions=chosen,
        activities=activities,
        certified=certified,
        findings=(
            *unread,
            *(finding for item in audits for finding in item.findings if not finding.code.startswith("OFF")),
            *by_revision,
            *by_activity,
            *rules.near_names({submission.manifest.team for submission in chosen}),
            *certified.findings,
        ),
    )


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
    sources: Sequence[Path], published: LoadedTrack | None, progress: Progress
) -> tuple[tuple[Audit, ...], tuple[Finding, ...]]:
    paths, findings = bundle_paths(sources)
    audits = []
    for path in progress(paths):
        try:
            audits.append(audit(path, published))
        except CarbonError as error:
            findings.append(submissions.NOT_READ.reported(str(error), Location(path=str(path))))
    if not audits:
        reasons = "; ".join(f"{finding.location} {finding.message}" for finding in findings[:5])
        raise Unreadable(f"no bundle could be read: {reasons}")
    return tuple(audits), tuple(findings)


def _common_track(submissions: Iterable[Submission]) -> str:
    named = sorted({submission.manifest.track for submission in submissions})
    if len(named) > 1:
        raise BadOption(f"the bundles are of several tracks ({', '.join(named)[:200]}); say which with --track")
    return named[0] if named else "unknown"


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


def _coverage(
    chosen: Sequence[Submission], activities: Sequence[CountedActivity], track: str, as_of: date
) -> TrackCoverage:
    kg: dict[str, list[float]] = {submission.manifest.team: [] for submission in chosen}
    for activity in activities:
        kg[activity.team].append((activity.emissions_kg_co2e or NOTHING).central)
    claims: list[Claimed] = []
    for submission in chosen:
        path = f"{submission.path}!{CERTIFICATES}"
        claims.extend(claims_of(submission.certificates, path, submission.manifest.team))
    return coverage_of(claims, {team: math.fsum(values) for team, values in kg.items()}, track, as_of)
