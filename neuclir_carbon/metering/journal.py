"""The journal as a file: made and locked before the child starts, appended line by line, gone when the record is there.

Whoever can take the lock knows that the wrapper is gone: the kernel lets go of it when the wrapper dies, however it
dies. Standard library only.
"""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Mapping
from typing import Any

from neuclir_carbon.model.journal_format import FOLDER, SUFFIX, Journal, format_line, line_digest, parse_journal

MAX_JOURNAL_BYTES = 256 * 1024 * 1024
FIRST_FREE_DESCRIPTOR = 3
# Never waits for a FIFO's other end, and follows no link.
_READ_ONLY = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW"))
# A reader that looks for orphans may hold a new journal for a moment.
_LOCK_TRIES = 10
_LOCK_WAIT_S = 0.002


class JournalWriter:
    """One journal, open, locked, and on disk with its first line. No method raises anything but OSError."""

    def __init__(self, path: str, descriptor: int, *, is_locked: bool) -> None:
        self.path = path
        self.is_locked = is_locked
        self._descriptor = descriptor
        self._last: bytes | None = None
        # What the disk no longer takes: the last line of each kind.
        self._unwritten: dict[str, dict[str, Any]] = {}
        self._failed: OSError | None = None

    @classmethod
    def create(cls, ledger: str, first: Mapping[str, Any]) -> "JournalWriter":
        """Makes `LEDGER/journal/<record_id>.jsonl` with its first line, synced; OSError if the ledger can't hold it."""
        folder = f"{ledger}/{FOLDER}"
        os.makedirs(folder, exist_ok=True)
        path = f"{folder}/{first['record_id']}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        descriptor = above_the_streams(os.open(path, flags, 0o666))
        writer = cls(path, descriptor, is_locked=_locks(descriptor, tries=_LOCK_TRIES))
        try:
            writer.append({**first, "locked": writer.is_locked})
        except OSError:
            writer.remove()
            raise
        return writer

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def append(self, entry: Mapping[str, Any]) -> None:
        """Adds a line and syncs it. After a failure nothing more is written, for half a line may stand there; the entry
        is kept in memory, and the failure is raised once."""
        if self._failed is not None:
            self._unwritten[str(entry["kind"])] = dict(entry)
            return
        line = format_line(entry, None if self._last is None else line_digest(self._last))
        try:
            if os.write(self._descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._descriptor)
        except OSError as error:
            self._failed = error
            self._unwritten[str(entry["kind"])] = dict(entry)
            raise
        self._last = line

    def read(self) -> Journal:
        """What was appended, whether or not all of it reached the disk; OSError if the disk does not give it back."""
        descriptor = os.open(self.path, _READ_ONLY)
        try:
            journal = parse_journal(_all_bytes(descriptor))
        finally:
            os.close(descriptor)
        lines = (*journal.lines, *self._unwritten.values())
        return Journal(lines, journal.head, torn=journal.torn, altered_at=journal.altered_at)

    def remove(self) -> None:
        """Takes the journal off the disk, then lets go of its lock. An empty `journal/` goes too."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        with contextlib.suppress(OSError):
            os.rmdir(self.path.rpartition("/")[0])
        self.close()

    def close(self) -> None:
        """Lets go of the lock; the file stays, for `recover`."""
        if self._descriptor >= 0:
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


class OrphanedJournal:
    """A journal whose wrapper is gone, held by its lock until `remove` or `close`."""

    def __init__(self, path: str, descriptor: int, journal: Journal) -> None:
        self.path = path
        self.journal = journal
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: str) -> "OrphanedJournal | None":
        """The journal at a path if no live wrapper holds it, else None; OSError when it can't be read."""
        descriptor = os.open(path, _READ_ONLY)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            if not _locks(descriptor) or not _is_still_there(path, descriptor):
                os.close(descriptor)
                return None
            return cls(path, descriptor, parse_journal(_all_bytes(descriptor)))
        except OSError:
            os.close(descriptor)
            raise

    @property
    def modified_at(self) -> float:
        """When its last line was written (Unix time)."""
        return os.fstat(self._descriptor).st_mtime

    def remove(self) -> None:
        """Takes the journal off the disk, then lets go of it."""
        os.unlink(self.path)
        with contextlib.suppress(OSError):
            os.rmdir(self.path.rpartition("/")[0])
        self.close()

    def close(self) -> None:
        """Lets go of it; what stands on the disk stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def above_the_streams(descriptor: int) -> int:
    """The same file on a descriptor above 2, closed on exec: where the caller closed stdin, stdout or stderr, a new
    file would land there, and the child would take it for its stream."""
    if descriptor >= FIRST_FREE_DESCRIPTOR:
        return descriptor
    import fcntl

    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR)
    os.close(descriptor)
    return int(moved)


def _locks(descriptor: int, *, tries: int = 1) -> bool:
    """Takes the lock if it is free; False where it is held, or where file system or platform know no such lock."""
    try:
        import fcntl
    except ImportError:
        return False
    for trial in range(tries):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if trial + 1 < tries:
                time.sleep(_LOCK_WAIT_S)
        except OSError:
            return False
        else:
            return True
    return False


def _unlock(descriptor: int) -> None:
    """Lets go of the lock for all who share the open file: a forked copy of this process may hold it open."""
    with contextlib.suppress(OSError, ImportError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_still_there(path: str, descriptor: int) -> bool:
    """Whether the path still names the file that is open: another reader may have recovered it a moment ago."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _all_bytes(descriptor: int) -> bytes:
    chunks, size = [], 0
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_JOURNAL_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return b"".join(chunks)
