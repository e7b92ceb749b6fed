"""OFF: certificates beside what earlier years' inventories counted of them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from attrs import evolve, frozen

from neuclir_carbon.checks.offset_claims import Holding, allocations_of
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.outside import EarlierCertificate

Identity = tuple[str, str | None, str | None]
MOST_TOLD = 3


@frozen
class Earlier:
    """Certificates of earlier years, by id and by block; each certificate once, with the allocations of all years."""

    by_id: dict[str, EarlierCertificate]
    by_key: dict[str, tuple[tuple[int, ...], tuple[tuple[int, int, str], ...]]]

    @classmethod
    def of(cls, certificates: Sequence[EarlierCertificate]) -> "Earlier":
        by_id: dict[str, EarlierCertificate] = {}
        for certificate in certificates:
            known = by_id.get(certificate.certificate_id)
            by_id[certificate.certificate_id] = certificate if known is None else _joined(known, certificate)
        blocks: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for certificate in by_id.values():
            for key, start, end in certificate.blocks:
                blocks[key].append((start, end, certificate.certificate_id))
        by_key = {}
        for key, found in blocks.items():
            ordered = tuple(sorted(found))
            by_key[key] = (tuple(accumulate((end for _, end, _ in ordered), max)), ordered)
        return cls(by_id, by_key)

    def sharing(self, key: str, start: int, end: int) -> Iterator[EarlierCertificate]:
        """The certificates with a block that shares credits with this one."""
        reach, ordered = self.by_key.get(key, ((), ()))
        for first, last, certificate_id in ordered[bisect_left(reach, start) :]:
            if first > end:
                return
            if last >= start:
                yield self.by_id[certificate_id]


@frozen
class Reused:
    """One holding, and the earlier certificates that are the same one or hold some of its credits."""

    holding: Holding
    earlier: tuple[EarlierCertificate, ...]


BOOK: Rulebook[Reused] = Rulebook("certificates of earlier years")


@BOOK.rule("OFF026", Severity.ERROR, "more is allocated than earlier years left")
def earlier_years_left_enough(reused: Reused) -> Iterator[Fault]:
    """What earlier years' inventories allocated of a certificate, or of another that holds some of the same credits,
    is used up: a later year may allocate the remainder only. An allocation that an earlier inventory has too (same
    certificate, scope and period) counts once.

    Good: 250 kg of 3000 kg in 2023, 2750 kg in 2024. Bad: 3000 kg in 2023 and 250 kg in 2024.
    """
    for earlier in reused.earlier:
        then = sum(kg for _, kg in earlier.allocated)
        now = _added_kg(reused.holding, earlier)
        left = max(0, earlier.quantity_kg - then)
        if now > left:
            own = reused.holding.certificate_id
            which = "it" if earlier.certificate_id == own else f"{earlier.certificate_id}, which has the same credits,"
            said = f"of {earlier.quantity_kg} kg {left} kg are left, but {now} kg more are allocated"
            yield Fault(
                f"{own}: {earlier.inventory} ({earlier.track}) allocated {then} kg of {which}: {said}: lower them by "
                f"{now - left} kg",
                Location(pointer="/allocations"),
                to_team=f"{own}: an earlier inventory allocated some of these credits; {said}: lower them by "
                f"{now - left} kg",
            )


def reused(holding: Holding, earlier: Earlier) -> Reused:
    """The holding with the earlier certificates that concern it, in the order of their ids."""
    found = {}
    if (same := earlier.by_id.get(holding.certificate_id)) is not None:
        found[same.certificate_id] = same
    for key, start, end in _blocks(holding):
        for certificate in earlier.sharing(key, start, end):
            found[certificate.certificate_id] = certificate
            if len(found) > MOST_TOLD:
                break
    return Reused(holding, tuple(certificate for _, certificate in sorted(found.items())))


def _blocks(holding: Holding) -> Iterable[tuple[str, int, int]]:
    return {
        (serial.key, block.start, block.end)
        for copy in holding.copies
        for _, reading in copy.readings
        if (serial := reading.serial) is not None and (block := reading.block) is not None
    }


def _added_kg(holding: Holding, earlier: EarlierCertificate) -> int:
    """The kg that this year allocates beyond what the earlier inventory has of the very same allocations."""
    known: dict[Identity, int] = dict(earlier.allocated) if earlier.certificate_id == holding.certificate_id else {}
    added = 0
    for (scope, period), stated in allocations_of(holding.copies).items():
        identity = (scope, None if period is None else period.start, None if period is None else period.end)
        added += max(0, stated.kg - known.get(identity, 0))
    return added


def _joined(one: EarlierCertificate, other: EarlierCertificate) -> EarlierCertificate:
    kg: dict[Identity, int] = dict(one.allocated)
    for identity, size in other.allocated:
        kg[identity] = max(size, kg.get(identity, 0))
    inventory = one.inventory if one.inventory == other.inventory else f"{one.inventory}, {other.inventory}"
    return evolve(
        one,
        inventory=inventory,
        quantity_kg=min(one.quantity_kg, other.quantity_kg),
        blocks=tuple(sorted({*one.blocks, *other.blocks})),
        allocated=tuple(sorted(kg.items(), key=str)),
    )
