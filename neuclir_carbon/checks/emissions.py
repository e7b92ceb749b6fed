"""EMI: activity records. What their own numbers must agree on, so that nobody can alter one of them in silence."""

import math
from collections.abc import Iterator
from itertools import pairwise

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.json_text import record_digest
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.times import parse_time

BOOK: Rulebook[ActivityRecord] = Rulebook("activity records")
RELATIVE = 1e-9

UNREADABLE = BOOK.note(
    "EMI008", Severity.ERROR, "a record can't be read",
    """A file of a ledger's `records/` folder can't be opened: its permissions, its kind (a folder, a FIFO) or its size
    are in the way. The rest of the ledger is still read; a bundle is not made until the record can be read too.""",
)  # fmt: skip

TWO_CONTENTS = BOOK.note(
    "EMI007", Severity.ERROR, "one record id has two contents",
    """A record id names one activity. Files of one ledger, or bundles of one team, that carry the same id must carry
    the same record; which of two contents is right can't be told from outside, so neither is chosen in silence.
    Keep one of them, or use `amend`, which writes a new record that names the old one.""",
)  # fmt: skip


@BOOK.rule("EMI001", Severity.ERROR, "operational emissions are not facility energy × intensity")
def operational_is_energy_times_intensity(record: ActivityRecord) -> Iterator[Fault]:
    """Operational emissions must be facility energy (kWh) × carbon intensity (g CO2e/kWh) / 1000, to 1e-9 relative,
    wherever both are given. Where energy or intensity is unknown, nothing is checked.

    Good: 672 kWh × 370 g/kWh = 248.64 kg. Bad: 672 kWh, 370 g/kWh and 24.864 kg.
    """
    intensity = record.grid.g_co2e_per_kwh if record.grid else None
    found, facility = record.emissions.operational_kg_co2e, record.energy.facility_kwh
    if facility is None or intensity is None:
        return
    wanted = facility * intensity / 1000
    if found is None or not math.isclose(found, wanted, rel_tol=RELATIVE, abs_tol=1e-15):
        yield Fault(
            f"operational emissions are {found} kg, but {facility} kWh × {intensity} g/kWh is {wanted} kg",
            Location(pointer="/emissions/operational_kg_co2e"),
        )


@BOOK.rule("EMI002", Severity.ERROR, "energies do not add up")
def energies_add_up(record: ActivityRecord) -> Iterator[Fault]:
    """IT energy must be the sum of its components that are known, and facility energy must be IT energy × PUE. Energy
    that the components know can't be unknown as a whole: it would be in no total.

    Good: cpu 0.1 + ram 0.02 = 0.12 kWh; 0.12 kWh × 1.5 = 0.18 kWh. Bad: the same parts and it_kwh 0.012.
    """
    energy = record.energy
    parts = [component.kwh for component in energy.components]
    known = [part for part in parts if part is not None]
    if energy.it_kwh is not None and known and not _close(energy.it_kwh, math.fsum(known)):
        yield Fault(
            f"it_kwh is {energy.it_kwh}, but the components add up to {math.fsum(known)}",
            Location(pointer="/energy/it_kwh"),
        )
    if energy.it_kwh is None and known:
        yield Fault(
            f"it_kwh is unknown, but the components add up to {math.fsum(known)}", Location(pointer="/energy/it_kwh")
        )
    if energy.it_kwh is not None and energy.facility_kwh is not None and record.pue is not None:
        wanted = energy.it_kwh * record.pue.value
        if not _close(energy.facility_kwh, wanted):
            yield Fault(
                f"facility_kwh is {energy.facility_kwh}, but {energy.it_kwh} kWh × PUE {record.pue.value} is {wanted}",
                Location(pointer="/energy/facility_kwh"),
            )


