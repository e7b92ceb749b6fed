"""Bundles in, what counts out: each run's newest submission, each activity once, and what certificates cover."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from attrs import frozen

from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.checks.inventory import all_of_another_track, of_nobody
from neuclir_carbon.checks.taking_part import of_no_claim
from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.certificate import Claimed
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.letter import Fate, Received
from neuclir_carbon.model.outside import NOTHING_BROUGHT, Outside
from neuclir_carbon.model.quantities import Range, total
from neuclir_carbon.model.roster import Lists
from neuclir_carbon.model.submission import CERTIFICATES, Manifest, Submission
from neuclir_carbon.store.sources import bundles_at
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.choosing import Chosen, choose
from neuclir_carbon.workflow.covering import claims_of
from neuclir_carbon.workflow.examined import Examined
from neuclir_carbon.workflow.gathering import ALONE, Means, Progress, gathered, unshown


@frozen(kw_only=True)
class Collected:
    """What the bundles of a track come to.

    `submitted` counts all that was received; `chosen` is what counts of it; `received` are all bundles whose manifest
    could be read; `findings` are about all of them.
    """

    track: str
    submitted: int
    chosen: Chosen
    certified: TrackCoverage
    findings: tuple[Finding, ...]
    received: tuple[Received, ...] = ()

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """The submissions that count."""
        return self.chosen.submissions

    @property
    def activities(self) -> tuple[CountedActivity, ...]:
        """This year's activities, each once."""
        return self.chosen.activities


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
    withdrawn = frozenset(outside.lists.withdrawn)
    refused = {item.sha256 for _, item in found if item.sha256 is not None and item.submission is None}
    chosen = choose(sound, track, outside, refused=refused)
    certified = _coverage(chosen, track, as_of, outside)
    claims = {(row.certificate_id, row.scope_id) for row in certified.rows}
    return Collected(
        track=track,
        submitted=len(bundles),
        chosen=chosen,
        certified=certified,
        findings=_in_order(
            *missing,
            *all_of_another_track(_tracks(found, withdrawn), track),
            *of_nobody(_of_nobody(found, withdrawn)),
            *(finding for _, item in found if item.sha256 not in withdrawn for finding in _of_the_bundle(item)),
            *chosen.findings,
            *certified.findings,
            *of_no_claim(outside.resolutions, claims, track),
        ),
        received=tuple(_received(found, chosen.submissions, track, outside.lists)),
    )


def _tracks(found: Iterable[tuple[str, Examined]], withdrawn: Collection[str]) -> Mapping[str, str]:
    """Digest → the track that a bundle names, also of one that does not count."""
    return {
        item.sha256: item.manifest.track
        for _, item in found
        if item.manifest is not None and item.sha256 is not None and item.sha256 not in withdrawn
    }


def _of_nobody(found: Iterable[tuple[str, Examined]], withdrawn: Collection[str]) -> Mapping[str, str]:
    """Path → SHA-256 of each bundle that was read and in which no manifest can be, equal ones once."""
    nobody = {
        item.sha256: path
        for path, item in reversed(list(found))
        if item.sha256 is not None and item.manifest is None and item.sha256 not in withdrawn
    }
    return {path: sha256 for sha256, path in nobody.items()}


def _received(
    found: Iterable[tuple[str, Examined]], chosen: Sequence[Submission], track: str, lists: Lists
) -> Iterable[Received]:
    """Every bundle whose manifest could be read, with what became of it; of equal ones the one that counts."""
    counting = {submission.path for submission in chosen}
    revisions = {_run_of(one.manifest, lists): one.manifest.revision for one in chosen}
    told = {submission.sha256: submission.path for submission in chosen}
    withdrawn = frozenset(lists.withdrawn)
    for path, item in found:
        manifest = item.manifest
        if manifest is None or item.sha256 is None or told.setdefault(item.sha256, path) != path:
            continue
        if item.sha256 in withdrawn:
            fate = Fate.LEFT_OUT
        elif path in counting:
            fate = Fate.COUNTS
        elif manifest.track != track:
            fate = Fate.OTHER_TRACK
        elif not item.passed:
            fate = Fate.REJECTED
        else:
            same = revisions.get(_run_of(manifest, lists)) == manifest.revision
            fate = Fate.CONFLICTS if same else Fate.REPLACED
        yield Received(
            path=path, sha256=item.sha256, team=lists.roster.name_of(manifest.team), task=manifest.task,
            run_tag=manifest.run_tag, revision=manifest.revision, fate=fate,
        )  # fmt: skip


def _run_of(manifest: Manifest, lists: Lists) -> tuple[str, str, str]:
    return lists.roster.name_of(manifest.team), manifest.task, manifest.run_tag


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


def _coverage(chosen: Chosen, track: str, as_of: date, outside: Outside) -> TrackCoverage:
    kg: dict[str, list[Range]] = {}
    for activity in chosen.activities:
        if activity.emissions_kg_co2e is not None:
            kg.setdefault(activity.team, []).append(activity.emissions_kg_co2e)
    for activity in chosen.earlier:
        kg.setdefault(activity.team, [])  # known to be nothing this year, for its work counted earlier
    claims: list[Claimed] = []
    for submission in chosen.submissions:
        path = f"{submission.path}!{CERTIFICATES}"
        claims.extend(claims_of(submission.certificates, path, submission.manifest.team))
    return coverage_of(claims, {team: total(ranges) for team, ranges in sorted(kg.items())}, track, as_of, outside)
