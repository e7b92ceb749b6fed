"""OFF, across files: one certificate may serve many submissions, but each kg and each credit only once.

Claims are grouped by certificate id into holdings. A rule looks at one holding and at what the whole collection says
about it, so that every certificate involved in a conflict has its own finding.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from attrs import field, frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import Allocation, Certificate, Claimed, Period, SerialText
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.serial import Reading
from neuclir_carbon.serials.normal import normalised
from neuclir_carbon.serials.overlaps import Held, Overlap, sweep
from neuclir_carbon.serials.reading import read_list

Identity = tuple[str, Period | None]
MOST_NAMED = 3


@frozen
class Copy:
    """One distinct content of a certificate, the first place where it stands, and its serials as read."""

    claim: Claimed
    readings: tuple[tuple[int, Reading], ...]

    @property
    def certificate(self) -> Certificate:
        return self.claim.certificate

    @property
    def place(self) -> str:
        return place_of(self.claim)


@frozen
class Holding:
    """All claims of one certificate id, and its distinct contents (one, unless files disagree)."""

    certificate_id: str
    claims: tuple[Claimed, ...]
    copies: tuple[Copy, ...]

    @property
    def quantity_kg(self) -> int:
        """The certificate's size in kg CO2e; the smallest where files disagree."""
        return min(copy.certificate.quantity_kg for copy in self.copies)

    @property
    def place(self) -> str:
        return self.copies[0].place


@frozen
class Collection:
    """All holdings, and what they have in common: computed once, read by every rule."""

    holdings: Mapping[str, Holding]
    overlaps: Mapping[str, tuple[Overlap, ...]]
    twins: Mapping[str, tuple[str, ...]]
    same_evidence: Mapping[str, tuple[tuple[str, str], ...]]


@frozen
class Together:
    """One holding in its collection."""

    holding: Holding
    collection: Collection


BOOK: Rulebook[Together] = Rulebook("certificates over all files")


def collected(claims: Sequence[Claimed], year: int) -> Collection:
    """The claims by certificate id, with the overlaps between them; serials are judged in `year`."""
    holdings = {holding.certificate_id: holding for holding in _holdings(claims, year)}
    return Collection(
        holdings=holdings,
        overlaps=_overlaps(holdings.values()),
        twins=_twins(holdings.values()),
        same_evidence=_same_evidence(holdings.values()),
    )


def readings_of(certificate: Certificate, year: int) -> tuple[tuple[int, Reading], ...]:
    """The certificate's serials as read, each with its place in `serials`."""
    texts = enumerate(map(serial_text, certificate.serials))
    return tuple((i, reading) for i, text in texts for reading in read_list(text, year=year))


def serial_text(item: SerialText) -> str:
    """A serial or block as one text, also where its ends are printed apart."""
    return f"{item.raw} to {item.end_raw}" if item.end_raw else item.raw


@frozen
class Stated:
    """One allocation, by the copies that state it; they may state different sizes (kg)."""

    copies: list[Copy] = field(factory=list)
    first_by_kg: dict[int, Copy] = field(factory=dict)

    @property
    def kg(self) -> int:
        """The size in kg CO2e; the largest where copies disagree, since a disputed claim counts in full."""
        return max(self.first_by_kg)


def allocations_of(copies: Iterable[Copy]) -> dict[Identity, Stated]:
    """Each allocation by its identity, scope and period."""
    found: dict[Identity, Stated] = defaultdict(Stated)
    for copy in copies:
        for allocation in copy.certificate.allocations:
            stated = found[allocation.scope_id, allocation.period]
            stated.first_by_kg.setdefault(allocation.kg, copy)
            if not stated.copies or stated.copies[-1] is not copy:
                stated.copies.append(copy)
    return dict(found)


def allocated_kg(holding: Holding) -> int:
    """The kg of all allocations over all files, each counted once; the largest where files state several sizes."""
    return sum(stated.kg for stated in allocations_of(holding.copies).values())


def place_of(claim: Claimed) -> str:
    """Where a claim stands, in words: file or bundle, and the pointer in it."""
    return str(Location(path=claim.path, pointer=claim.pointer or None))


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
            )


