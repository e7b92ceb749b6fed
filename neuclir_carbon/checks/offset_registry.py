"""OFF: one certificate beside the exports of registries that the organizer brought. Nothing is fetched.

A claim is sought by its credits: it is found where one retired row contains its block, or where whole retired rows of
one day and project make it up (registries split and merge rows). So a block that is moved by one serial is not found,
but for a single credit whose neighbour was retired as well: then it names that one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from attrs import frozen

from neuclir_carbon.checks.offset_credits import other_book
from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import KG_PER_CREDIT, Certificate
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.outside import ListedRow, Registry, RegistryFile, RegistryRow, Status
from neuclir_carbon.model.serial import Reading, Serial
from neuclir_carbon.serials.overlaps import Held, sweep
from neuclir_carbon.serials.reading import read_serial

# Time zones, and registries that date a row by the end of a batch.
DAYS_APART = timedelta(days=3)
# A registry may publish a retirement some weeks after its day.
DAYS_TO_PUBLISH = timedelta(days=30)
MOST_TOLD = 3
MOST_KEPT = 20


class Outcome(StrEnum):
    """What became of one sought block or id."""

    RETIRED = "retired"
    PARTLY_RETIRED = "partly retired"
    CANCELLED = "cancelled"
    ISSUED = "issued"
    ABSENT = "absent"
    NO_FILE = "no file"


@frozen
class Sighting:
    """One block or id of a certificate, where it stands in the reference, and what the files say of it.

    `rows` are those that share credits with it; where it is retired, those that make it up. `files` are the exports
    that should list it, `twice` two retired rows that share credits with it and with each other.
    """

    pointer: str
    serial: Serial
    outcome: Outcome
    rows: tuple[RegistryRow, ...]
    files: tuple[RegistryFile, ...]
    twice: tuple[RegistryRow, ...] = ()

    @property
    def words(self) -> str:
        """The block or the id, in words."""
        if self.serial.start is None:
            return self.serial.key.partition(":")[2]
        return f"serials {self.serial.start} to {self.serial.end}"


@frozen
class Sought:
    """One reference, what was found of each of its blocks, and rows of lists without serials that look like it."""

    reference: Reference
    sightings: tuple[Sighting, ...] = ()
    listed: tuple[ListedRow, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether every block or id is retired by a row that agrees with the reference, and they hold the quantity."""
        complete = len(self.sightings) == len(_named(self.reference)) > 0
        clean = all(one.outcome is Outcome.RETIRED and not list(_differences(self, one)) for one in self.sightings)
        return complete and clean and self._kg >= self.reference.certificate.quantity_kg

    @property
    def is_found(self) -> bool:
        """Whether any of it was found as retired, or on a list."""
        return bool(self.listed) or any(one.outcome is Outcome.RETIRED for one in self.sightings)

    @property
    def is_listed(self) -> bool:
        return bool(self.listed)

    @property
    def _kg(self) -> int:
        return sum(_kg_of(one) for one in self.sightings)


BOOK: Rulebook[Sought] = Rulebook("certificates beside registries' exports")


def sought(reference: Reference, registry: Registry | None) -> Sought:
    """What the exports say of a reference; nothing, where there are none."""
    if registry is None:
        return Sought(reference)
    sightings = tuple(_sighting(registry, pointer, serial) for pointer, serial in _named(reference))
    found = any(one.outcome is Outcome.RETIRED for one in sightings)
    return Sought(reference, sightings, () if found else _listed(registry, reference))


