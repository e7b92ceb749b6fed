"""Strangers' regular expressions: those that surely end soon."""

import pytest

from neuclir_carbon.checks.expressions import ends_soon


@pytest.mark.parametrize(
    ("expression", "soon"),
    [
        ("[0-9a-f-]{36}", True),
        (r"(?!(?:submit|list)\Z)[A-Za-z0-9_-][A-Za-z0-9_.-]{0,19}", True),
        ("csl-[0-9]*", True),
        ("[*+]+", True),
        (r"\*\+.{1,64}", True),
        ("a*b*", False),
        (r"\d*\d*\d*x", False),
        ("a{2,}b{2,}", False),
        (".{0,65}.{0,65}", False),
        (r"(a)\1", False),
        ("(?P<a>x)(?P=a)", False),
    ],
)
def test_at_most_one_part_may_repeat_without_a_small_bound(expression: str, soon: bool) -> None:
    assert ends_soon(expression) is soon
