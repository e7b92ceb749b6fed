"""Regular expressions are judged as they are written: what may be slow is refused, and the judge is never slow."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuclir_carbon.checks.expressions import fault_of, slowness_of
from neuclir_carbon.checks.tracks import may_be_slow
from neuclir_carbon.resources import track_paths
from neuclir_carbon.store.tracks import load_track

EXPONENTIAL = [
    "(a+)+", "(?:a|aa)*", "(a|a)*", "(ab|ab)*", "([0-9a-f]+-?)+", "((ab)+c?)*", "(x+x+)+y", "(a{1,9})*", "(a|b|ab)*",
    "(?:[a-z]+ ?)+", "(a+|b+)*c", "(?=(a+)+)x", "(?:[ab]{1,12}c?){1,12}d*", "(?:a|[^b])*",
    "([a-z]|é)*é|(é|[^a])*",
]  # fmt: skip
POLYNOMIAL = [
    "a*a*a*b", ".*.*", ".*a.*", "(.*,){20}", r"\d+\w+", r"[^ ]+\.[^ ]+", "x*x{1,200}", "a{0,300}a{0,300}b", "(a+)?a+",
    r"(.*)\1", "[a-z]*(?:b|c)[a-z]*", "(?:a+b?)?a*c", ".*?-.*?", "[a-z]++[a-z]+",
]  # fmt: skip
EMPTY = ["(a*)*", "(a*)*b", "(a?){2,}", "(?:a|b*)+", "(?:|a|)*"]
QUICK = [
    "", "[0-9a-f-]{36}", "[0-9]+_[0-9]+", "(?:zho|fas)-.+", r"msmarco_v2\.1_doc_\d+_\d+#\d+_\d+", "(ab)+", "[(+)*]{3}",
    r"\(a+\)+", "([0-9a-f]{4}-){3}x", r"(?!(?:submit|list)\Z)[A-Za-z0-9_-][A-Za-z0-9_.-]{0,19}", "(a+)?", r"\S+",
    "[^x]+",
    r"[0-9]+\Z", r"(?:\w|_)+", "(?:[a-z]+,)*[0-9]+",
    "(a|b)*", "(?:a{2}|b{3})+", "[a-z]{1,500}", "(?:[a-z]+-)*[a-z]+", "a?b?c?",
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}(?:_[0-9]+)?", "[0-9]{1,3}[0-9a-z]{0,8}",
    r"clueweb22-en\d{4}-\d{2}-\d{5}:\d+", "-".join(["[a-z]{1,12}"] * 6), "csl-[0-9]{1,6}", "(?:ab|ac|ad)+",
]  # fmt: skip
HOSTILE = [
    ".?" * 240, "a{0,12}" * 60, "[a-z]*" * 80, "(?:(?:ab|cd|ef)+,)*" * 20, "(?:" + "(?:a|b)?" * 40 + "c)*",
    "(?:" + "|".join(f"[a-z]+{c}" for c in "0123456789" * 6) + ")+", "(a{0,12}" * 20 + ")" * 20,
    "(?:a?" * 70 + "b" + ")*" * 70,
]  # fmt: skip


@pytest.mark.parametrize("pattern", [*EXPONENTIAL, *POLYNOMIAL, *EMPTY])
def test_an_expression_that_may_be_slow_is_refused_with_a_reason(pattern: str) -> None:
    assert fault_of(pattern) is None
    assert slowness_of(pattern)


@pytest.mark.parametrize("pattern", QUICK)
def test_an_expression_that_ends_soon_is_taken(pattern: str) -> None:
    assert (fault_of(pattern), slowness_of(pattern)) == (None, None)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_expression_is_refused_and_the_judge_ends(pattern: str) -> None:
    begun = time.process_time()
    assert slowness_of(pattern)
    assert time.process_time() - begun < 30  # without a bound on its steps it would take hours


def test_nested_groups_without_end_are_no_traceback() -> None:
    for pattern in (
        "(" * 90 + "a" + ")*" * 90,
        "(?:" * 2000 + "a" + ")" * 2000,
        "((((((a{12}){12}){12}){12}){12}){12})*",
    ):
        if fault_of(pattern) is None:
            slowness_of(pattern)


@pytest.mark.parametrize("name", [name for name, _ in track_paths()])
def test_the_packaged_tracks_expressions_are_quick(name: str) -> None:
    for task in load_track(name).track.tasks.values():
        assert not may_be_slow(task)


PIECE = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "ab", "."]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,3}", "{2}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(PIECE, st.text("ab", min_size=1, max_size=3))
def test_what_is_taken_is_quick_on_texts_that_repeat(pattern: str, turn: str) -> None:
    if slowness_of(pattern) is None:
        begun = time.process_time()
        re.fullmatch(pattern, turn * 400 + "!\n")
        assert time.process_time() - begun < 2
