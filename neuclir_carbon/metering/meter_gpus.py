"""Which of the machine's GPUs the command sees, and whether they can be read, for the meter.

`devices` are CodeCarbon's own objects for NVIDIA's cards, in the order of the driver; nothing of CodeCarbon is imported
here. NVIDIA's library is asked through its own Python binding (pynvml), which CodeCarbon brings.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_MIG_ENABLED = 1


class Seen(NamedTuple):
    """The command's GPUs: their places in the driver's order, and in words why they can't be read (None if they can);
    `doubt` says where it is not certain that these are the ones."""

    indices: tuple[int, ...]
    trouble: str | None
    doubt: str | None = None


def gpus_seen(devices: Sequence[Any], environment: Mapping[str, str]) -> Seen:
    """The GPUs that a command with this environment sees, of all that NVIDIA's driver shows."""
    said = environment.get(_VISIBLE)
    indices = visible_indices(said, [str(device._uuid) for device in devices])
    chosen = [devices[index] for index in indices]
    if said is not None and "MIG" in said.upper():
        return Seen(indices, f"{_VISIBLE} names an instance of a card that is divided by MIG: {_CARDS_COUNTER}")
    trouble = next((found for device in chosen if (found := _trouble_of(device)) is not None), None)
    return Seen(indices, trouble, _doubt(devices, indices, environment))


def visible_indices(said: str | None, uuids: Sequence[str]) -> tuple[int, ...]:
    """The places that CUDA_VISIBLE_DEVICES names (CUDA C++ Programming Guide, "CUDA Environment Variables"): all where
    it is not set; numbers, or the beginning of one card's UUID; what is no card hides itself and all after it."""
    if said is None:
        return tuple(range(len(uuids)))
    found: dict[int, None] = {}
    for name in (text.strip() for text in said.split(",")):
        index = _index(name, uuids)
        if index is None:
            break
        found[index] = None
    return tuple(found)


_CARDS_COUNTER = "the counter is of the whole card, which others may use too"


def _index(name: str, uuids: Sequence[str]) -> int | None:
    if name.isascii() and name.isdigit() and len(name) < 10:
        return int(name) if int(name) < len(uuids) else None
    # The old name of a MIG instance begins with its card's: MIG-GPU-uuid/1/0.
    begin = name.removeprefix("MIG-").partition("/")[0]
    matching = [index for index, uuid in enumerate(uuids) if begin and uuid.startswith(begin)]
    return matching[0] if len(matching) == 1 else None


def _trouble_of(device: Any) -> str | None:
    """Why a card's energy is not the command's, or can't be read."""
    if _is_divided(device):
        return f"GPU {device.gpu_index} is divided by MIG: {_CARDS_COUNTER}"
    if device.last_energy is not None or device._read_power_watts() is not None:
        return None
    return f"the driver tells neither energy nor power of GPU {device.gpu_index}{_reason(device)}"


def _is_divided(device: Any) -> bool:
    import pynvml

    try:
        return bool(pynvml.nvmlDeviceGetMigMode(device.handle)[0] == _MIG_ENABLED)
    except pynvml.NVMLError:
        return False


def _reason(device: Any) -> str:
    import pynvml

    try:
        pynvml.nvmlDeviceGetPowerUsage(device.handle)
    except pynvml.NVMLError as error:
        return f" ({error})"
    return ""


def _doubt(devices: Sequence[Any], indices: Sequence[int], environment: Mapping[str, str]) -> str | None:
    """CUDA counts the fastest card first unless it is told to count as the driver does."""
    by_number = environment.get(_VISIBLE, "")[:1].isdigit()
    differ = len({device._gpu_name for device in devices}) > 1
    if not by_number or not differ or len(indices) == len(devices):
        return None
    if environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID":
        return None
    return "the cards differ, and CUDA_DEVICE_ORDER is not PCI_BUS_ID: CUDA may count them in another order"


def model_names(devices: Sequence[Any]) -> str | None:
    """The cards' names with their number: `8 x NVIDIA H100`; None for none."""
    counts = Counter(str(device._gpu_name) for device in devices)
    return ", ".join(f"{count} x {name}" for name, count in counts.items()) or None
