"""The catalogue of all rules: every code once, every code explained."""

import re

import pytest

from neuclir_carbon.checks.catalogue import books, entries, explained
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import UnknownName
from neuclir_carbon.model.finding import Severity

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


def a_book(*codes: str) -> Rulebook[object]:
    book: Rulebook[object] = Rulebook("some things")
    for code in codes:
        book.note(code, Severity.ERROR, "a summary", "An explanation.")
    return book


def test_joined_books_are_one_in_the_order_of_the_codes() -> None:
    assert list(Rulebook.joined("all", a_book("ABC3", "ABC1"), a_book("ABC2")).entries) == ["ABC1", "ABC2", "ABC3"]


def test_joining_books_leaves_them_as_they_are() -> None:
    one, two = a_book("ABC1"), a_book("ABC2")
    Rulebook.joined("both", one, two)
    assert (list(one.entries), list(two.entries)) == (["ABC1"], ["ABC2"])


def test_books_that_share_a_code_are_not_joined() -> None:
    with pytest.raises(ValueError, match="ABC1 is entered twice"):
        Rulebook.joined("both", a_book("ABC1"), a_book("ABC1"))
