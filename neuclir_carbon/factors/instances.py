"""One door to cloud instances: the Teads data set of AWS instances, through valohai-wattson, and all others by parts.

The Teads data ends in 2022: no p5, g5, Azure or Google Cloud (`composed_instances.py` has those). Loads between 0, 10,
50 and 100 % are interpolated here; the package itself takes the integer part of a load first (10.9 % gives the value of
10 %).
"""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from attrs import frozen

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.factors.composed_instances import ComposedInstance, composed_instances, listed_parts
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.record import Factor

PUBLISHED_PROVIDER = "aws"
DISTRIBUTION = "valohai-wattson"
SOURCE = "Teads Engineering, CC BY 4.0, through valohai-wattson"
# The source divides a platform's manufacture by 4 years of 360 days: 4,675.5 kg / 135.3 g/h = 34,560 h.
LIFETIME_H = 34_560
DATA_YEAR = 2021
REGION_YEAR = 2020


@frozen(kw_only=True)
class Instance:
    """An instance type of the Teads data: power (load in % → W before PUE) and share of manufacture in g CO2e/h.

    `accelerators` is how many it has (0 for none known), `accelerator` which.
    """

    provider: str
    name: str
    power_w: tuple[tuple[float, float], ...]
    manufacture_g_per_h: float
    accelerator: str | None = None
    accelerators: float = 0

    def power_w_at(self, load_percent: float) -> float:
        """Power in W at a load in %, linear between the published points; `BadOption` outside 0 to 100."""
        for (left, low), (right, high) in pairwise(self.power_w):
            if left <= load_percent <= right:
                return low + (high - low) * (load_percent - left) / (right - left)
        raise BadOption(f"--load is {load_percent}; it must be a percentage from 0 to 100")

    def power_factor(self, load_percent: float) -> Factor:
        """Its power at a load, as a number that goes into a record."""
        return Factor(
            id=f"instance.{self.provider}.{self.name}.power_w_at_{load_percent:g}_percent",
            value=self.power_w_at(load_percent), unit="W", year=DATA_YEAR, source=SOURCE, version=version(DISTRIBUTION),
        )  # fmt: skip

    @property
    def manufacture_factor(self) -> Factor:
        """Its share of manufacture, as a number that goes into a record."""
        return Factor(
            id=f"instance.{self.provider}.{self.name}.manufacture_g_per_h", value=self.manufacture_g_per_h,
            unit="g CO2e/h", year=DATA_YEAR, source=SOURCE, version=version(DISTRIBUTION),
        )  # fmt: skip


@frozen(kw_only=True)
class PublishedRegion:
    """A region as the source itself has it: g CO2e/kWh and PUE."""

    region: str
    g_co2e_per_kwh: float
    pue: float


def instance(provider: str, name: str) -> Instance | ComposedInstance:
    """The instance type of exactly this name: the Teads data's where it has it, else composed of its parts.

    `UnknownName` for an unknown provider or type, `BadOption` for a type whose power is not known.
    """
    check_provider(provider)
    found = instances().get(name) if provider == PUBLISHED_PROVIDER else None
    composed = found or composed_instances().get((provider, name))
    if composed is not None:
        return composed
    parts = listed_parts().get((provider, name))
    if parts is not None:
        raise BadOption(
            f"{provider} instance '{name}' {parts.lacks}; measure its power, and give it to "
            "'neuclir-carbon estimate device --watts W'"
        )
    known = names(provider)
    hint = f"'neuclir-carbon estimate list instances {provider}' shows all {len(known)}"
    if provider == "gcp":
        hint += "; for GPUs attached to other machines, 'neuclir-carbon estimate device'"
    raise UnknownName(f"{provider} instance", name, known, hint=hint)


def names(provider: str) -> tuple[str, ...]:
    """The instance types of a provider that can be estimated."""
    published = tuple(instances()) if provider == PUBLISHED_PROVIDER else ()
    return (*published, *(found.name for found in unpublished_instances() if found.provider == provider))


def unpublished_instances() -> tuple[ComposedInstance, ...]:
    """The instance types that the Teads data lacks and that are composed of their parts."""
    return tuple(
        found
        for (provider, name), found in composed_instances().items()
        if provider != PUBLISHED_PROVIDER or name not in instances()
    )


def check_provider(provider: str) -> None:
    """Returns nothing for a provider whose instances are known."""
    if provider not in providers():
        hint = f"known: {', '.join(providers())}; for others, 'neuclir-carbon estimate device'"
        raise UnknownName("provider with instance data", provider, providers(), hint=hint)


@cache
def providers() -> tuple[str, ...]:
    """The providers whose instances are known."""
    return tuple(dict.fromkeys(owner for owner, _ in composed_instances()))


@cache
def instances() -> Mapping[str, Instance]:
    """Name → instance type of the Teads data set."""
    from wattson.data import instance_data

    found = {}
    for name, data in instance_data.items():
        parts = listed_parts().get((PUBLISHED_PROVIDER, name))
        found[name] = Instance(
            provider=PUBLISHED_PROVIDER, name=name, accelerator=parts.accelerator if parts else None,
            accelerators=parts.accelerators if parts else 0,
            power_w=tuple((float(load), float(watts)) for load, watts in sorted(data.load_to_kwh.items())),
            manufacture_g_per_h=float(data.manufacture_co2eq_g_per_hour),
        )  # fmt: skip
    return found


def published_region(region: str) -> PublishedRegion:
    """The Teads data's own grid and PUE for an AWS region; `UnknownName` for one that it lacks."""
    from wattson.data import region_data

    found = region_data.get(region)
    if found is None:
        raise UnknownName(
            f"{PUBLISHED_PROVIDER} region in the source", region, region_data,
            hint="without --as-published, today's grid and PUE are used, which know more regions",
        )  # fmt: skip
    return PublishedRegion(region=region, g_co2e_per_kwh=float(found.co2eq_g_per_kwh), pue=float(found.pue))
