"""One team's letter, ready to send: plain text, what was received, what it comes to, what is wrong and how to mend it.

Everything a stranger wrote stands on one line with control and bidi characters made visible.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.finding import Counts, Finding, Severity
from neuclir_carbon.model.letter import Fate, Received, TeamLetter
from neuclir_carbon.report import tables, templating, words

WIDTH = 78
MOST_OF_A_CODE = 10
MAX_MESSAGE = 1000
_FATES = {
    Fate.COUNTS: "counts",
    Fate.REPLACED: "does not count, a newer one took its place",
    Fate.REJECTED: "DOES NOT COUNT, it has errors (see below)",
    Fate.LEFT_OUT: "does not count, the organizers left it out as withdrawn",
}


def format_letter(letter: TeamLetter, rules: Mapping[str, Entry[Any]], *, receipt: str | None = None) -> str:
    """The letter as text; `rules` (code → entry) say what a finding's rule wants, `receipt` is its file's name."""
    text = templating.plain_text(
        "letter.txt.j2",
        {
            "letter": letter,
            "bundles": [_bundle(bundle) for bundle in letter.received],
            "answers": list(_answers(letter)),
            "sums": list(_sums(letter)),
            "levels": list(_levels(letter)),
            "coverage": list(_coverage(letter)),
            "findings": list(_findings(letter.findings, rules)),
            "mending": list(_mending(letter)),
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


def _bundle(bundle: Received) -> dict[str, Any]:
    return {
        "run_tag": bundle.run_tag, "task": bundle.task, "revision": bundle.revision, "fate": _FATES[bundle.fate],
        "public": _public(bundle),
        "file": _file(bundle), "sha256": bundle.sha256,
    }  # fmt: skip


def _public(bundle: Received) -> str:
    """How the bundle stands to the public edition that is out; nothing where the two agree that it does not count."""
    if bundle.published is None or (bundle.fate is not Fate.COUNTS and not bundle.published):
        return ""
    if bundle.fate is not Fate.COUNTS:
        return "the public edition that is out still contains it, until the next one"
    return "in the published total" if bundle.published else "not published yet: waits for the next public edition"


def _file(bundle: Received) -> str:
    return bundle.path.rpartition("/")[2]


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
    yield f"{words.counted(letter.activities, 'activity', 'activities')}, each counted once"
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


def _mending(letter: TeamLetter) -> Iterator[str]:
    rejected = [bundle for bundle in letter.received if bundle.fate is Fate.REJECTED]
    if not rejected and not any(found.severity is Severity.ERROR for found in letter.findings):
        return
    yield "Before you send a bundle again, look at it as we do: neuclir-carbon verify BUNDLE"
    yield "A mended bundle takes the old one's place with these options of `bundle`:"
    for bundle in rejected or letter.received:
        if bundle.fate in (Fate.REJECTED, Fate.COUNTS):
            yield f"{bundle.run_tag}: --revision {bundle.revision + 1} --replaces {bundle.sha256}"


def _receipt(bundles: Sequence[Received], receipt: str | None) -> Iterator[str]:
    """The receipt with the command that checks it, and why the public edition says otherwise than this letter."""
    if receipt is None:
        yield "None goes with this letter."
    else:
        yield f"{receipt}, which goes with this letter, shows which of your bundles are in the"
        yield "published total:"
        yield f"neuclir-carbon receipt check {receipt} --commitment commitment.json --bundle BUNDLE"
    waiting = any(bundle.fate is Fate.COUNTS and bundle.published is False for bundle in bundles)
    staying = any(bundle.fate is not Fate.COUNTS and bundle.published for bundle in bundles)
    if waiting:
        yield from _wrapped(
            "A bundle of yours counts for the organizers and waits for the next public edition; its receipt comes with "
            "that edition, and you need not do anything."
        )
    if staying:
        yield from _wrapped(
            "A bundle of yours no longer counts, but the public edition that is out still contains it, and your "
            "receipt proves that; the next edition leaves it out."
        )
    if waiting or staying:
        yield from _wrapped(
            "A public edition changes only when at least as many teams as --min-group says have changed, and when no "
            "team's change could be told from it."
        )


def _wrapped(text: str) -> list[str]:
    return wrap(_plain(text), WIDTH - 6, break_long_words=False, break_on_hyphens=False)


def _plain(text: str) -> str:
    """Text for mail: ordinary blanks between a number and its unit."""
    return text.replace(words.GAP, " ")
