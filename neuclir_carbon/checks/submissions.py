"""SUB: bundles. What the members must agree on; what the archive must be stands in `checks/archives.py`."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.submission import DIGESTS, MANIFEST, VERDICT, Contents
from neuclir_carbon.model.times import parse_time

BOOK: Rulebook[Contents] = Rulebook("bundles")
_JUDGED_AGAIN = ("passed", "official_verdict", "track", "track_version", "task", "run", "counts")

NOT_READ = BOOK.note(
    "SUB007", Severity.ERROR, "the bundle can't be read",
    """The file is missing, is a folder or a device, or may not be read; or it lies in a folder that is a source, is a
    ZIP archive by its name, and has no bundle's name (`*.crate.zip`), as a second download has none. Nothing is known
    about what is in it.""",
)  # fmt: skip

UNTRACKED = BOOK.note(
    "SUB008", Severity.WARNING, "no activity record serves the run",
    """The team tracked nothing for this run, or no record in its ledger names it. The bundle says `"tracked": false`.
    If there are records, give them the run's tag (`run --run-tag TAG`) or leave the tag away (then they serve all the
    team's runs).""",
)  # fmt: skip

INVALID_RUN = BOOK.note(
    "SUB009", Severity.WARNING, "the run does not pass its track's rules, and the bundle says so",
    """The bundle was made with `--allow-invalid`: its verdict lists errors in the run. The organizer decides whether it
    counts.""",
)  # fmt: skip


INVALID_TASK = BOOK.note(
    "SUB017", Severity.ERROR, "the task is not one of the track's",
    """`submission.json` names a task that the track schema in the bundle does not have, so the run can't be judged.""",
)  # fmt: skip


OTHER_TRACK = BOOK.note(
    "SUB013", Severity.ERROR, "the track schema in the bundle is not the published one",
    """The bundle freezes the track schema under which its run was judged. Where that track and version are known here,
    it must be the same file to the byte: otherwise a team could write its own rules. `--track FILE` names the
    organizer's own. A bundle of another track than the one that is asked for is refused by this rule, too.""",
)  # fmt: skip

UNKNOWN_TRACK = BOOK.note(
    "SUB018", Severity.WARNING, "the track is not known here",
    """The track schema in the bundle does not come with this version of the tool, so its rules are the team's word. The
    run is judged again under it where its regular expressions surely end soon. Give the track's own schema with
    `--track FILE`.""",
)  # fmt: skip

WRONG_SIGNATURE = BOOK.note(
    "SUB021", Severity.ERROR, "the signature is not the team's",
    """`manifest-sha256.txt.sig` must be an SSH signature over `manifest-sha256.txt` in the namespace `neuclir-carbon`,
    by a key that the list of allowed signers (`--allowed-signers`, see ssh-keygen(1)) has under the team's name.

    Good: a line `lotus ssh-ed25519 AAAA…` in the list, and a bundle of team lotus signed with that key. Bad: the
    digests were made anew after signing, or the key is another team's.""",
)  # fmt: skip

NOT_SIGNED = BOOK.note(
    "SUB022", Severity.ERROR, "the bundle is not signed",
    """A list of allowed signers was given (`--allowed-signers`), so every bundle must be signed: without a signature
    anybody could have made it. The team signs with `bundle --sign KEY`.""",
)  # fmt: skip

UNCHECKED_SIGNATURE = BOOK.note(
    "SUB023", Severity.NOTE, "nobody said whose signature it should be",
    """The bundle is signed, and nobody said whose keys are known: the signature tells no more than that the digests
    were not altered since. Give a list of allowed signers with `--allowed-signers FILE`.""",
)  # fmt: skip


@BOOK.rule("SUB011", Severity.ERROR, "submission.json disagrees with the archive")
def files_are_listed(contents: Contents) -> Iterator[Fault]:
    """`submission.json` must name the run by the name of the first member, and list every member but itself and the
    digests' file with its true SHA-256 and size."""
    wanted = {d.path: d for d in contents.digests if d.path != MANIFEST and not d.path.startswith(DIGESTS)}
    found = {digest.path: digest for digest in contents.manifest.files}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            yield Fault(f"lists '{name}' otherwise than it lies in the archive", Location(MANIFEST, pointer="/files"))
    run = contents.digests[0].path
    if contents.manifest.run_tag != run:
        yield Fault(
            f"names the run '{contents.manifest.run_tag}', but the archive begins with '{run}'",
            Location(MANIFEST, pointer="/run_tag"),
        )


@BOOK.rule("SUB012", Severity.ERROR, "the verdict is not what the run gives")
def verdict_is_true(contents: Contents) -> Iterator[Fault]:
    """`verdict.json` must be what validating the run in the bundle under the track schema in the bundle gives: the same
    result, counts, tag and digests. A verdict that says `passed` over a run that does not is the worst forgery here."""
    for key in _JUDGED_AGAIN:
        if contents.verdict.get(key) != contents.judged.get(key):
            yield Fault(
                f"says {str(contents.verdict.get(key))[:200]}, but the run gives {str(contents.judged.get(key))[:200]}",
                Location(VERDICT, pointer=f"/{key}"),
            )


