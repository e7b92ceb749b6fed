"""What counts of a track's sound submissions: under which team's name, which of them, and which activities, once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import evolve, frozen

from neuclir_carbon.checks import inventory as rules
from neuclir_carbon.checks import taking_part
from neuclir_carbon.checks.earlier_activities import counted_before
from neuclir_carbon.checks.taking_part import Stand
from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.outside import Outside
from neuclir_carbon.model.submission import Submission


@frozen(kw_only=True)
class Chosen:
    """What counts. `earlier` are activities that an earlier inventory counted: they are in no total of this year.

    `teams` are all that took part, with and without bundles. `known_ids` are the ids of all records by team, and
    `known_digests` the digests of those that count now or counted earlier: what a later year needs.
    """

    submissions: tuple[Submission, ...]
    activities: tuple[CountedActivity, ...]
    earlier: tuple[CountedActivity, ...]
    teams: tuple[Stand, ...]
    withdrawn: int
    known_ids: Mapping[str, tuple[str, ...]]
    known_digests: tuple[str, ...]
    findings: tuple[Finding, ...]


def choose(sound: Sequence[Submission], track: str, outside: Outside, *, refused: Collection[str] = ()) -> Chosen:
    """What counts of the submissions that may be used, whatever order they come in; `refused` are the digests of the
    bundles that may not."""
    lists = outside.lists
    kept, by_list = taking_part.without_withdrawn(sound, lists, refused)
    chosen, by_revision = rules.newest(taking_part.renamed(kept, lists.roster), track)
    served, by_activity = rules.activities_once(chosen)
    before, by_earlier = counted_before(served, outside.earlier_activities)
    every = _counted(served)
    teams = taking_part.stands(_evidence(chosen, track), lists)
    return Chosen(
        submissions=chosen,
        activities=tuple(one for one in every if (one.team, one.record.record_id) not in before),
        earlier=tuple(one for one in every if (one.team, one.record.record_id) in before),
        teams=teams,
        withdrawn=len({*lists.withdrawn} & {*refused, *(submission.sha256 for submission in sound)}),
        known_ids=_known_ids(served),
        known_digests=tuple(sorted({str(one.record.record_sha256) for one in every})),
        findings=(
            *by_list,
            *by_revision,
            *by_activity,
            *by_earlier,
            *rules.near_names(stand.team for stand in teams),
            *taking_part.off_the_roster(_a_path_of_each(chosen), lists),
            *taking_part.contradictions(teams, lists),
            *taking_part.about_scores(lists, map(_run_of, chosen)),
        ),
    )


def _run_of(submission: Submission) -> tuple[str, str, str]:
    return submission.manifest.team, submission.manifest.task, submission.manifest.run_tag


def _a_path_of_each(submissions: Iterable[Submission]) -> Mapping[str, str]:
    paths: dict[str, str] = {}
    for submission in submissions:
        paths.setdefault(submission.manifest.team, submission.path)
    return paths


def _evidence(submissions: Iterable[Submission], track: str) -> Mapping[str, tuple[bool, bool]]:
    """Team → whether its bundles hold records, and whether they bring a certificate for the track.

    Whom an allocation names proves nothing: it can be anyone.
    """
    found: dict[str, tuple[bool, bool]] = {}
    for submission in submissions:
        tracked, offset = found.get(submission.manifest.team, (False, False))
        brings = any(part.track == track for one in submission.certificates for part in one.allocations)
        found[submission.manifest.team] = (tracked or submission.manifest.tracked, offset or brings)
    return found


def _known_ids(served: Iterable[rules.Served]) -> Mapping[str, tuple[str, ...]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for item in served:
        ids[item.team].add(item.record.record_id)
    return {team: tuple(sorted(found)) for team, found in sorted(ids.items())}


def _counted(served: Sequence[rules.Served]) -> tuple[CountedActivity, ...]:
    """Every activity as it counts, with the tasks and runs of its team's submissions that carry it."""
    by_team: dict[str, list[rules.Served]] = defaultdict(list)
    for item in served:
        by_team[item.team].append(item)
    found = []
    for team in sorted(by_team):
        carriers = {item.record.record_id: item.submissions for item in by_team[team] if item.counts}
        for activity in counted((item.record for item in by_team[team]), team=team):
            if activity.record.record_id not in carriers:
                continue
            manifests = [submission.manifest for submission in carriers[activity.record.record_id]]
            tasks = tuple(sorted({manifest.task for manifest in manifests}))
            tags = tuple(sorted({manifest.run_tag for manifest in manifests}))
            found.append(evolve(activity, tasks=tasks, run_tags=tags))
    return tuple(found)
