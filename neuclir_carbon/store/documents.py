"""Documents between bytes and values: strict JSON, then the schema, then attrs values.

Whatever is read passes its schema before anything uses it.
"""

from typing import Any, Generic, TypeVar

import attrs
from attrs import frozen

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.json_text import record_digest
from neuclir_carbon.model.record import ActivityRecord

Value = TypeVar("Value")


@frozen
class Parsed(Generic[Value]):
    """A document's value, or None with the findings that say why there is none."""

    value: Value | None
    findings: tuple[Finding, ...] = ()


def parse_document(kind: str, cls: type[Value], data: bytes, path: str) -> Parsed[Value]:
    """The value of a document's bytes; findings name `path`. A value that fails its schema is None."""
    raw, findings = examine_bytes(kind, data)
    if raw is None:
        return Parsed(None, tuple(finding.inside(path) for finding in findings))
    return Parsed(structured(raw, cls))


def structured(raw: Any, cls: type[Value]) -> Value:
    """The value of JSON data that has already passed its schema."""
    import msgspec

    return msgspec.convert(raw, cls)


def sealed(record: ActivityRecord) -> ActivityRecord:
    """The record with its `record_sha256` filled in."""
    return attrs.evolve(record, record_sha256=record_digest(plain(record)))
