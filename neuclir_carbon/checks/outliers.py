"""INV: figures that stand far out, so that a person looks at them: a slip of units is a factor of a thousand.

Two measures, both blunt on purpose. A record's mean power is held against what its hardware can draw. A run's energy
per line of the run (topics × depth) is held against what other teams' runs of the same task took for the same kind of
activity: their median, and how far they spread around it (median absolute deviation, in powers of ten). Medians, since
a few wrong figures must not move the standard; one value a team, so that a team with many runs does not set it. Where
several teams lie far out together it is a method, and nothing is said.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from statistics import median
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.rulebook import Entry, Rulebook
from neuclir_carbon.factors import devices
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.record import ActivityRecord

BOOK: Rulebook[None] = Rulebook("figures that stand far out")
# Processors run above their nameplate for minutes; a whole rack of today's densest accelerators takes about 130 kW.
HEADROOM, RACK_W = 2.0, 150_000.0
SOCKETS, W_PER_GIB, REST_W = 8, 0.5, 500.0
LEAST_W, LEAST_S = 0.5, 60.0
# The usual bound for modified z-scores (Iglewicz and Hoaglin), and never less than a factor of ten.
OTHER_TEAMS, DEVIATIONS, LEAST_FACTOR, MAD_TO_SIGMA = 4, 3.5, 10.0, 1.4826
# A tenth of the other teams, and at least one, within that factor makes a value one method's among several.
VOUCHING = 0.1
# With so many teams one team's own value no longer moves the median that it is held against.
MANY_TEAMS = 500
MOST_TOLD = 200

TOO_MUCH_POWER = BOOK.note(
    "INV020", Severity.WARNING, "a record's mean power is more than its hardware can draw",
    """IT energy divided by duration is more than twice the nameplate power of the processors, accelerators and memory
    that the record names, or, where it names none, more than a full rack takes. Mostly Wh were taken for kWh, or the
    duration is of one process of many. Good: 2.4 kWh in 8 h on one GPU. Bad: 2400 kWh in 8 h on one GPU.""",
)  # fmt: skip

TOO_LITTLE_POWER = BOOK.note(
    "INV021", Severity.WARNING, "a record's mean power is less than any machine draws",
    """The energy was measured for the whole machine over at least a minute and comes to less than half a watt: no
    machine that is switched on draws so little. Mostly kWh were taken for Wh, or a meter stood still.""",
)  # fmt: skip

FAR_FROM_OTHERS = BOOK.note(
    "INV022", Severity.WARNING, "a run took far more or less energy per document than other teams' runs",
    """A run's share of the IT energy of one kind of activity, divided by its lines (topics × depth), lies more than 3.5
    robust standard deviations and more than a factor of ten from the median of at least four other teams' runs of the
    same task, and fewer than a tenth of those teams lie within a factor of ten of it. Methods do differ, so this may be
    right: look whether the units, the run tags that the records serve, and their number of runs are.""",
)  # fmt: skip


@frozen(kw_only=True)
class Drawn:
    """A record whose power is looked at, its team, and a bundle that carries it."""

    record: ActivityRecord
    team: str
    path: str


@frozen(kw_only=True)
class RunEnergy:
    """A run's share of one kind of activity: IT energy in kWh, beside the lines of the run."""

    team: str
    task: str
    run_tag: str
    activity: str
    it_kwh: float
    documents: int
    path: str

    @property
    def exponent(self) -> float:
        """The power of ten of the kWh per document."""
        return math.log10(self.it_kwh / self.documents)


def examine(records: Iterable[Drawn], runs: Iterable[RunEnergy]) -> tuple[Finding, ...]:
    """The findings on both, the first `MOST_TOLD` of each kind; whoever wants more has a table to sort."""
    powers = list(records)
    return (
        *islice((found for one in powers if (found := _too_much(one)) is not None), MOST_TOLD),
        *islice((found for one in powers if (found := _too_little(one)) is not None), MOST_TOLD),
        *islice(_far_from_others(runs), MOST_TOLD),
    )


def mean_power_w(record: ActivityRecord) -> float | None:
    """IT energy over duration, in W; None where one is unknown or nothing passed."""
    energy, duration_s = record.energy.it_kwh, record.duration_s
    return None if energy is None or not duration_s else energy * 3_600_000 / duration_s


