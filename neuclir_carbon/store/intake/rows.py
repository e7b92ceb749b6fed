"""All statements of an import in one place: each once, by run, in the order in which they were written.

An SQLite database of its own that lives in memory up to `CACHE_KIB` and goes on in a temporary file that nobody else
sees; it is gone with the import.
"""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple

from attrs import asdict

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Allocation, Origin, Reported
from neuclir_carbon.model.row_counting import Amount, Counted, Written

# Sorting takes as much again.
CACHE_KIB = 64 * 1024
_BATCH = 2_000
# What every statement's identity is cut to: 128 bits.
DIGEST_BYTES = 16
MOST_ORIGINS = 100_000
# The file number, in the tables, of what is known and stands in no file of this import.
KNOWN_FILE = -1
# Times of writing are whole seconds, of which two stretches may share one or two.
OVERLAP_SLACK_S = 5.0

_TABLES = """
CREATE TABLE statements (
    key INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, run TEXT, is_part INTEGER NOT NULL, file INTEGER NOT NULL,
    line INTEGER, origin INTEGER, allocation TEXT, label TEXT, written REAL, started REAL, has_zone INTEGER,
    duration REAL, energy REAL, cpu REAL, gpu REAL, ram REAL, emissions REAL, pue REAL, intensity REAL,
    is_known INTEGER NOT NULL, machine INTEGER, position INTEGER
);
CREATE INDEX runs ON statements (run) WHERE run IS NOT NULL;
CREATE TABLE files (file INTEGER PRIMARY KEY, begins REAL);
CREATE VIEW written_rows AS
SELECT key, written, is_known, duration, energy, cpu, gpu, ram, emissions, run, is_part, s.file AS file, position,
    CASE WHEN s.file = -1 THEN written ELSE begins END AS begins
FROM statements s LEFT JOIN files f ON f.file = s.file;
CREATE TABLE counted (
    key INTEGER PRIMARY KEY, duration REAL, energy REAL, cpu REAL, gpu REAL, ram REAL, emissions REAL, rows INTEGER
);
"""
_INSERT = (
    "INSERT OR IGNORE INTO statements VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# A file's rows stand in the order in which they were written; files stand by their first time of writing.
_BY_RUN = """
SELECT * FROM written_rows WHERE run IN (SELECT run FROM statements WHERE file != -1)
ORDER BY run, is_part, begins, file, position, key
"""
_ALONE = "SELECT * FROM written_rows WHERE run IS NULL AND NOT is_known ORDER BY key"
_KNOWN_PARTS = "SELECT * FROM written_rows WHERE run = ? AND is_part AND is_known"
_MET_AGAIN = "SELECT COUNT(*) FROM statements WHERE is_known AND run IS NULL AND file != -1"
_PLACE = "UPDATE statements SET file = ?, line = ?, position = ? WHERE digest = ? AND file = -1"
# What counts of machines as a whole, each machine's by the time when the work began.
_BY_MACHINE = """
SELECT s.machine, s.key, s.run, s.started, s.started + s.duration FROM counted c JOIN statements s ON s.key = c.key
WHERE s.machine IS NOT NULL AND s.started IS NOT NULL AND s.duration > 0 ORDER BY s.machine, s.started, s.key
"""
_PART_SUMS = "SELECT COUNT(*), TOTAL(energy), TOTAL(emissions) FROM statements WHERE run = ? AND is_part"
_NEW = """
SELECT s.key, s.digest, s.run, s.is_part, s.file, s.line, s.origin, s.allocation, s.label, s.written, s.started,
    s.has_zone, s.duration, s.energy, s.cpu, s.gpu, s.ram, s.emissions, s.pue, s.intensity,
    c.duration, c.energy, c.cpu, c.gpu, c.ram, c.emissions, c.rows
FROM counted c JOIN statements s ON s.key = c.key ORDER BY s.started IS NULL, s.started, s.digest
"""


class Known(NamedTuple):
    """A statement that an earlier import has counted, as its record keeps it."""

    digest: bytes
    run: str | None
    is_part: bool
    written_s: float | None
    amount: Amount


class New(NamedTuple):
    """A statement that counts, with what of it is new, from which file it is, and how many rows stand behind it."""

    reported: Reported
    digest: bytes
    file: int
    amount: Amount
    rows: int


class RowStore:
    """The statements of one import. Use it as a context manager."""

    def __init__(self) -> None:
        # The empty name: a database in memory that SQLite itself moves to a temporary file when it grows.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("PRAGMA temp_store = FILE")
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self._origins: dict[Origin, int] = {}
        self._machines: dict[object, int] = {}
        self._begins: dict[int, float] = {}
        # Where a statement stands among all that were read: several may stand on one line.
        self._position = 0

    def __enter__(self) -> "RowStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def add_known(self, statements: Iterable[Known]) -> None:
        """Enters what records that are there have counted, before or after the files in which it stands."""
        known = tuple(statements)
        self._database.executemany("UPDATE statements SET is_known = 1 WHERE digest = ?", ((k.digest,) for k in known))
        self._database.executemany(
            _INSERT,
            (
                (k.digest, k.run, k.is_part, KNOWN_FILE, None, None, None, None, k.written_s, None, None,
                 *_figures(k.amount), None, None, True, None, None)
                for k in known
            ),
        )  # fmt: skip

    def add(self, file: int, statements: Iterable[Reported]) -> int:
        """Enters a file's statements, each once; how many stood in it or in another file before. A known one takes
        its place in this file."""
        again = 0
        for batch in _batches(statements):
            prepared = [self._prepared(file, statement) for statement in batch]
            changed = self._database.executemany(_INSERT, prepared).rowcount
            if changed < len(prepared):
                again += len(prepared) - changed
                self._place_known(file, prepared)
        return again

    def settle_files(self) -> None:
        """Call when all files are added: from now on rows are read."""
        self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", self._begins.items())

    def part_sums(self, run: str) -> tuple[float, float] | None:
        """(kWh, kg CO2e) of a run's parts; None where it has none."""
        count, energy_kwh, kilograms = self._database.execute(_PART_SUMS, (run,)).fetchone()
        return (energy_kwh, kilograms) if count else None

    def runs(self) -> Iterator[tuple[str, bool, Iterator[Written]]]:
        """(run, whether these are its parts, its rows in the order of writing), running totals before parts. Take the
        rows of one before the next."""
        cursor = self._database.cursor().execute(_BY_RUN)
        for (run, is_part), rows in groupby(cursor, key=lambda row: (row[9], bool(row[10]))):
            yield run, is_part, (_written(row) for row in rows)

    def known_parts(self, run: str) -> tuple[Amount, ...]:
        """What earlier imports have counted of a run's parts."""
        return tuple(_written(row).amount for row in self._database.execute(_KNOWN_PARTS, (run,)))

    def met_again(self) -> int:
        """How many statements that stand alone were known already."""
        return int(self._database.execute(_MET_AGAIN).fetchone()[0])

    def overlaps(self) -> Iterator[tuple[int, int, float]]:
        """(statement, the one that it overlaps, seconds) of what seems one machine, counted as a whole by both."""
        last_machine, last_key, last_run, busy_until = None, 0, None, 0.0
        for machine, key, run, began, ended in self._database.cursor().execute(_BY_MACHINE):
            same = machine == last_machine
            if same and began < busy_until - OVERLAP_SLACK_S and (run is None or run != last_run):
                yield key, last_key, min(busy_until, ended) - began
            if not same or ended > busy_until:
                last_machine, last_key, last_run, busy_until = machine, key, run, ended

    def alone(self) -> Iterator[Written]:
        """The statements that are of no run and not known yet."""
        return (_written(row) for row in self._database.cursor().execute(_ALONE))

    def count(self, totals: Iterable[Counted]) -> None:
        """Notes which statements count, and with how much."""
        for batch in _batches(totals):
            self._database.executemany(
                "INSERT OR REPLACE INTO counted VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(total.row.key, *_figures(total.new), total.rows) for total in batch],
            )

    def place_of(self, key: int) -> tuple[int, int | None]:
        """(file, line) of a statement."""
        file, line = self._database.execute("SELECT file, line FROM statements WHERE key = ?", (key,)).fetchone()
        return file, line

    def new(self) -> Iterator[New]:
        """The statements that count, by the time when the work began."""
        origins = list(self._origins)
        for row in self._database.cursor().execute(_NEW):
            (_, digest, run, is_part, file, line, origin, allocation, label, written, started, has_zone) = row[:12]
            duration, energy, cpu, gpu, ram, emissions, pue, intensity = row[12:20]
            own_run = None if run is None else run.removeprefix(f"{origins[origin].tool}:")
            reported = Reported(
                line=line, origin=origins[origin], identity=(), run=own_run, is_part=bool(is_part), label=label,
                written_s=written, started_s=started, has_zone=bool(has_zone), duration_s=duration, energy_kwh=energy,
                cpu_kwh=cpu, gpu_kwh=gpu, ram_kwh=ram, pue=pue, emissions_kg=emissions, intensity_g_per_kwh=intensity,
                allocation=None if allocation is None else Allocation(**json.loads(allocation)),
            )  # fmt: skip
            yield New(reported, digest, file, Amount(*row[20:26]), row[26])

    def _prepared(self, file: int, statement: Reported) -> tuple[Any, ...]:
        origin = self._origins.setdefault(statement.origin, len(self._origins))
        if len(self._origins) > MOST_ORIGINS:
            raise Unreadable(f"the files name more than {MOST_ORIGINS:,} different machines or places")
        allocation = statement.allocation
        self._position += 1
        if statement.written_s is not None:
            self._begins[file] = min(statement.written_s, self._begins.get(file, statement.written_s))
        run = statement.run
        return (
            digest_of(statement), None if run is None else f"{statement.origin.tool}:{run}", statement.is_part, file,
            statement.line, origin,
            None if allocation is None else json.dumps(asdict(allocation)),
            statement.label, statement.written_s, statement.started_s, statement.has_zone,
            statement.duration_s, statement.energy_kwh, statement.cpu_kwh, statement.gpu_kwh, statement.ram_kwh,
            statement.emissions_kg, statement.pue, statement.intensity_g_per_kwh, False,
            self._machine(statement.origin), self._position,
        )  # fmt: skip

    def _machine(self, origin: Origin) -> int | None:
        """The number of the machine whose whole energy a statement tells; None where it tells no machine apart."""
        if origin.mode != "machine" or not any(key == "ram_gib" for key, _ in origin.hardware):
            return None
        return self._machines.setdefault(origin.hardware, len(self._machines))

    def _place_known(self, file: int, prepared: list[tuple[Any, ...]]) -> None:
        """Known statements that stand in a file are read in its order, among its other rows."""
        self._database.executemany(_PLACE, ((file, row[4], row[-1], row[0]) for row in prepared))


def digest_of(statement: Reported) -> bytes:
    """What a statement is known by, wherever it stands: 16 bytes over its tool and its identity."""
    text = json.dumps([statement.origin.tool, *statement.identity], ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).digest()[:DIGEST_BYTES]


def _figures(amount: Amount) -> tuple[float | None, ...]:
    return (
        amount.duration_s, amount.energy_kwh, amount.cpu_kwh, amount.gpu_kwh, amount.ram_kwh, amount.emissions_kg,
    )  # fmt: skip


def _written(row: tuple[Any, ...]) -> Written:
    key, written_s, is_known = row[:3]
    return Written(key=key, written_s=written_s, is_known=bool(is_known), amount=Amount(*row[3:9]))


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
