"""The meter: the one file that drives CodeCarbon, in a process of its own beside the child.

It reads only energies. Place, intensity and PUE are settled elsewhere (`factors/`), nothing is written to a file, and
nothing goes over the network: the offline tracker asks nobody. Its stdin is a pipe from the supervisor: a line asks for
the last reading, and its end says that the supervisor is gone. Its stdout carries one JSON object a line.

CodeCarbon's two threads are stopped: its own sampler (we read at our interval) and a monitor at 1 Hz that costs over
60 ms of CPU time a minute. What the monitor feeds, a load average and the power of GPUs without an energy counter, we
feed by the same calls, less often and only where they are needed.
"""

import contextlib
import json
import os
import resource
import select
import time
from importlib import metadata
from typing import Any, NoReturn

from neuclir_carbon.metering import machine
from neuclir_carbon.metering.meter_gpus import Seen, gpus_seen, model_names
from neuclir_carbon.model.journal_format import METER_ENDED, METER_READY, READING

SAMPLE_S = 2.0
_SUPERVISOR = 0
# CodeCarbon needs a country to say anything; the emissions that it computes from it are not used.
_UNUSED_COUNTRY = "DEU"
_NEVER_S = 1e9
_LOAD, _RAPL = "cpu_load", "intel_rapl"


class Meter:
    """A running CodeCarbon tracker. `RuntimeError` when it does not get going."""

    def __init__(self) -> None:
        # Late, and nowhere else: see the module's text.
        from codecarbon import OfflineEmissionsTracker

        self._tracker: Any = OfflineEmissionsTracker(
            country_iso_code=_UNUSED_COUNTRY, region=None, cloud_provider=None, cloud_region=None,
            country_2letter_iso_code=None, measure_power_secs=_NEVER_S, tracking_mode="machine", save_to_file=False,
            save_to_api=False, save_to_logger=False, allow_multiple_runs=True, log_level="critical", pue=1.0, wue=0.0,
            force_cpu_power=None, force_ram_power=None, force_mode_cpu_load=False, rapl_include_dram=False,
            rapl_prefer_psys=False, api_call_interval=-1, output_dir=os.getcwd(),
        )  # fmt: skip
        self._detected = self._tracker.get_detected_hardware()
        self._gpus = self._find_gpus()
        self._tracker.start()
        if self._tracker._start_time is None:
            raise RuntimeError("CodeCarbon's tracker does not start")
        self._tracker._scheduler.stop()
        self._tracker._scheduler_monitor_power.stop()
        self._sampled = [part for part in self._tracker._hardware if _needs_samples(part)]

    def _find_gpus(self) -> Seen | None:
        """Has the tracker look at the GPUs that the command sees; None where NVIDIA's driver shows none.

        CodeCarbon looks for the program nvidia-smi first, which containers often lack, and takes an empty
        CUDA_VISIBLE_DEVICES, which hides all, for one that is not set.
        """
        from codecarbon.core import gpu_nvidia
        from codecarbon.external.hardware import GPU

        parts = self._tracker._hardware
        part = next((part for part in parts if isinstance(part, GPU)), None)
        if part is None and gpu_nvidia.PYNVML_AVAILABLE:
            try:
                part = GPU.from_utils(None)
            except Exception as error:  # noqa: BLE001 - a card that can't be asked must not cost the processor's energy
                return Seen((), f"NVIDIA's driver does not answer about a card ({type(error).__name__}: {error})"[:300])
            parts.append(part)
        if part is None or not all(isinstance(one, gpu_nvidia.NvidiaGPUDevice) for one in part.devices.devices):
            return None
        seen = gpus_seen(part.devices.devices, os.environ)
        part.gpu_ids, part._gpu_ids_resolved = list(seen.indices), True
        part.devices.devices = [part.devices.devices[index] for index in seen.indices]
        part.devices.device_count = len(seen.indices)
        if not seen.indices:
            parts.remove(part)
        return seen

    def sample(self) -> None:
        """Takes a sample of what has no counter: of the CPU load, of the power of a GPU without an energy counter."""
        for part in self._sampled:
            part.monitor_power()

    @property
    def needs_samples(self) -> bool:
        return bool(self._sampled)

    def found(self) -> dict[str, Any]:
        """What it found, and by which means it finds each part's power."""
        parts = {type(part).__name__: part for part in self._tracker._hardware}
        detected = self._detected
        cpu = parts.get("CPU")
        return {
            "codecarbon": metadata.version("codecarbon"),
            "cpu_method": self._cpu_method(cpu),
            "cpu_tdp_w": float(cpu._tdp) if cpu is not None and cpu._mode != _RAPL else None,
            "gpu_method": _gpu_method(parts.get("GPU")),
            "gpu_trouble": None if self._gpus is None else self._gpus.trouble,
            "gpu_doubt": None if self._gpus is None else self._gpus.doubt,
            "gpus_seen": None if self._gpus is None else len(self._gpus.indices),
            "hardware": {
                "cpu_model": detected["cpu_model"] or None,
                "logical_cpus": detected["cpu_count"],
                "sockets": detected["cpu_physical_count"],
                "ram_gib": detected["ram_total_size"],
                "gpu_model": model_names(parts["GPU"].devices.devices) if "GPU" in parts else None,
                "gpu_count": len(parts["GPU"].devices.devices) if "GPU" in parts else 0,
            },
        }

    def _cpu_method(self, cpu: Any) -> str:
        """`rapl`; `tdp-load` where CodeCarbon knows the processor's TDP; `constant` where it takes 4 W a thread."""
        if cpu is None:
            return "none"
        if cpu._mode == _RAPL:
            return "rapl"
        if cpu._mode != _LOAD:
            return "constant" if cpu._mode == "constant" else str(cpu._mode).replace("_", "-")
        return "tdp-load" if _knows_tdp_of(cpu._model) else "constant"

    def reading(self) -> dict[str, Any]:
        """Energies since the start (kWh), and for how many seconds they were read."""
        tracker = self._tracker
        tracker._measure_power_and_energy()
        has_gpu = any(type(part).__name__ == "GPU" for part in tracker._hardware)
        return {
            "cpu_kwh": tracker._total_cpu_energy.kWh,
            "ram_kwh": tracker._total_ram_energy.kWh,
            "gpu_kwh": tracker._total_gpu_energy.kWh if has_gpu else None,
            "cpu_w": tracker._cpu_power.W,
            "ram_w": tracker._ram_power.W,
            "gpu_w": tracker._gpu_power.W if has_gpu else None,
            "metered_s": tracker._last_measured_time - tracker._start_time,
            "meter_cpu_s": _own_cpu_s(),
        }