@BOOK.rule("OFF020", Severity.ERROR, "two certificates hold the same credits")
def credits_are_claimed_once(together: Together) -> Iterator[Fault]:
    """The serial blocks of different certificates may not overlap: a credit can be retired once. Compared are the
    credits themselves, whatever registry the certificates name (Gold Standard prints CDM's own serials, for example).
    Registries err too: an overlap is to be explained and proves nothing about anybody.

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
        )


@BOOK.rule("OFF023", Severity.ERROR, "one document stands under two certificate ids")
def evidence_is_used_once(together: Together) -> Iterator[Fault]:
    """The same document (by SHA-256) or the same registry page of a retirement may not prove two certificates. Pages
    that show no single retirement (a list, a project) are not compared.
    """
    holding = together.holding
    for what, other in together.collection.same_evidence.get(holding.certificate_id, ()):
        yield Fault(
            f"{holding.certificate_id} ({holding.place}) and {other} ({together.collection.holdings[other].place}) "
            f"have the same {what}: one of them names the wrong document or the wrong id",
            Location(pointer="/document" if what.startswith("document") else "/registry_url"),
        )


@BOOK.rule("OFF024", Severity.WARNING, "a certificate is shared without saying so")
def sharing_is_explicit(together: Together) -> Iterator[Fault]:
    """Who shares a certificate says so: a team that brings it names an allocation of its own; where several teams use
    it, each file lists the others' allocations or has `other_uses_declared`, and then a part is left for those uses.

    Good: each of two teams' files lists both allocations. Bad: each lists its own alone, as if there were no other.
    """
    yield from _teams_without_allocation(together.holding)
    yield from _silent_copies(together.holding)


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
            )


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
        )


def _holdings(claims: Sequence[Claimed], year: int) -> Iterator[Holding]:
    by_id: dict[str, list[Claimed]] = defaultdict(list)
    for claim in sorted(claims, key=lambda claim: (claim.path, claim.pointer)):
        by_id[claim.certificate.certificate_id].append(claim)
    for certificate_id, same in sorted(by_id.items()):
        first: dict[Certificate, Claimed] = {}
        for claim in same:
            first.setdefault(claim.certificate, claim)
        copies = tuple(Copy(claim, readings_of(claim.certificate, year)) for claim in first.values())
        yield Holding(certificate_id, tuple(same), copies)


def _overlaps(holdings: Iterable[Holding]) -> dict[str, tuple[Overlap, ...]]:
    # In a fixed order, each once: copies of one certificate list the same blocks.
    blocks = dict.fromkeys(block for holding in holdings for block, _ in _blocks(holding))
    found: dict[str, list[Overlap]] = defaultdict(list)
    for overlap in sweep(blocks):
        if overlap.first.owner != overlap.second.owner:
            found[overlap.first.owner].append(overlap)
            found[overlap.second.owner].append(overlap)
    return {owner: tuple(overlaps) for owner, overlaps in found.items()}


def _twins(holdings: Iterable[Holding]) -> dict[str, tuple[str, ...]]:
    by_loose: dict[tuple[str, int, int], set[tuple[str, str]]] = defaultdict(set)
    for holding in holdings:
        for block, loose_key in _blocks(holding):
            by_loose[loose_key, block.start, block.end].add((block.key, block.owner))
    found: dict[str, set[str]] = defaultdict(set)
    for holders in by_loose.values():
        some = _representatives(holders)
        for key, owner in holders:
            found[owner].update(other for near, other in some if near != key and other != owner)
    return {owner: tuple(sorted(others)) for owner, others in found.items() if others}


def _representatives(holders: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Two owners of each of a few keys: enough to name for any holder, and never n² pairs."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for key, owner in sorted(holders):
        if len(by_key[key]) < 2:
            by_key[key].append(owner)
    return [(key, owner) for key in list(by_key)[: MOST_NAMED + 2] for owner in by_key[key]]


def _blocks(holding: Holding) -> Iterator[tuple[Held, str]]:
    """The blocks of a holding's valid serials, each with its loose key."""
    for copy in holding.copies:
        for _, reading in copy.readings:
            if reading.serial is not None and (block := reading.block) is not None:
                serial = reading.serial
                yield Held(serial.key, block.start, block.end, holding.certificate_id), serial.loose_key


def _same_evidence(holdings: Iterable[Holding]) -> dict[str, tuple[tuple[str, str], ...]]:
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for holding in holdings:
        for copy in holding.copies:
            for what, value in _evidence(copy.certificate):
                holders[what, value].add(holding.certificate_id)
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for (what, _), owners in holders.items():
        some = sorted(owners)[: MOST_NAMED + 1]
        for owner in owners if len(owners) > 1 else ():
            found[owner].update((what, other) for other in some if other != owner)
    return {owner: tuple(sorted(pairs)) for owner, pairs in found.items()}


def _evidence(certificate: Certificate) -> Iterator[tuple[str, str]]:
    if certificate.document is not None:
        yield "document (SHA-256)", certificate.document.sha256
    page = _retirement_page(certificate.registry_url) if certificate.registry_url else None
    if page is not None:
        yield "registry page", page


def _retirement_page(url: str) -> str | None:
    """The address in one form, if it can be that of a single retirement: it holds a digit and shows no project."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    rest = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    single = any(character.isdigit() for character in rest) and "project" not in rest.lower()
    return f"{host}{rest}" if single else None


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
