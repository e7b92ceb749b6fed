"""Numbers as users type them: finite, in range, or refused with what is wanted."""

import math

from neuclir_carbon.errors import BadOption

MOST_HOURS = 1_000_000.0
MOST_COUNT = 1_000_000
MOST_NAME = 100
MOST_WATTS = 100_000.0
MOST_YEARS = 20.0
MOST_IN_A_RECORD = 1e15


def number(option: str, value: float, *, least: float, most: float, what: str) -> float:
    """The value if it is finite and in range, -0 as 0; `BadOption` names the option, what was found and is wanted."""
    if not (math.isfinite(value) and least <= value <= most):
        raise BadOption(f"{option} is {value:g}; {what} must be a number from {least:g} to {most:,.0f}")
    return float(value) + 0.0


def hours(value: float) -> float:
    """Hours of use."""
    return number("--hours", value, least=0, most=MOST_HOURS, what="the hours of use")


def count(option: str, value: int, what: str) -> int:
    """How many: a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_COUNT:
        said = str(value)[:40]
        raise BadOption(f"{option} is {said}; the number of {what} must be a whole number from 1 to {MOST_COUNT:,}")
    return value


def name(option: str, value: str) -> str:
    """A name that a record and a terminal can hold."""
    if not 1 <= len(value) <= MOST_NAME or not value.isprintable():
        raise BadOption(f"{option} is {value[:40]!a}, wanted 1 to {MOST_NAME} characters of plain text")
    return value


def watts(value: float, *, option: str = "--watts") -> float:
    """Power in W of one device, or of a machine."""
    return number(option, value, least=0, most=MOST_WATTS, what="the power in W")


def lifetime_years(value: float) -> float:
    """Years over which a machine's manufacture is divided."""
    return number("--lifetime-years", value, least=1, most=MOST_YEARS, what="the years that a machine is used")


def must_fit_a_record(kilograms: float | None, kilowatt_hours: float | None) -> None:
    """`BadOption` where the numbers, each in range, together give more than a record can hold."""
    if max(kilograms or 0.0, kilowatt_hours or 0.0) > MOST_IN_A_RECORD:
        raise BadOption(
            f"these numbers together give {kilowatt_hours:.3g} kWh and {kilograms or 0:.3g} kg CO2e, more than all of "
            "the world's electricity; look at --count, --hours and --watts again"
        )
