"""From a journal's lines to IT energy by part, with its range and every outside number that went in.

A journal may lie in a ledger for years and may have been touched: a number that is none counts as unknown.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.factors.devices import cpu_tdp_w
from neuclir_carbon.factors.versions import own_version, version
from neuclir_carbon.model.journal_format import BEGIN, ENDED, METER_ENDED, METER_READY, READING, STARTED, Journal
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Component, Factor

Line = Mapping[str, Any]

# A meter that has read for less tells nothing about the rest.
LEAST_METERED_S = 1.0
# Others use the machine considerably: more CPU time than the command, and more than this share of what there is.
CONSIDERABLE_SHARE = 0.1
W_PER_THREAD = Spread(360 / 256, 4.0, 135 / 8)
LOAD_SHARE = Spread(0.1, 0.5, 1.0)
RAM_W_PER_GIB = Spread(0.04, 0.37, 0.9)
SENSOR_SHARE = Spread(0.85, 1.0, 1.15)
_WS_PER_KWH = 3_600_000


@frozen(kw_only=True)
class Found:
    """What a journal tells about energy: IT energy by part, for how many seconds it was metered, what it rests on."""

    components: tuple[Component, ...]
    factors: tuple[Factor, ...]
    metered_s: float
    duration_s: float
    hardware: dict[str, Any]
    notes: dict[str, Any]


@frozen(kw_only=True)
class Stretch:
    """The measured stretch of time: its length, and the CPU time of the command and of the machine in it (seconds)."""

    duration_s: float
    elapsed_s: float
    command_cpu_s: float | None
    busy_cpu_s: float | None
    all_cpu_s: float | None

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


def number(line: Line | None, key: str) -> float | None:
    """A finite number ≥ 0 of a line; None where there is none."""
    value = line.get(key) if line is not None else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e300 else None


def stretch_of(journal: Journal) -> Stretch | None:
    """The stretch between the child's start and its end, or its last sign of life; None if it never started."""
    started = journal.first(STARTED)
    if started is None:
        return None
    last = journal.last(ENDED) or _last_sign(journal) or started
    duration_s = _difference(started, last, "monotonic_s") or 0.0
    used = [value for line in journal.lines if (value := number(line, "child_cpu_s")) is not None]
    return Stretch(
        duration_s=duration_s,
        elapsed_s=max(duration_s, _difference(started, last, "boottime_s") or 0.0),
        command_cpu_s=used[-1] if used else None,
        busy_cpu_s=_difference(started, last, "machine_busy_s"),
        all_cpu_s=_difference(started, last, "machine_total_s"),
    )


def energy_in(journal: Journal) -> Found:
    """The energy that a journal tells of."""
    stretch = stretch_of(journal)
    begin, ready, reading = journal.first(BEGIN), journal.first(METER_READY), journal.last(READING)
    hardware = _hardware(journal.first(STARTED), ready)
    if begin is None or stretch is None:
        return Found(components=(), factors=(), metered_s=0.0, duration_s=0.0, hardware=hardware, notes={})
    metered_s = min(number(reading, "metered_s") or 0.0, stretch.duration_s)
    if ready is not None and reading is not None and metered_s >= LEAST_METERED_S:
        parts, factors, notes = _metered(ready, reading, journal, stretch, metered_s, hardware)
    else:
        metered_s = 0.0
        parts, factors, notes = _by_cpu_time(stretch, hardware)
        notes["metering"] = _why_not_metered(begin, journal, ready)
    scope, why = _scope(begin, stretch, hardware)
    if scope == "job" and stretch.share is not None:
        parts = [_shared(part, stretch.share) for part in parts]
        notes["cpu_time_share"] = stretch.share
    return Found(
        components=tuple(parts), factors=tuple(factors), metered_s=metered_s, duration_s=stretch.duration_s,
        hardware=hardware, notes={**notes, "scope": f"{scope}: {why}"},
    )  # fmt: skip


