"""Checkpoint lines: what was written is read back; what was torn, altered or taken out is seen."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.journal_format import (
    Journal,
    format_line,
    is_record_id,
    line_digest,
    new_record_id,
    parse_journal,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.dictionaries(st.text().filter(lambda key: key != "previous"), VALUES, max_size=5)


def chained(entries: list[dict[str, Any]]) -> list[bytes]:
    lines: list[bytes] = []
    for entry in entries:
        lines.append(format_line(entry, line_digest(lines[-1]) if lines else None))
    return lines


def without_links(journal: Journal) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key != "previous"} for line in journal.lines]


@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_what_was_written_is_read_back(entries: list[dict[str, Any]]) -> None:
    lines = chained(entries)
    journal = parse_journal(b"".join(lines))
    assert without_links(journal) == entries
    assert (journal.torn, journal.altered_at) == (False, None)
    assert journal.head == line_digest(lines[-1])


@given(st.lists(ENTRIES, min_size=1, max_size=5), st.data())
def test_a_cut_leaves_the_whole_lines_before_it(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    lines = chained(entries)
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    journal = parse_journal(whole[:cut])
    assert without_links(journal) == entries[: whole[:cut].count(b"\n")]
    assert journal.torn == (cut > 0 and whole[cut - 1 : cut] != b"\n")
    assert journal.altered_at is None


@given(st.lists(ENTRIES, min_size=2, max_size=5), st.data())
def test_a_changed_byte_ends_the_sound_part(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    whole = b"".join(chained(entries))
    place = data.draw(st.integers(0, whole.rindex(b"\n", 0, -1) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    journal = parse_journal(whole[:place] + bytes([byte]) + whole[place + 1 :])
    assert journal.altered_at is not None or journal.torn
    assert len(journal.lines) <= whole[:place].count(b"\n") + 1


@pytest.mark.parametrize("taken_out", [0, 1, 2])
def test_a_line_taken_out_is_seen(taken_out: int) -> None:
    lines = chained([{"kind": "begin"}, {"kind": "started"}, {"kind": "reading"}, {"kind": "ended"}])
    del lines[taken_out]
    assert parse_journal(b"".join(lines)).altered_at == taken_out + 1


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\n",
        b"\x00\xff",
        b"null\n",
        b"[]\n",
        b"[" * 100_000 + b"\n",
        b'{"a": NaN}\n',
        b"{}{}\n",
        b"1" * 10_000 + b"\n",
    ],
)
def test_noise_is_no_journal_and_no_traceback(noise: bytes) -> None:
    assert parse_journal(noise).lines == ()


def test_ids_tell_the_second_and_differ() -> None:
    ids = {new_record_id(1731663000.5) for _ in range(1000)}
    assert len(ids) == 1000
    assert all(
        re.fullmatch(r"20241115T093000Z-[0-9a-f]{8}", record_id) and is_record_id(record_id) for record_id in ids
    )


@pytest.mark.parametrize("text", ["", "../x", "-x", "a/b", "a\n", "ä", "x" * 81, "a\0"])
def test_what_can_be_no_id_is_refused(text: str) -> None:
    assert not is_record_id(text)


def test_lines_are_ascii_so_that_any_bytes_in_names_survive() -> None:
    line = format_line({"program": "caf\udce9", "label": "سلام"}, None)
    assert line.isascii()
    assert json.loads(line)["program"] == "caf\udce9"
