"""Verified Carbon Credits of BioCarbon: VCC.

    BCR-CO-259-14-002-2-2401-2409-0043804-0043903     100 credits of project 259-14-002 in Colombia
    │   │  │   │  │   │ │    │    │       └ end of the block, padded to seven digits
    │   │  │   │  │   │ │    │    └ start of the block, likewise
    │   │  │   │  │   │ │    └ last month of the vintage (yymm)
    │   │  │   │  │   │ └ first month of the vintage (yymm)
    │   │  │   │  │   └ version
    │   │  │   │  └ number within the scope
    │   │  │   └ sectoral scope
    │   │  └ project, or who develops it
    │   └ country, ISO 3166-1 alpha-2
    └ BCR, or PCR

Numbers start anew for each project, version and period. What the registry calls a project are the three parts up to
the number: 259-14-002 and 259-14-003 both have blocks from 0000001 on under the same version and period.

Source: measured on 60 retirements and 152 issuances of raulpbarros/rb-carbon-scraper (commit e2f1ba8d).
"""

import re
from calendar import monthrange
from datetime import date

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict, Vintage
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults

EXAMPLE = "BCR-CO-259-14-002-2-2401-2409-0043804-0043903"
_PADDED = r"([0-9]{7}|[1-9][0-9]{7,9})"
_BLOCK = re.compile(
    r"(BCR|PCR)-([A-Z]{2})-([A-Z0-9]{1,8})-([0-9]{1,3})-([0-9]{1,4})-([A-Z0-9]{1,4})-([0-9]{4})-([0-9]{4})"
    rf"-{_PADDED}(?: TO | ?- ?){_PADDED}"
)


@frozen
class BcrBlock:
    """The parts of a block as printed; all digits are kept as text."""

    standard: str
    country: str
    project: str
    scope: str
    number: str
    version: str
    vintage_start: str
    vintage_end: str
    start: str
    end: str


def parse_bcr(text: str) -> BcrBlock | None:
    """The block that a normalised text names; None when it is no serial of BioCarbon."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else BcrBlock(*match.groups())


def format_bcr(block: BcrBlock) -> str:
    """The block's text."""
    return "-".join(astuple(block))


def read_bcr(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of BioCarbon."""
    block = parse_bcr(text)
    if block is None:
        return None
    project = f"{block.project}-{block.scope}-{block.number}"
    vintage, vintage_faults = _read_months(block.vintage_start, block.vintage_end)
    serial = Serial(
        programme="biocarbon",
        unit="VCC",
        start=int(block.start),
        end=int(block.end),
        key=f"biocarbon:{block.country}-{project}:{block.version}:{block.vintage_start}-{block.vintage_end}",
        loose_key=f"biocarbon:{project}",
        country=block.country,
        project=project,
        vintage=vintage,
        details=(f"sectoral scope {int(block.scope)}", f"version {block.version}"),
    )
    return Parsed(serial, (*country_faults(block.country), *vintage_faults))


def _read_months(first: str, last: str) -> tuple[Vintage | None, tuple[SerialFault, ...]]:
    months = [(2000 + int(text[:2]), int(text[2:])) for text in (first, last)]
    impossible = [text for text, (_, month) in zip((first, last), months, strict=True) if not 1 <= month <= 12]
    if impossible:
        shown = " and ".join(f"'{text}'" for text in impossible)
        return None, (SerialFault(Verdict.E_DATE, f"vintage has {shown}, which is no month (wanted yymm)"),)
    (year, month), (last_year, last_month) = months
    vintage = Vintage(
        first=date(year, month, 1), last=date(last_year, last_month, monthrange(last_year, last_month)[1])
    )
    if vintage.last < vintage.first:
        message = f"vintage ends in {last} (yymm), before its start in {first}"
        return vintage, (SerialFault(Verdict.E_VINTAGE_ORDER, message),)
    return vintage, ()


GRAMMAR = Grammar("BioCarbon VCC", ("biocarbon",), EXAMPLE, read_bcr)
