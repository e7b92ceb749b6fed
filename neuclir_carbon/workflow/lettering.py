"""What each team may be told, from all that was collected: its own bundles, sums, certificates and findings only.

Findings about one bundle speak of that bundle alone. Those about several bundles have a wording for the team
(`Finding.to_team`); where one has none, its rule's summary stands in its place. Paths are cut to the team's own files.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePath

from attrs import evolve

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.checks.coverage import BOOK as COVERAGE
from neuclir_carbon.checks.coverage import TeamCoverage
from neuclir_carbon.checks.taking_part import CONTRADICTED, OFF_THE_ROSTER, TELL_YOUR_NAME
from neuclir_carbon.model.counting import totals
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.inventory import LEVELS, CountedActivity, CoverageLevel, TeamRow, TrackDetails
from neuclir_carbon.model.letter import Fate, Received, TeamLetter, names_of_files
from neuclir_carbon.model.roster import NO_LISTS, Lists
from neuclir_carbon.workflow.collecting import Collected
from neuclir_carbon.workflow.covering import next_step

# Families of rules that look at one bundle and the track's published rules, and so can tell nothing of another team.
OF_ONE_BUNDLE = ("SUB", "RUN", "DOC", "TRK", "EMI")


def team_letters(
    collected: Collected, details: TrackDetails, as_of: str, *, published: Collection[str] | None = None,
    lists: Lists = NO_LISTS,
) -> tuple[TeamLetter, ...]:  # fmt: skip
    """A letter for each team that took part or of which a bundle was received, by name.

    `published` are the SHA-256 of the bundles that the public edition contains; `lists` are the organizer's own.
    """
    stands = collected.received
    if published is not None:
        stands = tuple(evolve(one, published=one.sha256 in published) for one in stands)
    received, rows = _by_team(stands), {row.team: row for row in details.teams}
    activities: dict[str, list[CountedActivity]] = defaultdict(list)
    for activity in details.activities:
        activities[activity.team].append(activity)
    findings = _by_bundle(details.findings)
    certified = {row.team: row for row in collected.certified.teams}
    letters, known = [], frozenset(lists.roster.teams)
    for team in sorted({*received, *rows}):
        bundles = received.get(team, ())
        files = names_of_files(bundles)
        blank = TeamLetter(track=collected.track, team=team, as_of=as_of, received=bundles, levels={})
        own = [_told(finding, files) for bundle in bundles for finding in _of_bundle(bundle, findings)]
        own.extend(_placed(finding, files) for finding in collected.certified.examined.for_team(team))
        if lists.has_roster and team not in known and all(one.code != OFF_THE_ROSTER.code for one in own):
            own.append(OFF_THE_ROSTER.reported(TELL_YOUR_NAME))
        letter = _letter(blank, activities[team], certified.get(team), own)
        letters.append(_answered(letter, rows[team]) if team in rows else letter)
    return tuple(letters)


def _answered(letter: TeamLetter, row: TeamRow) -> TeamLetter:
    return evolve(
        letter,
        counted_earlier=row.counted_earlier,
        tracked=row.tracked,
        offset=row.offset,
        form_tracked=row.form_tracked,
        form_offset=row.form_offset,
        findings=(*letter.findings, *_contradictions(row)),
    )


def _contradictions(row: TeamRow) -> Iterator[Finding]:
    """A finding on each answer of the team's form that its bundles contradict, with what to do."""
    asked = (
        ("track", row.tracked, row.form_tracked, "activity records"),
        ("offset", row.offset, row.form_offset, "a certificate"),
    )
    for verb, counts, form, missing in asked:
        if form is None or form == counts:
            continue
        mend = f"send a bundle with {missing}" if form else "have the form corrected"
        text = (
            f"your form says that you did {'' if form else 'not '}{verb}, your bundles say otherwise, and they count; "
            f"{mend}, or tell the organizers which is right"
        )
        yield CONTRADICTED.reported(text, Location())


def _letter(
    blank: TeamLetter,
    activities: Sequence[CountedActivity],
    covered: TeamCoverage | None,
    findings: Sequence[Finding],
) -> TeamLetter:
    sums, is_known = totals(activities), any(activity.emissions_kg_co2e for activity in activities)
    of_coverage = () if covered is None else COVERAGE.examine(evolve(covered, known_teams=()))
    return evolve(
        blank,
        activities=len(activities),
        emissions=sums.emissions_kg_co2e if is_known else None,
        operational_kg_co2e=sums.operational_kg_co2e,
        embodied_kg_co2e=sums.embodied_kg_co2e,
        it_energy_kwh=sums.it_energy_kwh,
        records_without_emissions=sums.records_without_emissions,
        records_without_embodied=sums.records_without_embodied,
        levels=_levels(covered),
        disputed_kg=covered.disputed_kg if covered else 0,
        next_step=next_step(covered) if covered else "",
        findings=tuple(dict.fromkeys((*findings, *of_coverage))),
    )


def _levels(covered: TeamCoverage | None) -> Mapping[str, CoverageLevel]:
    if covered is None:
        return {}
    return {level: CoverageLevel(kg=covered.covered_kg(level), share=covered.share(level)) for level in LEVELS}


def _by_team(received: Iterable[Received]) -> dict[str, tuple[Received, ...]]:
    found: dict[str, list[Received]] = defaultdict(list)
    for bundle in received:
        found[bundle.team].append(bundle)
    return {
        team: tuple(sorted(bundles, key=lambda b: (b.task, b.run_tag, b.revision, b.sha256)))
        for team, bundles in found.items()
    }


def _by_bundle(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings that are placed in a bundle, by its path."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[(finding.location.path or "").partition("!")[0]].append(finding)
    return found


def _of_bundle(bundle: Received, findings: Mapping[str, Sequence[Finding]]) -> Iterator[Finding]:
    """A bundle's findings; those on certificates of a sound one are told as they were examined with all others."""
    for finding in findings.get(bundle.path, ()):
        if bundle.fate is Fate.REJECTED or not finding.code.startswith("OFF"):
            yield finding


def _told(finding: Finding, files: Mapping[str, str]) -> Finding:
    """The finding in the words that its team may read, placed in the team's own file."""
    message = finding.in_a_letter
    if finding.to_team is None and not _is_of_one_bundle(finding):
        message = _summaries().get(finding.code, "ask the organizers about it")
    return _placed(evolve(finding, message=message, to_team=None), files)


def _is_of_one_bundle(finding: Finding) -> bool:
    """Whether the finding came of its bundle alone: records are compared across bundles too, as whole bundles."""
    inside = "!" in (finding.location.path or "") or not finding.code.startswith("EMI")
    return finding.code.startswith((*OF_ONE_BUNDLE, "OFF")) and inside


@cache
def _summaries() -> Mapping[str, str]:
    return {code: entry.summary for code, entry in entries().items()}


def _placed(finding: Finding, files: Mapping[str, str]) -> Finding:
    """The finding placed in the team's own file; `files` are its names by path."""
    bundle, mark, member = (finding.location.path or "").partition("!")
    file = files.get(bundle, PurePath(bundle).name)
    return evolve(finding, location=Location(f"{file}{mark}{member}", finding.location.line, finding.location.pointer))
