"""A registry's export as a table: the rows of a CSV file of any size, each with the line on which it begins."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store import csv_cells

MAX_LINE_BYTES = 1024 * 1024
MOST_COLUMNS = 500
PART = 256 * 1024


def table_rows(stream: BinaryIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The table's rows, header first, each with the line on which it begins; `Unreadable` when it is no CSV.

    Read part by part: memory is bounded by the longest row that is allowed.
    """
    lines = chain.from_iterable(io.StringIO(part, newline="\n") for part in _parts(stream, path))
    reader = csv_cells.reader(lines)
    before, empty = 0, True
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise Unreadable(
                    f"{path}:{before + 1} has {len(cells):,} columns; no export has more than {MOST_COLUMNS}"
                )
            if cells:
                empty = False
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise Unreadable(f"{path}:{before + 1} is no row of a CSV table: {error}") from None
    if empty:
        raise Unreadable(f"{path} is empty; wanted a registry's export (CSV)")


def _parts(stream: BinaryIO, path: Path) -> Iterator[str]:
    """The text in parts of whole lines: UTF-8, with or without a byte order mark, no line above `MAX_LINE_BYTES`."""
    before = 0
    while part := stream.read(PART):
        if not before:
            _refuse_other_kinds(part, path)
            part = part.removeprefix(codecs.BOM_UTF8)
        begun = len(part) - 1 - part.rfind(b"\n")
        part += stream.readline(max(MAX_LINE_BYTES - begun, 0) + 1) if begun else b""
        if len(part) - 1 - part[:-1].rfind(b"\n") > MAX_LINE_BYTES:
            line = before + part.count(b"\n", 0, -1) + 1
            raise Unreadable(f"{path}:{line} is longer than {MAX_LINE_BYTES:,} bytes: this is no export")
        yield _text(part, before, path)
        before += part.count(b"\n")


def _text(part: bytes, before: int, path: Path) -> str:
    try:
        text = part.decode("utf-8")
    except UnicodeDecodeError as error:
        line, found = before + part.count(b"\n", 0, error.start) + 1, f"byte 0x{part[error.start]:02x}"
        raise Unreadable(f"{path}:{line} is not UTF-8 ({found}): save the export as CSV in UTF-8") from None
    if "\0" in text:
        line = before + text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(f"{path}:{line} holds a NUL: this is no CSV table")
    return text


_OTHER_KINDS: Iterable[tuple[bytes, str]] = (
    (b"\x1f\x8b", "compressed (gzip): unpack it first"),
    (b"PK\x03\x04", "a workbook or a ZIP archive: save its table as CSV in UTF-8"),
    (b"PAR1", "in Parquet: save its table as CSV in UTF-8"),
    (b"\xff\xfe", "in UTF-16: save it as CSV in UTF-8"),
    (b"\xfe\xff", "in UTF-16: save it as CSV in UTF-8"),
)


def _refuse_other_kinds(first: bytes, path: Path) -> None:
    for magic, words in _OTHER_KINDS:
        if first.startswith(magic):
            raise Unreadable(f"{path} is {words}")
