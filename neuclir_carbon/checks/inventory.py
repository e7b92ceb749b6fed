"""INV: the track's inventory. Which submissions and which activities count, each once, and what was noticed there."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from attrs import evolve, frozen

from neuclir_carbon.checks.emissions import TWO_CONTENTS
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.counting import current
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.submission import Submission
from neuclir_carbon.model.times import parse_time

BOOK: Rulebook[None] = Rulebook("the track's inventory")
NEAR_NAMES = 0.85
COMPARED, MOST_NEAR_NAMES, BLOCK = 60, 50, 256
# Letters that look like Latin ones as small or as capital letters, the latter folded; after the list of confusables of
# Unicode's Technical Standard 39 (https://www.unicode.org/Public/security/latest/confusables.txt).
_LOOK_ALIKES = str.maketrans(
    "авекмнорстухіјѕһԁԛԝѵӏг" + "αβεζηικμνορτυχγσ",
    "abekmhopctyxijshdqwvlr" + "abezhikmvoptuxyo",
)
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

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
    first among those that have not replaced it; ask both teams whose work it was.""",
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


TWO_TEAMS_OF_ONE_ID = BOOK.note(
    "INV008", Severity.ERROR, "two teams use one record id for different records",
    """Records of two teams carry the same id and differ. Ids are made by chance and long, so one was most likely copied
    and altered. Both count, each under its team, for which of them is true can't be told from outside; ask both teams.
    """,
)  # fmt: skip


OF_NOBODY = BOOK.note(
    "INV018", Severity.WARNING, "a bundle does not say whose it is",
    """The archive was refused, and no manifest in it could be read: nobody knows its team, so no letter tells of it.
    Find out by your own means who sent the file (the mail, the upload's log), and write to them what the finding says.
    """,
)  # fmt: skip


@frozen(kw_only=True)
class Served:
    """A record, the submissions of its team that carry it, and whether it counts under that team."""

    record: ActivityRecord
    team: str
    submissions: tuple[Submission, ...]
    counts: bool = True


def newest(submissions: Iterable[Submission], track: str) -> tuple[tuple[Submission, ...], tuple[Finding, ...]]:
    """The submissions of the track that count, by team, task and run tag, each run once; and findings on the rest."""
    findings: list[Finding] = []
    distinct: dict[str, Submission] = {}
    for submission in sorted(submissions, key=lambda s: (s.sha256, s.path)):
        if submission.manifest.track != track:
            text = f"was made for track '{submission.manifest.track}', wanted '{track}'"
            findings.append(OTHER_TRACK.reported(text, Location(path=submission.path), to_team=text))
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


def all_of_another_track(named: Mapping[str, str], track: str) -> Iterator[Finding]:
    """A finding where all bundles (digest → the track that it names) are of one other: the wrong one was asked for."""
    if len(tracks := set(named.values())) != 1 or track in tracks:
        return
    (other,) = tracks
    all_of_them = f"all {len(named):,} bundles that can be read are" if len(named) > 1 else "the one bundle is"
    # The name is a stranger's: only a plain one is put into a command.
    advice = f"give --track {other}" if _PLAIN_ID.fullmatch(other) else "give that track's schema with --track"
    yield OTHER_TRACK.reported(f"{all_of_them} of track '{other}', and none of '{track}'; {advice}")


def of_nobody(refused: Mapping[str, str]) -> Iterator[Finding]:
    """A finding on each refused bundle (path → SHA-256) in which no manifest could be read, with what to write to its
    sender."""
    for path, sha256 in sorted(refused.items()):
        name = shown(path.rpartition("/")[2])
        letter = (
            f"your file {name} (SHA-256 {sha256}) can't be read as a bundle and does not count; send the file that "
            "'neuclir-carbon bundle' wrote, as it is, or make it anew; 'neuclir-carbon verify' tells you what is wrong"
        )
        yield OF_NOBODY.reported(f"does not say whose it is, so there is no letter; write to its sender: {letter}",
                                 Location(path=path))  # fmt: skip


