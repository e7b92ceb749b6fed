"""Documents between bytes and values: strict JSON, then the schema, then attrs values.

Whatever is read passes its schema before anything uses it.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import attrs
from attrs import frozen

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.json_text import record_digest
from neuclir_carbon.model.record import ActivityRecord

if TYPE_CHECKING:
    from cattrs import Converter

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
    return Parsed(_converter().structure(raw, cls))


def structured(raw: Any, cls: type[Value]) -> Value:
    """The value of JSON data that has already passed its schema."""
    return _converter().structure(raw, cls)


def sealed(record: ActivityRecord) -> ActivityRecord:
    """The record with its `record_sha256` filled in."""
    return attrs.evolve(record, record_sha256=record_digest(plain(record)))


@lru_cache(maxsize=1)
def _converter() -> "Converter":
    import cattrs

    converter = cattrs.Converter()
    # JSON has one kind of number: an integer stands for a float, and -0.0 is 0. Schemas have refused everything else.
    converter.register_structure_hook(float, lambda value, _: float(value) + 0.0)
    converter.register_structure_hook_func(lambda kind: kind == dict[str, Any], lambda value, _: cast("Any", value))
    return converter
