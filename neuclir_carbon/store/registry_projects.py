"""OffsetsDB's processed tables (CarbonPlan): transactions by project, vintage and day, and projects; no serials.

They can tell that a claim is implausible and prove none. Columns as in carbonplan/offsets-db-data,
`offsets_db_data/models.py` (commit cdfd8f77); quantities there are tonnes, with decimals. Names of accounts and
beneficiaries are not kept. Its Verra rows can't tell a cancellation from a retirement, and a project that the
Californian regulator lists has that list's rows instead of its registry's.
"""

import math
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache

from attrs import frozen

from neuclir_carbon.model.certificate import KG_PER_CREDIT
from neuclir_carbon.model.outside import ProjectTold, RegistryFile
from neuclir_carbon.store.registry_formats import ISO, read_day

TABLES = """
CREATE TABLE moved (project TEXT, retired INTEGER, vintage INTEGER, day INTEGER, kg INTEGER);
CREATE TABLE projects (project TEXT, status TEXT, country TEXT, issued_kg INTEGER, retired_kg INTEGER);
"""
_ANY_PROJECT = "SELECT 1 FROM projects WHERE project >= ? AND project < ? LIMIT 1"
_ANY_MOVE = "SELECT 1 FROM moved WHERE project >= ? AND project < ? LIMIT 1"
_ISSUED = "SELECT sum(kg) FROM moved WHERE project = ? AND retired = 0"
_RETIRED = "SELECT sum(kg) FROM moved WHERE project = ? AND retired = 1"
# A row without a vintage or a day may be of any: it counts, so that no claim is implausible for want of a cell.
_OF_VINTAGES = f"{_RETIRED} AND (vintage IS NULL OR vintage BETWEEN ? AND ?)"
_BETWEEN = f"{_RETIRED} AND (day IS NULL OR day BETWEEN ? AND ?)"
BATCH = 5000
MAX_TEXT = 80
# Above any registry's total, and far below what a sum in SQLite can hold.
MOST_KG = 10**15
_PROJECT = re.compile(r"([A-Z]{3})[A-Z0-9_-]{1,40}")
_MOVES = {"issuance": 0, "retirement": 1}
Progress = Callable[[int], None]


@frozen
class ProjectTable:
    """One kind of table: its columns, and those that name days."""

    kind: str
    columns: tuple[str, ...]
    days: tuple[str, ...]


CREDITS = ProjectTable(
    "OffsetsDB credits", ("project_id", "quantity", "vintage", "transaction_date", "transaction_type"),
    ("transaction_date",),
)  # fmt: skip
PROJECTS = ProjectTable(
    "OffsetsDB projects", ("project_id", "registry", "status", "country", "issued", "retired"),
    ("listed_at", "first_issuance_at", "first_retirement_at"),
)  # fmt: skip
PROJECT_TABLES = (CREDITS, PROJECTS)


def project_table(header: Sequence[str]) -> ProjectTable | None:
    """The kind of table that has such a header; None where it is none of these."""
    return next((table for table in PROJECT_TABLES if set(header).issuperset(table.columns)), None)


class ProjectReader:
    """Takes the rows of one table into SQLite, and counts them."""

    unequal = 0

    def __init__(self, database: sqlite3.Connection, table: ProjectTable, header: Sequence[str]) -> None:
        self.kind = table.kind
        self.rows = self.unread = 0
        self._database = database
        self._places = {name: place for place, name in enumerate(header)}
        self._enough = max(self._places[name] for name in table.columns) + 1
        self._days = [self._places[name] for name in table.days if name in self._places]
        self._latest = 0
        self._take_one = self._transaction if table is CREDITS else self._project
        self._ordinal = lru_cache(maxsize=65_536)(_ordinal)

    @property
    def latest(self) -> date | None:
        """The latest day that any row names."""
        return date.fromordinal(self._latest) if self._latest else None

    def take(self, rows: Iterable[tuple[int, list[str]]], progress: Progress) -> None:
        """All rows, each with its line; one that can't be read is counted as unread."""
        text = "INSERT INTO moved VALUES (?, ?, ?, ?, ?)"
        if self.kind == PROJECTS.kind:
            text = "INSERT INTO projects VALUES (?, ?, ?, ?, ?)"
        batch: list[tuple[object, ...]] = []
        for _, cells in rows:
            self.rows += 1
            taken = self._take_one(cells) if len(cells) >= self._enough else None
            if taken is None:
                self.unread += 1
            else:
                batch.append(taken)
                days = (self._ordinal(cells[place]) or 0 for place in self._days if place < len(cells))
                self._latest = max(self._latest, *days, 0)
            if self.rows % BATCH == 0:
                self._database.executemany(text, batch)
                batch.clear()
                progress(self.rows)
        self._database.executemany(text, batch)

    def _transaction(self, cells: Sequence[str]) -> tuple[object, ...] | None:
        project, kg = self._named(cells), _kg(cells[self._places["quantity"]])
        if project is None or kg is None:
            return None
        kind = _MOVES.get(cells[self._places["transaction_type"]].strip().casefold())
        vintage = _year(cells[self._places["vintage"]])
        return project, kind, vintage, self._ordinal(cells[self._places["transaction_date"]]), kg

    def _project(self, cells: Sequence[str]) -> tuple[object, ...] | None:
        project = self._named(cells)
        if project is None:
            return None
        status, country = (_words(cells[self._places[name]]) for name in ("status", "country"))
        return project, status, country, *(_kg(cells[self._places[name]]) for name in ("issued", "retired"))

    def _named(self, cells: Sequence[str]) -> str | None:
        name = cells[self._places["project_id"]].strip().upper()
        return name if _PROJECT.fullmatch(name) else None


