"""From a journal's lines to IT energy by part, with its range and every outside number that went in.

With a meter its readings count, and seconds without it get their mean power. Without one the machine's energy comes
from its CPU time by the same models as the meter's, and the command's own from its CPU time.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.factors import power
from neuclir_carbon.factors.power import LOAD_SHARE, RAM_W_PER_GIB, SENSOR_SHARE, W_PER_THREAD
from neuclir_carbon.model.journal_format import (
    BEGIN,
    METER_ENDED,
    METER_READY,
    METER_WAS_ENDED,
    READING,
    STARTED,
    Journal,
)
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Component, Factor
from neuclir_carbon.workflow.bearing import LEAST_JUDGED_S, Bearing, bearing_of
from neuclir_carbon.workflow.dividing import division_of
from neuclir_carbon.workflow.stretches import Line, Stretch, number, stretch_of

# A meter that has read for less tells nothing about the rest.
LEAST_METERED_S = 1.0
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
class _Parts:
    """The machine's energy by part (the command's own, where its scope is `job`), the numbers behind it, and notes."""

    components: tuple[Component, ...]
    factors: tuple[Factor, ...]
    notes: dict[str, Any]
    metered_s: float = 0.0


def energy_in(journal: Journal) -> Found:
    """The energy that a journal tells of."""
    stretch = stretch_of(journal)
    begin = journal.first(BEGIN)
    hardware = _hardware(journal.first(STARTED), journal.first(METER_READY))
    if begin is None or stretch is None:
        return Found(components=(), factors=(), metered_s=0.0, duration_s=0.0, hardware=_told(hardware), notes={})
    division = division_of(journal)
    bearing = bearing_of(begin, stretch, hardware, division)
    parts = _metered_parts(journal, stretch, hardware) or _unmetered_parts(journal, begin, stretch, hardware, bearing)
    shares = {"cpu_time_share": bearing.share, "memory_share": bearing.memory_share}
    return Found(
        components=tuple(bearing.borne(part) for part in parts.components),
        factors=tuple(dict.fromkeys(parts.factors)),
        metered_s=parts.metered_s,
        duration_s=stretch.duration_s,
        hardware=_told(hardware),
        notes={
            **parts.notes,
            **{name: share for name, share in shares.items() if share is not None},
            "scope": f"{bearing.scope}: {bearing.why}",
        },
        shared_with=division.among if division is not None else (),
    )


# With a meter


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


def _metered_parts(journal: Journal, stretch: Stretch, hardware: dict[str, Any]) -> _Parts | None:
    """By the meter; None where it has not read long enough. CodeCarbon takes a few seconds to get going."""
    ready, reading = journal.first(METER_READY), journal.last(READING)
    metered_s = min(number(reading, "metered_s") or 0.0, stretch.duration_s)
    if ready is None or reading is None or metered_s < LEAST_METERED_S:
        return None
    watts = [value for line in journal.of_kind(READING) if (value := number(line, "gpu_w")) is not None]
    meter = _Metered(
        ready=ready, reading=reading, most_gpu_w=max(watts, default=0.0), metered_s=metered_s, stretch=stretch,
        hardware=hardware,
    )  # fmt: skip
    notes = {"codecarbon": str(ready.get("codecarbon"))[:40]}
    if meter.unmetered_s > 0.1:
        notes["unmetered"] = (
            f"{meter.unmetered_s:.1f} s without meter are counted at the mean power of the metered seconds"
        )
    found = (*_metered_cpu(meter), *_metered_ram(meter), *_metered_gpu(meter, notes))
    return _Parts(
        components=tuple(component for component, _ in found),
        factors=tuple(factor for _, factors in found for factor in factors),
        notes=notes,
        metered_s=metered_s,
    )


_Part = tuple[Component, tuple[Factor, ...]]


def _metered_cpu(meter: _Metered) -> Iterator[_Part]:
    cpu_kwh, method = number(meter.reading, "cpu_kwh"), str(meter.ready.get("cpu_method"))[:40]
    if cpu_kwh is not None and method != "none":
        bounds, factors = _cpu_bounds(method, cpu_kwh, meter)
        yield _component("cpu", cpu_kwh * meter.whole, bounds, method), factors


def _cpu_bounds(method: str, cpu_kwh: float, meter: _Metered) -> tuple[Spread, tuple[Factor, ...]]:
    """The range of the CPU's energy (kWh), and the outside numbers behind it."""
    tdp_w, threads = number(meter.ready, "cpu_tdp_w"), number(meter.hardware, "logical_cpus") or 1.0
    model = str(meter.hardware.get("cpu_model") or "")
    if method == "tdp-load" and tdp_w:
        factors = (power.tdp_factor(tdp_w, model, "as codecarbon matched its name"), power.load_factor())
        return _energy(LOAD_SHARE, tdp_w, meter.stretch.duration_s), factors
    if method == "constant":
        bounds = _energy(_times(W_PER_THREAD, LOAD_SHARE), threads, meter.stretch.duration_s)
        return bounds, (power.thread_factor(), power.load_factor())
    most_w = _tdp_of(meter.hardware) or W_PER_THREAD.high * threads
    return _counter_bounds(cpu_kwh, most_w, meter), (power.sensor_factor(),)


