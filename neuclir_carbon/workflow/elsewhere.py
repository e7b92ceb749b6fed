"""The same work elsewhere: the same IT energy under another place's grid, and under its PUE where it is a cloud's."""

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from neuclir_carbon.errors import BadOption
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.places import cloud_regions
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.quantities import Range, total
from neuclir_carbon.model.record import ActivityRecord, Grid, Pue, emissions_of, it_spread

MOST_PLACES = 500


@frozen(kw_only=True)
class Elsewhere:
    """What work would have emitted in another place: kg CO2e with the range, the grid and the PUE there (None: as the
    work had it). `emissions_kg_co2e` is None where the place's grid or the work's energy is not known."""

    place: str
    emissions_kg_co2e: Range | None
    grid: Grid
    pue: Pue | None


def parsed_place(text: str) -> Place:
    """The place of `FRA`, `USA:vermont` or `aws:eu-north-1`; `BadOption` for another form. Its names are checked when
    it is resolved."""
    first, colon, rest = text.partition(":")
    if not first or (colon and not rest):
        raise BadOption(f"--in is {text[:60]!a}, wanted COUNTRY, COUNTRY:REGION or PROVIDER:REGION, such as FRA, "
                        "USA:vermont, aws:eu-north-1")  # fmt: skip
    if colon and first in {provider for provider, _ in cloud_regions()}:
        return Place(cloud=first, cloud_region=rest)
    return Place(country=first, region=rest or None)


def elsewhere(records: Sequence[ActivityRecord], places: Iterable[str]) -> tuple[Elsewhere, ...]:
    """The records' work in each of the places, the least emissions first. `BadOption` and `UnknownName` say what is
    wrong with a place. Steps inside a record among these are part of it and are not to be given here."""
    named = tuple(dict.fromkeys(places))
    if len(named) > MOST_PLACES:
        raise BadOption(f"--in is given {len(named)} times; at most {MOST_PLACES} are allowed")
    found = [_there(records, name, parsed_place(name)) for name in named]
    return tuple(sorted(found, key=lambda one: _central(one.emissions_kg_co2e)))


def _there(records: Sequence[ActivityRecord], name: str, place: Place) -> Elsewhere:
    grid, _ = resolve_grid(place)
    pue = resolve_pue(PueChoice(), place)[0] if place.cloud else None
    emitted = [_emitted(record, grid, pue) for record in records]
    known = [one for one in emitted if one is not None]
    return Elsewhere(
        place=name, emissions_kg_co2e=total(known) if len(known) == len(emitted) else None, grid=grid, pue=pue
    )


def _emitted(record: ActivityRecord, grid: Grid, pue: Pue | None) -> Range | None:
    facility = pue or record.pue
    if facility is None or record.energy.it_kwh is None or grid.g_co2e_per_kwh is None:
        return None
    emissions, _ = emissions_of(
        {"it_energy_kwh": it_spread(record.energy.components)},
        facility,
        evolve(grid, basis="location"),
        record.embodied,
    )
    return emissions.range


def _central(found: Range | None) -> float:
    return float("inf") if found is None else found.central
