"""INT: what other trackers wrote. What can be read is imported, each figure that is in doubt is told with its place.

What is wrong with a row is found where it is read; rules look at the statements that count.
"""

import math
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.factors.places import is_country
from neuclir_carbon.model.finding import Fault, Severity
from neuclir_carbon.model.reported import Reported

BOOK: Rulebook[Any] = Rulebook("other trackers' files")
# What no machine of one row draws, where nothing is known of it: the largest servers take some 15 kW, a rack 150 kW.
MOST_W = 150_000.0
# A tracker may count one interval too much, and a very short row holds a whole interval's energy.
INTERVAL_S = 30.0
JOULES_PER_KWH = 3_600_000
# Above it an intensity is of another unit: of the countries in our tables Turkmenistan has most, 1,306, and grams
# instead of kilograms give 3,940 even in Quebec as CodeCarbon counts it.
MOST_G_PER_KWH = 2_000.0
PARTS_TOLERANCE = 0.01
# What no work of one row comes to: a century, and ten TWh, as much as all of the largest data centres in a year.
MOST_S, MOST_KWH, MOST_KG = 3.2e9, 1e10, 1e10
MOST_PUE = 100.0
# Local time is at most 14 hours ahead of UTC.
AHEAD_S = 14 * 3600.0


@frozen(kw_only=True)
class Examined:
    """A statement that counts, and the moment as of which it is judged (seconds since 1970)."""

    reported: Reported
    now_s: float


NOT_RECOGNISED = BOOK.note(
    "INT001", Severity.ERROR, "a file is of no format that is known",
    """A file is recognised by its content. What is read is listed by `import --help`; `--from` names a format where the
    content does not show it. Nothing of the file is imported.

    Good: CodeCarbon's `emissions.csv`, a tirex-tracker `ir_metadata.yml`. Bad: a spreadsheet (`.xlsx`), a ZIP archive.
    """,
)  # fmt: skip
BAD_ROW = BOOK.note(
    "INT002", Severity.ERROR, "a row can't be read",
    """A row that was torn, overwritten or shifted against its header tells nothing that is certain: too few or too many
    cells, a text where a number must stand, a number where a date must stand. It is not imported, the others are. Mend
    the row in the file, or estimate what it stood for (`estimate`).

    Good: `…,12.5,0.0021,…`. Bad: `…,12.5,0.00`.
    """,
)  # fmt: skip
IMPOSSIBLE = BOOK.note(
    "INT003", Severity.ERROR, "a row holds a figure that can't be",
    """Durations, energies and emissions are not below 0 (a GPU's energy may be, see INT011). Nor do they pass what
    anybody could have used: a century, ten TWh, ten million tonnes. A spreadsheet that takes decimal points for those
    of thousands writes such figures. The row is left out; import the file as it was before.

    Good: `duration` 12.5. Bad: `duration` -12.5, or 139415492633342.
    """,
)  # fmt: skip
ASSUMED = BOOK.note(
    "INT004", Severity.WARNING, "which rows of a run count was not certain",
    """Rows of one run are running totals (the last one counts), parts (all count), or stretches after a restart (the
    last row of each counts). Where rows fit none of these, the reading that counts nothing twice was taken; the
    message says which. If you know better, delete the rows that must not count from a copy of the file and import it.

    Good: durations that rise with the times of writing. Bad: rows that overlap in time and fall.
    """,
)  # fmt: skip
TWICE = BOOK.note(
    "INT005", Severity.NOTE, "rows stand more than once",
    """The same row, in one file or in several, counts once.""",
)  # fmt: skip


@BOOK.rule("INT010", Severity.WARNING, "the place may be CodeCarbon's fallback")
def place_may_be_a_fallback(examined: Examined) -> Iterator[Fault]:
    """CodeCarbon writes Canada, Quebec when it can't find out where it runs, with an intensity of about 3.9 g CO2e/kWh,
    a hundredth of many places'. Rows that name Quebec without coordinates, or with the fallback's (46.8, -71.2), may be
    such rows: their range is widened to the whole world's. If the work ran elsewhere, say where:
    `amend RECORD_ID --country …`.

    Good: Canada, quebec, with coordinates. Bad: the same without coordinates.
    """
    if examined.reported.origin.place_in_doubt:
        yield Fault(
            "names Canada, Quebec, which CodeCarbon also writes when it knows no place; say where it was (amend)"
        )


@BOOK.rule("INT011", Severity.WARNING, "a GPU's energy is negative")
def gpu_energy_is_not_negative(examined: Examined) -> Iterator[Fault]:
    """A GPU's counter was set back while it was read, so the energy of the row is too low by what the GPU used. The row
    is imported as it stands.

    Good: `gpu_energy` 0.4. Bad: `gpu_energy` -0.4.
    """
    gpu_kwh = examined.reported.gpu_kwh
    if gpu_kwh is not None and gpu_kwh < 0:
        yield Fault(f"GPU energy is {gpu_kwh:g} kWh: a counter was set back, and the row's energy is too low")


