"""Runs as they lie on disk: whole lines in blocks, and lists of topics. The walk over them is in checks/run_walk.py."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from neuclir_carbon.errors import Unreadable, Unwritable
from neuclir_carbon.model.run import Block, shown

BLOCK_BYTES = 1 << 16
MAX_LINE_BYTES = 16 << 20
# A report is a line; what is longer than any report is still read as the official checkers read it.
JSONL_BLOCK_BYTES = 1 << 20
MAX_JSONL_LINE_BYTES = 64 << 20
COPY_IN_MEMORY_BYTES = 16 << 20
CARRIAGE_RETURN = 0x0D
GZIP_MAGIC = b"\x1f\x8b"
# A gzip file may grow to this size, and beyond it so many times its own; text of runs grows about fourfold.
UNPACKED_FREELY_BYTES = 64 << 20
MOST_GROWTH = 100


class Digests(NamedTuple):
    """A file's digests in hex: SHA-256 for a manifest, MD5 because TREC's own pages publish it for each run."""

    sha256: str
    md5: str


class Readable(Protocol):
    """What gives the next bytes, at most so many; none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Extent:
    """The bytes of an open file from `start` to `end`, read without moving the place at which others read it."""

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        self._descriptor, self._place, self._end = descriptor, start, end

    def read(self, size: int, /) -> bytes:
        data = os.pread(self._descriptor, min(size, self._end - self._place), self._place)
        self._place += len(data)
        return data


class ScratchFile(io.BufferedRandom):
    """A temporary file that nobody else sees; `Unwritable` where the disk takes no more."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise _no_room(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise _no_room(error) from None


def scratch_file() -> BinaryIO:
    """An empty temporary file, open for writing and reading."""
    import tempfile

    try:
        return ScratchFile(tempfile.TemporaryFile(prefix="neuclir-carbon-", buffering=0))
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> Unwritable:
    return Unwritable(f"can't keep a part of the run in a temporary file: {error.strerror}")


class Unpacked:
    """What is in a gzip stream. Where it is damaged, or grows as no run does, it ends, and `fault` says why."""

    def __init__(self, stream: BinaryIO) -> None:
        import gzip

        stream.seek(0, os.SEEK_END)
        self._most = max(UNPACKED_FREELY_BYTES, MOST_GROWTH * stream.tell())
        stream.seek(0)
        self._stream = gzip.GzipFile(fileobj=stream)
        self._read = 0
        self.fault: str | None = None

    def read(self, size: int, /) -> bytes:
        import zlib

        if self.fault is not None:
            return b""
        try:
            data = self._stream.read(size)
        except (EOFError, zlib.error, OSError) as error:  # gzip calls a damaged file an OSError
            self.fault = f"it is damaged ({error})"
            return b""
        self._read += len(data)
        if self._read > self._most:
            self.fault = f"it grows to more than {self._most:,} bytes, as no run does"
            return b""
        return data


def is_gzip(stream: BinaryIO) -> bool:
    """Whether a stream begins as gzip does and anything at all can be read from it."""
    stream.seek(0)
    return stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC and bool(Unpacked(stream).read(1))


@contextmanager
def rewindable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream itself if it can go back to its beginning, else a temporary copy; a run may need a second reading."""
    if stream.seekable():
        yield stream
        return
    import shutil
    import tempfile

    with tempfile.SpooledTemporaryFile(max_size=COPY_IN_MEMORY_BYTES, prefix="neuclir-carbon-") as copy:
        try:
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
        except OSError as error:
            raise Unwritable(f"can't keep a copy of the run: {error.strerror}") from None
        yield cast("BinaryIO", copy)


def blocks(stream: Readable, *, size: int = BLOCK_BYTES, longest: int = MAX_LINE_BYTES) -> Iterator[Block]:
    """A stream's lines in blocks of about `size` bytes. CR, LF and CRLF each end a line; none is cut in two.

    Memory stays below `longest` bytes and one block, whatever the stream holds.
    """
    rest = b""
    skipping = False
    while chunk := _read(stream, size):
        data = rest + chunk
        if skipping:
            start = _end_of_line(data)
            skipping, data = start is None, data[-1:] if start is None else data[start:]
        # A CR at the very end may be the first half of a CRLF: it stays for the next block.
        cut = 0 if skipping else max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(len(data) - 1, 0))) + 1
        if cut:
            yield Block(data[:cut])
        rest = data[cut:]
        if len(rest) > longest:
            yield Block(rest[:200], too_long=True)
            rest, skipping = b"", True
    if rest and not skipping:
        yield Block(rest)


def _end_of_line(data: bytes) -> int | None:
    """Where the next line begins; None if the line has not surely ended yet."""
    places = [place for place in (data.find(b"\n"), data.find(b"\r")) if place >= 0]
    if not places or (data[min(places)] == CARRIAGE_RETURN and min(places) == len(data) - 1):
        return None
    first = min(places)
    return first + (2 if data[first : first + 2] == b"\r\n" else 1)


def _read(stream: Readable, size: int) -> bytes:
    try:
        return stream.read(size)
    except OSError as error:
        raise Unreadable(f"reading broke off: {error.strerror}") from None


def digests_of(stream: BinaryIO) -> Digests:
    """The digests of everything from the stream's beginning."""
    import hashlib

    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    stream.seek(0)
    while chunk := _read(stream, BLOCK_BYTES):
        sha256.update(chunk)
        md5.update(chunk)
    return Digests(sha256.hexdigest(), md5.hexdigest())


def read_topics(path: Path) -> tuple[str, ...]:
    """The topic ids of a file: one a line, or JSONL with `topic_id` or `request_id`; `Unreadable` if it has neither.

    Ids keep their order. In a plain list a blank line is an id without a name, as the official checker reads it: no
    run can serve it, and the verdict says so.
    """
    from neuclir_carbon.store.files import read_bytes

    data = read_bytes(path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}") from None
    if text.startswith("\ufeff"):
        raise Unreadable(f"{path} begins with a byte order mark, which would become part of its first id; remove it")
    if not text.strip():
        raise Unreadable(f"{path} holds no topic id; give one a line, or JSONL with topic_id or request_id")
    lines = list(io.StringIO(text, newline=None))
    if text.lstrip().startswith("{"):
        return tuple(_topic_of(line, number, path) for number, line in enumerate(lines, 1) if line.strip())
    return tuple(line.strip() for line in lines)


def _topic_of(line: str, number: int, path: Path) -> str:
    from neuclir_carbon.model.json_text import NotJson, parse_json

    try:
        value = parse_json(line.encode("utf-8"))
    except NotJson as error:
        raise Unreadable(f"{path}:{number} is no line of JSONL: {error}") from None
    found = None
    if isinstance(value, dict):
        found = value.get("topic_id", value.get("request_id"))
    if isinstance(found, bool) or not isinstance(found, str | int):
        kind = shown(json.dumps(found)[:200]) if found is not None else "missing"
        raise Unreadable(f"{path}:{number} topic_id (or request_id) is {kind}, wanted text")
    return str(found)
