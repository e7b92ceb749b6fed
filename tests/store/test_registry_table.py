"""A table of any size, part by part: the same rows and lines as when it is read whole."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store import registry_table
from neuclir_carbon.store.registry_table import table_rows

PATH = Path("x.csv")


def rows_of(data: bytes) -> list[tuple[int, list[str]]]:
    return list(table_rows(io.BytesIO(data), PATH))


def told(data: bytes) -> str:
    with pytest.raises(Unreadable, match=r"x\.csv") as refused:
        rows_of(data)
    return str(refused.value)


cells = st.text('ab,"é\u2028\n ', max_size=8)
tables = st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables, st.integers(1, 40), st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_wherever_the_parts_end_the_rows_are_the_same(
    monkeypatch: pytest.MonkeyPatch, table: list[list[str]], part: int, ending: str, mark: bytes
) -> None:
    monkeypatch.setattr(registry_table, "PART", max(part, len(mark) + 1))
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(table)
    found = rows_of(mark + stream.getvalue().encode())
    assert [row for _, row in found] == table
    lines = stream.getvalue().split("\n")
    assert all(lines[line - 1].startswith('"') for line, _ in found)


@pytest.mark.parametrize("part", [1, 7, 50])
def test_a_line_may_be_as_long_as_the_limit_and_no_longer(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_table, "PART", part)
    monkeypatch.setattr(registry_table, "MAX_LINE_BYTES", 50)
    assert [line for line, _ in rows_of(b"a\n" + b"x" * 49 + b"\n" + b"y" * 50)] == [1, 2, 3]
    assert ":2 is longer than 50 bytes" in told(b"a\n" + b"x" * 50 + b"\nb\n")
    assert ":3 is longer than 50 bytes" in told(b"a\nb\n" + b"x" * 51)


@pytest.mark.parametrize("part", [4, 1000])
def test_a_fault_of_the_text_is_told_with_its_line(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_table, "PART", part)
    assert ":3 is not UTF-8 (byte 0xff)" in told(b"a\nb\nc\xff\nd\n")
    assert ":4 holds a NUL" in told(b"a\nb\nc\nd\0\n")
    assert ":2 is no row of a CSV table" in told(b"a\nb\rc\nd\n")
    assert "is empty" in told(b"\n\n")
