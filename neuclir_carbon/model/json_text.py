"""JSON as documents may hold it: strict on the way in, canonical (RFC 8785) where a digest is taken."""

import hashlib
import json
import re
from collections import Counter
from typing import Any, NoReturn

from attrs import frozen

MAX_DEPTH = 64
MAX_DIGITS = 30
# Nothing is tried twice (`++`, `*+`), and a string without an end goes to the end of the text: time and memory stay in
# proportion, whatever stands there.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


@frozen
class NotJson(ValueError):
    """Why bytes are not strict JSON, with the line (from 1) where it was seen, if known."""

    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return self.reason


def parse_json(data: bytes) -> Any:
    """The value of a strict JSON text; `NotJson` says why there is none.

    Strict: UTF-8 without a byte order mark, no duplicate keys, no NaN or infinity (also not as 1e400), no lone
    surrogates, no more than 64 levels and no number of more than 30 digits.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8: byte 0x{data[error.start]:02x}", data.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise NotJson("empty")
    _refuse_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", error.lineno) from None
    except RecursionError:
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels") from None
    try:
        text.encode("utf-8")
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise NotJson("holds a lone surrogate (\\ud800 to \\udfff), which is no character") from None
    return value


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
