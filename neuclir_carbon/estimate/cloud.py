"""A cloud instance's operational and embodied emissions, from the Teads data set (scope 2 and scope 3).

operational = power at load × hours × PUE × grid intensity; embodied = share of manufacture per hour × hours.
`as published` takes the source's own grid and PUE, which reproduces Valohai's estimate; without it, today's grid and
PUE hold, as for measured work.
"""

from attrs import frozen

from neuclir_carbon.estimate import inputs
from neuclir_carbon.estimate.assumptions import (
    CARD_HIGH_KG,
    CARD_KG,
    EMBODIED_SAID,
    KNOWN_LOAD,
    KNOWN_LOAD_SAID,
    LIFETIME_YEARS,
    UNKNOWN_LOAD_PERCENT,
    UNKNOWN_LOAD_SAID,
)
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import instances
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.instances import Instance
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Embodied, Factor, Grid, Pue

METHOD = "cloud"


@frozen
class _Surroundings:
    """Grid and PUE that hold, with the numbers behind them."""

    grid: Grid
    pue: Pue
    factors: tuple[Factor, ...]


def estimate(
    *,
    provider: str,
    instance: str,
    region: str,
    hours: float,
    load: float | None = None,
    count: int = 1,
    as_published: bool = False,
) -> Estimate:
    """`count` instances for `hours` hours at a mean load in % (None: unknown, 50 % between 10 % and 100 %).

    `UnknownName` and `BadOption` say what is wrong with an input.
    """
    found = instances.instance(provider, instance)
    number, time_h = inputs.count("--count", count, "instances"), inputs.hours(hours)
    if load is not None:
        load = inputs.number("--load", load, least=0, most=100, what="the mean load in %")
    around = _as_published(provider, region) if as_published else _today(provider, region)
    power_w = _power(found, load)
    embodied = _embodied(found, number * time_h)
    suffix = ", as published" if as_published else ""
    return estimate_from(
        method=METHOD,
        title=f"{number} × {provider} {found.name}, {shown(time_h)} h, {region}{suffix}",
        hours=time_h,
        hardware=_hardware(found, number),
        component="machine",
        it_kwh=power_w.times(number * time_h / 1000),
        pue=around.pue,
        grid=around.grid,
        embodied=embodied,
        factors=(*_power_factors(found, load), found.manufacture_factor, *around.factors),
        inputs={
            "provider": provider, "instance": found.name, "region": region, "hours": time_h, "count": number,
            "load_percent": load, "as_published": as_published,
        },
        lines=_lines(
            found, number=number, hours=time_h, load=_central_load(load), power_w=power_w.central, around=around,
            embodied=embodied,
        ),
        assumptions=(UNKNOWN_LOAD_SAID if load is None else KNOWN_LOAD_SAID, EMBODIED_SAID),
    )  # fmt: skip


def _central_load(load: float | None) -> float:
    return UNKNOWN_LOAD_PERCENT.central if load is None else load


def _power(found: Instance, load: float | None) -> Spread:
    """Power of one instance in W."""
    if load is not None:
        return KNOWN_LOAD.times(found.power_w_at(load))
    low, central, high = (
        found.power_w_at(percent)
        for percent in (UNKNOWN_LOAD_PERCENT.low, UNKNOWN_LOAD_PERCENT.central, UNKNOWN_LOAD_PERCENT.high)
    )
    return Spread(low, central, high)


def _power_factors(found: Instance, load: float | None) -> tuple[Factor, ...]:
    if load is not None:
        return (found.power_factor(load),)
    percents = (UNKNOWN_LOAD_PERCENT.low, UNKNOWN_LOAD_PERCENT.central, UNKNOWN_LOAD_PERCENT.high)
    return tuple(found.power_factor(percent) for percent in percents)


def _embodied(found: Instance, instance_hours: float) -> Embodied:
    """Its share of manufacture in kg CO2e, with the bounds of lifetime and of what an accelerator's making costs."""
    grams_per_h = found.manufacture_g_per_h
    cards_g_per_h = found.accelerators * (CARD_HIGH_KG - CARD_KG) * 1000 / instances.LIFETIME_H
    spread = Spread(
        grams_per_h * LIFETIME_YEARS.central / LIFETIME_YEARS.high,
        grams_per_h,
        (grams_per_h + cards_g_per_h) * LIFETIME_YEARS.central / LIFETIME_YEARS.low,
    ).times(instance_hours / 1000)
    return Embodied(kg_co2e=spread.central, low=spread.low, high=spread.high, source=_source())