def _own_cpu_s() -> float:
    """What the meter itself has cost in CPU seconds, the programs that CodeCarbon asks about the processor included."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _needs_samples(part: Any) -> bool:
    kind = type(part).__name__
    if kind == "CPU":
        return bool(part._mode == _LOAD)
    return kind == "GPU" and any(device._use_power_fallback for device in part.devices.devices)


def _gpu_method(gpu: Any) -> str | None:
    """How GPU energy is found: `nvml` by the device's energy counter, `nvml-power` by sampling; `amdsmi` likewise."""
    if gpu is None:
        return None
    devices = gpu.devices.devices
    library = "amdsmi" if any("AMD" in type(device).__name__.upper() for device in devices) else "nvml"
    return f"{library}-power" if any(device._use_power_fallback for device in devices) else library


def _knows_tdp_of(model: str) -> bool:
    """Whether CodeCarbon's table of processors has this one: else it takes 4 W a thread and does not say so."""
    from codecarbon.core import cpu
    from codecarbon.core.hardware_cache import get_cached_tdp

    return get_cached_tdp(cpu)._get_cpu_power_from_registry(model) is not None


def main(interval_s: float) -> NoReturn:
    """Reads every `interval_s` seconds until the supervisor asks for the last reading or is gone."""
    with contextlib.suppress(OSError):
        os.chdir(os.path.dirname(__file__))
    with contextlib.suppress(OSError):
        os.nice(10)
    output = _own_output()
    try:
        _meter_until_told(output, interval_s)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - whatever CodeCarbon throws is a gap in the record, told in one line
        _write(output, {"kind": METER_ENDED, "reason": f"{type(error).__name__}: {error}"[:300]})
        os._exit(1)
    os._exit(0)


def _own_output() -> int:
    """The pipe to the supervisor on a descriptor of its own; whatever anyone prints from here on goes nowhere."""
    output = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    return output


def _meter_until_told(output: int, interval_s: float) -> None:
    meter = Meter()
    _write(output, {"kind": METER_READY, **meter.found(), "metered_s": meter.reading()["metered_s"]})
    due = time.monotonic() + interval_s
    while True:
        left = due - time.monotonic()
        told, _, _ = select.select(
            [_SUPERVISOR], [], [], max(0.0, min(left, SAMPLE_S) if meter.needs_samples else left)
        )
        if told and not os.read(_SUPERVISOR, 100):
            return
        if told or time.monotonic() >= due:
            _write(output, {"kind": READING, **meter.reading()})
            due = time.monotonic() + interval_s
        else:
            meter.sample()
        if told:
            return


def _write(output: int, entry: dict[str, Any]) -> None:
    os.write(output, json.dumps({**entry, **machine.clocks()}, allow_nan=False).encode("ascii") + b"\n")
