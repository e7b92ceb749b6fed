"""A log of jobs: a CSV of any length, read as a stream, a row at a time."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from neuclir_carbon.store import csv_cells
from neuclir_carbon.store.files import open_file

COLUMNS = (
    "start", "end", "seconds", "processors", "device", "count", "provider", "instance", "machine", "country", "region",
)  # fmt: skip
MOST_LINE_BYTES = 64 * 1024
MOST_COLUMNS = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class JobRow(NamedTuple):
    """A row (its line in the file, from 1) as text by column (`number` is the column `count`); what the file does not
    have is empty. `fault` says why a row can't be read; its cells are then empty."""

    line: int
    start: str = ""
    end: str = ""
    seconds: str = ""
    processors: str = ""
    device: str = ""
    number: str = ""
    provider: str = ""
    instance: str = ""
    machine: str = ""
    country: str = ""
    region: str = ""
    fault: str = ""


class JobLog(NamedTuple):
    """A log's known columns, and its rows, to be taken once."""

    columns: tuple[str, ...]
    rows: Iterator[JobRow]


def read_jobs(path: Path) -> Iterator[JobLog]:
    """The log at a path, while it is open; `Unreadable` when it is missing or no file. Used as `for log in …`."""
    with open_file(path) as stream:
        cells = _Cells(stream)
        header = next(iter(cells), (0, [], "it is empty"))[1]
        places = _places(header)
        yield JobLog(tuple(places), _rows(cells, places, len(header)))


def _places(header: list[str]) -> Mapping[str, int]:
    """Column → where it stands; the first one of a name counts."""
    names = [name.strip().lower() for name in header[:MOST_COLUMNS]]
    return {column: names.index(column) for column in COLUMNS if column in names}


def _rows(cells: "_Cells", places: Mapping[str, int], width: int) -> Iterator[JobRow]:
    picked = tuple((COLUMNS.index(column), place) for column, place in places.items())
    for line, row, fault in cells:
        if fault:
            yield JobRow(line, fault=fault)
        elif row and len(row) != width:
            yield JobRow(line, fault=f"has {len(row):,} cells, wanted {width:,} as in the header")
        elif row:
            values = ["" for _ in COLUMNS]
            for field, place in picked:
                values[field] = row[place].strip()
            yield JobRow(line, *values)


class _Cells:
    """(line where the row begins, cells, what is wrong with it) of each row of a CSV."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._line = 0
        self._fault = ""

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        reader = csv_cells.reader(self._lines(), strict=True)
        while True:
            begun, self._fault = self._line + 1, ""
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield begun, [], self._fault or f"is no CSV: {error}"
                reader = csv_cells.reader(self._lines(), strict=True)
                continue
            yield begun, row, self._fault

    def _lines(self) -> Iterator[str]:
        while line := self._stream.readline(MOST_LINE_BYTES + 1):
            self._line += 1
            if self._line == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            if len(line) > MOST_LINE_BYTES:
                self._fault = f"is longer than {MOST_LINE_BYTES:,} bytes"
                self._skip_rest(line)
                yield "\n"
                continue
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                self._fault = "is no UTF-8"
                yield "\n"

    def _skip_rest(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(MOST_LINE_BYTES)