def _today(provider: str, region: str) -> _Surroundings:
    place = Place(cloud=provider, cloud_region=region)
    grid, grid_factors = resolve_grid(place)
    pue, pue_factors = resolve_pue(PueChoice(), place)
    return _Surroundings(grid, pue, (*grid_factors, *pue_factors))


def _as_published(provider: str, region: str) -> _Surroundings:
    """The source's own values, between today's bounds widened to contain them."""
    published, today = instances.published_region(provider, region), _today(provider, region)
    bounds = [bound for bound in (today.grid.low, today.grid.high) if bound is not None]
    grams = Spread.exact(published.g_co2e_per_kwh).containing(*bounds)
    pue = Spread.exact(published.pue).containing(today.pue.low, today.pue.high)
    source = _source()
    grid_source = f"{source}; range with {_in_one(today.grid.source)}"
    grid = Grid(
        g_co2e_per_kwh=grams.central, low=grams.low, high=grams.high, country=today.grid.country, region=region,
        year=instances.REGION_YEAR, source=grid_source[:500], basis="as published",
    )  # fmt: skip
    factors = (
        Factor(
            id=f"instance.aws.{region}.grid", value=grams.central, unit="g CO2e/kWh", year=instances.REGION_YEAR,
            source=instances.SOURCE, version=version(instances.DISTRIBUTION),
        ),
        Factor(
            id=f"instance.aws.{region}.pue", value=pue.central, unit="1", source=instances.SOURCE,
            version=version(instances.DISTRIBUTION),
        ),
    )  # fmt: skip
    return _Surroundings(
        grid,
        Pue(value=pue.central, low=pue.low, high=pue.high, source=f"{source}; range with {today.pue.source}"[:500]),
        (*factors, *today.factors),
    )


def _in_one(source: str) -> str:
    """The resolver's sources as one list."""
    return source.replace("; range with ", ", ")


def _source() -> str:
    return f"{instances.SOURCE} {version(instances.DISTRIBUTION)}"


def _hardware(found: Instance, number: int) -> dict[str, object]:
    hardware: dict[str, object] = {"provider": found.provider, "instance": found.name, "count": number}
    if found.accelerator is not None:
        hardware |= {"accelerator": found.accelerator, "accelerators_per_instance": found.accelerators}
    return hardware


def _lines(
    found: Instance,
    *,
    number: int,
    hours: float,
    load: float,
    power_w: float,
    around: _Surroundings,
    embodied: Embodied,
) -> tuple[Line, ...]:
    it_kwh = power_w * number * hours / 1000
    grid, pue = around.grid, around.pue
    grams = grid.g_co2e_per_kwh
    lines = [
        Line("power", f"{shown(power_w)} W at {shown(load)} % load", _source()),
        Line("IT energy", f"{number} × {shown(power_w)} W × {shown(hours)} h / 1000 = {shown(it_kwh)} kWh"),
        Line("PUE", f"{shown(pue.value)} ({shown(pue.low)} to {shown(pue.high)})", pue.source),
    ]
    if grams is not None and grid.low is not None and grid.high is not None:
        operational = it_kwh * pue.value * grams / 1000
        lines += [
            Line("grid intensity", f"{shown(grams)} g CO2e/kWh ({shown(grid.low)} to {shown(grid.high)})", grid.source),
            Line(
                "operational",
                f"{shown(it_kwh)} kWh × PUE {shown(pue.value)} × {shown(grams)} g/kWh / 1000 = "
                f"{shown(operational)} kg CO2e",
            ),
        ]
    per_h = shown(found.manufacture_g_per_h)
    lines.append(
        Line(
            "embodied",
            f"{number} × {per_h} g/h × {shown(hours)} h / 1000 = {shown(embodied.kg_co2e)} kg CO2e "
            f"({shown(embodied.low)} to {shown(embodied.high)})",
            embodied.source,
        )
    )
    return tuple(lines)
