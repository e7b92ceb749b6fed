"""Registries' exports, read once into an SQLite file per export that finds the rows over a block in O(log n).

The file is kept under the digest of the export in the user's cache, so that a second look costs a digest. Rows pass
one by one: an export of millions of rows takes disk, not memory. Nothing of a row is kept but its credits, status, day,
project, quantity and line: no names.
"""

import codecs
import contextlib
import csv
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from neuclir_carbon.errors import Unreadable, Unwritable
from neuclir_carbon.model.outside import MOST_ROWS, ListedRow, RegistryFile, RegistryRow, Status
from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.reading import read_list
from neuclir_carbon.store.files import beside_name, open_file
from neuclir_carbon.store.registry_formats import EXPORTS, Export, export_of, plain_header, unserialised, whole_number

# Part of the cached file's name: another version of the grammars or of the tables reads the export again.
VERSION = 1
MAX_LINE_CHARACTERS = 1024 * 1024
MAX_CELL_CHARACTERS = 128 * 1024
MAX_SERIAL_CHARACTERS = 4000
MOST_COLUMNS = 500
BATCH = 5000
MOST_KEYS = 100_000
CHUNK = 1024 * 1024
# Serials name their vintage; an export is not judged, so none of its vintages is too late.
_ANY_YEAR = 9999
_LARGEST = 2**63 - 1
_STATUSES = tuple(Status)
_STATUS_PLACES = {status: place for place, status in enumerate(_STATUSES)}
_CACHE_VARIABLES = (("NEUCLIR_CARBON_CACHE", ""), ("XDG_CACHE_HOME", "neuclir-carbon"))
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE keys (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
CREATE TABLE found (key INTEGER, start INTEGER, end INTEGER, status INTEGER, day INTEGER, project TEXT, kg INTEGER,
                    line INTEGER);
CREATE TABLE listed (project TEXT, day INTEGER, kg INTEGER, line INTEGER);
"""
# `reach` is the furthest end among the rows that start no later: it rises with `start`, so that the first row which
# can touch a block is found by one step into the index.
_ORDERED = """
CREATE TABLE blocks AS
    SELECT key, start, end, status, day, project, kg, line,
           max(end) OVER (PARTITION BY key ORDER BY start, end, line ROWS UNBOUNDED PRECEDING) AS reach
    FROM found ORDER BY key, start, end, line;
DROP TABLE found;
CREATE INDEX by_reach ON blocks (key, reach, start);
CREATE INDEX by_start ON blocks (key, start);
CREATE INDEX by_project ON listed (project, kg, day);
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
        if start > _LARGEST:
            return ()
        return self._rows(
            "SELECT k.key, b.start, b.end, b.status, b.day, b.project, b.kg, b.line FROM blocks b JOIN keys k ON "
            "k.id = b.key WHERE k.key = ? AND b.start >= (SELECT start FROM blocks WHERE key = k.id AND reach >= ? "
            "ORDER BY reach, start LIMIT 1) AND b.start <= ? AND b.end >= ? ORDER BY b.start LIMIT ?",
            (key, start, min(end, _LARGEST), start, MOST_ROWS),
        )

    def rows_of(self, key: str) -> tuple[RegistryRow, ...]:
        """The rows of an id that has no block."""
        return self._rows(
            "SELECT k.key, b.start, b.end, b.status, b.day, b.project, b.kg, b.line FROM blocks b JOIN keys k ON "
            "k.id = b.key WHERE k.key = ? ORDER BY b.status, b.line LIMIT ?",
            (key, MOST_ROWS),
        )

    def listed(self, project: str, first: date, last: date, quantity_kg: int) -> tuple[ListedRow, ...]:
        """The rows of a list without serials, of a project and quantity, between two days (both included)."""
        wanted = (project, quantity_kg, first.toordinal(), last.toordinal(), MOST_ROWS)
        text = "SELECT project, day, kg, line FROM listed WHERE project = ? AND kg = ? AND day BETWEEN ? AND ? LIMIT ?"
        return tuple(
            ListedRow(file=index.file, line=line, project=named, day=date.fromordinal(day), quantity_kg=kg)
            for index in self.indexes
            for named, day, kg, line in _selected(index, text, wanted)
        )

    def close(self) -> None:
        """Gives the files back."""
        for index in self.indexes:
            index.database.close()

    def _rows(self, text: str, values: Sequence[object]) -> tuple[RegistryRow, ...]:
        return tuple(
            RegistryRow(
                file=index.file, line=line, key=key, start=start, end=end, status=_STATUSES[status],
                day=None if day is None else date.fromordinal(day), project=project, quantity_kg=kg,
            )
            for index in self.indexes
            for key, start, end, status, day, project, kg, line in _selected(index, text, values)
        )  # fmt: skip


def _selected(index: _Index, text: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """The rows of a query; `Unreadable` where the index turns out to be damaged."""
    try:
        return index.database.execute(text, values).fetchall()
    except sqlite3.DatabaseError as error:
        raise Unreadable(
            f"the index of {index.file.name} in {cache_folder()} is damaged ({error}): remove that folder and try again"
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


def cache_folder() -> Path:
    """Where indexes are kept: `NEUCLIR_CARBON_CACHE`, else `neuclir-carbon` in the user's cache."""
    for variable, below in _CACHE_VARIABLES:
        if value := os.environ.get(variable):
            return Path(value) / below / "registry"
    return Path("~/.cache/neuclir-carbon/registry").expanduser()


def _digest(path: Path) -> str:
    whole = hashlib.sha256()
    with open_file(path) as stream:
        while part := stream.read(CHUNK):
            whole.update(part)
    return whole.hexdigest()


def _open_index(path: Path, sha256: str, progress: Progress) -> _Index:
    kept = cache_folder() / f"{sha256}.v{VERSION}.sqlite"
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
    export = next((export for export in EXPORTS if export.kind == facts.get("kind")), None)
    if export is None or facts.get("sha256") != sha256 or "rows" not in facts:
        return None
    return RegistryFile(
        name=path.name,
        kind=export.kind,
        sha256=sha256,
        as_of=date.fromisoformat(facts["as_of"]) if facts.get("as_of") else None,
        programmes=export.programmes,
        rows=int(facts["rows"]),
        unread=int(facts["unread"]),
        unequal=int(facts["unequal"]),
    )


def _build(database: sqlite3.Connection, path: Path, sha256: str, progress: Progress) -> None:
    for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", "cache_size = -65536"):
        database.execute(f"PRAGMA {setting}")
    database.executescript(_TABLES)
    database.execute("BEGIN")
    with open_file(path) as stream:
        rows = _rows(stream, path)
        header = plain_header(next(rows)[1])
        export = _known(header, path)
        reader = _Reader(export, header)
        for line, cells in rows:
            reader.take(database, line, cells)
            if reader.rows % BATCH == 0:
                progress(reader.rows)
        reader.write(database)
    facts = {"kind": export.kind, "sha256": sha256, "rows": reader.rows, "unread": reader.unread}
    latest = "" if reader.latest is None else reader.latest.isoformat()
    facts |= {"unequal": reader.unequal, "as_of": latest}
    database.executemany("INSERT INTO facts VALUES (?, ?)", [(name, str(value)) for name, value in facts.items()])
    database.execute("COMMIT")
    database.executescript(_ORDERED)


def _known(header: Sequence[str], path: Path) -> Export:
    export = export_of(header)
    if export is not None:
        return export
    bare = unserialised(header)
    if bare is not None:
        raise Unreadable(f"{path} is {bare.kind}, which has no serial numbers: {bare.instead}")
    kinds = ", ".join(known.kind for known in EXPORTS)
    found = ", ".join(header)[:200]
    raise Unreadable(f"{path} is no registry's export that is known here: its columns are {found}; known are {kinds}")


class _Reader:
    """Takes rows of one export into the tables and counts them."""

    def __init__(self, export: Export, header: Sequence[str]) -> None:
        self.export = export
        self.header = header
        self.rows = self.unread = self.unequal = 0
        self.latest: date | None = None
        self._keys: dict[str, int] = {}
        self._found: list[tuple[object, ...]] = []
        self._listed: list[tuple[object, ...]] = []

    def take(self, database: sqlite3.Connection, line: int, cells: Sequence[str]) -> None:
        """One row; one whose cells do not fit the header is counted as unread."""
        self.rows += 1
        if len(cells) < len(self.header) and any(name in self.export.columns for name in self.header[len(cells) :]):
            self.unread += 1
            return
        row = dict(zip(self.header, cells, strict=False))
        day = self.export.read_day(row[self.export.day])
        self._reach(day)
        for name in self.export.other_days:
            self._reach(self.export.read_day(row[name]))
        units = whole_number(row[self.export.units])
        kg = None if units is None else min(units * self.export.kg_per_unit, _LARGEST)
        if self.export.has_serials:
            self._take_serials(database, row, day, kg, line)
        else:
            self._take_listed(row, day, kg, line)
        if len(self._found) + len(self._listed) >= BATCH:
            self.write(database)

    def write(self, database: sqlite3.Connection) -> None:
        """Puts what was taken into the tables."""
        database.executemany("INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._found)
        database.executemany("INSERT INTO listed VALUES (?, ?, ?, ?)", self._listed)
        self._found.clear()
        self._listed.clear()

    def _reach(self, day: date | None) -> None:
        if day is not None and (self.latest is None or day > self.latest):
            self.latest = day

    def _take_serials(
        self, database: sqlite3.Connection, row: dict[str, str], day: date | None, kg: int | None, line: int
    ) -> None:
        serials = _whole_blocks(self.export.text(row)[:MAX_SERIAL_CHARACTERS], self.export.home)
        if serials is None:
            self.unread += 1
            return
        status = _STATUS_PLACES[self.export.status(row)]
        project = row[self.export.project].strip()[:80] if self.export.project else None
        ordinal = None if day is None else day.toordinal()
        held = 0
        for serial in serials:
            key = self._key(database, serial.key)
            self._found.append((key, serial.start, serial.end, status, ordinal, project, kg, line))
            if serial.start is not None and serial.end is not None:
                held += serial.end - serial.start + 1
        self.unequal += held > 0 and kg is not None and held * self.export.kg_per_unit != kg

    def _take_listed(self, row: dict[str, str], day: date | None, kg: int | None, line: int) -> None:
        project = row[self.export.project or ""].strip()[:80].lstrip("0")
        if day is None or kg is None or not project:
            self.unread += 1
            return
        self._listed.append((project, day.toordinal(), kg, line))

    def _key(self, database: sqlite3.Connection, key: str) -> int:
        known = self._keys.get(key)
        if known is None:
            database.execute("INSERT OR IGNORE INTO keys (key) VALUES (?)", (key,))
            known = int(database.execute("SELECT id FROM keys WHERE key = ?", (key,)).fetchone()[0])
            if len(self._keys) >= MOST_KEYS:
                self._keys.clear()
            self._keys[key] = known
        return known


def _whole_blocks(text: str, home: str) -> list[Serial] | None:
    """What the serials of a cell encode, mostly `home`'s; None where any of them can't be read."""
    found = []
    for reading in read_list(text, year=_ANY_YEAR, programme=home):
        serial = reading.serial
        if serial is None or (reading.faults and not reading.is_valid):
            return None
        found.append(serial)
    return found


def _rows(stream: BinaryIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The table's rows, header first, each with the line on which it begins; `Unreadable` when it is no CSV."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    lines = _lines(stream, path)
    reader = csv.reader(lines)
    before, empty = 0, True
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Unreadable(f"{path}:{before + 1} is no row of a CSV table: {error}") from None
        if cells is None:
            break
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(f"{path}:{before + 1} has {len(cells):,} columns; no export has more than {MOST_COLUMNS}")
        if cells:
            empty = False
            yield before + 1, cells
        before = reader.line_num
    if empty:
        raise Unreadable(f"{path} is empty; wanted a registry's export (CSV)")


def _lines(stream: BinaryIO, path: Path) -> Iterator[str]:
    """The lines of a UTF-8 text, with or without a byte order mark, none longer than `MAX_LINE_CHARACTERS`."""
    number = 0
    while raw := stream.readline(MAX_LINE_CHARACTERS + 1):
        number += 1
        if number == 1:
            _refuse_other_kinds(raw, path)
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) > MAX_LINE_CHARACTERS:
            raise Unreadable(f"{path}:{number} is longer than {MAX_LINE_CHARACTERS:,} bytes: this is no export")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"byte 0x{raw[error.start]:02x}"
            raise Unreadable(f"{path}:{number} is not UTF-8 ({found}): save the export as CSV in UTF-8") from None
        if "\0" in text:
            raise Unreadable(f"{path}:{number} holds a NUL: this is no CSV table")
        yield text


_OTHER_KINDS: Iterable[tuple[bytes, str]] = (
    (b"\x1f\x8b", "compressed (gzip): unpack it first"),
    (b"PK\x03\x04", "a workbook or a ZIP archive: save its table as CSV in UTF-8"),
    (b"\xff\xfe", "in UTF-16: save it as CSV in UTF-8"),
    (b"\xfe\xff", "in UTF-16: save it as CSV in UTF-8"),
)


def _refuse_other_kinds(first: bytes, path: Path) -> None:
    for magic, words in _OTHER_KINDS:
        if first.startswith(magic):
            raise Unreadable(f"{path} is {words}")
