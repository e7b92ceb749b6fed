"""CodeCarbon's `emissions.csv` of 1.x to 3.3, its task files and its backups; columns are found by name.

The history of the columns and what they mean is CodeCarbon's own (its git tags v1.0.0 to v3.3.0): kWh, kg and seconds
throughout, and since 2.2.7 energies that already contain the PUE. `emissions_rate` and the powers changed their meaning
between versions and are not used.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from neuclir_carbon.checks.intake import BAD_ROW
from neuclir_carbon.model.reported import Dropped, Origin, Remark, Reported, Statement
from neuclir_carbon.store.intake import labels
from neuclir_carbon.store.intake.amounts import as_kept
from neuclir_carbon.store.intake.form import Form, Head, has_header
from neuclir_carbon.store.intake.machine_limits import most_w
from neuclir_carbon.store.intake.table import Row, number, read_rows

TOOL = "codecarbon"
PUE_INSIDE_SINCE = (2, 2, 7)
_NEEDED = frozenset({"duration", "emissions"})
_MARKS = frozenset({"energy_consumed", "emissions_rate", "country_iso_code", "country_name", "run_id"})
# What of a row tells its machine, the last columns of `_Words`: the key of a record's `hardware`, and whether it is a
# number.
_HARDWARE: Mapping[str, tuple[str, bool]] = {
    "cpu_model": ("cpu_model", False),
    "cpu_count": ("logical_cpus", True),
    "gpu_model": ("gpu_model", False),
    "gpu_count": ("gpus", True),
    "ram_total_size": ("ram_gib", True),
}
_COUNTRY = re.compile(r"[A-Z]{3}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
# A date as a spreadsheet writes it again: which number is the month can't be told.
_SOME_DATE = re.compile(
    r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[APap][Mm])?)?"
)
# What CodeCarbon 3.x writes where it can't find out where it runs (external/geography.py): latitude, longitude.
_FALLBACK = ("46.8", "-71.2")
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
MOST_PUE = 100


class _Place(NamedTuple):
    """A place as a row names it; `in_doubt` where it may be what CodeCarbon writes when it knows none."""

    country: str | None
    region: str | None
    cloud: str | None
    cloud_region: str | None
    in_doubt: bool


def _is_header(names: Sequence[str]) -> bool:
    found = set(names)
    return found >= _NEEDED and bool(found & _MARKS)


def _looks_like(head: Head) -> bool:
    return has_header(head, _is_header, "emissions")


def read(path: Path) -> Iterator[Statement]:
    """The rows of a file, what of it can't be read, and at the end what was left out."""
    reading = _Reading()
    for row in read_rows(path, _is_header):
        if isinstance(row, Remark):
            yield row
        elif row.fits:
            yield reading.statement(row)
        else:
            yield from reading.glued(row)
    yield reading.dropped


class _Words(NamedTuple):
    """A row's cells by the names of their columns; empty where the table has no such column."""

    timestamp: str
    project_name: str
    task_name: str
    run_id: str
    codecarbon_version: str
    duration: str
    emissions: str
    energy_consumed: str
    cpu_energy: str
    gpu_energy: str
    ram_energy: str
    pue: str
    country_iso_code: str
    region: str
    cloud_provider: str
    cloud_region: str
    longitude: str
    latitude: str
    tracking_mode: str
    cpu_model: str
    cpu_count: str
    gpu_model: str
    gpu_count: str
    ram_total_size: str


class _Figures(NamedTuple):
    """A row's numbers, in the columns' units; None where a cell tells none."""

    duration: float | None
    emissions: float | None
    energy_consumed: float | None
    cpu_energy: float | None
    gpu_energy: float | None
    ram_energy: float | None
    pue: float | None


