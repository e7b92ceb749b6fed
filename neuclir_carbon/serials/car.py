"""Climate Reserve Tonnes of the Climate Action Reserve: CRT, and the compliance unit ROC.

    CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000     5,000 CRTs of project 1335 in Kansas
        │ │  │    │  │   │  │    │    │    └ end of the block
        │ │  │    │  │   │  │    │    └ start of the block
        │ │  │    │  │   │  │    └ batch
        │ │  │    │  │   │  └ vintage, a year
        │ │  │    │  │   └ state
        │ │  │    │  └ developer
        │ │  │    └ type of project
        │ │  └ project
        │ └ country, ISO 3166-1 alpha-2
        └ kind of unit: 1 (CRT) or ROC (Registry Offset Credit, issued for California's compliance market)

Source: climateactionreserve.org, "serial number guide"; measured on 150 rows of carbonplan/offsets-db-data, tests/data
(commit cdfd8f77). Numbers are unique within project, vintage and batch.
"""

import re

from attrs import astuple, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, leading_zero_faults, read_year
from neuclir_carbon.serials.normal import leading_zeros, plain_number

EXAMPLE = "CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000"
UNITS = {"1": "CRT", "ROC": "ROC"}
_BLOCK = re.compile(
    r"CAR-(1|ROC)-([A-Z]{2})-([0-9]{1,7})-([0-9]{1,4})-([0-9]{1,7})-([A-Z]{2,3})-([0-9]{4})-([0-9]{1,9})"
    r"-([0-9]{1,15})(?: TO | ?- ?)([0-9]{1,15})"
)


@frozen
class CarBlock:
    """The parts of a block as printed; all digits are kept as text."""

    unit: str
    country: str
    project: str
    project_type: str
    developer: str
    state: str
    vintage: str
    batch: str
    start: str
    end: str


def parse_car(text: str) -> CarBlock | None:
    """The block that a normalised text names; None when it is no serial of the Reserve."""
    match = _BLOCK.fullmatch(text.upper())
    return None if match is None else CarBlock(*match.groups())


def format_car(block: CarBlock) -> str:
    """The block's text."""
    *head, end = astuple(block)
    return f"CAR-{'-'.join(head)} to {end}"


def read_car(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no serial of the Reserve."""
    block = parse_car(text)
    if block is None:
        return None
    project, batch = plain_number(block.project), int(block.batch)
    vintage, vintage_faults = read_year(block.vintage)
    serial = Serial(
        programme="car",
        unit=UNITS[block.unit],
        start=int(block.start),
        end=int(block.end),
        key=f"car:{project}:{block.vintage}:{batch}",
        loose_key=f"car:{batch}",
        country=block.country,
        project=project,
        vintage=vintage,
        details=(f"state {block.state}", f"project type {int(block.project_type)}", f"batch {batch}"),
    )
    digits = (block.project, block.project_type, block.developer, block.batch, block.start, block.end)
    zeros = leading_zero_faults(leading_zeros(*digits))
    return Parsed(serial, (*country_faults(block.country), *vintage_faults, *_compliance_faults(block), *zeros))


def _compliance_faults(block: CarBlock) -> tuple[SerialFault, ...]:
    if block.unit != "ROC":
        return ()
    message = "a Registry Offset Credit is issued for a compliance market, not for voluntary claims: wanted a CRT"
    return (SerialFault(Verdict.W_COMPLIANCE_UNIT, message),)


GRAMMAR = Grammar("CAR CRT or ROC", ("car",), EXAMPLE, read_car)
