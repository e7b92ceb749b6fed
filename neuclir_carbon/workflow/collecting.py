"""Bundles in, what counts out: each run's newest submission, each activity once, and what certificates cover."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from attrs import evolve, frozen

from neuclir_carbon.checks import inventory as rules
from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.certificate import Claimed
from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.letter import Fate, Received
from neuclir_carbon.model.outside import NOTHING_BROUGHT, Outside
from neuclir_carbon.model.quantities import NOTHING, Range, total
from neuclir_carbon.model.submission import CERTIFICATES, Submission
from neuclir_carbon.store.sources import bundles_at
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.covering import claims_of
from neuclir_carbon.workflow.examining import Examined
from neuclir_carbon.workflow.gathering import ALONE, Means, Progress, gathered, unshown


@frozen(kw_only=True)
class Collected:
    """What the bundles of a track come to.

    `submitted` counts all that was received; `submissions` are those that count; `received` are all whose manifest
    could be read; `findings` are about all of them.
    """

    track: str
    submitted: int
    submissions: tuple[Submission, ...]
    activities: tuple[CountedActivity, ...]
    certified: TrackCoverage
    findings: tuple[Finding, ...]
    received: tuple[Received, ...] = ()


def collect(
    sources: Sequence[str | Path],
    published: LoadedTrack | None,
    as_of: date,
    progress: Progress = unshown,
    *,
    outside: Outside = NOTHING_BROUGHT,
    means: Means = ALONE,
) -> Collected:
    """Reads every bundle that sources name. Without `published`, the track is the one that all of them name.
    Certificates are examined beside what the organizer brought from outside.

    `Unreadable` when nothing at all could be read.
    """
    bundles, missing = bundles_at(sources)
    found = gathered(bundles, published, means, progress)
    _refuse_nothing(found, missing)
    sound = [item.submission for _, item in found if item.submission is not None]
    track = published.track.track if published else _common_track(sound)
    chosen, by_revision = rules.newest(sound, track)
    served, by_activity = rules.activities_once(chosen)
    activities = _counted(served)
    certified = _coverage(chosen, activities, track, as_of, outside)
    return Collected(
        track=track,
        submitted=len(bundles),
        submissions=chosen,
        activities=activities,
        certified=certified,
        findings=_in_order(
            *missing,
            *(finding for _, item in found for finding in _of_the_bundle(item)),
            *by_revision,
            *by_activity,
            *rules.near_names({submission.manifest.team for submission in chosen}),
            *certified.findings,
        ),
        received=tuple(_received(found, chosen, track)),
    )


def _received(found: Iterable[tuple[str, Examined]], chosen: Sequence[Submission], track: str) -> Iterable[Received]:
    """Every bundle whose manifest could be read, with what became of it; of equal ones the one that counts."""
    counting = {submission.path for submission in chosen}
    equal = {submission.sha256 for submission in chosen}
    for path, item in found:
        manifest = item.manifest
        if manifest is None or item.sha256 is None or (item.sha256 in equal and path not in counting):
            continue
        sound = item.passed and manifest.track == track
        fate = Fate.COUNTS if path in counting else Fate.REPLACED if sound else Fate.REJECTED
        yield Received(
            path=path, sha256=item.sha256, team=manifest.team, task=manifest.task, run_tag=manifest.run_tag,
            revision=manifest.revision, fate=fate,
        )  # fmt: skip


def _in_order(*findings: Finding) -> tuple[Finding, ...]:
    """The findings by file and place in it, whatever order the sources were given in."""

    def place(finding: Finding) -> tuple[str, int, str, str, str]:
        at = finding.location
        return at.path or "", at.line or 0, at.pointer or "", finding.code, finding.message

    return tuple(sorted(findings, key=place))


def _refuse_nothing(found: Sequence[tuple[str, Examined]], missing: Sequence[Finding]) -> None:
    """`Unreadable` when no bundle at all could be read, with the first reasons."""
    if all(item.unread is not None for _, item in found):
        findings = [*missing, *(finding for _, item in found for finding in item.findings)]
        reasons = "; ".join(f"{finding.location} {finding.message}" for finding in findings[:5])
        raise Unreadable(f"no bundle could be read: {reasons}")


def _of_the_bundle(item: Examined) -> Iterable[Finding]:
    """A bundle's findings; of one that counts without those on its certificates, which are examined with all others."""
    return (finding for finding in item.findings if not (item.passed and finding.code.startswith("OFF")))


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
        carriers = {item.record.record_id: item.submissions for item in by_team[team] if item.counts}
        for activity in counted((item.record for item in by_team[team]), team=team):
            if activity.record.record_id not in carriers:
                continue
            manifests = [submission.manifest for submission in carriers[activity.record.record_id]]
            tasks = tuple(sorted({manifest.task for manifest in manifests}))
            tags = tuple(sorted({manifest.run_tag for manifest in manifests}))
            found.append(evolve(activity, tasks=tasks, run_tags=tags))
    return tuple(found)


def _coverage(
    chosen: Sequence[Submission], activities: Sequence[CountedActivity], track: str, as_of: date, outside: Outside
) -> TrackCoverage:
    kg: dict[str, list[Range]] = {submission.manifest.team: [] for submission in chosen}
    for activity in activities:
        kg[activity.team].append(activity.emissions_kg_co2e or NOTHING)
    claims: list[Claimed] = []
    for submission in chosen:
        path = f"{submission.path}!{CERTIFICATES}"
        claims.extend(claims_of(submission.certificates, path, submission.manifest.team))
    return coverage_of(claims, {team: total(ranges) for team, ranges in kg.items()}, track, as_of, outside)
