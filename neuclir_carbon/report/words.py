"""How values are said: units, significant digits, ranges and shares in words, and strangers' text made visible.

Everything here returns plain text; escaping for HTML or LaTeX happens where the text is put into a page or a table.
A number and its unit are joined by a no-break space.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from attrs import frozen

from neuclir_carbon.model.plain_text import escaped
from neuclir_carbon.model.quantities import Range

UNKNOWN = "unknown"
WITHHELD = "withheld"
GAP = "\u00a0"
MAX_TEXT = 200
# Digits of a group's figures: the public edition holds no more than two.
GROUP_DIGITS = {"organizer": 3, "public": 2}
_HARMLESS_SPACES = "\u00a0\u202f"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MAX_MARKS = 4
_ZEROS_AT_THE_END = re.compile(r"(\.\d*?)0+(?!\d)")


@frozen
class Unit:
    """A unit that amounts are printed in, and how many base units (kg or kWh) it has."""

    name: str
    size: float


GRAM, KILOGRAM, TONNE = Unit("g", 1e-3), Unit("kg", 1.0), Unit("t", 1e3)
WATT_HOUR, KILOWATT_HOUR, MEGAWATT_HOUR = Unit("Wh", 1e-3), Unit("kWh", 1.0), Unit("MWh", 1e3)


@frozen(kw_only=True)
class Cell:
    """One value as it is shown.

    `sort` is the number to sort by; None where it is unknown or withheld. `reason` says why a value is withheld, or is
    only given as a band; empty otherwise. `link` leads to a file of ours beside the page.
    """

    text: str
    sort: float | None = None
    reason: str = ""
    link: str = ""

    @property
    def is_withheld(self) -> bool:
        """Whether the exact value is not told."""
        return bool(self.reason)


def visible(text: str, *, most: int = MAX_TEXT) -> str:
    """The text with control, bidi and other invisible characters written as `\\u202e`, and cut after `most` characters.

    Towers of combining marks are cut too, since they cover the lines above and below.
    """
    if len(text) <= most and text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text[: most + 1]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            continue
        shown.append(character if character.isprintable() or character in _HARMLESS_SPACES else escaped(character))
    return "".join(shown[:most]) + ("…" if len(text) > most else "")


def number(value: float, digits: int = 3) -> str:
    """The number with `digits` significant digits and commas between thousands; powers of ten where it is far out."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return UNKNOWN
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if not -5 <= exponent < 9:
        return f"{mantissa}{GAP}×{GAP}10{superscript(exponent)}"
    return f"{round(value, digits - 1 - exponent):,.{max(0, digits - 1 - exponent)}f}"


def superscript(exponent: int) -> str:
    """A whole number in raised digits."""
    return str(exponent).translate(_SUPERSCRIPTS)


def mass_unit(values: Iterable[float | None]) -> Unit:
    """The unit in which the largest of some masses (kg) reads best: g below 1 kg, t from 10,000 kg."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0 or 1 <= largest < 10_000:
        return KILOGRAM
    return GRAM if largest < 1 else TONNE


def energy_unit(values: Iterable[float | None]) -> Unit:
    """The unit in which the largest of some energies (kWh) reads best: Wh below 1 kWh, MWh from 10,000 kWh."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0 or 1 <= largest < 10_000:
        return KILOWATT_HOUR
    return WATT_HOUR if largest < 1 else MEGAWATT_HOUR


def mass(kg: float | None, unit: Unit | None = None, *, digits: int = 3) -> str:
    """A mass of CO2e given in kg, in the unit that reads best: `1.28 kg`."""
    return UNKNOWN if kg is None else _amount(kg, unit or mass_unit([kg]), digits)


def energy(kwh: float | None, unit: Unit | None = None) -> str:
    """An energy given in kWh, in the unit that reads best: `5.10 MWh`."""
    return UNKNOWN if kwh is None else _amount(kwh, unit or energy_unit([kwh]), 3)


def _amount(value: float, unit: Unit, digits: int) -> str:
    return f"{number(value / unit.size, digits)}{GAP}{unit.name}"


