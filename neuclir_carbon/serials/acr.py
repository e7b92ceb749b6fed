"""Credits on APX's registries of one shape: American Carbon Registry, ART TREES and the World Bank's FCPF.

    ACR-US-212-2019-1155-70286 to 70398     113 credits of project 212 in the United States
    │   │  │   │    │    │        └ end of the block
    │   │  │   │    │    └ start of the block
    │   │  │   │    └ batch
    │   │  │   └ vintage, a year
    │   │  └ project
    │   └ country, ISO 3166-1 alpha-2
    └ programme: ACR, ART or FCPF

Numbers are unique within project, vintage and batch only: batch 1 is used by projects 1187 and 1202. A hyphen instead
of "to" stands on public help pages and is read too.

Source: ACR's operating procedures; measured on 220 rows of carbonplan/offsets-db-data, tests/data (commit cdfd8f77)
and raulpbarros/rb-carbon-scraper (commit e2f1ba8d).
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, leading_zero_faults, read_year
from neuclir_carbon.serials.normal import leading_zeros, plain_number

EXAMPLE = "ACR-US-212-2019-1155-70286 to 70398"
PROGRAMMES = {"ACR": "acr", "ART": "art-trees", "FCPF": "fcpf"}
# What an ACR credit is called depends on the market it was issued for; the serial does not tell. ERT is the usual one.
UNITS = {"ACR": "ERT", "ART": "TREES", "FCPF": "FCPF"}
_BLOCK = re.compile(
    r"(ACR|ART|FCPF)-([A-Z]{2})-([0-9]{1,7})-([0-9]{4})-([0-9]{1,9})-([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})"
)


@frozen
class AcrBlock:
    """The parts of a block as printed; all digits are kept as text."""

    registry: str
    country: str
    project: str
    vintage: str
    batch: str
    start: str
    end: str


def parse_acr(text: str) -> AcrBlock | None:
    """The block that a normalised text names; None when it is no serial of these registries."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else AcrBlock(*match.groups())


def format_acr(block: AcrBlock) -> str:
    """The block's text."""
    *head, end = astuple(block)
    return f"{'-'.join(head)} to {end}"


def read_acr(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of these registries."""
    block = parse_acr(text)
    if block is None:
        return None
    programme, project = PROGRAMMES[block.registry], plain_number(block.project)
    vintage, vintage_faults = read_year(block.vintage)
    serial = Serial(
        programme=programme,
        unit=UNITS[block.registry],
        start=int(block.start),
        end=int(block.end),
        key=f"{programme}:{project}:{block.vintage}:{int(block.batch)}",
        loose_key=f"{programme}:{int(block.batch)}",
        country=block.country,
        project=project,
        vintage=vintage,
        details=(f"batch {int(block.batch)}",),
    )
    zeros = leading_zero_faults(leading_zeros(*astuple(block, recurse=False)[2:]))
    return Parsed(serial, (*country_faults(block.country), *vintage_faults, *zeros))


GRAMMAR = Grammar("ACR, ART or FCPF", tuple(PROGRAMMES.values()), EXAMPLE, read_acr)
