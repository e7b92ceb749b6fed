"""Retirements, issuances and batches on Isometric's registry: ids, which encode nothing.

    ret_1KNSQMD6Z1S0TB50     one retirement
    │   └ 16 characters or more of Crockford's base 32 (no I, L, O, U)
    └ ret: a retirement, iss: an issuance

Credits are counted in kg there, and there are no blocks: an id names a retirement as a whole, on the public page
`https://to.isometric.com/ret_…`.

Source: 100 retirements and 100 issuances of carbonplan/offsets-db-data, tests/data (commit cdfd8f77), 23 of them not
whole tonnes; length of ids (20 to 37 characters) as in the registry's API schema.
"""

import re

from attrs import frozen

from neuclir_carbon.model.serial import Serial
from neuclir_carbon.serials.grammar import Grammar, Parsed

EXAMPLE = "ret_1KNSQMD6Z1S0TB50"
KINDS = {"ret": "retirement", "iss": "issuance"}
_ID = re.compile(r"(RET|ISS)_([0-9A-HJKMNP-TV-Z]{16,33})")


@frozen
class IsometricId:
    """The parts of an id: its kind in lower case, and the rest in upper case."""

    kind: str
    rest: str


def parse_isometric(text: str) -> IsometricId | None:
    """The id that a normalised text is; None when it is none of Isometric's."""
    match = _ID.fullmatch(text.upper())
    return None if match is None else IsometricId(match[1].lower(), match[2])


def format_isometric(named: IsometricId) -> str:
    """The id's text."""
    return f"{named.kind}_{named.rest}"


def read_isometric(text: str) -> Parsed | None:
    """What an id names; None when it is none of Isometric's. It has no block: no quantity can be counted."""
    named = parse_isometric(text)
    if named is None:
        return None
    key = f"isometric:{format_isometric(named)}"
    serial = Serial(
        programme="isometric", unit="ISO-CREDIT", key=key, loose_key=key, details=(f"id of a {KINDS[named.kind]}",)
    )
    return Parsed(serial)


GRAMMAR = Grammar("Isometric id", ("isometric",), EXAMPLE, read_isometric)
