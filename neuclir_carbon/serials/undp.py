"""Mitigation outcomes on national registries that run UNDP's software: ITMO.

    VU-ITMO-11-356-2022-0-27-35     nine units of programme 356 in Vanuatu
    │       │  │   │    │ │  └ end of the block
    │       │  │   │    │ └ start of the block
    │       │  │   │    └ always 0
    │       │  │   └ year
    │       │  └ programme
    │       └ sectoral scope, 1 to 15
    └ country, ISO 3166-1 alpha-2

A programme's last unit may stand for less than a tonne: the software rounds quantities to whole units.

Source: npm package @undp/serial-number-gen (README).
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, read_year
from neuclir_carbon.serials.normal import plain_number

EXAMPLE = "VU-ITMO-11-356-2022-0-27-35"
_BLOCK = re.compile(
    r"([A-Z]{2})-ITMO-([1-9]|1[0-5])-([0-9]{1,9})-([0-9]{4})-0-([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})"
)


@frozen
class ItmoBlock:
    """The parts of a block as printed; all digits are kept as text."""

    country: str
    scope: str
    project: str
    year: str
    start: str
    end: str


def parse_itmo(text: str) -> ItmoBlock | None:
    """The block that a normalised text names; None when it is no serial of these registries."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else ItmoBlock(*match.groups())


def format_itmo(block: ItmoBlock) -> str:
    """The block's text."""
    country, scope, project, year, *numbers = astuple(block)
    return "-".join((country, "ITMO", scope, project, year, "0", *numbers))


def read_itmo(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of these registries."""
    block = parse_itmo(text)
    if block is None:
        return None
    vintage, vintage_faults = read_year(block.year)
    project = plain_number(block.project)
    serial = Serial(
        programme="undp",
        unit="ITMO",
        start=int(block.start),
        end=int(block.end),
        key=f"undp:{block.country}:{project}:{block.year}",
        loose_key=f"undp:{block.country}",
        country=block.country,
        project=project,
        vintage=vintage,
        details=(f"sectoral scope {int(block.scope)}",),
    )
    return Parsed(serial, (*country_faults(block.country), *vintage_faults))


GRAMMAR = Grammar("UNDP ITMO", ("undp",), EXAMPLE, read_itmo)
