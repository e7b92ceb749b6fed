"""What can be measured on this machine, what not, why, and how that would change: what `doctor` shows.

Every check looks at the real thing, once. Nothing is changed, and nothing goes over the network.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.devices import cpu_tdp_w
from neuclir_carbon.factors.power import LOAD_SHARE, RAM_W_PER_GIB, W_PER_THREAD
from neuclir_carbon.factors.versions import ecologits_data_year, version
from neuclir_carbon.metering import control_group, machine, sensors, slurm
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.workflow.placing import settle

YES, PARTLY, NO = "yes", "partly", "no"


@frozen(kw_only=True)
class Ability:
    """One thing that a measurement can rest on: whether it is here (`yes`, `partly`, `no`), what was found, what its
    lack costs in accuracy, and the command or setting that would change it. The last two are None where nothing is
    lost or nothing can be done."""

    name: str
    state: str
    found: str
    costs: str | None = None
    mend: str | None = None


def examine_machine(ledger: Path, environment: Mapping[str, str]) -> tuple[Ability, ...]:
    """All that a measurement on this machine, for this ledger, can rest on."""
    return (
        _rapl(sensors.rapl(), is_virtual=sensors.is_virtual_machine()),
        _processor(machine.hardware(environment)),
        _memory(machine.hardware(environment)),
        _gpus(machine.hardware(environment), sensors.gpus()),
        _cpu_time(),
        _control_groups(tuple(control_group.hierarchies())),
        _perf(sensors.perf_paranoia()),
        _suspension(),
        _slurm(environment),
        _codecarbon(),
        *_grid_data(),
        *_surroundings(ledger, environment),
        _ledger(ledger),
    )


def _rapl(found: sensors.Rapl, *, is_virtual: bool) -> Ability:
    name = "processor energy (RAPL)"
    if found.packages and found.readable == found.packages:
        return Ability(name=name, state=YES, found=f"{found.packages} packages, counters readable")
    costs = f"a model instead of a counter: the processor's range is {LOAD_SHARE.low:g} to {LOAD_SHARE.high:g} × TDP"
    if found.packages:
        return Ability(
            name=name, state=PARTLY if found.readable else NO, costs=costs,
            found=f"{found.packages} packages, {found.readable} readable",
            mend="sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj (until the next boot)",
        )  # fmt: skip
    if is_virtual:
        text = "no counters: this is a virtual machine, and its host keeps them"
        return Ability(name=name, state=NO, found=text, costs=costs)
    return Ability(
        name=name, state=NO, found="no counters under /sys/class/powercap", costs=costs,
        mend="sudo modprobe intel_rapl_msr (where the kernel has it; not inside a container)",
    )  # fmt: skip


def _processor(hardware: Mapping[str, object]) -> Ability:
    model = str(hardware.get("cpu_model") or "")
    shown = f"{model or 'a processor without a name'}, {hardware.get('logical_cpus')} threads"
    tdp_w = cpu_tdp_w(model)
    if tdp_w is not None:
        return Ability(name="processor's TDP", state=YES, found=f"{shown}: {tdp_w:g} W")
    return Ability(
        name="processor's TDP", state=NO, found=f"{shown}: not in codecarbon's list by exact name",
        costs=f"without RAPL {W_PER_THREAD.central:g} W a thread ({W_PER_THREAD.low:.1f} to {W_PER_THREAD.high:.1f})",
        mend="in a cloud, compare with 'neuclir-carbon estimate cloud', which knows the instance's power",
    )  # fmt: skip


def _memory(hardware: Mapping[str, object]) -> Ability:
    size = hardware.get("ram_gib")
    found = f"{size:.1f} GiB" if isinstance(size, float) else "size unknown"
    low, high = RAM_W_PER_GIB.low, RAM_W_PER_GIB.high
    return Ability(
        name="memory energy", state=PARTLY, found=f"{found}, by a model",
        costs=f"the range is {low:g} to {high:g} W/GiB: no machine meters its memory alone in a way that is used here",
    )  # fmt: skip


def _gpus(hardware: Mapping[str, object], found: sensors.Gpus) -> Ability:
    name = "GPU energy (NVML)"
    if found.trouble is None:
        text = f"{found.devices} devices, {found.with_energy_counter} with an energy counter"
        if found.with_energy_counter == found.devices:
            return Ability(name=name, state=YES, found=text)
        sampled = "power is sampled every 2 s instead: short peaks are missed"
        return Ability(name=name, state=PARTLY, found=text, costs=sampled)
    if not hardware.get("has_nvidia_device"):
        return Ability(name=name, state=NO, found=f"no NVIDIA device ({found.trouble})", costs=None)
    return Ability(
        name=name, state=NO, found=found.trouble, costs="GPU energy is unknown (null): the total is of the other parts",
        mend="install NVIDIA's driver libraries; in a container: --gpus all with NVIDIA_DRIVER_CAPABILITIES=utility",
    )  # fmt: skip


def _cpu_time() -> Ability:
    name = "the command's share of the machine"
    if machine.cpu_times()["machine_busy_s"] is not None and machine.tree_cpu_s(os.getpid()) is not None:
        return Ability(name=name, state=YES, found="CPU time of the command (wait4) and of the machine (/proc/stat)")
    return Ability(
        name=name, state=PARTLY, found="CPU time of the command (wait4); /proc does not tell the machine's",
        costs="--scope job is not possible; a killed wrapper's record knows no CPU time",
    )  # fmt: skip


def _control_groups(found: tuple[control_group.Hierarchy, ...]) -> Ability:
    name, ours = "control groups", [hierarchy for hierarchy in found if control_group.may_divide(hierarchy)]
    if ours:
        return Ability(name=name, state=YES, found=f"version {ours[0].version}, ours to divide: every process counts")
    if not found:
        return Ability(name=name, state=NO, found="none that count CPU time")
    return Ability(
        name=name, state=PARTLY, found=f"version {found[0].version}, not ours to divide",
        costs="the CPU time of processes that nobody waits for is not seen once they have ended",
        mend="systemd-run --user --scope -p Delegate=yes neuclir-carbon run …",
    )  # fmt: skip


def _perf(paranoia: int | None) -> Ability:
    if paranoia is None:
        return Ability(name="perf events", state=NO, found="not told by this kernel; not needed")
    return Ability(
        name="perf events", state=YES if paranoia <= 0 else NO,
        found=f"kernel.perf_event_paranoid is {paranoia}; not needed, RAPL is read from powercap",
    )  # fmt: skip


def _suspension() -> Ability:
    if hasattr(time, "CLOCK_BOOTTIME"):
        return Ability(name="suspension", state=YES, found="told apart from work by CLOCK_BOOTTIME")
    return Ability(
        name="suspension", state=NO, found="this platform has no clock that counts it",
        costs="the end of a record may be early by the time asleep; its duration and energy are right",
    )  # fmt: skip


def _slurm(environment: Mapping[str, str]) -> Ability:
    if "SLURM_JOB_ID" not in environment:
        return Ability(name="SLURM", state=NO, found="not inside a job")
    cpus, ram_gib = slurm.job_cpus(environment), slurm.job_ram_gib(environment)
    if ram_gib is not None:
        return Ability(name="SLURM", state=YES, found=f"inside a job with {cpus} CPUs and {ram_gib:.1f} GiB here")
    return Ability(
        name="SLURM", state=PARTLY, found=f"inside a job with {cpus} CPUs, whose memory is not known",
        costs="memory counts by the job's share of CPU time, not by what it was given",
        mend="ask for memory with --mem or --mem-per-cpu",
    )  # fmt: skip


def _codecarbon() -> Ability:
    installed = version("codecarbon")
    if installed is None:
        return Ability(
            name="meter (CodeCarbon)", state=NO, found="not installed", costs="no meter: energy from CPU time only",
            mend="pip install codecarbon",
        )  # fmt: skip
    return Ability(name="meter (CodeCarbon)", state=YES, found=f"version {installed}")


def _grid_data() -> Iterator[Ability]:
    """The tables of carbon intensity, with the years of their data."""
    try:
        mixes, years = len(tables.ecologits_g_per_kwh()), Counter(y for _, y in tables.codecarbon_countries().values())
    except CarbonError as error:
        yield Ability(
            name="grid data", state=NO, found=str(error), costs="no emissions", mend="pip install --upgrade ."
        )
        return
    year = ecologits_data_year()
    yield Ability(
        name="grid data (central)", state=YES if year else PARTLY,
        found=f"ecologits {version('ecologits')}, {mixes} places, data of {year or 'a year that it does not tell'}",
    )  # fmt: skip
    spread = ", ".join(f"{count} of {known}" for known, count in sorted(years.items(), reverse=True)[:3])
    yield Ability(
        name="grid data (range)", state=YES,
        found=f"codecarbon {version('codecarbon')}, {years.total()} countries, data by year: {spread}",
    )  # fmt: skip


def _surroundings(ledger: Path, environment: Mapping[str, str]) -> Iterator[Ability]:
    """Where work is said to run: from the environment, else from the ledger's settings."""
    settled = settle(Place(), PueChoice(), ledger, environment)
    if settled.faults:
        yield Ability(
            name="place and PUE", state=NO, found="; ".join(settled.warnings),
            costs="'run' goes on as if nothing were said", mend="mend what is named here",
        )  # fmt: skip
    place, pue = settled.place, settled.pue
    words = (place.cloud, place.cloud_region, place.country, place.region)
    said = [word for word in words if word]
    if place.intensity_g_co2e_per_kwh is not None:
        said.append(f"{place.intensity_g_co2e_per_kwh:g} g CO2e/kWh")
    yield Ability(name="place", state=YES, found=" ".join(said)) if said else Ability(
        name="place", state=NO, found="not said; it is never guessed",
        costs="the world's mean, with the lowest and the highest country as its range",
        mend=f"neuclir-carbon init --ledger {ledger} --country DEU",
    )  # fmt: skip
    if pue.is_given or place.cloud:
        found = f"{pue.pue:g}" if pue.pue is not None else pue.site or f"as published for {place.cloud}"
        yield Ability(name="PUE", state=YES, found=found)
    else:
        yield Ability(
            name="PUE", state=NO, found="not said", costs="1.0, with a range to 2.0",
            mend=f"neuclir-carbon init --ledger {ledger} --site machine-room (or laptop, or --pue X)",
        )  # fmt: skip


def _ledger(ledger: Path) -> Ability:
    """Whether records can be written: the ledger, or the nearest folder above it that is there, must take them."""
    there = next(folder for folder in (ledger.absolute(), *ledger.absolute().parents) if folder.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Ability(name="ledger", state=YES, found=f"{ledger}, {'there' if ledger.exists() else 'not yet made'}")
    return Ability(
        name="ledger", state=NO, found=f"{ledger}: {there} {'takes no files' if there.is_dir() else 'is no folder'}",
        costs="the work runs, and nothing is recorded", mend="give another folder with --ledger",
    )  # fmt: skip
