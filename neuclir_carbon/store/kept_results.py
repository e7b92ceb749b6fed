"""Results of audits as they were found before: an SQLite file for each basis, in the user's cache.

A result is found by its bundle's SHA-256; an object that a store calls by the ETag it had is known without reading it.
What lies there is text and never a program's object, stands under its own digest, and counts only in a file that
belongs to this user and that nobody else may write. Where nothing can be kept, nothing is, and all goes on.
"""

import contextlib
import hashlib
import os
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import define, field

from neuclir_carbon.store.caches import cache_folder

FOLDER = "audits"
# Part of the file's name: another form of the tables begins a new file.
VERSION = 2
MOST_BYTES = 4 * 1024**3
UNUSED_S = 90 * 24 * 3600
_COMMIT_EVERY_S = 1.0
# A page has room for one result or two.
_SETTINGS = (
    "page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL", "trusted_schema = OFF", "cell_size_check = ON",
)  # fmt: skip
_TABLES = """
CREATE TABLE IF NOT EXISTS results (sha256 TEXT PRIMARY KEY, digest TEXT, text BLOB);
CREATE TABLE IF NOT EXISTS objects (state TEXT PRIMARY KEY, sha256 TEXT) WITHOUT ROWID;
"""


@define
class KeptResults:
    """The results kept under one basis; with no database, none."""

    _database: sqlite3.Connection | None = None
    _committed: float = field(factory=time.monotonic)

    def find(self, sha256: str | None) -> bytes | None:
        """The text of the result for a bundle's SHA-256 (hex); None where there is none, or a damaged one."""
        if sha256 is None:
            return None
        row = self._row("SELECT text, digest FROM results WHERE sha256 = ?", sha256)
        if row is None or not isinstance(row[0], bytes) or row[1] != _digest(sha256, row[0]):
            return None
        return row[0]

    def digest_of_object(self, state: str) -> str | None:
        """The SHA-256 (hex) of an object that was in this state when it was read; None where that is not known."""
        row = self._row("SELECT sha256 FROM objects WHERE state = ?", state)
        return row[0] if row is not None and isinstance(row[0], str) else None

    def keep(self, sha256: str, text: bytes, state: str | None = None) -> None:
        """Keeps a result; after a second at most it outlives the end of this process."""
        if self._database is None:
            return
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (sha256, _digest(sha256, text), text)
            )
            if state is not None:
                self._database.execute("INSERT OR REPLACE INTO objects VALUES (?, ?)", (state, sha256))
            if time.monotonic() - self._committed > _COMMIT_EVERY_S:
                self._database.commit()
                self._committed = time.monotonic()
        except sqlite3.Error:
            # A full disk, another process that holds the file: what is not kept is found out again.
            self._close()

    def _row(self, query: str, value: str) -> tuple[object, ...] | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute(query, (value,)).fetchone()
        except sqlite3.Error:
            self._close()
            return None
        return None if row is None else tuple(row)

    def close(self) -> None:
        """Commits, and gives the file back."""
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.commit()
        self._close()

    def _close(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
        self._database = None


@contextmanager
def kept_results(basis: str) -> Iterator[KeptResults]:
    """What is kept under a basis, for as long as the block lasts; however it ends, what was found so far stays kept."""
    kept = KeptResults(_opened(cache_folder(FOLDER) / f"{basis}.v{VERSION}.sqlite"))
    try:
        yield kept
    finally:
        kept.close()


def _opened(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _clear(path)
        if not _is_ours(path.parent) or (os.path.lexists(path) and not _is_ours(path)):
            return None
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        os.utime(path)
    except OSError:
        return None
    database = _connected(path)
    if database is None:
        # Damaged: made anew, once.
        with suppress(OSError):
            path.unlink()
        database = _connected(path)
    return database


def _connected(path: Path) -> sqlite3.Connection | None:
    database = None
    try:
        database = sqlite3.connect(path, timeout=10.0)
        for setting in _SETTINGS:
            database.execute(f"PRAGMA {setting}")
        database.executescript(_TABLES)
        kinds = database.execute("SELECT type FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchall()
        if not kinds:
            return database
    except sqlite3.Error:
        pass
    if database is not None:
        database.close()
    return None


def _is_ours(path: Path) -> bool:
    """Whether it is a file or folder of this user, no link, that nobody else may write."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _clear(path: Path) -> None:
    """Removes what has not been used for long, and a file that has grown too large."""
    now = time.time()
    for other in path.parent.glob("*.sqlite*"):
        with suppress(OSError):
            found = other.lstat()
            if (other != path and now - found.st_mtime > UNUSED_S) or found.st_size > MOST_BYTES:
                other.unlink()


def _digest(sha256: str, text: bytes) -> str:
    return hashlib.sha256(sha256.encode() + b"\0" + text).hexdigest()
