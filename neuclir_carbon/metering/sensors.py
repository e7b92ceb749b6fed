"""Which sensors of energy this machine lets us read: RAPL's counters, NVIDIA's library, perf.

Nothing is measured here; each is looked at as the meter would, by reading it once. Standard library only.
"""

import ctypes
import glob
from typing import NamedTuple

NVML_LIBRARY = "libnvidia-ml.so.1"
_POWERCAP = "/sys/class/powercap"
_NVML_SUCCESS = 0


class Rapl(NamedTuple):
    """RAPL's packages under powercap: how many there are, and how many of their counters we may read."""

    packages: int
    readable: int


class Gpus(NamedTuple):
    """NVIDIA's devices as NVML tells of them. `trouble` says in words why there are none to read, None if there are."""

    devices: int
    with_energy_counter: int
    with_power: int
    trouble: str | None


def rapl(powercap: str = _POWERCAP) -> Rapl:
    """The packages (not their cores or memory) whose energy the kernel counts."""
    packages = glob.glob(f"{powercap}/intel-rapl:[0-9]*")
    counters = [f"{package}/energy_uj" for package in packages if package.count(":") == 1]
    return Rapl(len(counters), sum(_reads(counter) for counter in counters))


def is_virtual_machine(cpuinfo: str = "/proc/cpuinfo") -> bool:
    """Whether the processor says that a hypervisor is under us: RAPL is then hardly ever handed through."""
    text = _text(cpuinfo)
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return " hypervisor" in flags


def gpus(library: str = NVML_LIBRARY) -> Gpus:
    """What NVML, NVIDIA's own library, lets us read of each device."""
    try:
        nvml = ctypes.CDLL(library)
        initialise = nvml.nvmlInit_v2
    except (OSError, AttributeError):
        return Gpus(0, 0, 0, f"NVIDIA's library {library} is not there")
    code = initialise()
    if code != _NVML_SUCCESS:
        return Gpus(0, 0, 0, f"NVIDIA's library does not start: {_nvml_words(nvml, code)}")
    try:
        return _devices(nvml)
    finally:
        nvml.nvmlShutdown()


def perf_paranoia(path: str = "/proc/sys/kernel/perf_event_paranoid") -> int | None:
    """How much the kernel keeps from perf: up to 0, any user may read the machine's counters; None where unknown."""
    text = _text(path).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _devices(nvml: ctypes.CDLL) -> Gpus:
    count = ctypes.c_uint()
    code = nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
    if code != _NVML_SUCCESS:
        return Gpus(0, 0, 0, f"NVIDIA's library tells no devices: {_nvml_words(nvml, code)}")
    energies = powers = 0
    for index in range(count.value):
        device, millijoules, milliwatts = ctypes.c_void_p(), ctypes.c_ulonglong(), ctypes.c_uint()
        if nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) == _NVML_SUCCESS:
            energies += nvml.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(millijoules)) == _NVML_SUCCESS
            powers += nvml.nvmlDeviceGetPowerUsage(device, ctypes.byref(milliwatts)) == _NVML_SUCCESS
    trouble = None if energies or powers else "no device tells its energy or its power"
    return Gpus(count.value, energies, powers, trouble if count.value else "NVIDIA's library finds no device")


def _nvml_words(nvml: ctypes.CDLL, code: int) -> str:
    nvml.nvmlErrorString.restype = ctypes.c_char_p
    words = nvml.nvmlErrorString(code)
    return words.decode("ascii", "replace") if words else f"error {code}"


def _reads(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(32).strip().isdigit()
    except OSError:
        return False


def _text(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return stream.read(64 * 1024).decode("ascii", "replace")
    except OSError:
        return ""
