"""A statement of another tracker as an activity record.

The tool's own figures stay what they are: the energy that it reported, without the PUE that it put in, and the
intensity that its emissions imply. What no tool tells is the range: how its energies may be off, and between which
figures the grid's sources differ for the place.
"""

import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from attrs import frozen

from neuclir_carbon.checks.intake import MOST_G_PER_KWH, has_too_much_power
from neuclir_carbon.errors import CarbonError, UnknownName
from neuclir_carbon.estimate import allocation
from neuclir_carbon.factors.grid import UNIT, resolve_grid
from neuclir_carbon.factors.power import reported_factor
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import (
    ActivityRecord,
    Component,
    Emissions,
    Factor,
    Grid,
    Pue,
    emissions_of,
    energy_of,
    it_spread,
)
from neuclir_carbon.model.reported import Reported
from neuclir_carbon.model.row_counting import Amount
from neuclir_carbon.model.times import from_timestamp
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.documents import sealed
from neuclir_carbon.store.intake.rows import New
from neuclir_carbon.workflow.estimating import Purpose
from neuclir_carbon.workflow.placing import Settled

PARTS_AGREE = 1e-9
# As the record's schema has it, in characters.
MOST_REGION = 80
_PARTS = ("cpu", "gpu", "ram")


@frozen(kw_only=True)
class Bringing:
    """What an import says of all records: what the work was for, where it ran where no file tells, and in which zone
    times without one are (None: read as UTC)."""

    purpose: Purpose
    settled: Settled
    zone: ZoneInfo | None = None


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its name in the IANA database; `UnknownName` with the nearest ones."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownName("time zone", name, available_timezones(), hint="for example Europe/Berlin") from None


def record_of(new: New, bringing: Bringing) -> ActivityRecord:
    """The record of a statement that counts, sealed with its digest. The same statement gives the same record wherever
    it is imported with the same options. Figures that can't be true stay unknown."""
    reported = new.reported
    is_unusable = has_too_much_power(reported)
    amount = Amount(duration_s=new.amount.duration_s) if is_unusable else new.amount
    pue, pue_factors = _pue(reported, bringing)
    components, energy_factors, is_modelled = _components(reported, amount, pue_inside(reported))
    grid, grid_factors = _grid(reported, amount, bringing)
    if components:
        emissions, dominant = emissions_of({"it_energy_kwh": it_spread(components)}, pue, grid, None)
    else:
        emissions, dominant = _as_reported(amount.emissions_kg), None
    started_at, ended_at = _times(reported, amount, bringing.zone)
    purpose = bringing.purpose
    return sealed(
        ActivityRecord(
            record_id=f"{reported.origin.tool}-{new.digest.hex()}",
            activity=purpose.activity,
            label=purpose.label or reported.label,
            run_tags=purpose.run_tags,
            method="estimated" if is_modelled else "imported",
            started_at=started_at,
            ended_at=ended_at,
            duration_s=amount.duration_s,
            hardware=dict(reported.origin.hardware),
            energy=energy_of(components, pue),
            pue=pue if components else None,
            grid=grid if components else None,
            emissions=emissions,
            dominant_factor=dominant,
            factors=(*energy_factors, *(pue_factors if components else ()), *(grid_factors if components else ())),
            source=_source(new),
            tool=THIS_TOOL,
            notes={"unusable": "the figures in `source` can't be true: see INT014"} if is_unusable else {},
        )
    )


def pue_inside(reported: Reported) -> float:
    """The PUE by which the tool multiplied its energies."""
    return reported.pue or 1.0


def intensity_of(amount: Amount) -> float | None:
    """The intensity in g CO2e/kWh that emissions and energy imply; None where they imply none that a grid can have."""
    if not amount.energy_kwh or amount.emissions_kg is None:
        return None
    found = amount.emissions_kg / amount.energy_kwh * 1000
    return found if math.isfinite(found) and found <= MOST_G_PER_KWH else None


def _pue(reported: Reported, bringing: Bringing) -> tuple[Pue, tuple[Factor, ...]]:
    """The PUE that the tool put in; where it put in none (1, its default), what the user says."""
    inside = pue_inside(reported)
    if inside != 1:
        source = f"reported by {_tool(reported)}"
        return Pue(value=inside, low=inside, high=inside, source=source), ()
    place = Place() if reported.origin.country else bringing.settled.place
    return resolve_pue(bringing.settled.pue, place)


def _components(
    reported: Reported, amount: Amount, inside: float
) -> tuple[tuple[Component, ...], tuple[Factor, ...], bool]:
    """The IT energy by part, the numbers behind it, and whether it is an estimate; nothing where it is unknown."""
    if amount.energy_kwh is None:
        if reported.allocation is None or amount.duration_s is None:
            return (), (), False
        return *allocation.components_of(reported.allocation, amount.duration_s), True
    scope = "job" if reported.origin.mode == "process" else "machine"
    parts = {part: kwh for part in _PARTS if (kwh := getattr(amount, f"{part}_kwh")) is not None}
    agree = parts and math.isclose(math.fsum(parts.values()), amount.energy_kwh, rel_tol=PARTS_AGREE, abs_tol=1e-18)
    if not agree or min(parts.values()) < 0:
        parts = {"machine": amount.energy_kwh}
    components, factors = [], {}
    for part, kwh in parts.items():
        factor = reported_factor(reported.origin.tool, part)
        share = Spread(factor.low or 0.0, factor.value, factor.high or 0.0)
        spread = share.times(kwh / inside)
        components.append(
            Component(
                component=part, kwh=spread.central, low_kwh=spread.low, high_kwh=spread.high, method="reported",
                scope=scope,
            )
        )  # fmt: skip
        factors[factor.id] = factor
    return tuple(components), tuple(factors.values()), False


