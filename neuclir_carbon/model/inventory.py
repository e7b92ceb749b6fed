"""The track's inventory (ISO 14064-1's word): totals over all teams' work, and the rows behind them.

Field names of `Inventory` are the keys of `track-inventory/1`. Emissions are gross: nothing is ever subtracted.
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from neuclir_carbon.model.comparison import Harmonization, Since
from neuclir_carbon.model.finding import Counts, Finding
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import ActivityRecord, Tool

SCHEMA = "track-inventory/1"
LEVELS = ("declared", "documented", "serial_consistent", "list_matched", "registry_verified")
GROUPINGS = ("by_activity", "by_method", "by_task", "by_month", "by_place", "by_basis", "by_data_year")
# Keys of the organizer's edition that the public one does not have: whoever makes it leaves all of these out.
ORGANIZER_ONLY = (
    "by_team", "certificates", "record_digests", "team_values", "published", "teams_without_number",
    "records_without_place", "evaluation_by_method", "counted_earlier_group", "withdrawn", "questions",
    "harmonization", "effectiveness", "editions",
)  # fmt: skip
SHARED = "shared"
UNKNOWN = "unknown"


@frozen(kw_only=True)
class Group:
    """One group's emissions (kg CO2e), IT energy (kWh), and how many activities and teams stand behind them.

    Of the emissions, the operational and the embodied part (None where it was not asked for).
    """

    emissions_kg_co2e: Range
    it_energy_kwh: float
    activities: int
    teams: int
    operational_kg_co2e: float | None = None
    embodied_kg_co2e: float | None = None


@frozen(kw_only=True)
class CoverageLevel:
    """What certificates cover at one level of evidence or above: kg CO2e, and the share of the central emissions."""

    kg: float
    share: float | None


@frozen(kw_only=True)
class Coverage:
    """Coverage at each level; `declared` ≥ `documented` ≥ `serial_consistent` ≥ `registry_verified`."""

    declared: CoverageLevel
    documented: CoverageLevel
    serial_consistent: CoverageLevel
    list_matched: CoverageLevel
    registry_verified: CoverageLevel


@frozen(kw_only=True)
class Answers:
    """How many teams tracked, offset, and answered neither question in any way."""

    tracked: int
    offset: int
    unanswered: int


@frozen(kw_only=True)
class Question:
    """How the teams stand to one question; the three add up to all teams.

    `from_bundles` of them were answered by what a team sent in, the others by its form. `contradicted` are forms that
    say otherwise than the team's bundles: the bundles count.
    """

    yes: int
    no: int
    unanswered: int
    from_bundles: int = 0
    contradicted: int = 0


@frozen(kw_only=True)
class Questions:
    """Both questions that a track asks on submission."""

    tracked: Question
    offset: Question


@frozen(kw_only=True)
class Front:
    """One task's scored runs by one measure, and those of them that no other run beats.

    None emits as little or less and scores as much or more than a run of `front`; these are in the order of rising
    emissions.
    """

    task: str
    measure: str
    runs: int
    front: tuple[str, ...]


@frozen(kw_only=True)
class Inventory:
    """The organizer's edition. The public one is made from it by `workflow.publication`.

    `teams` are all that took part; of `teams_without_number` no emissions are known, and nothing is made up for them.
    """

    schema: str = SCHEMA
    track: str
    edition: str = "organizer"
    teams: int
    runs: int
    submissions: int
    activities: int
    emissions_kg_co2e: Range
    operational_kg_co2e: float
    embodied_kg_co2e: float
    records_without_embodied: int
    records_without_emissions: int
    it_energy_kwh: float
    facility_energy_kwh: float
    by_activity: Mapping[str, Group]
    by_method: Mapping[str, Group]
    by_task: Mapping[str, Group]
    by_month: Mapping[str, Group]
    by_place: Mapping[str, Group]
    by_basis: Mapping[str, Group]
    by_data_year: Mapping[str, Group]
    by_team: Mapping[str, Group]
    coverage: Coverage
    residual_kg: float
    evaluation: Range | None = None
    total_with_evaluation_kg_co2e: Range | None = None
    harmonized: Range | None = None
    answers: Answers
    counted_earlier: int = 0
    as_of: str
    findings: Counts
    certificates: tuple[Mapping[str, Any], ...] = ()
    record_digests: tuple[str, ...] = ()
    team_values: tuple[Mapping[str, Any], ...] = ()
    published: Mapping[str, Any] | None = None
    teams_without_number: int = 0
    records_without_place: int = 0
    evaluation_by_method: Mapping[str, Group] = field(factory=dict)
    counted_earlier_group: Group | None = None
    withdrawn: int = 0
    questions: Questions
    harmonization: Harmonization | None = None
    effectiveness: tuple[Front, ...] = ()
    since: Since | None = None
    editions: tuple[Mapping[str, Any], ...] = ()
    tool: Tool

    @property
    def shown(self) -> "Inventory":
        """The same without what only later years need: that is most of it, and is not shown."""
        return evolve(self, record_digests=(), team_values=(), editions=())


@frozen(kw_only=True)
class CountedActivity:
    """One activity as it counts in a total: a parent's own remainder, a nested step under its own name.

    `team` is empty in a single team's ledger. `inside` is the id of the activity in which it is nested.
    `tasks` are the tasks of the runs it serves (empty when unknown).
    `facility_range_kwh` and `embodied_range_kg_co2e` are what its emissions can be computed anew from.
    """

    record: ActivityRecord
    team: str = ""
    inside: str | None = None
    tasks: tuple[str, ...] = ()
    run_tags: tuple[str, ...] = ()
    emissions_kg_co2e: Range | None
    operational_kg_co2e: float | None
    embodied_kg_co2e: float | None
    it_energy_kwh: float | None
    facility_energy_kwh: float | None
    facility_range_kwh: Range | None = None
    embodied_range_kg_co2e: Range | None = None

    @property
    def task(self) -> str:
        """The group it counts under: its one task, `shared` for several, `unknown` for none."""
        if not self.tasks:
            return UNKNOWN
        return self.tasks[0] if len(self.tasks) == 1 else SHARED


@frozen(kw_only=True)
class TeamRow:
    """One team in the organizer's edition.

    A team of which no emissions are known has None there, never 0. `tracked` and `offset` are its answers, None where
    it gave none; `form_tracked` and `form_offset` what its form says. `aliases` are names that were merged into its
    own. `counted_earlier` of its activities are in an earlier year's inventory and not in these figures.
    """

    team: str
    submissions: int
    runs: int
    activities: int
    emissions_kg_co2e: Range | None
    it_energy_kwh: float | None
    tracked: bool | None
    declared_kg: float
    offset: bool | None = None
    form_tracked: bool | None = None
    form_offset: bool | None = None
    aliases: tuple[str, ...] = ()
    harmonized_kg_co2e: Range | None = None
    counted_earlier: int = 0


@frozen(kw_only=True)
class RunRow:
    """One run in the organizer's edition.

    `share_kg_co2e` is the run's part of its team's emissions: each activity is divided equally among the runs it
    serves, so that the runs add up to the total; None where no emissions of this year are known, never 0. `scores` are
    measure → value, where the organizer gave them; by the measures of `leads` no run of its task beats it. `documents`
    are the lines of the run (topics × depth).
    """

    run_tag: str
    team: str
    task: str
    bundle: str
    sha256: str
    passed: bool
    tracked: bool
    share_kg_co2e: Range | None
    scores: Mapping[str, float] = field(factory=dict)
    leads: tuple[str, ...] = ()
    documents: int | None = None


@frozen(kw_only=True)
class Rise:
    """One step that a claim has come up: the level reached, and by what evidence."""

    level: str
    by: str


@frozen(kw_only=True)
class CertificateRow:
    """One certificate's claim for one scope in the organizer's edition. `level` is one of `LEVELS`.

    `rises` are what raised it, step by step; `list_matched` is told beside the level, a side branch. `held_by` are the
    codes of errors that hold it at declared, `disputed` whether one of them is a conflict that a person must settle,
    `decision` what a person decided.
    """

    certificate_id: str
    programme: str
    team: str
    scope_id: str
    quantity_kg: int
    allocated_kg: int
    level: str
    list_matched: bool = False
    disputed: bool = False
    held_by: tuple[str, ...] = ()
    decision: str | None = None
    rises: tuple[Rise, ...] = ()


@frozen(kw_only=True)
class CoverageBeside:
    """What stands beside the coverage. By level: the least and the largest share that the range of the emissions allows
    (None where there is nothing to cover), and the kg allocated to the whole track. `surplus_kg` is what teams declared
    beyond their emissions: it covers nobody."""

    share_range: Mapping[str, tuple[float, float] | None]
    pooled_kg: Mapping[str, int]
    surplus_kg: float


@frozen(kw_only=True)
class TrackDetails:
    """The rows behind an inventory: for the organizer only, never for the public.

    `earlier` are activities that an earlier year's inventory counted; they are in no total of this year.
    """

    teams: tuple[TeamRow, ...]
    runs: tuple[RunRow, ...]
    activities: tuple[CountedActivity, ...]
    certificates: tuple[CertificateRow, ...]
    findings: tuple[Finding, ...]
    earlier: tuple[CountedActivity, ...] = ()
    coverage_beside: CoverageBeside | None = None