@BOOK.rule("OFF025", Severity.WARNING, "the credits may stand in two registries' books")
def credits_stand_in_one_book(looked: Sought) -> Iterator[Fault]:
    """CERs with Gold Standard's label stand in both registries' books, and so do credits that moved from one registry
    to another (CAR400 became Verra 1528, CAR498 Verra 1527; Cercarbono's BCR2CDC serials came from BioCarbon). They may
    be claimed from the other book too. Told by the serial itself, or by an export of another registry that has it.
    """
    programme = looked.reference.certificate.programme
    for i, serial in looked.reference.serials:
        other = other_book(programme, serial)
        if other is not None:
            yield Fault(
                f"these credits also stand in the books of {other}: make sure that they are retired there too",
                Location(pointer=f"/serials/{i}"),
            )
    for one in looked.sightings:
        strange = tuple(row for row in one.rows if programme == one.serial.programme and _is_elsewhere(row, programme))
        if strange:
            yield Fault(
                f"{one.words}: these credits also stand in another registry's books, in {_places(strange)}: make sure "
                f"that nobody claims them from there",
                Location(pointer=one.pointer),
            )


@BOOK.rule("OFF050", Severity.ERROR, "the credits are issued, and not retired")
def credits_are_retired(looked: Sought) -> Iterator[Fault]:
    """A registry's export that reaches beyond the stated retirement has the credits as issued, or as cancelled for
    another purpose (moved into a compliance market, say), and not as retired.

    Good: the block lies in a row with a retirement's date. Bad: it lies in a row without one.
    """
    for one in looked.sightings:
        if one.outcome in (Outcome.ISSUED, Outcome.CANCELLED) and not _is_stale(looked, one):
            yield Fault(
                f"{one.words}: {one.outcome}, not retired, by {_places(one.rows)}: wait for the retirement and refer "
                f"to that",
                Location(pointer=one.pointer),
            )


@BOOK.rule("OFF051", Severity.WARNING, "the registry's export is too old to tell")
def exports_reach_the_retirement(looked: Sought) -> Iterator[Fault]:
    """The credits are not retired in an export whose latest row is older than 30 days after the stated retirement: it
    may have been published later. Bring a newer export.
    """
    for one in looked.sightings:
        if one.outcome in (Outcome.ABSENT, Outcome.ISSUED, Outcome.CANCELLED) and _is_stale(looked, one):
            yield Fault(
                f"{one.words}: not retired in {_files(one.files)}, but retired_on is "
                f"{looked.reference.certificate.retired_on}: bring an export that reaches 30 days further",
                Location(pointer=one.pointer),
            )


@BOOK.rule("OFF052", Severity.ERROR, "the registry does not know the credits")
def credits_are_known(looked: Sought) -> Iterator[Fault]:
    """The credits stand in no row of an export that reaches beyond the stated retirement. An export is taken to be
    whole: of a part of one, nothing follows from what is missing.
    """
    for one in looked.sightings:
        if one.outcome is Outcome.ABSENT and not _is_stale(looked, one):
            yield Fault(
                f"{one.words}: in no row of {_files(one.files)}: compare the serial with the document; if the file is "
                f"a part of the registry's export, bring the whole",
                Location(pointer=one.pointer),
            )


@BOOK.rule("OFF053", Severity.WARNING, "the registry's row differs")
def rows_agree(looked: Sought) -> Iterator[Fault]:
    """The claim exceeds what the registry's rows retire, or their date (by more than three days) or project differs
    from what the reference says. Beneficiaries are not compared: registries leave them out or hide them.
    """
    for one in looked.sightings:
        for difference in _differences(looked, one):
            yield Fault(f"{one.words}: {difference} ({_places(one.rows)})", Location(pointer=one.pointer))


@BOOK.rule("OFF054", Severity.NOTE, "found as retired in a registry's export")
def evidence_is_named(looked: Sought) -> Iterator[Fault]:
    """The claim lies within retired rows: the file's name, its SHA-256 and the day it reaches are kept as evidence. A
    retirement is final; an export goes stale. Being retired says nothing of the credits' quality, and nothing of double
    issuance or double claiming, which no registry's row can show. No fault.
    """
    for one in looked.sightings:
        if one.outcome is Outcome.RETIRED and not list(_differences(looked, one)):
            yield Fault(f"{one.words}: retired, by {_places(one.rows)}", Location(pointer=one.pointer))


