"""Where values lie on a figure, and the ticks that say so."""

import math
from collections.abc import Sequence

from attrs import frozen

from neuclir_carbon.report import words

LOGARITHMIC_FROM = 500.0


@frozen(kw_only=True)
class Scale:
    """Where values (kg, or a score) lie between two pixel positions, and which ticks say so."""

    low: float
    high: float
    start: float
    end: float
    tick_size: float = 1.0
    logarithmic: bool = False

    @classmethod
    def of(cls, values: Sequence[float], unit: words.Unit, start: float, end: float) -> "Scale":
        """A scale from 0, or a logarithmic one where the smallest value would not be seen beside the largest."""
        above = [value for value in values if value > 0]
        highest = max(above, default=unit.size)
        lowest = min(above, default=highest)
        if highest / lowest < LOGARITHMIC_FROM:
            return cls(low=0.0, high=highest * 1.02, start=start, end=end, tick_size=unit.size)
        floor = 10.0 ** math.floor(math.log10(lowest / unit.size)) * unit.size
        return cls(low=floor, high=highest * 1.1, start=start, end=end, tick_size=unit.size, logarithmic=True)

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> "Scale":
        """A scale a little wider than the values."""
        low, high = min(values), max(values)
        margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return cls(low=low - margin, high=high + margin, start=start, end=end)

    @property
    def remark(self) -> str:
        return ", logarithmic scale" if self.logarithmic else ""

    def at(self, value: float) -> float:
        """The position of a value; what lies outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        if self.logarithmic:
            part = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            part = (inside - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Values and their labels in the scale's unit, about five of them."""
        low, high = self.low / self.tick_size, self.high / self.tick_size
        if self.logarithmic:
            first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high))
            step = max(1, math.ceil((last - first) / 5))
            return [(10.0**power * self.tick_size, _power_label(power)) for power in range(first, last + 1, step)]
        found = [value for value in _round_ticks(low, high) if low <= value <= high]
        return [(value * self.tick_size, _tick_label(value)) for value in found]


def _round_ticks(low: float, high: float) -> Sequence[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(value) for value in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]


def _tick_label(value: float) -> str:
    if value == 0 or 1e-4 <= abs(value) < 1e9:
        return f"{float(f'{value:.10g}'):,.10g}"
    return words.number(value, 2)


def _power_label(power: int) -> str:
    """A power of ten: 0.001 to 100,000 in full, further out as 10⁻⁴ or 10⁶."""
    return f"{10.0**power:,.10g}" if -3 <= power <= 5 else f"10{words.superscript(power)}"
