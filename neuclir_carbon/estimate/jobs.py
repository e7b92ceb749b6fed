"""Jobs of an evaluation log: what one job's hardware draws, and sums of jobs by place and month.

energy = power × counted hours, where time in which several jobs ran on one machine counts once. Processors count as in
the organizers' upper bound, devices and cloud instances as in their own methods.
"""

import math

from attrs import define, field, frozen

from neuclir_carbon.estimate import cloud, inputs, upper_bound
from neuclir_carbon.estimate import device as device_method
from neuclir_carbon.estimate.assumptions import LOAD
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import devices as known_devices
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.quantities import Spread, sum_spreads
from neuclir_carbon.model.record import Embodied, Factor, it_spread

METHOD = "jobs"
COUNTED_SAID = "time in which several jobs ran on one machine counts once; a job counts in the month of its start"


@frozen(kw_only=True)
class Hardware:
    """What a job runs on: its power in W, its share of manufacture in g CO2e/h (None: not counted), and the numbers and
    assumptions behind them. `component` is the part of a record that it counts as."""

    name: str
    component: str
    power_w: Spread
    embodied_g_per_h: Spread | None
    embodied_source: str
    factors: tuple[Factor, ...]
    assumptions: tuple[str, ...]


def processors(number: int, watts: float | None) -> Hardware:
    """So many processors at the organizers' bound of 150 W each, or at `watts`."""
    counted = inputs.count("processors", number, "processors")
    each_w = upper_bound.WATTS if watts is None else inputs.watts(watts)
    power_w = counted * each_w
    source = upper_bound.SOURCE if watts is None else "given by the user"
    return Hardware(
        name=f"{counted} processors",
        component="cpu",
        power_w=Spread(power_w * LOAD.low, power_w, power_w),
        embodied_g_per_h=None,
        embodied_source="",
        factors=(Factor(id="upper-bound.watts", value=each_w, unit="W", source=source),),
        assumptions=(upper_bound.SAID,),
    )


def is_listed(device: str) -> bool:
    """Whether a device's power is known by its name."""
    return known_devices.is_listed(device)


def devices(name: str | None, count: int, *, watts: float | None, utilization: float | None) -> Hardware:
    """So many devices of a name, or of a rating in W."""
    one = device_method.estimate(
        device=name, count=count, hours=1.0, utilization=utilization, watts=watts, place=Place(), pue=PueChoice(pue=1.0)
    )
    return _of_one_hour(one, name or f"device of {watts} W")


def instances(provider: str, name: str, region: str, count: int, load: float | None) -> Hardware:
    """So many cloud instances."""
    one = cloud.estimate(provider=provider, instance=name, region=region, hours=1.0, load=load, count=count)
    return _of_one_hour(one, f"{provider} {name}")


def _of_one_hour(one: Estimate, name: str) -> Hardware:
    """The hardware whose estimate is of one hour: kWh are then kW, and kg are kg/h."""
    made, parts = one.embodied, one.energy.components
    return Hardware(
        name=name,
        component=parts[0].component if len(parts) == 1 else "machine",
        power_w=it_spread(parts).times(1000),
        embodied_g_per_h=None if made is None else made.spread.times(1000),
        embodied_source="" if made is None else made.source,
        factors=tuple(factor for factor in one.factors if not factor.id.startswith(("grid.", "pue."))),
        assumptions=one.assumptions,
    )


@define
class _Sum:
    """A sum of many numbers that does not lose the small ones (Neumaier)."""

    value: float = 0.0
    lost: float = 0.0

    def add(self, number: float) -> None:
        whole = self.value + number
        larger, smaller = (self.value, number) if abs(self.value) >= abs(number) else (number, self.value)
        self.lost += (larger - whole) + smaller
        self.value = whole

    @property
    def total(self) -> float:
        return self.value + self.lost


@define
class JobGroup:
    """Jobs of one place and month, summed up as they come: memory does not grow with their number."""

    jobs: int = 0
    first_s: float | None = None
    last_s: float | None = None
    _seconds_of: dict[int, tuple[Hardware, _Sum]] = field(factory=dict)

    def add(self, hardware: Hardware, counted_s: float, began_s: float | None, ended_s: float | None) -> None:
        """Adds a job that counts for so many seconds; it began and ended at these times, where they are known."""
        self.jobs += 1
        known = self._seconds_of.get(id(hardware))
        if known is None:
            known = self._seconds_of[id(hardware)] = (hardware, _Sum())
        known[1].add(counted_s)
        if began_s is not None and (self.first_s is None or began_s < self.first_s):
            self.first_s = began_s
        if ended_s is not None and (self.last_s is None or ended_s > self.last_s):
            self.last_s = ended_s

    @property
    def hours(self) -> float:
        """The counted hours."""
        return math.fsum(seconds.total for _, seconds in self._seconds_of.values()) / 3600

    def estimate(self, place: Place, pue: PueChoice, month: str) -> Estimate:
        """The sum as an estimate under a place's grid and PUE."""
        grid, grid_factors = resolve_grid(place)
        facility, pue_factors = resolve_pue(pue, place)
        parts = [(hardware, seconds.total / 3600) for hardware, seconds in self._seconds_of.values()]
        it_kwh = sum_spreads([hardware.power_w.times(hours / 1000) for hardware, hours in parts])
        components = {hardware.component for hardware, _ in parts}
        hardware_factors = [factor for hardware, _ in parts for factor in hardware.factors]
        return estimate_from(
            method=METHOD,
            title=f"{self.jobs:,} jobs, {month}",
            hours=self.hours,
            hardware={"jobs": self.jobs, "hardware": ", ".join(sorted({h.name for h, _ in parts}))[:500]},
            component=components.pop() if len(components) == 1 else "machine",
            it_kwh=it_kwh,
            pue=facility,
            grid=grid,
            embodied=_embodied(parts),
            factors=tuple(dict.fromkeys((*hardware_factors, *grid_factors, *pue_factors))),
            inputs={"jobs": self.jobs, "month": month, "hours": self.hours},
            lines=(
                Line(
                    "IT energy",
                    f"{self.jobs:,} jobs, {shown(self.hours)} h: {shown(it_kwh.central)} kWh "
                    f"({shown(it_kwh.low)} to {shown(it_kwh.high)})",
                ),
            ),
            assumptions=tuple(dict.fromkeys((COUNTED_SAID, *(s for h, _ in parts for s in h.assumptions)))),
            warnings=(grid.source,) if grid.g_co2e_per_kwh is None else (),
        )  # fmt: skip


def _embodied(parts: list[tuple[Hardware, float]]) -> Embodied | None:
    """What manufacture is known of, in kg; None where none is."""
    known = [(h.embodied_g_per_h.times(hours / 1000), h.embodied_source) for h, hours in parts if h.embodied_g_per_h]
    if not known:
        return None
    spread = sum_spreads([one for one, _ in known])
    source = ", ".join(dict.fromkeys(source for _, source in known))
    return Embodied(kg_co2e=spread.central, low=spread.low, high=spread.high, source=source[:500])
