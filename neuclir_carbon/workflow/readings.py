"""From a journal's lines to IT energy by part, with its range and every outside number that went in.

A journal may lie in a ledger for years and may have been touched: a number that is none counts as unknown.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.factors.devices import cpu_tdp_w
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.journal_format import (
    BEGIN,
    ENDED,
    METER_ENDED,
    METER_READY,
    METER_WAS_ENDED,
    READING,
    STARTED,
    Journal,
)
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Component, Factor
from neuclir_carbon.version import __version__
from neuclir_carbon.workflow.dividing import Division, Line, division_of, number

# A meter that has read for less tells nothing about the rest.
LEAST_METERED_S = 1.0
# The kernel counts CPU time in hundredths of a second: over less than this it can't be told who used the machine.
LEAST_JUDGED_S = 1.0
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
    shared_with: tuple[str, ...] = ()


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
    busy_cpu_s = _difference(started, last, "machine_busy_s")
    return Stretch(
        duration_s=duration_s,
        elapsed_s=max(duration_s, _difference(started, last, "boottime_s") or 0.0),
        command_cpu_s=used[-1] if used else None,
        busy_cpu_s=None if busy_cpu_s is None else max(0.0, busy_cpu_s - (meters[-1] if meters else 0.0)),
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
        watts = [value for line in journal.of_kind(READING) if (value := number(line, "gpu_w")) is not None]
        parts, factors, notes = _by_meter(
            _Metered(
                ready=ready, reading=reading, most_gpu_w=max(watts, default=0.0), metered_s=metered_s, stretch=stretch,
                hardware=hardware,
            )
        )  # fmt: skip
    else:
        metered_s = 0.0
        parts, factors, notes = _by_cpu_time(stretch, hardware)
        notes["metering"] = _why_not_metered(begin, journal, ready)
    division = division_of(journal)
    borne = _borne(begin, stretch, hardware, division)
    if borne.share is not None:
        parts = [_shared(part, borne.share) for part in parts]
        notes["cpu_time_share"] = borne.share
    if division is not None:
        parts = [_divided_gpu(part, division) for part in parts]
    return Found(
        components=tuple(parts), factors=tuple(factors), metered_s=metered_s, duration_s=stretch.duration_s,
        hardware=hardware, notes={**notes, "scope": f"{borne.scope}: {borne.why}"},
        shared_with=division.among if division is not None else (),
    )  # fmt: skip


@frozen(kw_only=True)
class _Metered:
    """What the meter found and read, on a machine, over a stretch of which it covers `metered_s` seconds."""

    ready: Line
    reading: Line
    most_gpu_w: float
    metered_s: float
    stretch: Stretch
    hardware: dict[str, Any]

    @property
    def whole(self) -> float:
        """What turns an energy of the metered seconds into one of the whole stretch, at the same mean power."""
        return self.stretch.duration_s / self.metered_s

    @property
    def unmetered_s(self) -> float:
        return self.stretch.duration_s - self.metered_s


def _by_meter(meter: _Metered) -> tuple[list[Component], list[Factor], dict[str, Any]]:
    """By the meter. Seconds without it (CodeCarbon takes a few to get going) get the metered seconds' mean power."""
    parts: list[Component] = []
    factors: list[Factor] = []
    notes: dict[str, Any] = {"codecarbon": str(meter.ready.get("codecarbon"))[:40]}
    if meter.unmetered_s > 0.1:
        notes["unmetered"] = (
            f"{meter.unmetered_s:.1f} s without meter are counted at the mean power of the metered seconds"
        )
    cpu_kwh, method = number(meter.reading, "cpu_kwh"), str(meter.ready.get("cpu_method"))[:40]
    if cpu_kwh is not None and method != "none":
        bounds, used = _cpu_bounds(method, cpu_kwh, meter)
        parts.append(_component("cpu", cpu_kwh * meter.whole, bounds, method))
        factors.extend(used)
    ram_kwh = number(meter.reading, "ram_kwh")
    if ram_kwh is not None:
        bounds = _energy(RAM_W_PER_GIB, number(meter.hardware, "ram_gib") or 0.0, meter.stretch.duration_s)
        parts.append(_component("ram", ram_kwh * meter.whole, bounds, "model"))
        factors.extend((_ram_bounds_factor(), *_ram_factor(meter.reading)))
    gpu = _gpu(meter)
    if gpu is not None:
        parts.append(gpu)
        factors.extend([] if gpu.kwh is None else [_sensor_factor()])
    return parts, list(dict.fromkeys(factors)), notes


def _cpu_bounds(method: str, cpu_kwh: float, meter: _Metered) -> tuple[Spread, list[Factor]]:
    """The range of the CPU's energy (kWh), and the outside numbers behind it."""
    tdp_w, threads = number(meter.ready, "cpu_tdp_w"), number(meter.hardware, "logical_cpus") or 1.0
    if method == "tdp-load" and tdp_w:
        used = [_tdp_factor(tdp_w, meter.hardware, "as codecarbon matched its name"), _load_factor()]
        return _energy(LOAD_SHARE, tdp_w, meter.stretch.duration_s), used
    if method == "constant":
        bounds = _energy(_times(W_PER_THREAD, LOAD_SHARE), threads, meter.stretch.duration_s)
        return bounds, [_thread_factor(), _load_factor()]
    # Read from counters: what they leave out, and anything from nothing to all while nobody read them.
    most_w = _tdp_of(meter.hardware) or W_PER_THREAD.high * threads
    high = cpu_kwh * SENSOR_SHARE.high + most_w * meter.unmetered_s / _WS_PER_KWH
    return Spread(cpu_kwh * SENSOR_SHARE.low, cpu_kwh, high), [_sensor_factor()]


