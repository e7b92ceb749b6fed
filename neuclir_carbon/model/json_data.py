"""attrs values as JSON data."""

import os
from typing import Any

import attrs


def plain(value: Any) -> Any:
    """Dicts, lists, strings, numbers and None of an attrs value; field names become keys, in their order."""
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value
