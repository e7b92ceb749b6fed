"""DOC: documents against their JSON Schemas. A document that fails its schema is shown to no further rule."""

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Finding, Location, Policy, Severity
from neuclir_carbon.model.json_data import pointer_of
from neuclir_carbon.model.json_text import NotJson, parse_array, parse_json
from neuclir_carbon.resources import schema_path

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from jsonschema_rs import Draft202012Validator as CompiledValidator

MAX_FAULTS = 50
# A value takes up to 100 bytes of memory, a text of the same size as little as two.
MAX_PARTS = 4_000_000
_ARRAY = re.compile(rb"[ \t\n\r]*\[")
Made = TypeVar("Made")


@frozen
class Document:
    """A parsed document and the kind that it is read as."""

    kind: str
    value: Any


BOOK: Rulebook[Document] = Rulebook("documents")

NOT_JSON = BOOK.note(
    "DOC001", Severity.ERROR, "is not strict JSON",
    """A document must be strict JSON in UTF-8: no byte order mark, no duplicate keys, no NaN or infinity, no lone
    surrogates, at most 64 levels deep. Good: {"kg": 1.5}. Bad: {"kg": NaN}, or a file that ends in mid-object.""",
)  # fmt: skip


@BOOK.rule("DOC002", Severity.ERROR, "does not follow its schema")
def follows_its_schema(document: Document) -> Iterator[Fault]:
    """Each document names its schema in "schema" and must validate against it (JSON Schema 2020-12, in `schemas/`).

    The JSON pointer says which value is meant. Unknown keys are refused: a misspelt key would otherwise be lost in
    silence. Good: "quantity_kg": 3000. Bad: "quantity_kg": "3 t".
    """
    if _passes(document):
        return
    told: set[tuple[str, str]] = set()
    for error in _validator(document.kind).iter_errors(document.value):
        pointer = pointer_of(error.absolute_path)
        message = message_of(error)
        if (pointer, message) in told:  # jsonschema reports each missing key, and the message names all of them
            continue
        if len(told) == MAX_FAULTS:
            yield Fault(f"and more: only the first {MAX_FAULTS} places are shown")
            return
        told.add((pointer, message))
        yield Fault(message, Location(pointer=pointer[:500]))


def examine_bytes(kind: str, data: bytes, policy: Policy | None = None) -> tuple[Any, tuple[Finding, ...]]:
    """The value of a document's bytes, and what is wrong with it; the value is None when it may not be used."""
    chosen = policy or Policy()
    try:
        value = parse_json(data)
    except NotJson as fault:
        finding = NOT_JSON.finding(Fault(fault.reason, Location(line=fault.line)), chosen)
        return None, (finding,) if finding else ()
    findings = tuple(BOOK.examine(Document(kind, value), chosen))
    return (None if findings else value), findings


def examine_array(kind: str, data: bytes) -> tuple[list[Any] | None, tuple[Finding, ...]]:
    """The values of a JSON array of documents of one kind, and what is wrong; None when any may not be used.

    After `MAX_FAULTS` findings the rest is not looked at.
    """
    return examine_each(kind, data, lambda value: value)


def examine_each(
    kind: str, data: bytes, made: Callable[[Any], Made]
) -> tuple[list[Made] | None, tuple[Finding, ...]]:  # fmt: skip
    """The same, with what is made of each sound value in its place: the values themselves are not kept."""
    if (parts := _parts(data)) > MAX_PARTS:
        return None, (NOT_JSON.reported(f"has about {parts:,} values; an array of documents may have {MAX_PARTS:,}"),)
    found: list[Made] = []
    findings: list[Finding] = []
    try:
        if not _ARRAY.match(data):
            return None, (NOT_JSON.reported(f"is {_shown(parse_json(data))}, wanted an array of documents"),)
        for index, value in enumerate(parse_array(data)):
            if len(findings) < MAX_FAULTS:
                findings.extend(islice(_faults_of(kind, index, value), MAX_FAULTS - len(findings)))
            if findings:
                found.clear()
            else:
                found.append(made(value))
    except NotJson as fault:
        return None, (NOT_JSON.reported(fault.reason, Location(line=fault.line)),)
    return (None if findings else found), tuple(findings)


def _faults_of(kind: str, index: int, value: Any) -> Iterator[Finding]:
    for finding in BOOK.examine(Document(kind, value)):
        yield evolve(finding, location=evolve(finding.location, pointer=f"/{index}{finding.location.pointer or ''}"))


def _parts(data: bytes) -> int:
    """About how many values a JSON text holds, from above, before any of them takes up memory."""
    return data.count(b",") + data.count(b"[") + data.count(b"{") + 1


def _passes(document: Document) -> bool:
    """Whether the compiled schema takes the document, fifty times as quickly as the validator that can say what is
    wrong. Where it does not, or can't say, the other one decides."""
    try:
        return _compiled(document.kind).is_valid(document.value)
    except (ValueError, OverflowError, RecursionError):  # a value that no Rust type holds
        return False


@lru_cache(maxsize=16)
def _compiled(kind: str) -> "CompiledValidator":
    import jsonschema_rs

    schema = json.loads(schema_path(kind).read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=False)


@lru_cache(maxsize=16)
def _validator(kind: str) -> "Validator":
    import jsonschema

    schema = json.loads(schema_path(kind).read_text(encoding="utf-8"))
    extended: Any = jsonschema.validators
    validator: Validator = extended.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})(schema)
    return validator


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    """JSON Schema's `pattern` as ECMA-262 has it: `$` is the end of the text, where Python's also lies before a last
    newline."""
    import jsonschema

    if isinstance(instance, str) and not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def message_of(error: "ValidationError") -> str:
    """What was found where a schema fails, and what it wants, in a line."""
    wanted: Any = error.validator_value  # its type in the stubs also covers a keyword that is unset
    instance: Any = error.instance
    match str(error.validator):
        case "required":
            return f"lacks {_listed([key for key in wanted if key not in instance])}"
        case "additionalProperties":
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            return f"has unknown keys {_listed([key for key in instance if key not in known])}"
        case "type":
            return f"is {_shown(error.instance)}, wanted {' or '.join(wanted) if isinstance(wanted, list) else wanted}"
        case "enum":
            return f"is {_shown(error.instance)}, wanted one of {_listed(wanted)}"
        case "oneOf" | "anyOf":
            return f"is {_shown(error.instance)}, which fits none of the shapes allowed here"
        case rule:
            return f"is {_shown(error.instance)}, but {rule} is {_shown(wanted)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _listed(names: list[Any]) -> str:
    shown = ", ".join(_shown(name) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
