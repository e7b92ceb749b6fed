"""Restoration Units of the Ecosystem Restoration Standard: VRU, and the projected PRU.

    ERS-1-PRJ1-BR-VRU-2024-1-1-500     500 verified units of project PRJ1 in Brazil
        │ │    │  │   │    │ │ └ end of the block
        │ │    │  │   │    │ └ start of the block, 1 to 999,999,999
        │ │    │  │   │    └ batch
        │ │    │  │   └ VRU: vintage; PRU: date of issuance
        │ │    │  └ kind of unit
        │ │    └ country, ISO 3166-1 alpha-2
        │ └ project
        └ kind of project: 0 reforestation, 1 restoration of forest

PRUs are for removals still to come. How a PRU's date is written is not published, so digits are taken and not judged.

Source: help.ers.org/article/72-labelling-and-serialisation; no public row was found.
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, read_year

EXAMPLE = "ERS-1-PRJ1-BR-VRU-2024-1-1-500"
_BLOCK = re.compile(
    r"ERS-([01])-([A-Z0-9]{1,16})-([A-Z]{2})-(VRU|PRU)-([0-9]{4}|[0-9]{6}|[0-9]{8})-([0-9]{1,9})"
    r"-([0-9]{1,9})(?: TO | ?- ?)([0-9]{1,9})"
)


@frozen
class ErsBlock:
    """The parts of a block as printed; all digits are kept as text."""

    project_type: str
    project: str
    country: str
    unit: str
    dated: str
    batch: str
    start: str
    end: str


def parse_ers(text: str) -> ErsBlock | None:
    """The block that a normalised text names; None when it is no serial of ERS."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else ErsBlock(*match.groups())


def format_ers(block: ErsBlock) -> str:
    """The block's text."""
    return f"ERS-{'-'.join(astuple(block))}"


def read_ers(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of ERS."""
    block = parse_ers(text)
    if block is None:
        return None
    is_vintage = block.unit == "VRU" and len(block.dated) == 4
    vintage, vintage_faults = read_year(block.dated) if is_vintage else (None, ())
    serial = Serial(
        programme="ers",
        unit=block.unit,
        start=int(block.start),
        end=int(block.end),
        key=f"ers:{block.project}:{int(block.batch)}",
        loose_key=f"ers:{block.project}",
        country=block.country,
        project=block.project,
        vintage=vintage,
        details=(f"batch {int(block.batch)}", *([] if is_vintage else [f"dated {block.dated}"])),
    )
    return Parsed(serial, (*country_faults(block.country), *vintage_faults, *_ex_ante_faults(block.unit)))


def _ex_ante_faults(unit: str) -> tuple[SerialFault, ...]:
    if unit != "PRU":
        return ()
    message = "PRU is a projected unit, for removals still to come: wanted a VRU"
    return (SerialFault(Verdict.W_EX_ANTE_UNIT, message),)


GRAMMAR = Grammar("ERS VRU", ("ers",), EXAMPLE, read_ers)
