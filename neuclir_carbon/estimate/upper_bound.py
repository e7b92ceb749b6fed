"""The organizers' upper bound of AIcrowd's "carbon neutral challenges": processors × 150 W × hours × 455.4 g/kWh.

Every processor is taken to draw the bound all the time. No PUE, host, memory or manufacture.
"""

from neuclir_carbon.estimate import inputs
from neuclir_carbon.estimate.assumptions import LOAD
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import devices
from neuclir_carbon.factors.grid import MOST_G_PER_KWH
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor, Grid, Pue

METHOD = "upper-bound"
WATTS = 150.0
G_PER_KWH = 455.4
SOURCE = 'AIcrowd, "carbon neutral challenges" (www.aicrowd.com/blogs/carbon-neutral)'
GRID_SOURCE = f"{SOURCE}: 0.0004554 t/kWh, Carbonfund's average of the USA"
SAID = f"low: {LOAD.low:.0%} of the bound (assumption); high is the bound itself. No PUE, host, memory or manufacture"


def estimate(
    *, processors: int, hours: float, watts: float = WATTS, intensity: float = G_PER_KWH, device: str | None = None
) -> Estimate:
    """`processors` processors at `watts` W each for `hours` hours, under `intensity` g CO2e/kWh.

    `device` names what the processors are, so that a device which draws more than the bound is warned of.
    `UnknownName` and `BadOption` say what is wrong with an input.
    """
    number = inputs.count("--processors", processors, "processors")
    time_h, power_w = inputs.hours(hours), inputs.watts(watts)
    grams = inputs.number("--intensity", intensity, least=0, most=MOST_G_PER_KWH, what="the intensity in g CO2e/kWh")
    bound_kwh = number * power_w * time_h / 1000
    published = (power_w == WATTS, grams == G_PER_KWH)
    grid = Grid(
        g_co2e_per_kwh=grams, low=grams, high=grams, source=GRID_SOURCE if published[1] else "given by the user",
        basis="as published" if published[1] else "given",
    )  # fmt: skip
    power_source = SOURCE if published[0] else "given by the user"
    kilograms = shown(bound_kwh * grams / 1000)
    return estimate_from(
        method=METHOD,
        title=f"upper bound: {number} {'processor' if number == 1 else 'processors'}, {shown(time_h)} h",
        hours=time_h,
        hardware={"processors": number, **({"device": device} if device else {})},
        component="cpu",
        it_kwh=Spread(bound_kwh * LOAD.low, bound_kwh, bound_kwh),
        pue=Pue(value=1.0, low=1.0, high=1.0, source="none in AIcrowd's bound"),
        grid=grid,
        embodied=None,
        factors=(
            Factor(id="upper-bound.watts", value=power_w, unit="W", source=power_source),
            Factor(id="upper-bound.grid", value=grams, unit="g CO2e/kWh", source=grid.source),
        ),
        inputs={"processors": number, "hours": time_h, "watts": power_w, "intensity_g_co2e_per_kwh": grams},
        lines=(
            Line("power", f"{shown(power_w)} W a processor, all the time", power_source),
            Line("IT energy", f"{number} × {shown(power_w)} W × {shown(time_h)} h / 1000 = {shown(bound_kwh)} kWh"),
            Line("grid intensity", f"{shown(grams)} g CO2e/kWh", grid.source),
            Line("emissions", f"{shown(bound_kwh)} kWh × {shown(grams)} g/kWh / 1000 = {kilograms} kg CO2e"),
        ),
        assumptions=(SAID,),
        warnings=_warnings(device, power_w),
    )


def _warnings(device: str | None, bound_w: float) -> tuple[str, ...]:
    if device is None:
        return ()
    most_w = devices.most_w(device)
    if most_w <= bound_w:
        return ()
    return (
        f"{device} draws up to {shown(most_w)} W, more than the bound of {shown(bound_w)} W: this is no upper bound; "
        f"give --watts {shown(most_w)}",
    )
