"""Runs on disk: blocks of whole lines, digests, lists of topics."""

import hashlib
import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.runs import blocks, digests_of, read_topics, rewindable

LINES = st.lists(st.tuples(st.binary(max_size=5), st.sampled_from([b"\n", b"\r\n", b"\r"])), max_size=12)


@given(LINES, st.binary(max_size=4), st.integers(1, 9))
def test_blocks_hold_everything_and_cut_no_line_in_two(
    lines: list[tuple[bytes, bytes]], last: bytes, size: int
) -> None:
    data = b"".join(text + end for text, end in lines) + last
    found = [block.data for block in blocks(io.BytesIO(data), size=size)]
    assert b"".join(found) == data
    for before, after in pairwise(found):
        assert before.endswith((b"\n", b"\r"))
        assert not (before.endswith(b"\r") and after.startswith(b"\n"))
    counted = sum(len(io.StringIO(block.decode("latin-1"), newline=None).readlines()) for block in found)
    assert counted == len(io.StringIO(data.decode("latin-1"), newline=None).readlines())


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_a_line_that_is_too_long_is_passed_over_and_the_next_ones_are_read(end: bytes, size: int) -> None:
    data = b"a" + end + b"x" * 100 + end + b"b" + end + b"c" + end
    found = list(blocks(io.BytesIO(data), size=size, longest=20))
    assert [block.too_long for block in found].count(True) == 1
    assert b"".join(block.data for block in found if not block.too_long) == b"a" + end + b"b" + end + b"c" + end


def test_a_line_that_is_too_long_may_be_the_last() -> None:
    found = list(blocks(io.BytesIO(b"a\n" + b"x" * 100), size=8, longest=20))
    assert [(block.data[:1], block.too_long) for block in found] == [(b"a", False), (b"x", True)]


def test_digests_are_those_of_the_whole_file(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.write_bytes(b"abc\n" * 100_000)
    with open_file(run) as stream:
        stream.seek(7)
        digests = digests_of(stream)
    assert digests.sha256 == hashlib.sha256(run.read_bytes()).hexdigest()
    assert digests.md5 == hashlib.md5(run.read_bytes()).hexdigest()


def test_what_cannot_go_back_is_copied_once() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with rewindable(Pipe(b"abc")) as copy:
        assert copy.read() == b"abc"
        copy.seek(0)
        assert copy.read() == b"abc"
    straight = io.BytesIO(b"abc")
    with rewindable(straight) as same:
        assert same is straight


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("300\n301\n", ("300", "301")),
        ("  300 \r\n301", ("300", "301")),
        ("300\n\n301\n", ("300", "", "301")),
        ('{"topic_id": "300", "limit": 2000}\n{"topic_id": "301"}\n', ("300", "301")),
        ('{"request_id": "300"}\n\n{"request_id": 301}\n', ("300", "301")),
    ],
)
def test_topics_are_read_from_lines_or_jsonl(tmp_path: Path, text: str, topics: tuple[str, ...]) -> None:
    path = tmp_path / "topics"
    path.write_text(text, newline="")
    assert read_topics(path) == topics


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "holds no topic id"),
        (b" \n\n", "holds no topic id"),
        (b"\xef\xbb\xbf300\n", "byte order mark"),
        (b"30\xff\n", "not UTF-8: byte 0xff at offset 2"),
        (b'{"topic_id": "300"}\n{"topic": "301"}\n', ":2 topic_id .or request_id. is missing, wanted text"),
        (b'{"topic_id": "300"\n', ":1 is no line of JSONL"),
        (b'{"topic_id": true}\n', "is 'true', wanted text"),
        (b'{"topic_id": ["300"]}\n', "wanted text"),
        (b'{"topic_id": ' + b"[" * 100_000 + b"\n", "nested deeper"),
    ],
)
def test_a_list_of_topics_that_is_none_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "topics"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        read_topics(path)
