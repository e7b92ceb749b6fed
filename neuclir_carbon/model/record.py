"""The activity record: one stretch of work that used energy, with every outside number that went into its emissions.

Field names are the document's keys (`activity-record/1`, schemas/activity-record-1.schema.json); a unit stands in
the name. None means unknown and is never the same as 0.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from neuclir_carbon.model.quantities import Range, Spread, combined, dominant, product, sum_spreads

SCHEMA = "activity-record/1"
ACTIVITIES = (
    "training", "development", "indexing", "translation", "retrieval", "reranking", "generation", "evaluation", "other",
)  # fmt: skip
COMPONENTS = ("cpu", "gpu", "ram", "machine")


@frozen(kw_only=True)
class Command:
    """What was run. `argv` is kept only on request; `failed_in_body` comes from the Python context manager."""

    program: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    argv: tuple[str, ...] | None = None
    failed_in_body: bool | None = None


@frozen(kw_only=True)
class Host:
    """The machine, by an opaque id that is the same for records of one machine and tells no name."""

    id: str | None = None


@frozen(kw_only=True)
class Component:
    """The IT energy of one part of the machine: kWh with its hull, how it was found, and for whom.

    `method` is `rapl`, `nvml`, `tdp-load`, `constant`, `model`, `none` …; `scope` is `machine` or `job`.
    """

    component: str
    kwh: float | None
    low_kwh: float | None
    high_kwh: float | None
    method: str
    scope: str

    @property
    def spread(self) -> Spread | None:
        """The energy in kWh; None where any of the three values is unknown."""
        if self.kwh is None or self.low_kwh is None or self.high_kwh is None:
            return None
        return Spread(self.low_kwh, self.kwh, self.high_kwh)


@frozen(kw_only=True)
class Energy:
    """IT energy by part and in all, and facility energy (IT × PUE), in kWh."""

    cpu_kwh: float | None = None
    gpu_kwh: float | None = None
    ram_kwh: float | None = None
    it_kwh: float | None = None
    facility_kwh: float | None = None
    components: tuple[Component, ...] = ()


@frozen(kw_only=True)
class Pue:
    """Power usage effectiveness: facility energy / IT energy, at least 1; `source` `not given` when nobody said."""

    value: float
    low: float
    high: float
    source: str

    @property
    def spread(self) -> Spread:
        return Spread(self.low, self.value, self.high)


@frozen(kw_only=True)
class Grid:
    """Carbon intensity of the electricity used, in g CO2e per kWh, and where it comes from.

    `basis`: `location` (from tables, by place), `given` (typed by the user), `as published` (a reproduced source's
    own), `as reported` (another tracker's own), `unspecified` (no place was given: the world's range).
    """

    g_co2e_per_kwh: float | None
    low: float | None
    high: float | None
    country: str | None = None
    region: str | None = None
    year: int | None = None
    source: str
    basis: str

    @property
    def spread(self) -> Spread | None:
        """The intensity in g CO2e/kWh; None where it is unknown."""
        if self.g_co2e_per_kwh is None or self.low is None or self.high is None:
            return None
        return Spread(self.low, self.g_co2e_per_kwh, self.high)


@frozen(kw_only=True)
class Embodied:
    """Manufacturing emissions that fall on this activity, in kg CO2e."""

    kg_co2e: float
    low: float
    high: float
    source: str

    @property
    def spread(self) -> Spread:
        return Spread(self.low, self.kg_co2e, self.high)


@frozen(kw_only=True)
class Emissions:
    """Operational (scope 2) and embodied (scope 3) emissions and their sum with its bounds, in kg CO2e."""

    operational_kg_co2e: float | None = None
    embodied_kg_co2e: float | None = None
    total_kg_co2e: float | None = None
    low_kg_co2e: float | None = None
    high_kg_co2e: float | None = None
    likely_low_kg_co2e: float | None = None
    likely_high_kg_co2e: float | None = None

    @property
    def range(self) -> Range | None:
        """The total in kg CO2e with its bounds; None where it is unknown."""
        bounds = (
            self.low_kg_co2e, self.total_kg_co2e, self.high_kg_co2e, self.likely_low_kg_co2e, self.likely_high_kg_co2e,
        )  # fmt: skip
        known = [bound for bound in bounds if bound is not None]
        return Range(*known) if len(known) == len(bounds) else None


@frozen(kw_only=True)
class Factor:
    """One outside number that went into a record, so that it can be computed again under another year's factors."""

    id: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    year: int | None = None
    source: str
    version: str | None = None


