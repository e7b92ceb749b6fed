"""Registries' exports, read once into an SQLite file per export that finds the rows over a block in O(log n).

The file is kept under the digest of the export in the user's cache, so that a second look costs a digest. Rows pass
one by one: an export of millions of rows takes disk, not memory. Nothing of a row is kept but its credits, status, day,
project, quantity and line: no names.
"""

import contextlib
import hashlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import frozen

from neuclir_carbon.errors import Unreadable, Unwritable
from neuclir_carbon.model.outside import MOST_ROWS, ListedRow, ProjectTold, RegistryFile, RegistryRow
from neuclir_carbon.store import registry_projects
from neuclir_carbon.store.caches import cache_folder
from neuclir_carbon.store.files import beside_name, open_file
from neuclir_carbon.store.registry_formats import EXPORTS, export_of, plain_header, unserialised
from neuclir_carbon.store.registry_projects import PROJECT_TABLES, ProjectReader, project_table
from neuclir_carbon.store.registry_rows import LARGEST, NO_BLOCK, STATUSES, TABLES, ExportReader, put_in_order
from neuclir_carbon.store.registry_table import table_rows

# Part of the cached file's name: another version of the grammars or of the tables reads the export again.
VERSION = 4
CHUNK = 1024 * 1024
# A workbook's sheet, saved as a table, may begin with some lines about itself.
HEADER_ROWS = 10
_ROWS_OF = """
SELECT k.key, b.start, b.end, b.status, b.day, b.project, b.kg, b.line FROM blocks b JOIN keys k ON k.id = b.key
WHERE k.key = ? ORDER BY b.status, b.line LIMIT ?
"""
_ROWS_OVER = """
SELECT k.key, b.start, b.end, b.status, b.day, b.project, b.kg, b.line FROM blocks b JOIN keys k ON k.id = b.key
WHERE k.key = ? AND b.start >= (SELECT start FROM marks WHERE key = k.id AND reach < ?
                                ORDER BY reach DESC, start DESC LIMIT 1)
AND b.start <= ? AND b.end >= ? ORDER BY b.start LIMIT ?
"""
Progress = Callable[[int], None]


@frozen
class _Index:
    """One export's index, open for reading."""

    file: RegistryFile
    database: sqlite3.Connection


@frozen
class RegistryIndex:
    """Several exports, asked as one: the `Registry` of the rules."""

    indexes: tuple[_Index, ...]

    @property
    def files(self) -> tuple[RegistryFile, ...]:
        return tuple(index.file for index in self.indexes)

    def rows_over(self, key: str, start: int, end: int) -> tuple[RegistryRow, ...]:
        """The rows that share credits with a block, by their start; the first `MOST_ROWS` of each export."""
        if start > LARGEST:
            return ()
        return self._rows(_ROWS_OVER, (key, start, min(end, LARGEST), start, MOST_ROWS))

    def rows_of(self, key: str) -> tuple[RegistryRow, ...]:
        """The rows of an id that has no block."""
        return self._rows(_ROWS_OF, (key, MOST_ROWS))

    def listed(self, project: str, first: date, last: date, quantity_kg: int) -> tuple[ListedRow, ...]:
        """The rows of a list without serials, of a project and quantity, between two days (both included)."""
        wanted = (project, quantity_kg, first.toordinal(), last.toordinal(), MOST_ROWS)
        text = "SELECT project, day, kg, line FROM listed WHERE project = ? AND kg = ? AND day BETWEEN ? AND ? LIMIT ?"
        return tuple(
            ListedRow(file=index.file, line=line, project=named, day=date.fromordinal(day), quantity_kg=kg)
            for index in self.indexes
            for named, day, kg, line in _selected(index, text, wanted)
        )

    def told_of(self, project: str, vintages: tuple[int, int] | None, days: tuple[date, date]) -> list[ProjectTold]:
        """What tables without serials tell of a project, those that have its registry: a value a table."""
        found = []
        for index in self.indexes:
            with _reading(index):
                told = registry_projects.told_of(index.database, index.file, project, vintages, days)
            found += [] if told is None else [told]
        return found

    def close(self) -> None:
        """Gives the files back."""
        for index in self.indexes:
            index.database.close()

    def _rows(self, text: str, values: Sequence[object]) -> tuple[RegistryRow, ...]:
        return tuple(
            RegistryRow(
                file=index.file, line=line, key=key, start=None if start == NO_BLOCK else start,
                end=None if start == NO_BLOCK else end, status=STATUSES[status],
                day=None if day is None else date.fromordinal(day), project=project, quantity_kg=kg,
            )
            for index in self.indexes
            for key, start, end, status, day, project, kg, line in _selected(index, text, values)
        )  # fmt: skip


