"""The one resolver of grid intensity, for measured, imported and estimated work alike.

Central is the most specific place given: a Nordic zone, a US state or a Chinese province before the country; a cloud
region stands for its state, or for its country. Low and high are the lowest and highest of the recent sources at hand
for that place and its country: ecologits (Ember through Our World in Data, 2025), CodeCarbon's country table (Our World
in Data, mostly 2022 and 2023), CodeCarbon's regional tables (EPA eGRID2023 and others), and, for a Google Cloud region,
Google's own figure. Google's figure joins the range and is not central: the same place must get the same number under
every provider's name. Canada's provinces count combustion only, so they bound the range and the country is central.
"""

import math
from functools import lru_cache

from attrs import frozen

from neuclir_carbon.errors import BadOption
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.places import NORDIC, CloudRegion, check_country, locate
from neuclir_carbon.factors.versions import ecologits_data_year, version
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.record import Factor, Grid

UNIT = "g CO2e/kWh"
MOST_G_PER_KWH = 100_000.0
WORLD = "WOR"
EGRID_YEAR = CHINA_YEAR = CANADA_YEAR = 2023


@frozen
class _Reading:
    """One source's figure for the place, and whether it may stand as the central value."""

    factor: Factor
    may_be_central: bool = True


@lru_cache(maxsize=1024)
def resolve_grid(place: Place) -> tuple[Grid, tuple[Factor, ...]]:
    """The grid of a place in g CO2e/kWh with its range, and every number that went in.

    An intensity that the user gives is taken as it is (basis `given`). No place at all gives the world's mean between
    the lowest and the highest country (basis `unspecified`). A known country without data has a grid of None.
    `UnknownName` and `BadOption` say what is wrong with the place.
    """
    country, region, cloud = locate(
        country=place.country, region=place.region, cloud=place.cloud, cloud_region=place.cloud_region
    )
    shown_region = cloud.region if cloud else region
    if place.intensity_g_co2e_per_kwh is not None:
        return _given(place.intensity_g_co2e_per_kwh, country, shown_region)
    if country is None:
        return _world()
    readings = _readings(country, region, cloud)
    if not readings:
        return Grid(
            g_co2e_per_kwh=None, low=None, high=None, country=country, region=shown_region, source=_no_data(country),
            basis="location",
        ), ()  # fmt: skip
    return _grid(readings, country, shown_region)


def _given(intensity: float, country: str | None, region: str | None) -> tuple[Grid, tuple[Factor, ...]]:
    if not (math.isfinite(intensity) and 0 <= intensity <= MOST_G_PER_KWH):
        raise BadOption(f"--intensity is {intensity}; it must be a number from 0 to {MOST_G_PER_KWH:,.0f} g CO2e/kWh")
    intensity += 0.0  # -0 is 0
    factor = Factor(
        id="grid.given", value=intensity, unit=UNIT, low=intensity, high=intensity, source="given by the user"
    )
    return Grid(
        g_co2e_per_kwh=intensity, low=intensity, high=intensity, country=country, region=region,
        source="given by the user", basis="given",
    ), (factor,)  # fmt: skip


def _world() -> tuple[Grid, tuple[Factor, ...]]:
    mean = _ecologits(WORLD)
    countries = [
        *(_ecologits(code) for code in tables.ecologits_g_per_kwh() if code in tables.iso_countries()),
        *(_codecarbon(code) for code in tables.codecarbon_countries()),
    ]
    lowest = min(countries, key=lambda factor: factor.value)
    highest = max(countries, key=lambda factor: factor.value)
    return Grid(
        g_co2e_per_kwh=mean.value, low=lowest.value, high=highest.value, year=mean.year,
        source=f"no place was given: the world's mean ({_named(mean)}), between the lowest and the highest country",
        basis="unspecified",
    ), (mean, lowest, highest)  # fmt: skip


def _readings(country: str, region: str | None, cloud: CloudRegion | None) -> list[_Reading]:
    """The sources at hand for a place, the most specific first."""
    found: list[_Reading] = []
    if region is not None:
        found.append(_regional(country, region))
    if country in tables.ecologits_g_per_kwh():
        found.append(_Reading(_ecologits(country)))
    if country in tables.codecarbon_countries():
        found.append(_Reading(_codecarbon(country)))
    if cloud and cloud.provider == "gcp" and cloud.region in tables.google_regions():
        found.append(_Reading(_google(cloud.region), may_be_central=False))
    return found


def _grid(readings: list[_Reading], country: str, region: str | None) -> tuple[Grid, tuple[Factor, ...]]:
    factors = tuple(reading.factor for reading in readings)
    central = next((reading.factor for reading in readings if reading.may_be_central), factors[0])
    others = dict.fromkeys(_named(factor) for factor in factors if factor is not central)
    source = _named(central) + (f"; range with {', '.join(others)}" if others else "")
    return Grid(
        g_co2e_per_kwh=central.value,
        low=min(factor.value for factor in factors),
        high=max(factor.value for factor in factors),
        country=country,
        region=region,
        year=central.year,
        source=source,
        basis="location",
    ), factors


def _ecologits(country: str) -> Factor:
    return Factor(
        id=f"grid.ecologits.{country}", value=tables.ecologits_g_per_kwh()[country], unit=UNIT,
        year=ecologits_data_year(), source="ecologits (Ember through Our World in Data)", version=version("ecologits"),
    )  # fmt: skip


def _codecarbon(country: str) -> Factor:
    value, year = tables.codecarbon_countries()[country]
    return Factor(
        id=f"grid.codecarbon.{country}", value=value, unit=UNIT, year=year,
        source="codecarbon (Our World in Data)", version=version("codecarbon"),
    )  # fmt: skip


def _regional(country: str, region: str) -> _Reading:
    match country:
        case "USA":
            value, year, source = tables.us_states()[region], EGRID_YEAR, "EPA eGRID2023, generation of the state"
        case "CAN":
            value, year = tables.canadian_provinces()[region], CANADA_YEAR
            source = "mix of the province, combustion only: a lower bound"
        case "CHN":
            value, year = tables.chinese_provinces()[region][0], CHINA_YEAR
            source = "MEE/NBS of China, Announcement 2025 No. 47, CO2 only"
        case _ if country in NORDIC:
            value, year = tables.nordic_zones()[region]
            source = "ENTSO-E generation of the bidding zone"
        case _:
            raise BadOption(f"no regions are known for {country}; leave --region out")
    factor = Factor(
        id=f"grid.codecarbon.{country}.{region.replace(' ', '-')}", value=value, unit=UNIT, year=year,
        source=f"codecarbon ({source})", version=version("codecarbon"),
    )  # fmt: skip
    return _Reading(factor, may_be_central=country != "CAN")


def _google(region: str) -> Factor:
    return Factor(
        id=f"grid.google.{region}",
        value=tables.google_regions()[region],
        unit=UNIT,
        source="codecarbon (Google Cloud's page on carbon by region, July 2024)",
        version=version("codecarbon"),
    )


def _named(factor: Factor) -> str:
    """`ecologits 0.11.3 (Ember through Our World in Data) 2025`"""
    package, _, rest = factor.source.partition(" ")
    return " ".join(part for part in (package, factor.version, rest, str(factor.year or "")) if part)


def _no_data(country: str) -> str:
    check_country(country)
    return f"no recent source has a figure for {country} (a 0 in a table is a gap): give --intensity"
