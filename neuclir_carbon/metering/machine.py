"""What the machine says of itself and of a process tree, by /proc and the clocks. Unknown is None.

Standard library only.
"""

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

_HOST_SALT = b"neuclir-carbon/host-id/1\0"
_CPUINFO_BYTES = 16 * 1024
_MOST_PROCESSES = 100_000
_GIB = 1024**3


def clocks() -> dict[str, Any]:
    """Unix time, the clock that is never set, and the one that also counts suspension (None where there is none)."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return {
        "at": time.time(),
        "monotonic_s": time.monotonic(),
        "boottime_s": None if boottime is None else time.clock_gettime(boottime),
    }


def cpu_times() -> dict[str, Any]:
    """CPU seconds since boot in which the machine was busy, and in all (idle included), over its logical CPUs."""
    try:
        with open("/proc/stat", "rb") as stream:
            return parse_cpu_times(stream.readline(), os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError):
        return {"machine_busy_s": None, "machine_total_s": None}


def parse_cpu_times(line: bytes, ticks_per_s: int) -> dict[str, Any]:
    """The same from the first line of /proc/stat: user nice system idle iowait irq softirq steal (guest is in user)."""
    fields = [int(text) for text in line.split()[1:9]]
    if not line.startswith(b"cpu ") or len(fields) < 5:
        raise ValueError("not the first line of /proc/stat")
    total, idle = sum(fields), fields[3] + fields[4]
    return {"machine_busy_s": (total - idle) / ticks_per_s, "machine_total_s": total / ticks_per_s}


def hardware(environment: Mapping[str, str]) -> dict[str, Any]:
    """CPU model, logical CPUs, sockets and memory of the machine, whether an NVIDIA device is there, and what of it a
    SLURM job was given."""
    from neuclir_carbon.metering.slurm import job_in

    return {
        "cpu_model": cpu_model(),
        "architecture": os.uname().machine if hasattr(os, "uname") else None,
        "logical_cpus": os.cpu_count(),
        "sockets": _sockets(),
        "ram_gib": _ram_gib(),
        "has_nvidia_device": os.access("/dev/nvidiactl", os.F_OK),
        "in_slurm": "SLURM_JOB_ID" in environment,
        **job_in(environment, _machine_id()),
    }


def visible_gpus(environment: Mapping[str, str]) -> str | None:
    """Which GPUs a program may see, as it is told; None where it sees all."""
    names = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
    said = [f"{name}={environment[name][:200]}" for name in names if environment.get(name)]
    return " ".join(said) or None


def cpu_model() -> str | None:
    """The processor's name as the kernel has it."""
    try:
        with open("/proc/cpuinfo", "rb") as stream:
            head = stream.read(_CPUINFO_BYTES)
    except OSError:
        return None
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        if name.strip() == b"model name":
            return value.strip().decode("ascii", "replace")[:200] or None
    return None


def _sockets() -> int | None:
    """How many processors are plugged in, as the kernel numbers their packages."""
    packages = set()
    for cpu in range(os.cpu_count() or 0):
        try:
            with open(f"/sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", "rb") as stream:
                packages.add(stream.read().strip())
        except OSError:
            continue
    return len(packages) or None


def _ram_gib() -> float | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB
    except (OSError, ValueError):
        return None


def boot_id() -> str | None:
    """The kernel's id of this boot: two processes that see the same one see each other's locks."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as stream:
            return stream.read(64).strip().decode("ascii", "replace") or None
    except OSError:
        return None


def host_id() -> str | None:
    """An opaque id of this machine: a salted digest of its machine id, which alone tells neither name nor owner."""
    from hashlib import sha256

    known = _machine_id()
    return None if known is None else sha256(_HOST_SALT + known).hexdigest()[:32]


def _machine_id() -> bytes | None:
    """The machine's own id, which is confidential (machine-id(5)): it leaves in digests only."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            with open(path, "rb") as stream:
                text = stream.read(64).strip()
        except OSError:
            continue
        if len(text) >= 32:
            return text
    return None


def tree_cpu_s(pid: int) -> float | None:
    """CPU seconds of a process, its live descendants, and all that these have already waited for; None if unknown."""
    ticks = [used for process in (pid, *descendants(pid)) if (used := _cpu_ticks(process)) is not None]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if ticks else None


def descendants(pid: int) -> list[int]:
    """The live descendants of a process, parents first; empty where the kernel does not tell."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < _MOST_PROCESSES:
        born = list(children(waiting.pop()))
        found.extend(born)
        waiting.extend(born)
    return found


def children(pid: int) -> Iterator[int]:
    """The live children of a process, those that it has adopted included; none where the kernel does not tell."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as stream:
                yield from map(int, stream.read().split())
        except OSError:
            continue


def _cpu_ticks(pid: int) -> int | None:
    """User and system time of a process and of its waited-for children, in clock ticks (proc(5): fields 14 to 17)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            text = stream.read()
    except OSError:
        return None
    # The program's name stands in brackets and may hold anything, brackets too.
    fields = text.rpartition(b")")[2].split()
    return sum(int(field) for field in fields[11:15])
