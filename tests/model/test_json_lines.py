"""JSON as Python's own reader takes it: the same values, what is odd about their text, and a depth that holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.json_lines import NotRead, TooDeep, read_json, room_for

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_a_value_comes_back_as_it_was_written(value: object) -> None:
    assert read_json(json.dumps(value), max_depth=900).value == value


@given(st.text(alphabet='{}[]",:0123456789.eE+-nulltrefas\\ud8 \n') | st.text())
def test_whatever_python_s_reader_takes_is_taken_and_nothing_else(text: str) -> None:
    try:
        wanted = json.loads(text)
    except ValueError:
        with pytest.raises(NotRead):
            read_json(text, max_depth=900)
    else:
        assert repr(read_json(text, max_depth=900).value) == repr(wanted)


@pytest.mark.parametrize(
    ("text", "oddity"),
    [
        ("NaN", "NaN is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ("1e400", "1e400 is too large for a number"),
        ('{"a": 1, "a": 2}', "a key stands twice"),
        ('"\\ud800"', "lone surrogate"),
        ('{"\\uDFFF": 1}', "lone surrogate"),
    ],
)
def test_what_other_readers_refuse_is_read_and_noted(text: str, oddity: str) -> None:
    read = read_json(text, max_depth=900)
    assert repr(read.value) == repr(json.loads(text))
    assert len(read.oddities) == 1
    assert oddity in read.oddities[0]


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', "1e300", '{"a": {"a": 1}}', '"[[[{{{"'])
def test_what_every_reader_takes_is_not_odd(text: str) -> None:
    assert read_json(text, max_depth=2).oddities == ()


@pytest.mark.parametrize(("opening", "closing", "kind"), [("[", "]", "array"), ('{"a":', "}", "object")])
def test_the_depth_is_counted_to_the_level(opening: str, closing: str, kind: str) -> None:
    def nested(levels: int) -> str:
        return opening * levels + "1" + closing * levels

    with room_for(994):
        assert read_json(nested(994), max_depth=994).oddities == ()
        with pytest.raises(TooDeep) as raised:
            read_json(nested(995), max_depth=994)
        assert raised.value.kind == kind
        with pytest.raises(TooDeep):
            read_json(opening * 100_000, max_depth=994)


def test_the_reason_names_the_column_where_the_reader_saw_it() -> None:
    with pytest.raises(NotRead) as raised:
        read_json('{"a": nul}', max_depth=10)
    assert (raised.value.reason, raised.value.column) == ("Expecting value", 7)
    assert raised.value.in_full == "Expecting value: line 1 column 7 (char 6)"
    with pytest.raises(NotRead) as raised:
        read_json("1" * 4301, max_depth=10)
    assert raised.value.column is None
