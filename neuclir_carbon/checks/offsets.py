"""OFF: offset certificates. What one reference must hold by itself, and `examine`, which also looks across files.

All that is decided here is decided offline, from the references alone. Double issuance and double claiming (by the
host country, say) can't be seen in serial numbers, and the quality of credits is not judged.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from attrs import evolve, frozen

from neuclir_carbon.checks.documents import BOOK as DOCUMENT_BOOK
from neuclir_carbon.checks.documents import Document, examine_bytes
from neuclir_carbon.checks.offset_claims import BOOK as CLAIMS_BOOK
from neuclir_carbon.checks.offset_claims import (
    Collection,
    Copy,
    Holding,
    Together,
    collected,
    readings_of,
)
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import KG_PER_CREDIT, SCHEMA, Certificate, Claimed, Period
from neuclir_carbon.model.finding import Fault, Finding, Location, Policy, Severity
from neuclir_carbon.model.json_text import NotJson, parse_json
from neuclir_carbon.model.serial import Reading, Serial, Verdict
from neuclir_carbon.serials.normal import normalised
from neuclir_carbon.serials.overlaps import Held, sweep
from neuclir_carbon.serials.reading import accepts, grammars_of

# Units of these are not whole tonnes: Isometric counts kg, and a retailer may sell any part of a credit.
FRACTIONAL = frozenset({"isometric", "retailer", "other"})
# Programmes that name no grammar: a serial of any programme may stand there.
ANY_SERIAL = frozenset({"retailer", "other"})
TEMPORARY_UNITS = {"tCER": "expires", "lCER": "expires"}
COMPLIANCE_UNITS = dict.fromkeys(("ROC", "EUA", "UKA"), "is made for a compliance market")
EX_ANTE_ACTIONS = {"order": "an order is no retirement yet", "pre-purchase": "a pre-purchase is no retirement"}
# carbonplan/offsets-db-data, docs/api.md (commit cdfd8f77), for Verra, Gold Standard and the APX registries; the
# others: UN offset platform (offset.climateneutralnow.org/faq), to.isometric.com and retirements.puro.earth (addresses
# of public retirement pages).
REGISTRY_DOMAINS = (
    "unfccc.int", "climateneutralnow.org", "verra.org", "goldstandard.org", "art.apx.com", "thereserve2.apx.com",
    "acr2.apx.com", "isometric.com", "puro.earth",
)  # fmt: skip
USUAL_NUMBERS = {
    # No text of a UN certificate could be had: the shape is that of pictures, so it is a warning only.
    "cdm": (re.compile(r"VC\s?[0-9]{1,6}\s?/\s?20[0-9]{2}"), "VC12345/2024"),
    "isometric": (re.compile(r"ret_[0-9A-HJKMNP-TV-Z]{16,40}"), "ret_1KNSQMD6Z1S0TB50"),
}
# carbonplan/offsets-db-data, tests/data (commit cdfd8f77): credits that are on both registries' books.
CONVERTED_PROJECTS: Mapping[tuple[str, str | None], str] = {
    ("car", "400"): "Verra (project 1528)",
    ("car", "498"): "Verra (project 1527)",
    ("verra-vcs", "1528"): "the Climate Action Reserve (CAR400)",
    ("verra-vcs", "1527"): "the Climate Action Reserve (CAR498)",
}
CDM_END = date(2020, 12, 31)
RECENT_YEARS = 10
PLAUSIBLE_USD_PER_TONNE = (Decimal("0.5"), Decimal(2000))
SIMILAR = 60
MOST_COMPARED = 100
MOST_OF_A_CODE = 20
# The printed units that we know, in kg; "ton" alone could be a short ton (907 kg), so it stands for nothing.
PRINTED_UNITS = {
    **dict.fromkeys(("kg", "kilogram", "kilograms", "kilogramme", "kilogrammes"), 1),
    **dict.fromkeys(("t", "tonne", "tonnes", "mt"), KG_PER_CREDIT),
    **dict.fromkeys(("credit", "credits", "unit", "units", "certificate", "certificates"), KG_PER_CREDIT),
    **{
        name + plural: KG_PER_CREDIT
        for name in (
            "cer", "tcer", "lcer", "er", "vcu", "ver", "ert", "crt", "roc", "corc", "pvc", "wcu", "pcu", "piu", "accu",
            "eua", "uka", "scu", "vcc",
        )
        for plural in ("", "s")
    },
}  # fmt: skip
VERDICT_CODES = {
    Verdict.E_REVERSED: "OFF011",
    Verdict.E_ZERO: "OFF011",
    Verdict.E_MIXED: "OFF014",
    Verdict.E_VINTAGE_FUTURE: "OFF034",
    Verdict.W_EX_ANTE_UNIT: "OFF018",
    Verdict.W_TEMPORARY_UNIT: "OFF019",
    Verdict.W_COMPLIANCE_UNIT: "OFF019",
    Verdict.W_CP3: "OFF035",
    Verdict.W_HUGE_BLOCK: "OFF009",
    Verdict.W_LEADING_ZERO: "OFF009",
}
OTHER_ERRORS = "OFF010"


@frozen
class Reference:
    """One certificate as of a day, with its serials as read, each with its place in `serials`."""

    certificate: Certificate
    as_of: date
    readings: tuple[tuple[int, Reading], ...]

    @classmethod
    def of(cls, certificate: Certificate, as_of: date) -> "Reference":
        return cls(certificate, as_of, readings_of(certificate, as_of.year))

    @property
    def serials(self) -> Iterator[tuple[int, Serial]]:
        """What the valid serials encode."""
        return ((i, reading.serial) for i, reading in self.readings if reading.serial is not None and reading.is_valid)

    @property
    def units(self) -> int | None:
        """How many credits the serials hold in all; None without serials, or where one of them is not valid."""
        blocks = [reading.block for _, reading in self.readings]
        known = [block.units for block in blocks if block is not None]
        return sum(known) if blocks and len(known) == len(blocks) else None


BOOK: Rulebook[Reference] = Rulebook("offset certificates")

BROKEN = BOOK.note(
    "OFF001", Severity.ERROR, "the reference does not follow its schema",
    """A certificate reference must be strict JSON that follows certificate-reference/1: certificate_id, programme,
    unit_type, quantity_kg, retired_on and at least one allocation, and no unknown key. Nothing else about a broken
    reference is judged. Good: "retired_on": "2024-11-15". Bad: "retired_on": "15.11.2024".""",
)  # fmt: skip


@BOOK.rule("OFF002", Severity.ERROR, "the quantity is not a number of kg that agrees with the printed one")
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


@BOOK.rule("OFF004", Severity.WARNING, "the quantity is not a number of whole credits")
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


@BOOK.rule("OFF009", Severity.WARNING, "a serial is well-formed but unusual")
def serials_are_usual(reference: Reference) -> Iterator[Fault]:
    """A number with a leading zero where the programme prints none, or a block of more than 5,000,000 units, is often a
    slip of the pen.
    """
    yield from _serial_faults(reference, "OFF009")


@BOOK.rule("OFF010", Severity.ERROR, "a serial is none of the programme's")
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
    yield from _serial_faults(reference, "OFF010", () if known else shapeless)


@BOOK.rule("OFF011", Severity.ERROR, "a block's ends are impossible")
def blocks_are_possible(reference: Reference) -> Iterator[Fault]:
    """A block starts at 1 or later and does not end before its start.

    Good: 70286 to 70398, or 7 to 7. Bad: 70398 to 70286, or 0 to 9.
    """
    yield from _serial_faults(reference, "OFF011")


@BOOK.rule("OFF012", Severity.ERROR, "the serials hold less than the quantity")
def serials_cover_the_quantity(reference: Reference) -> Iterator[Fault]:
    """The blocks' units × 1000 kg must reach `quantity_kg`. (On 1,075 of 1,075 rows of real registries they agree.)
    Not judged where a serial can't be read.

    Good: serials 1 to 3 and 3000 kg. Bad: one serial and 3000 kg.
    """
    kg = _serials_kg(reference)
    if kg is not None and kg < reference.certificate.quantity_kg:
        yield Fault(
            f"the serials hold {reference.units} units, {kg} kg, but quantity_kg is "
            f"{reference.certificate.quantity_kg}: add the missing serials or lower the quantity",
            Location(pointer="/serials"),
        )


@BOOK.rule("OFF013", Severity.WARNING, "the serials hold more than the quantity")
def serials_do_not_exceed_the_quantity(reference: Reference) -> Iterator[Fault]:
    """Blocks that hold more than `quantity_kg` mean that a part of a block is used, or that an end is off by one.

    Good: serials 1 to 3 and 3000 kg. Bad: serials 1 to 4 and 3000 kg.
    """
    kg = _serials_kg(reference)
    if kg is not None and kg > reference.certificate.quantity_kg:
        yield Fault(
            f"the serials hold {reference.units} units, {kg} kg, more than quantity_kg "
            f"{reference.certificate.quantity_kg}: look at the blocks' ends (both belong to the block)",
            Location(pointer="/serials"),
        )


@BOOK.rule("OFF014", Severity.ERROR, "a CER block mixes different units")
def cer_ends_agree(reference: Reference) -> Iterator[Fault]:
    """Start and end of a CER block may differ in the serial number only: not in party, unit, commitment periods,
    land-use activity or project (EU Regulation 2216/2004, Annex VI).
    """
    yield from _serial_faults(reference, "OFF014")


@BOOK.rule("OFF015", Severity.WARNING, "the serial's country is not the project's")
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


@BOOK.rule("OFF016", Severity.WARNING, "the serial's project is not the stated one")
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


@BOOK.rule("OFF017", Severity.WARNING, "the serial's vintage is not the stated one")
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


@BOOK.rule("OFF018", Severity.ERROR, "the credits do not exist yet")
def credits_exist(reference: Reference) -> Iterator[Fault]:
    """A unit for reductions still to come (PIU, fPVC), an order that is not delivered, or a pre-purchase is no
    retirement. Wait for the retirement and refer to that.
    """
    certificate = reference.certificate
    if certificate.unit_type == "PIU":
        message = "unit_type PIU is for reductions still to come and can't be retired: wanted verified units"
        yield Fault(message, Location(pointer="/unit_type"))
    if certificate.action in EX_ANTE_ACTIONS:
        yield Fault(
            f"action is {certificate.action}: {EX_ANTE_ACTIONS[certificate.action]}; wanted retirement or "
            f"voluntary-cancellation",
            Location(pointer="/action"),
        )
    yield from _serial_faults(reference, "OFF018")


@BOOK.rule("OFF019", Severity.WARNING, "the credits expire, or are made for compliance")
def credits_are_permanent_and_voluntary(reference: Reference) -> Iterator[Fault]:
    """tCERs and lCERs expire and must then be replaced; ROCs, EUAs and UKAs are made for compliance markets, and
    cancelling one is another claim than retiring a voluntary credit.
    """
    unit = reference.certificate.unit_type
    why = {**TEMPORARY_UNITS, **COMPLIANCE_UNITS}.get(unit)
    if why is not None:
        yield Fault(f"unit_type {unit} {why}: say so where it is counted", Location(pointer="/unit_type"))
    yield from _serial_faults(reference, "OFF019")


@BOOK.rule("OFF021", Severity.ERROR, "the certificate lists credits twice")
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


@BOOK.rule("OFF025", Severity.WARNING, "the credits may stand in two registries' books")
def credits_stand_in_one_book(reference: Reference) -> Iterator[Fault]:
    """CERs with Gold Standard's label stand in both registries' books, and so do credits that moved from one registry
    to another (CAR400 became Verra 1528, CAR498 Verra 1527). They may be claimed from the other book too.
    """
    programme = reference.certificate.programme
    for i, serial in reference.serials:
        twice = (serial.programme, serial.project) in CONVERTED_PROJECTS
        if twice or (programme == "gold-standard" and serial.programme == "cdm"):
            other = CONVERTED_PROJECTS.get((serial.programme, serial.project), "CDM's registry")
            yield Fault(
                f"these credits also stand in the books of {other}: make sure that they are retired there too",
                Location(pointer=f"/serials/{i}"),
            )


@BOOK.rule("OFF030", Severity.ERROR, "dates are impossible")
def dates_are_possible(reference: Reference) -> Iterator[Fault]:
    """Credits are retired after the last day of their vintage and not in the future; a vintage or period does not end
    before its start.

    Good: vintage 2016, retired 2024-11-15. Bad: vintage to 2024-12-31, retired 2024-11-15.
    """
    certificate = reference.certificate
    if certificate.retired > reference.as_of:
        yield Fault(
            f"retired_on is {certificate.retired_on}, after {reference.as_of}, the day it is judged on: correct the "
            f"date, or judge it later (--as-of)",
            Location(pointer="/retired_on"),
        )
    for pointer, period in _periods(certificate):
        if period.last < period.first:
            yield Fault(f"ends on {period.end}, before its start on {period.start}", Location(pointer=pointer))
    for pointer, last in _vintage_ends(reference):
        if certificate.retired < last:
            yield Fault(
                f"the vintage ends on {last}, but retired_on is {certificate.retired_on}: credits are issued, and so "
                f"retired, after that",
                Location(pointer=pointer),
            )


@BOOK.rule("OFF031", Severity.WARNING, "retired more than 12 months after the period")
def retired_within_a_year(reference: Reference) -> Iterator[Fault]:
    """Credits should be retired no later than 12 months after the period whose emissions they cover (ISO 14068-1:2023,
    clause 11.2, as told by secondary sources). Judged where an allocation names its period.
    """
    for i, period in _allocation_periods(reference.certificate):
        if reference.certificate.retired > _years_later(period.last, 1):
            yield Fault(
                f"retired on {reference.certificate.retired_on}, more than 12 months after the period's end, "
                f"{period.end}",
                Location(pointer=f"/allocations/{i}/period"),
            )


@BOOK.rule("OFF032", Severity.WARNING, "retired before the period")
def retired_before_the_period(reference: Reference) -> Iterator[Fault]:
    """Credits retired before the period they are said to cover are fine when a rest of an older certificate is used:
    then one of its allocations has a period that begins before the retirement. Without one, it should be explained.
    """
    periods = _allocation_periods(reference.certificate)
    retired = reference.certificate.retired
    if any(period.first <= retired for _, period in periods):
        return
    for i, period in periods:
        yield Fault(
            f"retired on {reference.certificate.retired_on}, before the period's start, {period.start}, and no "
            f"allocation names an earlier period: add the one that it was bought for, or correct the dates",
            Location(pointer=f"/allocations/{i}/period"),
        )


@BOOK.rule("OFF033", Severity.WARNING, "the vintage is old")
def vintage_is_recent(reference: Reference) -> Iterator[Fault]:
    """A vintage that ended more than 10 years before the period covered, or a CER of the first commitment period (2008
    to 2012), counts but is shown: how old credits may be is a matter of policy, on which there is no agreement.
    """
    for i, serial in reference.serials:
        if serial.commitment_periods is not None and serial.commitment_periods[0] == 1:
            message = "the CER is of commitment period 1 (2008 to 2012)"
            yield Fault(message, Location(pointer=f"/serials/{i}"))
    ends = [(last, pointer) for pointer, last in _vintage_ends(reference)]
    for i, period in _allocation_periods(reference.certificate) if ends else ():
        last, pointer = min(ends)
        if _years_later(last, RECENT_YEARS) < period.first:
            yield Fault(
                f"the vintage ended on {last}, more than {RECENT_YEARS} years before the period of allocation {i} "
                f"({period.start})",
                Location(pointer=pointer),
            )


@BOOK.rule("OFF034", Severity.ERROR, "the vintage is later than the retirement")
def vintage_precedes_retirement(reference: Reference) -> Iterator[Fault]:
    """The year of a vintage can't be later than the year of the retirement, nor than the year in which it is judged.

    Good: vintage 2023, retired in 2024. Bad: vintage 2025, retired in 2024.
    """
    certificate = reference.certificate
    yield from _serial_faults(reference, "OFF034")
    vintages = [(f"/serials/{i}", serial.vintage.first) for i, serial in reference.serials if serial.vintage]
    if certificate.vintage is not None:
        vintages.append(("/vintage", certificate.vintage.first))
    for pointer, first in vintages:
        if first.year > certificate.retired.year:
            message = f"the vintage begins in {first.year}, but retired_on is {certificate.retired_on}"
            yield Fault(message, Location(pointer=pointer))


@BOOK.rule("OFF035", Severity.WARNING, "a CER from after 2020")
def cer_is_from_before_2021(reference: Reference) -> Iterator[Fault]:
    """A third commitment period was never issued in practice, and CERs for reductions after 2020-12-31 are an open
    question of the CDM's end: look at the document again.
    """
    yield from _serial_faults(reference, "OFF035")
    vintage = reference.certificate.vintage
    if reference.certificate.programme == "cdm" and vintage is not None and vintage.last > CDM_END:
        yield Fault(f"the vintage of a CDM unit ends on {vintage.end}, after {CDM_END}", Location(pointer="/vintage"))


@BOOK.rule("OFF040", Severity.WARNING, "neither beneficiary nor purpose")
def the_claim_is_tied_to_the_work(reference: Reference) -> Iterator[Fault]:
    """A beneficiary or a purpose ties the retirement to the work. Without either, anybody could point to it."""
    certificate = reference.certificate
    name = certificate.beneficiary.name if certificate.beneficiary else None
    if not (name or "").strip() and not (certificate.purpose or "").strip():
        yield Fault("has neither beneficiary.name nor purpose: copy what the certificate prints")


@BOOK.rule("OFF041", Severity.WARNING, "the beneficiary looks like somebody else")
def the_beneficiary_is_the_claimant(reference: Reference) -> Iterator[Fault]:
    """The beneficiary should look like the team, the track or TREC (token-set ratio of at least 60 of 100), or the
    purpose should name one of them. Names differ legitimately (an institution, say), so this never counts as an error.
    """
    certificate = reference.certificate
    name = certificate.beneficiary.name if certificate.beneficiary else None
    if not name or not name.strip():
        return
    names = {"trec"} | {re.sub(r"[-_.]?[0-9]{4}$", "", part.track) for part in certificate.allocations}
    names |= {part.team() for part in certificate.allocations if not part.is_pooled}
    purpose = _tokens(certificate.purpose or "")
    if any(_tokens(known) and _tokens(known) <= purpose for known in names):
        return
    if max(token_set_ratio(name, known) for known in sorted(names)[:MOST_COMPARED]) < SIMILAR:
        yield Fault(
            "the beneficiary resembles neither the team nor the track, and the purpose names neither: make sure that "
            "the retirement is yours",
            Location(pointer="/beneficiary/name"),
        )


@BOOK.rule("OFF043", Severity.NOTE, "the beneficiary is not public")
def the_beneficiary_stays_private(reference: Reference) -> Iterator[Fault]:
    """`beneficiary.public` is false (as it is unless stated): the name is left out of every output. No fault."""
    beneficiary = reference.certificate.beneficiary
    if beneficiary is not None and beneficiary.name and not beneficiary.public:
        yield Fault("the beneficiary's name is kept out of every output", Location(pointer="/beneficiary/public"))


@BOOK.rule("OFF044", Severity.WARNING, "no word that the claim is the only one")
def sole_claim_is_attested(reference: Reference) -> Iterator[Fault]:
    """Somebody should sign that nobody else claims this retirement: `attestation` with `sole_claim` and `signed_by`."""
    if reference.certificate.attestation is None:
        yield Fault('has no attestation: add {"sole_claim": true, "signed_by": …}')


@BOOK.rule("OFF060", Severity.WARNING, "the certificate's number has an unusual shape")
def number_has_the_usual_shape(reference: Reference) -> Iterator[Fault]:
    """Certificates of the UN's platform are numbered like VC12345/2024, Isometric's retirements like
    ret_1KNSQMD6Z1S0TB50. Other shapes may be right: a warning only.
    """
    certificate = reference.certificate
    usual = USUAL_NUMBERS.get(certificate.programme)
    if usual is not None and not usual[0].fullmatch(certificate.certificate_id):
        yield Fault(
            f"certificate_id is '{certificate.certificate_id}'; those of {certificate.programme} usually look like "
            f"{usual[1]}: copy it as printed",
            Location(pointer="/certificate_id"),
        )


@BOOK.rule("OFF061", Severity.WARNING, "the registry's address is not one that is known")
def registry_address_is_known(reference: Reference) -> Iterator[Fault]:
    """`registry_url` should lead to a registry that is known here. It is never opened; a person should not open a
    strange one either.
    """
    url = reference.certificate.registry_url
    if url is not None and not is_known_registry(url):
        yield Fault(
            f"the host of registry_url is {registry_host(url) or 'missing'}; known are {', '.join(REGISTRY_DOMAINS)}: "
            f"give the registry's own page",
            Location(pointer="/registry_url"),
        )


@BOOK.rule("OFF070", Severity.WARNING, "the price per tonne is implausible")
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


@BOOK.rule("OFF071", Severity.NOTE, "no quality label, or corresponding adjustment unknown")
def labels_are_disclosed(reference: Reference) -> Iterator[Fault]:
    """Whether the credits carry the Core Carbon Principles' label (CCP), and whether the host country adjusts its
    balance, is disclosed where it is known. Coverage does not measure the quality of credits. No fault.
    """
    certificate = reference.certificate
    missing = [] if "CCP" in certificate.labels else ["no CCP label"]
    if certificate.corresponding_adjustment == "unknown":
        missing.append("corresponding adjustment unknown")
    if missing:
        yield Fault(" and ".join(missing))


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

    @property
    def findings(self) -> tuple[Finding, ...]:
        """By certificate id: first what each content says by itself, then what concerns it over all files."""
        found: list[Finding] = []
        for certificate_id in self.collection.holdings:
            for findings in self.alone[certificate_id].values():
                found.extend(findings)
            found.extend(self.together[certificate_id])
        return tuple(found)

    def has_error(self, copy: Copy) -> bool:
        """Whether an error stands against this content, alone or with others: then it counts as declared only."""
        certificate = copy.certificate
        findings = (*self.alone[certificate.certificate_id][certificate], *self.together[certificate.certificate_id])
        return any(finding.severity is Severity.ERROR for finding in findings)


def examine(claims: Sequence[Claimed], as_of: date) -> tuple[Finding, ...]:
    """All findings about the claims, judged as of a day, in an order that does not depend on that of the claims.

    Equal contents in several files are examined once and named by the first place in which they stand.
    """
    return examined(claims, as_of).findings


def examined(claims: Sequence[Claimed], as_of: date, policy: Policy | None = None) -> Examined:
    """As `examine`, by certificate."""
    collection = collected(claims, as_of.year)
    alone = {
        holding.certificate_id: {copy.certificate: _alone(copy, as_of, policy) for copy in holding.copies}
        for holding in collection.holdings.values()
    }
    together = {
        holding.certificate_id: _together(holding, collection, policy) for holding in collection.holdings.values()
    }
    return Examined(collection, alone, together)


def findings_about(reading: Reading) -> tuple[Finding, ...]:
    """The faults of one serial as findings. Under a verdict that only warns, all of them are warnings."""
    return tuple(
        Finding(
            VERDICT_CODES.get(fault.verdict, OTHER_ERRORS),
            Severity.WARNING if reading.is_valid or not fault.verdict.is_error else Severity.ERROR,
            f"{fault.verdict}: {fault.message}",
        )
        for fault in reading.faults
    )


def registry_host(url: str) -> str | None:
    """The host of an https address; None when the address has none or is malformed."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    well_formed = parts.scheme == "https" and host and "." in host and parts.username is None and url.isprintable()
    return host if well_formed and " " not in url else None


