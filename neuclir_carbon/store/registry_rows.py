"""Rows of a registry's export as credits: block, status, day, project and quantity. No names are kept."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter

from neuclir_carbon.model.outside import Status
from neuclir_carbon.model.serial import Serial, Verdict
from neuclir_carbon.serials.bulk import ANY_YEAR, BulkReader
from neuclir_carbon.serials.reading import read_list
from neuclir_carbon.store.registry_formats import Export, whole_number

TABLES = """
CREATE TABLE keys (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
CREATE TABLE blocks (key INTEGER, start INTEGER, end INTEGER, status INTEGER, day INTEGER, project TEXT, kg INTEGER,
                     line INTEGER);
CREATE TABLE marks (key INTEGER, reach INTEGER, start INTEGER);
CREATE TABLE listed (project TEXT, day INTEGER, kg INTEGER, line INTEGER);
"""
MAX_SERIAL_CHARACTERS = 4000
MAX_PROJECT_CHARACTERS = 80
BATCH = 5000
MOST_KEYS = 100_000
# An id has no block; it stands in the index as one that no number touches.
NO_BLOCK = -1
LARGEST = 2**63 - 1
STATUSES = tuple(Status)
_PLACES = {status: place for place, status in enumerate(STATUSES)}
# A mark stands at every so many rows of a key, in the order of their starts.
ROWS_BY_MARK = 64
# A registry may number from 0 (Cercarbono's oldest issuances do): its own rows are taken as they are.
_UNREADABLE = frozenset(verdict for verdict in Verdict if verdict.is_error and verdict is not Verdict.E_ZERO)
Progress = Callable[[int], None]
Block = tuple[str, int, int]


class ExportReader:
    """Takes the rows of one export into the tables, and counts them."""

    def __init__(self, database: sqlite3.Connection, export: Export, header: Sequence[str]) -> None:
        self.rows = self.unread = self.unequal = 0
        self._database = database
        self._export = export
        self._bulk = BulkReader(export.home)
        self._keys: dict[str, int] = {}
        self._forgotten = False
        self._latest = 0
        self._ordinal = lru_cache(maxsize=65_536)(self._read_ordinal)  # an export has few days and many rows
        self._units = lru_cache(maxsize=65_536)(whole_number)
        places = {name: place for place, name in enumerate(header)}
        self._enough = max(places[name] for name in export.columns) + 1
        # The last one is not needed: of two cells or more, `itemgetter` gives a tuple.
        self._serial = itemgetter(*(places[name] for name in (*export.serial, export.day)))
        picked = (export.day, export.units, export.status_in or export.day, export.project or export.day)
        self._facts = itemgetter(*(places[name] for name in picked))
        self._other_days = [places[name] for name in export.other_days]

    @property
    def kind(self) -> str:
        """The export's kind, by name."""
        return self._export.kind

    @property
    def latest(self) -> date | None:
        """The latest day that any row names."""
        return date.fromordinal(self._latest) if self._latest else None

    def take(self, rows: Iterable[tuple[int, list[str]]], progress: Progress) -> None:
        """All rows, each with its line; one whose cells do not fit the header is counted as unread."""
        take_one, text = self._credits, "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        if not self._export.has_serials:
            take_one, text = self._listing, "INSERT INTO listed VALUES (?, ?, ?, ?)"
        batch: list[tuple[object, ...]] = []
        for line, cells in rows:
            self.rows += 1
            if len(cells) < self._enough:
                self.unread += 1
            else:
                take_one(cells, line, batch)
            if self.rows % BATCH == 0:
                self._database.executemany(text, batch)
                batch.clear()
                progress(self.rows)
        self._database.executemany(text, batch)

    def _credits(self, cells: Sequence[str], line: int, batch: list[tuple[object, ...]]) -> None:
        day, kg, status, project = self._read_facts(cells)
        text = self._export.layout.format(*self._serial(cells))[:MAX_SERIAL_CHARACTERS]
        block = self._bulk.block(text)
        blocks = _blocks(text, self._export.home) if block is None else (block,)
        if blocks is None:
            self.unread += 1
            return
        held = 0
        for key, start, end in blocks:
            number = self._keys.get(key)
            batch.append((self._key(key) if number is None else number, start, end, status, day, project, kg, line))
            held += end - start + 1 if start != NO_BLOCK else 0
        if held and kg is not None and held * self._export.kg_per_unit != kg:
            self.unequal += 1

    def _listing(self, cells: Sequence[str], line: int, batch: list[tuple[object, ...]]) -> None:
        day, kg, _, project = self._read_facts(cells)
        number = (project or "").lstrip("0")
        if day is None or kg is None or not number:
            self.unread += 1
        else:
            batch.append((number, day, kg, line))

    def _read_facts(self, cells: Sequence[str]) -> tuple[int | None, int | None, int, str | None]:
        """The row's day, kg, status and project."""
        export = self._export
        day_text, units_text, status_text, project = self._facts(cells)
        day = self._ordinal(day_text)
        for known in (day, *[self._ordinal(cells[place]) for place in self._other_days]):
            if known is not None and known > self._latest:
                self._latest = known
        units = self._units(units_text)
        kg = None if units is None else min(units * export.kg_per_unit, LARGEST)
        named = project.strip()[:MAX_PROJECT_CHARACTERS] if export.project else None
        return day, kg, _PLACES[export.status(status_text)], named

    def _read_ordinal(self, text: str) -> int | None:
        day = self._export.read_day(text)
        return None if day is None else day.toordinal()

    def _key(self, key: str) -> int:
        """The number of a key that is not among those at hand; a new one, unless some of them were let go."""
        row = None
        if self._forgotten:
            row = self._database.execute("SELECT id FROM keys WHERE key = ?", (key,)).fetchone()
        if row is None:
            number = self._database.execute("INSERT INTO keys (key) VALUES (?)", (key,)).lastrowid or 0
        else:
            number = int(row[0])
        if len(self._keys) >= MOST_KEYS:
            self._keys.clear()
            self._forgotten = True
        self._keys[key] = number
        return number


def put_in_order(database: sqlite3.Connection) -> None:
    """Makes what was taken quick to ask: rows by their starts, and marks.

    A mark says how far all rows before it reach, so that what lies wholly before a block is passed over in one step.
    """
    database.execute("CREATE INDEX by_start ON blocks (key, start, end)")
    database.execute("CREATE INDEX by_project ON listed (project, kg, day)")
    database.executemany("INSERT INTO marks VALUES (?, ?, ?)", _marks(database))
    database.execute("CREATE INDEX by_reach ON marks (key, reach, start)")


def _marks(database: sqlite3.Connection) -> Iterable[tuple[int, int, int]]:
    current, reach, count = 0, NO_BLOCK, 0
    for key, start, end in database.execute("SELECT key, start, end FROM blocks ORDER BY key, start"):
        if key != current:
            current, reach, count = key, NO_BLOCK, 0
        if count % ROWS_BY_MARK == 0:
            yield key, reach, start
        count += 1
        reach = max(reach, end)


def _blocks(text: str, home: str) -> list[Block] | None:
    """Keys and blocks of a cell's serials, mostly `home`'s; None where any of them can't be read."""
    found = []
    for reading in read_list(text, year=ANY_YEAR, programme=home):
        serial = reading.serial
        if serial is None or not (reading.is_valid or _UNREADABLE.isdisjoint(f.verdict for f in reading.faults)):
            return None
        found.append(_block(serial))
    return found


def _block(serial: Serial) -> Block:
    if serial.start is None or serial.end is None:
        return serial.key, NO_BLOCK, NO_BLOCK
    return serial.key, serial.start, serial.end
