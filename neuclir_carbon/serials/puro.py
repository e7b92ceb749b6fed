"""CO2 Removal Certificates of Puro.earth: CORC.

    PURO_PR_CORC100+_US_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_1-460     460 CORCs of facility 517437
            │        │  │      │    │                                    │ └ end of the block
            │        │  │      │    │                                    └ start of the block
            │        │  │      │    └ issuance, a UUID; numbers are unique within one issuance only
            │        │  │      └ vintage, a year
            │        │  └ production facility, six digits
            │        └ country, ISO 3166-1 alpha-2
            └ kind of credit; older ones are CORC and CORC_100

Certificates from before that numbering keep theirs: a GSRN of 18 digits with a sequential number of 12, either in the
place of the block or alone (`643002406555908611000000000001 - 000000000100`). Such a sequence runs through the whole
GSRN, so that is its key, with or without an issuance in front.

Source: docs.api.puro.earth, "Certificate Id"; measured on 68 rows of raulpbarros/rb-carbon-scraper (commit e2f1ba8d).
"""

import re

from attrs import evolve, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, read_year
from neuclir_carbon.serials.normal import plain_number

EXAMPLE = "PURO_PR_CORC100+_US_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_1-460"
_UUID = r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"
_LEGACY = r"([0-9]{18})([0-9]{12})(?: TO | ?- ?)([0-9]{18})?([0-9]{12})"
_NUMBERS = re.compile(r"([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})")
_SEQUENCE = re.compile(_LEGACY)
_BLOCK = re.compile(
    rf"PURO_PR_(CORC(?:_?[0-9]{{2,4}}\+?)?)_([A-Z]{{2}})_([0-9]{{6}})_([0-9]{{4}})_({_UUID})_([0-9][0-9TO -]{{0,64}})"
)


@frozen
class CorcBlock:
    """The parts of a block as printed. `gsrn` and `last_gsrn` stand in older ones only; all else is None in those
    that have no issuance."""

    start: str
    end: str
    credit_type: str | None = None
    country: str | None = None
    facility: str | None = None
    vintage: str | None = None
    issuance: str | None = None
    gsrn: str | None = None
    last_gsrn: str | None = None


def parse_corc(text: str) -> CorcBlock | None:
    """The block that a normalised text names; None when it is no serial of Puro."""
    upper = text.upper()
    named = _BLOCK.fullmatch(upper)
    block = _numbers(upper if named is None else named[6], alone=named is None)
    if block is None or named is None:
        return block
    kind, country, facility, vintage, issuance, _ = named.groups()
    return evolve(
        block, credit_type=kind, country=country, facility=facility, vintage=vintage, issuance=issuance.lower()
    )


def _numbers(text: str, *, alone: bool) -> CorcBlock | None:
    """The block's ends; short numbers mean nothing alone, since they are unique within an issuance only."""
    if legacy := _SEQUENCE.fullmatch(text):
        gsrn, start, last, end = legacy.groups()
        return CorcBlock(start, end, gsrn=gsrn, last_gsrn=last or gsrn)
    plain = None if alone else _NUMBERS.fullmatch(text)
    return None if plain is None else CorcBlock(plain[1], plain[2])


def format_corc(block: CorcBlock) -> str:
    """The block's text."""
    numbers = f"{block.gsrn or ''}{block.start}-{block.last_gsrn or ''}{block.end}"
    if block.issuance is None:
        return numbers
    head = (block.credit_type, block.country, block.facility, block.vintage, block.issuance)
    return f"PURO_PR_{'_'.join(part or '' for part in head)}_{numbers}"


def read_corc(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of Puro."""
    block = parse_corc(text)
    if block is None:
        return None
    vintage, vintage_faults = (None, ()) if block.vintage is None else read_year(block.vintage)
    key = f"puro:gsrn:{block.gsrn}" if block.gsrn else f"puro:{block.issuance}:{block.facility}"
    serial = Serial(
        programme="puro",
        unit="CORC",
        start=int(block.start),
        end=int(block.end),
        key=key,
        loose_key=f"puro:{block.facility or block.gsrn}",
        country=block.country,
        project=None if block.facility is None else plain_number(block.facility),
        vintage=vintage,
        order_only=block.gsrn is not None,
        details=(
            *([] if block.credit_type is None else [f"kind {block.credit_type}", f"issuance {block.issuance}"]),
            *([] if block.gsrn is None else [f"GSRN {block.gsrn}"]),
        ),
    )
    country = () if block.country is None else country_faults(block.country)
    return Parsed(serial, (*_gsrn_faults(block), *country, *vintage_faults))


def _gsrn_faults(block: CorcBlock) -> tuple[SerialFault, ...]:
    if block.gsrn == block.last_gsrn:
        return ()
    message = f"start and end differ in the GSRN ({block.gsrn} and {block.last_gsrn}); a block has one"
    return (SerialFault(Verdict.E_MIXED, message),)


GRAMMAR = Grammar("Puro CORC", ("puro",), EXAMPLE, read_corc)
