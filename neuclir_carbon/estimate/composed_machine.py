"""A cloud instance composed of its parts: accelerators × TDP × load, host processor by vCPU, memory by GiB.

For what no data set has: Azure, Google Cloud, newer AWS. Disks, network cards, power supplies and fans are not counted.
"""

from neuclir_carbon.estimate import device
from neuclir_carbon.estimate.assumptions import (
    CARD_SOURCE,
    CARD_SPREAD_KG,
    COMPOSED_LOAD_SAID,
    HOST_SAID,
    KNOWN_LOAD,
    LOAD,
    LOAD_SAID,
    NO_MANUFACTURE_SAID,
    PLATFORM_KG_PER_VCPU,
    PLATFORM_SOURCE,
    embodied_said,
)
from neuclir_carbon.estimate.machine import Machine, Manufacture, lifetime, lifetime_factor
from neuclir_carbon.estimate.result import Line, shown
from neuclir_carbon.factors.composed_instances import UNVERIFIED, ComposedInstance
from neuclir_carbon.factors.power import LOAD_SHARE, RAM_W_PER_GIB, load_factor, ram_bounds_factor
from neuclir_carbon.model.quantities import Spread, sum_spreads
from neuclir_carbon.model.record import Factor
from neuclir_carbon.version import __version__

HOURS_PER_YEAR = 365 * 24
_OWN_VERSION = f"neuclir-carbon {__version__}"


def machine(found: ComposedInstance, load: float | None, years: float | None) -> Machine:
    """One such instance whose accelerators draw `load` % of their TDP on the mean (None: unknown).

    Its manufacture is divided over `years` (None: 4, 3 to 6).
    """
    power_w = _power_w(found, load)
    manufacture = _manufacture(found, years)
    return Machine(
        name=found.name,
        power_w=power_w,
        manufacture=manufacture,
        factors=(*_power_factors(found, load), *(_manufacture_factors(years) if manufacture else ())),
        lines=_lines(found, load, power_w),
        assumptions=(
            _load_said(found, load),
            HOST_SAID,
            embodied_said(years, CARD_SPREAD_KG.central) if manufacture else NO_MANUFACTURE_SAID,
        ),
        hardware={
            "accelerator": found.accelerator, "accelerators_per_instance": found.accelerators, "vcpus": found.vcpus,
            "memory_gib": found.memory_gib, "host_processor": found.host_processor,
        },
        warnings=_warnings(found),
    )  # fmt: skip


def _power_w(found: ComposedInstance, load: float | None) -> dict[str, Spread]:
    """Mean power of accelerators, host processor and memory in W."""
    share, per_vcpu = None if load is None else load / 100, found.host_w_per_vcpu
    host = Spread(per_vcpu.low * LOAD_SHARE.low, per_vcpu.central * LOAD_SHARE.central, per_vcpu.high * LOAD_SHARE.high)
    return {
        "gpu": device.mean_power_w(found.card, share).times(found.accelerators),
        "cpu": host.times(found.vcpus),
        "ram": RAM_W_PER_GIB.times(found.memory_gib),
    }


def _power_factors(found: ComposedInstance, load: float | None) -> tuple[Factor, ...]:
    parts = (*found.size_factors, found.card.factor, found.host_factor, load_factor(), ram_bounds_factor())
    if load is None and found.card.measured_w is not None:
        return parts
    if load is None:
        shares, source = LOAD, f"assumption: {LOAD_SAID}"
    else:
        shares, source = KNOWN_LOAD.times(load / 100), f"given by the user; bounds: {COMPOSED_LOAD_SAID}"
    return (
        *parts,
        Factor(
            id="accelerator_load_share", value=shares.central, unit="1", low=shares.low, high=shares.high,
            source=source, version=_OWN_VERSION,
        ),
    )  # fmt: skip


def _load_said(found: ComposedInstance, load: float | None) -> str:
    if load is not None:
        return COMPOSED_LOAD_SAID
    return LOAD_SAID if found.card.measured_w is None else device.MEASURED_SAID


def _manufacture(found: ComposedInstance, years: float | None) -> Manufacture | None:
    """Its share an hour; None where no table has one of such an accelerator."""
    if found.card.kind != "gpu":
        return None
    over = lifetime(years)
    whole_kg = sum_spreads((CARD_SPREAD_KG.times(found.accelerators), PLATFORM_KG_PER_VCPU.times(found.vcpus)))
    return Manufacture(
        kg_per_h=Spread(
            whole_kg.low / (over.high * HOURS_PER_YEAR),
            whole_kg.central / (over.central * HOURS_PER_YEAR),
            whole_kg.high / (over.low * HOURS_PER_YEAR),
        ),
        text=f"({shown(found.accelerators)} × {CARD_SPREAD_KG.central:g} kg + {found.vcpus} vCPUs × "
        f"{shown(PLATFORM_KG_PER_VCPU.central)} kg) / ({shown(over.central)} × {HOURS_PER_YEAR:,} h)",
        source=f"{CARD_SOURCE}; {PLATFORM_SOURCE}",
    )


def _manufacture_factors(years: float | None) -> tuple[Factor, ...]:
    rows = (
        ("accelerator_manufacture_kg", CARD_SPREAD_KG, "kg CO2e", CARD_SOURCE),
        ("platform_manufacture_kg_per_vcpu", PLATFORM_KG_PER_VCPU, "kg CO2e", PLATFORM_SOURCE),
    )
    return (
        *(
            Factor(
                id=identity, value=spread.central, unit=unit, low=spread.low, high=spread.high,
                source=f"bounds (assumption) from {source}", version=_OWN_VERSION,
            )
            for identity, spread, unit, source in rows
        ),
        lifetime_factor(years),
    )  # fmt: skip


def _lines(found: ComposedInstance, load: float | None, power_w: dict[str, Spread]) -> tuple[Line, ...]:
    number, memory = shown(found.accelerators), shown(found.memory_gib)
    return (
        Line("instance", f"{number} × {found.accelerator}, {found.vcpus} vCPUs, {memory} GiB", found.source),
        Line(
            "accelerators",
            f"{number} × {_card_power(found, load)} = {_shown_w(power_w['gpu'])}",
            found.card.source,
        ),
        Line(
            "host processor",
            f"{found.vcpus} vCPUs × {shown(found.host_w_per_vcpu.central)} W × {LOAD_SHARE.central:g} = "
            f"{_shown_w(power_w['cpu'])}",
            found.host_factor.source,
        ),
        Line(
            "memory",
            f"{memory} GiB × {RAM_W_PER_GIB.central:g} W/GiB = {_shown_w(power_w['ram'])}",
            ram_bounds_factor().source,
        ),
    )


def _card_power(found: ComposedInstance, load: float | None) -> str:
    """How the central power of one accelerator comes about."""
    if load is None and found.card.measured_w is not None:
        return f"{shown(found.card.measured_w.central)} W as measured"
    rating = found.card.tdp_w if found.card.tdp_w is not None else found.card.most_w
    return f"{shown(rating)} W × {shown(LOAD.central if load is None else load / 100)}"


def _shown_w(watts: Spread) -> str:
    return f"{shown(watts.central)} W ({shown(watts.low)} to {shown(watts.high)})"


def _warnings(found: ComposedInstance) -> tuple[str, ...]:
    if UNVERIFIED not in found.source:
        return ()
    return (f"not all of {found.provider} {found.name} could be checked at its provider: {found.source}",)