def _metered(
    ready: Line, reading: Line, journal: Journal, stretch: Stretch, metered_s: float, hardware: dict[str, Any]
) -> tuple[list[Component], list[Factor], dict[str, Any]]:
    """By the meter. Seconds without it (CodeCarbon takes a few to get going) get the metered seconds' mean power."""
    whole, unmetered_s = stretch.duration_s / metered_s, stretch.duration_s - metered_s
    parts: list[Component] = []
    factors: list[Factor] = []
    notes: dict[str, Any] = {"codecarbon": str(ready.get("codecarbon"))[:40]}
    if unmetered_s > 0.1:
        notes["unmetered"] = f"{unmetered_s:.1f} s without meter are counted at the mean power of the metered seconds"
    cpu_kwh, method = number(reading, "cpu_kwh"), str(ready.get("cpu_method"))[:40]
    if cpu_kwh is not None and method != "none":
        bounds, used = _cpu_bounds(method, cpu_kwh, ready, stretch, unmetered_s, hardware)
        parts.append(_component("cpu", cpu_kwh * whole, bounds, method))
        factors.extend(used)
    ram_kwh, ram_gib = number(reading, "ram_kwh"), number(hardware, "ram_gib")
    if ram_kwh is not None:
        bounds = _energy(RAM_W_PER_GIB, ram_gib or 0.0, stretch.duration_s)
        parts.append(_component("ram", ram_kwh * whole, bounds if ram_gib else Spread.exact(ram_kwh * whole), "model"))
        factors.extend((_ram_bounds_factor(), *_ram_factor(reading)))
    gpu = _gpu(ready, reading, journal, whole, unmetered_s, hardware)
    if gpu is not None:
        parts.append(gpu)
        if gpu.kwh is not None:
            factors.append(_sensor_factor())
    return parts, factors, notes


def _cpu_bounds(
    method: str, cpu_kwh: float, ready: Line, stretch: Stretch, unmetered_s: float, hardware: dict[str, Any]
) -> tuple[Spread, list[Factor]]:
    """The range of the CPU's energy (kWh), and the outside numbers behind it."""
    tdp_w, threads = number(ready, "cpu_tdp_w"), number(hardware, "logical_cpus") or 1.0
    if method == "tdp-load" and tdp_w:
        used = [_tdp_factor(tdp_w, hardware, "as CodeCarbon matched its name"), _load_factor()]
        return _energy(LOAD_SHARE, tdp_w, stretch.duration_s), used
    if method == "constant":
        bounds = _energy(_times(W_PER_THREAD, LOAD_SHARE), threads, stretch.duration_s)
        return bounds, [_thread_factor(), _load_factor()]
    # Read from counters: what they leave out, and anything from nothing to all while nobody read them.
    most_w = (_tdp_of(hardware) or 0.0) or W_PER_THREAD.high * threads
    low, high = cpu_kwh * SENSOR_SHARE.low, cpu_kwh * SENSOR_SHARE.high + most_w * unmetered_s / _WS_PER_KWH
    return Spread(low, cpu_kwh, high), [_sensor_factor()]


def _gpu(
    ready: Line, reading: Line, journal: Journal, whole: float, unmetered_s: float, hardware: dict[str, Any]
) -> Component | None:
    """The GPUs' energy; unknown where there are some and nothing was read; None where there are none."""
    kwh, count = number(reading, "gpu_kwh"), number(hardware, "gpu_count") or 0
    if not kwh:
        # No GPU that is switched on draws nothing: a zero is a failed reading.
        return _unknown("gpu") if count or hardware.get("has_nvidia_device") else None
    watts = [value for line in journal.of_kind(READING) if (value := number(line, "gpu_w")) is not None]
    high = kwh * SENSOR_SHARE.high + max(watts, default=0.0) * unmetered_s / _WS_PER_KWH
    method = str(ready.get("gpu_method") or "nvml")[:40]
    return _component("gpu", kwh * whole, Spread(kwh * SENSOR_SHARE.low, kwh, high), method)


