"""The catalogue of all rules: every code once, every code explained."""

import re

import pytest

from neuclir_carbon.checks.catalogue import books, entries, explained
from neuclir_carbon.errors import UnknownName

FAMILIES = {"DOC", "EMI", "OFF", "RUN", "SUB", "TRK"}


def test_every_family_is_there() -> None:
    assert {code[:3] for code in entries()} >= FAMILIES


def test_a_code_stands_in_one_book_only() -> None:
    assert len(entries()) == sum(len(book.entries) for book in books())


@pytest.mark.parametrize("code", list(entries()))
def test_a_code_has_a_summary_and_a_text(code: str) -> None:
    entry = entries()[code]
    assert re.fullmatch(r"[A-Z]{3}[0-9]{3}", code)
    assert entry.code == code
    assert 5 < len(entry.summary) <= 100
    assert not entry.summary.endswith(".")
    assert len(entry.explanation) > 40


@pytest.mark.parametrize("code", [code for code in entries() if code.startswith(("RUN", "TRK"))])
def test_a_rule_about_runs_or_tracks_says_what_is_good_and_what_is_bad(code: str) -> None:
    text = entries()[code].explanation
    assert "Good:" in text
    assert "Bad:" in text or "Noted:" in text


def test_a_code_is_found_in_any_case_and_a_wrong_one_gives_the_nearest() -> None:
    assert explained("run201").code == "RUN201"
    with pytest.raises(UnknownName, match="there is no code 'RUN2O1'; did you mean 'RUN201'"):
        explained("RUN2O1")