@frozen(kw_only=True)
class JournalHead:
    """The checkpoint journal a measurement was made from: digest of its last line, and how many lines it has."""

    head: str
    lines: int


@frozen(kw_only=True)
class Tool:
    """The program that wrote a document."""

    name: str
    version: str


@frozen(kw_only=True)
class ActivityRecord:
    """One activity. Write it through `store.documents`, which fills `record_sha256`."""

    schema: str = SCHEMA
    record_id: str
    activity: str = "other"
    label: str | None = None
    parent_id: str | None = None
    supersedes: str | None = None
    run_tags: tuple[str, ...] = ()
    method: str
    status: str = "complete"
    started_at: str | None = None
    ended_at: str | None = None
    duration_s: float | None = None
    metered_s: float | None = None
    command: Command | None = None
    host: Host = Host()
    hardware: dict[str, Any] = field(factory=dict)
    shared_with: tuple[str, ...] = ()
    energy: Energy = Energy()
    pue: Pue | None = None
    grid: Grid | None = None
    embodied: Embodied | None = None
    emissions: Emissions = Emissions()
    dominant_factor: str | None = None
    factors: tuple[Factor, ...] = ()
    source: dict[str, Any] | None = None
    journal: JournalHead | None = None
    tool: Tool
    notes: dict[str, Any] = field(factory=dict)
    record_sha256: str | None = None

    def serves(self, run_tag: str) -> bool:
        """Whether the run counts this activity among its own: it is named, or nobody is (all the team's runs)."""
        return not self.run_tags or run_tag in self.run_tags


def energy_of(components: Iterable[Component], pue: Pue | None) -> Energy:
    """The energy block of components: sums by part, IT energy in all, facility energy under the PUE (kWh)."""
    parts = tuple(components)

    def kwh(name: str | None) -> float | None:
        known = [part.kwh for part in parts if part.kwh is not None and name in (None, part.component)]
        return math.fsum(known) if known else None

    it_kwh = kwh(None)
    facility_kwh = None if it_kwh is None else it_kwh * (pue.value if pue else 1.0)
    return Energy(
        cpu_kwh=kwh("cpu"), gpu_kwh=kwh("gpu"), ram_kwh=kwh("ram"),
        it_kwh=it_kwh, facility_kwh=facility_kwh, components=parts,
    )  # fmt: skip


def emissions_of(
    power_factors: Mapping[str, Spread], pue: Pue, grid: Grid, embodied: Embodied | None
) -> tuple[Emissions, str | None]:
    """The emissions block (kg CO2e) and the dominant factor's name.

    `power_factors` are the factors of IT energy: their product is in kWh (e.g. `{"it_energy_kwh": …}`, or watts and
    hours / 1000 apart). Operational = IT energy × PUE × intensity / 1000. An unknown intensity gives unknown emissions.
    """
    intensity = grid.spread
    if intensity is None:
        return Emissions(embodied_kg_co2e=embodied.kg_co2e if embodied else None), None
    factors = {**power_factors, "pue": pue.spread, "grid_intensity": intensity}
    operational = product([*power_factors.values(), pue.spread, intensity.times(1 / 1000)])
    whole, largest = operational, dominant(factors)
    if embodied is not None:
        manufacture = product([embodied.spread])
        whole = combined(operational, manufacture)
    return Emissions(
        operational_kg_co2e=operational.central,
        embodied_kg_co2e=embodied.kg_co2e if embodied else None,
        total_kg_co2e=whole.central,
        low_kg_co2e=whole.low,
        high_kg_co2e=whole.high,
        likely_low_kg_co2e=whole.likely_low,
        likely_high_kg_co2e=whole.likely_high,
    ), largest[0] if largest else None


def it_spread(components: Iterable[Component]) -> Spread:
    """The IT energy of the components whose energy is known, in kWh."""
    return sum_spreads(spread for part in components if (spread := part.spread) is not None)
