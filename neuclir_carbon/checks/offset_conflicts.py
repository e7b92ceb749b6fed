"""OFF, across files: one certificate may serve many submissions, but each kg and each credit only once.

A rule looks at one holding and at what the whole collection says about it, so that every certificate involved in a
conflict has its own finding.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from neuclir_carbon.checks.offset_claims import (
    MOST_NAMED,
    Collection,
    Copy,
    Holding,
    allocated_kg,
    allocations_of,
    place_of,
)
from neuclir_carbon.checks.offset_reference import serial_text
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import Allocation, Certificate, Period
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.serials.normal import normalised
from neuclir_carbon.serials.overlaps import Overlap


@frozen
class Together:
    """One holding in its collection."""

    holding: Holding
    collection: Collection


_POINTERS = {"document (SHA-256)": "/document", "registry page": "/registry_url", "registry id": "/serials"}
BOOK: Rulebook[Together] = Rulebook("certificates over all files")


@BOOK.rule("OFF003", Severity.ERROR, "more is allocated than the certificate holds")
def allocations_fit_the_quantity(together: Together) -> Iterator[Fault]:
    """Over all files, the allocations of one certificate may not add up to more than its quantity. An allocation is
    identified by certificate, scope and period: equal ones in several files are one.

    Good: 250 kg and 400 kg of 3000 kg. Bad: 2000 kg for one team and 1500 kg for another of 3000 kg.
    """
    holding = together.holding
    allocated = allocated_kg(holding)
    if allocated > holding.quantity_kg:
        parts = allocations_of(holding.copies).items()
        shares = sorted(((stated.kg, scope) for (scope, _), stated in parts), reverse=True)
        yield Fault(
            f"{holding.certificate_id} has {holding.quantity_kg} kg, but {allocated} kg are allocated "
            f"({_named([f'{kg} kg to {scope}' for kg, scope in shares])}): lower allocations by "
            f"{allocated - holding.quantity_kg} kg",
            Location(pointer="/allocations"),
            # How much more would tell one of two teams the other's part.
            to_team=f"{holding.certificate_id} has {holding.quantity_kg} kg, but over all files more is allocated: "
            "agree with whoever else uses it on parts that fit",
        )


@BOOK.rule("OFF005", Severity.WARNING, "files disagree about one certificate")
def copies_agree(together: Together) -> Iterator[Fault]:
    """Files that name one certificate id must say the same about it: programme, unit, quantity, serials and date, and,
    where both tell, vintage, project, document and registry page. Allocations may differ from file to file.

    Good: the same certificate in thirty bundles. Bad: VC1/2024 with 3000 kg in one file and 30000 kg in another.
    """
    first, *others = together.holding.copies
    differing = ((other, list(_disagreements(first.certificate, other.certificate))) for other in others)
    yield from (
        Fault(
            f"{together.holding.certificate_id} differs between {first.place} and {other.place}: {'; '.join(words)}. "
            f"One of them is mistyped",
            Location(pointer="/certificate_id"),
            to_team=f"{together.holding.certificate_id} differs from what another file says of it in "
            f"{', '.join(word.partition(' is ')[0] for word in words)}: compare yours with the document",
        )
        for other, words in differing
        if words
    )


@BOOK.rule("OFF006", Severity.NOTE, "a part of the certificate is not allocated")
def remainder_is_told(together: Together) -> Iterator[Fault]:
    """What is left of a certificate after all allocations may serve a later year: it is told, so that nobody forgets
    it. No fault.
    """
    left = together.holding.quantity_kg - allocated_kg(together.holding)
    if left >= 1:
        yield Fault(
            f"{left} kg of {together.holding.quantity_kg} kg are not allocated yet", Location(pointer="/allocations")
        )


@BOOK.rule("OFF008", Severity.ERROR, "one allocation has two sizes")
def an_allocation_has_one_size(together: Together) -> Iterator[Fault]:
    """An allocation is identified by certificate, scope and period; wherever it stands it must have the same kg. Two
    parts of one certificate for one scope need two periods.

    Good: 250 kg for neuclir-2024/TEAM3 in every file. Bad: 250 kg in one file and 400 kg in another.
    """
    yield from _several_sizes(together.holding)


def _several_sizes(holding: Holding) -> Iterator[Fault]:
    for (scope, period), stated in allocations_of(holding.copies).items():
        if len(stated.first_by_kg) > 1:
            sizes = _named([f"{kg} kg in {stated.first_by_kg[kg].place}" for kg in sorted(stated.first_by_kg)])
            during = f" from {period.start} to {period.end}" if period else ""
            yield Fault(
                f"the allocation of {holding.certificate_id} to {scope}{during} has several sizes: "
                f"{sizes}. State one, or give the parts different periods",
                Location(pointer="/allocations"),
                to_team=f"an allocation of {holding.certificate_id} has several sizes: state one everywhere, or give "
                f"the parts different periods",
            )


@BOOK.rule("OFF020", Severity.ERROR, "two certificates hold the same credits")
def credits_are_claimed_once(together: Together) -> Iterator[Fault]:
    """The serial blocks of different certificates may not overlap: a credit can be retired once. Compared are the
    credits themselves, whatever registry the certificates name (Gold Standard prints CDM's own serials, for example).
    Registries err too: an overlap is to be explained and proves nothing about anybody. Serials show one unit used
    twice; double issuance (two units for one reduction) and double claiming (by the host country too) they can't show.

    Good: 1 to 10 and 11 to 20. Bad: 1 to 10 and 10 to 12 under the same key.
    """
    yield from _shared_credits(together.holding, together.collection)


def _shared_credits(holding: Holding, collection: Collection) -> Iterator[Fault]:
    by_other: dict[str, list[Overlap]] = defaultdict(list)
    for overlap in collection.overlaps.get(holding.certificate_id, ()):
        owners = (overlap.first.owner, overlap.second.owner)
        by_other[owners[0] if owners[1] == holding.certificate_id else owners[1]].append(overlap)
    for other, overlaps in sorted(by_other.items()):
        ranges = _named([f"{overlap.start} to {overlap.end} of {overlap.key}" for overlap in overlaps])
        yield Fault(
            f"{holding.certificate_id} ({holding.place}) and {other} ({collection.holdings[other].place}) "
            f"both hold serials {ranges}. Each credit counts once: compare the documents",
            Location(pointer="/serials"),
            to_team=f"{holding.certificate_id} holds serials {ranges}, which another certificate holds too. Each "
            f"credit counts once: compare the serials with the document. This proves nothing about anybody",
        )


@BOOK.rule("OFF022", Severity.WARNING, "two certificates have equal blocks under a near key")
def equal_blocks_are_suspicious(together: Together) -> Iterator[Fault]:
    """Two certificates whose blocks have the same start and end and differ only in, say, country, vintage or project
    may be one certificate with a typing error. Numbers of different batches may coincide honestly.
    """
    others = together.collection.twins.get(together.holding.certificate_id, ())
    if others:
        places = [f"{other} ({together.collection.holdings[other].place})" for other in others]
        yield Fault(
            f"{together.holding.certificate_id} ({together.holding.place}) has a block with the same start and end as "
            f"{_named(places)}: look for a mistyped serial",
            Location(pointer="/serials"),
            to_team=f"{together.holding.certificate_id} has a block with the same start and end as another "
            f"certificate's: look for a mistyped serial",
        )


@BOOK.rule("OFF023", Severity.ERROR, "one document stands under two certificate ids")
def evidence_is_used_once(together: Together) -> Iterator[Fault]:
    """The same document (by SHA-256), the same registry page of a retirement or the same registry id of one may not
    prove two certificates. Pages that show no single retirement (a list, a project) are not compared.
    """
    holding = together.holding
    for what, other in together.collection.same_evidence.get(holding.certificate_id, ()):
        yield Fault(
            f"{holding.certificate_id} ({holding.place}) and {other} ({together.collection.holdings[other].place}) "
            f"have the same {what}: one of them names the wrong document or the wrong id",
            Location(pointer=_POINTERS[what]),
            to_team=f"{holding.certificate_id} has the same {what} as another certificate: look whether yours names "
            f"the right document and the right id",
        )


@BOOK.rule("OFF024", Severity.WARNING, "a certificate is shared without saying so")
def sharing_is_explicit(together: Together) -> Iterator[Fault]:
    """Who shares a certificate says so: a team that brings it names an allocation of its own; where several teams use
    it, each file lists the others' allocations or has `other_uses_declared`, and then a part is left for those uses.

    Good: each of two teams' files lists both allocations. Bad: each lists its own alone, as if there were no other.
    """
    yield from _teams_without_allocation(together.holding)
    yield from _silent_copies(together.holding)


def _teams_without_allocation(holding: Holding) -> Iterator[Fault]:
    teams = {claim.team for claim in holding.claims if claim.team is not None}
    for team in sorted(teams):
        own = [claim for claim in holding.claims if claim.team == team]
        named = {part.team(teams) for claim in own for part in claim.certificate.allocations if not part.is_pooled}
        pooled = any(part.is_pooled for claim in own for part in claim.certificate.allocations)
        if team not in named and not pooled:
            yield Fault(
                f"team {team} brings {holding.certificate_id} ({place_of(own[0])}), but no allocation names the team "
                f"(found {_named(sorted(named))}): add one with scope_id <track>/{team}",
                Location(pointer="/allocations"),
                to_team=f"{holding.certificate_id}: each team that brings it names an allocation of its own, with "
                f"scope_id <track>/<team>; look whether yours does",
            )


def _silent_copies(holding: Holding) -> Iterator[Fault]:
    for copy in holding.copies:
        yield from _unmentioned_teams(holding, copy)
        certificate = copy.certificate
        own = sum({(a.scope_id, a.period): a.kg for a in certificate.allocations}.values())
        if certificate.other_uses_declared and own >= certificate.quantity_kg:
            yield Fault(
                f"{copy.place} declares other uses, but its own allocations take all {certificate.quantity_kg} kg: "
                f"lower them, or set other_uses_declared to false",
                Location(pointer="/other_uses_declared"),
                to_team=f"{holding.certificate_id}: where other uses are declared, allocations leave a part for them",
            )


def _unmentioned_teams(holding: Holding, copy: Copy) -> Iterator[Fault]:
    def teams(allocations: Iterable[Allocation]) -> set[str]:
        return {part.team() for part in allocations if not part.is_pooled}

    here = teams(copy.certificate.allocations)
    everywhere = teams(part for other in holding.copies for part in other.certificate.allocations)
    missing = sorted(everywhere - here)
    if missing and not copy.certificate.other_uses_declared:
        yield Fault(
            f"{copy.place} does not tell that {holding.certificate_id} also serves {_named(missing)}: list those "
            f"allocations too, or set other_uses_declared to true",
            Location(pointer="/allocations"),
            to_team=f"{holding.certificate_id} also serves others: set other_uses_declared to true where your file "
            f"does not list all its allocations",
        )


def _disagreements(first: Certificate, other: Certificate) -> Iterator[str]:
    for name in ("programme", "unit_type", "quantity_kg", "retired_on"):
        yield from _unequal(name, getattr(first, name), getattr(other, name))
    yield from _unequal("serials", _serial_texts(first), _serial_texts(other))
    for name in ("vintage", "registry_url"):
        yield from _unequal(name, getattr(first, name), getattr(other, name), known_only=True)
    for name, key in (("project", "id"), ("project", "host_country"), ("document", "sha256")):
        one, two = (getattr(getattr(certificate, name), key, None) for certificate in (first, other))
        yield from _unequal(f"{name}.{key}", one, two, known_only=True)


def _unequal(name: str, one: object, two: object, *, known_only: bool = False) -> Iterator[str]:
    if one != two and not (known_only and (one is None or two is None)):
        yield f"{name} is {_short(one)} and {_short(two)}"


def _serial_texts(certificate: Certificate) -> str:
    texts = (normalised(serial_text(item)).upper().replace(" TO ", " - ") for item in certificate.serials)
    return "; ".join(sorted(texts)) or "none"


def _short(value: object) -> str:
    text = f"{value.start} to {value.end}" if isinstance(value, Period) else str(value)
    return text if len(text) <= 100 else f"{text[:97]}…"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return (shown or "none") + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
