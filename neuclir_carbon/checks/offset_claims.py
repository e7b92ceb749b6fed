"""Claims about certificates over all files: grouped by certificate id into holdings, with what holdings share.

All of it is computed once; the rules about it (checks/offset_conflicts.py) only read it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from neuclir_carbon.checks.offset_reference import readings_of
from neuclir_carbon.checks.registry_pages import retirement_page
from neuclir_carbon.model.certificate import Certificate, Claimed, Period
from neuclir_carbon.model.finding import Location
from neuclir_carbon.model.serial import Reading
from neuclir_carbon.serials.overlaps import Held, Overlap, sweep

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


def collected(claims: Sequence[Claimed], year: int) -> Collection:
    """The claims by certificate id, with the overlaps between them; serials are judged in `year`."""
    holdings = {holding.certificate_id: holding for holding in _holdings(claims, year)}
    return Collection(
        holdings=holdings,
        overlaps=_overlaps(holdings.values()),
        twins=_twins(holdings.values()),
        same_evidence=_same_evidence(holdings.values()),
    )


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
            for what, value in _evidence(copy):
                holders[what, value].add(holding.certificate_id)
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for (what, _), owners in holders.items():
        some = sorted(owners)[: MOST_NAMED + 1]
        for owner in owners if len(owners) > 1 else ():
            found[owner].update((what, other) for other in some if other != owner)
    return {owner: tuple(sorted(pairs)) for owner, pairs in found.items()}


def _evidence(copy: Copy) -> Iterator[tuple[str, str]]:
    certificate = copy.certificate
    if certificate.document is not None:
        yield "document (SHA-256)", certificate.document.sha256
    page = retirement_page(certificate.registry_url) if certificate.registry_url else None
    if page is not None:
        yield "registry page", page
    for _, reading in copy.readings:
        if reading.serial is not None and reading.serial.start is None:
            yield "registry id", reading.serial.key
