"""OFF: how much one certificate holds, in print, in kg and in serials, and what it cost."""

import re
from collections.abc import Iterator
from decimal import Decimal

from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import KG_PER_CREDIT
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.serials.normal import normalised

# Units of these are not whole tonnes: Isometric counts kg, and a retailer may sell any part of a credit.
FRACTIONAL = frozenset({"isometric", "retailer", "other"})
PLAUSIBLE_USD_PER_TONNE = (Decimal("0.5"), Decimal(2000))
# The printed units that we know, in kg; "ton" alone could be a short ton (907 kg), so it stands for nothing.
PRINTED_UNITS = {
    **dict.fromkeys(("kg", "kilogram", "kilograms", "kilogramme", "kilogrammes"), 1),
    **dict.fromkeys(("t", "tonne", "tonnes", "mt"), KG_PER_CREDIT),
    **dict.fromkeys(("credit", "credits", "unit", "units", "certificate", "certificates"), KG_PER_CREDIT),
    **{
        name + plural: KG_PER_CREDIT
        for name in (
            "cer", "tcer", "lcer", "er", "vcu", "ver", "ert", "crt", "roc", "corc", "pvc", "wcu", "pcu", "piu", "accu",
            "eua", "uka", "scu", "vcc", "vru", "itmo", "rpvc", "fpvc",
        )
        for plural in ("", "s")
    },
}  # fmt: skip
QUANTITIES: Rulebook[Reference] = Rulebook("a certificate's quantity")


@QUANTITIES.rule("OFF002", Severity.ERROR, "the quantity is not a number of kg that agrees with the printed one")
def quantity_is_plain(reference: Reference) -> Iterator[Fault]:
    """`quantity_kg` is a whole number of kg, at least 1 (one credit is 1000 kg). `quantity_as_printed` must name a unit
    that is known, and agree where it holds one number. A "ton" may be 907 or 1000 kg, so it is no unit.

    Good: 3000 and "3 CERs". Bad: 0; "3 t" instead of 3000; 3 and "3 CERs"; "3 short tons".
    """
    printed = reference.certificate.quantity_as_printed
    if printed is None:
        return
    text = re.sub(r"co2-?e?q?", "", normalised(printed).lower())
    factors = {PRINTED_UNITS[word] for word in re.findall(r"[a-z]+", text) if word in PRINTED_UNITS}
    if not factors:
        yield Fault(
            f"the printed quantity '{printed}' names no unit that is known: write it with t, kg or the credit's name",
            Location(pointer="/quantity_as_printed"),
        )
        return
    numbers = re.findall(r"[0-9][0-9.,' ]*", text)
    kg = _plain_decimal(numbers[0]) if len(numbers) == 1 and len(factors) == 1 else None
    if kg is not None and kg * next(iter(factors)) != reference.certificate.quantity_kg:
        yield Fault(
            f"quantity_kg is {reference.certificate.quantity_kg}, but '{printed}' is {kg * next(iter(factors))} kg",
            Location(pointer="/quantity_kg"),
        )


def _plain_decimal(text: str) -> Decimal | None:
    """The number, where its separators leave no doubt: `3000`, `3,000,000`, `1.5`; None for `3.000`, which may be 3."""
    clean = text.strip(" .,'")
    if re.fullmatch(r"[0-9]{1,15}(\.([0-9]{1,2}|[0-9]{4}))?", clean):
        return Decimal(clean)
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3}){2,4}", clean):
        return Decimal(clean.replace(",", ""))
    return None


@QUANTITIES.rule("OFF004", Severity.WARNING, "the quantity is not a number of whole credits")
def quantity_is_whole_credits(reference: Reference) -> Iterator[Fault]:
    """Most programmes issue whole credits of 1000 kg. (Isometric counts kg, and retailers sell any part.)

    Good: 3000 kg of CERs. Bad: 250 kg of CERs: that is the allocation; the certificate has whole ones.
    """
    certificate = reference.certificate
    if certificate.programme not in FRACTIONAL and certificate.quantity_kg % KG_PER_CREDIT:
        yield Fault(
            f"quantity_kg is {certificate.quantity_kg}, but {certificate.programme} issues whole credits of "
            f"{KG_PER_CREDIT} kg: give the whole certificate here, and the part used in allocations",
            Location(pointer="/quantity_kg"),
        )


@QUANTITIES.rule("OFF012", Severity.ERROR, "the serials hold less than the quantity")
def serials_cover_the_quantity(reference: Reference) -> Iterator[Fault]:
    """The blocks' units × 1000 kg must reach `quantity_kg`. (On 1,075 of 1,075 rows of real registries they agree.)
    Not judged where a serial can't be read.

    Good: serials 1 to 3 and 3000 kg. Bad: one serial and 3000 kg.
    """
    kg = reference.kg
    if kg is not None and kg < reference.certificate.quantity_kg:
        yield Fault(
            f"the serials hold {reference.units} units, {kg} kg, but quantity_kg is "
            f"{reference.certificate.quantity_kg}: add the missing serials or lower the quantity",
            Location(pointer="/serials"),
        )


@QUANTITIES.rule("OFF013", Severity.WARNING, "the serials hold more than the quantity")
def serials_do_not_exceed_the_quantity(reference: Reference) -> Iterator[Fault]:
    """Blocks that hold more than `quantity_kg` mean that a part of a block is used, or that an end is off by one.

    Good: serials 1 to 3 and 3000 kg. Bad: serials 1 to 4 and 3000 kg.
    """
    kg = reference.kg
    if kg is not None and kg > reference.certificate.quantity_kg:
        yield Fault(
            f"the serials hold {reference.units} units, {kg} kg, more than quantity_kg "
            f"{reference.certificate.quantity_kg}: look at the blocks' ends (both belong to the block)",
            Location(pointer="/serials"),
        )


@QUANTITIES.rule("OFF070", Severity.WARNING, "the price per tonne is implausible")
def price_is_plausible(reference: Reference) -> Iterator[Fault]:
    """A price below 0.5 or above 2,000 USD per tonne mostly means that kg and tonnes were mixed up. Other currencies
    are not judged: no exchange rate is assumed.
    """
    price = reference.certificate.price
    if price is None or price.currency != "USD":
        return
    per_tonne = Decimal(price.amount) * KG_PER_CREDIT / reference.certificate.quantity_kg
    low, high = PLAUSIBLE_USD_PER_TONNE
    if not low <= per_tonne <= high:
        yield Fault(
            f"{price.amount} USD for {reference.certificate.quantity_kg} kg is {per_tonne:.4g} USD per tonne, outside "
            f"{low} to {high}: look at quantity_kg and at the price, which is that of the whole certificate",
            Location(pointer="/price"),
        )
