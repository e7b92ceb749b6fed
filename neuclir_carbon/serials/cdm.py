"""Certified Emission Reductions of the UN's Clean Development Mechanism: CER, and the temporary tCER and lCER.

    KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336     three CERs of project 5336, host or registry party Kenya
    │  │ │        │ │ │ └ CDM project number
    │  │ │        │ │ └ LULUCF activity (0: none)
    │  │ │        │ └ applicable commitment period
    │  │ │        └ original commitment period (1: 2008 to 2012, 2: 2013 to 2020)
    │  │ └ serial number, unique per party and kind of unit
    │  └ kind of unit: 5 CER, 6 tCER, 7 lCER
    └ party, ISO 3166-1 alpha-2 or EU

Source: Regulation (EC) 2216/2004, Annex VI (components joined by "-", no blanks, no leading zeros; a block is a run of
serials that agree in every other component); unit codes and commitment periods as in UK Government's ukets-registry
(`UnitType.java`, `CommitmentPeriod.java`, commit 4e80ded9). A vintage is not encoded. Gold Standard's label does not
change the serial: its issuances print the same numbers, so both share one key.
"""

import re

from attrs import astuple, fields, frozen

from neuclir_carbon.model.serial import Serial, SerialFault, Verdict
from neuclir_carbon.serials.grammar import Grammar, Parsed, country_faults, leading_zero_faults
from neuclir_carbon.serials.normal import leading_zeros, plain_number

UNITS = {"5": "CER", "6": "tCER", "7": "lCER"}
EXAMPLE = "KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336"
_NUMBER = r"([A-Z]{2})-([567])-([0-9]{1,15})-([0-3])-([0-3])-([0-9]{1,3})-([0-9]{1,7})"
_BLOCK = re.compile(rf"{_NUMBER}(?:(?: ?- ?| TO ){_NUMBER})?")


@frozen
class CerNumber:
    """The parts of one serial as printed; all digits are kept as text."""

    party: str
    unit: str
    serial: str
    original_period: str
    applicable_period: str
    lulucf: str
    project: str


@frozen
class CerBlock:
    """The first and the last serial of a block; equal for a single unit."""

    first: CerNumber
    last: CerNumber


def parse_cer(text: str) -> CerBlock | None:
    """The block that a normalised text names; None when it is no CER serial."""
    match = _BLOCK.fullmatch(text.upper())
    if match is None:
        return None
    parts = match.groups()
    first = CerNumber(*parts[:7])
    return CerBlock(first, first if parts[7] is None else CerNumber(*parts[7:]))


def format_cer(block: CerBlock) -> str:
    """The block's text: one serial, or `first - last`."""
    first, last = ("-".join(astuple(number)) for number in (block.first, block.last))
    return first if block.first == block.last else f"{first} - {last}"


def read_cer(text: str) -> Parsed | None:
    """The serial that a text encodes, with its faults; None when it is no CER serial."""
    block = parse_cer(text)
    if block is None:
        return None
    first = block.first
    unit, party = UNITS[first.unit], first.party
    periods = int(first.original_period), int(first.applicable_period)
    serial = Serial(
        programme="cdm",
        unit=unit,
        start=int(first.serial),
        end=int(block.last.serial),
        key=f"cdm:{party}:{unit}",
        loose_key=f"cdm:{unit}",
        country=party,
        project=plain_number(first.project),
        commitment_periods=periods,
        details=(_periods_in_words(*periods), *_lulucf_in_words(first.lulucf)),
    )
    return Parsed(serial, (*_pair_faults(block), *country_faults(party, party=True), *_faults(block, unit, periods)))


def _pair_faults(block: CerBlock) -> tuple[SerialFault, ...]:
    names = [attribute.name for attribute in fields(CerNumber) if attribute.name != "serial"]
    pairs = [(name, getattr(block.first, name), getattr(block.last, name)) for name in names]
    differing = [f"{name.replace('_', ' ')} ({first} and {last})" for name, first, last in pairs if first != last]
    if not differing:
        return ()
    message = f"start and end differ in {', '.join(differing)}; in one block only the serial number may differ"
    return (SerialFault(Verdict.E_MIXED, message),)


def _faults(block: CerBlock, unit: str, periods: tuple[int, int]) -> tuple[SerialFault, ...]:
    faults = []
    if unit != "CER":
        faults.append(SerialFault(Verdict.W_TEMPORARY_UNIT, f"{unit}s expire and must then be replaced"))
    original, applicable = periods
    if applicable < original:
        message = f"applicable commitment period {applicable} lies before the original one, {original}"
        faults.append(SerialFault(Verdict.E_CP_ORDER, message))
    if 3 in periods:
        message = "commitment period 3 was never issued in practice: wanted 1 or 2"
        faults.append(SerialFault(Verdict.W_CP3, message))
    zeros = leading_zeros(*astuple(block.first, recurse=False)[2:], *astuple(block.last, recurse=False)[2:])
    return (*faults, *leading_zero_faults(tuple(dict.fromkeys(zeros))))


def _periods_in_words(original: int, applicable: int) -> str:
    if original == applicable:
        return f"commitment period {original}"
    return f"commitment period {original}, carried over to {applicable}"


def _lulucf_in_words(code: str) -> tuple[str, ...]:
    return () if int(code) == 0 else (f"land-use activity {int(code)}",)


GRAMMAR = Grammar("CDM CER", ("cdm", "gold-standard"), EXAMPLE, read_cer)
