"""The one place that prints: results on stdout, everything else on stderr, colour only on a terminal."""

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.plain_text import escaped

if TYPE_CHECKING:
    from neuclir_carbon.model.finding import Finding

Item = TypeVar("Item")
# By severity, in the order in which findings are shown.
_COLOURS = {"error": "31", "warning": "33", "note": "36"}
MAX_FINDINGS_SHOWN = 50
MAX_LINE_SHOWN = 2000
BAR_WIDTH, SHOWN_EVERY_S = 20, 0.1
_NOTHING_FITS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
NO_BREAK_SPACE = "\u00a0"
STDOUT_CLOSED = "can't write the result: stdout is closed"


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


def result(value: Any, chosen: Format, as_text: Callable[[], str]) -> None:
    """Prints a command's result on stdout: JSON data as JSON, or the text that `as_text` makes."""
    if chosen is Format.JSON:
        _print(json_text(value, ascii_only=not _carries_unicode(sys.stdout)))
    else:
        out(as_text())


def out(text: str) -> None:
    """A result on stdout for people: safe for the terminal, with one newline at its end."""
    _print(safe(text.rstrip("\n").replace(NO_BREAK_SPACE, " ")))


def data(content: bytes) -> None:
    """A result on stdout for a program, byte for byte, whatever the locale."""
    if sys.stdout is None:
        raise Unwritable(STDOUT_CLOSED)
    with _written():
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def json_text(value: Any, *, ascii_only: bool = False) -> str:
    """JSON for a program that a terminal survives too: what is no printable character stands as its escape."""
    text = json.dumps(value, indent=2, ensure_ascii=ascii_only, allow_nan=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def note(text: str) -> None:
    """A hint, a summary or a next step on stderr; a stderr that takes nothing changes nothing."""
    if sys.stderr is None:
        return
    with suppress(OSError):
        sys.stderr.write(_encodable(text, sys.stderr) + "\n")
        sys.stderr.flush()


def error(text: str) -> None:
    """What went wrong, on stderr: at most 50 lines of it, and of each line what a reader can take in."""
    lines = shortened(safe(text)).splitlines()
    if len(lines) > MAX_FINDINGS_SHOWN:
        lines = [*lines[:MAX_FINDINGS_SHOWN], f"… and {len(lines) - MAX_FINDINGS_SHOWN} more lines"]
    note(f"{_painted('error:', '31', sys.stderr)} " + "\n".join(lines))


def findings(found: "Iterable[Finding]", *, most: int = MAX_FINDINGS_SHOWN) -> None:
    """Findings on stderr, errors first, at most `most` of them."""
    ordered = sorted(found, key=lambda finding: list(_COLOURS).index(finding.severity))
    for finding in ordered[:most]:
        painted = _painted(finding.severity.value, _COLOURS[finding.severity], sys.stderr)
        note(f"{painted}: {shortened(safe(str(finding)))}")
    if len(ordered) > most:
        note(f"… and {len(ordered) - most} more findings")


def safe(text: str) -> str:
    """The text with control and bidi characters made visible, so that nothing a stranger wrote steers the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else escaped(c) for c in text)


def shortened(text: str) -> str:
    """The text with each line cut where nobody reads on."""
    return "\n".join(
        line if len(line) <= MAX_LINE_SHOWN else f"{line[:MAX_LINE_SHOWN]}… ({len(line):,} characters)"
        for line in text.split("\n")
    )


def is_of_stdout(error: OSError) -> bool:
    """Whether the error is of what Typer itself prints (help): it names no file, and says that nothing more fits.

    If so, nothing more goes to stdout, also not when Python flushes it at exit.
    """
    if error.filename is not None or error.errno not in _NOTHING_FITS:
        return False
    _leave_stdout()
    return True


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads the stream at a terminal; a closed stream is none."""
    return stream is not None and stream.isatty()


@contextmanager
def progress(items: Iterable[Item], what: str) -> Iterator[Iterable[Item]]:
    """Goes through items and shows on stderr how far it is; shows nothing when stderr is no terminal."""
    if not is_terminal(sys.stderr):
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


@contextmanager
def results(found: Iterable[Item], what: str, total: int) -> Iterator[Iterable[Item]]:
    """Hands on results as they come and shows on stderr how many there are, how fast, and how long the rest will take;
    shows nothing when stderr is no terminal."""
    if not is_terminal(sys.stderr):
        yield found
        return
    begun = time.monotonic()

    def counted() -> Iterator[Item]:
        shown = 0.0
        _show_line(f"{what}: 0/{total:,}")
        for count, item in enumerate(found, 1):
            now = time.monotonic()
            if now - shown >= SHOWN_EVERY_S or count == total:
                shown = now
                _show_line(f"{what}: {count:,}/{total:,}{_pace(count, total, now - begun)}")
            yield item

    try:
        yield counted()
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _show_line(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


def _pace(count: int, total: int, seconds: float) -> str:
    """A bar, results a second, and the time left at that pace."""
    if seconds <= 0 or count > total:
        return ""
    filled = BAR_WIDTH * count // total
    left = round((total - count) * seconds / count)
    hours, minutes = left // 3600, left % 3600 // 60
    clock = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
    return f" [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {count / seconds:,.1f}/s, {clock} left"


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """A function that shows on stderr how many of something there are so far; silent when stderr is no terminal."""
    if not is_terminal(sys.stderr):
        yield lambda _: None
        return

    def show(count: int) -> None:
        sys.stderr.write(f"\r{what}: {count:,}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _painted(text: str, colour: str, stream: TextIO | None) -> str:
    if not is_terminal(stream) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def _print(text: str) -> None:
    if sys.stdout is None:
        raise Unwritable(STDOUT_CLOSED)
    with _written():
        sys.stdout.write(_encodable(text, sys.stdout) + "\n")
        sys.stdout.flush()


@contextmanager
def _written() -> Iterator[None]:
    """Writes to stdout. A reader who has left changes nothing: the command goes on to its exit code.

    `Unwritable` when it can't be written for another reason (a full disk). Either way nothing more goes to stdout,
    where Python would complain again when it flushes at exit.
    """
    try:
        yield
    except BrokenPipeError:
        _leave_stdout()
    except OSError as error:
        _leave_stdout()
        raise Unwritable(f"can't write the result to stdout: {error.strerror}") from None


def _leave_stdout() -> None:
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open to the end


def _carries_unicode(stream: TextIO | None) -> bool:
    return stream is None or (stream.encoding or "utf-8").lower().replace("_", "-").startswith("utf")


def _encodable(text: str, stream: TextIO) -> str:
    """The text as the stream's encoding can carry it (an ASCII locale must not end in a traceback)."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