def activities_once(submissions: Sequence[Submission]) -> tuple[tuple[Served, ...], tuple[Finding, ...]]:
    """Every record of each team, with the submissions it serves; and findings on those that do not count.

    A copy of another team's record stays among the records of both, so that what is nested in it or replaced by it is
    known; it counts under one of them. A record that a team replaced never takes another team's with it.
    """
    findings: list[Finding] = []
    served: list[Served] = []
    owner: dict[str | None, str] = {}
    by_id: dict[str, Served] = {}
    by_team: dict[str, list[Submission]] = defaultdict(list)
    for submission in submissions:
        by_team[submission.manifest.team].append(submission)
    ids = {record.record_id: team for team in by_team for s in by_team[team] for record in s.records}
    for team in sorted(by_team):
        carried, found = _carried(by_team[team])
        findings.extend(found)
        kept = {record.record_id for record in current(item.record for item in carried.values())}
        replaced = {item.record.supersedes: item.record.record_id for item in carried.values()}
        for record_id, item in sorted(carried.items()):
            place = Location(path=item.submissions[0].path)
            named = item.record.supersedes
            if named is not None and named not in carried and named in ids:
                text = f"record {record_id} of team '{team}' claims to replace {named} of team '{ids[named]}'"
                told = f"record {record_id} claims to replace a record that is none of yours; it changes nothing"
                findings.append(OTHER_TEAMS_RECORD.reported(text, place, to_team=told))
            if record_id not in kept:
                text = f"record {record_id} was replaced by {replaced[record_id]}; it does not count"
                findings.append(SUPERSEDED.reported(text, place, to_team=text))
                served.append(evolve(item, counts=False))
                continue
            other = by_id.setdefault(record_id, item)
            if other.record.record_sha256 != item.record.record_sha256:
                text = f"record {record_id} of team '{team}' has another content than that of team '{other.team}'"
                told = f"record {record_id} has an id that another record has, too; how did you come by it?"
                found_in = other.submissions[0].path
                findings.append(TWO_TEAMS_OF_ONE_ID.reported(f"{text} in {found_in}", place, to_team=told))
            first = owner.setdefault(item.record.record_sha256, team)
            served.append(evolve(item, counts=first == team))
            if first != team:
                text = f"record {record_id} of team '{team}' also lies in bundles of team '{first}'; it counts there"
                told = (
                    f"record {record_id} also lies in another team's bundles and counts there; if it is your work, "
                    "write to the organizers"
                )
                findings.append(COPIED_RECORD.reported(text, place, to_team=told))
    return tuple(served), tuple(findings)


def near_names(teams: Iterable[str]) -> Iterator[Finding]:
    """A finding for each pair of team names that look alike, up to `MOST_NEAR_NAMES`.

    Only the first `COMPARED` characters are compared: a stranger chooses the names, and the time grows with them.
    """
    found = (NEAR_TEAMS.reported(text) for text in _near(sorted(teams)))
    return islice(found, MOST_NEAR_NAMES)


def _near(teams: Sequence[str]) -> Iterator[str]:
    """Block by block: a platform has tens of thousands of teams, whose pairs no loop of Python gets through."""
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    short = [_as_seen(team)[:COMPARED] for team in teams]
    for start in range(0, len(teams), BLOCK):
        alike = process.cdist(
            short[start : start + BLOCK], short[start:], scorer=Indel.normalized_similarity, score_cutoff=NEAR_NAMES
        )
        for row, column in zip(*alike.nonzero(), strict=True):
            if column > row:
                one, other = teams[start + row], teams[start + column]
                pair = f"teams '{one}' and '{other}' count as two{_spelled(one, other)}"
                yield f"{pair}; if they are one, let it write one name"


def _spelled(one: str, other: str) -> str:
    """The letters of two names that look the same and differ in letters of other alphabets; else nothing."""
    if folded(one) == folded(other) or _as_seen(one) != _as_seen(other):
        return ""
    return f" (some of their letters look the same and are of other alphabets: {one!a}, {other!a})"


def _newest_of(candidates: Sequence[Submission]) -> tuple[Submission, Iterator[Finding]]:
    ordered = sorted(candidates, key=lambda s: (s.manifest.revision, parse_time(s.manifest.created_at), s.sha256))
    best = ordered[-1]

    def found() -> Iterator[Finding]:
        for other in ordered[:-1]:
            if other.manifest.revision < best.manifest.revision:
                yield _older(other)
            else:
                text = f"and {best.path} both are revision {best.manifest.revision} of run {best.manifest.run_tag}"
                told = (
                    f"is revision {best.manifest.revision} of run {best.manifest.run_tag}, and so is the bundle with "
                    f"SHA-256 {best.sha256}, which counts; send the one that you mean with a higher --revision"
                )
                place = Location(path=other.path)
                yield TWO_OF_ONE_REVISION.reported(f"{text}; the latter counts", place, to_team=told)

    return best, found()


def _older(submission: Submission) -> Finding:
    text = (
        f"revision {submission.manifest.revision} of run {submission.manifest.run_tag} was replaced; it does not count"
    )
    return OLDER_REVISION.reported(text, Location(path=submission.path), to_team=text)


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
                other = carriers[record.record_id][0]
                text = f"record {record.record_id} stands here with another content than in {other.path}, which counts"
                told = (
                    f"record {record.record_id} has another content in your bundle with SHA-256 {other.sha256}, and "
                    "that one counts"
                )
                findings.append(TWO_CONTENTS.reported(text, Location(path=submission.path), to_team=told))
    team = submissions[0].manifest.team
    return {
        record_id: Served(record=first[record_id], team=team, submissions=tuple(found))
        for record_id, found in carriers.items()
    }, findings


@lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """A name without case, blanks, signs and accents: what two ways of writing it have in common."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())


def _as_seen(name: str) -> str:
    """A folded name with the Latin letters that its Cyrillic and Greek ones look like. It is only for comparing."""
    return folded(name).translate(_LOOK_ALIKES)
