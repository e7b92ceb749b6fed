"""Names of files in bundles: one plain name on every system, that looks like no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.member_names import skeleton, unsafe
from neuclir_carbon.model.submission import MEMBERS, SIGNATURE


@pytest.mark.parametrize(
    "name",
    [
        "fas-T-run1", "fas-hltcoe-MNED-PLAID_shard_by_date_1bit_v1_tt", "run.txt", "x", "mlir 1", "راه", "50%", "x%41",
        "逐次", "Страница", "naïve", "-rf", "~", "console", "com", *MEMBERS, SIGNATURE,
    ],
)  # fmt: skip
def test_ordinary_names_are_safe(name: str) -> None:
    assert unsafe(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"), ("a" * 201, "201 bytes"), ("é" * 101, "202 bytes"), ("..", "another folder"),
        (".", "another folder"), ("../a", "another folder"), ("a\\..\\b", "another folder"),
        ("%2e%2e%2fa", "another folder"), ("．．／a", "another folder"), ("/a", "absolute"),
        ("\\\\host\\a", "absolute"), ("%2fa", "absolute"), ("C:a", "drive"), 
        ("a/b", "a path"), ("a%5cb", "a path"), ("a\x00", "U+0000"),
        ("a\u202eb", "U+202E"), ("a\u200bb", "U+200B"), ("a\udcff", "not UTF-8"), ("NUL", "device"),
        ("com1.txt", "device"), ("a*", "refuse"), ("ab:c", "refuse"),
        (".a", "dot or a blank"), ("a.", "dot or a blank"),
        ("a ", "dot or a blank"),
        ("e\u0301", "NFKC"), ("ｒｕｎ", "NFKC"), ("r\u0443n", "Cyrillic"), ("\u03bfrun", "Greek"),
    ],
)  # fmt: skip
def test_a_name_that_some_system_takes_for_something_else_is_told_why(name: str, reason: str) -> None:
    assert reason in str(unsafe(name))


def test_names_that_differ_in_case_or_form_only_are_one_name() -> None:
    assert skeleton("README.txt") == skeleton("readme.TXT") == skeleton("ＲＥＡＤＭＥ.txt")
    assert skeleton("Straße") == skeleton("STRASSE")
    assert skeleton("run1") != skeleton("run2")


@given(name=st.text(max_size=80))
def test_a_safe_name_is_one_part_of_a_path_and_shows_all_that_it_holds(name: str) -> None:
    if unsafe(name) is None:
        assert name.isprintable()
        assert "/" not in name and "\\" not in name and name not in (".", "..")
        assert skeleton(name) == skeleton(name.upper())
