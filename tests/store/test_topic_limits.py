"""How long a text each topic allows, as a list of topics says it."""

from pathlib import Path

import pytest

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.topic_limits import read_limits


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("300\n301\n", None),
        ('{"topic_id": "300", "limit": 2000}\n\n{"topic_id": "301"}\n', {"300": 2000}),
        ('{"request_id": 300, "limit": 0}\n{"request_id": "301", "limit": null}', {"300": 0}),
        ('\n {"topic_id": "300"}\n', {}),
    ],
)
def test_limits_are_read_where_the_list_has_any(tmp_path: Path, text: str, limits: dict[str, int] | None) -> None:
    path = tmp_path / "topics"
    path.write_text(text)
    assert read_limits(path) == limits


@pytest.mark.parametrize("limit", ['"2000"', "-1", "2.5", "true", "[1]", '"\\u202e"'])
def test_a_limit_that_is_no_whole_number_is_named_with_its_line(tmp_path: Path, limit: str) -> None:
    path = tmp_path / "topics"
    path.write_text(f'{{"topic_id": "300", "limit": 5}}\n{{"topic_id": "301", "limit": {limit}}}\n')
    with pytest.raises(Unreadable, match=r"topics:2 limit is .*, wanted a whole number from 0, or null") as raised:
        read_limits(path)
    assert str(raised.value).isprintable()


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "topics"
    path.write_text('{"topic_id": "300"}{"topic_id": "301"}\n')
    with pytest.raises(Unreadable, match="topics:1 is no line of JSONL"):
        read_limits(path)
