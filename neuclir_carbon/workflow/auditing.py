"""`verify`: a stranger's bundle, looked at as an organizer would, without unpacking anything to disk."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, frozen

from neuclir_carbon.checks import bundle_members, documents, offsets, submissions
from neuclir_carbon.checks.tracks import may_be_slow
from neuclir_carbon.errors import CarbonError
from neuclir_carbon.model import submission as names
from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.record import SCHEMA as RECORD_SCHEMA
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import TRACK_SCHEMA, Contents, Manifest, WholeSubmission
from neuclir_carbon.model.times import parse_time
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.model.track import Track
from neuclir_carbon.resources import track_paths
from neuclir_carbon.store.archives import Archive, digest_of, open_archive, read_of_refused
from neuclir_carbon.store.certificates import parse_certificates
from neuclir_carbon.store.documents import Parsed, parse_document, structured
from neuclir_carbon.store.ledger import judged
from neuclir_carbon.store.tracks import LoadedTrack, load_track, parse_track
from neuclir_carbon.workflow.covering import claims_of
from neuclir_carbon.workflow.members import derived_members
from neuclir_carbon.workflow.signed import signature_findings
from neuclir_carbon.workflow.stated import stated_numbers
from neuclir_carbon.workflow.validating import judge_run

Value = TypeVar("Value")
_TRACK_KEPT_BYTES = 1024 * 1024


@frozen(kw_only=True)
class Audit:
    """What came of one bundle: its content when it may be used (no error), and every finding.

    `manifest` and `sha256` are kept of a bundle with errors too, as far as they could be read.
    """

    path: Path
    submission: WholeSubmission | None
    findings: tuple[Finding, ...]
    manifest: Manifest | None = None
    sha256: str | None = None

    @property
    def passed(self) -> bool:
        return self.submission is not None


def audit(path: Path, published: LoadedTrack | None = None, *, allowed_signers: Path | None = None) -> Audit:
    """Everything that can be found out about one bundle, all findings at once.

    `published` is the organizer's own track schema; without it a known track of the same id and version is taken.
    `allowed_signers` is a list as ssh-keygen(1) describes it, with teams' names as principals; with it every bundle
    must be signed by its team. `Unreadable` when the file is missing or can't be read.
    """
    opened = open_archive(path)
    if opened.value is None:
        manifest = _manifest_of_refused(path)
        return Audit(path=path, submission=None, findings=opened.findings, manifest=manifest)
    archive = opened.value
    reader = _Reader(archive)
    texts = reader.texts()
    manifest = reader.document(names.MANIFEST, names.SCHEMA, Manifest)
    reader.findings.extend(signature_findings(archive, manifest.team if manifest else None, allowed_signers))
    records = reader.records()
    certificates = reader.taken(parse_certificates(archive.read(names.CERTIFICATES), names.CERTIFICATES))
    track = reader.taken(_track_of(archive.read(TRACK_SCHEMA)))
    verdict = reader.raw(names.VERDICT, "verdict/1")
    if manifest is None or records is None or certificates is None or track is None or verdict is None:
        return Audit(
            path=path, submission=None, findings=_inside(path, reader.findings), manifest=manifest,
            sha256=archive.sha256,
        )  # fmt: skip
    contents, notes = _contents(
        archive, manifest, records, verdict=verdict, track=track, published=published, texts=texts
    )
    found = [*reader.findings, *notes, *submissions.BOOK.examine(contents)]
    found.extend(_claims_findings(manifest, certificates))
    found.extend(_honest_warnings(manifest, verdict))
    fatal = any(finding.severity is Severity.ERROR and not finding.code.startswith("OFF") for finding in found)
    submission = WholeSubmission(
        path=str(path), sha256=archive.sha256, manifest=manifest, records=records,
        certificates=certificates, verdict=verdict, track=track,
    )  # fmt: skip
    return Audit(
        path=path, submission=None if fatal else submission, findings=_inside(path, found), manifest=manifest,
        sha256=archive.sha256,
    )  # fmt: skip


def _manifest_of_refused(path: Path) -> Manifest | None:
    """The manifest of an archive that is damaged or no bundle's, so that its team can be told; None if it is not whole.

    It says as little for certain as any stranger's manifest does: nothing of the bundle is used.
    """
    data = read_of_refused(path, names.MANIFEST)
    return None if data is None else parse_document(names.SCHEMA, Manifest, data, names.MANIFEST).value


class _Reader:
    """Reads an archive's documents and keeps what is wrong with them."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.findings: list[Finding] = []

    def taken(self, parsed: Parsed[Value]) -> Value | None:
        self.findings.extend(parsed.findings)
        return parsed.value

    def document(self, name: str, kind: str, cls: type[Value]) -> Value | None:
        return self.taken(parse_document(kind, cls, self.archive.read(name), name))

    def texts(self) -> bundle_members.Texts:
        """The members that no schema describes, as far as they were examined; their faults are kept."""
        texts = bundle_members.Texts(
            digests=tuple(member.digest for member in self.archive.members),
            digests_text=self.archive.read(names.DIGESTS),
            crate=self.archive.read(names.CRATE),
            ir_metadata=self.archive.read(names.IR_METADATA),
            readme=self.archive.read(names.README),
        )
        self.findings.extend(bundle_members.BOOK.examine(texts))
        return texts

    def raw(self, name: str, kind: str) -> Mapping[str, Any] | None:
        value, findings = documents.examine_bytes(kind, self.archive.read(name))
        self.findings.extend(finding.inside(name) for finding in findings)
        return value if isinstance(value, dict) else None

    def records(self) -> tuple[ActivityRecord, ...] | None:
        """All records, or None when one of them is not right."""
        values, findings = documents.examine_each(
            RECORD_SCHEMA, self.archive.read(names.ACTIVITIES), lambda value: structured(value, ActivityRecord)
        )
        self.findings.extend(finding.inside(names.ACTIVITIES) for finding in findings)
        if values is None:
            return None
        are_sound = True
        for value in values:
            item = judged(Parsed(value), names.ACTIVITIES)
            self.findings.extend(item.findings)
            are_sound = are_sound and item.value is not None
        return tuple(values) if are_sound else None