class _Reading:
    """What the rows of one file have in common, each told once."""

    def __init__(self) -> None:
        self._coordinates = 0
        self._paths = 0
        self._columns: Mapping[str, int] | None = None
        self._picked: Callable[[list[str]], tuple[str, ...]] = tuple

    @property
    def dropped(self) -> Dropped:
        return Dropped(coordinates=self._coordinates, paths=self._paths)

    def glued(self, row: Row) -> Iterator[Statement]:
        """Records that a concurrent writer put on one line, where they can be told apart; else a remark."""
        pieces = _apart(row)
        if not pieces:
            few = "too few: it is torn" if len(row.cells) < row.width else "too many"
            yield Remark(BAD_ROW.code, f"has {len(row.cells):,} cells, wanted {row.width:,} ({few})", row.line)
        elif len(pieces) == 1:
            yield Remark(BAD_ROW.code, "begins with a torn record; the whole one behind it is read", row.line)
        for cells in pieces:
            yield self.statement(row._replace(cells=cells))

    def statement(self, row: Row) -> Reported | Remark:
        """The row as a statement; a remark where one of its values can't be what its column holds."""
        words = self._words(row)
        try:
            return self._reported(row.line, words, _figures(words, decimal_comma=row.decimal_comma))
        except ValueError as error:
            return Remark(BAD_ROW.code, str(error), row.line)

    def _words(self, row: Row) -> _Words:
        if row.columns is not self._columns:
            # One cell more than a row has: the empty one of all columns that are not there.
            self._columns = row.columns
            self._picked = itemgetter(*(row.columns.get(name, row.width) for name in _Words._fields))
        return _Words._make(self._picked([*row.cells, ""]))

    def _reported(self, line: int, words: _Words, figures: _Figures) -> Reported:
        written_s, has_zone = _moment(words.timestamp)
        version = words.codecarbon_version.strip("v ")[:40] or None
        run, duration_s = words.run_id[: labels.MOST_TEXT] or None, figures.duration
        if words.longitude or words.latitude:
            self._coordinates += 1
        return Reported(
            line=line,
            origin=_origin(version, _place(words), _machine(words), words.tracking_mode[:10]),
            identity=(
                run, words.task_name, words.project_name, words.timestamp, as_kept(duration_s),
                as_kept(figures.emissions), as_kept(figures.energy_consumed),
            ),
            run=run,
            is_part=bool(words.task_name),
            label=self._label(words.task_name or words.project_name),
            written_s=written_s,
            started_s=None if written_s is None or duration_s is None else written_s - duration_s,
            has_zone=has_zone,
            duration_s=duration_s,
            energy_kwh=figures.energy_consumed,
            cpu_kwh=figures.cpu_energy,
            gpu_kwh=figures.gpu_energy,
            ram_kwh=figures.ram_energy,
            pue=figures.pue if _contains_pue(version, figures.pue) else None,
            emissions_kg=figures.emissions,
        )  # fmt: skip

    def _label(self, text: str) -> str | None:
        """A project's or a task's name; none where it is a path on somebody's disk."""
        self._paths += labels.is_path(text)
        return labels.label(text)


def _figures(words: _Words, *, decimal_comma: bool) -> _Figures:
    """The numbers of a row; ValueError for a cell that holds none, and for a row of which no cell does."""
    found = _Figures(
        _number("duration", words.duration, decimal_comma), _number("emissions", words.emissions, decimal_comma),
        _number("energy_consumed", words.energy_consumed, decimal_comma),
        _number("cpu_energy", words.cpu_energy, decimal_comma), _number("gpu_energy", words.gpu_energy, decimal_comma),
        _number("ram_energy", words.ram_energy, decimal_comma), _number("pue", words.pue, decimal_comma),
    )  # fmt: skip
    if found.pue is not None and not 1 <= found.pue <= MOST_PUE:
        raise ValueError(f"pue is {found.pue:g}, wanted a number from 1 to {MOST_PUE}")
    if found.duration is None and found.emissions is None and found.energy_consumed is None:
        raise ValueError("tells no duration, no energy and no emissions")
    return found


def _number(column: str, text: str, decimal_comma: bool) -> float | None:
    try:
        return number(text, decimal_comma=decimal_comma)
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from None


