"""What came of one bundle, as a small value and as text: the text is what processes hand over and what is kept.

Every bundle's result goes through its text, wherever it was made, so that no way of examining differs from another.
Records stand in it as texts of their own: those that a team's bundles share become one value in memory.
"""

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import define, evolve, field, frozen

from neuclir_carbon.checks import submissions
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import Manifest, Submission


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


def format_examined(examined: Examined) -> bytes:
    """The text of a result: JSON in ASCII."""
    bare = _to_data()(examined)
    if examined.submission is not None:
        # Stands in the result already.
        del bare["submission"]["manifest"]
        bare["submission"]["records"] = [json.dumps(record) for record in bare["submission"]["records"]]
    return json.dumps(bare, separators=(",", ":")).encode("ascii")


@define
class Reader:
    """Reads results' texts; of equal records it keeps one value."""

    _records: dict[bytes, ActivityRecord] = field(factory=dict)

    def read(self, text: bytes) -> Examined:
        """The result of a text; `Unreadable` where it is none."""
        try:
            bare = json.loads(text)
            if (submission := bare["submission"]) is not None:
                submission["manifest"] = bare["manifest"]
                records = tuple(self._record(record) for record in submission["records"])
                submission["records"] = ()
            found: Examined = _of_data()(bare, Examined)
        except Exception as error:  # noqa: BLE001 - cattrs raises what it meets
            raise Unreadable(f"the result of a bundle can't be read: {str(error)[:200]}") from None
        if found.submission is None:
            return found
        if found.manifest is None:
            raise Unreadable("the result of a bundle can't be read: it counts and has no manifest")
        whole = evolve(found.submission, records=records, manifest=found.manifest)
        return evolve(found, submission=whole)

    def _record(self, text: str) -> ActivityRecord:
        digest = hashlib.blake2b(text.encode(), digest_size=32).digest()
        if digest not in self._records:
            self._records[digest] = _of_data()(json.loads(text), ActivityRecord)
        return self._records[digest]


@lru_cache(maxsize=1)
def _to_data() -> Callable[[Any], Any]:
    import cattrs

    return cattrs.Converter().unstructure


@lru_cache(maxsize=1)
def _of_data() -> Callable[[Any, Any], Any]:
    import cattrs

    converter = cattrs.Converter(detailed_validation=False, forbid_extra_keys=True)
    converter.register_structure_hook_func(lambda kind: kind == dict[str, Any], lambda value, _: value)
    return converter.structure
