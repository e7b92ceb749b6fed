"""One door to the tables of ML CO2 Impact (mlco2/impact, MIT) as of commit d0d3ee5, for reproducing its figures only.

Its grid intensities are of 2016 to 2022 and its list of devices has known errors; `note` tells them. For anything but a
reproduction, `factors.grid` and `factors.devices` hold.
"""

from functools import cache

from attrs import frozen

from neuclir_carbon.errors import UnknownName
from neuclir_carbon.factors import tables
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.record import Factor

VERSION = "d0d3ee5 (2026-03-09)"
_CLOUDS = ("aws", "azure", "gcp")


@frozen(kw_only=True)
class Mlco2Device:
    """A device as the calculator lists it: W, and the names of the same hardware in `factors.devices`."""

    name: str
    kind: str
    tdp_w: float
    accelerators: tuple[str, ...]
    source: str
    note: str

    @property
    def factor(self) -> Factor:
        return Factor(
            id=f"mlco2.device.{self.name.replace(' ', '-')}", value=self.tdp_w, unit="W",
            source=f"mlco2/impact data/gpus.csv ({self.source})"[:500], version=VERSION,
        )  # fmt: skip


@frozen(kw_only=True)
class Mlco2Region:
    """A provider's region as the calculator lists it: g CO2e/kWh, and the provider's own claim of offsets in %."""

    provider: str
    region: str
    country: str
    state: str | None
    g_co2e_per_kwh: float
    offset_percent: float
    year: int | None
    source: str
    note: str

    @property
    def place(self) -> Place:
        """The same place for today's resolver."""
        if self.provider in _CLOUDS:
            return Place(cloud=self.provider, cloud_region=self.region)
        return Place(country=self.country, region=self.state)

    @property
    def factor(self) -> Factor:
        return Factor(
            id=f"mlco2.grid.{self.provider}.{self.region}", value=self.g_co2e_per_kwh, unit="g CO2e/kWh",
            year=self.year, source=f"mlco2/impact data/impact.csv ({self.source})"[:500], version=VERSION,
        )  # fmt: skip


@cache
def devices() -> dict[str, Mlco2Device]:
    """Name → device, all 48 of the calculator."""
    return {
        row["name"]: Mlco2Device(
            name=row["name"], kind=row["kind"], tdp_w=float(row["tdp_w"]), source=row["source"], note=row["note"],
            accelerators=tuple(row["accelerators"].split("|")) if row["accelerators"] else (),
        )
        for row in tables.own_rows("mlco2_devices.csv")
    }  # fmt: skip


@cache
def regions() -> dict[tuple[str, str], Mlco2Region]:
    """(provider, region) → region, all 82 of the calculator."""
    return {
        (row["provider"], row["region"]): Mlco2Region(
            provider=row["provider"], region=row["region"], country=row["country"], state=row["state"] or None,
            g_co2e_per_kwh=float(row["g_co2e_per_kwh"]), offset_percent=float(row["offset_percent"]),
            year=int(row["year"]) if row["year"] else None, source=row["source"], note=row["note"],
        )
        for row in tables.own_rows("mlco2_regions.csv")
    }  # fmt: skip


def device(name: str) -> Mlco2Device:
    """The device of exactly this name; `UnknownName` with the nearest ones else."""
    found = devices().get(name)
    if found is None:
        raise UnknownName(
            "ML CO2 Impact device", name, devices(), hint="'neuclir-carbon estimate list mlco2' shows all"
        )
    return found


def region(provider: str, name: str) -> Mlco2Region:
    """The region of a provider; `UnknownName` for either."""
    providers = tuple(dict.fromkeys(known for known, _ in regions()))
    if provider not in providers:
        raise UnknownName("ML CO2 Impact provider", provider, providers, hint=f"known: {', '.join(providers)}")
    found = regions().get((provider, name))
    if found is None:
        names = [known for of, known in regions() if of == provider]
        raise UnknownName(
            f"ML CO2 Impact region of {provider}", name, names, hint="'neuclir-carbon estimate list mlco2' shows all"
        )
    return found
