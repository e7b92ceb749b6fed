"""Ranges: hull and likely bounds recomputed by hand, and what must hold for any numbers."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.quantities import (
    NOTHING,
    Range,
    Spread,
    combined,
    dominant,
    product,
    scaled,
    sum_spreads,
    total,
)

positive = st.floats(min_value=1e-6, max_value=1e6)


@st.composite
def spreads(draw: st.DrawFn) -> Spread:
    low, central, high = sorted(draw(st.tuples(positive, positive, positive)))
    return Spread(low, central, high)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, likely_low, central, likely_high, high = sorted(draw(st.tuples(*[positive] * 5)))
    return Range(low, central, high, likely_low, likely_high)


def in_order(found: Range) -> bool:
    slack = 1 + 1e-12
    chain = (found.low, found.likely_low, found.central, found.likely_high, found.high)
    return all(a <= b * slack for a, b in itertools.pairwise(chain))


def test_the_hull_is_all_low_to_all_high_and_likely_is_the_quadrature_of_log_ratios() -> None:
    found = product([Spread(1, 2, 4), Spread(3, 3, 6)])
    assert (found.low, found.central, found.high) == (3, 6, 24)
    assert found.likely_low == pytest.approx(6 * math.exp(-math.log(2)))
    assert found.likely_high == pytest.approx(6 * math.exp(math.hypot(math.log(2), math.log(2))))


def test_a_ratio_beyond_any_number_leaves_the_hull_as_the_bound() -> None:
    # ln(1e300) is 691 for each of the two, and e^hypot(691, 691) is no number any more
    found = scaled(Range(1e-300, 1e-300, 1, 1e-300, 1), Spread(1e-300, 1e-300, 1))
    assert (found.central, found.likely_high, found.high) == (0, 1, 1)
    assert product([Spread(1e-300, 1e-300, 1)] * 2).likely_high == 1


def test_a_factor_whose_low_is_zero_gives_a_likely_low_of_zero() -> None:
    assert product([Spread(0, 1, 2), Spread(1, 1, 1)]).likely_low == 0


def test_operational_and_embodied_parts_add_up_and_their_deviations_combine() -> None:
    found = combined(Range(90, 100, 130, 96, 104), Range(5, 10, 20, 7, 13))
    assert (found.low, found.central, found.high) == (95, 110, 150)
    assert found.likely_low == pytest.approx(110 - 5)  # hypot(4, 3)
    assert found.likely_high == pytest.approx(110 + 5)


def test_the_dominant_factor_has_the_largest_share_of_the_squared_spread() -> None:
    name, part = dominant({"power": Spread(1, 2, 4), "pue": Spread(1, 1, 1), "grid": Spread(1, 1, 2)}) or ("", 0)
    assert name == "power"
    assert part == pytest.approx((2 * math.log(2)) ** 2 / ((2 * math.log(2)) ** 2 + math.log(2) ** 2))
    assert dominant({"pue": Spread.exact(1.5)}) is None


@given(st.lists(spreads(), min_size=1, max_size=6))
def test_bounds_of_a_product_stay_in_order(factors: list[Spread]) -> None:
    assert in_order(product(factors))


@given(st.lists(ranges(), max_size=8), st.randoms())
def test_a_sum_does_not_depend_on_the_order(parts: list[Range], random: object) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert total(parts) == total(shuffled)


@given(ranges(), ranges())
def test_a_remainder_is_never_negative_and_its_bounds_stay_in_order(whole: Range, part: Range) -> None:
    rest = whole.minus(part)
    assert in_order(rest)
    assert rest.low >= 0
    assert rest.central == max(0, whole.central - part.central)


def test_nothing_adds_nothing() -> None:
    one = Range(1, 2, 3, 1.5, 2.5)
    assert total([one, NOTHING]) == one
    assert sum_spreads([]) == Spread(0, 0, 0)
