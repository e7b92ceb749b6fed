"""All activities under one set of grid factors: what of the difference between teams comes of the factors alone.

Energy, PUE and place stay as they were told; the carbon intensity is that of the tables installed here, by the one
resolver of `factors.grid`. A record whose intensity was typed, or taken from a publication, gets its place's figure
like any other; a record that names no place, or one of which no table has a figure, gets the world's range.

The difference between teams is the mean, over all pairs of teams, of the difference of their totals t (Gini's mean
difference). With h the recomputed totals, a pair's difference t_i − t_j is h_i − h_j, which stays under one set of
factors, plus (t_i − h_i) − (t_j − h_j), which comes of the factors alone. Summed up with the sign of t_i − t_j over all
pairs, the two are parts that add up to the mean difference.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from attrs import field, frozen

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.places import cloud_regions, regions_of
from neuclir_carbon.model.comparison import FactorTable, Harmonization, TeamHarmonized
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.quantities import NOTHING, Range, combined, scaled, total
from neuclir_carbon.model.record import Factor, Grid
from neuclir_carbon.report import words

Where = tuple[str | None, str | None]


@frozen
class Grids:
    """The one set of factors: by country and region as records have them, each looked up once."""

    _known: dict[Where, tuple[Grid, tuple[Factor, ...]]] = field(factory=dict)

    def at(self, where: Where) -> Grid:
        """The grid of a place in g CO2e/kWh; the world's range where there is no place with a figure."""
        if where not in self._known:
            self._known[where] = _resolved(*where)
        return self._known[where][0]

    def is_world(self, where: Where) -> bool:
        """Whether the place has no figure of its own."""
        return self.at(where).basis == "unspecified"

    def emissions(self, facility_kwh: Range, embodied_kg: Range | None, where: Where) -> Range:
        """kg CO2e of so much facility energy in a place, with what was emitted in manufacture."""
        spread = self.at(where).spread
        operational = NOTHING if spread is None else scaled(facility_kwh, spread.times(1 / 1000))
        return operational if embodied_kg is None else combined(operational, embodied_kg)

    @property
    def tables(self) -> tuple[FactorTable, ...]:
        """The tables that figures were taken from so far."""
        factors = (factor for _, found in self._known.values() for factor in found)
        tables = {FactorTable(source=one.source, version=one.version, year=one.year) for one in factors}
        return tuple(sorted(tables, key=lambda one: (one.source, one.version or "", one.year or 0)))


def _resolved(country: str | None, region: str | None) -> tuple[Grid, tuple[Factor, ...]]:
    for place in _places(country, region):
        try:
            found = resolve_grid(place)
        except CarbonError:
            continue  # a stranger's text, or a region that no table knows: the next wider place
        if found[0].spread is not None:
            return found
    return resolve_grid(Place())


def _places(country: str | None, region: str | None) -> Iterable[Place]:
    """What a record's place may mean, the narrowest first: a record has a cloud's region in the region's stead.

    Strangers' texts are looked up, never searched for near names, which would take long.
    """
    if country is None:
        return
    if region in _providers():
        yield Place(country=country, cloud=_providers()[region], cloud_region=region)
    if region is not None and region.lower() in regions_of(country):
        yield Place(country=country, region=region)
    if country in tables.iso_countries():
        yield Place(country=country)


@cache
def _providers() -> Mapping[str | None, str]:
    """A cloud's region → its provider: a region's name belongs to one provider only."""
    return {region: provider for provider, region in cloud_regions()}


def where_of(activity: CountedActivity) -> Where:
    """The country and region that a record names."""
    grid = activity.record.grid
    return (grid.country, grid.region) if grid and grid.country else (None, None)


def harmonized_of(activity: CountedActivity, grids: Grids) -> Range | None:
    """An activity's emissions under the one set, kg CO2e; None where its energy is unknown."""
    if activity.facility_range_kwh is None:
        return None
    return grids.emissions(activity.facility_range_kwh, activity.embodied_range_kg_co2e, where_of(activity))


def harmonized(activities: Sequence[CountedActivity], grids: Grids) -> tuple[Range | None, Harmonization | None]:
    """The whole under the one set of factors (kg CO2e), and the comparison; None where no energy is known at all."""
    recomputed = [(activity, harmonized_of(activity, grids)) for activity in activities]
    known = [(activity, kg) for activity, kg in recomputed if kg is not None]
    if not known:
        return None, None
    pairs = [(one.team, reported, kg) for one, kg in known if (reported := one.emissions_kg_co2e) is not None]
    teams = _by_team(pairs)
    mean, part = difference(
        [team.as_reported_kg_co2e.central for team in teams], [team.harmonized_kg_co2e.central for team in teams]
    )
    share = part / mean if mean and part is not None else None
    comparison = Harmonization(
        tables=grids.tables,
        activities=len(known),
        without_place=sum(grids.is_world(where_of(activity)) for activity, _ in known),
        without_energy=len(activities) - len(known),
        compared=len(pairs),
        as_reported_kg_co2e=total(reported for _, reported, _ in pairs),
        harmonized_kg_co2e=total(kg for _, _, kg in pairs),
        teams=teams,
        mean_difference_kg=mean,
        from_factors_kg=part,
        from_factors_share=share,
        sentence=_sentence(len(teams), mean, part, share),
    )
    return total(kg for _, kg in known), comparison


def _by_team(pairs: Iterable[tuple[str, Range, Range]]) -> tuple[TeamHarmonized, ...]:
    members: Mapping[str, list[tuple[Range, Range]]] = defaultdict(list)
    for team, reported, kg in pairs:
        members[team].append((reported, kg))
    return tuple(
        TeamHarmonized(
            team=team,
            as_reported_kg_co2e=total(reported for reported, _ in members[team]),
            harmonized_kg_co2e=total(kg for _, kg in members[team]),
        )
        for team in sorted(members)
    )


def difference(reported: Sequence[float], recomputed: Sequence[float]) -> tuple[float | None, float | None]:
    """The mean difference of all pairs of reported totals, and the part of it that comes of the factors alone.

    Both None for fewer than two totals. In O(n log n): a total enters with how many others lie below it, less how many
    lie above.
    """
    count = len(reported)
    if count < 2:
        return None, None
    ordered = sorted(reported)
    signs = [bisect_left(ordered, one) - (count - bisect_right(ordered, one)) for one in reported]
    pairs = count * (count - 1) / 2
    whole = math.fsum(sign * one for sign, one in zip(signs, reported, strict=True)) / pairs
    stays = math.fsum(sign * one for sign, one in zip(signs, recomputed, strict=True)) / pairs
    return max(0.0, whole), whole - stays


def _sentence(teams: int, mean: float | None, part: float | None, share: float | None) -> str:
    if mean is None or part is None:
        return "Fewer than two teams have emissions to compare."
    if share is None:
        return f"The {teams} teams do not differ in what they reported."
    who = "The two teams differ by" if teams == 2 else f"Any two of the {teams} teams differ on average by"
    said = f"{who} {words.mass(mean)} CO2e as reported"
    if round(share * 100) == 0:
        return f"{said}; next to nothing of it comes of different grid factors alone."
    if share < 0:
        return f"{said}; different grid factors hide another {words.mass(-part)} of difference ({-share:.0%})."
    return f"{said}; {words.mass(part)} of it ({share:.0%}) comes of different grid factors alone."