def _by_cpu_time(stretch: Stretch, hardware: dict[str, Any]) -> tuple[list[Component], list[Factor], dict[str, Any]]:
    """Without a meter: the command's CPU time × the processor's TDP for each logical CPU; memory by its size.

    The upper bound adds the idle power of the whole machine (a tenth of its TDP), as for a command that has the
    machine to itself; the lower bound takes the processor at a tenth of its TDP.
    """
    threads = number(hardware, "logical_cpus") or 1.0
    tdp_w = _tdp_of(hardware)
    per_thread = W_PER_THREAD if tdp_w is None else Spread.exact(tdp_w / threads)
    factors = [
        _thread_factor() if tdp_w is None else _tdp_factor(tdp_w, hardware, "by exact name, all sockets"), _load_factor()
    ]  # fmt: skip
    parts = [_unknown("cpu", scope="job")]
    if stretch.command_cpu_s is not None:
        used = stretch.command_cpu_s
        idle_ws = per_thread.high * LOAD_SHARE.low * threads * stretch.duration_s
        bounds = Spread(
            per_thread.low * LOAD_SHARE.low * used / _WS_PER_KWH,
            per_thread.central * used / _WS_PER_KWH,
            (per_thread.high * used + idle_ws) / _WS_PER_KWH,
        )
        method = "constant" if tdp_w is None else "cpu-time"
        parts = [_component("cpu", bounds.central, bounds, method, scope="job")]
    ram_gib = number(hardware, "ram_gib")
    if ram_gib:
        bounds = _energy(RAM_W_PER_GIB, ram_gib, stretch.duration_s)
        parts.append(_component("ram", bounds.central, bounds, "model"))
        factors.append(_ram_bounds_factor())
    if hardware.get("has_nvidia_device"):
        parts.append(_unknown("gpu"))
    return parts, factors, {}


def _scope(begin: Line, stretch: Stretch, hardware: dict[str, Any]) -> tuple[str, str]:
    """Whose energy the record tells, and why: `machine`, or the command's share of it (`job`)."""
    asked, others = begin.get("scope"), stretch.others_share
    if asked == "machine":
        return "machine", "asked for"
    if stretch.share is None:
        return "machine", "the command's or the machine's CPU time is not known"
    if asked == "job":
        return "job", "asked for"
    if hardware.get("in_slurm"):
        return "job", "under SLURM, where nodes are shared"
    used = (stretch.busy_cpu_s or 0.0) - (stretch.command_cpu_s or 0.0)
    if others is not None and others > CONSIDERABLE_SHARE and used > (stretch.command_cpu_s or 0.0):
        return "job", f"others used {others:.0%} of the machine's CPU time, more than the command"
    return "machine", "the command had the machine mostly to itself"


def _shared(part: Component, share: float) -> Component:
    """A machine's part of which the command bears its share by CPU time. GPUs are whole: nobody divides them so."""
    if part.scope == "job" or part.component == "gpu" or part.spread is None:
        return part
    spread = part.spread.times(share)
    return evolve(part, kwh=spread.central, low_kwh=spread.low, high_kwh=spread.high, scope="job")


def _why_not_metered(begin: Line, journal: Journal, ready: Line | None) -> str:
    if begin.get("meter") == "cpu-time":
        return "by CPU time, as asked for"
    ended = journal.first(METER_ENDED)
    if ended is not None:
        return f"by CPU time: the meter gave up ({str(ended.get('reason'))[:200]})"
    if ready is None:
        return "by CPU time: the command was over before the meter was ready"
    return f"by CPU time: the meter read for less than {LEAST_METERED_S:g} s"


def _hardware(started: Line | None, ready: Line | None) -> dict[str, Any]:
    """What supervisor and meter saw; where both saw something, the meter (it knows of a SLURM job's share)."""
    known: dict[str, Any] = {}
    for line in (started, ready):
        seen = line.get("hardware") if line is not None else None
        if isinstance(seen, dict):
            known.update({key: value for key, value in _short_items(seen) if value is not None})
    return known


