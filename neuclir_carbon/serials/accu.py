"""Australian Carbon Credit Units: ACCU.

    3781000001 - 3781000250     250 units; nothing but the numbers, which run through the whole registry
    │            └ end of the block
    └ start of the block

Bare numbers could be anybody's, so they are read only where the programme is stated to be `accu`. The example is made
up.

Source: the registry shows blocks of units as ranges of numbers (cer.gov.au, ANREU and the Unit and Certificate
Registry); the layout of its export could not be seen.
"""

import re

from attrs import frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed

EXAMPLE = "3781000001 - 3781000250"
_BLOCK = re.compile(r"([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})")


@frozen
class AccuBlock:
    """The ends of a block; the digits are kept as text."""

    start: str
    end: str


def parse_accu(text: str) -> AccuBlock | None:
    """The block that a normalised text names; None when it is no range of numbers."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else AccuBlock(*match.groups())


def format_accu(block: AccuBlock) -> str:
    """The block's text."""
    return f"{block.start} - {block.end}"


def read_accu(text: str) -> Parsed | None:
    """The serial that a text encodes; None when it is no range of numbers."""
    block = parse_accu(text)
    if block is None:
        return None
    return Parsed(
        Serial(
            programme="accu", unit="ACCU", start=int(block.start), end=int(block.end), key="accu", loose_key="accu",
            country="AU",
        )
    )  # fmt: skip


GRAMMAR = Grammar("ACCU", ("accu",), EXAMPLE, read_accu, only_if_stated=True)
