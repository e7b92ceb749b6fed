"""Carbon credits of Cercarbono, on EcoRegistry: VCC.

    CDC_1_1_1_321_14_1_2009 4426-4971     546 credits of project 1
    │   │              │    │    └ end of the block, a column of its own in the registry's export ("to")
    │   │              │    └ start of the block, likewise ("from")
    │   │              └ vintage, a year; some issuances name none, some end in _BF (the buffer)
    │   └ project
    └ CDC, or BCR2CDC for what moved here from BioCarbon; CDC_R for a revision

The serial names an issuance only; without its block it counts no credits. A country may stand among its parts and is
not judged.

Real blocks of the oldest issuances start at 0 (5 of 100 rows); a serial that says so is told as E_ZERO all the same.

Source: 100 of 100 rows of carbonplan/offsets-db-data, tests/data (commit cdfd8f77); BCR2CDC from
raulpbarros/rb-carbon-scraper (commit e2f1ba8d).
"""

import re

from attrs import frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed, read_year
from neuclir_carbon.serials.normal import plain_number

EXAMPLE = "CDC_1_1_1_321_14_1_2009 4426-4971"
_BLOCK = re.compile(
    r"((?:CDC|BCR2CDC)(?:_R)?_([0-9]{1,6})(?:_[A-Z0-9]{1,6}){4,12}) ([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})"
)
_YEAR = re.compile(r"_([0-9]{4})(?:_BF)?$")
_COUNTRY = re.compile(r"_([A-Z]{2})_(?!.*_[A-Z]{2}_)")


@frozen
class CdcBlock:
    """The issuance's serial, with the block in it; all digits are kept as text."""

    issuance: str
    project: str
    start: str
    end: str


def parse_cdc(text: str) -> CdcBlock | None:
    """The block that a normalised text names; None when it is no serial of Cercarbono, or has no block."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else CdcBlock(*match.groups())


def format_cdc(block: CdcBlock) -> str:
    """The block's text: the issuance's serial, a blank, and the block."""
    return f"{block.issuance} {block.start}-{block.end}"


def read_cdc(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of Cercarbono, or has no block."""
    block = parse_cdc(text)
    if block is None:
        return None
    year = _YEAR.search(block.issuance)
    vintage, faults = (None, ()) if year is None else read_year(year[1])
    country = _COUNTRY.search(block.issuance)
    serial = Serial(
        programme="cercarbono",
        unit="VCC",
        start=int(block.start),
        end=int(block.end),
        key=f"cercarbono:{block.issuance}",
        loose_key=f"cercarbono:{plain_number(block.project)}",
        country=None if country is None else country[1],
        project=plain_number(block.project),
        vintage=vintage,
        details=(f"issuance {block.issuance}",),
    )
    return Parsed(serial, faults)


GRAMMAR = Grammar("Cercarbono VCC", ("cercarbono",), EXAMPLE, read_cdc)