def most_power_w(hardware: Mapping[str, Any]) -> tuple[float, str]:
    """What the hardware of a record can draw in W at the very most, and what that rests on.

    Twice the nameplate of what is named; the largest listed part where one is named that no list has.
    """
    gpus, sockets, gib = (_number(hardware.get(key)) for key in ("gpu_count", "sockets", "ram_gib"))
    sockets = sockets or _number(hardware.get("processors"))
    device, count = hardware.get("device"), _number(hardware.get("count"))
    if isinstance(device, str) and count and devices.is_listed(device):
        return HEADROOM * count * devices.most_w(device), f"{count:g} × {device}"
    model = hardware.get("cpu_model")
    if not any((gpus, sockets, model)):
        return RACK_W * (count or 1.0), "a full rack" if count is None else f"{count:g} full racks"
    processors = sockets or SOCKETS
    named = model if isinstance(model, str) else None
    silicon = processors * _processor_w(named) + (gpus or 0) * _largest_accelerator_w()
    parts = (f"{processors:g} processors", f"{gpus:g} accelerators" if gpus else "")
    return HEADROOM * silicon + (gib or 0) * W_PER_GIB + REST_W, " and ".join(filter(None, parts))


@lru_cache(maxsize=1000)
def _processor_w(name: str | None) -> float:
    known = devices.cpu_tdp_w(name) if name else None
    return known or max(devices.processors().values())


@cache
def _largest_accelerator_w() -> float:
    return max(one.most_w for one in devices.accelerators().values())


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value < 1e9 else None


def _too_much(one: Drawn) -> Finding | None:
    found = mean_power_w(one.record)
    most, why = most_power_w(one.record.hardware)
    if found is None or found <= most:
        return None
    text = f"has a mean power of {found:,.0f} W, more than the {most:,.0f} W that {why} can draw"
    return _about(one, TOO_MUCH_POWER, text)


def _too_little(one: Drawn) -> Finding | None:
    found, record = mean_power_w(one.record), one.record
    whole = any(part.scope == "machine" for part in record.energy.components)
    if found is None or found >= LEAST_W or not whole or record.method == "estimated" or record.shared_with:
        return None
    if (record.duration_s or 0.0) < LEAST_S:
        return None
    text = f"has a mean power of {found:.2g} W over {record.duration_s:,.0f} s, less than any machine draws"
    return _about(one, TOO_LITTLE_POWER, text)


def _about(one: Drawn, entry: Entry[None], text: str) -> Finding:
    record = f"record {one.record.record_id} ({one.record.activity})"
    whole = f"{record} of team '{one.team}' {text}"
    return entry.reported(whole, Location(path=one.path), to_team=f"{record} {text}")


def _far_from_others(runs: Iterable[RunEnergy]) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[RunEnergy]] = defaultdict(list)
    for run in runs:
        if run.it_kwh > 0 and run.documents > 0:
            groups[run.task, run.activity].append(run)
    for key in sorted(groups):
        yield from _far_within(groups[key])


def _far_within(runs: Sequence[RunEnergy]) -> Iterator[Finding]:
    """Within one task and kind of activity: each run beside the other teams'."""
    teams: dict[str, list[RunEnergy]] = defaultdict(list)
    for run in runs:
        teams[run.team].append(run)
    middles = {team: median(run.exponent for run in own) for team, own in teams.items()}
    if len(middles) <= OTHER_TEAMS:
        return
    common = _standard(middles.values()) if len(middles) > MANY_TEAMS else None
    ordered, reach = sorted(middles.values()), math.log10(LEAST_FACTOR)
    for team in sorted(teams):
        middle, spread = common or _standard(value for name, value in middles.items() if name != team)
        limit = max(DEVIATIONS * MAD_TO_SIGMA * spread, reach)
        for run in sorted(teams[team], key=lambda one: one.run_tag):
            if abs(run.exponent - middle) <= limit:
                continue
            near = bisect_right(ordered, run.exponent + reach) - bisect_left(ordered, run.exponent - reach)
            near -= abs(run.exponent - middles[team]) <= reach  # the team itself
            if near < max(1.0, VOUCHING * (len(middles) - 1)):
                yield _far(run, middle, len(middles) - 1)


def _standard(exponents: Iterable[float]) -> tuple[float, float]:
    """The median of powers of ten, and the median of the distances from it."""
    values = list(exponents)
    middle = median(values)
    return middle, median(abs(value - middle) for value in values)


def _far(run: RunEnergy, middle: float, others: int) -> Finding:
    factor, is_more = 10 ** abs(run.exponent - middle), run.exponent > middle
    took = f"took {run.it_kwh * 1000 / run.documents:.3g} Wh of {run.activity} per line"
    beside = f"{factor:,.0f} times" if is_more else f"1/{factor:,.0f} of"
    text = f"{beside} the median of {others} other teams ({10**middle * 1000:.3g} Wh)"
    told = f"far {'more' if is_more else 'less'} than other teams' runs: look at the units and at the run tags served"
    return FAR_FROM_OTHERS.reported(
        f"run {run.run_tag} of team '{run.team}' {took}, {text}",
        Location(path=run.path),
        to_team=f"run {run.run_tag} {took}, {told}",
    )