@lru_cache(maxsize=4096)
def _moment(text: str) -> tuple[float | None, bool]:
    """Seconds since 1970 of a time of writing, and whether its zone is told; ValueError where it is no date."""
    if not text:
        return None, False
    if not _MOMENT.fullmatch(text):
        if _SOME_DATE.fullmatch(text):
            return None, False
        raise ValueError(f"timestamp is {text[:40]!a}, wanted a date: the row is shifted")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"timestamp is {text[:40]!a}, which is no date") from None
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        raise ValueError(f"timestamp is {text[:40]!a}, wanted a year from {_FIRST_YEAR} on")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), moment.tzinfo is not None


@lru_cache(maxsize=4096)
def _contains_pue(version: str | None, pue: float | None) -> bool:
    """Whether energies contain the PUE: since 2.2.7, and so wherever the column is."""
    if pue is None:
        return False
    numbers = re.findall(r"[0-9]+", version or "")[:3]
    return not numbers or tuple(int(digits[:6]) for digits in numbers) >= PUE_INSIDE_SINCE


def _place(words: _Words) -> _Place:
    country, region = words.country_iso_code, words.region[: labels.MOST_TEXT]
    if country and not _COUNTRY.fullmatch(country):
        raise ValueError(f"country_iso_code is {country[:40]!a}, wanted three capital letters: the row is shifted")
    coordinates = words.latitude.replace(",", "."), words.longitude.replace(",", ".")
    return _Place(
        country or None, region or None, words.cloud_provider[:labels.MOST_TEXT] or None,
        words.cloud_region[:labels.MOST_TEXT] or None,
        in_doubt=country == "CAN" and region.lower() == "quebec" and coordinates in (("", ""), _FALLBACK),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _origin(version: str | None, place: _Place, machine: tuple[str, ...], mode: str) -> Origin:
    hardware = tuple(_hardware(machine))
    return Origin(
        tool=TOOL, version=version, country=place.country, region=place.region, cloud=place.cloud,
        cloud_region=place.cloud_region, mode=mode if mode in ("machine", "process") else None, hardware=hardware,
        power_limit_w=_power_limit_w(dict(hardware)), place_in_doubt=place.in_doubt,
    )  # fmt: skip


def _machine(words: _Words) -> tuple[str, ...]:
    """What tells the machine, each text no longer than a record may hold."""
    return tuple([text[: labels.MOST_TEXT] for text in words[-len(_HARDWARE) :]])


def _hardware(machine: tuple[str, ...]) -> Iterator[tuple[str, str | int | float]]:
    for text, (key, is_number) in zip(machine, _HARDWARE.values(), strict=True):
        if not is_number:
            if shown := labels.words(text):
                yield key, shown
            continue
        try:
            value = number(text, decimal_comma=True)
        except ValueError:
            continue
        if value is not None and 0 <= value <= 1e9:
            yield key, int(value) if value == int(value) and key != "ram_gib" else value


def _power_limit_w(hardware: Mapping[str, str | int | float]) -> float | None:
    """What such a machine can draw at most, W; None where the processors are not told."""
    cpus, gpus, ram_gib = (hardware.get(key, 0) for key in ("logical_cpus", "gpus", "ram_gib"))
    if not isinstance(cpus, int) or not isinstance(gpus, (int, float)) or not isinstance(ram_gib, (int, float)):
        return None
    return most_w(cpus=cpus, gpus=int(gpus), ram_gib=float(ram_gib))


def _apart(row: Row) -> tuple[list[str], ...]:
    """The whole records on a line of too many cells: two, or the last one where the one before it is torn. The last
    cell of the first record and the first of the second stand in one cell, or in two."""
    cells, width = row.cells, row.width
    if len(cells) == 2 * width:
        return cells[:width], cells[width:]
    joined = len(cells) - width
    if not 0 < joined < width or next(iter(row.columns), "") != "timestamp":
        return ()
    begins = _MOMENT.search(cells[joined])
    if begins is None:
        return ()
    last = [cells[joined][begins.start() :], *cells[joined + 1 :]]
    return (last,) if joined < width - 1 else ([*cells[:joined], cells[joined][: begins.start()]], last)


FORM = Form(name=TOOL, title="CodeCarbon's CSV, 1.x to 3.3", looks_like=_looks_like, read=read)
