"""What came of one bundle, as a small value and as text: the text is what processes hand over and what is kept.

Every bundle's result goes through its text, wherever it was made, so that no way of examining differs from another.
Records stand in it as texts of their own: those that a team's bundles share become one value in memory.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen

from neuclir_carbon.checks import submissions
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import Manifest, Submission

Value = TypeVar("Value")


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
        return evolve(self, submission=named, findings=tuple(moved(item, "", name) for item in self.findings))


def moved(finding: Finding, old: str, new: str) -> Finding:
    """A finding whose place begins with another name of the bundle."""
    place = finding.location.path or ""
    return finding.inside(new + place.removeprefix(old))


@frozen(kw_only=True)
class _Counting:
    """A submission in a result's text: without what the result says already, its records as texts of their own."""

    sha256: str
    records: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    verdict: Mapping[str, Any]


@frozen(kw_only=True)
class _Text:
    """A result as its text has it."""

    sha256: str | None
    manifest: Manifest | None
    submission: _Counting | None
    findings: tuple[Finding, ...]
    unread: str | None


def format_examined(examined: Examined) -> bytes:
    """The text of a result: JSON in ASCII."""
    found = examined.submission
    counting = None if found is None else _Counting(
        sha256=found.sha256, records=tuple(_ascii(record) for record in found.records),
        certificates=found.certificates, verdict=found.verdict,
    )  # fmt: skip
    return _ascii(_Text(
        sha256=examined.sha256, manifest=examined.manifest, submission=counting, findings=examined.findings,
        unread=examined.unread,
    )).encode("ascii")  # fmt: skip


@define
class Reader:
    """Reads results' texts; of equal records it keeps one value."""

    _records: dict[bytes, ActivityRecord] = field(factory=dict)

    def read(self, text: bytes) -> Examined:
        """The result of a text; `Unreadable` where it is none."""
        try:
            found = _read_as(text, _Text)
            submission = None if found.submission is None else self._submission(found.submission, found.manifest)
        except Exception as error:  # noqa: BLE001 - anybody may have written anything into the cache
            raise Unreadable(f"the result of a bundle can't be read: {str(error)[:200]}") from None
        return Examined(
            sha256=found.sha256, manifest=found.manifest, submission=submission, findings=found.findings,
            unread=found.unread,
        )  # fmt: skip

    def _submission(self, counting: _Counting, manifest: Manifest | None) -> Submission:
        if manifest is None:
            raise ValueError("it counts and has no manifest")
        return Submission(
            path="", sha256=counting.sha256, manifest=manifest, certificates=counting.certificates,
            verdict=counting.verdict, records=tuple(map(self._record, counting.records)),
        )  # fmt: skip

    def _record(self, text: str) -> ActivityRecord:
        digest = hashlib.blake2b(text.encode(), digest_size=32).digest()
        if digest not in self._records:
            self._records[digest] = _read_as(text, ActivityRecord)
        return self._records[digest]


def _ascii(value: Any) -> str:
    import msgspec

    return json.dumps(msgspec.to_builtins(value, order="deterministic"), separators=(",", ":"))


def _read_as(text: str | bytes, kind: type[Value]) -> Value:
    import msgspec

    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError:
        # Not strict: in it stands the name of a file that is not UTF-8.
        return msgspec.convert(json.loads(text), kind)
