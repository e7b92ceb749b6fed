"""Which places are known. Names are exact or refused, with the nearest ones; nothing is ever guessed.

Standard library only: the wrapper asks before its child starts.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.factors import tables

NORDIC = {"SWE": "SE", "NOR": "NO", "FIN": "FI"}
REGIONAL = ("USA", "CAN", "CHN", *NORDIC)


class CloudRegion(NamedTuple):
    """A cloud provider's region: where it lies, and its PUE where that is published (else None)."""

    provider: str
    region: str
    place: str
    country: str
    state: str | None
    pue: float | None
    pue_source: str
    source: str
    note: str


def check_place(*, country: str | None, region: str | None, cloud: str | None, cloud_region: str | None) -> None:
    """Returns nothing if the place is known and of one piece; else `UnknownName` or `BadOption` says what to give."""
    locate(country=country, region=region, cloud=cloud, cloud_region=cloud_region)


def locate(
    *, country: str | None, region: str | None, cloud: str | None, cloud_region: str | None
) -> tuple[str | None, str | None, CloudRegion | None]:
    """(alpha-3 country, region as the tables spell it, cloud region) that a place means; each None where not given.

    A cloud region stands for its country, and for its state where the provider's place tells one.
    """
    if (cloud is None) != (cloud_region is None):
        given, wanted = ("--cloud", "--cloud-region") if cloud else ("--cloud-region", "--cloud")
        raise BadOption(
            f"{given} is given without {wanted}; give both, for example --cloud aws --cloud-region us-east-1"
        )
    found = find_cloud_region(cloud, cloud_region) if cloud and cloud_region else None
    if cloud is not None and found is None:
        raise BadOption("--cloud and --cloud-region may not be empty; give for example aws and us-east-1")
    if country is not None:
        check_country(country)
        if found and country != found.country:
            raise BadOption(
                f"--cloud {found.provider} --cloud-region {found.region} lies in {found.country}, not in --country "
                f"{country}; leave --country out"
            )
    elif region is not None and found is None:
        raise BadOption("--region is given without --country; give both, for example --country USA --region vermont")
    whole = country or (found.country if found else None)
    state = found.state if found else None
    if region is not None and whole is not None:
        named = canonical_region(whole, region)
        if state is not None and named != state and found:
            raise BadOption(
                f"--cloud {found.provider} --cloud-region {found.region} lies in {state}, not in --region {named}; "
                "leave --region out"
            )
        state = named
    return whole, state, found


def is_country(code: str) -> bool:
    """Whether it is an ISO 3166-1 alpha-3 code (or another country code of the grid tables)."""
    return code in tables.iso_countries() or code in tables.codecarbon_countries()


def check_country(country: str) -> None:
    """Returns nothing for a country's code as `is_country` knows it; `UnknownName` else."""
    if is_country(country):
        return
    raise UnknownName("country", country, sorted(tables.iso_countries()), hint=_country_hint(country))


def _country_hint(said: str) -> str:
    wanted = said.strip().casefold()
    for code, entry in tables.iso_countries().items():
        names = (entry["alpha_2"], code, entry["name"], entry.get("common_name", ""), entry.get("official_name", ""))
        if wanted and wanted in (name.casefold() for name in names):
            return f"{entry['name']} is {code}"
    return "countries are ISO 3166 alpha-3 codes, for example DEU"


def regions_of(country: str) -> Mapping[str, str]:
    """Name in lower case → the region as the tables spell it; empty for a country whose grid is not known by region."""
    match country:
        case "USA":
            return {state: state for state in tables.us_states()}
        case "CAN":
            return {province: province for province in tables.canadian_provinces()}
        case "CHN":
            return {
                name: province
                for province, (_, others) in tables.chinese_provinces().items()
                for name in (province, *others)
            }
        case "SWE" | "NOR" | "FIN":
            return {zone.lower(): zone for zone in tables.nordic_zones() if zone.startswith(NORDIC[country])}
        case _:
            return {}


def canonical_region(country: str, region: str) -> str:
    """The region as the tables spell it; capitals do not matter, everything else does."""
    known = regions_of(country)
    if not known:
        raise UnknownName(
            f"region of {country}", region, (),
            hint=f"no regions are known for {country}, only for {', '.join(REGIONAL)}; leave --region out",
        )  # fmt: skip
    found = known.get(region.lower())
    if found is None:
        raise UnknownName(f"region of {country}", region, known.values(), hint=f"for example {next(iter(known))}")
    return found


@cache
def cloud_regions() -> dict[tuple[str, str], CloudRegion]:
    """(provider, region) → the region; our table `cloud_regions.csv`. A region's name belongs to one provider only."""
    return {
        (row["provider"], row["region"]): CloudRegion(
            row["provider"], row["region"], row["place"], row["country"], row["state"] or None,
            float(row["pue"]) if row["pue"] else None, row["pue_source"], row["source"], row["note"],
        )
        for row in tables.own_rows("cloud_regions.csv")
    }  # fmt: skip


def find_cloud_region(provider: str, region: str) -> CloudRegion:
    """The region of a provider; `UnknownName` for either name."""
    providers = tuple(dict.fromkeys(known for known, _ in cloud_regions()))
    if provider not in providers:
        raise UnknownName("cloud provider", provider, providers, hint=f"known: {', '.join(providers)}")
    found = cloud_regions().get((provider, region))
    if found is None:
        names = [name for known, name in cloud_regions() if known == provider]
        raise UnknownName(
            f"{provider} region", region, names, hint=f"'neuclir-carbon estimate list regions {provider}'"
        )
    return found
