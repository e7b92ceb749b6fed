"""What one team is told after aggregation: about its own bundles, emissions and certificates, and nobody else's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from attrs import frozen

from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.inventory import CoverageLevel
from neuclir_carbon.model.quantities import Range


class Fate(StrEnum):
    """What became of a bundle: it counts, a newer one took its place, another one of the same revision counts, it has
    errors, it is of another track, or it was withdrawn."""

    COUNTS = "counts"
    REPLACED = "replaced"
    CONFLICTS = "conflicts"
    REJECTED = "rejected"
    OTHER_TRACK = "of another track"
    LEFT_OUT = "left out"


@frozen(kw_only=True)
class Received:
    """One bundle as it was received, by what it says of itself. `path` is the organizer's; `sha256` the archive's.

    `published` tells whether the public edition that is out contains it, None where that is not known.
    """

    path: str
    sha256: str
    team: str
    task: str
    run_tag: str
    revision: int
    fate: Fate
    published: bool | None = None

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.path.rpartition("/")[2]


def names_of_files(received: Iterable[Received]) -> Mapping[str, str]:
    """What a team's bundles are called in its letter, by path: the name of the file, with the beginning of its digest
    where several have that name."""
    bundles = list(received)
    times = Counter(bundle.file for bundle in bundles)
    return {
        bundle.path: bundle.file if times[bundle.file] == 1 else f"{bundle.file} ({bundle.sha256[:12]})"
        for bundle in bundles
    }


@frozen(kw_only=True)
class TeamLetter:
    """One team's letter as values. Masses in kg CO2e, energy in kWh.

    `emissions` is None where nothing of the team counts. `levels` are what its certificates cover, up to its
    emissions. `counted_earlier` of its activities are in an earlier year's inventory and not in these sums.
    `form_tracked` and `form_offset` are what its form answers, where that differs from `tracked` and `offset`, which
    count. `findings` are worded and placed for the team: paths are names of its own files.
    """

    track: str
    team: str
    as_of: str
    received: tuple[Received, ...]
    activities: int = 0
    emissions: Range | None = None
    operational_kg_co2e: float = 0.0
    embodied_kg_co2e: float = 0.0
    it_energy_kwh: float = 0.0
    records_without_emissions: int = 0
    records_without_embodied: int = 0
    levels: Mapping[str, CoverageLevel]
    disputed_kg: int = 0
    next_step: str = ""
    counted_earlier: int = 0
    tracked: bool | None = None
    offset: bool | None = None
    form_tracked: bool | None = None
    form_offset: bool | None = None
    findings: tuple[Finding, ...] = ()