@BOOK.rule("SUB014", Severity.ERROR, "submission.json and verdict name different things")
def one_track_one_task(contents: Contents) -> Iterator[Fault]:
    """`submission.json`, `track-schema.json` and `verdict.json` must name the same track and task, and `tracked` must
    say whether there are activity records."""
    manifest = contents.manifest
    if manifest.track != contents.track.track:
        yield Fault(
            f"names track '{manifest.track}', but the track schema is of '{contents.track.track}'",
            Location(MANIFEST, pointer="/track"),
        )
    if manifest.task != contents.verdict.get("task"):
        yield Fault(
            f"names task '{manifest.task}', but the verdict is on '{contents.verdict.get('task')}'",
            Location(MANIFEST, pointer="/task"),
        )
    if manifest.tracked != bool(contents.records):
        yield Fault(
            f"says tracked: {str(manifest.tracked).lower()}, but there are {len(contents.records)} activity records",
            Location(MANIFEST, pointer="/tracked"),
        )


@BOOK.rule("SUB015", Severity.ERROR, "activity records are out of order or stand twice")
def activities_are_in_order(contents: Contents) -> Iterator[Fault]:
    """`activities.json` holds each record once, by record id, and only records that serve this run: the same work
    gives the same bytes, and nothing is counted twice."""
    ids = [record.record_id for record in contents.records]
    if ids != sorted(set(ids)):
        yield Fault("records are not in the order of their ids, each once", Location("activities.json"))
    for index, record in enumerate(contents.records):
        if not record.serves(contents.manifest.run_tag):
            yield Fault(
                f"record {record.record_id} serves {', '.join(record.run_tags)[:200]}, not this run",
                Location("activities.json", pointer=f"/{index}/run_tags"),
            )


@BOOK.rule("SUB016", Severity.ERROR, "a derived file does not follow from the documents")
def derived_files_follow(contents: Contents) -> Iterator[Fault]:
    """`ro-crate-metadata.json`, `ir-metadata.yml` and `README.txt` are made from the other documents, so that other
    tools and people can read them. They must say what the documents say. (Checked to the byte where the bundle was made
    by the version of the tool that checks; the totals are checked always, by SUB034.)"""
    found = {digest.path: digest.sha256 for digest in contents.digests}
    for name, wanted in contents.wanted.items():
        if found.get(name) != wanted:
            yield Fault("does not say what the documents beside it say; make the bundle anew", Location(name))


@BOOK.rule("SUB034", Severity.ERROR, "totals are not those of the activity records")
def totals_add_up(contents: Contents) -> Iterator[Fault]:
    """The block `emissions` of `ir-metadata.yml` and the two totals in `README.txt` must be the sums of the activity
    records, each counted once, and each activity's usage in the crate must be its record's: energies in kWh, emissions
    in kg CO2e with their range, to 1e-9 relative. What is unknown is left out, never 0.

    Good: two records of 0.1 and 2.0 kWh, and it_energy_kwh 2.1. Bad: the same, and it_energy_kwh 0.21.
    """
    for stated in contents.stated:
        if not _same(stated.found, stated.wanted):
            text = f"says {str(stated.found)[:200]}, but the records give {stated.wanted}"
            yield Fault(text, Location(stated.path, pointer=stated.pointer))


def _same(found: Any, wanted: Any) -> bool:
    """Whether two values are the same, numbers to 1e-9 relative."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_same(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, float) and isinstance(found, (int, float)) and not isinstance(found, bool):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-15)
    return bool(found == wanted)


@BOOK.rule("SUB019", Severity.ERROR, "created_at is no time")
def made_at_some_time(contents: Contents) -> Iterator[Fault]:
    """`created_at` must name a moment that exists: a bundle's certificates are judged as of that day, and of two
    bundles of one revision the later one counts.

    Good: 2024-11-15T10:30:00Z. Bad: 2024-02-30T10:30:00Z, 2024-11-15T10:30:60Z.
    """
    try:
        parse_time(contents.manifest.created_at)
    except ValueError as error:
        yield Fault(f"is no time: {error}", Location(MANIFEST, pointer="/created_at"))


@BOOK.rule("SUB020", Severity.WARNING, "the team's name can't be told from another")
def team_can_be_read(contents: Contents) -> Iterator[Fault]:
    """A team's name should show all that it holds: no control or invisible characters, no blanks at its ends, and at
    least one letter, digit or sign that is seen. Otherwise two teams look the same in every table.

    Good: Fjordlab. Bad: a blank, or a name with a character in it that turns the direction of writing.
    """
    team = contents.manifest.team
    if not team.isprintable() or team != team.strip():
        yield Fault(f"names the team {ascii(team)[:200]}", Location(MANIFEST, pointer="/team"))
