"""JSON as Python's own reader takes it: what the official checkers see, and what stricter readers would refuse."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

# What the reader, a comparison and an error message may need beside the levels of the JSON itself.
_LEVELS_TO_SPARE = 400
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


@frozen
class NotRead(ValueError):
    """Why a text is no JSON that Python's reader takes; `column` (from 1) where it saw that, if it said so.

    `in_full` is the reader's own message, which names line, column and character.
    """

    reason: str
    column: int | None = None
    in_full: str = ""

    def __str__(self) -> str:
        return self.reason


@frozen
class TooDeep(NotRead):
    """The text is nested deeper than the reader takes; `kind` is `array` or `object`, what it gave up at."""

    kind: str = "array"


@frozen
class Read:
    """A value, and what of its text other readers refuse or read otherwise."""

    value: Any
    oddities: tuple[str, ...] = ()


def read_json(text: str, *, max_depth: int) -> Read:
    """The value of a JSON text as Python's `json` reads it, NaN and duplicate keys included; `NotRead` if it doesn't.

    `max_depth` is where the official checker's reader gives up. Call it inside `room_for`.
    """
    if text.count("[") + text.count("{") > max_depth:
        _refuse_depth(text, max_depth)
    hooks = _Hooks()
    try:
        value = json.loads(
            text, object_pairs_hook=hooks.object, parse_constant=hooks.constant, parse_float=hooks.number
        )
    except json.JSONDecodeError as error:
        raise NotRead(error.msg, error.colno, str(error)) from None
    except ValueError as error:  # an integer of more digits than int() takes
        raise NotRead(str(error), in_full=str(error)) from None
    except RecursionError:
        raise TooDeep(f"nested deeper than {max_depth} levels") from None
    if "\\ud" in text.lower() and _has_lone_surrogate(value):
        hooks.odd["a lone surrogate (\\ud800 to \\udfff) is no character"] = None
    return Read(value, tuple(hooks.odd))


class _Hooks:
    """Reads parts of a JSON text as Python does by itself, and notes what is odd."""

    def __init__(self) -> None:
        self.odd: dict[str, None] = {}

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            self.odd["a key stands twice in one object (the last one counts)"] = None
        return value

    def constant(self, name: str) -> float:
        self.odd[f"{name} is no JSON number"] = None
        return float(name)

    def number(self, digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            self.odd[f"{digits[:20]} is too large for a number"] = None
        return value


@contextmanager
def room_for(levels: int) -> Iterator[None]:
    """Lets Python go through values nested `levels` deep, however deep the caller's own calls are."""
    frame, used = sys._getframe(), 0
    while frame.f_back is not None:
        frame, used = frame.f_back, used + 1
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, used + levels + _LEVELS_TO_SPARE))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _refuse_depth(text: str, most: int) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > most:
                raise TooDeep(f"nested deeper than {most} levels", kind="array" if first == "[" else "object")
        elif first in "]}":
            depth -= 1


def _has_lone_surrogate(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
