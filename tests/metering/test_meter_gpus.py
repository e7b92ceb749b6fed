"""The command's GPUs: which it sees, and what is known of their energy. The driver is a library built like NVIDIA's,
whose card n draws 100 × (n + 1) W; the meter, CodeCarbon and pynvml are the real ones."""

import os
import select
import sys
from pathlib import Path
from typing import Any

import nvml_library
import pytest
from nvml_library import needs_compiler
from wrapping import the_record, until, wrapped

from neuclir_carbon.metering.meter_gpus import visible_indices
from neuclir_carbon.metering.meter_process import MeterProcess

UUIDS = ("GPU-11111111-a", "GPU-11112222-b", "GPU-33333333-c")


@pytest.mark.parametrize(
    ("said", "indices"),
    [
        (None, (0, 1, 2)),
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("0", (0,)),
        ("2,0", (2, 0)),
        (" 1 , 2 ", (1, 2)),
        ("1,1", (1,)),
        # What is no card hides all that stand after it.
        ("1,7,0", (1,)),
        ("0,-1,1", (0,)),
        ("GPU-3", (2,)),
        ("GPU-11112,GPU-1111111", (1, 0)),
        ("GPU-1111", ()),
        ("MIG-GPU-33333333-c/1/0", (2,)),
        ("9" * 30, ()),
        ("١", ()),
    ],
)
def test_the_visible_ones_are_those_that_cuda_would_see(said: str | None, indices: tuple[int, ...]) -> None:
    assert visible_indices(said, UUIDS) == indices


def heard(library: Path, **environment: str) -> list[dict[str, Any]]:
    """What a meter says first of these GPUs: that it is ready, and two readings."""
    meter = MeterProcess.start(
        0.3, {**os.environ, "LD_LIBRARY_PATH": str(library.parent), **environment}, by_signal=False
    )
    entries: list[dict[str, Any]] = []

    def reads() -> bool:
        select.select([meter.descriptor], [], [], 1)
        entries.extend(meter.entries())
        return len(entries) >= 3

    try:
        until(reads, seconds=60)
    finally:
        meter.end()
    return entries


@needs_compiler
@pytest.mark.parametrize(
    ("says", "visible", "watts", "method"),
    [
        ({"DEVICES": 2}, None, 300.0, "nvml"),
        ({"DEVICES": 2}, "1", 200.0, "nvml"),
        ({"DEVICES": 2}, "GPU-00000000", 100.0, "nvml"),
        ({"DEVICES": 2, "ENERGY": 3}, None, 300.0, "nvml-power"),
        ({"DEVICES": 3, "ENERGY": 3}, "0,2", 400.0, "nvml-power"),
    ],
)
def test_only_the_visible_cards_count(
    tmp_path: Path, says: dict[str, int], visible: str | None, watts: float, method: str
) -> None:
    library = nvml_library.build(tmp_path / "libnvidia-ml.so.1", **says)
    ready, first, second = heard(library, **({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}))[:3]
    assert (ready["gpu_method"], ready["gpu_trouble"]) == (method, None)
    assert ready["hardware"]["gpu_model"] == f"{ready['hardware']['gpu_count']} x Test Card"
    seconds = second["metered_s"] - first["metered_s"]
    # Between two readings lies a moment in which the counter was read and the clock was not.
    assert (second["gpu_kwh"] - first["gpu_kwh"]) * 3_600_000 / seconds == pytest.approx(watts, rel=0.3)


@needs_compiler
@pytest.mark.parametrize(
    ("says", "visible", "why"),
    [
        ({"ENERGY": 4, "POWER": 4}, None, "neither energy nor power of GPU 0 (Insufficient Permissions)"),
        ({"MIG": 1}, None, "GPU 0 is divided by MIG"),
        ({}, "MIG-GPU-00000000-aaaa-bbbb-cccc-dddddddddddd/1/0", "an instance of a card that is divided by MIG"),
        # An instance's name of today says nothing of its card.
        ({}, "MIG-41b35014-ace9-5b9f-a0b4-1a1a1a1a1a1a", "an instance of a card that is divided by MIG"),
        ({"NAME": 4}, None, "does not answer about a card (NVMLError_NoPermission"),
    ],
)
def test_what_is_not_the_command_s_own_or_can_t_be_read_has_a_reason(
    tmp_path: Path, says: dict[str, int], visible: str | None, why: str
) -> None:
    library = nvml_library.build(tmp_path / "libnvidia-ml.so.1", **says)
    ready = heard(library, **({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}))[0]
    assert why in ready["gpu_trouble"]


@needs_compiler
@pytest.mark.parametrize(("order", "is_doubted"), [(None, True), ("PCI_BUS_ID", False)])
def test_cards_that_differ_may_be_counted_otherwise_by_cuda(
    tmp_path: Path, order: str | None, is_doubted: bool
) -> None:
    library = nvml_library.build(tmp_path / "libnvidia-ml.so.1", DEVICES=2, APART=1)
    chosen = {"CUDA_VISIBLE_DEVICES": "0"} | ({} if order is None else {"CUDA_DEVICE_ORDER": order})
    assert (heard(library, **chosen)[0]["gpu_doubt"] is not None) is is_doubted


@needs_compiler
@pytest.mark.parametrize(
    ("says", "visible", "wanted"),
    [({"DEVICES": 2}, None, 300.0), ({"MIG": 1}, None, None), ({"DEVICES": 2}, "", "no part")],
)
def test_a_wrapped_command_s_gpus_are_on_record(
    tmp_path: Path, says: dict[str, int], visible: str | None, wanted: float | str | None
) -> None:
    library = nvml_library.build(tmp_path / "libnvidia-ml.so.1", **says)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}
    environment |= {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    # As long as the meter needs to get going, and a little longer.
    words = "import time; time.sleep(12)"
    wrapped(
        "--quiet", "--interval", "1", "--", sys.executable, "-S", "-c", words, ledger=tmp_path / "l", env=environment
    )
    record = the_record(tmp_path / "l")
    parts = [part for part in record["energy"]["components"] if part["component"] == "gpu"]
    if wanted == "no part":
        assert parts == [] and record["energy"]["gpu_kwh"] is None
        assert record["notes"]["gpu"] == "no GPU was visible to the command"
    elif wanted is None:
        assert record["energy"]["gpu_kwh"] is None and parts[0]["method"] == "none"
        assert "MIG" in record["notes"]["gpu"]
    else:
        assert isinstance(wanted, float)
        assert record["energy"]["gpu_kwh"] * 3_600_000 / record["duration_s"] == pytest.approx(wanted, rel=0.1)
