"""`validate --fix`: a copy of a run in which everything is mended that needs no judgement; the run stays as it is."""

import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from neuclir_carbon.errors import BadOption, Unwritable
from neuclir_carbon.model.run import FIELDS, listed, shown
from neuclir_carbon.model.track import LineFormat, Task
from neuclir_carbon.store.files import write_bytes
from neuclir_carbon.store.runs import Unpacked, blocks, is_gzip
from neuclir_carbon.workflow.mending import Row, Wanted, mended

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_TEXT = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b")
_SAID = {
    "gzip": "unpacked it from gzip",
    "byte order mark": "removed the byte order mark at the beginning",
    "line ends": "ended {} with LF alone",
    "last end": "ended the last line",
    "blank lines": "removed {} that were blank",
    "blanks": "removed blanks at the ends of {}",
    "odd blanks": "separated the fields of {} with plain blanks",
    "q0": "wrote Q0 in field 2 of {}",
    "tag": "wrote the run tag in {}",
    "together": "put the lines of {} together",
    "sorted": "sorted the lines of {}",
    "scores": "wrote scores that fall with the ranks in {}",
    "ranks": "numbered the ranks of {} from 1",
}
_TOPICS = frozenset({"together", "sorted", "scores", "ranks"})


class Fixed(NamedTuple):
    """What was done, and what was left because it needs somebody's judgement; each a sentence without its end."""

    done: tuple[str, ...]
    left: tuple[str, ...]


class _Group:
    """Where a topic's lines lie in a file, as stretches of bytes from a beginning to an end."""

    def __init__(self) -> None:
        self.extents: list[tuple[int, int]] = []

    def take(self, start: int, end: int) -> None:
        if self.extents and self.extents[-1][1] == start:
            self.extents[-1] = (self.extents[-1][0], end)
        else:
            self.extents.append((start, end))


def fix_run(
    stream: BinaryIO, out: Path, task: Task, *, tag: str, fix_tag: bool = False, order_by: str | None = None
) -> Fixed | None:
    """Writes a mended copy of a run to `out`, whole or not at all; None, and nothing written, where it is no text.

    `tag` is what the run tag should be; it is written only with `fix_tag`. `order_by`, `score` or `rank`, says which
    counts where the two disagree. Topics keep the order in which they first come. `BadOption` where the task's runs
    have not six columns, the tag can't be one, or `out` is the run itself; `Unwritable` where `out` can't be written.
    """
    if isinstance(task.format, LineFormat) or task.format.kind != "trec6":
        raise BadOption("--fix mends runs of six columns only; this task's runs have another format")
    if fix_tag and tag.split() != [tag]:
        raise BadOption(f"--fix-tag can't write {shown(tag)}: a run tag holds no blank; give one with --run-tag")
    _refuse_what_stands_there(stream, out)
    done: Counter[str] = Counter()
    with _as_text(stream, done) as run:
        groups = None if run is None else _groups(run, done)
        if run is None or groups is None:
            return None
        wanted = Wanted(None if task.format.any_q0 else "Q0", tag if fix_tag else None, order_by)
        left = _Left(tag)
        write_bytes(out, _mended_parts(run, groups, wanted, done, left))
    return Fixed(tuple(_said(done)), tuple(left.said(order_by)))


def _refuse_what_stands_there(stream: BinaryIO, out: Path) -> None:
    try:
        there = out.stat()
    except (OSError, ValueError):
        return
    try:
        same = os.path.samestat(there, os.fstat(stream.fileno()))
    except OSError:
        same = False
    if same:
        raise BadOption(f"--fix {out} is the run itself, which is never changed; name another file")
    if not stat.S_ISREG(there.st_mode):
        raise Unwritable(f"can't write {out}: something stands there that is no file")


