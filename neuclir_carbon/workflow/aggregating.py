"""`aggregate`: all teams' bundles in, the track's inventory and the rows behind it out."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.checks.coverage import TrackCoverage
from neuclir_carbon.checks.taking_part import about_evaluation, questions
from neuclir_carbon.estimate.upper_bound import METHOD as UPPER_BOUND
from neuclir_carbon.model.counting import GROUPING_KEYS, counted, emissions, group_of, grouped, totals
from neuclir_carbon.model.finding import Counts, Finding
from neuclir_carbon.model.inventory import Answers, CountedActivity, CoverageBeside, Inventory, TrackDetails
from neuclir_carbon.model.letter import TeamLetter
from neuclir_carbon.model.quantities import Range, total
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.organizer_lists import read_lists
from neuclir_carbon.store.published_editions import read_published
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.bringing import brought
from neuclir_carbon.workflow.collecting import Collected, collect
from neuclir_carbon.workflow.comparing_years import earlier_year, read_then, since
from neuclir_carbon.workflow.gathering import ALONE, Means, Progress, unshown
from neuclir_carbon.workflow.harmonizing import Grids, harmonized
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.lettering import team_letters
from neuclir_carbon.workflow.outlying import outliers
from neuclir_carbon.workflow.public_scan import Names, names_of
from neuclir_carbon.workflow.releasing import Release, release
from neuclir_carbon.workflow.rows import run_rows, team_rows, team_values, with_fronts


@frozen(kw_only=True)
class Request:
    """What is aggregated: bundles, folders of bundles or addresses of stores, the track, and what else the organizer
    brings."""

    sources: tuple[str | Path, ...]
    track: str
    as_of: date
    evaluation: tuple[Path, ...] = ()
    scores: Path | None = None
    min_group: int = 3
    registry: tuple[Path, ...] = ()
    earlier: tuple[Path, ...] = ()
    resolutions: tuple[Path, ...] = ()
    roster: Path | None = None
    forms: Path | None = None
    withdrawn: Path | None = None
    since: Path | None = None
    published: Path | None = None
    means: Means = ALONE


@frozen(kw_only=True)
class Aggregate:
    """The organizer's inventory with its rows, the public document that is made from it, and each team's letter.

    `release` is all that leaves with the public document; `names` is what no file of it may name, except in the words
    of the `track_file`.
    """

    inventory: Inventory
    details: TrackDetails
    public: Mapping[str, Any]
    letters: tuple[TeamLetter, ...]
    release: Release
    names: Names
    track_file: bytes


def aggregate(request: Request, progress: Progress = unshown) -> Aggregate:
    """Reads every bundle, counts each activity once, and sums up. `Unreadable` when nothing at all could be read."""
    loaded = load_track(request.track)
    lists = read_lists(roster=request.roster, forms=request.forms, withdrawn=request.withdrawn, scores=request.scores)
    out = read_published(request.published, loaded.track.track) if request.published else ()
    then = read_then(request.since, lists.roster) if request.since else None
    evaluation, by_evaluation = _evaluation(request.evaluation)
    with brought(request.registry, request.earlier, request.resolutions, lists=lists) as outside:
        collected = collect(request.sources, loaded, request.as_of, progress, outside=outside, means=request.means)
    grids = Grids()
    activities = collected.activities
    recomputed, comparison = harmonized(activities, grids)
    runs, fronts = with_fronts(run_rows(collected, lists))
    details = TrackDetails(
        teams=team_rows(collected, lists, comparison),
        runs=runs,
        activities=activities,
        certificates=collected.certified.rows,
        findings=(*collected.findings, *outliers(collected.submissions, activities), *by_evaluation),
        earlier=collected.chosen.earlier,
        coverage_beside=_beside(collected.certified),
    )
    values = team_values(details.teams, activities, collected.chosen.known_ids)
    inventory = evolve(
        _inventory(collected, details, request.as_of, evaluation),
        harmonized=recomputed,
        harmonization=comparison,
        effectiveness=fronts,
        team_values=values,
        since=since(then, emissions(activities), values, Grids()) if then else None,
    )
    compared = earlier_year(then, values, Grids()) if then else None
    released = release(inventory, collected, min_group=request.min_group, out=out, then=compared)
    letters = team_letters(collected, details, request.as_of.isoformat(), published=released.bundles, lists=lists)
    details = evolve(details, findings=(*details.findings, *released.findings))
    public = released.document
    inventory = evolve(inventory, published=public, findings=Counts.of(details.findings), editions=released.editions)
    return Aggregate(
        inventory=inventory, details=details, public=public, letters=letters, release=released,
        names=names_of(collected, details, outside), track_file=loaded.raw,
    )  # fmt: skip


def _evaluation(ledgers: Sequence[Path]) -> tuple[tuple[CountedActivity, ...] | None, tuple[Finding, ...]]:
    """The organizers' own compute; None when no ledger was given."""
    if not ledgers:
        return None, ()
    ledger = open_ledgers(*ledgers)
    own = counted(ledger.records)
    return own, (*ledger.findings, *about_evaluation([str(path) for path in ledgers], own))


