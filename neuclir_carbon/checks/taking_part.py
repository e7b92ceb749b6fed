"""INV: who took part and what was answered: the organizer's lists beside what teams sent in."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.inventory import CountedActivity, Question, Questions
from neuclir_carbon.model.outside import Resolution
from neuclir_carbon.model.roster import FormAnswer, Lists, Roster
from neuclir_carbon.model.submission import Submission

BOOK: Rulebook[None] = Rulebook("who took part")
TELL_YOUR_NAME = "tell the organizers under which name your team is registered; until then you count under this one"
# Looking for near names takes a second where a roster has tens of thousands of teams.
MOST_TOLD, MOST_HINTS, MANY_NAMES = 200, 20, 2000

WITHDRAWN = BOOK.note(
    "INV011", Severity.NOTE, "a bundle was left out as the organizer asked",
    """The bundle's digest stands in the list that was given with --withdrawn. It is left out as if it had never been
    sent: if it had taken the place of an older revision, that one counts again. List the older ones too where the
    whole run is withdrawn.""",
)  # fmt: skip

NOT_THERE = BOOK.note(
    "INV012", Severity.WARNING, "a digest to leave out is no bundle's",
    """A digest of the --withdrawn list belongs to no bundle among the sources: it may be mistyped, or of a run instead
    of its bundle, and what was to be left out may still count. `runs.csv` has the digest of each bundle.""",
)  # fmt: skip

OFF_THE_ROSTER = BOOK.note(
    "INV013", Severity.WARNING, "a team is not on the roster",
    """A bundle or a form names a team that the roster (--roster) does not have, neither as a team nor as an alias. It
    counts as a team of its own. Where it is another name of a team, add it to that team's aliases.""",
)  # fmt: skip

CONTRADICTED = BOOK.note(
    "INV014", Severity.WARNING, "a form says otherwise than the team's bundles",
    """The answer on the submission form (--forms) and what the team sent in differ: it says that it tracked and no
    bundle holds an activity record, or that it did not and one does; likewise for offsets and certificates. The
    bundles count. Ask the team: records or a certificate may have been left out of its bundles.""",
)  # fmt: skip

NO_SUCH_RUN = BOOK.note(
    "INV015", Severity.WARNING, "scores name runs that did not count",
    """Rows of the --scores file have a run tag that no counted bundle has: runs of teams that sent no bundle, bundles
    that were refused, or mistyped tags. They are left out.""",
)  # fmt: skip

TWO_RUNS_OF_A_TAG = BOOK.note(
    "INV016", Severity.WARNING, "scores of one run tag are taken for several runs",
    """Several counted runs (of several teams or tasks) have the same run tag, so that a row of the --scores file
    belongs to all of them. Score the runs under tags that tell them apart.""",
)  # fmt: skip

EVALUATION_UNKNOWN = BOOK.note(
    "INV017", Severity.WARNING, "emissions of the organizers' own work are not known",
    """A ledger that was given with --evaluation holds no sound record, or records whose emissions nobody can tell (no
    energy, or no place). What is not known is missing from the evaluation; where nothing is known, the evaluation is
    left out: it is not zero. Give the folder that holds `records/`, and say where the work ran (--country).""",
)  # fmt: skip

NO_SUCH_CLAIM = BOOK.note(
    "INV019", Severity.WARNING, "a decision is about a claim that nobody makes",
    """A decision of a --resolutions file names a certificate and a scope of this track (`TRACK/TEAM`), and no bundle
    that counts claims that certificate for it: one of the two may be mistyped, and the claim that was meant is still
    disputed. `certificates.csv` has both as they are claimed. Decisions about other tracks are left alone.""",
)  # fmt: skip


def of_no_claim(
    resolutions: Iterable[Resolution], claims: Collection[tuple[str, str]], track: str
) -> Iterator[Finding]:
    """A finding on each decision about a track's claim that is none of `claims` (certificate and scope)."""
    decided = {(one.certificate_id, one.scope_id) for one in resolutions if one.scope_id.partition("/")[0] == track}
    for certificate_id, scope_id in sorted(decided.difference(claims))[:MOST_TOLD]:
        yield NO_SUCH_CLAIM.reported(f"no bundle that counts claims {certificate_id!r} for {scope_id!r}", Location())