@contextmanager
def _as_text(stream: BinaryIO, done: Counter[str]) -> Iterator[BinaryIO | None]:
    """The run, unpacked into a temporary file if it is gzip; None if it is no text at all."""
    stream.seek(0)
    beginning = stream.read(16)
    if is_gzip(stream):
        done["gzip"] += 1
        unpacked = Unpacked(stream)
        with tempfile.TemporaryFile(prefix="neuclir-carbon-") as copy:
            try:
                shutil.copyfileobj(cast("BinaryIO", unpacked), copy)
                copy.flush()
            except OSError as error:
                raise Unwritable(f"can't keep a copy of the run: {error.strerror}") from None
            yield None if unpacked.fault else cast("BinaryIO", copy)
    else:
        yield None if beginning.startswith(_NO_TEXT) and not beginning.isascii() else stream


def _groups(run: BinaryIO, done: Counter[str]) -> dict[str, _Group] | None:
    """Topic → where its lines are, in the order in which topics first come; None if a line is too long to be one.

    A line that has no topic, because it has not six fields, goes with the lines before it.
    """
    groups: dict[str, _Group] = {}
    again: set[str] = set()
    place, topic = 0, ""
    run.seek(0)
    for block in blocks(run):
        if block.too_long:
            return None
        for line in block.data.splitlines(keepends=True):
            start, place = place, place + len(line)
            marked = start == 0 and line.startswith(_BYTE_ORDER_MARK)
            if marked:
                done["byte order mark"] += 1
                start = len(_BYTE_ORDER_MARK)
            done["line ends"] += line.endswith((b"\r", b"\r\n"))
            fields = line.removeprefix(_BYTE_ORDER_MARK if marked else b"").decode("utf-8", "replace").split()
            if len(fields) == FIELDS and fields[0] != topic:
                topic = fields[0]
                if topic in groups:
                    again.add(topic)
            groups.setdefault(topic, _Group()).take(start, place)
    done["together"] += len(again)
    return groups


class _Left:
    """What was left as it is."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.unordered: list[str] = []
        self.malformed = self.other_tags = 0

    def said(self, order_by: str | None) -> Iterator[str]:
        if self.unordered:
            ask = "--order-by score or --order-by rank says which counts" if order_by is None else "mend them by hand"
            yield (
                f"left {_counted(len(self.unordered), 'topic')} in the order of the file, because ranks and scores "
                f"disagree or are no numbers ({listed(self.unordered)}): {ask}"
            )
        if self.malformed:
            yield f"left {_counted(self.malformed, 'line')} that have not six fields in UTF-8: mend or remove them"
        if self.other_tags:
            lines = _counted(self.other_tags, "line")
            yield f"left another run tag than {shown(self.tag)} in {lines}: --fix-tag writes it"


def _mended_parts(
    run: BinaryIO, groups: dict[str, _Group], wanted: Wanted, done: Counter[str], left: _Left
) -> Iterator[bytes]:
    """The mended run, a topic at a time."""
    for topic, group in groups.items():
        rows: list[Row] = []
        others: list[bytes] = []
        for raw in _lines(run, group, done):
            row = _row(raw)
            if row is not None:
                rows.append(row)
            else:
                others.append(raw)
        rows, unclear = mended(rows, wanted, done)
        if unclear:
            left.unordered.append(topic)
        left.malformed += len(others)
        left.other_tags += sum(row.fields[-1] != left.tag for row in rows)
        yield b"".join([*(f"{row}\n".encode() for row in rows), *(raw + b"\n" for raw in others)])


def _lines(run: BinaryIO, group: _Group, done: Counter[str]) -> Iterator[bytes]:
    """A topic's lines, without their ends and without blanks there; blank ones are left out."""
    for start, end in group.extents:
        run.seek(start)
        data = run.read(end - start)
        done["last end"] += not data.endswith((b"\n", b"\r"))
        for raw in data.splitlines():
            line = raw.strip(b" \t")
            if line.strip():
                done["blanks"] += line != raw
                yield line
            else:
                done["blank lines"] += 1


def _row(raw: bytes) -> Row | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    fields = text.split()
    return Row(text, fields) if len(fields) == FIELDS else None


def _said(done: Counter[str]) -> Iterator[str]:
    for key, sentence in _SAID.items():
        if done[key]:
            yield sentence.format(_counted(done[key], "topic" if key in _TOPICS else "line"))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
