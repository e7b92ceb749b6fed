"""A quick look at many document ids at once: which are surely ids of the collection, by what its expression is like.

A regular expression asked for each id is what a walk over a run would spend most on.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

# Parts of expressions that look neither ahead nor back, refer to nothing, and take neither a blank nor a line end but
# by a dot; bytes and text mean the same by them, where the text is ASCII.
_CLASS = r"\[(?!\^)(?:[^\\\]\[\x00-\x20]|\\[dw.\-/+])+\]"
_ONE_CLASS = re.compile(rf"({_CLASS})\{{([0-9]{{1,4}})\}}")
_SIMPLE = re.compile(
    rf"(?:[A-Za-z0-9_#:/,=<>@!%&~;'\"-]|\\[dw.+*?#()\[\]{{}}|/_-]|{_CLASS}|\((?:\?:)?(?!\?)|\)|[.*+?|]|"
    r"\{[0-9]+(?:,[0-9]*)?\})+"
)
_ASCII = range(0x21, 0x7F)


class DocumentScreen(NamedTuple):
    """`clears` says of many ids whether all are surely well-formed and hold no blank; `matches` says it of one."""

    clears: Callable[[list[bytes]], bool]
    matches: Callable[[bytes], bool]


@lru_cache(maxsize=32)
def screen_of(pattern: re.Pattern[str]) -> DocumentScreen:
    """The quick look for an expression that whole ids must match; the ids are ASCII."""

    def matches(document: bytes) -> bool:
        return pattern.fullmatch(document.decode("ascii")) is not None

    one_class = _ONE_CLASS.fullmatch(pattern.pattern)
    if one_class is not None:
        letters = re.compile(one_class[1], pattern.flags)
        allowed = bytes(code for code in _ASCII if letters.fullmatch(chr(code)))
        return DocumentScreen(_of_one_class(allowed, int(one_class[2])), matches)
    if pattern.pattern.isascii() and _SIMPLE.fullmatch(pattern.pattern):
        return DocumentScreen(_of_one_expression(pattern), matches)
    return DocumentScreen(_none, matches)


def _of_one_class(allowed: bytes, length: int) -> Callable[[list[bytes]], bool]:
    """So many characters, each of which is one of the allowed."""

    def clears(documents: list[bytes]) -> bool:
        joined = b" ".join(documents)
        return (
            len(joined) == len(documents) * (length + 1) - 1
            and joined[length :: length + 1] == b" " * (len(documents) - 1)
            and not joined.translate(None, allowed + b" ")
        )

    return clears


def _of_one_expression(pattern: re.Pattern[str]) -> Callable[[list[bytes]], bool]:
    """All ids in one match. Case is not ignored even where it may be: that takes nothing else, and is much quicker."""
    try:
        whole = re.compile(rf"(?:(?:{pattern.pattern})\n)*+".encode("ascii"))
    except (re.error, OverflowError):
        return _none

    def clears(documents: list[bytes]) -> bool:
        joined = b"\n".join(documents) + b"\n"
        return joined.count(b"\n") == len(documents) and whole.fullmatch(joined) is not None

    return clears


def _none(_: Sequence[bytes]) -> bool:
    return False