def _known(activities: Sequence[CountedActivity]) -> Range | None:
    """The sum of the emissions that are known, kg CO2e; None where none are."""
    known = any(activity.emissions_kg_co2e is not None for activity in activities)
    return emissions(activities) if known else None


def _beside(certified: TrackCoverage) -> CoverageBeside:
    return CoverageBeside(
        share_range=certified.share_range, pooled_kg=certified.pooled_kg, surplus_kg=certified.surplus_kg
    )


def _how_known(activity: CountedActivity) -> str:
    """How an activity of the organizers' own is known: its method, AIcrowd's upper bound apart from other estimates."""
    named = (activity.record.source or {}).get("method")
    return UPPER_BOUND if named == UPPER_BOUND else activity.record.method


def _has_no_place(activity: CountedActivity) -> bool:
    return activity.record.grid is None or activity.record.grid.country is None


def _inventory(
    collected: Collected, details: TrackDetails, as_of: date, own: Sequence[CountedActivity] | None
) -> Inventory:
    whole = totals(details.activities)
    groups = {name: grouped(details.activities, key) for name, key in GROUPING_KEYS.items()}
    evaluation = _known(own or ())
    chosen, asked = collected.chosen, questions(collected.chosen.teams)
    return Inventory(
        track=collected.track,
        teams=len(details.teams),
        runs=len(details.runs),
        submissions=collected.submitted,
        activities=len(details.activities),
        emissions_kg_co2e=whole.emissions_kg_co2e,
        operational_kg_co2e=whole.operational_kg_co2e,
        embodied_kg_co2e=whole.embodied_kg_co2e,
        records_without_embodied=whole.records_without_embodied,
        records_without_emissions=whole.records_without_emissions,
        it_energy_kwh=whole.it_energy_kwh,
        facility_energy_kwh=whole.facility_energy_kwh,
        by_activity=groups["by_activity"],
        by_method=groups["by_method"],
        by_task=groups["by_task"],
        by_month=groups["by_month"],
        by_place=groups["by_place"],
        by_basis=groups["by_basis"],
        by_data_year=groups["by_data_year"],
        by_team=groups["by_team"],
        coverage=collected.certified.coverage,
        residual_kg=collected.certified.residual_kg,
        evaluation=evaluation,
        total_with_evaluation_kg_co2e=None if evaluation is None else total([whole.emissions_kg_co2e, evaluation]),
        answers=Answers(
            tracked=asked.tracked.yes,
            offset=asked.offset.yes,
            unanswered=sum(stand.tracked is None and stand.offset is None for stand in chosen.teams),
        ),
        as_of=as_of.isoformat(),
        findings=Counts.of(details.findings),
        certificates=collected.certified.entries,
        record_digests=chosen.known_digests,
        counted_earlier=len(chosen.earlier),
        counted_earlier_group=group_of(chosen.earlier) if chosen.earlier else None,
        teams_without_number=sum(team.emissions_kg_co2e is None for team in details.teams),
        records_without_place=sum(map(_has_no_place, details.activities)),
        evaluation_by_method=grouped(own or (), _how_known),
        withdrawn=chosen.withdrawn,
        questions=asked,
        tool=THIS_TOOL,
    )
