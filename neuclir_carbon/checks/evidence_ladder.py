"""The ladder of evidence: how far one certificate's claim has come, and what raised each step.

declared            the reference follows its schema and allocates kg to the scope
documented          it has a document's SHA-256 or a well-formed registry address, or its retirement was found in a
                    registry's file; and no error stands against it
serial_consistent   and its serials can be read, are the programme's, and hold the quantity
list_matched        a side branch out of documented: a row of the CDM's public list looks like it
registry_verified   its blocks lie within retired blocks of a registry's file that agree with it

A claim only rises by evidence. Some errors are conflicts (`DISPUTING`): a claim that has one is disputed and stays
declared, in full, until a person's decision settles it; nobody wins by itself.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from attrs import frozen

from neuclir_carbon.checks.offset_claims import Copy
from neuclir_carbon.checks.offset_evidence import USUAL_NUMBERS
from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.offset_registry import Outcome, Sought
from neuclir_carbon.checks.offsets import Examined
from neuclir_carbon.checks.registry_pages import registry_host
from neuclir_carbon.model.certificate import KG_PER_CREDIT
from neuclir_carbon.model.inventory import LEVELS, Rise
from neuclir_carbon.model.outside import Decision, Resolution
from neuclir_carbon.model.serial import Reading
from neuclir_carbon.serials.reading import accepts

DECLARED, DOCUMENTED, SERIAL_CONSISTENT, LIST_MATCHED, REGISTRY_VERIFIED = LEVELS
# Errors by which two claims, or a claim and a registry, contradict each other.
DISPUTING = frozenset({"OFF003", "OFF008", "OFF020", "OFF023", "OFF026", "OFF050", "OFF052"})
# Programmes that name no grammar: a serial of any programme may stand there.
ANY_SERIAL = frozenset({"retailer", "other"})
# Programmes whose retirements may have an id and a page, and no block of serials.
WITHOUT_BLOCKS = frozenset({"isometric", "puro"})


@frozen(kw_only=True)
class Climb:
    """Where a claim stands. `level` is the highest step that includes those below it; `list_matched` is told beside it,
    since it is a side branch. `held_by` are the codes of the errors that hold it at declared."""

    level: str
    list_matched: bool
    rises: tuple[Rise, ...]
    held_by: tuple[str, ...] = ()

    @property
    def is_disputed(self) -> bool:
        return bool(DISPUTING.intersection(self.held_by))


def climb(copy: Copy, found: Examined, as_of: date, decision: str | None = None) -> Climb:
    """How far one content of a certificate has come, under a person's decision about the claim, if there is one.

    Upheld: conflicts hold it down no longer, other errors do. Rejected or withdrawn: it stays declared.
    """
    declared = Rise(level=DECLARED, by=f"{copy.place} follows its schema")
    settled = DISPUTING if decision == Decision.UPHELD else frozenset()
    held_by = tuple(code for code in found.error_codes(copy) if code not in settled)
    if held_by or decision in (Decision.REJECTED, Decision.WITHDRAWN):
        return Climb(level=DECLARED, list_matched=False, rises=(declared,), held_by=held_by)
    looked = found.sought_of(copy)
    rises = (declared, *_steps(copy, looked, as_of))
    base = [rise.level for rise in rises if rise.level != LIST_MATCHED]
    listed = any(rise.level == LIST_MATCHED for rise in rises)
    level = LIST_MATCHED if listed and base[-1] == DOCUMENTED else base[-1]
    return Climb(level=level, list_matched=listed, rises=rises)


def highest(climbs: Iterable[Climb]) -> Climb:
    """The one that has come furthest; of several contents of one certificate, any evidence serves the claim."""
    return max(climbs, key=lambda one: (LEVELS.index(one.level), one.list_matched))


def lowest(climbs: Iterable[Climb]) -> Climb:
    """The one that has come least far."""
    return min(climbs, key=lambda one: (LEVELS.index(one.level), one.list_matched))


def decision_about(resolutions: Iterable[Resolution], certificate_id: str, scope_id: str) -> Resolution | None:
    """The latest decision about a claim; that somebody saw it settles nothing and counts where nothing else is."""
    own = [one for one in resolutions if (one.certificate_id, one.scope_id) == (certificate_id, scope_id)]
    return max(own, key=lambda one: (one.decision != Decision.SEEN, one.on), default=None)


def _steps(copy: Copy, looked: Sought, as_of: date) -> Iterator[Rise]:
    document = _document(copy, looked)
    if document is None:
        return
    yield Rise(level=DOCUMENTED, by=document)
    consistent = _consistency(copy, as_of)
    verified = _is_own(copy, as_of) and looked.is_verified
    if consistent is not None or verified:
        yield Rise(level=SERIAL_CONSISTENT, by=consistent or "the id stands in a registry's file with its quantity")
    if looked.is_listed:
        row = looked.listed[0]
        yield Rise(level=LIST_MATCHED, by=f"{len(looked.listed)} rows of {_file(row.file.name, row.file.sha256)}")
    if verified:
        yield Rise(level=REGISTRY_VERIFIED, by="; ".join(_registry_words(looked)))


def _document(copy: Copy, looked: Sought) -> str | None:
    certificate = copy.certificate
    if certificate.document is not None:
        return f"a document with SHA-256 {certificate.document.sha256}"
    if certificate.registry_url is not None and registry_host(certificate.registry_url) is not None:
        return "a registry's address"
    return "its retirement stands in a registry's file" if looked.is_found else None


def _consistency(copy: Copy, as_of: date) -> str | None:
    """Why the serials are consistent: readable, of the programme, and hold the quantity; or the id is in shape."""
    certificate = copy.certificate
    if certificate.programme in WITHOUT_BLOCKS and all(_is_an_id(reading) for _, reading in copy.readings):
        usual = USUAL_NUMBERS.get(certificate.programme)
        named = usual is not None and usual[0].fullmatch(certificate.certificate_id) is not None
        shaped = (named or bool(copy.readings)) and certificate.registry_url is not None
        return "a well-formed id and a registry's address" if shaped else None
    reference = Reference(certificate, as_of, copy.readings)
    units = reference.units
    if units is None or units * KG_PER_CREDIT < certificate.quantity_kg or not _is_own(copy, as_of):
        return None
    return f"{len(copy.readings)} serials hold {units} units of {certificate.quantity_kg} kg"


def _is_own(copy: Copy, as_of: date) -> bool:
    """Whether every serial is one of the programme's."""
    certificate = copy.certificate
    reference = Reference(certificate, as_of, copy.readings)
    return certificate.programme in ANY_SERIAL or all(
        accepts(certificate.programme, serial) for _, serial in reference.serials
    )


def _is_an_id(reading: Reading) -> bool:
    """Whether a serial is a well-formed id without a block."""
    return reading.is_valid and reading.serial is not None and reading.serial.start is None


def _registry_words(looked: Sought) -> Iterator[str]:
    files: dict[str, list[int]] = {}
    for one in looked.sightings:
        for row in one.rows if one.outcome is Outcome.RETIRED else ():
            words = f"{_file(row.file.name, row.file.sha256)}, as of {row.file.as_of}"
            files.setdefault(words, []).append(row.line)
    for words, lines in files.items():
        shown = ", ".join(str(line) for line in sorted(set(lines))[:5])
        yield f"retired in line {shown} of {words}"


def _file(name: str, sha256: str) -> str:
    return f"{name} (sha256 {sha256})"
