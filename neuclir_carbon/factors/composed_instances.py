"""Cloud instances by their parts: accelerators, vCPUs and memory, from our own cited table.

For types that the Teads data lacks: Azure, Google Cloud, and AWS after 2022. A provider's names are exact. A type whose
accelerator has no power in `accelerators.csv` stands in the table too: it is refused by name, not as a misspelling.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from attrs import frozen

from neuclir_carbon.factors import devices, tables
from neuclir_carbon.factors.devices import Accelerator
from neuclir_carbon.factors.power import W_PER_THREAD, thread_factor
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor
from neuclir_carbon.version import __version__

TABLE = "cloud_instances.csv"
UNVERIFIED = "unverified"


@frozen(kw_only=True)
class InstanceParts:
    """What an instance type is made of, as its provider tells.

    `accelerators` may be a part of a card (1/6 of an A10, half a K80); `host_vcpus` is how many vCPUs one host
    processor gives. None is unknown.
    """

    provider: str
    name: str
    accelerator: str
    accelerators: float
    vcpus: int | None
    memory_gib: float | None
    host_processor: str | None
    host_vcpus: int | None
    source: str
    host_source: str

    @property
    def lacks(self) -> str | None:
        """Why its power can't be composed, as the end of a sentence; None where it can."""
        if self.accelerator not in devices.accelerators():
            return f"has {self.accelerator}, whose power is in no table that we know and could cite"
        return "has a host of which neither vCPUs nor memory are known" if self.vcpus is None else None


@frozen(kw_only=True)
class ComposedInstance:
    """An instance type of which every part's power is known."""

    provider: str
    name: str
    card: Accelerator
    accelerators: float
    vcpus: int
    memory_gib: float
    host_processor: str | None
    host_vcpus: int | None
    source: str
    host_source: str

    @property
    def accelerator(self) -> str:
        """Which accelerator it has."""
        return self.card.name

    @property
    def host_w_per_vcpu(self) -> Spread:
        """What its host processor draws at most, in W a vCPU: its TDP by its vCPUs, or the range of all processors."""
        tdp_w = None if self.host_processor is None else devices.cpu_tdp_w(self.host_processor)
        return W_PER_THREAD if tdp_w is None or self.host_vcpus is None else Spread.exact(tdp_w / self.host_vcpus)

    @property
    def host_factor(self) -> Factor:
        """The same, as a number that goes into a record."""
        watts = self.host_w_per_vcpu
        if watts is W_PER_THREAD or self.host_processor is None:
            return thread_factor()
        return Factor(
            id="cpu_w_per_thread", value=watts.central, unit="W", low=watts.low, high=watts.high,
            source=f"codecarbon (cpu_power.csv): TDP of {self.host_processor}, by {self.host_vcpus} vCPUs; "
            f"{self.host_source}",
            version=version("codecarbon"),
        )  # fmt: skip

    @property
    def size_factors(self) -> tuple[Factor, ...]:
        """How many accelerators, vCPUs and GiB it has, as numbers that go into a record."""
        sizes = (
            ("accelerators", self.accelerators, "1"), ("vcpus", self.vcpus, "1"), ("memory_gib", self.memory_gib, "GiB")
        )  # fmt: skip
        return tuple(
            Factor(
                id=f"instance.{self.provider}.{self.name}.{part}", value=float(value), unit=unit, source=self.source,
                version=f"neuclir-carbon {__version__}",
            )
            for part, value, unit in sizes
        )  # fmt: skip


@cache
def listed_parts() -> Mapping[tuple[str, str], InstanceParts]:
    """(provider, name) → parts, of every instance type in the table, with a power or without."""
    return {(row["provider"], row["instance"]): _parts(row) for row in tables.own_rows(TABLE)}


@cache
def composed_instances() -> Mapping[tuple[str, str], ComposedInstance]:
    """(provider, name) → instance type, of those whose power can be composed."""
    return {key: found for key, parts in listed_parts().items() if (found := _composed(parts)) is not None}


def _parts(row: dict[str, str]) -> InstanceParts:
    return InstanceParts(
        provider=row["provider"], name=row["instance"], accelerator=row["accelerator"],
        accelerators=_count(row["count"]), vcpus=int(row["vcpus"]) if row["vcpus"] else None,
        memory_gib=float(row["memory_gib"]) if row["memory_gib"] else None,
        host_processor=row["host_processor"] or None,
        host_vcpus=int(row["host_vcpus"]) if row["host_vcpus"] else None, source=row["source"],
        host_source=row["host_source"],
    )  # fmt: skip


def _count(text: str) -> float:
    """How many accelerators: whole, or a part of one (`1/6`)."""
    count = Fraction(text)
    return count.numerator if count.denominator == 1 else float(count)


def _composed(parts: InstanceParts) -> ComposedInstance | None:
    card = devices.accelerators().get(parts.accelerator)
    if card is None or parts.vcpus is None or parts.memory_gib is None:
        return None
    return ComposedInstance(
        provider=parts.provider, name=parts.name, card=card, accelerators=parts.accelerators, vcpus=parts.vcpus,
        memory_gib=parts.memory_gib, host_processor=parts.host_processor, host_vcpus=parts.host_vcpus,
        source=parts.source, host_source=parts.host_source,
    )  # fmt: skip
