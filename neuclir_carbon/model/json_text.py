"""JSON as documents may hold it: strict on the way in, canonical (RFC 8785) where a digest is taken."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from attrs import frozen

MAX_DEPTH = 64
MAX_DIGITS = 30
# Nothing is tried twice (`++`, `*+`), and a string without an end goes to the end of the text: time and memory stay in
# proportion, whatever stands there.
_SURROGATE = "holds a lone surrogate (\\ud800 to \\udfff), which is no character"
_SURROGATE_SPELLED = re.compile(r"\\u[dD][89a-fA-F]")
_BLANKS = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


@frozen
class NotJson(ValueError):
    """Why bytes are not strict JSON, with the line (from 1) where it was seen, if known."""

    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return self.reason


def parse_json(data: bytes, *, kept: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The value of a strict JSON text; `NotJson` says why there is none.

    Strict: UTF-8 without a byte order mark, no duplicate keys, no NaN or infinity (also not as 1e400), no lone
    surrogates, no more than 64 levels and no number of more than 30 digits. Where little of a long text is wanted,
    `kept` may give less in the place of each object as it is read, the inner ones first.
    """
    text = _text(data)
    may_be_broken = _may_hold_surrogates(text)
    try:
        value = _decoder(None if may_be_broken else kept).decode(text)
    except json.JSONDecodeError as error:
        raise _not_json(error) from None
    except RecursionError:
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels") from None
    if may_be_broken:
        _refuse_surrogates(value)
    return value


def parse_array(data: bytes) -> Iterator[Any]:
    """The values of a JSON array one after the other, of which none is kept; `NotJson`, as `parse_json` says it, when
    its place is reached.

    The caller has seen that the text begins with a bracket.
    """
    return _values(_text(data))


def _values(text: str) -> Iterator[Any]:
    decoder, may_be_broken, broken = _decoder(None), _may_hold_surrogates(text), False
    try:
        at = _after_blanks(text, _after_blanks(text, 0) + 1)
        while text[at : at + 1] != "]":
            value, at = decoder.raw_decode(text, at)
            if may_be_broken:
                try:
                    _refuse_surrogates(value)
                except NotJson:
                    broken = True  # told only where nothing is wrong with the JSON of the rest
            yield value
            at = _next_place(text, _after_blanks(text, at))
        at = _after_blanks(text, at + 1)
        if at != len(text):
            raise json.JSONDecodeError("Extra data", text, at)
    except json.JSONDecodeError as error:
        raise _not_json(error) from None
    if broken:
        raise NotJson(_SURROGATE)


def _next_place(text: str, at: int) -> int:
    """Where an array goes on behind a value and blanks: at its next value, or at the bracket that ends it."""
    if text[at : at + 1] == "]":
        return at
    if text[at : at + 1] != ",":
        raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    following = _after_blanks(text, at + 1)
    if text[following : following + 1] == "]":
        # What Python's reader says of a last comma, and where, differs from version to version.
        try:
            json.loads("[0,]")
        except json.JSONDecodeError as error:
            place = at if error.pos == len("[0") else following
            raise json.JSONDecodeError(error.msg, text, place) from None
    return following


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _text(data: bytes) -> str:
    """The text of strict JSON, before it is read: UTF-8, not empty, not too deep."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8: byte 0x{data[error.start]:02x}", data.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise NotJson("empty")
    _refuse_depth(text)
    if text.startswith("\ufeff"):
        raise _not_json(json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0))
    return text


def _decoder(kept: Callable[[dict[str, Any]], Any] | None) -> json.JSONDecoder:
    def reduced(pairs: list[tuple[str, Any]]) -> Any:
        return _unique_keys(pairs) if kept is None else kept(_unique_keys(pairs))

    return json.JSONDecoder(
        object_pairs_hook=_unique_keys if kept is None else reduced,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_short,
    )


def _not_json(error: json.JSONDecodeError) -> NotJson:
    return NotJson(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", error.lineno)


def _may_hold_surrogates(text: str) -> bool:
    """Whether a surrogate is spelled in the text: what came of UTF-8 holds none itself."""
    return _SURROGATE_SPELLED.search(text) is not None


def _refuse_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise NotJson(_SURROGATE) from None


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                line = text.count("\n", 0, token.start()) + 1
                raise NotJson(f"nested deeper than {MAX_DEPTH} levels", line)
        elif first in "]}":
            depth -= 1


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key in counts if counts[key] > 1)
        raise NotJson(f"key '{twice[:80]}' stands twice in one object")
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise NotJson(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text) if len(text) <= 400 else float("inf")
    if value in (float("inf"), float("-inf")):
        raise NotJson(f"{text[:40]} is too large for a number")
    return value + 0.0  # -0.0 is 0


def _short(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotJson(f"{text[:20]}… is a number of {len(text)} digits")
    return int(text)


def canonical(value: Any) -> bytes:
    """The RFC 8785 canonical form; ValueError for what it can't hold (integers beyond 2^53, NaN)."""
    import rfc8785

    return bytes(rfc8785.dumps(value))


def record_digest(document: dict[str, Any]) -> str:
    """SHA-256 (hex) over an activity record's canonical JSON without `record_sha256`, `command.argv` and `notes`."""
    body = {key: value for key, value in document.items() if key not in ("record_sha256", "notes")}
    if isinstance(body.get("command"), dict):
        body["command"] = {key: value for key, value in body["command"].items() if key != "argv"}
    return hashlib.sha256(canonical(body)).hexdigest()
