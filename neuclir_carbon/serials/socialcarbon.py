"""SocialCarbon Units: SCU.

    SCU-SOCIALCARBON-8-USA-2023-09042024101700-26-26     one unit of project 8 in the United States
    │                │ │   │    │              │  └ end of the block
    │                │ │   │    │              └ start of the block
    │                │ │   │    └ issuance, its day and time (ddmmyyyyhhmmss)
    │                │ │   └ vintage, a year
    │                │ └ country, ISO 3166-1 alpha-3, or its English name ("Brazil"); it is not judged
    │                └ project
    └ SCU; removals are printed "SC-SCU - Removal"

Numbers start anew with each issuance of a project. The registry has shown one block twice as retired, seconds apart.

Source: measured on 83 rows of raulpbarros/rb-carbon-scraper (commit e2f1ba8d), 24 of them with a country's name.
"""

import re
from datetime import date, datetime

from attrs import astuple, evolve, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.countries import country_code
from neuclir_carbon.serials.grammar import Grammar, Parsed, read_year
from neuclir_carbon.serials.normal import plain_number

EXAMPLE = "SCU-SOCIALCARBON-8-USA-2023-09042024101700-26-26"
_BLOCK = re.compile(
    r"(SCU|SC-SCU - REMOVAL)-SOCIALCARBON-([0-9]{1,7})-([A-Z]{2}[A-Z '.()]{1,40})-([0-9]{4})-([0-9]{14})"
    r"-([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})"
)


@frozen
class ScuBlock:
    """The parts of a block in upper case; all digits are kept as text."""

    unit: str
    project: str
    country: str
    vintage: str
    issuance: str
    start: str
    end: str


def parse_scu(text: str) -> ScuBlock | None:
    """The block that a normalised text names; None when it is no serial of SocialCarbon."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else ScuBlock(*match.groups())


def format_scu(block: ScuBlock) -> str:
    """The block's text."""
    named = evolve(block, unit=f"{block.unit}-SOCIALCARBON")
    return "-".join(astuple(named))


def read_scu(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of SocialCarbon."""
    block = parse_scu(text)
    if block is None:
        return None
    vintage, vintage_faults = read_year(block.vintage)
    project, issued = plain_number(block.project), _day_of(block.issuance)
    serial = Serial(
        programme="socialcarbon",
        unit="SCU",
        start=int(block.start),
        end=int(block.end),
        key=f"socialcarbon:{project}:{block.issuance}",
        loose_key=f"socialcarbon:{project}",
        country=country_code(block.country),
        project=project,
        vintage=vintage,
        issued=issued,
        details=(f"issuance {block.issuance}", *(["removal"] if "REMOVAL" in block.unit else [])),
    )
    return Parsed(serial, (*_issuance_faults(block.issuance, issued), *vintage_faults))


def _day_of(stamp: str) -> date | None:
    try:
        return datetime.strptime(stamp, "%d%m%Y%H%M%S").date()
    except ValueError:
        return None


def _issuance_faults(stamp: str, issued: date | None) -> tuple[SerialFault, ...]:
    if issued is not None:
        return ()
    return (SerialFault(Verdict.E_DATE, f"issuance is '{stamp}', which is no time (wanted ddmmyyyyhhmmss)"),)


GRAMMAR = Grammar("SocialCarbon SCU", ("socialcarbon",), EXAMPLE, read_scu)