def _grid(reported: Reported, amount: Amount, bringing: Bringing) -> tuple[Grid, tuple[Factor, ...]]:
    """The grid that the tool's emissions imply, with the range of our sources for its place; without emissions, the
    grid of the place that it names, else of the place that the user names."""
    implied = intensity_of(amount)
    if implied is None:
        stated = reported.intensity_g_per_kwh
        implied = stated if stated is not None and stated <= MOST_G_PER_KWH else None
    if implied is None:
        return _known_grid(reported) or resolve_grid(bringing.settled.place)
    bounds, factors = _bounds(reported)
    low, high = min([implied, *bounds]), max([implied, *bounds])
    source = f"as reported by {_tool(reported)}"
    reported_as = Factor(id="grid.as-reported", value=implied, unit=UNIT, low=low, high=high, source=source)
    origin = reported.origin
    return Grid(
        g_co2e_per_kwh=implied, low=low, high=high, country=_country(origin.country),
        region=(origin.region or origin.cloud_region or "")[:MOST_REGION] or None, source=source, basis="as reported",
    ), (reported_as, *factors)  # fmt: skip


def _bounds(reported: Reported) -> tuple[list[float], tuple[Factor, ...]]:
    """Between which intensities (g CO2e/kWh) our sources lie for the place: the whole world's where it is in doubt;
    none where the tool names no place that they know."""
    found = resolve_grid(Place()) if reported.origin.place_in_doubt else _known_grid(reported)
    if found is None:
        return [], ()
    grid, factors = found
    return [bound for bound in (grid.low, grid.high) if bound is not None], factors


def _known_grid(reported: Reported) -> tuple[Grid, tuple[Factor, ...]] | None:
    """What our tables say of the place that the tool names; None where they do not know it."""
    origin = reported.origin
    if origin.country is None:
        return None
    for region in (origin.region, None):
        try:
            return resolve_grid(Place(country=origin.country, region=region))
        except CarbonError:
            continue
    return None


def _country(code: str | None) -> str | None:
    return code if code and len(code) == 3 and code.isascii() and code.isupper() else None


def _as_reported(kilograms: float | None) -> Emissions:
    """Emissions of an unknown energy: what the tool says, without bounds of its own."""
    if kilograms is None:
        return Emissions()
    return Emissions(
        operational_kg_co2e=kilograms, total_kg_co2e=kilograms, low_kg_co2e=kilograms, high_kg_co2e=kilograms,
        likely_low_kg_co2e=kilograms, likely_high_kg_co2e=kilograms,
    )  # fmt: skip


def _times(reported: Reported, amount: Amount, zone: ZoneInfo | None) -> tuple[str | None, str | None]:
    """(start, end) in UTC; a start after what earlier imports counted, where they counted a part of it."""
    start_s, duration_s = reported.started_s, amount.duration_s
    if start_s is None:
        return None, None
    if reported.duration_s is not None and duration_s is not None:
        start_s += reported.duration_s - duration_s
    if zone is not None and not reported.has_zone:
        local = datetime.fromtimestamp(start_s, UTC).replace(tzinfo=zone)
        start_s = local.timestamp()
    try:
        return from_timestamp(start_s), None if duration_s is None else from_timestamp(start_s + duration_s)
    except (ValueError, OverflowError, OSError):
        return None, None


def _source(new: New) -> dict[str, Any]:
    """Where a record is from, and what the tool itself said: enough to know the statement again."""
    reported, amount = new.reported, new.amount
    told: dict[str, Any] = {
        "kind": "import",
        "tool": reported.origin.tool,
        "version": reported.origin.version,
        "statement": new.digest.hex(),
        "run": reported.run,
        "is_part": reported.is_part,
        "rows": new.rows,
        "written_at_s": reported.written_s,
        "times": "UTC" if reported.has_zone else "local, zone unknown",
        "cloud": reported.origin.cloud,
        "cloud_region": reported.origin.cloud_region,
        "reported": {
            "duration_s": reported.duration_s,
            "energy_kwh": reported.energy_kwh,
            "cpu_kwh": reported.cpu_kwh,
            "gpu_kwh": reported.gpu_kwh,
            "ram_kwh": reported.ram_kwh,
            "emissions_kg_co2e": reported.emissions_kg,
            "pue": reported.pue,
        },
    }
    if amount.energy_kwh != reported.energy_kwh or amount.emissions_kg != reported.emissions_kg:
        told["counted"] = {
            "duration_s": amount.duration_s, "energy_kwh": amount.energy_kwh, "emissions_kg_co2e": amount.emissions_kg,
        }  # fmt: skip
    return told


def _tool(reported: Reported) -> str:
    origin = reported.origin
    return f"{origin.tool} {origin.version}" if origin.version else origin.tool