def is_known_registry(url: str) -> bool:
    """Whether the address belongs to a registry that is known here."""
    host = registry_host(url)
    return host is not None and any(host == domain or host.endswith(f".{domain}") for domain in REGISTRY_DOMAINS)


def token_set_ratio(one: str, two: str) -> float:
    """How alike two names are, 0 to 100, whatever the order of their words and however many are added."""
    first, second = _tokens(one), _tokens(two)
    common = " ".join(sorted(first & second))
    whole = [f"{common} {' '.join(sorted(words - first & second))}".strip() for words in (first, second)]
    pairs = ((common, whole[0]), (common, whole[1]), (whole[0], whole[1]))
    return 100 * max((SequenceMatcher(None, a, b).ratio() for a, b in pairs if a and b), default=0.0)


def _tokens(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", normalised(name).casefold()))


def _alone(copy: Copy, as_of: date, policy: Policy | None) -> tuple[Finding, ...]:
    found = BOOK.examine(Reference(copy.certificate, as_of, copy.readings), policy)
    return tuple(_placed(finding, copy.claim) for finding in _first_few(found))


def _together(holding: Holding, collection: Collection, policy: Policy | None) -> tuple[Finding, ...]:
    found = CLAIMS_BOOK.examine(Together(holding, collection), policy)
    return tuple(_placed(finding, holding.copies[0].claim) for finding in _first_few(found))


def _first_few(findings: Iterable[Finding]) -> Iterator[Finding]:
    """At most `MOST_OF_A_CODE` findings of each code, and one that says so: hostile input may hold thousands."""
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= MOST_OF_A_CODE:
            yield finding
        elif seen[finding.code] == MOST_OF_A_CODE + 1:
            yield evolve(finding, message=f"and more: only the first {MOST_OF_A_CODE} of {finding.code} are shown")


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
    return Finding(BROKEN.code, BROKEN.severity, fault.message, fault.location)


def _serial_faults(reference: Reference, code: str, passed: Iterable[Verdict] = ()) -> Iterator[Fault]:
    """The faults of the serials that belong to a code, but for the verdicts that are `passed` over."""
    yield from (
        Fault(f"'{reading.text[:60]}': {fault.message}", Location(pointer=f"/serials/{i}"))
        for i, reading in reference.readings
        for fault in reading.faults
        if VERDICT_CODES.get(fault.verdict, OTHER_ERRORS) == code and fault.verdict not in passed
    )


def _serials_kg(reference: Reference) -> int | None:
    return None if reference.units is None else reference.units * KG_PER_CREDIT


def _periods(certificate: Certificate) -> Iterator[tuple[str, Period]]:
    if certificate.vintage is not None:
        yield "/vintage", certificate.vintage
    for i, period in _allocation_periods(certificate):
        yield f"/allocations/{i}/period", period


def _allocation_periods(certificate: Certificate) -> list[tuple[int, Period]]:
    return [(i, part.period) for i, part in enumerate(certificate.allocations) if part.period is not None]


def _vintage_ends(reference: Reference) -> Iterator[tuple[str, date]]:
    """The last day of each vintage that is known to the day, and where it stands."""
    if reference.certificate.vintage is not None:
        yield "/vintage", reference.certificate.vintage.last
    for i, serial in reference.serials:
        if serial.vintage is not None and not serial.vintage.whole_years:
            yield f"/serials/{i}", serial.vintage.last


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _bare_project(identifier: str) -> str:
    bare = re.sub(r"[^A-Z0-9]", "", identifier.upper())
    return re.sub(r"^[A-Z]*0*(?=[0-9])", "", bare)


def _plain_decimal(text: str) -> Decimal | None:
    """The number, where its separators leave no doubt: `3000`, `3,000,000`, `1.5`; None for `3.000`, which may be 3."""
    clean = text.strip(" .,'")
    if re.fullmatch(r"[0-9]{1,15}(\.([0-9]{1,2}|[0-9]{4}))?", clean):
        return Decimal(clean)
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3}){2,4}", clean):
        return Decimal(clean.replace(",", ""))
    return None
