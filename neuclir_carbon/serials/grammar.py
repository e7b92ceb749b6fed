"""What a programme's grammar is, and the faults that it can see without knowing the day.

A programme's file has a frozen value of the serial's parts as printed, `parse_…` and `format_…` between it and text,
and one `Grammar` with its name and `read`. A new programme is one such file and one line in `reading.GRAMMARS`.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from attrs import frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict, Vintage
from neuclir_carbon.serials.countries import is_country, is_party


@frozen
class Parsed:
    """What a grammar makes of a text that fits it: the serial, and the faults in it, in any order."""

    serial: Serial
    faults: tuple[SerialFault, ...] = ()


@frozen
class Grammar:
    """One programme's grammar. `read` takes a normalised text; None when the text does not fit.

    `only_if_stated` is True for a shape so plain that it means something only where the programme is stated.
    """

    name: str
    programmes: tuple[str, ...]
    example: str
    read: Callable[[str], Parsed | None]
    only_if_stated: bool = False


def country_faults(code: str, *, party: bool = False) -> tuple[SerialFault, ...]:
    """The fault of a country code that stands in no list; none for a good one."""
    if is_party(code) if party else is_country(code):
        return ()
    wanted = "an ISO 3166-1 code, XK or EU" if party else "an ISO 3166-1 code or XK"
    return (SerialFault(Verdict.E_COUNTRY, f"country is '{code}', wanted {wanted}: check the letters"),)


def read_day(ddmmyyyy: str) -> date | None:
    """The date of eight digits, day first; None when the calendar has no such day."""
    try:
        return date(int(ddmmyyyy[4:]), int(ddmmyyyy[2:4]), int(ddmmyyyy[:2]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)  # an export has few vintages and many rows
def read_span(first: str, last: str) -> tuple[Vintage | None, tuple[SerialFault, ...]]:
    """The vintage between two dates of eight digits (day first), and what is wrong with them."""
    start, end = read_day(first), read_day(last)
    impossible = [text for text, day in ((first, start), (last, end)) if day is None]
    if start is None or end is None:
        shown = " and ".join(f"'{text}'" for text in impossible)
        return None, (SerialFault(Verdict.E_DATE, f"vintage has {shown}, which is no date (wanted ddmmyyyy)"),)
    if end < start:
        message = f"vintage ends on {end}, before its start on {start}"
        return Vintage(first=start, last=end), (SerialFault(Verdict.E_VINTAGE_ORDER, message),)
    return Vintage(first=start, last=end), ()


@lru_cache(maxsize=4096)
def read_year(digits: str) -> tuple[Vintage | None, tuple[SerialFault, ...]]:
    """The vintage of a four-digit year, and what is wrong with it (there is no year 0)."""
    if int(digits) < 1:
        return None, (SerialFault(Verdict.E_DATE, f"vintage is '{digits}', which is no year"),)
    return Vintage.of_year(int(digits)), ()


def leading_zero_faults(zeros: tuple[str, ...]) -> tuple[SerialFault, ...]:
    """The warning about numbers with leading zeros, in programmes that print none."""
    if not zeros:
        return ()
    shown = ", ".join(f"'{number}'" for number in zeros)
    return (SerialFault(Verdict.W_LEADING_ZERO, f"{shown} begins with 0; this programme prints no leading zeros"),)