def _short_items(seen: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in list(seen.items())[:50]:
        if isinstance(value, (str, int, float)):
            yield key[:80], value[:200] if isinstance(value, str) else value


def _tdp_of(hardware: dict[str, Any]) -> float | None:
    """The TDP of all sockets in W, by the processor's exact name; None where the name is not listed."""
    tdp_w = cpu_tdp_w(str(hardware.get("cpu_model") or ""))
    return None if tdp_w is None else tdp_w * (number(hardware, "sockets") or 1.0)


def _component(part: str, kwh: float, bounds: Spread, method: str, *, scope: str = "machine") -> Component:
    held = Spread(bounds.low, kwh, bounds.high).containing(kwh)
    return Component(
        component=part, kwh=kwh, low_kwh=held.low, high_kwh=held.high, method=method, scope=scope
    )  # fmt: skip


def _unknown(part: str, *, scope: str = "machine") -> Component:
    return Component(component=part, kwh=None, low_kwh=None, high_kwh=None, method="none", scope=scope)


def _energy(power: Spread, times: float, seconds: float) -> Spread:
    """kWh of a power in W, taken so many times, over so many seconds."""
    return power.times(times * seconds / _WS_PER_KWH)


def _times(first: Spread, second: Spread) -> Spread:
    return Spread(first.low * second.low, first.central * second.central, first.high * second.high)


def _difference(first: Line, last: Line, key: str) -> float | None:
    start, end = number(first, key), number(last, key)
    return None if start is None or end is None else max(0.0, end - start)


def _last_sign(journal: Journal) -> Line | None:
    """The last line that tells the time."""
    return next((line for line in reversed(journal.lines) if number(line, "monotonic_s") is not None), None)


# The outside numbers, as they stand in `factors[]`.


def _tdp_factor(tdp_w: float, hardware: dict[str, Any], how: str) -> Factor:
    model = str(hardware.get("cpu_model") or "unknown processor")[:120]
    return Factor(
        id="cpu_tdp_w", value=tdp_w, unit="W", source=f"codecarbon (cpu_power.csv): {model}, {how}",
        version=version("codecarbon"),
    )  # fmt: skip


def _thread_factor() -> Factor:
    return Factor(
        id="cpu_w_per_thread", value=W_PER_THREAD.central, unit="W", low=W_PER_THREAD.low, high=W_PER_THREAD.high,
        source="codecarbon's default for a processor that it does not know; bounds: TDP per thread of AMD EPYC 9754 "
        "(360 W, 256 threads) and Intel Xeon E5-2637 v4 (135 W, 8 threads)",
        version=version("codecarbon"),
    )  # fmt: skip


def _load_factor() -> Factor:
    return Factor(
        id="cpu_load_share", value=LOAD_SHARE.central, unit="1", low=LOAD_SHARE.low, high=LOAD_SHARE.high,
        source="assumption: a processor draws 10 % of its TDP at least and 100 % at most; by load, codecarbon's model "
        "TDP × (0.1 + 0.9 × load³) gives the central value",
        version=f"neuclir-carbon {own_version()}",
    )  # fmt: skip


def _ram_bounds_factor() -> Factor:
    return Factor(
        id="ram_w_per_gib", value=RAM_W_PER_GIB.central, unit="W/GiB", low=RAM_W_PER_GIB.low, high=RAM_W_PER_GIB.high,
        source="assumption from three sources: codecarbon's model on a large server (0.04), Green Algorithms (0.37), "
        "Teads Engineering (0.9)",
        version=f"neuclir-carbon {own_version()}",
    )  # fmt: skip


def _ram_factor(reading: Line) -> Iterator[Factor]:
    watts = number(reading, "ram_w")
    if watts is not None and math.isfinite(watts):
        source = "codecarbon's model of memory power, by memory size"
        yield Factor(id="ram_w", value=watts, unit="W", source=source, version=version("codecarbon"))


def _sensor_factor() -> Factor:
    return Factor(
        id="sensor_share", value=SENSOR_SHARE.central, unit="1", low=SENSOR_SHARE.low, high=SENSOR_SHARE.high,
        source="assumption: error of the counters, and power supplies and fans that they do not see",
        version=f"neuclir-carbon {own_version()}",
    )  # fmt: skip
