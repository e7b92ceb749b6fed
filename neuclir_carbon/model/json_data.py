"""attrs values as JSON data and as JSON text."""

import json
import os
from collections.abc import Iterable
from typing import Any

import attrs


def plain(value: Any) -> Any:
    """Dicts, lists, strings, numbers and None of an attrs value; field names become keys, in their order."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    names = _names(kind)
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [item if type(item) in _SCALARS else plain(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


_SCALARS = frozenset({str, float, int, bool, type(None)})
# Class → the names of its fields that are data; None for one that attrs did not make. Asked at every value.
_FIELDS: dict[type, tuple[str, ...] | None] = {}


def _names(kind: type) -> tuple[str, ...] | None:
    """The fields of an attrs class that are data, in their order; None for any other class."""
    if kind not in _FIELDS:
        known = attrs.fields(kind) if attrs.has(kind) else None
        _FIELDS[kind] = known and tuple(field.name for field in known if field.metadata.get("in_data", True))
    return _FIELDS[kind]


def format_json(value: Any) -> bytes:
    """JSON text of an attrs value or JSON data: indented, UTF-8, one final newline; the keys keep their order."""
    return (json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def format_long_json(value: Any) -> bytes:
    """The same text as `format_json`'s, in less time once a library is loaded: for many thousand values."""
    import msgspec

    compact = json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return msgspec.json.format(compact.encode("utf-8"), indent=2) + b"\n"


def pointer_of(steps: Iterable[object]) -> str:
    """The JSON pointer (RFC 6901) of keys and places from the root inward; empty for the root itself."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
