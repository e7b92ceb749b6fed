"""Devices by name: accelerators of our cited table, processors of CodeCarbon's list, or a rating that the user types.

power = count × TDP × mean load, as the user knows it or between stated assumptions, and the host's (processors, memory,
fans around an accelerator) where the user gives it. Manufacture is not counted; the estimate says what is left out.
"""

from attrs import evolve

from neuclir_carbon.errors import BadOption
from neuclir_carbon.estimate import inputs
from neuclir_carbon.estimate.assumptions import KNOWN_LOAD, KNOWN_LOAD_SAID, LOAD, LOAD_SAID
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import devices
from neuclir_carbon.factors.devices import Accelerator
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.quantities import Spread, sum_spreads
from neuclir_carbon.model.record import Factor, Grid, Pue

METHOD = "device"
OMITS = "counts the named devices only: no host around them (--host-watts), no manufacture"
WITH_HOST = "counts the named devices and the host as given, its power to -15 % / +15 % (assumption); no manufacture"
MEASURED_SAID = "mean power between the minimum and the maximum that the vendor measured"


def estimate(
    *,
    device: str | None,
    count: int,
    hours: float,
    utilization: float | None = None,
    watts: float | None = None,
    host_watts: float | None = None,
    place: Place | None = None,
    pue: PueChoice | None = None,
) -> Estimate:
    """`count` devices for `hours` hours at a mean share of their TDP (0…1; None: unknown).

    `watts` is the rating in W of a device that is not listed; `device` is then only its name. `host_watts` is the mean
    power in W of the rest of the machine, or of the share of it that falls on these devices. `UnknownName` and
    `BadOption` say what is wrong with an input.
    """
    found = _device(device, watts)
    number, time_h = inputs.count("--count", count, "devices"), inputs.hours(hours)
    if utilization is not None:
        utilization = inputs.number("--utilization", utilization, least=0, most=1, what="the mean share of the TDP")
    where = place or Place()
    grid, grid_factors = resolve_grid(where)
    facility, pue_factors = resolve_pue(pue or PueChoice(), where)
    power_w = mean_power_w(found, utilization)
    host_w = KNOWN_LOAD.times(0.0 if host_watts is None else inputs.watts(host_watts, option="--host-watts"))
    whole_w = sum_spreads([power_w.times(number), host_w])
    return estimate_from(
        method=METHOD,
        title=f"{number} × {found.name}, {shown(time_h)} h",
        hours=time_h,
        hardware={"device": found.name, "count": number},
        component="cpu" if found.kind == "cpu" else "gpu",
        it_kwh=whole_w.times(time_h / 1000),
        pue=facility,
        grid=grid,
        embodied=None,
        factors=(found.factor, *_host_factors(host_watts), *grid_factors, *pue_factors),
        inputs={
            "device": device, "count": number, "hours": time_h, "utilization": utilization, "watts": watts,
            "host_watts": host_watts,
        },
        lines=_lines(
            found, number=number, hours=time_h, power_w=power_w, host_watts=host_watts, grid=grid, pue=facility
        ),
        assumptions=(_load_said(found, utilization), OMITS if host_watts is None else WITH_HOST),
        warnings=(grid.source,) if grid.g_co2e_per_kwh is None else (),
    )  # fmt: skip


def _device(name: str | None, watts: float | None) -> Accelerator:
    if watts is None:
        if name is None:
            raise BadOption("neither --device nor --watts is given; give --device 'A100 SXM4 80GB', or --watts 400")
        return devices.device(name)
    rating = inputs.watts(watts)
    if name is not None and devices.is_listed(name):
        known = devices.device(name)
        raise BadOption(
            f"--watts is given for '{known.name}', which is listed with up to {shown(known.most_w)} W; "
            "leave one of --device and --watts out"
        )
    return Accelerator(
        name=f"device of {shown(rating)} W" if name is None else inputs.name("--device", name), kind="other",
        tdp_w=rating, tdp_high_w=None, measured_w=None, source="given by the user", version=None,
    )  # fmt: skip


def mean_power_w(found: Accelerator, utilization: float | None) -> Spread:
    """Mean power of one device in W at a mean share of its TDP (0…1; None: unknown)."""
    if utilization is None:
        return found.power_w(LOAD)
    rating = found.tdp_w if found.tdp_w is not None else found.most_w
    known = KNOWN_LOAD.times(rating * utilization)
    return evolve(known, high=max(known.high, found.most_w * utilization))


def _load_said(found: Accelerator, utilization: float | None) -> str:
    if utilization is not None:
        return KNOWN_LOAD_SAID
    return LOAD_SAID if found.measured_w is None else MEASURED_SAID


def _host_factors(host_watts: float | None) -> tuple[Factor, ...]:
    if host_watts is None:
        return ()
    spread = KNOWN_LOAD.times(host_watts)
    return (
        Factor(id="host_w", value=host_watts, unit="W", low=spread.low, high=spread.high, source="given by the user"),
    )


def _lines(
    found: Accelerator,
    *,
    number: int,
    hours: float,
    power_w: Spread,
    host_watts: float | None,
    grid: Grid,
    pue: Pue,
) -> tuple[Line, ...]:
    it_kwh = (power_w.central * number + (host_watts or 0.0)) * hours / 1000
    each, host = (
        f"{number} × {shown(power_w.central)} W",
        "" if host_watts is None else f" + {shown(host_watts)} W host",
    )
    energy = f"{each} × {shown(hours)} h" if host_watts is None else f"({each}{host}) × {shown(hours)} h"
    lines = [
        Line(
            "power",
            f"{shown(power_w.central)} W a device ({shown(power_w.low)} to {shown(power_w.high)}), "
            f"rated {shown(found.most_w)} W",
            found.source,
        ),
        Line("IT energy", f"{energy} / 1000 = {shown(it_kwh)} kWh"),
        Line("PUE", f"{shown(pue.value)} ({shown(pue.low)} to {shown(pue.high)})", pue.source),
    ]
    grams = grid.g_co2e_per_kwh
    if grams is None or grid.low is None or grid.high is None:
        return (*lines, Line("grid intensity", "unknown", grid.source))
    kilograms = it_kwh * pue.value * grams / 1000
    return (
        *lines,
        Line("grid intensity", f"{shown(grams)} g CO2e/kWh ({shown(grid.low)} to {shown(grid.high)})", grid.source),
        Line(
            "operational",
            f"{shown(it_kwh)} kWh × PUE {shown(pue.value)} × {shown(grams)} g/kWh / 1000 = {shown(kilograms)} kg CO2e",
        ),
    )
