"""How the machine's energy is divided among wrappers that ran side by side.

Between two lines of the journal each bears the share of the CPU time that all of them used there; where none used any,
all bear the same. Every wrapper does this sum from its own journal, so their shares of a stretch add up to 1.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from attrs import frozen

from neuclir_carbon.model.journal_format import CHECKPOINT, ENDED, READING, STARTED, Journal, is_record_id
from neuclir_carbon.workflow.stretches import Line, number

# The kernel counts in hundredths of a second; who used less than this share of a stretch did not work in it.
_IDLE_SHARE = 0.01
_LOOKS = (STARTED, READING, CHECKPOINT, ENDED)


@frozen(kw_only=True)
class Division:
    """Among which records a machine's energy is divided, and this one's share of it, and of the GPUs' (0…1)."""

    among: tuple[str, ...]
    share: float
    gpu_share: float
    others_cpu_s: float


@frozen
class _Step:
    """The stretch between two looks at the neighbours: what everyone did in it, and the energy (any unit) it took."""

    energy: float
    own_cpu_s: float
    others_cpu_s: float
    others: int
    on_the_same_gpus: int
    seconds: float

    @property
    def share(self) -> float:
        used = self.own_cpu_s + self.others_cpu_s
        if not self.others:
            return 1.0
        return self.own_cpu_s / used if used > _IDLE_SHARE * self.seconds else 1 / (1 + self.others)


def division_of(journal: Journal) -> Division | None:
    """How a record's stretch is divided; None where no other wrapper ran beside it."""
    looks = [line for line in journal.lines if line.get("kind") in _LOOKS and _tells(line)]
    among = tuple(sorted({record_id for line in looks for record_id in _others(line)}))
    power = _powers(journal)
    steps = [_step(first, last, power) for first, last in pairwise(looks)]
    whole = sum(step.energy for step in steps)
    if not among or whole <= 0:
        return None
    return Division(
        among=among,
        share=sum(step.energy * step.share for step in steps) / whole,
        gpu_share=sum(step.energy / (1 + step.on_the_same_gpus) for step in steps) / whole,
        others_cpu_s=sum(step.others_cpu_s for step in steps),
    )


def _tells(line: Line) -> bool:
    """Whether a line tells when it was, and how much CPU time its command had used."""
    is_first = line.get("kind") == STARTED
    return number(line, "monotonic_s") is not None and (is_first or number(line, "child_cpu_s") is not None)


def _powers(journal: Journal) -> list[tuple[float, float]]:
    """(until when, mean power) of the machine's CPU and memory from one reading to the next; empty without a meter."""
    found, before_kwh, before_s = [], 0.0, 0.0
    for line in journal.of_kind(READING):
        at, metered_s = number(line, "monotonic_s"), number(line, "metered_s")
        kwh = (number(line, "cpu_kwh") or 0.0) + (number(line, "ram_kwh") or 0.0)
        if at is not None and metered_s is not None and metered_s > before_s and kwh > before_kwh:
            found.append((at, (kwh - before_kwh) / (metered_s - before_s)))
            before_kwh, before_s = kwh, metered_s
    return found


def _power_until(at: float, powers: list[tuple[float, float]]) -> float:
    """The mean power in which a moment lies; that of the last reading after it; 1 without a meter."""
    return next((power for until, power in powers if at <= until), powers[-1][1] if powers else 1.0)


def _step(first: Line, last: Line, powers: list[tuple[float, float]]) -> _Step:
    seconds = max(0.0, (number(last, "monotonic_s") or 0.0) - (number(first, "monotonic_s") or 0.0))
    before, after = _others(first), _others(last)
    names = {*before, *after}
    return _Step(
        energy=seconds * _power_until(number(last, "monotonic_s") or 0.0, powers),
        own_cpu_s=max(0.0, (number(last, "child_cpu_s") or 0.0) - (number(first, "child_cpu_s") or 0.0)),
        others_cpu_s=sum(
            max(0.0, (number(after.get(name), "cpu_s") or 0.0) - (number(before.get(name), "cpu_s") or 0.0))
            for name in names
        ),
        others=len(names),
        on_the_same_gpus=sum({**before, **after}[name].get("same_gpus") is True for name in names),
        seconds=seconds,
    )


def _others(line: Line) -> dict[str, Line]:
    """The neighbours that a line names, by record id."""
    said = line.get("others")
    return dict(_sound(said)) if isinstance(said, dict) else {}


def _sound(said: Mapping[str, Any]) -> Iterator[tuple[str, Line]]:
    for record_id, seen in list(said.items())[:10_000]:
        if is_record_id(record_id) and isinstance(seen, dict):
            yield record_id, seen
