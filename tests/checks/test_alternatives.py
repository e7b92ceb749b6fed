"""The linear programs behind the public edition: what is asked at sight must never say more than the long way does."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.checks.alternatives import Piece, Printed, _System, rows_to_withhold

ROWS = ("total", "clir", "mlir")
amounts = st.one_of(st.just(0.0), st.floats(1e-9, 1e9), st.integers(1, 4).map(float))
pieces = st.lists(
    st.builds(
        Piece,
        team=st.sampled_from("abcdef"),
        rows=st.sampled_from([frozenset(("total", task)) for task in ROWS[1:]]),
        values=st.tuples(amounts, amounts),
    ),
    min_size=1,
    max_size=12,
)
PRINTED = {row: Printed(price=1.0) for row in ROWS}


@given(pieces)
def test_what_is_open_at_sight_is_open_when_looked_at(found: list[Piece]) -> None:
    system = _System.of(found, PRINTED)
    for question in system.questions():
        if system.is_open_at_sight(question, 0.15):
            assert system.view(question, 0.15).is_open_at_once()


def test_equal_teams_in_each_row_are_seen_at_sight() -> None:
    found = [Piece(team, frozenset(("total", task)), (1.0,)) for team, task in itertools.product("abcd", ROWS[1:])]
    system = _System.of(found, PRINTED)
    assert all(system.is_open_at_sight(question, 0.15) for question in system.questions())
    assert rows_to_withhold(found, PRINTED, 15) == frozenset()


@pytest.mark.parametrize("others", [(1.0,), (1.0, 0.1)])
def test_a_row_in_which_a_team_can_work_out_another_is_withheld(others: tuple[float, ...]) -> None:
    """Of two teams each knows the other; of three the largest knows the second but for the last one's tenth."""
    found = [Piece("large", frozenset({"total"}), (10.0,))]
    found += [Piece(f"other {number}", frozenset({"total"}), (size,)) for number, size in enumerate(others)]
    assert rows_to_withhold(found, {"total": PRINTED["total"]}, 15) == {"total"}
