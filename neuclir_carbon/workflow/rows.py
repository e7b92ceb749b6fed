"""The rows behind an inventory: a row for each team that took part, and for each run that counts."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve

from neuclir_carbon.checks.evidence_ladder import DECLARED
from neuclir_carbon.model.comparison import Harmonization
from neuclir_carbon.model.counting import emissions
from neuclir_carbon.model.effectiveness import pareto_front
from neuclir_carbon.model.inventory import CountedActivity, Front, RunRow, TeamRow
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import NOTHING, Range, total
from neuclir_carbon.model.roster import Lists
from neuclir_carbon.model.submission import Submission
from neuclir_carbon.workflow.collecting import Collected
from neuclir_carbon.workflow.harmonizing import Where, where_of


def team_rows(collected: Collected, lists: Lists, comparison: Harmonization | None) -> tuple[TeamRow, ...]:
    """Every team that took part, by name."""
    chosen = collected.chosen
    now, earlier = _by_team(chosen.activities), _by_team(chosen.earlier)
    runs: Mapping[str, list[Submission]] = defaultdict(list)
    for submission in chosen.submissions:
        runs[submission.manifest.team].append(submission)
    aliases: Mapping[str, list[str]] = defaultdict(list)
    for alias, team in lists.roster.aliases.items():
        aliases[team].append(alias)
    declared = {row.team: float(row.claimed_kg[DECLARED]) for row in collected.certified.teams}
    recomputed = {row.team: row.harmonized_kg_co2e for row in comparison.teams} if comparison else {}
    return tuple(
        TeamRow(
            team=stand.team,
            submissions=len(runs[stand.team]),
            runs=len({submission.manifest.run_tag for submission in runs[stand.team]}),
            activities=len(now[stand.team]),
            emissions_kg_co2e=_known_emissions(now[stand.team], earlier[stand.team]),
            it_energy_kwh=_known_energy(now[stand.team]),
            tracked=stand.tracked,
            declared_kg=declared.get(stand.team, 0.0),
            offset=stand.offset,
            form_tracked=stand.form.tracked if stand.form else None,
            form_offset=stand.form.offset if stand.form else None,
            aliases=tuple(aliases[stand.team]),
            harmonized_kg_co2e=recomputed.get(stand.team),
            counted_earlier=len(earlier[stand.team]),
        )
        for stand in chosen.teams
    )


def _by_team(activities: Iterable[CountedActivity]) -> Mapping[str, list[CountedActivity]]:
    teams: dict[str, list[CountedActivity]] = defaultdict(list)
    for activity in activities:
        teams[activity.team].append(activity)
    return teams


def _known_emissions(now: Sequence[CountedActivity], earlier: Sequence[CountedActivity]) -> Range | None:
    """A team's emissions of this year, kg CO2e: nothing where all its work was counted earlier; None where no emissions
    are known, which is not the same."""
    if any(activity.emissions_kg_co2e is not None for activity in now):
        return emissions(now)
    return NOTHING if earlier and not now else None


def _known_energy(now: Sequence[CountedActivity]) -> float | None:
    known = [activity.it_energy_kwh for activity in now if activity.it_energy_kwh is not None]
    return math.fsum(known) if known else None


def run_rows(collected: Collected, lists: Lists) -> tuple[RunRow, ...]:
    """Each run with its equal share of every activity that it is served by."""
    chosen = collected.chosen
    shares = shares_of_runs(chosen.submissions, chosen.activities)
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for score in lists.scores:
        scores[score.run_tag][score.measure] = score.value
    rows = [
        RunRow(
            run_tag=one.manifest.run_tag,
            team=one.manifest.team,
            task=one.manifest.task,
            bundle=one.path,
            sha256=one.sha256,
            passed=bool(one.verdict["passed"]),
            tracked=one.manifest.tracked,
            share_kg_co2e=_share(shares.get((one.manifest.team, one.manifest.run_tag), ())),
            scores=scores.get(one.manifest.run_tag, {}),
            documents=documents_of(one),
        )
        for one in chosen.submissions
    ]
    return tuple(rows)


Share = tuple[CountedActivity, float]


def shares_of_runs(
    submissions: Iterable[Submission], activities: Iterable[CountedActivity]
) -> Mapping[tuple[str, str], Sequence[Share]]:
    """(team, run tag) → the activities that serve the run, each with the part of it that falls on one such run.

    An activity is divided equally among the run tags that it serves, and among the tasks of one tag.
    """
    runs: dict[tuple[str, str], int] = defaultdict(int)
    for submission in submissions:
        runs[submission.manifest.team, submission.manifest.run_tag] += 1
    shares: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for activity in activities:
        for tag in activity.run_tags:
            key = (activity.team, tag)
            shares[key].append((activity, 1 / (len(activity.run_tags) * runs[key])))
    return shares


def _share(parts: Iterable[Share]) -> Range | None:
    known = [one.emissions_kg_co2e.times(part) for one, part in parts if one.emissions_kg_co2e is not None]
    return total(known) if known else None


def documents_of(submission: Submission) -> int | None:
    """How many lines the run has, as its verdict counted them: topics × depth for rankings."""
    lines = submission.verdict["run"].get("lines")
    return lines if isinstance(lines, int) else None


def with_fronts(runs: Sequence[RunRow]) -> tuple[tuple[RunRow, ...], tuple[Front, ...]]:
    """The runs with the measures by which no other beats them, and these runs by task and measure.

    Runs without known emissions take no part: they would beat all others.
    """
    groups: dict[tuple[str, str], list[tuple[int, float, float]]] = defaultdict(list)
    for place, run in enumerate(runs):
        if run.share_kg_co2e is not None:
            for measure, score in run.scores.items():
                groups[run.task, measure].append((place, run.share_kg_co2e.central, score))
    leads: dict[int, list[str]] = defaultdict(list)
    found = []
    for (task, measure), members in sorted(groups.items()):
        places = [members[index][0] for index in pareto_front([(kg, score) for _, kg, score in members])]
        for place in places:
            leads[place].append(measure)
        tags = tuple(runs[place].run_tag for place in places)
        found.append(Front(task=task, measure=measure, runs=len(members), front=tags))
    rows = tuple(evolve(run, leads=tuple(leads[place])) if place in leads else run for place, run in enumerate(runs))
    return rows, tuple(found)


def team_values(
    teams: Iterable[TeamRow], activities: Iterable[CountedActivity], known_ids: Mapping[str, Sequence[str]]
) -> tuple[Mapping[str, Any], ...]:
    """What a later year needs of each team, as JSON data: its emissions in all and by activity, its energy by place
    (what other factors are applied to), and the ids of its records."""
    own = _by_team(activities)
    return tuple(
        {
            "team": row.team,
            "emissions_kg_co2e": plain(row.emissions_kg_co2e),
            "it_energy_kwh": row.it_energy_kwh,
            "by_activity": _by_activity(own[row.team]),
            "energy": _energy_by_place(own[row.team]),
            "without_energy": sum(one.facility_range_kwh is None for one in own[row.team]),
            "record_ids": list(known_ids.get(row.team, ())),
        }
        for row in teams
    )


def _by_activity(activities: Iterable[CountedActivity]) -> dict[str, Any]:
    kinds: dict[str, list[Range]] = defaultdict(list)
    for one in activities:
        if one.emissions_kg_co2e is not None:
            kinds[one.record.activity].append(one.emissions_kg_co2e)
    return {kind: plain(total(kinds[kind])) for kind in sorted(kinds)}


def _energy_by_place(activities: Iterable[CountedActivity]) -> list[dict[str, Any]]:
    places: dict[Where, list[CountedActivity]] = defaultdict(list)
    for one in activities:
        if one.facility_range_kwh is not None:
            places[where_of(one)].append(one)
    return [
        {
            "country": country,
            "region": region,
            "facility_kwh": plain(total(one.facility_range_kwh or NOTHING for one in members)),
            "embodied_kg_co2e": plain(total(one.embodied_range_kg_co2e or NOTHING for one in members)),
        }
        for (country, region), members in sorted(places.items(), key=lambda item: tuple(map(str, item[0])))
    ]
