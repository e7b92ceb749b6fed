"""OFF: the dates of one certificate: its vintage, its retirement, and the periods that it covers."""

from collections.abc import Iterator
from datetime import date

from neuclir_carbon.checks.offset_reference import Reference, serial_faults
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import Certificate, Period
from neuclir_carbon.model.finding import Fault, Location, Severity

CDM_END = date(2020, 12, 31)
RECENT_YEARS = 10
DATES: Rulebook[Reference] = Rulebook("a certificate's dates")


@DATES.rule("OFF030", Severity.ERROR, "dates are impossible")
def dates_are_possible(reference: Reference) -> Iterator[Fault]:
    """Credits are retired after the last day of their vintage and not in the future; a vintage or period does not end
    before its start.

    Good: vintage 2016, retired 2024-11-15. Bad: vintage to 2024-12-31, retired 2024-11-15.
    """
    certificate = reference.certificate
    if certificate.retired > reference.as_of:
        yield Fault(
            f"retired_on is {certificate.retired_on}, after {reference.as_of}, the day it is judged on: correct the "
            f"date, or judge it later (--as-of)",
            Location(pointer="/retired_on"),
        )
    for pointer, period in _periods(certificate):
        if period.last < period.first:
            yield Fault(f"ends on {period.end}, before its start on {period.start}", Location(pointer=pointer))
    for pointer, last in _vintage_ends(reference):
        if certificate.retired < last:
            yield Fault(
                f"the vintage ends on {last}, but retired_on is {certificate.retired_on}: credits are issued, and so "
                f"retired, after that",
                Location(pointer=pointer),
            )


@DATES.rule("OFF031", Severity.WARNING, "retired more than 12 months after the period")
def retired_within_a_year(reference: Reference) -> Iterator[Fault]:
    """Credits should be retired no later than 12 months after the period whose emissions they cover (ISO 14068-1:2023,
    clause 11.2, as told by secondary sources). Judged where an allocation names its period.
    """
    for i, period in _allocation_periods(reference.certificate):
        if reference.certificate.retired > _years_later(period.last, 1):
            yield Fault(
                f"retired on {reference.certificate.retired_on}, more than 12 months after the period's end, "
                f"{period.end}",
                Location(pointer=f"/allocations/{i}/period"),
            )


@DATES.rule("OFF032", Severity.WARNING, "retired before the period")
def retired_before_the_period(reference: Reference) -> Iterator[Fault]:
    """Credits retired before the period they are said to cover are fine when a rest of an older certificate is used:
    then one of its allocations has a period that begins before the retirement (OFF036). Without one, it should be
    explained.
    """
    for i, period in () if _has_older_use(reference) else _later_periods(reference):
        yield Fault(
            f"retired on {reference.certificate.retired_on}, before the period's start, {period.start}, and no "
            f"allocation names an earlier period: add the one that it was bought for, or correct the dates",
            Location(pointer=f"/allocations/{i}/period"),
        )


@DATES.rule("OFF036", Severity.NOTE, "a rest of an older certificate is used")
def older_rest_is_used(reference: Reference) -> Iterator[Fault]:
    """An allocation to a period that began after the retirement, while another of the same certificate has an earlier
    period: a banked rest is used up, which is in order and is told. No fault.
    """
    for i, period in _later_periods(reference) if _has_older_use(reference) else ():
        yield Fault(
            f"retired on {reference.certificate.retired_on}, before the period's start, {period.start}: a rest of an "
            f"older certificate",
            Location(pointer=f"/allocations/{i}/period"),
        )


@DATES.rule("OFF033", Severity.WARNING, "the vintage is old")
def vintage_is_recent(reference: Reference) -> Iterator[Fault]:
    """A vintage that ended more than 10 years before the period covered, or a CER of the first commitment period (2008
    to 2012), counts but is shown: how old credits may be is a matter of policy, on which there is no agreement.
    """
    for i, serial in reference.serials:
        if serial.commitment_periods is not None and serial.commitment_periods[0] == 1:
            message = "the CER is of commitment period 1 (2008 to 2012)"
            yield Fault(message, Location(pointer=f"/serials/{i}"))
    ends = [(last, pointer) for pointer, last in _vintage_ends(reference)]
    for i, period in _allocation_periods(reference.certificate) if ends else ():
        last, pointer = min(ends)
        if _years_later(last, RECENT_YEARS) < period.first:
            yield Fault(
                f"the vintage ended on {last}, more than {RECENT_YEARS} years before the period of allocation {i} "
                f"({period.start})",
                Location(pointer=pointer),
            )


@DATES.rule("OFF034", Severity.ERROR, "the vintage is later than the retirement")
def vintage_precedes_retirement(reference: Reference) -> Iterator[Fault]:
    """The year of a vintage can't be later than the year of the retirement, nor than the year in which it is judged.
    Nor can the year of the issuance, where the serial tells it (SocialCarbon's do).

    Good: vintage 2023, retired in 2024. Bad: vintage 2025, retired in 2024.
    """
    certificate = reference.certificate
    yield from serial_faults(reference, "OFF034")
    vintages = [(f"/serials/{i}", serial.vintage.first) for i, serial in reference.serials if serial.vintage]
    if certificate.vintage is not None:
        vintages.append(("/vintage", certificate.vintage.first))
    for i, serial in reference.serials:
        if serial.issued is not None and serial.issued.year > certificate.retired.year:
            message = f"the credits were issued on {serial.issued}, but retired_on is {certificate.retired_on}"
            yield Fault(message, Location(pointer=f"/serials/{i}"))
    for pointer, first in vintages:
        if first.year > certificate.retired.year:
            message = f"the vintage begins in {first.year}, but retired_on is {certificate.retired_on}"
            yield Fault(message, Location(pointer=pointer))


@DATES.rule("OFF035", Severity.WARNING, "a CER from after 2020")
def cer_is_from_before_2021(reference: Reference) -> Iterator[Fault]:
    """A third commitment period was never issued in practice, and CERs for reductions after 2020-12-31 are an open
    question of the CDM's end: look at the document again.
    """
    yield from serial_faults(reference, "OFF035")
    vintage = reference.certificate.vintage
    if reference.certificate.programme == "cdm" and vintage is not None and vintage.last > CDM_END:
        yield Fault(f"the vintage of a CDM unit ends on {vintage.end}, after {CDM_END}", Location(pointer="/vintage"))


def _periods(certificate: Certificate) -> Iterator[tuple[str, Period]]:
    if certificate.vintage is not None:
        yield "/vintage", certificate.vintage
    for i, period in _allocation_periods(certificate):
        yield f"/allocations/{i}/period", period


def _allocation_periods(certificate: Certificate) -> list[tuple[int, Period]]:
    return [(i, part.period) for i, part in enumerate(certificate.allocations) if part.period is not None]


def _later_periods(reference: Reference) -> list[tuple[int, Period]]:
    """The allocations' periods that begin after the retirement."""
    retired = reference.certificate.retired
    return [(i, period) for i, period in _allocation_periods(reference.certificate) if period.first > retired]


def _has_older_use(reference: Reference) -> bool:
    return len(_later_periods(reference)) < len(_allocation_periods(reference.certificate))


def _vintage_ends(reference: Reference) -> Iterator[tuple[str, date]]:
    """The last day of each vintage that is known to the day, and where it stands."""
    if reference.certificate.vintage is not None:
        yield "/vintage", reference.certificate.vintage.last
    for i, serial in reference.serials:
        if serial.vintage is not None and not serial.vintage.whole_years:
            yield f"/serials/{i}", serial.vintage.last


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
