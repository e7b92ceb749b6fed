"""Credits on the registries of S&P (formerly Markit): Plan Vivo, the UK Land Carbon Registry, VCS units kept there.

    PV-PVC-MW-100000000000781-01012010-31122010-2072166-2072193-MER-0-A     28 PVCs of a project in Malawi
    │  │   │  │               │        │        │       │       └ MER-0 or MER-1 with A or P; newer ones: SPG
    │  │   │  │               │        │        │       └ end of the block
    │  │   │  │               │        │        └ start of the block
    │  │   │  │               │        └ vintage, last day (ddmmyyyy)
    │  │   │  │               └ vintage, first day (ddmmyyyy)
    │  │   │  └ project, 15 digits
    │  │   └ country, ISO 3166-1 alpha-2
    │  └ kind of unit: PVC, rPVC, fPVC (future), VER, WCU, PCU, PIU (pending)
    └ standard: PV, VCS, WCC …

fPVC and PIU are units for reductions still to come. Whether numbers run through the whole registry or start anew is
not known, so the key is the standard: it may report an overlap too many, and misses none.

Source: measured on 37 rows of raulpbarros/rb-carbon-scraper (commit e2f1ba8d). For the UK Land Carbon Registry only a
made-up example is public (Rethink-Carbon/cdop-reference-api, `seed/vocab.ts`), in the same shape.
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, read_span
from neuclir_carbon.serials.normal import plain_number

EXAMPLE = "PV-PVC-MW-100000000000781-01012010-31122010-2072166-2072193-MER-0-A"
UNITS = ("PVC", "rPVC", "fPVC", "vPVC", "VER", "WCU", "PCU", "PIU")
EX_ANTE = frozenset({"fPVC", "PIU"})
UNKNOWN = "other"
PROGRAMMES = {"PV": "plan-vivo", "WCC": "uk-wcc", "PC": "uk-peatland", "PCC": "uk-peatland", "VCS": "verra-vcs"}
_AS_PRINTED = {unit.upper(): unit for unit in UNITS}
_BLOCK = re.compile(
    rf"([A-Z]{{2,6}})-({'|'.join(_AS_PRINTED)})-([A-Z]{{2}})-([0-9]{{15}})-([0-9]{{8}})-([0-9]{{8}})"
    r"-([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})-(MER-[01]-[AP]|SPG)"
)


@frozen
class MarkitBlock:
    """The parts of a block as printed; all digits are kept as text."""

    standard: str
    unit: str
    country: str
    project: str
    vintage_start: str
    vintage_end: str
    start: str
    end: str
    tail: str


def parse_markit(text: str) -> MarkitBlock | None:
    """The block that a normalised text names; None when it is no serial of these registries."""
    match = _BLOCK.fullmatch(text.upper())
    if match is None:
        return None
    standard, unit, *rest = match.groups()
    return MarkitBlock(standard, _AS_PRINTED[unit], *rest)


def format_markit(block: MarkitBlock) -> str:
    """The block's text."""
    return "-".join(astuple(block))


def read_markit(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of these registries."""
    block = parse_markit(text)
    if block is None:
        return None
    vintage, vintage_faults = read_span(block.vintage_start, block.vintage_end)
    serial = Serial(
        programme=PROGRAMMES.get(block.standard, UNKNOWN),
        unit=block.unit,
        start=int(block.start),
        end=int(block.end),
        key=f"markit:{block.standard}",
        loose_key="markit",
        country=block.country,
        project=plain_number(block.project),
        vintage=vintage,
        details=(f"standard {block.standard}",),
    )
    return Parsed(serial, (*country_faults(block.country), *vintage_faults, *_ex_ante_faults(block.unit)))


def _ex_ante_faults(unit: str) -> tuple[SerialFault, ...]:
    if unit not in EX_ANTE:
        return ()
    message = f"{unit} is for reductions still to come and can't be retired: wanted a verified unit"
    return (SerialFault(Verdict.W_EX_ANTE_UNIT, message),)


GRAMMAR = Grammar("Plan Vivo, UK Land Carbon, VCS on Markit", tuple(PROGRAMMES.values()), EXAMPLE, read_markit)