@BOOK.rule("INT012", Severity.WARNING, "the energy is not the sum of its parts")
def energy_is_the_sum_of_its_parts(examined: Examined) -> Iterator[Fault]:
    """The energy of a row should be the sum of processor, GPU and memory, within 1 %. The whole is imported; its parts
    are not told apart.

    Good: 0.5 + 0.3 + 0.2 = 1.0 kWh. Bad: the same parts and 1.5 kWh.
    """
    row = examined.reported
    parts = [part for part in (row.cpu_kwh, row.gpu_kwh, row.ram_kwh) if part is not None]
    if not parts or row.energy_kwh is None:
        return
    whole = math.fsum(parts)
    if abs(whole - row.energy_kwh) > PARTS_TOLERANCE * max(abs(whole), row.energy_kwh):
        yield Fault(f"energy is {row.energy_kwh:g} kWh, but processor, GPU and memory add up to {whole:g} kWh")


@BOOK.rule("INT013", Severity.WARNING, "work of some duration emitted nothing")
def work_emits_something(examined: Examined) -> Iterator[Fault]:
    """Emissions of exactly 0 over a duration above 0 mean that a meter gave nothing, or that a factor was 0: no machine
    runs without energy. The row is imported as it stands; an estimate may be nearer (`estimate device`).

    Good: 3.2e-5 kg in 60 s. Bad: 0 kg in 60 s.
    """
    row = examined.reported
    if row.emissions_kg == 0 and (row.duration_s or 0) > 0:
        yield Fault(f"emissions are 0 kg over {row.duration_s:g} s: nothing was metered, or a factor was 0")


@BOOK.rule("INT014", Severity.ERROR, "the energy is more than the machine can draw")
def machine_can_draw_that_much(examined: Examined) -> Iterator[Fault]:
    """Energy divided by duration is a mean power. Where it is far above what the processors, GPUs and memory of the row
    can draw, the figure is of another unit (joules under a heading of kWh). It is no number to add: the row is imported
    with unknown energy and emissions, so that it is not forgotten.

    Good: 0.25 kWh in an hour on one GPU. Bad: 900,000 "kWh" in an hour.
    """
    if has_too_much_power(examined.reported):
        row = examined.reported
        watts = (row.energy_kwh or 0.0) * JOULES_PER_KWH / ((row.duration_s or 0.0) + INTERVAL_S)
        yield Fault(
            f"{row.energy_kwh:g} kWh in {row.duration_s or 0:g} s is a mean of more than {watts:,.0f} W, above the "
            f"{row.origin.power_limit_w or MOST_W:,.0f} W that the machine can draw: another unit (J?); not added"
        )


@BOOK.rule("INT015", Severity.WARNING, "a row was written in the future")
def row_is_not_of_the_future(examined: Examined) -> Iterator[Fault]:
    """A time of writing after the day of the import means a wrong clock. The row is imported.

    Good: a time before now. Bad: 2099-01-01.
    """
    written_s = examined.reported.written_s
    if written_s is not None and written_s > examined.now_s + (0.0 if examined.reported.has_zone else AHEAD_S):
        days = (written_s - examined.now_s) / 86_400
        yield Fault(f"was written {days:,.1f} days after today: the clock was wrong")


SAME_MACHINE = BOOK.note(
    "INT016", Severity.WARNING, "rows may count one machine twice",
    """Rows of mode `machine` hold the whole machine's energy. Where two of them overlap in time on what seems to be the
    same machine (the same processor, memory and GPUs), they may be ranks of one job, each with the whole energy. Both
    are imported: no row names its machine, and two machines may be alike. If it was one, import only one rank's file.

    Good: one row for a machine and time. Bad: four rows of four ranks, each with the energy of all.
    """,
)  # fmt: skip
UNKNOWN_ENERGY = BOOK.note(
    "INT017", Severity.NOTE, "energy or emissions are not told",
    """An empty cell, `null`, or the 0 J of a tracker that reads no counter mean unknown, not nothing. The work is
    imported with unknown energy, and counted apart in every total.

    Good: `625 J`. Bad: `null J`.
    """,
)  # fmt: skip
NO_ZONE = BOOK.note(
    "INT018", Severity.NOTE, "times are told without a zone",
    """The tracker writes local time and not which zone it is. It is read as UTC, so months may differ by some hours;
    `--time-zone Europe/Berlin` says which zone it was.

    Good: `2026-03-01T12:00:00Z`. Bad: `2026-03-01T12:00:00`.
    """,
)  # fmt: skip
NO_CARBON_DATA = BOOK.note(
    "INT019", Severity.WARNING, "a file holds no carbon data",
    """The file is of a known format and tells of no energy and no emissions, as ir_metadata 0.1 does. Nothing is
    imported from it, which does not mean that nothing was used: `estimate` what the work took.

    Good: `resources.cpu.energy used system: 625 J`. Bad: a form with a team and a method only.
    """,
)  # fmt: skip
LEFT_OUT = BOOK.note(
    "INT020", Severity.NOTE, "a part of the file is no consumption",
    """What a tool predicted, or what stands in another half of the same log, is not added.

    Good: carbontracker's actual consumption. Bad: its predicted consumption.
    """,
)  # fmt: skip
UNFINISHED = BOOK.note(
    "INT021", Severity.WARNING, "work was not finished when it was written down",
    """The work went on after this was written, or was broken off. What it used up to then is imported, unless the
    message says that it is left out. Import the file again when it is complete; only what is new is added.

    Good: state COMPLETED. Bad: state RUNNING.
    """,
)  # fmt: skip


