"""Quantities with a range.

A `Spread` is one factor (low, central, high) as its sources give it. Factors multiply into a `Range`, which has two
pairs of bounds:

hull    all factors low … all factors high: it could be anything in here;
likely  the factors' log-ratios to their central values, combined in quadrature. It treats the factors as independent
        and is no confidence interval: the bounds are spreads between sources, not sampled errors.

Ranges of several activities add up by sum, in both pairs: activities share their sources, so their errors go together.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from attrs import frozen


@frozen
class Spread:
    """One factor's low, central and high value, in the unit of its name."""

    low: float
    central: float
    high: float

    @classmethod
    def exact(cls, value: float) -> "Spread":
        return cls(value, value, value)

    def times(self, factor: float) -> "Spread":
        """Each value multiplied by a plain number ≥ 0."""
        return Spread(self.low * factor, self.central * factor, self.high * factor)

    def containing(self, *values: float) -> "Spread":
        """The same central value, with bounds widened to contain `values`."""
        return Spread(min(self.low, *values), self.central, max(self.high, *values))

    def log_ratios(self) -> tuple[float, float]:
        """ln(central/low) and ln(high/central); infinite below where low is 0, both 0 where central is 0."""
        if self.central <= 0:
            return 0.0, 0.0
        below = math.log(self.central / self.low) if self.low > 0 else math.inf
        return below, math.log(self.high / self.central)


@frozen
class Range:
    """A quantity's central value, its hull (`low`, `high`) and its likely bounds, in the unit of its name."""

    low: float
    central: float
    high: float
    likely_low: float
    likely_high: float

    @classmethod
    def exact(cls, value: float) -> "Range":
        return cls(value, value, value, value, value)

    def times(self, share: float) -> "Range":
        """The range multiplied by a plain number ≥ 0."""
        return Range(
            self.low * share, self.central * share, self.high * share, self.likely_low * share, self.likely_high * share
        )

    def minus(self, other: "Range") -> "Range":
        """What is left of this range after a part of it: never below 0, and its bounds stay in order."""
        central = max(0.0, self.central - other.central)
        likely_low = min(central, max(0.0, self.likely_low - other.likely_low))
        likely_high = max(central, self.likely_high - other.likely_high)
        return Range(
            low=min(likely_low, max(0.0, self.low - other.low)),
            central=central,
            high=max(likely_high, self.high - other.high),
            likely_low=likely_low,
            likely_high=likely_high,
        )


NOTHING = Range.exact(0.0)
_BOUNDS = tuple(map(attrgetter, ("low", "central", "high", "likely_low", "likely_high")))


def total(ranges: Iterable[Range]) -> Range:
    """The sum of ranges, bound by bound; exactly rounded (`math.fsum`), so the order does not matter."""
    parts = list(ranges)
    if len(parts) == 1:
        return parts[0]
    return Range(*(math.fsum(map(bound, parts)) for bound in _BOUNDS))


def sum_spreads(spreads: Iterable[Spread]) -> Spread:
    """The sum of spreads, bound by bound."""
    parts = list(spreads)
    return Spread(
        math.fsum(part.low for part in parts),
        math.fsum(part.central for part in parts),
        math.fsum(part.high for part in parts),
    )


def product(factors: Sequence[Spread]) -> Range:
    """The product of factors as a range; a factor whose low is 0 gives a `likely_low` of 0."""
    central = math.prod(factor.central for factor in factors)
    ratios = [factor.log_ratios() for factor in factors]
    below = math.hypot(*(ratio[0] for ratio in ratios)) if ratios else 0.0
    above = math.hypot(*(ratio[1] for ratio in ratios)) if ratios else 0.0
    low, high = math.prod(factor.low for factor in factors), math.prod(factor.high for factor in factors)
    return Range(
        low=low,
        central=central,
        high=high,
        # With one factor both are the same but for rounding, which must not put them out of order.
        likely_low=max(low, central * math.exp(-below)),
        likely_high=min(high, _grown(central, above)),
    )


def scaled(quantity: Range, factor: Spread) -> Range:
    """A quantity times one more independent factor: the same as `product` of all factors at once."""
    central = quantity.central * factor.central
    if quantity.central <= 0:
        return Range(0.0, central, quantity.high * factor.high, 0.0, quantity.likely_high * factor.high)
    low, high = quantity.low * factor.low, quantity.high * factor.high
    below, above = factor.log_ratios()
    own_below = math.log(quantity.central / quantity.likely_low) if quantity.likely_low > 0 else math.inf
    own_above = math.log(quantity.likely_high / quantity.central)
    return Range(
        low=low,
        central=central,
        high=high,
        likely_low=min(central, max(low, central * math.exp(-math.hypot(own_below, below)))),
        likely_high=max(central, min(high, _grown(central, math.hypot(own_above, above)))),
    )


def _grown(central: float, log_ratio: float) -> float:
    """`central` × e^`log_ratio`; infinite where the ratio is beyond any number, so that the hull is what bounds it."""
    try:
        return central * math.exp(log_ratio)
    except OverflowError:
        return math.inf


def combined(first: Range, second: Range) -> Range:
    """The sum of two quantities of one activity whose errors are independent: hulls add, likely deviations combine."""
    central = first.central + second.central
    below = math.hypot(first.central - first.likely_low, second.central - second.likely_low)
    above = math.hypot(first.likely_high - first.central, second.likely_high - second.central)
    low, high = first.low + second.low, first.high + second.high
    return Range(
        low=low,
        central=central,
        high=high,
        likely_low=max(low, central - below),
        likely_high=min(high, central + above),
    )


def dominant(factors: Mapping[str, Spread]) -> tuple[str, float] | None:
    """The name of the factor with the largest share of Σ ln(high/low)², and that share (0…1); None if all are exact."""
    squares = {name: sum(factor.log_ratios()) ** 2 for name, factor in factors.items()}
    whole = math.fsum(squares.values())
    if whole == 0:
        return None
    name = max(squares, key=lambda key: squares[key])
    return name, 1.0 if math.isinf(whole) else squares[name] / whole
