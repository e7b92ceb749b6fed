"""Tables as other programs leave them: CSV, torn, glued, merged and re-encoded, read a line at a time.

What is certain is handed on with its line; the rest is a `Remark`. Nothing here grows with the file.
"""

import csv
import math
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from neuclir_carbon.checks.intake import BAD_ROW
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Remark
from neuclir_carbon.store import csv_cells
from neuclir_carbon.store.files import open_file

MOST_LINE_BYTES = 1024 * 1024
MOST_COLUMNS = 10_000
# A cell may hold line breaks between quotes; a quote that is never closed must not swallow the rows after it.
MOST_LINES_A_ROW, MOST_CHARACTERS_A_ROW = 50, 256 * 1024
DELIMITERS = ",;\t|"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_UNKNOWN = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>", "nat"})
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")


class Row(NamedTuple):
    """A row's cells, without blanks around them, at the line where it begins; `columns` says where each name stands
    (of columns of one name the first counts), `width` how many cells the header has. `decimal_comma`: no comma parts
    its cells, so that one in a number is a decimal comma."""

    line: int
    columns: Mapping[str, int]
    width: int
    cells: list[str]
    decimal_comma: bool = False

    @property
    def fits(self) -> bool:
        """Whether it has as many cells as the header."""
        return len(self.cells) == self.width

    def get(self, column: str) -> str:
        """The cell under a column; empty where the table has no such column, or the row ends before it."""
        place = self.columns.get(column)
        return self.cells[place] if place is not None and place < len(self.cells) else ""

    def number(self, column: str) -> float | None:
        """The number under a column; None where there is none; ValueError that names the column for all else."""
        try:
            return number(self.get(column), decimal_comma=self.decimal_comma)
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from None


def read_rows(path: Path, is_header: Callable[[Sequence[str]], bool], *, quoted: bool = True) -> Iterator[Row | Remark]:
    """The rows of a table, whatever their number of cells; a row that can't be told apart is a `Remark`.

    `quoted`: quotes hold a cell together; else they are characters like others (`sacct` never quotes).

    A row for which `is_header` holds (its cells in small letters) begins a new header, wherever it stands. Blank rows,
    rows of empty cells and a header that stands again are passed over. `Unreadable` when the file can't be read or has
    no such header.
    """
    with open_file(path) as stream:
        yield from _Reading(path, is_header, quoted=quoted).rows(_Lines(stream))


def number(text: str, *, decimal_comma: bool = False) -> float | None:
    """The finite number that a cell holds; None where it says that there is none; ValueError for anything else."""
    if not text:
        return None
    try:
        value = float(text)
        # What float() takes beyond a plain number: digits of other scripts, 1_000, blanks around, infinity.
        if text.isascii() and "_" not in text and math.isfinite(value):
            return value
    except ValueError:
        if text.lower() in _UNKNOWN:
            return None
        if decimal_comma and _DECIMAL_COMMA.fullmatch(text):
            return number(text.replace(",", "."))
        raise ValueError(f"{text[:40]!a} is no number") from None
    if math.isnan(value) and text.lower() in _UNKNOWN:
        return None
    if not math.isfinite(value) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!a} is no number")
    return value


