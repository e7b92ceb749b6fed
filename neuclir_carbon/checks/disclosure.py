"""OFF: what of a track may be published, so that nobody learns a single team's figures.

A figure is printed when at least k teams contribute to it and none of them dominates it: the second largest team, which
knows its own figure, could not learn the largest one's within p % (the p % rule of statistical disclosure control).
What follows from several figures together is judged in checks/alternatives.py.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Severity

BOOK: Rulebook[None] = Rulebook("the public edition")
DOMINANCE_PERCENT = 15
TOTAL_DIGITS, GROUP_DIGITS = 4, 2
ZERO, DOMINATED = "it is 0 for every team", "one team makes up most of it"
_SERIES = (1.0, 2.0, 5.0)

WITHHELD = BOOK.note(
    "OFF082", Severity.WARNING, "a figure is withheld from the public edition",
    """Teams were promised that answers are published in aggregate only. A figure that fewer than `--min-group` teams
    (3) stand behind is withheld, and so is one that a single team dominates: the second largest team could subtract
    its own part and learn the largest one's within 15 %. Others are withheld because these would follow from them.
    Nothing is to be mended; the finding tells what the public edition leaves out and why.

    Good: three teams or more of similar size in every group.
    Bad: a group of two teams, or of one large and many small ones.""",
)  # fmt: skip


@frozen(kw_only=True)
class Rule:
    """How many teams must contribute to a printed figure at least."""

    min_group: int

    @property
    def too_few(self) -> str:
        return f"fewer than {self.min_group} teams"

    def reason(self, parts: Mapping[str, float | None]) -> str | None:
        """Why the sum of each team's part is withheld; None when it may be printed. None parts are unknown."""
        known = [part for part in parts.values() if part is not None]
        if 0 < sum(part > 0 for part in known) < self.min_group:
            return self.too_few
        return DOMINATED if dominated(known) else None

    def printed(self, parts: Mapping[str, float | None]) -> str | None:
        """The same for a figure that is printed as such: a known 0 of all teams would be told of each."""
        if any(part is not None for part in parts.values()) and not any(parts.values()):
            return ZERO
        return self.reason(parts)

    def count(self, value: int, whole: int) -> int | dict[str, Any]:
        """How many of the teams, exactly only where both those and the others are none or at least k; else a band."""
        if all(part == 0 or part >= self.min_group for part in (value, whole - value)):
            return value
        low = 0 if 0 < value < self.min_group else max(0, whole - self.min_group)
        high = whole if 0 < whole - value < self.min_group else min(whole, self.min_group)
        return {"band": [low, high], "reason": f"else an answer of {self.too_few} could be told"}


def dominated(parts: Iterable[float]) -> bool:
    """Whether the second largest part's owner could learn the largest within p %: what is left is under p % of it."""
    ordered = sorted(parts, reverse=True)
    if not ordered or ordered[0] == 0:
        return False
    rest = math.fsum(ordered[2:])
    return rest < ordered[0] * DOMINANCE_PERCENT / 100


def withheld(reason: str) -> dict[str, Any]:
    """A value that is not printed."""
    return {"suppressed": True, "reason": reason}


def is_withheld(value: Any) -> bool:
    """Whether nothing at all is printed of a value."""
    return isinstance(value, dict) and value.get("suppressed") is True


def is_band(value: Any) -> bool:
    """Whether only a band of a value is printed."""
    return isinstance(value, dict) and "band" in value


def rounded(value: float, digits: int) -> float:
    """The value to so many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def banded(value: float, reason: str) -> dict[str, Any]:
    """A value above 0 as a band whose ends are ten times apart, both of the series 1, 2, 5, 10 …

    The value lies in the middle third: between the second and the third of the band's four numbers. So it is at least
    twice the lower end and at most half the upper one, and whatever makes up the value could be p % more or less.
    """
    exponent = math.floor(math.log10(value)) - 1
    series = [float(f"{digit:g}e{exponent + power}") for power in range(4) for digit in _SERIES]
    place = max(place for place, end in enumerate(series) if end <= value)
    return {"band": [series[place - 1], series[place + 2]], "reason": reason}
