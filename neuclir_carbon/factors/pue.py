"""The one resolver of PUE (facility energy / IT energy): what the user says, else what is published, else not given."""

import math

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.places import CloudRegion, locate
from neuclir_carbon.model.place import SITES, Place, PueChoice
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor, Pue
from neuclir_carbon.version import __version__

MOST = 100.0
NOT_GIVEN = Pue(value=1.0, low=1.0, high=2.0, source="not given")


def resolve_pue(choice: PueChoice, place: Place) -> tuple[Pue, tuple[Factor, ...]]:
    """The PUE with its range, and the published number behind it, if any.

    A number of the user's is exact. A laptop has 1, a machine room a published range. In a cloud, central is the
    region's published value, or the provider's fleet where none is published; the bounds are the provider's best and
    worst published regions, since years and sites differ. Nothing said: 1 to 2, source `not given`.
    """
    if choice.pue is not None and choice.site is not None:
        raise BadOption("--pue and --site are both given; give one of them")
    if choice.pue is not None:
        return _given(choice.pue), ()
    if choice.site is not None:
        if choice.site not in SITES:
            raise UnknownName("site", choice.site, SITES, hint=f"known: {', '.join(SITES)}")
        return _published(choice.site, None)
    _, _, cloud = locate(country=place.country, region=place.region, cloud=place.cloud, cloud_region=place.cloud_region)
    return _published(cloud.provider, cloud) if cloud else (NOT_GIVEN, ())


def published_spread(site: str) -> Spread:
    """Low, central and high PUE of a provider or a kind of site, from `pue.csv`."""
    row = _row(site)
    return Spread(float(row["low"]), float(row["central"]), float(row["high"]))


def _given(pue: float) -> Pue:
    if not (math.isfinite(pue) and 1 <= pue <= MOST):
        raise BadOption(f"--pue is {pue}; facility energy / IT energy must be a number from 1 to {MOST:.0f}")
    return Pue(value=pue, low=pue, high=pue, source="given by the user")


def _published(site: str, cloud: CloudRegion | None) -> tuple[Pue, tuple[Factor, ...]]:
    row, spread = _row(site), published_spread(site)
    identity, source, central = f"pue.{site}", row["source"], spread.central
    if cloud is not None and cloud.pue is not None:
        identity, central = f"pue.{site}.{cloud.region}", cloud.pue
        source = f"{cloud.pue_source}; bounds: {source}"
    spread = Spread(spread.low, central, spread.high).containing(central)
    pue = Pue(value=spread.central, low=spread.low, high=spread.high, source=source)
    factor = Factor(
        id=identity, value=pue.value, unit="1", low=pue.low, high=pue.high,
        year=int(row["year"]) if row["year"] else None, source=source, version=f"neuclir-carbon {__version__}",
    )  # fmt: skip
    return pue, (factor,)


def _row(site: str) -> dict[str, str]:
    return next(row for row in tables.own_rows("pue.csv") if row["site"] == site)
