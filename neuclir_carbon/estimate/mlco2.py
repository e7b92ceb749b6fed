"""ML CO2 Impact's calculation, to the digit: device × hours × region, with the rounding that its page shows.

energy = round2(W × device-hours / 1000), intensity = round2(int(g/kWh) / 1000), kg = round2(energy × intensity)
(mlco2/impact d0d3ee5, js/grayscale.js 234–247, js/data.js). No PUE, host, memory or manufacture; full TDP.
"""

from decimal import ROUND_HALF_UP, Decimal

from neuclir_carbon.estimate import inputs
from neuclir_carbon.estimate.assumptions import LOAD, LOAD_SAID
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import devices, mlco2
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.pue import published_spread
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor, Grid, Pue

METHOD = "mlco2"
SOURCE = f"mlco2/impact {mlco2.VERSION}"
OMITS = "ML CO2 Impact counts the device at its full TDP alone: no PUE, host, memory or manufacture"


def estimate(*, device: str, count: int, hours: float, provider: str, region: str) -> Estimate:
    """`count` devices for `hours` hours in a provider's region.

    The page's figure is central. Low and high are our own for the same device, hours and place, widened to contain it.
    `UnknownName` and `BadOption` say what is wrong with an input.
    """
    found, where = mlco2.device(device), mlco2.region(provider, region)
    number, time_h = inputs.count("--count", count, "devices"), inputs.hours(hours)
    exact_kwh = found.tdp_w * (number * time_h) / 1000
    page_kwh = as_shown(exact_kwh)
    page_kg_per_kwh = as_shown(int(where.g_co2e_per_kwh) / 1000)
    page_kg = as_shown(page_kwh * page_kg_per_kwh)
    grid, grid_factors = _grid(where, page_kg_per_kwh)
    return estimate_from(
        method=METHOD,
        title=f"{number} × {found.name}, {shown(time_h)} h, {provider} {region} (ML CO2 Impact)",
        hours=time_h,
        hardware={"device": found.name, "count": number},
        component="cpu" if found.kind == "cpu" else "gpu",
        it_kwh=_energy(found, number, time_h, page_kwh),
        pue=_pue(provider),
        grid=grid,
        embodied=None,
        factors=(found.factor, where.factor, *grid_factors, *_device_factors(found)),
        inputs={"device": device, "count": number, "hours": time_h, "provider": provider, "region": region},
        lines=_lines(
            found, where, number=number, hours=time_h, page_kwh=page_kwh, page_kg_per_kwh=page_kg_per_kwh,
            page_kg=page_kg,
        ),
        assumptions=(OMITS, f"low bound: {LOAD_SAID}"),
        warnings=_warnings(found, where, exact_kwh, page_kwh),
        details={
            "as_shown_on_the_page": {
                "energy_kwh": page_kwh, "impact_kg_co2e_per_kwh": page_kg_per_kwh, "co2_kg": page_kg,
                "offset_by_provider_kg": as_shown(page_kg * where.offset_percent / 100),
            }
        },
    )  # fmt: skip


def as_shown(value: float) -> float:
    """The value as JavaScript's `Number(x.toFixed(2))` has it: two decimals of the exact binary value, ties up."""
    return float(Decimal(value).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def _energy(found: mlco2.Mlco2Device, number: int, hours: float, page_kwh: float) -> Spread:
    powers = [devices.accelerator(name).power_w(LOAD) for name in found.accelerators]
    lowest = min([found.tdp_w * LOAD.low, *(power.low for power in powers)])
    highest = max([found.tdp_w, *(power.high for power in powers)])
    device_kh = number * hours / 1000
    return Spread(lowest * device_kh, page_kwh, highest * device_kh).containing(page_kwh)


def _grid(where: mlco2.Mlco2Region, page_kg_per_kwh: float) -> tuple[Grid, tuple[Factor, ...]]:
    today, factors = resolve_grid(where.place)
    page_g_per_kwh = page_kg_per_kwh * 1000
    # 0.37 × 1000 must be 370 and 0.57 × 1000 must be 570, whatever binary floats make of it.
    page_g_per_kwh = round(page_g_per_kwh, 6)
    source = f"{SOURCE}, rounded as on its page; range with {today.source.replace('; range with ', ', ')}"
    known = [where.g_co2e_per_kwh, *(bound for bound in (today.low, today.high) if bound is not None)]
    spread = Spread.exact(page_g_per_kwh).containing(*known)
    return Grid(
        g_co2e_per_kwh=spread.central, low=spread.low, high=spread.high, country=where.country, region=where.region,
        year=where.year, source=source[:500],
        basis="as published",
    ), factors  # fmt: skip


def _pue(provider: str) -> Pue:
    site = provider if provider in ("aws", "azure", "gcp") else "cloud"
    worst = published_spread(site).high
    return Pue(value=1.0, low=1.0, high=worst, source="none in ML CO2 Impact; high: the provider's worst region")


def _device_factors(found: mlco2.Mlco2Device) -> tuple[Factor, ...]:
    return tuple(devices.accelerator(name).factor for name in found.accelerators)


def _lines(
    found: mlco2.Mlco2Device,
    where: mlco2.Mlco2Region,
    *,
    number: int,
    hours: float,
    page_kwh: float,
    page_kg_per_kwh: float,
    page_kg: float,
) -> tuple[Line, ...]:
    grams = shown(where.g_co2e_per_kwh)
    return (
        Line("power", f"{shown(found.tdp_w)} W a device", f"{SOURCE}, data/gpus.csv: {found.source}"),
        Line("IT energy", f"{number} × {shown(found.tdp_w)} W × {shown(hours)} h / 1000 = {shown(page_kwh)} kWh"),
        Line(
            "grid intensity",
            f"{grams} g CO2e/kWh, which the page shows as {page_kg_per_kwh:.2f} kg/kWh",
            f"{SOURCE}, data/impact.csv: {where.source}",
        ),
        Line("emissions", f"{shown(page_kwh)} kWh × {page_kg_per_kwh:.2f} kg/kWh = {page_kg:.2f} kg CO2e"),
        Line("provider's claim", f"{shown(where.offset_percent)} % offset by the provider: shown, never subtracted"),
    )


def _warnings(found: mlco2.Mlco2Device, where: mlco2.Mlco2Region, exact_kwh: float, page_kwh: float) -> tuple[str, ...]:
    said = [f"{name}: {note}" for name, note in ((found.name, found.note), (where.region, where.note)) if note]
    if exact_kwh > 0 and abs(page_kwh - exact_kwh) > 0.01 * exact_kwh:
        said.append(
            f"the page rounds {shown(exact_kwh)} kWh to {page_kwh:.2f} kWh; for work as short as this, "
            "use 'neuclir-carbon estimate device'"
        )
    return tuple(said)
