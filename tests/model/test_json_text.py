"""Strict JSON, and the digest of a record."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.json_text import NotJson, canonical, parse_array, parse_json, record_digest

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_any_json_value_comes_back_as_it_was(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e400]", "too large"),
        (b"[" + b"1" * 500 + b"." + b"1" * 500 + b"]", "too large"),
        (b"[" + b"9" * 5000 + b"]", "digits"),
        (b"[" * 100_000, "64 levels"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "64 levels"),
        (rb'["\ud800"]', "surrogate"),
        (b"PK\x03\x04", "not JSON"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(NotJson, match=reason):
        parse_json(data)


def read(reader: Callable[[bytes], Any], data: bytes) -> tuple[Any, str | None, int | None]:
    """What a reader gives, or why there is nothing, with the line."""
    try:
        return reader(data), None, None
    except NotJson as fault:
        return None, fault.reason, fault.line


BROKEN = (
    "[",
    "]",
    ",",
    ",,",
    "]]",
    '"',
    "\n",
    " \n ,",
    "1e400",
    "NaN",
    "{",
    '{"a":1,"a":2}',
    r'"\ud800"',
    "\ufeff",
    "x",
    "-",
)


@given(st.lists(json_values, max_size=5), st.sampled_from((None, 1)), st.data())
def test_an_array_read_value_by_value_says_what_its_whole_text_says(
    values: list[object], indent: int | None, data: st.DataObject
) -> None:
    text = json.dumps(values, indent=indent)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(1, len(text)))
        text = text[:at] + data.draw(st.sampled_from(BROKEN)) + text[at + data.draw(st.integers(0, 3)) :]
    raw = data.draw(st.sampled_from(("", " ", "\n\t"))).encode() + text.encode()
    assert read(lambda raw: list(parse_array(raw)), raw) == read(parse_json, raw)


@pytest.mark.parametrize(
    "text",
    ["[", "[1", "[1,", "[1,]", "[1 ,\n ]", "[1 2]", "[1]]", "[1] x", "[,]", '["a', r'["\ud800", 1,]', "[]", "[ ]"],
)
def test_an_array_that_breaks_off_or_goes_on_is_told_as_python_tells_it(text: str) -> None:
    assert read(lambda raw: list(parse_array(raw)), text.encode()) == read(parse_json, text.encode())


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_of_a_long_array_only_its_text_and_one_value_are_held() -> None:
    data = json.dumps([{"id": number, "of": ["a value"] * 5} for number in range(20_000)]).encode()
    assert peak_of(lambda: [None for _ in parse_array(data)]) < 2 * len(data)
    assert peak_of(lambda: parse_json(data)) > 3 * len(data)


def test_less_may_be_kept_of_each_object_and_what_is_wrong_is_told_all_the_same() -> None:
    assert parse_json(b'{"a": {"b": 1, "c": 2}, "d": [{"e": 3}]}', kept=len) == 2
    for data in (b'{"a": {"b": 1, "b": 2}}', rb'{"a": {"b": "\udfff"}}', b'{"a": {"b": NaN}}', b'{"a": {"b": 1}'):
        reasons = {read(reader, data)[1] for reader in (parse_json, lambda raw: parse_json(raw, kept=lambda _: None))}
        assert len(reasons) == 1 and None not in reasons


def test_brackets_inside_strings_do_not_count_as_levels() -> None:
    assert parse_json(json.dumps(["[" * 500]).encode()) == ["[" * 500]


def test_the_digest_leaves_out_itself_the_arguments_and_the_notes() -> None:
    record = {
        "b": 1.0,
        "a": "é",
        "command": {"program": "x", "argv": ["secret"]},
        "notes": {"n": 1},
        "record_sha256": "0",
    }
    by_hand = '{"a":"é","b":1,"command":{"program":"x"}}'.encode()
    assert record_digest(record) == hashlib.sha256(by_hand).hexdigest()
    assert record_digest({**record, "notes": {}, "record_sha256": "1"}) == record_digest(record)
    assert record_digest({**record, "b": 2}) != record_digest(record)


def test_numbers_beyond_what_json_readers_agree_on_have_no_canonical_form() -> None:
    with pytest.raises(ValueError):
        canonical(2**60)


@pytest.mark.parametrize(
    "text",
    ['{"a": "' + "x" * 2_000_000 + '"}', '{"a": "' + "x" * 2_000_000, '"' + '\\"' * 400_000, '"a' + "\\" * 400_001],
)
def test_a_long_string_takes_memory_in_proportion_whether_it_ends_or_not(text: str) -> None:
    tracemalloc.start()
    try:
        parse_json(text.encode())
    except NotJson:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20 * len(text)