def _counter_bounds(kwh: float, most_w: float, meter: _Metered) -> Spread:
    """The range of what counters read (kWh): their error, and anything from nothing to the most that the part draws
    while nobody read them, but no less than its mean power."""
    unread_kwh = max(most_w * meter.unmetered_s / _WS_PER_KWH, kwh * (meter.whole - 1) * SENSOR_SHARE.high)
    return Spread(kwh * SENSOR_SHARE.low, kwh, kwh * SENSOR_SHARE.high + unread_kwh)


def _metered_ram(meter: _Metered) -> Iterator[_Part]:
    ram_kwh, watts = number(meter.reading, "ram_kwh"), number(meter.reading, "ram_w")
    if ram_kwh is not None:
        bounds = _energy(RAM_W_PER_GIB, number(meter.hardware, "ram_gib") or 0.0, meter.stretch.duration_s)
        model = () if watts is None or not math.isfinite(watts) else (power.ram_factor(watts),)
        yield _component("ram", ram_kwh * meter.whole, bounds, "model"), (power.ram_bounds_factor(), *model)


def _metered_gpu(meter: _Metered, notes: dict[str, Any]) -> Iterator[_Part]:
    """The GPUs' energy; unknown, and `notes` say why, where there are some and nothing was read."""
    kwh, trouble = number(meter.reading, "gpu_kwh"), meter.ready.get("gpu_trouble")
    if meter.ready.get("gpus_seen") == 0 and trouble is None:
        notes["gpu"] = "no GPU was visible to the command"
        return
    if meter.ready.get("gpu_doubt") is not None:
        notes["gpu"] = str(meter.ready["gpu_doubt"])[:300]
    if kwh and trouble is None:
        method = str(meter.ready.get("gpu_method") or "nvml")[:40]
        bounds = _counter_bounds(kwh, meter.most_gpu_w, meter)
        yield _component("gpu", kwh * meter.whole, bounds, method), (power.sensor_factor(),)
    elif trouble is not None or number(meter.hardware, "gpu_count") or meter.hardware.get("has_nvidia_device"):
        # No GPU that is switched on draws nothing: a zero is a failed reading.
        notes["gpu"] = str(trouble)[:300] if trouble is not None else "a GPU is there, and the meter read nothing of it"
        yield _unknown("gpu"), ()


# Without a meter


def _unmetered_parts(
    journal: Journal, begin: Line, stretch: Stretch, hardware: dict[str, Any], bearing: Bearing
) -> _Parts:
    """By CPU time: the machine's, where the record tells the machine's energy and the stretch is long enough to see it;
    else the command's. Memory by its size."""
    is_command_s = begin.get("meter") == "cpu-time" or stretch.duration_s < LEAST_JUDGED_S
    is_machine_s = begin.get("scope") == "machine" or (bearing.scope == "machine" and not is_command_s)
    by_load = _cpu_by_load(stretch, hardware) if is_machine_s else None
    components = [by_load or _cpu_by_command(stretch, hardware)]
    factors = [*_processor_factors(hardware)]
    notes = {"metering": _why_not_metered(begin, journal)}
    ram_gib = number(hardware, "ram_gib")
    if ram_gib:
        watts = power.modelled_ram_w(ram_gib, is_arm=str(hardware.get("architecture")).startswith(("arm", "aarch")))
        bounds = _energy(RAM_W_PER_GIB, ram_gib, stretch.duration_s)
        components.append(_component("ram", watts * stretch.duration_s / _WS_PER_KWH, bounds, "model"))
        factors += [power.ram_bounds_factor(), power.ram_factor(watts)]
    if hardware.get("has_nvidia_device"):
        components.append(_unknown("gpu"))
        notes["gpu"] = "a GPU is there, and no meter read it"
    return _Parts(components=tuple(components), factors=tuple(factors), notes=notes)