@BOOK.rule("OFF055", Severity.WARNING, "on the CDM's list, which names no serials")
def a_list_is_less_than_a_serial(looked: Sought) -> Iterator[Fault]:
    """A row of the CDM's public list of attestations has the project, the quantity and (within three days) the date of
    the claim. The list names no serials, and equal rows are common: it is list-matched, which is less than verified.
    """
    if looked.listed:
        rows = ", ".join(f"line {row.line} of {row.file.name}" for row in looked.listed[:MOST_TOLD])
        more = f" and {len(looked.listed) - MOST_TOLD} more" if len(looked.listed) > MOST_TOLD else ""
        count = len(looked.listed)
        yield Fault(
            f"{count} row{'s' if count > 1 else ''} of a list without serials fit{'' if count > 1 else 's'}: "
            f"{rows}{more} (sha256 {looked.listed[0].file.sha256}, as of {looked.listed[0].file.as_of})"
        )


@BOOK.rule("OFF056", Severity.WARNING, "the registry itself has the credits twice")
def registry_has_credits_once(looked: Sought) -> Iterator[Fault]:
    """Two retired rows of the registry's own export hold the same credits. That is the registry's error to explain and
    says nothing about who refers to them.
    """
    for one in looked.sightings:
        if one.twice:
            message = f"{one.words}: {_places(one.twice)} hold the same credits: ask the registry"
            yield Fault(message, Location(pointer=one.pointer))


def _named(reference: Reference) -> list[tuple[str, Serial]]:
    """The blocks and ids that a reference names; for one without serials, the id that it has as number or address."""
    if reference.readings:
        valid = [(i, r.serial) for i, r in reference.readings if _is_usable(r)]
        return [(f"/serials/{i}", serial) for i, serial in valid if serial is not None]
    certificate = reference.certificate
    pointers = (
        ("/certificate_id", certificate.certificate_id),
        ("/registry_url", _last_part(certificate.registry_url)),
    )
    for pointer, text in pointers:
        reading = read_serial(text, year=reference.as_of.year) if text else None
        if reading is not None and reading.serial is not None and reading.serial.start is None:
            return [(pointer, reading.serial)]
    return []


def _is_usable(reading: Reading) -> bool:
    return reading.is_valid and reading.serial is not None


def _last_part(url: str | None) -> str:
    return (url or "").rstrip("/").rpartition("/")[2]


def _sighting(registry: Registry, pointer: str, serial: Serial) -> Sighting:
    files = tuple(file for file in registry.files if serial.programme in file.programmes)
    block = serial.block
    if block is None:
        rows = tuple(registry.rows_of(serial.key))
    else:
        rows = tuple(registry.rows_over(serial.key, block.start, block.end))
    retired = tuple(row for row in rows if row.status is Status.RETIRED)
    whole = retired if block is None else _making_up(retired, block.start, block.end)
    outcome = Outcome.RETIRED if whole else _outcome(rows, files)
    return Sighting(pointer, serial, outcome, whole or rows[:MOST_KEPT], files, _twice(retired))


def _outcome(rows: Sequence[RegistryRow], files: Sequence[RegistryFile]) -> Outcome:
    statuses = {row.status for row in rows}
    if Status.RETIRED in statuses:
        return Outcome.PARTLY_RETIRED
    if Status.CANCELLED in statuses:
        return Outcome.CANCELLED
    # What was issued is told by other exports too; whether it is still not retired, only by one of retirements.
    if not files:
        return Outcome.NO_FILE
    return Outcome.ISSUED if Status.ISSUED in statuses else Outcome.ABSENT


def _making_up(rows: Sequence[RegistryRow], start: int, end: int) -> tuple[RegistryRow, ...]:
    """The one row that contains a block, or the whole rows, side by side and alike, that make it up; else none."""
    containing = [row for row in rows if (row.start or 0) <= start and end <= (row.end or 0)]
    if containing:
        return tuple(containing)
    ordered = sorted(rows, key=lambda row: row.start or 0)
    alike = len({(row.day, row.project) for row in ordered}) == 1
    joined = all(later.start == (row.end or 0) + 1 for row, later in pairwise(ordered))
    exact = bool(ordered) and ordered[0].start == start and ordered[-1].end == end
    return tuple(ordered) if alike and joined and exact else ()