def _gpu(meter: _Metered) -> Component | None:
    """The GPUs' energy; unknown where there are some and nothing was read; None where there are none."""
    kwh = number(meter.reading, "gpu_kwh")
    if not kwh:
        # No GPU that is switched on draws nothing: a zero is a failed reading.
        is_there = number(meter.hardware, "gpu_count") or meter.hardware.get("has_nvidia_device")
        return _unknown("gpu") if is_there else None
    high = kwh * SENSOR_SHARE.high + meter.most_gpu_w * meter.unmetered_s / _WS_PER_KWH
    method = str(meter.ready.get("gpu_method") or "nvml")[:40]
    return _component("gpu", kwh * meter.whole, Spread(kwh * SENSOR_SHARE.low, kwh, high), method)


def _by_cpu_time(stretch: Stretch, hardware: dict[str, Any]) -> tuple[list[Component], list[Factor], dict[str, Any]]:
    """Without a meter: the command's CPU time × the processor's TDP for each logical CPU; memory by its size.

    The upper bound adds the idle power of the whole machine (a tenth of its TDP), as for a command that has the
    machine to itself; the lower bound takes the processor at a tenth of its TDP.
    """
    threads = number(hardware, "logical_cpus") or 1.0
    tdp_w = _tdp_of(hardware)
    per_thread = W_PER_THREAD if tdp_w is None else Spread.exact(tdp_w / threads)
    power_factor = _thread_factor() if tdp_w is None else _tdp_factor(tdp_w, hardware, "by exact name, all sockets")
    factors = [power_factor, _load_factor()]
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


@frozen
class _Borne:
    """Whose energy the record tells, `machine` or the command's share of it (`job`), why, and which share (0…1)."""

    scope: str
    why: str
    share: float | None = None


def _borne(begin: Line, stretch: Stretch, hardware: dict[str, Any], division: Division | None) -> _Borne:
    """What of the machine's energy is the command's. Where wrappers ran side by side nobody has the machine: its energy
    would count once for each."""
    asked = begin.get("scope")
    is_shared = asked != "machine" and (asked == "job" or hardware.get("in_slurm") or _is_crowded(stretch, division))
    if division is not None and not is_shared:
        why = f"divided by CPU time with {len(division.among)} other measurements on this machine"
        return _Borne("job", why, division.share)
    if asked == "machine":
        return _Borne("machine", "asked for")
    if stretch.share is None:
        return _Borne("machine", "the command's or the machine's CPU time is not known")
    scope, why = ("job", "asked for") if asked == "job" else _scope_by_use(stretch, hardware)
    return _Borne(scope, why, stretch.share if scope == "job" else None)


def _scope_by_use(stretch: Stretch, hardware: dict[str, Any]) -> tuple[str, str]:
    """Scope and why, where it was left to us: `job` where others use the machine too, by rule or by what was seen."""
    if hardware.get("in_slurm"):
        return "job", "under SLURM, where nodes are shared"
    if stretch.duration_s < LEAST_JUDGED_S:
        return "machine", f"under {LEAST_JUDGED_S:g} s it can't be told how much others use the machine"
    others, used = stretch.others_share, (stretch.busy_cpu_s or 0.0) - (stretch.command_cpu_s or 0.0)
    if others is not None and others > CONSIDERABLE_SHARE and used > (stretch.command_cpu_s or 0.0):
        return "job", f"others used {others:.0%} of the machine's CPU time, more than the command"
    return "machine", "the command had the machine mostly to itself"


def _is_crowded(stretch: Stretch, division: Division | None) -> bool:
    """Whether others than wrappers use the machine considerably: what they use is not divided among the wrappers."""
    if division is None or stretch.command_cpu_s is None or stretch.busy_cpu_s is None or not stretch.all_cpu_s:
        return False
    wrapped = stretch.command_cpu_s + division.others_cpu_s
    foreign = max(0.0, stretch.busy_cpu_s - wrapped)
    return foreign / stretch.all_cpu_s > CONSIDERABLE_SHARE and foreign > wrapped


def _shared(part: Component, share: float) -> Component:
    """A machine's part of which the command bears its share by CPU time. GPUs are not divided so."""
    if part.scope == "job" or part.component == "gpu" or part.spread is None:
        return part
    return _times_share(part, part.spread, share)


def _divided_gpu(part: Component, division: Division) -> Component:
    """GPUs that several wrappers see, divided equally among them: CPU time does not tell who used them."""
    if part.component != "gpu" or part.spread is None or division.gpu_share == 1.0:
        return part
    return _times_share(part, part.spread, division.gpu_share)


def _times_share(part: Component, spread: Spread, share: float) -> Component:
    spread = spread.times(share)
    return evolve(part, kwh=spread.central, low_kwh=spread.low, high_kwh=spread.high, scope="job")


def _why_not_metered(begin: Line, journal: Journal, ready: Line | None) -> str:
    if begin.get("meter") == "cpu-time":
        return "by CPU time, as asked for"
    ended = journal.first(METER_ENDED)
    if ended is not None and ended.get("reason") != METER_WAS_ENDED:
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
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


def _ram_bounds_factor() -> Factor:
    return Factor(
        id="ram_w_per_gib", value=RAM_W_PER_GIB.central, unit="W/GiB", low=RAM_W_PER_GIB.low, high=RAM_W_PER_GIB.high,
        source="assumption from three sources: codecarbon's model on a large server (0.04), Green Algorithms (0.37), "
        "Teads Engineering (0.9)",
        version=f"neuclir-carbon {__version__}",
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
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip
