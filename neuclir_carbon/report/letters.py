"""One team's letter, ready to send: plain text, what was received, what it comes to, what is wrong and how to mend it.

Everything a stranger wrote stands on one line with control and bidi characters made visible.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.finding import Counts, Finding, Severity
from neuclir_carbon.model.letter import Fate, Received, TeamLetter, names_of_files
from neuclir_carbon.report import tables, templating, words

WIDTH = 78
MOST_OF_A_CODE = 10
MAX_MESSAGE = 1000
_FATES = {
    Fate.COUNTS: "counts",
    Fate.REPLACED: "does not count, a newer one took its place",
    Fate.CONFLICTS: "DOES NOT COUNT, another bundle of this revision does (see below)",
    Fate.REJECTED: "DOES NOT COUNT, it has errors (see below)",
    Fate.OTHER_TRACK: "DOES NOT COUNT, it is of another track (see below)",
    Fate.LEFT_OUT: "does not count, the organizers left it out as withdrawn",
}
# A bundle with these errors alone was damaged on its way (its checksums), or packed by another program.
_ON_ITS_WAY = frozenset(("SUB003", "SUB035"))
# What is said of one bundle, and of several, that the public edition which is out does not have as the organizers do.
_WAITING = (
    "A bundle of yours counts for the organizers and waits for the next public edition; its receipt comes with that "
    "edition, and you need not do anything.",
    "Bundles of yours count for the organizers and wait for the next public edition; their receipts come with that "
    "edition, and you need not do anything.",
)
_STAYING = (
    "A bundle of yours no longer counts, but the public edition that is out still contains it, and your receipt proves "
    "that; the next edition leaves it out.",
    "Bundles of yours no longer count, but the public edition that is out still contains them, and your receipt proves "
    "that; the next edition leaves them out.",
)


def format_letter(letter: TeamLetter, rules: Mapping[str, Entry[Any]], *, receipt: str | None = None) -> str:
    """The letter as text; `rules` (code → entry) say what a finding's rule wants, `receipt` is its file's name."""
    files = names_of_files(letter.received)
    text = templating.plain_text(
        "letter.txt.j2",
        {
            "letter": letter,
            "bundles": [_bundle(bundle, files[bundle.path]) for bundle in letter.received],
            "none_arrived": list(_none_arrived(letter)),
            "answers": list(_answers(letter)),
            "sums": list(_sums(letter)),
            "levels": list(_levels(letter)),
            "coverage": list(_coverage(letter)),
            "findings": list(_findings(letter.findings, rules)),
            "mending": list(_mending(letter, files)),
            "receipt": list(_receipt(letter.received, receipt)),
        },
    )
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def letters_index(letters: Iterable[tuple[TeamLetter, str, bytes, str | None]]) -> bytes:
    """letters/index.csv: which files go to which team, from (letter, file name, text, receipt's file name)."""
    head = ("team", "letter", "sha256", "bundles", "counting", "errors", "warnings", "receipt")
    return tables.csv_bytes(head, (_index_row(*row) for row in letters))


def _index_row(letter: TeamLetter, name: str, text: bytes, receipt: str | None) -> tuple[str | int, ...]:
    counts, counting = Counts.of(letter.findings), sum(bundle.fate is Fate.COUNTS for bundle in letter.received)
    digest = hashlib.sha256(text).hexdigest()
    return letter.team, name, digest, len(letter.received), counting, counts.error, counts.warning, receipt or ""


def _bundle(bundle: Received, file: str) -> dict[str, Any]:
    return {
        "run_tag": bundle.run_tag, "task": bundle.task, "revision": bundle.revision, "fate": _FATES[bundle.fate],
        "public": _public(bundle),
        "file": file, "sha256": bundle.sha256,
    }  # fmt: skip


def _public(bundle: Received) -> str:
    """How the bundle stands to the public edition that is out; nothing where the two agree that it does not count."""
    if bundle.published is None or (bundle.fate is not Fate.COUNTS and not bundle.published):
        return ""
    if bundle.fate is not Fate.COUNTS:
        return "the public edition that is out still contains it, until the next one"
    return "in the published total" if bundle.published else "not published yet: waits for the next public edition"


def _none_arrived(letter: TeamLetter) -> Iterator[str]:
    """What to do for a team of which no bundle was received, by what its form says."""
    if letter.form_tracked or letter.form_offset:
        said = " and ".join(
            verb for verb, answer in (("tracked", letter.form_tracked), ("offset", letter.form_offset)) if answer
        )
        yield from _wrapped(f"Your form says that you {said}, and that counts as your answer. Your emissions are in no "
                            "total.")  # fmt: skip
    yield from _wrapped(
        "If you sent one, tell the organizers: it did not arrive, or its file could not be read. If you did not, make "
        "one of each run, also of one that was not tracked, and send it:"
    )
    yield f"neuclir-carbon bundle RUN --track {letter.track} --task TASK --team TEAM"


def _answers(letter: TeamLetter) -> Iterator[str]:
    """What counts as the team's answers, and its form's where that says otherwise."""
    asked = (
        ("Did you track?", letter.tracked, letter.form_tracked),
        ("Did you offset?", letter.offset, letter.form_offset),
    )
    for question, counts, form in asked:
        said = "no answer" if counts is None else _yes(counts)
        if form is not None and form != counts:
            said += f", by your bundles; your form says {_yes(form)}"
        yield f"{question} {said}"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _sums(letter: TeamLetter) -> Iterator[str]:
    if letter.counted_earlier:
        count = words.counted(letter.counted_earlier, "activity", "activities")
        yield f"{count} stood in an earlier year's inventory: not in the sums here"
    if not letter.activities:
        yield "No activity of yours counts here."
        return
    yield "1 activity" if letter.activities == 1 else f"{letter.activities:,} activities, each counted once"
    yield f"IT energy: {_plain(words.energy(letter.it_energy_kwh))}"
    if letter.emissions is None:
        yield "Emissions: unknown."
        return
    unit = words.mass_unit([letter.emissions.central])
    yield f"Emissions, gross: {_plain(words.mass(letter.emissions.central, unit))} CO2e"
    yield _plain(f"likely {words.likely(letter.emissions, unit)}, at the extremes {words.hull(letter.emissions, unit)}")
    is_made_known = letter.records_without_embodied < letter.activities
    embodied = words.mass(letter.embodied_kg_co2e) if is_made_known else words.UNKNOWN
    yield _plain(f"of it operational {words.mass(letter.operational_kg_co2e)}, embodied {embodied}")
    if letter.records_without_emissions:
        count = words.counted(letter.records_without_emissions, "activity", "activities")
        yield f"{count} with unknown emissions: not in the sum"
    if letter.records_without_embodied:
        count = words.counted(letter.records_without_embodied, "activity", "activities")
        yield f"{count} without an embodied part: missing from the sum, not zero"


def _levels(letter: TeamLetter) -> Iterator[str]:
    for name, level in letter.levels.items() if _has_claims(letter) else ():
        share = words.share(level.share)
        yield _plain(f"{words.plainly(name):<20} {words.mass(level.kg):>12} {share:>14}")


def _has_claims(letter: TeamLetter) -> bool:
    return any(level.kg for level in letter.levels.values())


def _coverage(letter: TeamLetter) -> Iterator[str]:
    if not _has_claims(letter):
        yield "Nothing: no certificate allocates anything to your emissions."
    if letter.disputed_kg:
        yield f"{letter.disputed_kg:,} kg are disputed; they count as declared until that is settled."
    if letter.next_step and _has_claims(letter):
        yield from _wrapped(f"To rise: {letter.next_step}.")
    yield "Certificates stand beside the emissions; nothing is subtracted."


def _findings(findings: Sequence[Finding], rules: Mapping[str, Entry[Any]]) -> Iterator[dict[str, Any]]:
    """The findings, errors first, the first few of each code; behind the last of a code, what its rule wants."""
    order = {severity: place for place, severity in enumerate(Severity)}
    ordered = sorted(findings, key=lambda found: (order[found.severity], found.code, _place(found), found.message))
    times = Counter((found.severity, found.code) for found in ordered)
    seen: Counter[tuple[Severity, str]] = Counter()
    for found in ordered:
        key = found.severity, found.code
        seen[key] += 1
        if seen[key] > MOST_OF_A_CODE:
            continue
        lines = [*_wrapped(words.visible(found.message, most=MAX_MESSAGE))]
        if seen[key] == min(times[key], MOST_OF_A_CODE):
            lines += _last_lines(found.code, times[key] - seen[key], rules.get(found.code))
        yield {"head": f"{found.severity.value} {found.code} {_place(found)}".rstrip(), "lines": lines}


def _last_lines(code: str, left_out: int, rule: Entry[Any] | None) -> Iterator[str]:
    if left_out:
        yield f"and {left_out:,} more of {code}: neuclir-carbon verify BUNDLE shows them"
    if rule is not None:
        yield from _wrapped(f"The rule: {rule.summary}.")
        yield f"In full: neuclir-carbon explain {code}"


def _place(finding: Finding) -> str:
    return words.visible(str(finding.location))


def _mending(letter: TeamLetter, files: Mapping[str, str]) -> Iterator[str]:
    """How a mended bundle takes the place of each that has errors, and where one has done so already."""
    faulty = {
        (found.location.path or "").partition("!")[0] for found in letter.findings if found.severity is Severity.ERROR
    }
    runs: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for bundle in letter.received:
        if bundle.fate not in (Fate.LEFT_OUT, Fate.OTHER_TRACK):
            runs[bundle.task, bundle.run_tag].append(bundle)
    concerned = [run for run in runs.values() if any(_is_faulty(one, files, faulty) for one in run)]
    mended = [run for run in concerned if not _is_open(run, files, faulty)]
    for run in mended:
        standing = next(one for one in run if one.fate is Fate.COUNTS)
        yield from _wrapped(f"{standing.run_tag}: revision {standing.revision} counts; there is nothing to mend.")
    to_mend = [run for run in concerned if run not in mended]
    for run in [run for run in to_mend if _came_otherwise(run, letter.findings, files)]:
        to_mend.remove(run)
        tag, revision = run[0].run_tag, max(one.revision for one in run)
        yield from _wrapped(
            f"{tag}: once it comes as `bundle` wrote it, revision {revision} counts; no other is needed."
        )
    if not concerned and faulty - {files[one.path] for one in letter.received}:
        to_mend = [run for run in runs.values() if any(one.fate is Fate.COUNTS for one in run)]
    if not to_mend:
        return
    yield "Before you send a bundle again, look at it as we do: neuclir-carbon verify BUNDLE"
    yield "A mended bundle takes the old one's place with these options of `bundle`:"
    for run in to_mend:
        newest = max(run, key=lambda one: one.revision)
        standing = next((one for one in run if one.fate is Fate.COUNTS), newest)
        yield f"{newest.run_tag}: --revision {newest.revision + 1} --replaces {standing.sha256}"


def _came_otherwise(run: Sequence[Received], findings: Iterable[Finding], files: Mapping[str, str]) -> bool:
    """Whether nothing is wrong with a run's bundles but how they came: damaged, or packed by another program."""
    own = {files[one.path] for one in run}
    errors = {
        found.code
        for found in findings
        if found.severity is Severity.ERROR and (found.location.path or "").partition("!")[0] in own
    }
    newest = max(run, key=lambda one: one.revision)
    return bool(errors) and errors <= _ON_ITS_WAY and newest.fate is Fate.REJECTED


def _is_faulty(bundle: Received, files: Mapping[str, str], faulty: Container[str]) -> bool:
    return bundle.fate in (Fate.REJECTED, Fate.CONFLICTS) or files[bundle.path] in faulty


def _is_open(run: Sequence[Received], files: Mapping[str, str], faulty: Container[str]) -> bool:
    """Whether a faulty bundle of the run has no sound one of a higher revision that counts."""
    counting = next((one for one in run if one.fate is Fate.COUNTS), None)
    if counting is None or files[counting.path] in faulty:
        return True
    return any(_is_faulty(one, files, faulty) and one.revision >= counting.revision for one in run)


def _receipt(bundles: Sequence[Received], receipt: str | None) -> Iterator[str]:
    """The receipt with the command that checks it, and why the public edition says otherwise than this letter."""
    if receipt is None:
        yield "None goes with this letter."
    else:
        yield from _wrapped(
            f"{receipt}, which goes with this letter, shows which of your bundles are in the published total. "
            "commitment.json is a file of the public edition, BUNDLE one of yours as you sent it:"
        )
        yield f"neuclir-carbon receipt check {receipt} --commitment commitment.json --bundle BUNDLE"
    waiting = sum(bundle.fate is Fate.COUNTS and bundle.published is False for bundle in bundles)
    staying = sum(bundle.fate is not Fate.COUNTS and bool(bundle.published) for bundle in bundles)
    for count, told in ((waiting, _WAITING), (staying, _STAYING)):
        if count:
            yield from _wrapped(told[count > 1])
    if waiting or staying:
        yield from _wrapped(
            "A public edition changes only when so many teams have changed that no team's change can be told from it."
        )


def _wrapped(text: str) -> list[str]:
    return wrap(_plain(text), WIDTH - 6, break_long_words=False, break_on_hyphens=False)


def _plain(text: str) -> str:
    """Text for mail: ordinary blanks between a number and its unit."""
    return text.replace(words.GAP, " ")