def about_evaluation(ledgers: Sequence[str], activities: Sequence[CountedActivity]) -> Iterator[Finding]:
    """A finding where the organizers' own ledgers (their paths) tell of no work, or of some without its emissions."""
    unknown = [activity.record.record_id for activity in activities if activity.emissions_kg_co2e is None]
    place = Location(path=ledgers[0] if len(ledgers) == 1 else None)
    if not activities:
        yield EVALUATION_UNKNOWN.reported(f"no sound record is in {', '.join(ledgers)}: no evaluation is told", place)
    elif unknown:
        shown = ", ".join(repr(name) for name in unknown[:5]) + (" …" if len(unknown) > 5 else "")
        message = f"{len(unknown):,} of {len(activities):,} activities have no emissions, which are missing: {shown}"
        yield EVALUATION_UNKNOWN.reported(message, place)


def renamed(submissions: Iterable[Submission], roster: Roster) -> tuple[Submission, ...]:
    """The submissions under their teams' own names: aliases in manifests and in certificates' scopes are replaced."""
    if not roster.aliases:
        return tuple(submissions)
    return tuple(_renamed(submission, roster) for submission in submissions)


def renamed_decisions(resolutions: Iterable[Resolution], roster: Roster) -> tuple[Resolution, ...]:
    """People's decisions about claims under the teams' own names."""
    return tuple(evolve(one, scope_id=roster.scope_of(one.scope_id)) for one in resolutions)


def _renamed(submission: Submission, roster: Roster) -> Submission:
    certificates = []
    for certificate in submission.certificates:
        scopes = {part.scope_id for part in certificate.allocations}
        parts = []
        for part in certificate.allocations:
            scope = roster.scope_of(part.scope_id)
            # Two names of one team in one certificate stay apart: as one they would be the same allocation twice.
            parts.append(part if scope in scopes else evolve(part, scope_id=scope))
        certificates.append(evolve(certificate, allocations=tuple(parts)))
    manifest = evolve(submission.manifest, team=roster.name_of(submission.manifest.team))
    return evolve(submission, manifest=manifest, certificates=tuple(certificates))


def without_withdrawn(
    submissions: Sequence[Submission], lists: Lists, refused: Iterable[str] = ()
) -> tuple[tuple[Submission, ...], tuple[Finding, ...]]:
    """The submissions that are not withdrawn, and findings on the others and on digests that belong to none.

    `refused` are digests of bundles that could not be used: to withdraw one of them is no mistake.
    """
    wanted = frozenset(lists.withdrawn)
    kept = tuple(submission for submission in submissions if submission.sha256 not in wanted)
    out = [submission for submission in submissions if submission.sha256 in wanted]
    there = {submission.sha256 for submission in out} | set(refused)
    findings = [
        WITHDRAWN.reported(
            f"run {one.manifest.run_tag} is left out", Location(path=one.path),
            to_team=f"revision {one.manifest.revision} of run {one.manifest.run_tag} is left out as if it had never "
            "been sent; if you did not ask for that, write to the organizers",
        )
        for one in sorted(out, key=lambda one: one.path)
    ]  # fmt: skip
    missing = [digest for digest in lists.withdrawn if digest not in there]
    findings.extend(
        NOT_THERE.reported(f"{digest} is no bundle's among the sources", Location(path=lists.withdrawn_path))
        for digest in missing[:MOST_TOLD]
    )
    return kept, tuple(findings)


def off_the_roster(teams: Mapping[str, str], lists: Lists) -> Iterator[Finding]:
    """A finding on each team that the roster lacks; `teams` are those with bundles, each with the path of one."""
    if not lists.has_roster:
        return
    known = set(lists.roster.teams)
    places = {answer.team: Location(path=lists.forms_path, line=answer.line) for answer in lists.forms}
    places |= {team: Location(path=path) for team, path in teams.items()}
    unknown = sorted(team for team in places if team not in known)
    hints = MOST_HINTS if len(known) < MANY_NAMES else 2
    for count, team in enumerate(unknown):
        near = nearest_names(team, lists.roster.teams, most=2) if count < hints else ()
        hint = f"; is it {' or '.join(repr(name) for name in near)}?" if near else ""
        message = f"team {team!r} is not on the roster{hint}"
        yield OFF_THE_ROSTER.reported(message, places[team], to_team=TELL_YOUR_NAME)


