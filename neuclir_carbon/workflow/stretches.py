"""The stretch of time that a journal tells of: how long it was, and whose CPU time was used in it.

A journal may lie in a ledger for years and may have been touched: a number that is none counts as unknown.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.model.journal_format import ENDED, STARTED, Journal

Line = Mapping[str, Any]


@frozen(kw_only=True)
class Stretch:
    """The measured stretch of time: its length, and the CPU time of the command and of the machine in it (seconds).

    `busy_cpu_s` is without the meter's own: what it costs is borne by those it works for, not counted as another's use.
    """

    duration_s: float
    elapsed_s: float
    command_cpu_s: float | None
    busy_cpu_s: float | None
    all_cpu_s: float | None
    meter_cpu_s: float = 0.0

    @property
    def load(self) -> float | None:
        """How busy the machine was, the meter's work included (0…1); None where unknown."""
        if self.busy_cpu_s is None or not self.all_cpu_s:
            return None
        return min(1.0, (self.busy_cpu_s + self.meter_cpu_s) / self.all_cpu_s)

    @property
    def share(self) -> float | None:
        """The command's share of the machine's CPU time in use (0…1); None where unknown."""
        if self.command_cpu_s is None or not self.busy_cpu_s:
            return None
        return min(1.0, self.command_cpu_s / self.busy_cpu_s)

    @property
    def others_share(self) -> float | None:
        """What others used of all the machine's CPU time (0…1)."""
        if self.command_cpu_s is None or self.busy_cpu_s is None or not self.all_cpu_s:
            return None
        return max(0.0, self.busy_cpu_s - self.command_cpu_s) / self.all_cpu_s


def stretch_of(journal: Journal) -> Stretch | None:
    """The stretch between the child's start and its end, or its last sign of life; None if it never started."""
    started = journal.first(STARTED)
    if started is None:
        return None
    last = journal.last(ENDED) or _last_sign(journal) or started
    duration_s = _difference(started, last, "monotonic_s") or 0.0
    used = [value for line in journal.lines if (value := number(line, "child_cpu_s")) is not None]
    meters = [value for line in journal.lines if (value := number(line, "meter_cpu_s")) is not None]
    meter_cpu_s, busy_cpu_s = meters[-1] if meters else 0.0, _difference(started, last, "machine_busy_s")
    return Stretch(
        duration_s=duration_s,
        elapsed_s=max(duration_s, _difference(started, last, "boottime_s") or 0.0),
        command_cpu_s=used[-1] if used else None,
        busy_cpu_s=None if busy_cpu_s is None else max(0.0, busy_cpu_s - meter_cpu_s),
        all_cpu_s=_difference(started, last, "machine_total_s"),
        meter_cpu_s=meter_cpu_s,
    )


def number(line: Line | None, key: str) -> float | None:
    """A finite number ≥ 0 of a line; None where there is none."""
    value = line.get(key) if line is not None else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e300 else None


def _difference(first: Line, last: Line, key: str) -> float | None:
    start, end = number(first, key), number(last, key)
    return None if start is None or end is None else max(0.0, end - start)


def _last_sign(journal: Journal) -> Line | None:
    """The last line that tells the time."""
    return next((line for line in reversed(journal.lines) if number(line, "monotonic_s") is not None), None)
