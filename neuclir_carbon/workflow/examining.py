"""One bundle among many: audited where it lies, and brought back as a small value without its run."""

import hashlib
from pathlib import Path

from attrs import evolve

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.sources import Bundle, on_disk
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.auditing import audit
from neuclir_carbon.workflow.examined import Examined, format_examined, moved

# Small enough that the memory for it is not asked of the system anew for every file.
_CHUNK = 64 * 1024


def examine(bundle: Bundle, published: LoadedTrack | None) -> bytes:
    """Audits one bundle, and gives the result's text; raises nothing that comes from the bundle or from its place."""
    try:
        with on_disk(bundle) as path:
            try:
                found = _examined(path, published)
            except CarbonError as error:
                found = Examined(unread=str(error).replace(str(path), bundle.name))
    except CarbonError as error:
        found = Examined(unread=str(error))
    return format_examined(found)


def digest_of_file(path: Path) -> str:
    """SHA-256 (hex) of a file, read in pieces; `Unreadable` where it can't be read."""
    whole = hashlib.sha256()
    with open_file(path) as stream:
        while piece := stream.read(_CHUNK):
            whole.update(piece)
    return whole.hexdigest()


def _examined(path: Path, published: LoadedTrack | None) -> Examined:
    audited = audit(path, published)
    findings = tuple(moved(finding, str(path), "") for finding in audited.findings)
    submission = None if audited.submission is None else evolve(audited.submission.to_count, path="")
    return Examined(
        sha256=audited.sha256 or digest_of_file(path), manifest=audited.manifest, submission=submission,
        findings=findings,
    )  # fmt: skip
