"""OFF: offset certificates. Their references examined, each by itself and together with those of all files.

The rules about one reference stand in checks/offset_quantities.py, offset_serials.py, offset_credits.py,
offset_dates.py and offset_evidence.py, those across files in offset_conflicts.py and offset_earlier.py, those beside
registries' exports in offset_registry.py and offset_plausibility.py. All is decided offline, from what was brought.
Double issuance and double claiming (by the host country, say) can't be seen in serial numbers, and the quality of
credits is not judged.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from attrs import evolve, frozen

from neuclir_carbon.checks.documents import BOOK as DOCUMENT_BOOK
from neuclir_carbon.checks.documents import Document, examine_bytes
from neuclir_carbon.checks.offset_claims import Collection, Copy, Holding, collected
from neuclir_carbon.checks.offset_conflicts import BOOK as CONFLICTS
from neuclir_carbon.checks.offset_conflicts import Together
from neuclir_carbon.checks.offset_credits import CREDITS
from neuclir_carbon.checks.offset_dates import DATES
from neuclir_carbon.checks.offset_earlier import BOOK as REUSE
from neuclir_carbon.checks.offset_earlier import Earlier, reused
from neuclir_carbon.checks.offset_evidence import EVIDENCE
from neuclir_carbon.checks.offset_plausibility import BOOK as BESIDE_TOTALS
from neuclir_carbon.checks.offset_plausibility import Weighed, weighed
from neuclir_carbon.checks.offset_quantities import QUANTITIES
from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.offset_registry import BOOK as BESIDE_EXPORTS
from neuclir_carbon.checks.offset_registry import Sought, sought
from neuclir_carbon.checks.offset_serials import SERIALS
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import SCHEMA, Certificate, Claimed
from neuclir_carbon.model.finding import Fault, Finding, Location, Policy, Severity
from neuclir_carbon.model.json_text import NotJson, parse_json
from neuclir_carbon.model.outside import NOTHING_BROUGHT, Outside

MOST_OF_A_CODE = 20

DOCUMENTS: Rulebook[object] = Rulebook("a reference as a document")

BROKEN = DOCUMENTS.note(
    "OFF001", Severity.ERROR, "the reference does not follow its schema",
    """A certificate reference must be strict JSON that follows certificate-reference/1: certificate_id, programme,
    unit_type, quantity_kg, retired_on and at least one allocation, and no unknown key. Nothing else about a broken
    reference is judged. Good: "retired_on": "2024-11-15". Bad: "retired_on": "15.11.2024".""",
)  # fmt: skip
BOOK: Rulebook[Reference] = Rulebook.joined(
    "offset certificates", DOCUMENTS, QUANTITIES, SERIALS, CREDITS, DATES, EVIDENCE
)


def examine_document(data: bytes) -> tuple[object, tuple[Finding, ...]]:
    """The JSON value of one reference's bytes, None when it is broken, and what is wrong with it (OFF001, OFF002)."""
    value, findings = examine_bytes(SCHEMA, data)
    return value, tuple(_recoded(findings))


def examine_list(data: bytes) -> tuple[list[object] | None, tuple[Finding, ...]]:
    """As `examine_document`, for a JSON array of references; one broken reference breaks the list."""
    try:
        values = parse_json(data)
    except NotJson as fault:
        return None, (_broken(Fault(fault.reason, Location(line=fault.line))),)
    if not isinstance(values, list):
        return None, (_broken(Fault("is no JSON array of certificate references")),)
    findings = [
        evolve(finding, location=evolve(finding.location, pointer=f"/{i}{finding.location.pointer or ''}"))
        for i, value in enumerate(values)
        for finding in DOCUMENT_BOOK.examine(Document(SCHEMA, value))
    ]
    return (None if findings else values), tuple(_recoded(findings))


