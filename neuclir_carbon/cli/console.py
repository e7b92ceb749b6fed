"""The one place that prints: results on stdout, everything else on stderr, colour only on a terminal."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

if TYPE_CHECKING:
    from neuclir_carbon.model.finding import Finding

Item = TypeVar("Item")
# By severity, in the order in which findings are shown.
_COLOURS = {"error": "31", "warning": "33", "note": "36"}
MAX_FINDINGS_SHOWN = 50


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


def result(value: Any, chosen: Format, as_text: Callable[[], str]) -> None:
    """Prints a command's result on stdout: JSON data as JSON, or the text that `as_text` makes."""
    if chosen is Format.JSON:
        out(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        out(as_text())


def out(text: str) -> None:
    """A result on stdout, with one newline at its end."""
    sys.stdout.write(_encodable(text.rstrip("\n"), sys.stdout) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A hint, a summary or a next step on stderr."""
    sys.stderr.write(_encodable(text, sys.stderr) + "\n")
    sys.stderr.flush()


def error(text: str) -> None:
    """What went wrong, on stderr, at most 50 lines of it."""
    lines = safe(text).splitlines()
    if len(lines) > MAX_FINDINGS_SHOWN:
        lines = [*lines[:MAX_FINDINGS_SHOWN], f"… and {len(lines) - MAX_FINDINGS_SHOWN} more lines"]
    note(f"{_painted('error:', '31', sys.stderr)} " + "\n".join(lines))


def findings(found: "Iterable[Finding]", *, most: int = MAX_FINDINGS_SHOWN) -> None:
    """Findings on stderr, errors first, at most `most` of them."""
    ordered = sorted(found, key=lambda finding: list(_COLOURS).index(finding.severity))
    for finding in ordered[:most]:
        note(f"{_painted(finding.severity.value, _COLOURS[finding.severity], sys.stderr)}: {safe(str(finding))}")
    if len(ordered) > most:
        note(f"… and {len(ordered) - most} more findings")


def safe(text: str) -> str:
    """The text with control and bidi characters made visible, so that nothing a stranger wrote steers the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)


@contextmanager
def progress(items: Iterable[Item], what: str) -> Iterator[Iterable[Item]]:
    """Goes through items and shows on stderr how far it is; shows nothing when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield items
        return

    whole = f"/{len(items)}" if isinstance(items, Sized) else ""

    def counted() -> Iterator[Item]:
        for count, item in enumerate(items, 1):
            sys.stderr.write(f"\r{what}: {count}{whole}")
            sys.stderr.flush()
            yield item

    try:
        yield counted()
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _painted(text: str, colour: str, stream: TextIO) -> str:
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def _encodable(text: str, stream: TextIO) -> str:
    """The text as the stream's encoding can carry it (an ASCII locale must not end in a traceback)."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
