"""A cloud instance's operational and embodied emissions (scope 2 and scope 3).

operational = power at load × hours × PUE × grid intensity; embodied = share of manufacture per hour × hours. Power and
manufacture are the Teads data's for the AWS instances that it has, else composed of the instance's parts.
`as published` takes the Teads data's own grid and PUE, which reproduces Valohai's estimate; without it, today's grid
and PUE hold, as for measured work.
"""

from attrs import frozen

from neuclir_carbon.errors import BadOption
from neuclir_carbon.estimate import composed_machine, inputs, published_machine
from neuclir_carbon.estimate.assumptions import LIFETIME_YEARS
from neuclir_carbon.estimate.machine import Machine, Manufacture
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import instances
from neuclir_carbon.factors.composed_instances import ComposedInstance
from neuclir_carbon.factors.grid import resolve_grid
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
    lifetime_years: float | None = None,
) -> Estimate:
    """`count` instances for `hours` hours at a mean load in %, their manufacture divided over `lifetime_years`.

    A load of None is unknown (50 % between 10 % and 100 % of an instance of the Teads data, 75 % between 30 % and 100 %
    of accelerators' TDP else), a lifetime of None is 4 years between 3 and 6. `UnknownName` and `BadOption` say what is
    wrong with an input.
    """
    number, time_h = inputs.count("--count", count, "instances"), inputs.hours(hours)
    if load is not None:
        load = inputs.number("--load", load, least=0, most=100, what="the mean load in %")
    if lifetime_years is not None:
        lifetime_years = inputs.lifetime_years(lifetime_years)
    machine = _machine(provider, instance, load, lifetime_years, as_published=as_published)
    around = _as_published(region) if as_published else _today(provider, region)
    embodied = None if machine.manufacture is None else _embodied(machine.manufacture, number * time_h)
    suffix = ", as published" if as_published else ""
    return estimate_from(
        method=METHOD,
        title=f"{number} × {provider} {machine.name}, {shown(time_h)} h, {region}{suffix}",
        hours=time_h,
        hardware={"provider": provider, "instance": machine.name, "count": number, **machine.hardware},
        component="machine",
        it_kwh=machine.whole_power_w.times(number * time_h / 1000),
        parts_kwh={name: watts.times(number * time_h / 1000) for name, watts in machine.power_w.items()},
        pue=around.pue,
        grid=around.grid,
        embodied=embodied,
        factors=(*machine.factors, *around.factors),
        inputs={
            "provider": provider, "instance": machine.name, "region": region, "hours": time_h, "count": number,
            "load_percent": load, "as_published": as_published, "lifetime_years": lifetime_years,
        },
        lines=_lines(machine, number=number, hours=time_h, around=around, embodied=embodied),
        assumptions=machine.assumptions,
        warnings=machine.warnings,
    )  # fmt: skip


def _machine(
    provider: str, instance: str, load: float | None, lifetime_years: float | None, *, as_published: bool
) -> Machine:
    """The machine of this name; `BadOption` where it is asked for as published and nobody published it so."""
    found = instances.instance(provider, instance)
    if isinstance(found, ComposedInstance):
        if as_published:
            raise BadOption(
                f"--as-published is given for {provider} instance '{instance}', which the source (Teads' data of AWS, "
                "2022) does not have: its power is composed of its parts; leave --as-published out"
            )
        return composed_machine.machine(found, load, lifetime_years)
    if as_published and lifetime_years not in (None, LIFETIME_YEARS.central):
        raise BadOption(
            f"--lifetime-years is {lifetime_years:g} with --as-published, whose source divides manufacture by "
            f"{LIFETIME_YEARS.central:g} years; leave one of them out"
        )
    return published_machine.machine(found, load, lifetime_years)


def _embodied(manufacture: Manufacture, instance_hours: float) -> Embodied:
    spread = manufacture.kg_per_h.times(instance_hours)
    return Embodied(kg_co2e=spread.central, low=spread.low, high=spread.high, source=manufacture.source[:500])


def _today(provider: str, region: str) -> _Surroundings:
    place = Place(cloud=provider, cloud_region=region)
    grid, grid_factors = resolve_grid(place)
    pue, pue_factors = resolve_pue(PueChoice(), place)
    return _Surroundings(grid, pue, (*grid_factors, *pue_factors))


def _as_published(region: str) -> _Surroundings:
    """The source's own values, between today's bounds widened to contain them."""
    published, today = instances.published_region(region), _today(instances.PUBLISHED_PROVIDER, region)
    bounds = [bound for bound in (today.grid.low, today.grid.high) if bound is not None]
    grams = Spread.exact(published.g_co2e_per_kwh).containing(*bounds)
    pue = Spread.exact(published.pue).containing(today.pue.low, today.pue.high)
    source = published_machine.SOURCE
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


def _lines(
    machine: Machine, *, number: int, hours: float, around: _Surroundings, embodied: Embodied | None
) -> tuple[Line, ...]:
    power_w = machine.whole_power_w.central
    it_kwh = power_w * number * hours / 1000
    grid, pue = around.grid, around.pue
    grams = grid.g_co2e_per_kwh
    lines = [
        *machine.lines,
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
    return (*lines, _embodied_line(machine, number, hours, embodied))


def _embodied_line(machine: Machine, number: int, hours: float, embodied: Embodied | None) -> Line:
    if embodied is None or machine.manufacture is None:
        return Line("embodied", "unknown: our tables have no manufacture of this accelerator")
    return Line(
        "embodied",
        f"{number} × {machine.manufacture.text} × {shown(hours)} h = {shown(embodied.kg_co2e)} kg CO2e "
        f"({shown(embodied.low)} to {shown(embodied.high)})",
        embodied.source,
    )
