"""An estimate: everything of an activity record that its method knows, and the formula with every value."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from neuclir_carbon.estimate.inputs import must_fit_a_record
from neuclir_carbon.model.quantities import Spread, dominant
from neuclir_carbon.model.record import (
    Component,
    Embodied,
    Emissions,
    Energy,
    Factor,
    Grid,
    Pue,
    emissions_of,
    energy_of,
)

POWER = "power"


@frozen
class Line:
    """One line of the formula: what it gives, how, and where its values come from."""

    name: str
    text: str
    source: str = ""


@frozen(kw_only=True)
class Estimate:
    """An estimate of one activity. `advice` tells how to narrow the range, `warnings` what is doubtful about it."""

    method: str
    title: str
    hours: float | None
    hardware: dict[str, Any]
    energy: Energy
    pue: Pue
    grid: Grid
    embodied: Embodied | None
    emissions: Emissions
    dominant_factor: str | None
    dominant_share: float | None
    factors: tuple[Factor, ...]
    inputs: dict[str, Any]
    lines: tuple[Line, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    details: dict[str, Any] = field(factory=dict)

    @property
    def source(self) -> dict[str, Any]:
        """What it was made from, as the record keeps it."""
        return {
            "kind": "estimate",
            "method": self.method,
            "inputs": self.inputs,
            "assumptions": list(self.assumptions),
            **self.details,
        }


def estimate_from(
    *,
    method: str,
    title: str,
    hours: float | None,
    hardware: dict[str, Any],
    component: str,
    it_kwh: Spread,
    pue: Pue,
    grid: Grid,
    embodied: Embodied | None,
    factors: tuple[Factor, ...],
    inputs: dict[str, Any],
    lines: tuple[Line, ...],
    assumptions: tuple[str, ...],
    warnings: tuple[str, ...] = (),
    details: Mapping[str, Any] | None = None,
    parts_kwh: Mapping[str, Spread] | None = None,
) -> Estimate:
    """The estimate whose IT energy (kWh, its range being that of the power), PUE, grid and manufacture are known.

    `parts_kwh` divides the IT energy among components; without it, all of it is `component`'s.
    """
    parts = [
        Component(
            component=name, kwh=kwh.central, low_kwh=kwh.low, high_kwh=kwh.high, method=f"estimate-{method}",
            scope="job",
        )
        for name, kwh in (parts_kwh or {component: it_kwh}).items()
    ]  # fmt: skip
    energy = energy_of(parts, pue)
    emissions, dominant_factor = emissions_of({POWER: it_kwh}, pue, grid, embodied)
    must_fit_a_record(emissions.high_kg_co2e, it_kwh.high * pue.high)
    return Estimate(
        method=method, title=title, hours=hours, hardware=hardware, energy=energy, pue=pue, grid=grid,
        embodied=embodied, emissions=emissions, dominant_factor=dominant_factor,
        dominant_share=_dominant_share(it_kwh, pue, grid), factors=factors, inputs=inputs, lines=lines,
        assumptions=assumptions, warnings=warnings, details=dict(details or {}),
    )  # fmt: skip


def _dominant_share(it_kwh: Spread, pue: Pue, grid: Grid) -> float | None:
    intensity = grid.spread
    if intensity is None:
        return None
    found = dominant({POWER: it_kwh, "pue": pue.spread, "grid_intensity": intensity})
    return found[1] if found else None


def shown(value: float) -> str:
    """A number for people: six significant digits, thousands apart, never in powers of ten unless it is tiny."""
    if abs(value) >= 100_000:
        return f"{value:,.0f}"
    return f"{value:,.6g}"
