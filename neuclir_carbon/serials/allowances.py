"""Allowances of the EU's and the UK's emissions trading: EUA and UKA, in the blocks that Kyoto's registries use.

    DE-0-1200001-2-2 - DE-0-1200250-2-2     250 EUAs, first issued by Germany's registry
    │  │ │       │ └ applicable commitment period
    │  │ │       └ original commitment period (0: 2005 to 2007, 1: 2008 to 2012, 2: 2013 to 2020, 3: 2021 to 2030)
    │  │ └ serial number
    │  └ kind of unit: 0, which an allowance has
    └ registry: a state that takes part (see `REGISTRIES`), or EU; GB from period 3 on: UKA

Land-use activity and project may follow, as in a CER's serial. An allowance is made for a compliance market: cancelling
one is another claim than retiring a voluntary credit. The example is made up: both registries hide their serials.

Source: Regulation (EC) 2216/2004, Annex VI; UK Government's ukets-registry, `UnitType.java` and
`CommitmentPeriod.java` (commit 4e80ded9). No real serial could be seen.
"""

import re

from attrs import astuple, fields, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.grammar import Grammar, Parsed

EXAMPLE = "DE-0-1200001-2-2 - DE-0-1200250-2-2"
UK, UKA_PERIOD = "GB", 3
# Directive 2003/87/EC: the 27 member states, Iceland, Liechtenstein and Norway, the Union's own registry; and the UK.
REGISTRIES = frozenset(
    ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
     "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO", "EU", "GB")
)  # fmt: skip
_NUMBER = r"([A-Z]{2})-0-([0-9]{1,15})-([0-3])-([0-3])(?:-([0-9]{1,3})-([0-9]{1,7}))?"
_BLOCK = re.compile(rf"{_NUMBER}(?:(?: ?- ?| TO ){_NUMBER})?")


@frozen
class AllowanceNumber:
    """The parts of one serial as printed; all digits are kept as text. `lulucf` and `project` may be left out."""

    registry: str
    serial: str
    original_period: str
    applicable_period: str
    lulucf: str | None = None
    project: str | None = None


@frozen
class AllowanceBlock:
    """The first and the last serial of a block; equal for a single unit."""

    first: AllowanceNumber
    last: AllowanceNumber


def parse_allowances(text: str) -> AllowanceBlock | None:
    """The block that a normalised text names; None when it is none of allowances."""
    match = _BLOCK.fullmatch(text.upper())
    if match is None or match[1] not in REGISTRIES:
        return None
    parts = match.groups()
    first = AllowanceNumber(*parts[:6])
    return AllowanceBlock(first, first if parts[6] is None else AllowanceNumber(*parts[6:]))


def format_allowances(block: AllowanceBlock) -> str:
    """The block's text: one serial, or `first - last`."""
    first, last = (_number_text(number) for number in (block.first, block.last))
    return first if first == last else f"{first} - {last}"


def read_allowances(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is none of allowances."""
    block = parse_allowances(text)
    if block is None:
        return None
    first = block.first
    original, applicable = int(first.original_period), int(first.applicable_period)
    is_uk = first.registry == UK and original >= UKA_PERIOD
    unit, programme = ("UKA", "uk-ets") if is_uk else ("EUA", "eu-ets")
    serial = Serial(
        programme=programme,
        unit=unit,
        start=int(first.serial),
        end=int(block.last.serial),
        key=f"{programme}:{first.registry}",
        loose_key=programme,
        country=first.registry,
        commitment_periods=(original, applicable),
    )
    why = f"{unit}s are made for a compliance market, not for voluntary claims"
    faults = (SerialFault(Verdict.W_COMPLIANCE_UNIT, why), *_pair_faults(block), *_order_faults(original, applicable))
    return Parsed(serial, faults)


def _number_text(number: AllowanceNumber) -> str:
    registry, *rest = astuple(number)
    return "-".join((registry, "0", *(part for part in rest if part is not None)))


def _pair_faults(block: AllowanceBlock) -> tuple[SerialFault, ...]:
    names = [attribute.name for attribute in fields(AllowanceNumber) if attribute.name != "serial"]
    differing = [name.replace("_", " ") for name in names if getattr(block.first, name) != getattr(block.last, name)]
    if not differing:
        return ()
    message = f"start and end differ in {', '.join(differing)}; in one block only the serial number may differ"
    return (SerialFault(Verdict.E_MIXED, message),)


def _order_faults(original: int, applicable: int) -> tuple[SerialFault, ...]:
    if applicable >= original:
        return ()
    message = f"applicable commitment period {applicable} lies before the original one, {original}"
    return (SerialFault(Verdict.E_CP_ORDER, message),)


GRAMMAR = Grammar("EUA or UKA", ("eu-ets", "uk-ets"), EXAMPLE, read_allowances)
