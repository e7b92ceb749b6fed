"""Durations, energies, memory and resources as SLURM's sacct prints them."""

import math
import re
from collections.abc import Callable
from functools import lru_cache

from attrs import frozen

from neuclir_carbon.store.intake.amounts import JOULES_PER_KWH, clock_seconds
from neuclir_carbon.store.intake.labels import words

__all__ = ["JOULES_PER_KWH", "Parse", "Resources", "duration_s", "generic_gpus", "joules", "memory_gib", "resources"]

Parse = Callable[[str], float | None]
_NOTHING = frozenset({"", "unknown", "none", "n/a", "invalid", "unlimited", "partition_limit"})
_NUMBER = re.compile(r"([0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE]\+?[0-9]{1,3})?)([KMGTP]?)")
_MEMORY = re.compile(r"([0-9]{1,12}(?:\.[0-9]{0,6})?)([KMGTP]?)([cn]?)")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
# Ten million processors or GPUs, and an exbibyte of memory, are more than any job was ever given.
MOST_DIGITS, _MOST_GIB = 7, 1024.0**3
# What SLURM means by "no value" in 64 bits; a little below it, for it is printed rounded.
_NO_VALUE = 1.8e19


@frozen(kw_only=True)
class Resources:
    """What a list of resources tells; None where it does not."""

    processors: int | None = None
    gpus: int | None = None
    gpu_name: str | None = None
    memory_gib: float | None = None
    joules: float | None = None
    is_told: bool = False

    def __bool__(self) -> bool:
        return self.is_told


def duration_s(text: str) -> float | None:
    """Seconds of `4-00:16:00`, `00:12.500` or of a plain number; None for `UNLIMITED` and the like."""
    if text.lower() in _NOTHING:
        return None
    return clock_seconds(text)


def joules(text: str) -> float | None:
    """Joules of `12345` or `12.35K` (thousands); None where the site meters nothing."""
    if text.lower() in _NOTHING:
        return None
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!a} is no energy in joules")
    value = float(found[1]) * 1000.0 ** _POWERS[found[2]]
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]!a} is too large")
    return None if not value or value >= _NO_VALUE else value


def memory_gib(text: str, *, processors: int | None, nodes: int | None) -> float | None:
    """GiB of `6760Mc` (each processor), `250Gn` (each node) or `4G`; None where it is not told."""
    found = _MEMORY.fullmatch(text)
    if found is None:
        return None
    each = {"c": processors, "n": nodes or 1, "": 1}[found[3]]
    # Without a letter it is in megabytes, as it is asked for.
    power = _POWERS[found[2]] if found[2] else 2
    gib = float(found[1]) * 1024.0 ** (power - 3)
    return gib * each if each and 0 < gib * each <= _MOST_GIB else None


@lru_cache(maxsize=4096)
def resources(text: str) -> Resources:
    """What a list as `billing=32,cpu=32,gres/gpu:a100=1,mem=250G,node=1` tells."""
    counts: dict[str, str] = {}
    for entry in text[:2000].split(","):
        name, equals, amount = entry.strip().partition("=")
        if equals:
            counts[name.lower()] = amount
    if not counts:
        return Resources()
    named = {name.removeprefix("gres/gpu:"): _whole(n) for name, n in counts.items() if name.startswith("gres/gpu:")}
    whole = _whole(counts.get("gres/gpu", ""))
    gpus = whole if whole is not None else (sum(n or 0 for n in named.values()) if named else None)
    return Resources(
        processors=_whole(counts.get("cpu", "")),
        gpus=gpus,
        gpu_name=words(next(iter(named))) if len(named) == 1 else None,
        memory_gib=memory_gib(counts.get("mem", ""), processors=None, nodes=None),
        joules=_joules_in(counts.get("energy", "")),
        is_told=True,
    )


def _joules_in(text: str) -> float | None:
    try:
        return joules(text)
    except ValueError:
        return None


def generic_gpus(text: str) -> tuple[int | None, str | None]:
    """(how many, name) of GPUs in a list as `gpu:a100:2` or `gres:gpu:2`, which older versions print."""
    for entry in text[:2000].split(","):
        parts = entry.strip().lower().removeprefix("gres:").split("(")[0].split(":")
        if parts[0] == "gpu":
            count = _whole(parts[-1]) if len(parts) > 1 else 1
            return (1 if count is None else count), (words(parts[1]) if len(parts) > 2 else None)
    return None, None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
