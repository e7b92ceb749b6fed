"""What a foreign format is to us: a name, how a file of it looks, and how it is read."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from neuclir_carbon.model.reported import Statement

# A table's header stands in one of its first lines.
_HEADER_LINES = 200
# So much of a file is looked at to tell what it is.
HEAD_BYTES = 64 * 1024


@frozen
class Head:
    """The beginning of a file: its path, the bytes, and the same as text (UTF-8, or cp1252 where it is none)."""

    path: Path
    data: bytes
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


@frozen(kw_only=True)
class Form:
    """One format.

    name        as `--from` has it
    title       for people, in the list of what is recognised
    looks_like  whether a file is of it, by its content
    read        the statements of a file, to be taken once, in the file's order. A fault of the file is a `Remark`, what
                was left out is a `Dropped`; `Unreadable` only when the file can't be read at all
    """

    name: str
    title: str
    looks_like: Callable[[Head], bool]
    read: Callable[[Path], Iterator[Statement]]


def has_header(head: Head, is_header: Callable[[Sequence[str]], bool], mark: str) -> bool:
    """Whether one of a table's first lines, its cells in small letters, is a header; a header holds `mark`."""
    return any(
        is_header([cell.strip("'\" \ufeff").lower() for cell in re.split("[,;\t|]", line)])
        for line in head.lines[:_HEADER_LINES]
        if mark in line.lower()
    )
