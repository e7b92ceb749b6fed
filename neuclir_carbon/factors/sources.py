"""Every table of outside numbers that goes into records: what it holds, its year and version, whose it is, its terms.

`THIRD-PARTY.md`, which ships beside the code, says the same with the notices in full.
"""

from attrs import frozen

from neuclir_carbon.factors.versions import ecologits_data_year, version
from neuclir_carbon.version import __version__

_OURS = f"neuclir-carbon {__version__}"


@frozen(kw_only=True)
class Source:
    """One table. `year` is that of its data as it tells it, None where it does not."""

    name: str
    holds: str
    year: str | None
    version: str
    licence: str
    attribution: str


def sources() -> tuple[Source, ...]:
    """All of them: tables read from packages that are installed beside this one, then those in this package."""
    return (*_of_packages(), *_of_ours())


def _of_packages() -> tuple[Source, ...]:
    codecarbon, ecologits = _package("codecarbon"), _package("ecologits")
    return (
        Source(
            name="ecologits: electricity mixes", holds="grid intensity by country, g CO2e/kWh",
            year=str(ecologits_data_year() or "") or None, version=ecologits, licence="CC BY 4.0; package MPL-2.0",
            attribution="Ember, processed by Our World in Data",
        ),
        Source(
            name="ecologits: models", holds="language models, providers, and what a request costs", year=None,
            version=ecologits, licence="MPL-2.0", attribution="GenAI Impact",
        ),
        Source(
            name="codecarbon: countries", holds="grid intensity by country, g CO2e/kWh", year="2021 to 2023",
            version=codecarbon, licence="CC BY 4.0; package MIT",
            attribution="Our World in Data on data of Ember and the Energy Institute",
        ),
        Source(
            name="codecarbon: US states", holds="grid intensity by state, g CO2e/kWh", year="2023", version=codecarbon,
            licence="US public domain", attribution="EPA eGRID2023",
        ),
        Source(
            name="codecarbon: Canadian provinces", holds="shares by fuel, combustion only", year="2023",
            version=codecarbon, licence="package MIT; none stated for the data", attribution="CodeCarbon",
        ),
        Source(
            name="codecarbon: Chinese provinces", holds="grid intensity by province, g CO2/kWh", year="2023",
            version=codecarbon, licence="package MIT; none stated for the data",
            attribution="Ministry of Ecology and Environment and National Bureau of Statistics of China, Announcement "
            "2025 No. 47",
        ),
        Source(
            name="codecarbon: Nordic zones", holds="grid intensity by bidding zone, g CO2e/kWh", year="2025",
            version=codecarbon, licence="package MIT; none stated for the data",
            attribution="ENTSO-E Transparency Platform, derived by Khepri",
        ),
        Source(
            name="codecarbon: Google Cloud regions", holds="grid intensity by region, g CO2e/kWh", year="2024",
            version=codecarbon, licence="package MIT; none stated for the data", attribution="Google",
        ),
        Source(
            name="codecarbon: processors", holds="TDP of processors, W", year="2025", version=codecarbon,
            licence="MIT", attribution="CodeCarbon, from Intel's and AMD's pages",
        ),
        Source(
            name="codecarbon: memory model", holds="power of memory by its size, W", year=None, version=codecarbon,
            licence="MIT", attribution="CodeCarbon",
        ),
        Source(
            name="valohai-wattson", holds="power and manufacture of AWS instances", year="2021 to 2022",
            version=_package("valohai-wattson"), licence="CC BY 4.0; package MIT", attribution="Teads Engineering",
        ),
        Source(
            name="pycountry", holds="names and codes of countries", year=None, version=_package("pycountry"),
            licence="LGPL-2.1-or-later", attribution="Debian iso-codes",
        ),
    )  # fmt: skip


def _of_ours() -> tuple[Source, ...]:
    return (
        Source(
            name="mlco2_devices.csv, mlco2_regions.csv", holds="ML CO2 Impact's devices and regions, to reproduce it",
            year="2016 to 2019", version="mlco2/impact d0d3ee5", licence="MIT", attribution="mlco2/impact",
        ),
        Source(
            name="accelerators.csv", holds="power of accelerators, W", year=None, version=_OURS,
            licence="figures cited row by row", attribution="vendors' documents, and tables that cite them",
        ),
        Source(
            name="cloud_instances.csv", holds="accelerators, vCPUs and memory of cloud instances", year=None,
            version=_OURS, licence="Apache-2.0; figures cited row by row",
            attribution="providers' pages; karpenter-provider-aws; Cloud Carbon Footprint through DigitalPebble/spruce",
        ),
        Source(
            name="cloud_regions.csv", holds="countries and states of cloud regions, and their PUE", year=None,
            version=_OURS, licence="MIT; Apache-2.0; figures cited",
            attribution="mlco2/impact, CodeCarbon, DigitalPebble/spruce, providers' pages",
        ),
        Source(
            name="pue.csv", holds="PUE of providers and kinds of sites", year=None, version=_OURS,
            licence="figures cited row by row", attribution="providers' pages, Uptime Institute, IDC",
        ),
        Source(
            name="equivalents", holds="what an amount of emissions compares to", year="2024", version=_OURS,
            licence="US public domain", attribution="US EPA, Greenhouse Gas Equivalencies Calculator, as quoted",
        ),
    )  # fmt: skip


def _package(distribution: str) -> str:
    return f"{distribution} {version(distribution) or 'not installed'}"