def _cpu_by_load(stretch: Stretch, hardware: dict[str, Any]) -> Component | None:
    """The processors' energy by how busy the machine was, as CodeCarbon's model has it; None where that is unknown."""
    if stretch.load is None:
        return None
    threads, tdp_w = number(hardware, "logical_cpus") or 1.0, _tdp_of(hardware)
    most_w = W_PER_THREAD.times(threads) if tdp_w is None else Spread.exact(tdp_w)
    kwh = most_w.central * (0.1 + 0.9 * stretch.load**3) * stretch.duration_s / _WS_PER_KWH
    return _component(
        "cpu", kwh, _energy(_times(most_w, LOAD_SHARE), 1.0, stretch.duration_s),
        "constant" if tdp_w is None else "tdp-load",
    )  # fmt: skip


def _cpu_by_command(stretch: Stretch, hardware: dict[str, Any]) -> Component:
    """The command's own: its CPU time × the processor's TDP for each logical CPU.

    The upper bound adds the idle power of the whole machine (a tenth of its TDP), as for a command that has the
    machine to itself; the lower bound takes the processor at a tenth of its TDP.
    """
    used, threads, tdp_w = stretch.command_cpu_s, number(hardware, "logical_cpus") or 1.0, _tdp_of(hardware)
    if used is None:
        return _unknown("cpu", scope="job")
    per_thread = W_PER_THREAD if tdp_w is None else Spread.exact(tdp_w / threads)
    idle_ws = per_thread.high * LOAD_SHARE.low * threads * stretch.duration_s
    bounds = Spread(
        per_thread.low * LOAD_SHARE.low * used / _WS_PER_KWH,
        per_thread.central * used / _WS_PER_KWH,
        (per_thread.high * used + idle_ws) / _WS_PER_KWH,
    )
    return _component("cpu", bounds.central, bounds, "constant" if tdp_w is None else "cpu-time", scope="job")


def _processor_factors(hardware: dict[str, Any]) -> tuple[Factor, Factor]:
    tdp_w = _tdp_of(hardware)
    if tdp_w is None:
        return power.thread_factor(), power.load_factor()
    how = "by exact name, all sockets"
    return power.tdp_factor(tdp_w, str(hardware.get("cpu_model") or ""), how), power.load_factor()


def _why_not_metered(begin: Line, journal: Journal) -> str:
    if begin.get("meter") == "cpu-time":
        return "by CPU time, as asked for"
    ended = journal.first(METER_ENDED)
    if ended is not None and ended.get("reason") != METER_WAS_ENDED:
        return f"by CPU time: the meter gave up ({str(ended.get('reason'))[:200]})"
    if journal.first(METER_READY) is None:
        return "by CPU time: the command was over before the meter was ready"
    return f"by CPU time: the meter read for less than {LEAST_METERED_S:g} s"


# Hardware, and small steps


def _hardware(started: Line | None, ready: Line | None) -> dict[str, Any]:
    """What the supervisor saw of the machine, and what only the meter knows: its GPUs, a processor without a name."""
    known: dict[str, Any] = {}
    for line in (ready, started):
        seen = line.get("hardware") if line is not None else None
        if isinstance(seen, dict):
            known.update({key: value for key, value in _short_items(seen) if value is not None})
    return known


def _told(hardware: dict[str, Any]) -> dict[str, Any]:
    """The hardware as the record tells it: inside a SLURM job its CPUs and memory, and the node's beside them."""
    told = dict(hardware)
    for name in ("logical_cpus", "ram_gib"):
        of_the_job = told.pop(f"job_{name}", None)
        if of_the_job is not None:
            told[f"node_{name}"], told[name] = told.get(name), of_the_job
    return told


def _short_items(seen: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in list(seen.items())[:50]:
        if isinstance(value, (str, int, float)):
            yield key[:80], value[:200] if isinstance(value, str) else value


def _tdp_of(hardware: dict[str, Any]) -> float | None:
    return power.sockets_tdp_w(str(hardware.get("cpu_model") or ""), number(hardware, "sockets") or 1.0)


def _component(part: str, kwh: float, bounds: Spread, method: str, *, scope: str = "machine") -> Component:
    held = Spread(bounds.low, kwh, bounds.high).containing(kwh)
    return Component(
        component=part, kwh=kwh, low_kwh=held.low, high_kwh=held.high, method=method, scope=scope
    )  # fmt: skip


def _unknown(part: str, *, scope: str = "machine") -> Component:
    return Component(component=part, kwh=None, low_kwh=None, high_kwh=None, method="none", scope=scope)


def _energy(watts: Spread, times: float, seconds: float) -> Spread:
    """kWh of a power in W, taken so many times, over so many seconds."""
    return watts.times(times * seconds / _WS_PER_KWH)


def _times(first: Spread, second: Spread) -> Spread:
    return Spread(first.low * second.low, first.central * second.central, first.high * second.high)
