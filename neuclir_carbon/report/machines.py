"""What records say of hardware and places, typed and in words: `hardware` is free in its keys, and may be hostile."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.factors.tables import iso_countries
from neuclir_carbon.model.record import ActivityRecord, Grid
from neuclir_carbon.report.words import number, visible

_MOST_TEXT = 200
_HAS_ITS_COUNT = re.compile(r"[0-9]+ x ")


@frozen(kw_only=True)
class Machine:
    """The hardware of one record; None where it does not say it, or not in the form that we write."""

    cpu_model: str | None = None
    logical_cpus: int | None = None
    gpu_model: str | None = None
    gpu_count: int | None = None
    ram_gib: float | None = None
    device: str | None = None
    count: int | None = None
    provider: str | None = None
    instance: str | None = None
    language_model: str | None = None
    described_as: str | None = None

    @classmethod
    def of(cls, record: ActivityRecord) -> "Machine":
        """As meters, estimates and imports write it."""
        found, instances = record.hardware, _count(record.hardware, "count", "processors")
        each = _number(found, "accelerators_per_instance")
        return cls(
            cpu_model=_text(found, "cpu_model"), logical_cpus=_count(found, "logical_cpus", "cpu_count"),
            gpu_model=_text(found, "gpu_model", "accelerator"),
            gpu_count=_whole(instances * each) if instances and each else _count(found, "gpu_count", "gpus"),
            ram_gib=_number(found, "ram_gib"), device=_text(found, "device", "hardware"),
            count=instances, provider=_text(found, "provider"), instance=_text(found, "instance"),
            language_model=_text(found, "model"), described_as=_text(found, "described_as"),
        )  # fmt: skip

    @property
    def words(self) -> str:
        """`2 x NVIDIA A100, Intel Xeon (16 logical CPUs), 64 GiB of memory`; empty where nothing is known."""
        cpus = f"{self.logical_cpus} logical CPUs" if self.logical_cpus else None
        processor = f"{self.cpu_model} ({cpus})" if self.cpu_model and cpus else self.cpu_model or cpus
        instance = " ".join(part for part in (self.provider, self.instance or self.language_model) if part)
        memory = f"{number(self.ram_gib)} GiB of memory" if self.ram_gib else None
        parts = (
            times(self.count, instance), times(self.count, self.device), times(self.gpu_count, self.gpu_model),
            processor, memory, self.described_as,
        )  # fmt: skip
        return ", ".join(part for part in parts if part)


def times(count: int | None, name: str | None) -> str:
    """`8 x NVIDIA H100`; the name alone where the count is not known, is one, or stands in the name already."""
    if not name or count is None or count < 2 or _HAS_ITS_COUNT.match(name):
        return name or ""
    return f"{count} x {name}"


def all_machines(records: Iterable[ActivityRecord]) -> tuple[str, ...]:
    """The different machines of records in words, by their first use; those of which nothing is known are left out."""
    return tuple(dict.fromkeys(words for record in records if (words := Machine.of(record).words)))


def all_places(records: Iterable[ActivityRecord]) -> tuple[str, ...]:
    """The different places of records in words, by their first use; those of no known place are left out."""
    return tuple(dict.fromkeys(words for record in records if (words := place_words(record.grid))))


def place_words(grid: Grid | None) -> str:
    """`Vermont, United States`; empty where the place is not known."""
    if grid is None:
        return ""
    parts = (visible(grid.region) if grid.region else None, country_name(grid.country))
    return ", ".join(part for part in parts if part)


def country_name(code: str | None) -> str | None:
    """A country's name in ISO 3166-1 by its alpha-3 code; the code itself where ISO has none (Kosovo)."""
    if code is None:
        return None
    entry = iso_countries().get(code)
    return entry.get("common_name", entry["name"]) if entry else code


def _text(found: Mapping[str, Any], *keys: str) -> str | None:
    for key in keys:
        value = found.get(key)
        if isinstance(value, str) and value.strip():
            return visible(value.strip(), most=_MOST_TEXT)
    return None


def _number(found: Mapping[str, Any], *keys: str) -> float | None:
    for key in keys:
        value = found.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15:
            return float(value)
    return None


def _count(found: Mapping[str, Any], *keys: str) -> int | None:
    value = _number(found, *keys)
    return None if value is None else _whole(value)


def _whole(value: float) -> int | None:
    """A whole number; None for a part (a sixth of a card), which is no count."""
    return int(value) if value.is_integer() else None