@BOOK.rule("EMI003", Severity.ERROR, "total is not operational + embodied")
def total_is_the_sum(record: ActivityRecord) -> Iterator[Fault]:
    """Total emissions must be operational plus embodied emissions (an unknown embodied part counts as nothing, and is
    counted apart). Where the operational part is known, so is the total: else it would count as unknown. The embodied
    part is the one that `embodied` derives.

    Good: 634.0 + 45.5 = 679.5 kg. Bad: operational 634.0 kg, embodied 45.5 kg, total 634.0 kg.
    """
    emissions = record.emissions
    derived, made = record.embodied.kg_co2e if record.embodied else None, emissions.embodied_kg_co2e
    if derived is not None and (made is None or not _close(made, derived)):
        yield Fault(
            f"embodied emissions are {made} kg, but they were derived as {derived} kg",
            Location(pointer="/emissions/embodied_kg_co2e"),
        )
    if emissions.operational_kg_co2e is None:
        return
    wanted, found = emissions.operational_kg_co2e + (made or 0.0), emissions.total_kg_co2e
    if found is None or not _close(found, wanted):
        yield Fault(
            f"total is {found} kg, but the parts add up to {wanted} kg", Location(pointer="/emissions/total_kg_co2e")
        )


@BOOK.rule("EMI004", Severity.ERROR, "bounds are out of order")
def bounds_are_in_order(record: ActivityRecord) -> Iterator[Fault]:
    """Low ≤ likely low ≤ central ≤ likely high ≤ high, for emissions, grid, PUE, embodied and each component. The total
    has all four bounds, or is unknown with all of them.

    Good: low 180, central 250, high 880. Bad: low 300, central 250.
    """
    found, whole = record.emissions, record.emissions.range
    bounds = (found.low_kg_co2e, found.likely_low_kg_co2e, found.likely_high_kg_co2e, found.high_kg_co2e)
    if whole is None and any(bound is not None for bound in (found.total_kg_co2e, *bounds)):
        yield Fault(
            f"the total is {found.total_kg_co2e} kg and its bounds are {bounds}: all must be known, or none",
            Location(pointer="/emissions"),
        )
    if whole is not None:
        chain = (whole.low, whole.likely_low, whole.central, whole.likely_high, whole.high)
        if not _ascending(*chain):
            yield Fault(f"emissions' bounds {chain} are not in order", Location(pointer="/emissions"))
    for name, spread in (
        ("grid", record.grid.spread if record.grid else None),
        ("pue", record.pue.spread if record.pue else None),
        ("embodied", record.embodied.spread if record.embodied else None),
        *((f"energy/components/{i}", part.spread) for i, part in enumerate(record.energy.components)),
    ):
        if spread is not None and not _ascending(spread.low, spread.central, spread.high):
            yield Fault(
                f"low {spread.low}, central {spread.central}, high {spread.high} are not in order",
                Location(pointer=f"/{name}"),
            )


@BOOK.rule("EMI005", Severity.ERROR, "the record's digest is wrong")
def digest_is_right(record: ActivityRecord) -> Iterator[Fault]:
    """`record_sha256` must be the SHA-256 over the record's canonical JSON (RFC 8785), without itself, `command.argv`
    and `notes`. A record that was changed by hand no longer has its digest: use `amend`, which writes a new one.
    """
    try:
        wanted = record_digest(plain(record))
    except ValueError as error:
        yield Fault(f"has no canonical form: {error}", Location(pointer="/record_sha256"))
        return
    if record.record_sha256 != wanted:
        yield Fault(
            f"record_sha256 is {record.record_sha256}, but the content gives {wanted}",
            Location(pointer="/record_sha256"),
        )


@BOOK.rule("EMI006", Severity.ERROR, "the record ends before it starts")
def ends_after_it_starts(record: ActivityRecord) -> Iterator[Fault]:
    """Where start and end are both known, the end may not lie before the start, and both must be real dates."""
    try:
        started = parse_time(record.started_at) if record.started_at else None
        ended = parse_time(record.ended_at) if record.ended_at else None
    except ValueError as error:
        yield Fault(f"is no time: {error}", Location(pointer="/started_at"))
        return
    if started and ended and ended < started:
        yield Fault(
            f"ends at {record.ended_at}, before its start at {record.started_at}", Location(pointer="/ended_at")
        )


def _close(found: float, wanted: float) -> bool:
    return math.isclose(found, wanted, rel_tol=RELATIVE, abs_tol=1e-15)


def _ascending(*values: float) -> bool:
    return all(a <= b or _close(a, b) for a, b in pairwise(values))
