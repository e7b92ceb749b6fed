"""What the machine lets us read: tried on folders and on a library that look as the kernel's and NVIDIA's do."""

import os
from pathlib import Path

import nvml_library
import pytest
from nvml_library import needs_compiler

from neuclir_carbon.metering import sensors
from neuclir_carbon.metering.sensors import Gpus, Rapl


def powercap(folder: Path, *packages: str, without: str = "") -> str:
    """A powercap tree of these folders, each with its counter; `without` has none that could be read."""
    for name in packages:
        (folder / name).mkdir()
        if name != without:
            (folder / name / "energy_uj").write_text("123456789\n")
    return str(folder)


def test_without_powercap_there_is_no_counter(tmp_path: Path) -> None:
    assert sensors.rapl(str(tmp_path / "none")) == Rapl(packages=0, readable=0)


def test_packages_count_and_their_cores_do_not(tmp_path: Path) -> None:
    names = ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:1", "intel-rapl-mmio:0"]
    assert sensors.rapl(powercap(tmp_path, *names)) == Rapl(packages=2, readable=2)


def test_a_counter_that_can_t_be_read_is_told(tmp_path: Path) -> None:
    tree = powercap(tmp_path, "intel-rapl:0", "intel-rapl:1", without="intel-rapl:1")
    assert sensors.rapl(tree) == Rapl(packages=2, readable=1)


@pytest.mark.parametrize(("flags", "is_one"), [("fpu vme hypervisor lm", True), ("fpu vme lm", False)])
def test_a_virtual_machine_is_told_by_its_processor(tmp_path: Path, flags: str, is_one: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nmodel name\t: hypervisor\nflags\t\t: {flags}\n")
    assert sensors.is_virtual_machine(str(tmp_path / "cpuinfo")) is is_one


@pytest.mark.parametrize(("said", "level"), [("2\n", 2), ("-1\n", -1), ("", None), ("much\n", None)])
def test_perf_s_level_is_the_kernel_s(tmp_path: Path, said: str, level: int | None) -> None:
    (tmp_path / "paranoid").write_text(said)
    assert sensors.perf_paranoia(str(tmp_path / "paranoid")) == level


def test_without_nvidia_s_library_there_is_a_reason() -> None:
    found = sensors.gpus("libno-such-nvml.so.1")
    assert found == Gpus(0, 0, 0, "NVIDIA's library libno-such-nvml.so.1 is not there")


@needs_compiler
@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        ({"INIT": 0, "DEVICES": 2, "ENERGY": 0, "POWER": 0}, Gpus(2, 2, 2, None)),
        ({"INIT": 0, "DEVICES": 1, "ENERGY": 3, "POWER": 0}, Gpus(1, 0, 1, None)),
        (
            {"INIT": 0, "DEVICES": 1, "ENERGY": 4, "POWER": 4},
            Gpus(1, 0, 0, "no device tells its energy or its power"),
        ),
        ({"INIT": 0, "DEVICES": 0, "ENERGY": 0, "POWER": 0}, Gpus(0, 0, 0, "NVIDIA's library finds no device")),
        (
            {"INIT": 4, "DEVICES": 1, "ENERGY": 0, "POWER": 0},
            Gpus(0, 0, 0, "NVIDIA's library does not start: Insufficient Permissions"),
        ),
        (
            {"INIT": 9, "DEVICES": 1, "ENERGY": 0, "POWER": 0},
            Gpus(0, 0, 0, "NVIDIA's library does not start: Driver Not Loaded"),
        ),
    ],
)
def test_each_device_is_tried(tmp_path: Path, says: dict[str, int], wanted: Gpus) -> None:
    library = nvml_library.build(tmp_path / f"libnvidia-ml-{os.urandom(4).hex()}.so", **says)
    assert sensors.gpus(str(library)) == wanted
