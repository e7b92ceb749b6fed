"""One bundle among many: audited where it lies, and brought back as a small value without its run."""

import hashlib
from pathlib import Path

from attrs import evolve, frozen

from neuclir_carbon.checks import submissions
from neuclir_carbon.errors import CarbonError
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.submission import Manifest, Submission
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.sources import Bundle, on_disk
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.auditing import audit

_CHUNK = 1024 * 1024


@frozen(kw_only=True)
class Examined:
    """What came of one bundle. Places in it stand without its name, so that it holds for equal bytes elsewhere.

    `sha256` is the bundle's (hex); `manifest` is known of a bundle with errors, too, where it could be read.
    `unread` says why the bundle could not be read; then nothing else is known.
    """

    sha256: str | None = None
    manifest: Manifest | None = None
    submission: Submission | None = None
    findings: tuple[Finding, ...] = ()
    unread: str | None = None

    @property
    def passed(self) -> bool:
        return self.submission is not None

    def at(self, name: str) -> "Examined":
        """The same with the bundle's name before every place in it."""
        if self.unread is not None:
            return evolve(self, findings=(submissions.NOT_READ.reported(self.unread, Location(path=name)),))
        named = None if self.submission is None else evolve(self.submission, path=name)
        return evolve(self, submission=named, findings=tuple(_moved(item, "", name) for item in self.findings))


def examine(bundle: Bundle, published: LoadedTrack | None) -> Examined:
    """Audits one bundle; raises nothing that comes from the bundle or from the place where it lies."""
    try:
        with on_disk(bundle) as path:
            try:
                return _examined(path, published)
            except CarbonError as error:
                return Examined(unread=str(error).replace(str(path), bundle.name))
    except CarbonError as error:
        return Examined(unread=str(error))


def _examined(path: Path, published: LoadedTrack | None) -> Examined:
    audited = audit(path, published)
    findings = tuple(_moved(finding, str(path), "") for finding in audited.findings)
    submission = None if audited.submission is None else evolve(audited.submission.to_count, path="")
    return Examined(
        sha256=audited.sha256 or digest_of_file(path), manifest=audited.manifest, submission=submission,
        findings=findings,
    )  # fmt: skip


def digest_of_file(path: Path) -> str:
    """SHA-256 (hex) of a file, read in pieces; `Unreadable` where it can't be read."""
    whole = hashlib.sha256()
    with open_file(path) as stream:
        while piece := stream.read(_CHUNK):
            whole.update(piece)
    return whole.hexdigest()


def _moved(finding: Finding, old: str, new: str) -> Finding:
    """A finding whose place begins with another name of the bundle."""
    place = finding.location.path or ""
    return finding.inside(new + place.removeprefix(old))
