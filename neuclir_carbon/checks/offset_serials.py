"""OFF: the serial numbers of one certificate: whether they can be, and agree with what is stated beside them."""

import re
from collections.abc import Iterator
from datetime import date

from neuclir_carbon.checks.offset_reference import Reference, serial_faults
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.serial import Verdict
from neuclir_carbon.serials.overlaps import Held, sweep
from neuclir_carbon.serials.reading import accepts, grammars_of

SERIALS: Rulebook[Reference] = Rulebook("a certificate's serials")


@SERIALS.rule("OFF009", Severity.WARNING, "a serial is well-formed but unusual")
def serials_are_usual(reference: Reference) -> Iterator[Fault]:
    """A number with a leading zero where the programme prints none, or a block of more than 5,000,000 units, is often a
    slip of the pen.
    """
    yield from serial_faults(reference, "OFF009")


@SERIALS.rule("OFF010", Severity.ERROR, "a serial is none of the programme's")
def serials_fit_the_programme(reference: Reference) -> Iterator[Fault]:
    """Each serial must fit a grammar of the stated programme, and its country, dates and vintage must be possible.
    Where no grammar of a programme is known here, nothing is said. `certificate serial TEXT` shows what is read.

    Good: KE-5-71234501-2-2-0-5336 with programme cdm. Bad: a project's id, or a certificate's number, in its place.
    """
    programme = reference.certificate.programme
    known = bool(grammars_of(programme))
    for i, reading in reference.readings if known else ():
        if reading.serial is not None and not accepts(programme, reading.serial):
            yield Fault(
                f"'{reading.text}' is a serial of {reading.serial.programme}, but the programme is {programme}: "
                f"correct one of them",
                Location(pointer=f"/serials/{i}"),
            )
    shapeless = {Verdict.E_LENGTH, Verdict.E_NONASCII, Verdict.E_SYNTAX}
    yield from serial_faults(reference, "OFF010", () if known else shapeless)


@SERIALS.rule("OFF011", Severity.ERROR, "a block's ends are impossible")
def blocks_are_possible(reference: Reference) -> Iterator[Fault]:
    """A block starts at 1 or later and does not end before its start.

    Good: 70286 to 70398, or 7 to 7. Bad: 70398 to 70286, or 0 to 9.
    """
    yield from serial_faults(reference, "OFF011")


@SERIALS.rule("OFF014", Severity.ERROR, "a block mixes different units")
def block_ends_agree(reference: Reference) -> Iterator[Fault]:
    """Start and end of a CER block may differ in the serial number only: not in party, unit, commitment periods,
    land-use activity or project (EU Regulation 2216/2004, Annex VI). Nor may those of an old Puro block in the GSRN.
    """
    yield from serial_faults(reference, "OFF014")


@SERIALS.rule("OFF015", Severity.WARNING, "the serial's country is not the project's")
def country_agrees(reference: Reference) -> Iterator[Fault]:
    """The country in the serial should be `project.host_country`. For CERs the serial has the party whose registry
    issued it, which is nearly always the host.
    """
    project = reference.certificate.project
    stated = project.host_country if project else None
    for i, serial in reference.serials if stated else ():
        if serial.country is not None and serial.country != stated:
            yield Fault(
                f"the serial's country is {serial.country}, but project.host_country is {stated}: correct one of them",
                Location(pointer=f"/serials/{i}"),
            )


@SERIALS.rule("OFF016", Severity.WARNING, "the serial's project is not the stated one")
def project_agrees(reference: Reference) -> Iterator[Fault]:
    """The project in the serial should be `project.id`; prefixes such as VCS, GS or CAR do not count.

    Good: project VCS1529 and serial …-1529-…. Bad: project 5336 and a serial of 5337.
    """
    project = reference.certificate.project
    stated = _bare_project(project.id) if project and project.id else None
    for i, serial in reference.serials if stated else ():
        if serial.project is not None and _bare_project(serial.project) != stated:
            yield Fault(
                f"the serial's project is {serial.project}, but project.id is {stated}: correct one of them",
                Location(pointer=f"/serials/{i}"),
            )


def _bare_project(identifier: str) -> str:
    bare = re.sub(r"[^A-Z0-9]", "", identifier.upper())
    return re.sub(r"^[A-Z]*0*(?=[0-9])", "", bare)


@SERIALS.rule("OFF017", Severity.WARNING, "the serial's vintage is not the stated one")
def vintage_agrees(reference: Reference) -> Iterator[Fault]:
    """The vintage in the serial should lie within `vintage`. Where a serial names a year only, years are compared."""
    stated = reference.certificate.vintage
    if stated is None:
        return
    for i, serial in reference.serials:
        vintage = serial.vintage
        if vintage is None:
            continue
        first, last = stated.first, stated.last
        if vintage.whole_years:
            first, last = date(first.year, 1, 1), date(last.year, 12, 31)
        if vintage.first < first or vintage.last > last:
            yield Fault(
                f"the serial's vintage is {vintage.first} to {vintage.last}, but vintage is {stated.start} to "
                f"{stated.end}: correct one of them",
                Location(pointer=f"/serials/{i}"),
            )


@SERIALS.rule("OFF021", Severity.ERROR, "the certificate lists credits twice")
def serials_are_listed_once(reference: Reference) -> Iterator[Fault]:
    """The blocks of one certificate may not overlap: a line pasted twice would count its credits twice.

    Good: 1 to 3 and 4 to 6. Bad: 1 to 3 and 3 to 6.
    """
    blocks = [
        Held(serial.key, serial.block.start, serial.block.end, str(i))
        for i, serial in reference.serials
        if serial.block
    ]
    yield from (
        Fault(
            f"serials {overlap.start} to {overlap.end} of {overlap.key} stand in serials[{overlap.first.owner}] and in "
            f"serials[{overlap.second.owner}]: drop one",
            Location(pointer=f"/serials/{overlap.second.owner}"),
        )
        for overlap in sweep(blocks)
    )