class _Lines:
    """(line number, text) of each line, with those that are no text as `Remark`s; lines can be put back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._line = 0
        self._waiting: deque[tuple[int, str] | Remark] = deque()

    def next(self) -> tuple[int, str] | Remark | None:
        """The next line; None at the end."""
        while not self._waiting:
            data = self._stream.readline(MOST_LINE_BYTES + 1)
            if not data:
                return None
            self._line += 1
            self._take(data)
        return self._waiting.popleft()

    def put_back(self, lines: Sequence[tuple[int, str]]) -> None:
        """Lines that turned out not to belong to the row before them."""
        self._waiting.extendleft(reversed(lines))

    def _take(self, data: bytes) -> None:
        line = self._line
        if len(data) > MOST_LINE_BYTES:
            self._skip_rest(data)
            self._waiting.append(Remark(BAD_ROW.code, f"is longer than {MOST_LINE_BYTES:,} bytes", line))
            return
        if line == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in data:
            # A disk that lost its power leaves blocks of them between whole rows.
            data = data.strip(b"\0\r\n")
            said = "holds NUL bytes: something else was written over it"
            if data and b"\0" not in data:
                said = "has NUL bytes before it or after it: what stood there is lost, the row is read"
            self._waiting.append(Remark(BAD_ROW.code, said, line))
            if b"\0" in data:
                return
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
        # \n, \r\n, \r\r\n, or \r alone: each ends a line.
        text = text.rstrip("\r\n")
        pieces = text.split("\r") if "\r" in text else (text,)
        self._waiting.extend((line, piece) for piece in pieces if piece)

    def _skip_rest(self, data: bytes) -> None:
        while data and not data.endswith(b"\n"):
            data = self._stream.readline(MOST_LINE_BYTES)


class _Reading:
    """One table while it is read: its header as it stands now."""

    def __init__(self, path: Path, is_header: Callable[[Sequence[str]], bool], *, quoted: bool) -> None:
        self._path = path
        self._is_header = is_header
        self._quoted = quoted
        self._delimiter = ","
        self._header: list[str] | None = None
        self._columns: Mapping[str, int] = {}

    def rows(self, lines: _Lines) -> Iterator[Row | Remark]:
        """The rows of all lines."""
        while (item := lines.next()) is not None:
            if isinstance(item, Remark):
                yield item
                continue
            line, text = item
            if text.startswith(_CONFLICT):
                yield Remark(BAD_ROW.code, f"is a mark of a merge conflict ({text[:20]!a}): both sides are read", line)
                continue
            cells = self._cells(line, text, lines)
            if isinstance(cells, Remark):
                yield cells
            elif any(cells) and not self._takes_header(cells):
                yield self._row(line, cells)
        if self._header is None:
            raise Unreadable(f"{self._path} has no header of this format")

    def _row(self, line: int, cells: list[str]) -> Row | Remark:
        if self._header is None:
            return Remark(BAD_ROW.code, "stands before the header", line)
        width = len(self._header)
        if len(cells) > width and not any(cells[width:]):
            del cells[width:]
        return Row(line, self._columns, width, cells, self._delimiter in ";\t")

    def _cells(self, line: int, text: str, lines: _Lines) -> list[str] | Remark:
        if self._header is None:
            self._delimiter = _delimiter_of(text)
        delimiter = self._delimiter
        if not self._quoted or '"' not in text:
            cells = text.split(delimiter)
            padded = f" {delimiter}" in text or f"{delimiter} " in text or text[0] == " " or text[-1] == " "
            return [cell.strip() for cell in cells] if padded or "\t" in text else cells
        taken: list[tuple[int, str]] = []
        whole = text
        while whole.count('"') % 2:
            item = lines.next() if len(taken) < MOST_LINES_A_ROW and len(whole) < MOST_CHARACTERS_A_ROW else None
            if item is None or isinstance(item, Remark):
                lines.put_back(taken)
                return Remark(BAD_ROW.code, "has a quote that is not closed", line)
            taken.append(item)
            whole = f"{whole} {item[1]}"
        try:
            cells = next(csv_cells.reader([whole], delimiter=delimiter))
        except (csv.Error, StopIteration):
            lines.put_back(taken)
            return Remark(BAD_ROW.code, "is no CSV", line)
        return [cell.strip() for cell in cells]

    def _takes_header(self, cells: list[str]) -> bool:
        if self._header is not None:
            if cells == self._header:
                return True
            # Headers of one tool share names, and no name is a figure: most rows are known by their first cells.
            if not any(cell.strip("'\"").lower() in self._columns for cell in cells[:4]):
                return False
        names = [cell.strip("'\"\ufeff ").lower() for cell in cells[: MOST_COLUMNS + 1]]
        if not self._is_header(names):
            return False
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(f"{self._path} has a header of {len(cells):,} columns, more than {MOST_COLUMNS:,}")
        self._header = cells
        self._columns = {name: names.index(name) for name in names if name}
        return True


def _delimiter_of(text: str) -> str:
    return max(DELIMITERS, key=text.count)
