"""Model 1 against the worked example of the textbooks, and the table's way to disk and back."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuclir_carbon.demo.files import Pair
from neuclir_carbon.demo.translation import KEPT, learn, learn_table, read_table, write_table

# "the house / das Haus, the book / das Buch, a book / ein Buch" (Koehn, Statistical Machine Translation, §4.2).
TEXTBOOK = [
    (["the", "house"], ["das", "Haus"]),
    (["the", "book"], ["das", "Buch"]),
    (["a", "book"], ["ein", "Buch"]),
]


def test_the_first_round_is_what_a_hand_gets() -> None:
    """From no preference each target is halved between its pair's two sources."""
    first = learn(TEXTBOOK, 1)
    assert first["the"] == pytest.approx({"das": 1 / 2, "Haus": 1 / 4, "Buch": 1 / 4})
    assert first["house"] == pytest.approx({"das": 1 / 2, "Haus": 1 / 2})


def test_the_second_round_is_what_a_hand_gets() -> None:
    """the/das: in pair 1 (1/2)/(1/2+1/2), in pair 2 (1/2)/(1/2+1/4); the/Haus: (1/4)/(1/4+1/2); the/Buch:
    (1/4)/(1/4+1/2). The sum is 1/2 + 2/3 + 1/3 + 1/3 = 11/6."""
    second = learn(TEXTBOOK, 2)
    assert second["the"] == pytest.approx({"das": 7 / 11, "Haus": 2 / 11, "Buch": 2 / 11})


def test_the_rounds_find_what_stands_for_what() -> None:
    learned = learn(TEXTBOOK, 50)
    best = {source: max(row, key=lambda target: row[target]) for source, row in learned.items()}
    assert best == {"the": "das", "house": "Haus", "book": "Buch", "a": "ein"}


PIECES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(PIECES, PIECES), min_size=1, max_size=8), st.integers(1, 6))
def test_the_chances_of_each_source_sum_to_one(pairs: list[tuple[list[str], list[str]]], rounds: int) -> None:
    for row in learn(pairs, rounds).values():
        assert sum(row.values()) == pytest.approx(1, abs=1e-9)
        assert all(chance > 0 for chance in row.values())


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    pairs = [Pair("Berlin", "Берлин"), Pair("Bern", "Берн"), Pair("Lima", "Лима")]
    for backward in (False, True):
        table = learn_table(pairs, (2, 3), (2,), backward=backward, rounds=3)
        write_table(tmp_path / "table.json", table)
        assert read_table(tmp_path / "table.json") == table
        assert ("ber" in table.chances) is not backward
        assert all(len(row) <= KEPT for row in table.chances.values())


def test_the_alphabet_is_learned_from_pairs_alone() -> None:
    names = {"Lima": "Лима", "Mali": "Мали", "Lil": "Лил", "Mim": "Мим", "Ala": "Ала"}
    pairs = [Pair(english, russian) for english, russian in names.items()]
    table = learn_table(pairs, (1,), (1,), backward=False, rounds=30)
    assert {source: next(iter(table.chances[source])) for source in "lmai"} == {"l": "л", "m": "м", "a": "а", "i": "и"}