@frozen(kw_only=True)
class Stand:
    """How one team stands to the two questions (None: no answer), and whether its bundles say so."""

    team: str
    tracked: bool | None
    offset: bool | None
    has_bundles: bool
    form: FormAnswer | None = None

    @property
    def contradicted(self) -> Iterator[str]:
        """The questions that its form answers otherwise than its bundles."""
        for question in ("tracked", "offset"):
            said = getattr(self.form, question, None)
            if self.has_bundles and said is not None and said != getattr(self, question):
                yield question


def stands(evidence: Mapping[str, tuple[bool, bool]], lists: Lists) -> tuple[Stand, ...]:
    """Every team that took part: those with bundles (whether they tracked, whether they brought a certificate), and
    those that a list names. What a team's bundles say beats its form."""
    forms = {answer.team: answer for answer in lists.forms}
    found = []
    for team in sorted({*evidence, *lists.teams}):
        form, shown = forms.get(team), evidence.get(team)
        said = (form.tracked, form.offset) if form else (None, None)
        tracked, offset = shown or said
        found.append(Stand(team=team, tracked=tracked, offset=offset, has_bundles=shown is not None, form=form))
    return tuple(found)


def contradictions(teams: Iterable[Stand], lists: Lists) -> Iterator[Finding]:
    """A finding on each answer of a form that the team's bundles contradict."""
    evidence = {
        "tracked": {True: "a bundle of it holds activity records", False: "no bundle of it holds an activity record"},
        "offset": {True: "a bundle of it brings a certificate", False: "no bundle of it brings a certificate"},
    }
    for stand in teams:
        for question in stand.contradicted:
            said, shown = getattr(stand.form, question), getattr(stand, question)
            text = f"team '{stand.team}' answers {question} with {_word(said)}, but {evidence[question][shown]}"
            line = stand.form.line if stand.form else None
            yield CONTRADICTED.reported(f"{text}; the bundles count", Location(path=lists.forms_path, line=line))


def questions(teams: Sequence[Stand]) -> Questions:
    """How the teams stand to both questions, counted."""
    return Questions(tracked=_question(teams, "tracked"), offset=_question(teams, "offset"))


def _question(teams: Sequence[Stand], name: str) -> Question:
    answers = [getattr(stand, name) for stand in teams]
    return Question(
        yes=answers.count(True),
        no=answers.count(False),
        unanswered=answers.count(None),
        from_bundles=sum(stand.has_bundles for stand in teams),
        contradicted=sum(name in stand.contradicted for stand in teams),
    )


def about_scores(lists: Lists, runs: Iterable[tuple[str, str, str]]) -> Iterator[Finding]:
    """Findings on scores of runs that are not there, and of tags of several runs; `runs` are (team, task, tag)."""
    owners: dict[str, set[tuple[str, str]]] = {}
    for team, task, tag in runs:
        owners.setdefault(tag, set()).add((team, task))
    lines: dict[str, int] = {}
    for score in lists.scores:
        lines.setdefault(score.run_tag, score.line)
    unknown = [tag for tag in lines if tag not in owners]
    if unknown:
        near = nearest_names(unknown[0], owners, most=2)
        hint = f"; did the first mean {' or '.join(repr(tag) for tag in near)}?" if near else ""
        shown = ", ".join(repr(tag) for tag in unknown[:5]) + (" …" if len(unknown) > 5 else "")
        text = f"{len(unknown):,} of {len(lines):,} run tags are of no run that counted: {shown}{hint}"
        yield NO_SUCH_RUN.reported(text, Location(path=lists.scores_path, line=lines[unknown[0]]))
    for tag in sorted(tag for tag in lines if len(owners.get(tag, ())) > 1)[:MOST_TOLD]:
        named = "; ".join(f"team '{team}', task {task}" for team, task in sorted(owners[tag])[:5])
        text = f"the scores of run tag '{tag}' are taken for {len(owners[tag])} runs: {named}"
        yield TWO_RUNS_OF_A_TAG.reported(text, Location(path=lists.scores_path, line=lines[tag]))


def _word(answer: bool) -> str:
    return "yes" if answer else "no"
