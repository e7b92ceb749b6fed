"""INV: the track's inventory. Which submissions and which activities count, each once, and what was noticed there."""

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from attrs import frozen

from neuclir_carbon.checks.emissions import TWO_CONTENTS
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import Submission

BOOK: Rulebook[None] = Rulebook("the track's inventory")
NEAR_NAMES = 0.85

OTHER_TRACK = BOOK.note(
    "INV001", Severity.ERROR, "the submission belongs to another track",
    """A bundle among the sources was made for another track than the one that is aggregated. It does not count.""",
)  # fmt: skip

TWO_OF_ONE_REVISION = BOOK.note(
    "INV002", Severity.ERROR, "one revision of a run has two contents",
    """Two different bundles carry the same team, task, run tag and revision. The later one counts (by `created_at`,
    then by digest), and the team should say which is meant: `bundle --revision N` tells them apart.""",
)  # fmt: skip

OLDER_REVISION = BOOK.note(
    "INV003", Severity.NOTE, "a newer revision takes the submission's place",
    """The team sent this run again, with a higher revision or by naming this bundle in `replaces`. Only the newest
    counts.""",
)  # fmt: skip

COPIED_RECORD = BOOK.note(
    "INV004", Severity.ERROR, "two teams carry the same activity record",
    """The same record, to the digest, lies in bundles of two teams. It counts once, under the team whose name comes
    first; ask both teams whose work it was.""",
)  # fmt: skip

SUPERSEDED = BOOK.note(
    "INV005", Severity.NOTE, "an activity record was replaced by a newer one",
    """Another bundle of the same team holds a record that supersedes this one, so this one does not count.""",
)  # fmt: skip

OTHER_TEAMS_RECORD = BOOK.note(
    "INV006", Severity.ERROR, "a record claims to replace another team's",
    """`supersedes` works within a team only. A record that names another team's changes nothing about that one, and
    counts for itself.""",
)  # fmt: skip

NEAR_TEAMS = BOOK.note(
    "INV007", Severity.WARNING, "two team names look alike",
    """Two names differ by little: one team may have written its name in two ways, and would then count as two. They are
    never merged by themselves.""",
)  # fmt: skip


@frozen(kw_only=True)
class Served:
    """A record that counts, and the submissions of its team that carry it."""

    record: ActivityRecord
    team: str
    submissions: tuple[Submission, ...]


def newest(submissions: Iterable[Submission], track: str) -> tuple[tuple[Submission, ...], tuple[Finding, ...]]:
    """The submissions of the track that count, by team, task and run tag, each run once; and findings on the rest."""
    findings: list[Finding] = []
    distinct: dict[str, Submission] = {}
    for submission in sorted(submissions, key=lambda s: (s.sha256, s.path)):
        if submission.manifest.track != track:
            text = f"was made for track '{submission.manifest.track}', wanted '{track}'"
            findings.append(OTHER_TRACK.reported(text, Location(path=submission.path)))
        else:
            distinct.setdefault(submission.sha256, submission)
    replaced = {
        (submission.manifest.team, submission.manifest.replaces)
        for submission in distinct.values()
        if submission.manifest.replaces != submission.sha256
    }
    runs: dict[tuple[str, str, str], list[Submission]] = defaultdict(list)
    for submission in distinct.values():
        manifest = submission.manifest
        if (manifest.team, submission.sha256) in replaced:
            findings.append(_older(submission))
        else:
            runs[manifest.team, manifest.task, manifest.run_tag].append(submission)
    chosen = []
    for key in sorted(runs):
        best, found = _newest_of(runs[key])
        chosen.append(best)
        findings.extend(found)
    return tuple(chosen), tuple(findings)


def activities_once(submissions: Sequence[Submission]) -> tuple[tuple[Served, ...], tuple[Finding, ...]]:
    """Every activity of the submissions once, with the submissions it serves; and findings on the rest."""
    findings: list[Finding] = []
    served: list[Served] = []
    owner: dict[str | None, str] = {}
    by_team: dict[str, list[Submission]] = defaultdict(list)
    for submission in submissions:
        by_team[submission.manifest.team].append(submission)
    ids = {record.record_id: team for team in by_team for s in by_team[team] for record in s.records}
    for team in sorted(by_team):
        carried, found = _carried(by_team[team])
        findings.extend(found)
        replaced = {item.record.supersedes: item.record.record_id for item in carried.values()}
        for record_id, item in sorted(carried.items()):
            place = Location(path=item.submissions[0].path)
            named = item.record.supersedes
            if named is not None and named not in carried and named in ids:
                text = f"record {record_id} of team '{team}' claims to replace {named} of team '{ids[named]}'"
                findings.append(OTHER_TEAMS_RECORD.reported(text, place))
            if record_id in replaced and replaced[record_id] != record_id:
                text = f"record {record_id} was replaced by {replaced[record_id]}; it does not count"
                findings.append(SUPERSEDED.reported(text, place))
            first = owner.setdefault(item.record.record_sha256, team)
            if first == team:
                served.append(item)
            else:
                text = f"record {record_id} of team '{team}' also lies in bundles of team '{first}'; it counts there"
                findings.append(COPIED_RECORD.reported(text, place))
    return tuple(served), tuple(findings)


def near_names(teams: Iterable[str]) -> Iterator[Finding]:
    """A finding for each pair of team names that look alike."""
    for one, other in combinations(sorted(teams), 2):
        likeness = difflib.SequenceMatcher(None, _folded(one), _folded(other))
        if likeness.real_quick_ratio() >= NEAR_NAMES and likeness.ratio() >= NEAR_NAMES:
            yield NEAR_TEAMS.reported(f"teams '{one}' and '{other}' count as two; if they are one, tell them apart")


def _newest_of(candidates: Sequence[Submission]) -> tuple[Submission, Iterator[Finding]]:
    ordered = sorted(candidates, key=lambda s: (s.manifest.revision, s.manifest.created_at, s.sha256))
    best = ordered[-1]

    def found() -> Iterator[Finding]:
        for other in ordered[:-1]:
            if other.manifest.revision < best.manifest.revision:
                yield _older(other)
            else:
                text = f"and {best.path} both are revision {best.manifest.revision} of run {best.manifest.run_tag}"
                yield TWO_OF_ONE_REVISION.reported(f"{text}; the latter counts", Location(path=other.path))

    return best, found()


def _older(submission: Submission) -> Finding:
    text = (
        f"revision {submission.manifest.revision} of run {submission.manifest.run_tag} was replaced; it does not count"
    )
    return OLDER_REVISION.reported(text, Location(path=submission.path))


def _carried(submissions: Sequence[Submission]) -> tuple[Mapping[str, Served], list[Finding]]:
    """One team's records by id with the submissions that carry them; a second content of an id is a finding."""
    first: dict[str, ActivityRecord] = {}
    carriers: dict[str, list[Submission]] = defaultdict(list)
    findings = []
    for submission in submissions:
        for record in submission.records:
            known = first.setdefault(record.record_id, record)
            if known.record_sha256 == record.record_sha256:
                carriers[record.record_id].append(submission)
            else:
                other = carriers[record.record_id][0].path
                text = f"record {record.record_id} stands here with another content than in {other}"
                findings.append(TWO_CONTENTS.reported(text, Location(path=submission.path)))
    team = submissions[0].manifest.team
    return {
        record_id: Served(record=first[record_id], team=team, submissions=tuple(found))
        for record_id, found in carriers.items()
    }, findings


def _folded(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())