def put_in_order(database: sqlite3.Connection) -> None:
    """Makes what was taken quick to ask."""
    database.execute("CREATE INDEX moved_by_project ON moved (project, retired, vintage, day, kg)")
    database.execute("CREATE INDEX projects_by_project ON projects (project)")


def told_of(
    database: sqlite3.Connection, file: RegistryFile, project: str, vintages: tuple[int, int] | None,
    days: tuple[date, date],
) -> ProjectTold | None:  # fmt: skip
    """What one table tells of a project; None where it has no project of that registry (the name's first letters)."""
    if file.kind == PROJECTS.kind:
        return _listed(database, file, project)
    if file.kind == CREDITS.kind:
        return _moved(database, file, project, vintages, days)
    return None


def _listed(database: sqlite3.Connection, file: RegistryFile, project: str) -> ProjectTold | None:
    text = "SELECT status, country, issued_kg, retired_kg FROM projects WHERE project = ? LIMIT 1"
    row = database.execute(text, (project,)).fetchone()
    if row is None:
        known = _has_registry(database, _ANY_PROJECT, project)
        return ProjectTold(file=file, project=project, is_known=False) if known else None
    status, country, issued, retired = row
    return ProjectTold(
        file=file, project=project, is_known=True, status=status, country=country, issued_kg=issued, retired_kg=retired
    )


def _moved(
    database: sqlite3.Connection, file: RegistryFile, project: str, vintages: tuple[int, int] | None,
    days: tuple[date, date],
) -> ProjectTold | None:  # fmt: skip
    if database.execute("SELECT 1 FROM moved WHERE project = ? LIMIT 1", (project,)).fetchone() is None:
        known = _has_registry(database, _ANY_MOVE, project)
        return ProjectTold(file=file, project=project, is_known=False) if known else None

    between = [day.toordinal() for day in days]
    return ProjectTold(
        file=file,
        project=project,
        is_known=True,
        issued_kg=_total(database, _ISSUED, project),
        retired_kg=_total(database, _RETIRED, project),
        retired_of_vintages_kg=None if vintages is None else _total(database, _OF_VINTAGES, project, *vintages),
        retired_between_kg=_total(database, _BETWEEN, project, *between),
    )


def _total(database: sqlite3.Connection, text: str, *values: object) -> int:
    return int(database.execute(text, values).fetchone()[0] or 0)


def _has_registry(database: sqlite3.Connection, text: str, project: str) -> bool:
    first = project[:3]
    return database.execute(text, (first, f"{first}~")).fetchone() is not None


def _ordinal(text: str) -> int | None:
    day = read_day(text, ISO)
    return None if day is None else day.toordinal()


def _kg(text: str) -> int | None:
    """Tonnes, with decimals, as kg; None for an empty or odd cell."""
    try:
        tonnes = float(text)
    except ValueError:
        return None
    return round(tonnes * KG_PER_CREDIT) if math.isfinite(tonnes) and 0 <= tonnes * KG_PER_CREDIT <= MOST_KG else None


def _words(text: str) -> str | None:
    """A short text with nothing but what can be printed; None for an empty cell."""
    return "".join(character for character in text.strip()[:MAX_TEXT] if character.isprintable()) or None


def _year(text: str) -> int | None:
    found = re.fullmatch(r"([0-9]{4})(?:[.]0+)?", text.strip())
    return None if found is None else int(found[1])