def _is_elsewhere(row: RegistryRow, programme: str) -> bool:
    """Whether a row stands in an export of another programme's registry."""
    return bool(row.file.programmes) and programme not in row.file.programmes


def _is_stale(looked: Sought, one: Sighting) -> bool:
    """Whether no export reaches 30 days beyond the stated retirement."""
    days = [file.as_of for file in (*one.files, *(row.file for row in one.rows)) if file.as_of is not None]
    return not days or max(days) < looked.reference.certificate.retired + DAYS_TO_PUBLISH


def _differences(looked: Sought, one: Sighting) -> Iterator[str]:
    certificate = looked.reference.certificate
    if one.outcome is Outcome.PARTLY_RETIRED:
        yield "only a part of it is retired, or it runs over the ends of retirements: look at the block's ends"
    if one.outcome is not Outcome.RETIRED:
        return
    days = {row.day for row in one.rows if row.day is not None}
    if days and all(abs(day - certificate.retired) > DAYS_APART for day in days):
        yield f"retired on {', '.join(map(str, sorted(days)))}, but retired_on is {certificate.retired_on}"
    stated = _bare(certificate.project.id) if certificate.project and certificate.project.id else None
    projects = {row.project for row in one.rows if row.project}
    if stated and projects and all(_bare(project) != stated for project in projects):
        yield f"project {', '.join(sorted(projects))}, but project.id is {stated}"
    if one.serial.start is None and _kg_of(one) < certificate.quantity_kg:
        yield f"{_kg_of(one)} kg are retired, but quantity_kg is {certificate.quantity_kg}"


def _kg_of(one: Sighting) -> int:
    """The kg that a block holds, or that the rows of an id retire (one of them, where the file has it twice)."""
    if one.serial.block is not None:
        return one.serial.block.units * KG_PER_CREDIT
    return max((row.quantity_kg or 0 for row in one.rows), default=0)


def _bare(identifier: str) -> str:
    return re.sub(r"^[A-Z]*0*(?=[0-9])", "", re.sub(r"[^A-Z0-9]", "", identifier.upper()))


def _listed(registry: Registry, reference: Reference) -> tuple[ListedRow, ...]:
    certificate: Certificate = reference.certificate
    if certificate.programme != "cdm":
        return ()
    stated = certificate.project.id if certificate.project else None
    projects = {_bare(project) for project in (stated, *(s.project for _, s in reference.serials)) if project}
    first, last = certificate.retired - DAYS_APART, certificate.retired + DAYS_APART
    return tuple(
        row for project in sorted(projects) for row in registry.listed(project, first, last, certificate.quantity_kg)
    )


def _twice(rows: Sequence[RegistryRow]) -> tuple[RegistryRow, ...]:
    """Two of the rows that hold the same credits; none where there are none."""
    if len(rows) > 1 and rows[0].start is None:
        return (rows[0], rows[1])
    held = [Held(row.key, row.start, row.end or 0, str(i)) for i, row in enumerate(rows) if row.start is not None]
    overlap = next(iter(sweep(held)), None)
    return () if overlap is None else (rows[int(overlap.first.owner)], rows[int(overlap.second.owner)])


def _places(rows: Sequence[RegistryRow]) -> str:
    """Lines and file, with what proves which file it was."""
    lines = ", ".join(str(row.line) for row in rows[:MOST_TOLD])
    more = f" and {len(rows) - MOST_TOLD} more" if len(rows) > MOST_TOLD else ""
    return f"line {lines}{more} of {_files(dict.fromkeys(row.file for row in rows))}"


def _files(files: Iterable[RegistryFile]) -> str:
    return "; ".join(f"{file.name} (sha256 {file.sha256}, as of {file.as_of or 'no known day'})" for file in files)