@frozen
class Examined:
    """All that was found about claims: about each distinct content alone, and about each certificate over all files."""

    collection: Collection
    alone: Mapping[str, Mapping[Certificate, tuple[Finding, ...]]]
    together: Mapping[str, tuple[Finding, ...]]
    sought: Mapping[str, Mapping[Certificate, Sought]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """By certificate id: first what each content says by itself, then what concerns it over all files."""
        found: list[Finding] = []
        for certificate_id in self.collection.holdings:
            for findings in self.alone[certificate_id].values():
                found.extend(findings)
            found.extend(self.together[certificate_id])
        return tuple(found)

    def error_codes(self, copy: Copy) -> tuple[str, ...]:
        """The codes of the errors against this content, alone or with others: with any, it counts as declared only."""
        certificate = copy.certificate
        findings = (*self.alone[certificate.certificate_id][certificate], *self.together[certificate.certificate_id])
        return tuple(sorted({finding.code for finding in findings if finding.severity is Severity.ERROR}))

    def sought_of(self, copy: Copy) -> Sought:
        """What registries' exports say of this content."""
        return self.sought[copy.certificate.certificate_id][copy.certificate]

    def for_team(self, team: str) -> tuple[Finding, ...]:
        """What may be written to one team: the findings about what it brought, placed in its own files, without other
        teams' names, files or numbers."""
        told: list[Finding] = []
        for certificate_id, holding in self.collection.holdings.items():
            own = [claim for claim in holding.claims if claim.team == team]
            if not own:
                continue
            for copy in holding.copies:
                there = next((claim for claim in own if claim.certificate == copy.certificate), None)
                findings = self.alone[certificate_id][copy.certificate] if there is not None else ()
                told.extend(_told_at(finding, copy.claim, there or copy.claim) for finding in findings)
            first = holding.copies[0].claim
            told.extend(_told_at(finding, first, own[0]) for finding in self.together[certificate_id])
        return tuple(told)


def examine(claims: Sequence[Claimed], as_of: date) -> tuple[Finding, ...]:
    """All findings about the claims, judged as of a day, in an order that does not depend on that of the claims.

    Equal contents in several files are examined once and named by the first place in which they stand.
    """
    return examined(claims, as_of).findings


def examined(
    claims: Sequence[Claimed], as_of: date, policy: Policy | None = None, outside: Outside = NOTHING_BROUGHT
) -> Examined:
    """As `examine`, by certificate; beside registries' exports and earlier inventories where those were brought."""
    collection = collected(claims, as_of.year)
    holdings = collection.holdings.values()
    looked = {
        holding.certificate_id: {
            copy.certificate: sought(Reference(copy.certificate, as_of, copy.readings), outside.registry)
            for copy in holding.copies
        }
        for holding in holdings
    }
    alone = {
        holding.certificate_id: {
            copy.certificate: _alone(
                copy,
                looked[holding.certificate_id][copy.certificate],
                weighed(looked[holding.certificate_id][copy.certificate].reference, outside.registry),
                policy,
            )
            for copy in holding.copies
        }
        for holding in holdings
    }
    earlier = Earlier.of(outside.earlier)
    together = {holding.certificate_id: _together(holding, collection, earlier, policy) for holding in holdings}
    return Examined(collection, alone, together, looked)


def _alone(copy: Copy, looked: Sought, totals: Weighed, policy: Policy | None) -> tuple[Finding, ...]:
    found = chain(
        BOOK.examine(looked.reference, policy),
        BESIDE_EXPORTS.examine(looked, policy),
        BESIDE_TOTALS.examine(totals, policy),
    )
    return tuple(_placed(finding, copy.claim) for finding in _first_few(found))


def _together(holding: Holding, collection: Collection, earlier: Earlier, policy: Policy | None) -> tuple[Finding, ...]:
    found = chain(
        CONFLICTS.examine(Together(holding, collection), policy), REUSE.examine(reused(holding, earlier), policy)
    )
    return tuple(_placed(finding, holding.copies[0].claim) for finding in _first_few(found))


def _told_at(finding: Finding, placed: Claimed, own: Claimed) -> Finding:
    """The finding as a letter has it, in the file that the team itself brought instead of where it was placed."""
    pointer = f"{own.pointer}{(finding.location.pointer or '').removeprefix(placed.pointer)}" or None
    location = Location(path=own.path, line=finding.location.line, pointer=pointer)
    return evolve(finding, message=finding.in_a_letter, to_team=None, location=location)


def _first_few(findings: Iterable[Finding]) -> Iterator[Finding]:
    """At most `MOST_OF_A_CODE` findings of each code, and one that says so: hostile input may hold thousands."""
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= MOST_OF_A_CODE:
            yield finding
        elif seen[finding.code] == MOST_OF_A_CODE + 1:
            message = f"and more: only the first {MOST_OF_A_CODE} of {finding.code} are shown"
            yield evolve(finding, message=message, to_team=None)


def _placed(finding: Finding, claim: Claimed) -> Finding:
    pointer = f"{claim.pointer}{finding.location.pointer or ''}" or None
    return evolve(finding, location=Location(path=claim.path, line=finding.location.line, pointer=pointer))


def _recoded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Schema findings under this family's codes; one about the quantity is told once more, as what it means."""
    for finding in dict.fromkeys(findings):
        yield _broken(Fault(finding.message, finding.location))
        if (finding.location.pointer or "").endswith("/quantity_kg"):
            message = f"quantity_kg {finding.message}: give whole kg, at least 1 (3 credits are 3000)"
            yield Finding("OFF002", Severity.ERROR, message, finding.location)


def _broken(fault: Fault) -> Finding:
    return BROKEN.reported(fault.message, fault.location)
