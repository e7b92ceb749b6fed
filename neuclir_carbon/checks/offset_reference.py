"""One certificate's reference as its rules see it: with its serials read, as of a day."""

from collections.abc import Iterable, Iterator
from datetime import date

from attrs import frozen

from neuclir_carbon.model.certificate import KG_PER_CREDIT, Certificate, SerialText
from neuclir_carbon.model.finding import Fault, Finding, Location, Severity
from neuclir_carbon.model.serial import Reading, Serial, Verdict
from neuclir_carbon.serials.reading import read_list

VERDICT_CODES = {
    Verdict.E_REVERSED: "OFF011",
    Verdict.E_ZERO: "OFF011",
    Verdict.E_MIXED: "OFF014",
    Verdict.E_VINTAGE_FUTURE: "OFF034",
    Verdict.W_EX_ANTE_UNIT: "OFF018",
    Verdict.W_TEMPORARY_UNIT: "OFF019",
    Verdict.W_COMPLIANCE_UNIT: "OFF019",
    Verdict.W_CP3: "OFF035",
    Verdict.W_HUGE_BLOCK: "OFF009",
    Verdict.W_LEADING_ZERO: "OFF009",
}
OTHER_ERRORS = "OFF010"


@frozen
class Reference:
    """One certificate as of a day, with its serials as read, each with its place in `serials`."""

    certificate: Certificate
    as_of: date
    readings: tuple[tuple[int, Reading], ...]

    @property
    def serials(self) -> Iterator[tuple[int, Serial]]:
        """What the valid serials encode."""
        return ((i, reading.serial) for i, reading in self.readings if reading.serial is not None and reading.is_valid)

    @property
    def units(self) -> int | None:
        """How many credits the serials hold in all; None without serials, or where one of them is not valid."""
        blocks = [reading.block for _, reading in self.readings]
        known = [block.units for block in blocks if block is not None]
        return sum(known) if blocks and len(known) == len(blocks) else None

    @property
    def kg(self) -> int | None:
        """What the serials hold, in kg CO2e; None where `units` is."""
        return None if self.units is None else self.units * KG_PER_CREDIT


def readings_of(certificate: Certificate, year: int) -> tuple[tuple[int, Reading], ...]:
    """The certificate's serials as read, each with its place in `serials`."""
    texts = enumerate(map(serial_text, certificate.serials))
    programme = certificate.programme
    return tuple((i, reading) for i, text in texts for reading in read_list(text, year=year, programme=programme))


def serial_text(item: SerialText) -> str:
    """A serial or block as one text, also where its ends are printed apart."""
    return f"{item.raw} to {item.end_raw}" if item.end_raw else item.raw


def serial_faults(reference: Reference, code: str, passed: Iterable[Verdict] = ()) -> Iterator[Fault]:
    """The faults of the serials that belong to a code, but for the verdicts that are `passed` over."""
    yield from (
        Fault(f"'{reading.text[:60]}': {fault.message}", Location(pointer=f"/serials/{i}"))
        for i, reading in reference.readings
        for fault in reading.faults
        if VERDICT_CODES.get(fault.verdict, OTHER_ERRORS) == code and fault.verdict not in passed
    )


def findings_about(reading: Reading) -> tuple[Finding, ...]:
    """The faults of one serial as findings. Under a verdict that only warns, all of them are warnings."""
    return tuple(
        Finding(
            VERDICT_CODES.get(fault.verdict, OTHER_ERRORS),
            Severity.WARNING if reading.is_valid or not fault.verdict.is_error else Severity.ERROR,
            f"{fault.verdict}: {fault.message}",
        )
        for fault in reading.faults
    )
