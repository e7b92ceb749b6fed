"""Documents between bytes and values: strict JSON, schema, attrs values; and the one way in which files are written.

Whatever is read passes its schema before anything uses it. Whatever is written goes beside its place first and is
renamed into it after fsync, so that a full disk or a crash leaves the old file or none, never half of one.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar, cast

import attrs
from attrs import frozen

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import Unreadable, Unwritable
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.json_text import record_digest
from neuclir_carbon.model.record import ActivityRecord

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "Parsed",
    "format_json",
    "kind_of_file",
    "open_file",
    "parse_document",
    "plain",
    "read_bytes",
    "read_document",
    "sealed",
    "structured",
    "write_bytes",
]
Value = TypeVar("Value")
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024


@frozen
class Parsed(Generic[Value]):
    """A document's value, or None with the findings that say why there is none."""

    value: Value | None
    findings: tuple[Finding, ...] = ()


def parse_document(kind: str, cls: type[Value], data: bytes, path: str) -> Parsed[Value]:
    """The value of a document's bytes; findings name `path`. A value that fails its schema is None."""
    raw, findings = examine_bytes(kind, data)
    if raw is None:
        return Parsed(None, tuple(finding.inside(path) for finding in findings))
    return Parsed(_converter().structure(raw, cls))


def structured(raw: Any, cls: type[Value]) -> Value:
    """The value of JSON data that has already passed its schema."""
    return _converter().structure(raw, cls)


def read_document(kind: str, cls: type[Value], path: Path) -> Parsed[Value]:
    """As `parse_document`, from a file; `Unreadable` when the file is missing, no file, too large or not readable."""
    return parse_document(kind, cls, read_bytes(path), str(path))


def read_bytes(path: Path, *, most: int = MAX_DOCUMENT_BYTES) -> bytes:
    """A regular file's bytes; `Unreadable` with the reason otherwise."""
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            raise Unreadable(f"{path} has {size:,} bytes, more than the {most:,} that it may have")
        return stream.read(most + 1)


@contextlib.contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading; `Unreadable` when it is none or reading it fails."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise Unreadable(f"{path} is {kind_of_file(mode)}; give a file")
            yield stream
    except OSError as error:
        raise Unreadable(f"can't read {path}: {error.strerror}") from None


def _without_waiting(path: str, flags: int) -> int:
    """Opens a FIFO without waiting for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))


def kind_of_file(mode: int) -> str:
    """What a file mode says in words: `a folder`, `a FIFO` …"""
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    return next((words for test, words in kinds if test(mode)), "a device" if not stat.S_ISREG(mode) else "a file")


def sealed(record: ActivityRecord) -> ActivityRecord:
    """The record with its `record_sha256` filled in."""
    return attrs.evolve(record, record_sha256=record_digest(plain(record)))


def write_bytes(path: Path, chunks: bytes | Iterable[bytes]) -> None:
    """Writes a file whole or not at all, with the permissions the umask gives; `Unwritable` says why it could not."""
    parts = (chunks,) if isinstance(chunks, bytes) else chunks
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            for part in parts:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), 0o666 & ~_umask())
        Path(beside).replace(path)
        beside = None
    except OSError as error:
        raise Unwritable(f"can't write {path}: {error.strerror}; nothing was changed") from None
    finally:
        if beside is not None:
            with contextlib.suppress(OSError):
                Path(beside).unlink()


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


@lru_cache(maxsize=1)
def _converter() -> "Converter":
    import cattrs

    converter = cattrs.Converter()
    # JSON has one kind of number; an integer stands for a float, and a schema has already refused everything else.
    converter.register_structure_hook(float, lambda value, _: float(value))
    converter.register_structure_hook_func(lambda kind: kind == dict[str, Any], lambda value, _: cast("Any", value))
    return converter