def _track_of(raw: bytes) -> Parsed[Track]:
    """The track in a bundle: nearly all of a track's bundles carry the same bytes, which are examined once."""
    return _track_once(raw) if len(raw) <= _TRACK_KEPT_BYTES else parse_track(raw, TRACK_SCHEMA)


@lru_cache(maxsize=4)
def _track_once(raw: bytes) -> Parsed[Track]:
    return parse_track(raw, TRACK_SCHEMA)


def _contents(
    archive: Archive,
    manifest: Manifest,
    records: tuple[ActivityRecord, ...],
    *,
    verdict: Mapping[str, Any],
    track: Track,
    published: LoadedTrack | None,
    texts: bundle_members.Texts,
) -> tuple[Contents, list[Finding]]:
    """What the bundle holds beside what it should hold, and what was found on the way."""
    digests = tuple(member.digest for member in archive.members)
    judging, notes = _rules_to_judge_by(archive, manifest, track, published)
    judged_again = verdict
    if judging is not None:
        try:
            judged_again = _judged_again(archive, digests[0].path, manifest, judging)
        except CarbonError as error:
            notes.append(submissions.INVALID_TASK.reported(str(error), Location(names.MANIFEST, pointer="/task")))
    wanted: dict[str, str] = {}
    if manifest.tool == THIS_TOOL:
        derived = derived_members(evolve(manifest, files=()), records, manifest.files)
        wanted = {name: digest_of(source).sha256 for name, source in derived.items()}
    return Contents(
        digests=digests, manifest=manifest, records=records, verdict=verdict, judged=judged_again, track=track,
        wanted=wanted, stated=stated_numbers(texts, records),
    ), notes  # fmt: skip


def _rules_to_judge_by(
    archive: Archive, manifest: Manifest, track: Track, published: LoadedTrack | None
) -> tuple[Track | None, list[Finding]]:
    """The track under which the run is judged again, and what is to be said about it.

    A stranger's own track schema may hold expressions that never come to an end: it is taken only where they surely do.
    """
    where = Location(TRACK_SCHEMA)
    if published is not None and track.track != published.track.track:
        return None, [submissions.OTHER_TRACK.reported(_other_track(track, published), where)]
    known = published or _known_track(track)
    if known is not None:
        if archive.read(TRACK_SCHEMA) == known.raw:
            return known.track, []
        text = f"differs from the published schema of {known.track.track} version {known.track.version}"
        return known.track, [submissions.OTHER_TRACK.reported(text, where)]
    task = track.tasks.get(manifest.task)
    quick = task is None or not may_be_slow(task)
    judged = "the run was judged under the bundle's own" if quick else "the run was not judged again"
    text = f"track '{track.track}' version {track.version} is not known here, so {judged}; give its schema with --track"
    return track if quick else None, [submissions.UNKNOWN_TRACK.reported(text, where)]


def _other_track(track: Track, published: LoadedTrack) -> str:
    wanted = published.track.track
    meant = f"if it is meant for this one, make it with --track {wanted}, else send it to the organizers of that one"
    return f"is of track '{track.track[:200]}', wanted '{wanted}'; {meant}"


def _judged_again(archive: Archive, run: str, manifest: Manifest, track: Track) -> Mapping[str, Any]:
    with archive.open(run) as stream:
        verdict = judge_run(stream, name=run, track=track, task=manifest.task, run_tag=run)
    document = verdict.document()
    document["run"]["path"] = run
    return document


def _known_track(track: Track) -> LoadedTrack | None:
    """The packaged schema of this track and version. The id is a stranger's text: it is looked up, never opened."""
    if track.track not in dict(track_paths()):
        return None
    loaded = load_track(track.track)
    return loaded if loaded.track.version == track.version else None


def _claims_findings(manifest: Manifest, certificates: Sequence[Certificate]) -> tuple[Finding, ...]:
    """What is wrong with the bundle's certificates as of the day it was made; nothing where that is no day."""
    try:
        as_of = parse_time(manifest.created_at).date()
    except ValueError:
        return ()
    return offsets.examine(claims_of(certificates, names.CERTIFICATES, manifest.team), as_of)


def _honest_warnings(manifest: Manifest, verdict: Mapping[str, Any]) -> list[Finding]:
    found = []
    if not manifest.tracked:
        found.append(submissions.UNTRACKED.reported("the bundle holds no activity record"))
    if not verdict["passed"]:
        found.append(submissions.INVALID_RUN.reported("the run does not pass its track's rules"))
    return found


def _inside(path: Path, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with the bundle's path before the member's name; an archive's own already have it."""
    return tuple(
        finding
        if finding.location.path == str(path) or (finding.location.path or "").startswith(f"{path}!")
        else finding.inside(f"{path}!{finding.location.path}" if finding.location.path else str(path))
        for finding in findings
    )
