"""A submission: one run with its activity records, certificate references and verdict, as a bundle carries them."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.record import ActivityRecord, Tool
from neuclir_carbon.model.track import Track

SCHEMA = "submission-manifest/1"
CRATE = "ro-crate-metadata.json"
MANIFEST = "submission.json"
ACTIVITIES = "activities.json"
CERTIFICATES = "certificates.json"
VERDICT = "verdict.json"
TRACK_SCHEMA = "track-schema.json"
IR_METADATA = "ir-metadata.yml"
README = "README.txt"
DIGESTS = "manifest-sha256.txt"
# The members of a bundle after the run, in their order.
MEMBERS = (CRATE, MANIFEST, ACTIVITIES, CERTIFICATES, VERDICT, TRACK_SCHEMA, IR_METADATA, README, DIGESTS)
# Stands last where a bundle is signed.
SIGNATURE = f"{DIGESTS}.sig"
SUFFIX = ".crate.zip"
_MIB = 1024 * 1024
VERDICT_FINDINGS_KEPT = 20
# What a document may have; a run may have more. Whoever reads a stranger's bundle needs memory for the largest.
MAX_MEMBER_BYTES: Mapping[str, int] = {
    CRATE: 64 * _MIB,
    MANIFEST: _MIB,
    ACTIVITIES: 64 * _MIB,
    CERTIFICATES: 16 * _MIB,
    VERDICT: 8 * _MIB,
    TRACK_SCHEMA: 8 * _MIB,
    IR_METADATA: 4 * _MIB,
    README: _MIB,
    DIGESTS: _MIB,
    SIGNATURE: 16 * 1024,
}


@frozen(kw_only=True)
class FileDigest:
    """One file of a bundle: its name, the SHA-256 (hex) of its bytes, and how many bytes it has."""

    path: str
    sha256: str
    bytes: int


@frozen(kw_only=True)
class Manifest:
    """Who submits which run to which task (`submission-manifest/1`); field names are the document's keys."""

    schema: str = SCHEMA
    team: str
    track: str
    task: str
    run_tag: str
    revision: int
    replaces: str | None
    tracked: bool
    created_at: str
    license: str | None = None
    method_name: str | None = None
    method_description: str | None = None
    repository: str | None = None
    files: tuple[FileDigest, ...]
    tool: Tool


@frozen(kw_only=True)
class Submission:
    """What counting needs of a bundle that passed: small, without the run. `sha256` is the archive's own."""

    path: str
    sha256: str
    manifest: Manifest
    records: tuple[ActivityRecord, ...]
    certificates: tuple[Certificate, ...]
    verdict: Mapping[str, Any]


@frozen(kw_only=True)
class WholeSubmission(Submission):
    """A bundle's content after it passed: every document in it as a value."""

    track: Track

    @property
    def to_count(self) -> Submission:
        """Of many bundles only this is kept: no track, and of the verdict's findings only the first."""
        verdict = {**self.verdict, "findings": list(self.verdict.get("findings", ()))[:VERDICT_FINDINGS_KEPT]}
        return Submission(
            path=self.path, sha256=self.sha256, manifest=self.manifest, records=self.records,
            certificates=self.certificates, verdict=verdict,
        )  # fmt: skip


@frozen
class Stated:
    """A number (kWh, kg CO2e, s) that a member states, and what the activity records give for it; None is no number."""

    path: str
    pointer: str
    found: Any
    wanted: Any


@frozen(kw_only=True)
class Contents:
    """What a bundle holds beside what it should hold, for the rules about submissions.

    `digests` are of the members as they lie in the archive; `wanted` the bytes' digests of members that follow from
    others (crate, ir-metadata, README) where this version of the tool can make them anew; `judged` is the run's
    verdict taken again (the verdict itself where that could not be done). `stated` are the numbers that the members
    made for other programs and people say of energy and emissions.
    """

    digests: tuple[FileDigest, ...]
    manifest: Manifest
    records: tuple[ActivityRecord, ...]
    verdict: Mapping[str, Any]
    judged: Mapping[str, Any]
    track: Track
    wanted: Mapping[str, str]
    stated: tuple[Stated, ...]


def digests_text(digests: tuple[FileDigest, ...]) -> bytes:
    """The text of `manifest-sha256.txt`: what `sha256sum -c` reads."""
    return "".join(f"{digest.sha256}  {digest.path}\n" for digest in digests).encode()
