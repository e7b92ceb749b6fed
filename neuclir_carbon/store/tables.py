"""A small table that a person wrote (CSV), read whole and strictly: what is wrong is said with its line."""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store import csv_cells
from neuclir_carbon.store.files import read_bytes

MAX_BYTES = 16 * 1024 * 1024
MAX_CELL = 4000
# How a cell begins that spreadsheets take for a formula.
FORMULA = ("=", "+", "-", "@")


class Row(NamedTuple):
    """One row: the line on which it begins, and its cells by column, without blanks around them."""

    line: int
    cells: Mapping[str, str]


def read_table(path: Path, columns: Sequence[str], *, names: Sequence[str], what: str) -> tuple[Row, ...]:
    """The rows of a CSV with these columns (others are allowed and left out), blank lines aside.

    UTF-8 with or without a byte order mark, any line ends. Cells of the columns `names` are names: neither a formula
    nor with control characters. `what` says in messages what the table is. `Unreadable` tells place, found, wanted.
    """
    cells = _Cells(path, _text(path))
    try:
        header = next(cells, None)
        if header is None or not any(header.cells):
            raise wrong(path, 1, "is empty", f"the header {','.join(columns)}")
        places = _places(path, header, columns)
        return tuple(_row(path, row, places, len(header.cells), names) for row in cells if any(row.cells))
    except csv.Error as error:
        raise wrong(path, cells.line, f"is no CSV ({error})", f"a table of {what}") from None


class _Line(NamedTuple):
    line: int
    cells: list[str]


class _Cells:
    """The rows of a text with the line on which each begins."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._reader = csv_cells.reader(io.StringIO(text, newline=""), strict=True)
        self.line = 1

    def __iter__(self) -> "_Cells":
        return self

    def __next__(self) -> _Line:
        self.line = self._reader.line_num + 1
        cells = [cell.strip() for cell in next(self._reader)]
        longest = max(map(len, cells), default=0)
        if longest > MAX_CELL:
            raise wrong(self._path, self.line, f"has a cell of {longest:,} characters", f"at most {MAX_CELL:,}")
        return _Line(self.line, cells)


def _text(path: Path) -> str:
    data = read_bytes(path, most=MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise wrong(path, line, "is no UTF-8", "text in UTF-8: save it as 'CSV UTF-8'") from None
    if "\0" in text:
        raise wrong(path, text.count("\n", 0, text.index("\0")) + 1, "holds a NUL byte", "text without it")
    return text


def _places(path: Path, header: _Line, columns: Sequence[str]) -> Mapping[str, int]:
    found = [name.casefold() for name in header.cells]
    missing = [column for column in columns if column not in found]
    if missing:
        shown = ", ".join(repr(name[:40]) for name in header.cells[:8])
        hint = "" if len(found) > 1 or not set(found[0]) & set(";\t") else "; separate columns by commas"
        raise wrong(path, header.line, f"has the columns {shown}", f"{', '.join(columns)} ({_lacks(missing)}){hint}")
    twice = next((column for column in columns if found.count(column) > 1), None)
    if twice is not None:
        raise wrong(path, header.line, f"has the column {twice} {found.count(twice)} times", "it once")
    return {column: found.index(column) for column in columns}


def _lacks(missing: Sequence[str]) -> str:
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"


def _row(path: Path, row: _Line, places: Mapping[str, int], width: int, names: Sequence[str]) -> Row:
    if len(row.cells) != width:
        raise wrong(
            path, row.line, f"has {len(row.cells)} cells", f"{width} as in the header; quote a cell with commas"
        )
    cells = {column: row.cells[place] for column, place in places.items()}
    for column in names:
        _refuse_no_name(path, row.line, column, cells[column])
    return Row(row.line, cells)


def _refuse_no_name(path: Path, line: int, column: str, cell: str) -> None:
    """Nothing, if the cell may be a name; `Unreadable` for a formula or a character that can't be seen."""
    if cell.startswith(FORMULA):
        raise wrong(path, line, f"{column} is {cell[:60]!a}, which a spreadsheet takes for a formula", "a plain name")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in cell):
        raise wrong(path, line, f"{column} is {cell[:60]!a}, with a control character", "a plain name")


def wrong(path: Path, line: int, found: str, wanted: str) -> Unreadable:
    """The error of a row: place, found, wanted."""
    return Unreadable(f"{path}:{line} {found}; wanted {wanted}")
