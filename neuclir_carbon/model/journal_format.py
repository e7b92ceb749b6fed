"""How a checkpoint journal looks: written while work runs (`metering/`), read when it has ended or was killed.

A journal is a file of JSON objects, one a line, only ever appended to. Each line but the first carries, as `previous`,
the SHA-256 of the line before it, so that a line that was torn, altered or taken out is seen.

Standard library only: the wrapper imports this before its child starts.
"""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

FOLDER = "journal"
SUFFIX = ".jsonl"
# The same as in the schema of an activity record.
RECORD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", re.ASCII)

# Kinds of line, in the order in which they come.
BEGIN = "begin"  # before the child starts: what was asked for
STARTED = "started"  # the child runs; the machine
NOT_STARTED = "not-started"  # instead: why it could not be started
METER_READY = "meter-ready"  # what the meter found
READING = "reading"  # cumulative energies
METER_ENDED = "meter-ended"  # the meter's end, why, and what it cost in CPU time
CHECKPOINT = "checkpoint"  # how far it is, where no meter reads
ENDED = "ended"  # the child's end and its resource use

METER_WAS_ENDED = "the command was over"  # the usual reason of a meter's end


class Journal:
    """The sound lines of a journal: all up to the first that does not follow from the one before it.

    `head` is the digest of the last sound line ("" if there is none); `torn` says that the last line is incomplete,
    `altered_at` which line (from 1) is the first that is not as it was written (None: none).
    """

    __slots__ = ("altered_at", "head", "lines", "torn")

    def __init__(self, lines: tuple[dict[str, Any], ...], head: str, *, torn: bool, altered_at: int | None) -> None:
        self.lines = lines
        self.head = head
        self.torn = torn
        self.altered_at = altered_at

    def of_kind(self, kind: str) -> Iterator[dict[str, Any]]:
        """The lines of one kind, in order."""
        return (line for line in self.lines if line.get("kind") == kind)

    def first(self, kind: str) -> dict[str, Any] | None:
        """The first line of a kind, or None."""
        return next(self.of_kind(kind), None)

    def last(self, kind: str) -> dict[str, Any] | None:
        """The last line of a kind, or None."""
        return next((line for line in reversed(self.lines) if line.get("kind") == kind), None)


def new_record_id(now: float | None = None) -> str:
    """An id for a record that begins at a Unix time (default: now), e.g. `20241115T093000Z-4f1c2a9e`.

    The second half is random: two wrappers may start in one second on two machines that share a ledger.
    """
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}-{os.urandom(4).hex()}"


def is_record_id(text: str) -> bool:
    """Whether a text from outside (an environment variable, a file's name) can be a record's id."""
    return RECORD_ID.fullmatch(text) is not None


def format_line(entry: Mapping[str, Any], previous: str | None) -> bytes:
    """One line with its newline, ASCII only; `previous` is the digest of the line before it (None: the first line)."""
    chained = dict(entry) if previous is None else {**entry, "previous": previous}
    return json.dumps(chained, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def line_digest(line: bytes) -> str:
    """The SHA-256 (hex) of a line without its newline."""
    # Late: the first line needs no digest, and the child waits for the first line only.
    from hashlib import sha256

    return sha256(line.removesuffix(b"\n")).hexdigest()


def parse_journal(data: bytes) -> Journal:
    """What a journal's bytes say; never raises: what can't be read is told by `torn` and `altered_at`."""
    lines: list[dict[str, Any]] = []
    head: str | None = None
    *whole, rest = data.split(b"\n")
    for number, text in enumerate(whole, 1):
        entry = _parse_line(text)
        if entry is None or entry.get("previous") != head:
            return Journal(tuple(lines), head or "", torn=False, altered_at=number)
        lines.append(entry)
        head = line_digest(text)
    return Journal(tuple(lines), head or "", torn=bool(rest), altered_at=None)


def _parse_line(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
