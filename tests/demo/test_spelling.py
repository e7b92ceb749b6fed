"""Pieces of names, and names as they sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.demo.spelling import pieces, plain_words, romanised, skeleton, sounded, word_pieces


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Côte d'Ivoire", ["cote", "d", "ivoire"]),
        ("Bolivia, Plurinational State of", ["bolivia", "plurinational", "state", "of"]),
        ("йод", ["иод"]),
        ("阿富汗. 阿富汗伊斯兰共和国", ["阿富汗", "阿富汗伊斯兰共和国"]),
        (" - ", []),
    ],
)
def test_words_are_lower_case_and_without_accents(text: str, words: list[str]) -> None:
    assert plain_words(text) == words


def test_a_word_falls_into_pieces_with_its_ends_marked() -> None:
    assert list(word_pieces("iran", (2, 3))) == ["^i", "ir", "ra", "an", "n$", "^ir", "ira", "ran", "an$"]
    assert list(word_pieces("中", (1, 2))) == ["中", "^中", "中$"]


@pytest.mark.parametrize(
    ("word", "latin"), [("ایران", "airan"), ("иран", "iran"), ("германия", "germaniya"), ("iran", "iran"), ("伊", "伊")]
)
def test_persian_and_russian_are_romanised_and_the_rest_stays(word: str, latin: str) -> None:
    assert romanised(word) == latin


@pytest.mark.parametrize(
    ("one", "other"), [("philippines", "filipines"), ("mexico", "meksiko"), ("cyprus", "siprus"), ("quechua", "kechua")]
)
def test_one_sound_has_one_spelling(one: str, other: str) -> None:
    assert sounded(one) == other


def test_a_skeleton_keeps_the_first_letter_and_the_consonants() -> None:
    assert skeleton("iran") == "irn"
    assert skeleton("moldova") == "mld"
    assert skeleton("") == ""


@given(st.text(max_size=200))
def test_any_text_has_pieces_of_the_sizes_that_were_asked_for(text: str) -> None:
    for piece in pieces(text, (2, 3)):
        assert len(piece) in (2, 3)
        assert piece == piece.casefold() or not piece.isascii()
