"""Verified Carbon Units of Verra's Verified Carbon Standard: VCU.

    19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0     11 VCUs of project 513 in Brazil
    │     │         │                 │        │  │ │   │        │        └ 1: has additional certifications
    │     │         │                 │        │  │ │   │        └ vintage, last day (ddmmyyyy)
    │     │         │                 │        │  │ │   └ vintage, first day (ddmmyyyy)
    │     │         │                 │        │  │ └ project number
    │     │         │                 │        │  └ sectoral scope; rows of 2026 may leave it out
    │     │         │                 │        └ country, ISO 3166-1 alpha-2
    │     │         │                 └ unexplained number, shared by unrelated projects; not judged
    │     │         └ end of the block
    │     └ start of the block; the numbers run through the whole registry
    └ issuance

Source: registry exports as kept in carbonplan/offsets-db-data, tests/data (commit cdfd8f77), 200 of 200 rows; the form
without a sectoral scope from raulpbarros/rb-carbon-scraper (commit e2f1ba8d).
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, read_span
from neuclir_carbon.serials.normal import plain_number

EXAMPLE = "19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"
_BLOCK = re.compile(
    r"([0-9]{1,9})-([0-9]{1,15})-([0-9]{1,15})-VCS-VCU-([0-9]{1,6})-VER-([A-Z]{2})(?:-([0-9]{1,2}))?"
    r"-([0-9]{1,6})-([0-9]{8})-([0-9]{8})-([01])"
)


@frozen
class VcuBlock:
    """The parts of a block as printed; all digits are kept as text. `scope` is None where it is left out."""

    issuance: str
    start: str
    end: str
    unexplained: str
    country: str
    scope: str | None
    project: str
    vintage_start: str
    vintage_end: str
    certified_further: str


def parse_vcu(text: str) -> VcuBlock | None:
    """The block that a normalised text names; None when it is no VCU serial."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else VcuBlock(*match.groups())


def format_vcu(block: VcuBlock) -> str:
    """The block's text."""
    issuance, start, end, unexplained, country, *rest = astuple(block)
    tail = "-".join(part for part in rest if part is not None)
    return f"{issuance}-{start}-{end}-VCS-VCU-{unexplained}-VER-{country}-{tail}"


def read_vcu(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no VCU serial."""
    block = parse_vcu(text)
    if block is None:
        return None
    vintage, vintage_faults = read_span(block.vintage_start, block.vintage_end)
    further = "with" if block.certified_further == "1" else "without"
    scope = () if block.scope is None else (f"sectoral scope {int(block.scope)}",)
    serial = Serial(
        programme="verra-vcs",
        unit="VCU",
        start=int(block.start),
        end=int(block.end),
        key="verra",
        loose_key="verra",
        country=block.country,
        project=plain_number(block.project),
        vintage=vintage,
        details=(f"issuance {int(block.issuance)}", *scope, f"{further} additional certifications"),
    )
    return Parsed(serial, (*country_faults(block.country), *vintage_faults))


GRAMMAR = Grammar("Verra VCU", ("verra-vcs",), EXAMPLE, read_vcu)
