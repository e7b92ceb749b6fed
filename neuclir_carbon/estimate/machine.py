"""A machine in a cloud as estimates need it, however its power and its manufacture are known."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.estimate.assumptions import LIFETIME_YEARS
from neuclir_carbon.estimate.result import Line
from neuclir_carbon.model.quantities import Spread, sum_spreads
from neuclir_carbon.model.record import Factor
from neuclir_carbon.version import __version__


@frozen(kw_only=True)
class Manufacture:
    """The part of a machine's manufacture that falls on an hour, in kg CO2e, how it was found, and from what."""

    kg_per_h: Spread
    text: str
    source: str


@frozen(kw_only=True)
class Machine:
    """One machine at its mean load: mean power of each component in W, and its manufacture (None: unknown)."""

    name: str
    power_w: Mapping[str, Spread]
    manufacture: Manufacture | None
    factors: tuple[Factor, ...]
    lines: tuple[Line, ...]
    assumptions: tuple[str, ...]
    hardware: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def whole_power_w(self) -> Spread:
        """Mean power of all its components in W."""
        return sum_spreads(self.power_w.values())


def lifetime(years: float | None) -> Spread:
    """Years over which manufacture is divided: as the user says, else between what sources take."""
    return LIFETIME_YEARS if years is None else Spread.exact(years)


def lifetime_factor(years: float | None) -> Factor:
    """The same, as a number that goes into a record."""
    spread = lifetime(years)
    source = "4 years: Teads Engineering; 3: EcoLogits; 6: Boavizta" if years is None else "given by the user"
    return Factor(
        id="lifetime_years", value=spread.central, unit="years", low=spread.low, high=spread.high, source=source,
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip
