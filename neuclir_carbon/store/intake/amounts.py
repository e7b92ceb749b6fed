"""Amounts as other programs print them: `625 J`, `1.2 kg`, `4-00:16:00`, `250Gn`; each in one unit, or refused."""

import math
import re
from collections.abc import Mapping

JOULES_PER_KWH = 3_600_000.0
# Longer texts are no amounts, and are not even looked at.
_MOST_CHARACTERS = 80
_AMOUNT = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"\s*(?P<unit>[A-Za-zµμ%].*)?",
)
_CLOCK = re.compile(
    r"(?:(?P<days>[0-9]{1,9})(?:-| days?, ))?(?:(?:(?P<hours>[0-9]{1,9}):)?(?P<minutes>[0-9]{1,9}):)?"
    r"(?P<seconds>[0-9]{1,9}(?:\.[0-9]*)?)"
)

KWH: Mapping[str, float] = {
    "j": 1 / JOULES_PER_KWH, "joule": 1 / JOULES_PER_KWH, "joules": 1 / JOULES_PER_KWH,
    "uj": 1e-6 / JOULES_PER_KWH, "µj": 1e-6 / JOULES_PER_KWH, "μj": 1e-6 / JOULES_PER_KWH,
    "kj": 1e3 / JOULES_PER_KWH, "wh": 1e-3, "kwh": 1.0,
}  # fmt: skip
SECONDS: Mapping[str, float] = {
    "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "m": 60.0,
    "min": 60.0, "h": 3600.0,
}  # fmt: skip
GIB: Mapping[str, float] = {
    "b": 1 / 1024**3, "kb": 1e3 / 1024**3, "mb": 1e6 / 1024**3, "gb": 1e9 / 1024**3, "tb": 1e12 / 1024**3,
    "kib": 1 / 1024**2, "mib": 1 / 1024, "gib": 1.0, "tib": 1024.0,
}  # fmt: skip


def amount(text: str, units: Mapping[str, float], *, plain: float | None = None) -> float | None:
    """The amount in the unit whose factor is 1, `plain` being the factor of a number without a unit.

    None where the text says that there is none (`null J`, `n/a`); ValueError for anything else.
    """
    said = text.strip()
    if said.split(" ", 1)[0].lower() in ("", "null", "none", "nan", "n/a", "-"):
        return None
    found = _AMOUNT.fullmatch(said) if len(said) <= _MOST_CHARACTERS else None
    if found is None:
        raise ValueError(f"{said[:40]!a} is no amount")
    unit = (found["unit"] or "").strip().lower()
    factor = units.get(unit) if unit else plain
    if factor is None:
        raise ValueError(f"{said[:40]!a} has no unit that is known" if unit else f"{said[:40]!a} has no unit")
    value = float(found["number"].replace(",", "")) * factor
    if not math.isfinite(value):
        raise ValueError(f"{said[:40]!a} is too large")
    return value


def as_kept(value: float | None) -> float | None:
    """A figure as a spreadsheet keeps it: the same row saved again is the same row."""
    return None if value is None else float(f"{value:.9g}")


def clock_seconds(text: str) -> float:
    """Seconds of `[DAYS-][[HOURS:]MINUTES:]SECONDS[.…]`, of which each part may be large; ValueError for all else."""
    found = _CLOCK.fullmatch(text.strip()) if len(text) <= _MOST_CHARACTERS else None
    if found is None:
        raise ValueError(f"{text[:40]!a} is no duration")
    days, hours, minutes = (int(found[part] or 0) for part in ("days", "hours", "minutes"))
    return ((days * 24 + hours) * 60 + minutes) * 60 + float(found["seconds"])
