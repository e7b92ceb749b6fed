"""Verified Emission Reductions of Gold Standard: GS-VER.

    GS1-1-KE-GS7495-16-2025-30645-608-30350     29,743 credits of project GS7495 in Kenya
          │  │      │  │    │     │   └ end of the block
          │  │      │  │    │     └ start of the block; numbers are unique within the issuance
          │  │      │  │    └ issuance
          │  │      │  └ vintage, a year
          │  │      └ type of project (1 photovoltaics … 22 afforestation)
          │  └ project
          └ country, ISO 3166-1 alpha-2

Source: no published grammar was found; measured on 205 rows of carbonplan/offsets-db-data, tests/data (commit cdfd8f77)
and raulpbarros/rb-carbon-scraper (commit e2f1ba8d). CERs with Gold Standard's label keep their CDM serial (`cdm.py`).
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, leading_zero_faults, read_year
from neuclir_carbon.serials.normal import leading_zeros, plain_number

EXAMPLE = "GS1-1-KE-GS7495-16-2025-30645-608-30350"
_BLOCK = re.compile(r"GS1-1-([A-Z]{2})-GS([0-9]{1,7})-([0-9]{1,2})-([0-9]{4})-([0-9]{1,9})-([0-9]{1,15})-([0-9]{1,15})")


@frozen
class GsBlock:
    """The parts of a block as printed; all digits are kept as text."""

    country: str
    project: str
    project_type: str
    vintage: str
    issuance: str
    start: str
    end: str


def parse_gs(text: str) -> GsBlock | None:
    """The block that a normalised text names; None when it is no Gold Standard serial."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else GsBlock(*match.groups())


def format_gs(block: GsBlock) -> str:
    """The block's text."""
    country, *rest = astuple(block)
    return f"GS1-1-{country}-GS{'-'.join(rest)}"


def read_gs(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no Gold Standard serial."""
    block = parse_gs(text)
    if block is None:
        return None
    vintage, vintage_faults = read_year(block.vintage)
    serial = Serial(
        programme="gold-standard",
        unit="GS-VER",
        start=int(block.start),
        end=int(block.end),
        key=f"gold-standard:{int(block.issuance)}",
        loose_key="gold-standard",
        country=block.country,
        project=plain_number(block.project),
        vintage=vintage,
        details=(f"project type {int(block.project_type)}", f"issuance {int(block.issuance)}"),
    )
    zeros = leading_zero_faults(leading_zeros(*astuple(block, recurse=False)[1:]))
    return Parsed(serial, (*country_faults(block.country), *vintage_faults, *zeros))


GRAMMAR = Grammar("Gold Standard VER", ("gold-standard",), EXAMPLE, read_gs)
