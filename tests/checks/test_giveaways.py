"""OFF083: names that must not stand in the public edition are found in every spelling, and ordinary words are not."""

import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.checks.giveaways import BOOK, Names, PublicText, can_be_found, folded
from neuclir_carbon.report.templating import latex_escaped

HOSTILE = "A&B_50% <Lötus> Team"


def standing(name: str, *texts: str) -> bool:
    return Names.of([name]).standing_in(texts) == {name}


@pytest.mark.parametrize(
    "text",
    [
        f"by {HOSTILE} alone",
        html.escape(f"by {HOSTILE}"),
        html.escape(html.escape(HOSTILE)),
        "".join(f"&#{ord(letter)};" for letter in HOSTILE),
        json.dumps({"team": HOSTILE}),
        "".join(f"\\u{ord(letter):04x}" for letter in HOSTILE),
        latex_escaped(f"by {HOSTILE}."),
        f"https://example.org/{quote(HOSTILE)}/x",
        HOSTILE.upper(),
        "Ａ＆Ｂ＿５０％ ＜Lo\u0308tus＞ team",
        "a-b-50-lotus-team.svg",
        "ab50lotusteam",
    ],
)
def test_a_name_is_found_in_every_spelling(text: str) -> None:
    assert standing(HOSTILE, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lotus", "lotuses and blotus"),
        ("team 3", "team 4, 3 teams"),
        ("a", "a figure"),
        ("42", "42 kg"),
        ("123400", "123400 kg"),
        ("fas-bm25", "fas and bm25"),
        ("ab", 'content="sha256-abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq="'),
    ],
)
def test_parts_of_words_single_letters_and_rounded_numbers_are_no_names(name: str, text: str) -> None:
    assert not standing(name, text)


@pytest.mark.parametrize("name", ["北京", "🦊🦊", "ÉCOLE", "71234501"])
def test_names_of_other_scripts_signs_and_long_numbers_are_found(name: str) -> None:
    assert standing(name, f"x{name}x" if not name.isascii() and name != "ÉCOLE" else f"x {name} x")


def test_a_name_of_another_script_is_found_in_latex_too() -> None:
    assert standing("北京", latex_escaped("team 北京 &"))


def test_what_the_templates_say_themselves_gives_nobody_away() -> None:
    every = Names.of(["Emissions", "lotus"])
    left = every.standing_in(["Emissions of lotus"]) - every.standing_in(["Emissions by activity"])
    assert left == {"lotus"}


def test_a_file_that_names_somebody_is_an_error_that_tells_the_kind_and_not_the_name() -> None:
    names = {"a team's name": frozenset({"lotus"}), "a run tag": frozenset({"lotus-bm25"})}
    (finding,) = BOOK.examine(PublicText("public/index.html", names, frozenset({"lotus"})))
    assert (finding.code, str(finding)) == ("OFF083", "public/index.html OFF083 holds a team's name")
    assert not list(BOOK.examine(PublicText("public/index.html", names, frozenset())))


@given(st.text(min_size=1, max_size=40))
def test_any_name_that_can_be_told_from_text_is_found_where_it_stands_alone(name: str) -> None:
    if can_be_found(folded(name).strip()):
        for text in (name, f"a ({name}) b", html.escape(name), quote(name)):
            assert standing(name, text), text
