"""An AWS instance of the Teads data set: power between its published loads, its published share of manufacture."""

from neuclir_carbon.estimate.assumptions import (
    CARD_HIGH_KG,
    CARD_KG,
    KNOWN_LOAD,
    KNOWN_LOAD_SAID,
    LIFETIME_YEARS,
    UNKNOWN_LOAD_PERCENT,
    UNKNOWN_LOAD_SAID,
    embodied_said,
)
from neuclir_carbon.estimate.machine import Machine, Manufacture, lifetime, lifetime_factor
from neuclir_carbon.estimate.result import Line, shown
from neuclir_carbon.factors import instances
from neuclir_carbon.factors.instances import Instance
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor

SOURCE = f"{instances.SOURCE} {version(instances.DISTRIBUTION)}"


def machine(found: Instance, load: float | None, years: float | None) -> Machine:
    """One such instance at a mean load in % (None: unknown), its manufacture divided over `years` (None: 4, 3 to 6)."""
    power_w = _power_w(found, load)
    percent = UNKNOWN_LOAD_PERCENT.central if load is None else load
    hardware: dict[str, object] = {}
    if found.accelerator is not None:
        hardware = {"accelerator": found.accelerator, "accelerators_per_instance": found.accelerators}
    return Machine(
        name=found.name,
        power_w={"machine": power_w},
        manufacture=_manufacture(found, years),
        factors=(*_power_factors(found, load), found.manufacture_factor, lifetime_factor(years)),
        lines=(Line("power", f"{shown(power_w.central)} W at {shown(percent)} % load", SOURCE),),
        assumptions=(UNKNOWN_LOAD_SAID if load is None else KNOWN_LOAD_SAID, embodied_said(years, CARD_KG)),
        hardware=hardware,
    )


def _power_w(found: Instance, load: float | None) -> Spread:
    if load is not None:
        return KNOWN_LOAD.times(found.power_w_at(load))
    low, central, high = (found.power_w_at(percent) for percent in _unknown_percents())
    return Spread(low, central, high)


def _power_factors(found: Instance, load: float | None) -> tuple[Factor, ...]:
    percents = _unknown_percents() if load is None else (load,)
    return tuple(found.power_factor(percent) for percent in percents)


def _unknown_percents() -> tuple[float, float, float]:
    return UNKNOWN_LOAD_PERCENT.low, UNKNOWN_LOAD_PERCENT.central, UNKNOWN_LOAD_PERCENT.high


def _manufacture(found: Instance, years: float | None) -> Manufacture:
    """Its share an hour, with the bounds of lifetime and of what an accelerator's making costs."""
    over, grams_per_h = lifetime(years), found.manufacture_g_per_h
    cards_g_per_h = found.accelerators * (CARD_HIGH_KG - CARD_KG) * 1000 / instances.LIFETIME_H
    published_years = LIFETIME_YEARS.central
    spread = Spread(
        grams_per_h * published_years / over.high,
        grams_per_h * published_years / over.central,
        (grams_per_h + cards_g_per_h) * published_years / over.low,
    )
    scaled = "" if over.central == published_years else f" × {published_years:g} / {shown(over.central)} years"
    return Manufacture(kg_per_h=spread.times(1 / 1000), text=f"{shown(grams_per_h)} g/h{scaled} / 1000", source=SOURCE)