def between(low: float, high: float, unit: Unit | None = None) -> str:
    """Two masses given in kg as `between 0.98 and 1.69 kg`; `1.28 kg` alone where they read the same."""
    chosen = unit or mass_unit([low, high])
    first, last = number(low / chosen.size), number(high / chosen.size)
    return f"{last}{GAP}{chosen.name}" if first == last else f"between {first} and {last}{GAP}{chosen.name}"


def likely(found: Range, unit: Unit | None = None) -> str:
    """The likely bounds of a range in kg: `between … and …`."""
    return between(found.likely_low, found.likely_high, unit)


def hull(found: Range, unit: Unit | None = None) -> str:
    """The outer bounds of a range in kg: `between … and …`."""
    return between(found.low, found.high, unit)


def share(value: float | None) -> str:
    """A share (1 = all) in percent, cut (never rounded up) at 0.1 %: what is not all is never shown as 100 %."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return f"0{GAP}%"
    if 0 < value < 0.001:
        return f"under 0.1{GAP}%"
    tenths = (Decimal(repr(float(value))) * 1000).to_integral_value(ROUND_FLOOR)
    return f"{tenths / 10:,.1f}{GAP}%"


def share_of(part: int, whole: int) -> str:
    """A count's share in whole percent, `81 %`; 0 % and 100 % only where they are exact. `whole` is above 0."""
    percent = math.floor(100 * part / whole + 0.5)
    if percent >= 100 and part < whole:
        return f"over 99{GAP}%"
    if percent == 0 and part > 0:
        return f"under 1{GAP}%"
    return f"{percent}{GAP}%"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 run`, `1,204 runs`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def plainly(name: str) -> str:
    """A name of a document's vocabulary as a reader's words: `serial_consistent` → `serial-consistent`."""
    return name.replace("_", "-")


def is_withheld(value: Any) -> bool:
    """Whether a public document's value is withheld or told as a band only."""
    return isinstance(value, Mapping) and ("suppressed" in value or "band" in value)


def cell(value: Any, say: Callable[[float], str]) -> Cell:
    """A number, None, a withheld value or a band of a public document, as it is shown."""
    if value is None:
        return Cell(text=UNKNOWN)
    if not isinstance(value, Mapping):
        return Cell(text=say(value), sort=float(value))
    if "band" in value:
        return Cell(text=_band(*(say(end) for end in value["band"])), reason=str(value["reason"]))
    return Cell(text=WITHHELD, reason=str(value["reason"]))


def _band(low: str, high: str) -> str:
    """`between 1 and 2 kg` of `1.00 kg` and `2.00 kg`: the ends of a band are round numbers, named exactly."""
    first, last = (_ZEROS_AT_THE_END.sub(_without_zeros, end) for end in (low, high))
    amount, gap, unit = first.rpartition(GAP)
    return f"between {amount if gap and last.endswith(gap + unit) else first} and {last}"


def _without_zeros(found: re.Match[str]) -> str:
    return found[1].removesuffix(".")


def count(value: float) -> str:
    """A whole number with commas between thousands."""
    return f"{value:,.0f}"


def range_of(value: Any) -> Range | None:
    """The range of a document's RANGE object (kg CO2e); None where it is unknown, withheld or a band."""
    if value is None or is_withheld(value):
        return None
    return Range(value["low"], value["central"], value["high"], value["likely_low"], value["likely_high"])


def band_of(value: Any) -> tuple[float, float] | None:
    """The two ends of a band; None where the value is no band."""
    if isinstance(value, Mapping) and "band" in value:
        low, high = value["band"]
        return float(low), float(high)
    return None


def size(value: Any) -> float:
    """The size of a number, a RANGE or a band, for the choice of a unit; 0 where nothing is told."""
    if isinstance(value, (int, float)):
        return float(value)
    found, band = range_of(value), band_of(value)
    return found.central if found else band[1] if band else 0.0


def reason_of(value: Any) -> str:
    """Why a value is withheld or is a band only; empty where it is told."""
    return str(value["reason"]) if is_withheld(value) else ""