def _selected(index: _Index, text: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    with _reading(index):
        return index.database.execute(text, values).fetchall()


@contextlib.contextmanager
def _reading(index: _Index) -> Iterator[None]:
    """`Unreadable` where the index turns out to be damaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise Unreadable(
            f"the index of {index.file.name} in {registry_folder()} is damaged ({error}): "
            "remove that folder and try again"
        ) from None


def open_registry(paths: Sequence[Path], progress: Progress = lambda _: None) -> RegistryIndex:
    """The exports at `paths`, each read into its index unless that is there; equal files count once.

    `progress` hears how many rows were read. `Unreadable` when a file is missing, no CSV, or no export known here.
    """
    by_digest: dict[str, _Index] = {}
    for path in dict.fromkeys(paths):
        sha256 = _digest(path)
        if sha256 not in by_digest:
            by_digest[sha256] = _open_index(path, sha256, progress)
    return RegistryIndex(tuple(by_digest.values()))


def registry_folder() -> Path:
    """Where indexes are kept."""
    return cache_folder("registry")


def _digest(path: Path) -> str:
    whole = hashlib.sha256()
    with open_file(path) as stream:
        while part := stream.read(CHUNK):
            whole.update(part)
    return whole.hexdigest()


def _open_index(path: Path, sha256: str, progress: Progress) -> _Index:
    kept = registry_folder() / f"{sha256}.v{VERSION}.sqlite"
    if (found := _kept_index(kept, path, sha256)) is not None:
        return found
    with _building_place(kept) as place:
        database = sqlite3.connect(place, isolation_level=None)
        try:
            _build(database, path, sha256, progress)
            file = _file_of(database, path, sha256)
        except sqlite3.OperationalError as error:
            database.close()
            raise Unwritable(
                f"can't write the index of {path} to {place.parent}: {error}; NEUCLIR_CARBON_CACHE names another folder"
            ) from None
        except BaseException:
            # Also when somebody stops it: an open file could not be taken away everywhere.
            database.close()
            raise
        if file is None:
            raise Unwritable(f"the index of {path} in {place.parent} can't be read back")
        with contextlib.suppress(OSError):
            place.replace(kept)
        # An open database outlives the name of its file: where it could not be kept, it serves this once.
        return _Index(file, database)


@contextlib.contextmanager
def _building_place(kept: Path) -> Iterator[Path]:
    """A new file's path beside the place where it is to be kept; in a temporary folder where that can't be written."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        place = kept.parent / beside_name()
        place.touch(exist_ok=False)
    except OSError:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "index.sqlite"
        return
    try:
        yield place
    finally:
        with contextlib.suppress(OSError):
            place.unlink()


def _kept_index(kept: Path, path: Path, sha256: str) -> _Index | None:
    """An index that is there and whole; None where it must be made."""
    if not kept.is_file():
        return None
    database = sqlite3.connect(f"{kept.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        file = _file_of(database, path, sha256)
    except sqlite3.DatabaseError:
        file = None
    if file is None:
        database.close()
        return None
    return _Index(file, database)


def _file_of(database: sqlite3.Connection, path: Path, sha256: str) -> RegistryFile | None:
    facts = dict(database.execute("SELECT name, value FROM facts"))
    programmes = {export.kind: export.programmes for export in EXPORTS} | {table.kind: () for table in PROJECT_TABLES}
    kind = facts.get("kind")
    if kind not in programmes or facts.get("sha256") != sha256 or "rows" not in facts:
        return None
    return RegistryFile(
        name=path.name,
        kind=kind,
        sha256=sha256,
        as_of=date.fromisoformat(facts["as_of"]) if facts.get("as_of") else None,
        programmes=programmes[kind],
        rows=int(facts["rows"]),
        unread=int(facts["unread"]),
        unequal=int(facts["unequal"]),
    )


def _build(database: sqlite3.Connection, path: Path, sha256: str, progress: Progress) -> None:
    for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", "cache_size = -65536"):
        database.execute(f"PRAGMA {setting}")
    for tables in ("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT)", TABLES, registry_projects.TABLES):
        database.executescript(tables)
    database.execute("BEGIN")
    with open_file(path) as stream:
        rows = table_rows(stream, path)
        reader = _reader(database, rows, path)
        reader.take(rows, progress)
    put_in_order(database)
    registry_projects.put_in_order(database)
    facts = {"kind": reader.kind, "sha256": sha256, "rows": reader.rows, "unread": reader.unread}
    latest = "" if reader.latest is None else reader.latest.isoformat()
    facts |= {"unequal": reader.unequal, "as_of": latest}
    database.executemany("INSERT INTO facts VALUES (?, ?)", [(name, str(value)) for name, value in facts.items()])
    database.execute("COMMIT")


def _reader(
    database: sqlite3.Connection, rows: Iterator[tuple[int, list[str]]], path: Path
) -> ExportReader | ProjectReader:
    """The reader of the table whose header is among the first rows; `Unreadable` where it is none that is known."""
    first: tuple[str, ...] | None = None
    for _, cells in islice(rows, HEADER_ROWS):
        header = plain_header(cells)
        first = first or header
        if (export := export_of(header)) is not None:
            return ExportReader(database, export, header)
        if (table := project_table(header)) is not None:
            return ProjectReader(database, table, header)
        if (bare := unserialised(header)) is not None:
            raise Unreadable(f"{path} is {bare.kind}, which has no serial numbers: {bare.instead}")
    kinds = ", ".join(known.kind for known in (*EXPORTS, *PROJECT_TABLES))
    found = ", ".join(first or ())[:200]
    raise Unreadable(f"{path} is no registry's export that is known here: its columns are {found}; known are {kinds}")