@BOOK.rule("INT022", Severity.WARNING, "emissions do not fit the energy on any grid")
def emissions_fit_the_energy(examined: Examined) -> Iterator[Fault]:
    """Emissions divided by energy is the intensity that the tool used. Where no grid has such a one, emissions are of
    another unit (grams under a heading of kilograms), and are not used: energy and place give them.

    Good: 380 g CO2e/kWh. Bad: 380,000 g CO2e/kWh.
    """
    row = examined.reported
    stated = row.intensity_g_per_kwh
    if stated is not None and not stated <= MOST_G_PER_KWH:
        yield Fault(f"says {stated:,.0f} g CO2e/kWh, above the {MOST_G_PER_KWH:,.0f} of any grid; it is not used")
    if row.energy_kwh and row.emissions_kg is not None:
        found = row.emissions_kg / row.energy_kwh * 1000
        if not found <= MOST_G_PER_KWH:
            yield Fault(
                f"{row.emissions_kg:g} kg for {row.energy_kwh:g} kWh is {found:,.0f} g CO2e/kWh, above the "
                f"{MOST_G_PER_KWH:,.0f} of any grid; the emissions are not used"
            )


MODELLED = BOOK.note(
    "INT023", Severity.NOTE, "energy is estimated from what was allocated",
    """A scheduler that meters no energy tells processors, GPUs and time. The energy is estimated from these, with the
    range of hardware that it may have been, and the record says `estimated`.

    Good: `ConsumedEnergyRaw` above 0. Bad: empty or 0.
    """,
)  # fmt: skip
NEIGHBOURS = BOOK.note(
    "INT024", Severity.NOTE, "backups stand beside the file",
    """CodeCarbon moves its file to `.bak` when its columns change, and begins a new one. The pieces are disjoint: a
    total needs all of them. Import the folder, or name the backups too.

    Good: `import emissions/`. Bad: `import emissions/emissions.csv` alone.
    """,
)  # fmt: skip
OWN_RECORD = BOOK.note(
    "INT025", Severity.ERROR, "a record of ours is not sound",
    """A record that this program wrote is taken over as it is, with its id and digest. One that fails its schema or its
    digest was altered and is not imported.

    Good: a line of `records/*.jsonl`. Bad: the same with a digit changed.
    """,
)  # fmt: skip


@BOOK.rule("INT026", Severity.WARNING, "a place is not known")
def place_is_known(examined: Examined) -> Iterator[Fault]:
    """The country or region that a tool names is in none of our tables, so the range of the intensity can't be checked
    against them. What the tool reported is kept as it is.

    Good: DEU. Bad: ZZZ.
    """
    country = examined.reported.origin.country
    if country is not None and not is_country(country):
        yield Fault(f"names the country {country[:40]!a}, which no table has; its range can't be checked")


def impossible_figure(row: Reported) -> str | None:
    """Which of a statement's figures can't be (INT003), in words; None where all can. A part may be below 0."""
    if row.pue is not None and not 1 <= row.pue <= MOST_PUE:
        return f"PUE is {row.pue:g}, wanted a number from 1 to {MOST_PUE:g}"
    for name, value, unit, least, most in (
        ("duration", row.duration_s, "s", 0.0, MOST_S),
        ("energy", row.energy_kwh, "kWh", 0.0, MOST_KWH),
        ("emissions", row.emissions_kg, "kg", 0.0, MOST_KG),
        ("processors' energy", row.cpu_kwh, "kWh", -MOST_KWH, MOST_KWH),
        ("GPUs' energy", row.gpu_kwh, "kWh", -MOST_KWH, MOST_KWH),
        ("memory's energy", row.ram_kwh, "kWh", -MOST_KWH, MOST_KWH),
    ):
        if value is not None and not least <= value <= most:
            wrong = "below 0" if least == 0.0 and value < 0 else f"beyond {most:g}, more than anybody uses"
            return f"{name} is {value:g} {unit}, which is {wrong}"
    return None


def has_too_much_power(row: Reported) -> bool:
    """Whether a statement's energy over its duration is more than the machine can draw; no, where one is unknown."""
    if row.energy_kwh is None or row.duration_s is None:
        return False
    limit_w = row.origin.power_limit_w or MOST_W
    return row.energy_kwh * JOULES_PER_KWH > limit_w * (row.duration_s + INTERVAL_S)
