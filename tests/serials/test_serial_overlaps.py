"""The sweep finds every owner that holds somebody else's credits, and does so in time."""

import random
import time
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.serials.overlaps import Held, sweep

blocks = st.builds(
    lambda key, start, length, owner: Held(key, start, start + length, owner),
    st.sampled_from("xy"),
    st.integers(1, 60),
    st.integers(0, 20),
    st.sampled_from("ABCD"),
)


def overlap(one: Held, two: Held) -> bool:
    return one.key == two.key and one.start <= two.end and two.start <= one.end


@given(st.lists(blocks, max_size=25, unique=True))
def test_whoever_shares_credits_with_another_owner_is_named(held: list[Held]) -> None:
    wanted = {block.owner for a, b in combinations(held, 2) if overlap(a, b) and a.owner != b.owner for block in (a, b)}
    found = {block.owner for o in sweep(held) if o.first.owner != o.second.owner for block in (o.first, o.second)}
    assert found == wanted


@given(st.lists(blocks, max_size=25, unique=True))
def test_every_overlap_told_is_one(held: list[Held]) -> None:
    for found in sweep(held):
        assert overlap(found.first, found.second)
        assert (found.start, found.end) == (
            max(found.first.start, found.second.start),
            min(found.first.end, found.second.end),
        )
        assert found.key == found.first.key == found.second.key


def test_neighbours_do_not_overlap_and_touching_ends_do() -> None:
    assert not list(sweep([Held("k", 1, 10, "A"), Held("k", 11, 20, "B")]))
    (found,) = sweep([Held("k", 1, 10, "A"), Held("k", 10, 20, "B")])
    assert (found.start, found.end) == (10, 10)


def test_equal_numbers_under_different_keys_are_different_credits() -> None:
    assert not list(sweep([Held("cdm:KE:CER", 1, 10, "A"), Held("cdm:IN:CER", 1, 10, "B")]))


def test_the_sweep_is_not_quadratic() -> None:
    """Ten times the blocks take about ten times as long (with a wide margin), even if all of them overlap."""

    def seconds(count: int) -> float:
        held = [Held("k", start, start + count, f"o{start}") for start in range(1, count + 1)]
        random.Random(7).shuffle(held)
        start = time.process_time()
        assert sum(1 for _ in sweep(held)) == count - 1
        return time.process_time() - start

    assert min(seconds(100_000) for _ in range(2)) < 40 * min(seconds(10_000) for _ in range(3))
