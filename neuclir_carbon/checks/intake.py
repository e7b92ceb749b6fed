"""INT: what other trackers wrote. What can be read is imported, each figure that is in doubt is told with its place."""

from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Severity

BOOK: Rulebook[Any] = Rulebook("other trackers' files")

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
    """Durations, energies and emissions are not below 0 (a GPU's energy may be, see INT011). Such a row is left out.

    Good: `duration` 12.5. Bad: `duration` -12.5.
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
FALLBACK_PLACE = BOOK.note(
    "INT010", Severity.WARNING, "the place may be CodeCarbon's fallback",
    """CodeCarbon writes Canada, Quebec when it can't find out where it runs, with an intensity of about 3.9 g CO2e/kWh,
    a hundredth of many places'. Rows that name Quebec without coordinates, or with the fallback's (46.8, -71.2), may be
    such rows: their range is widened to the whole world's. If the work ran elsewhere, say where:
    `amend RECORD_ID --country …`.

    Good: Canada, quebec, with coordinates. Bad: the same without coordinates.
    """,
)  # fmt: skip
NEGATIVE_GPU = BOOK.note(
    "INT011", Severity.WARNING, "a GPU's energy is negative",
    """A GPU's counter was set back while it was read, so the energy of the row is too low by what the GPU used. The row
    is imported as it stands.

    Good: `gpu_energy` 0.4. Bad: `gpu_energy` -0.4.
    """,
)  # fmt: skip
PARTS_DIFFER = BOOK.note(
    "INT012", Severity.WARNING, "the energy is not the sum of its parts",
    """The energy of a row should be the sum of processor, GPU and memory, within 1 %. The whole is imported; its parts
    are not told apart.

    Good: 0.5 + 0.3 + 0.2 = 1.0 kWh. Bad: the same parts and 1.5 kWh.
    """,
)  # fmt: skip
NOTHING_EMITTED = BOOK.note(
    "INT013", Severity.WARNING, "work of some duration emitted nothing",
    """Emissions of exactly 0 over a duration above 0 mean that a meter gave nothing, or that a factor was 0: no machine
    runs without energy. The row is imported as it stands; an estimate may be nearer (`estimate device`).

    Good: 3.2e-5 kg in 60 s. Bad: 0 kg in 60 s.
    """,
)  # fmt: skip
TOO_MUCH_POWER = BOOK.note(
    "INT014", Severity.ERROR, "the energy is more than the machine can draw",
    """Energy divided by duration is a mean power. Where it is far above what the processors, GPUs and memory of the row
    can draw, the figure is of another unit (joules under a heading of kWh). It is no number to add: the row is imported
    with unknown energy and emissions, so that it is not forgotten.

    Good: 0.25 kWh in an hour on one GPU. Bad: 900,000 "kWh" in an hour.
    """,
)  # fmt: skip
FUTURE = BOOK.note(
    "INT015", Severity.WARNING, "a row was written in the future",
    """A time of writing after the day of the import means a wrong clock. The row is imported.

    Good: a time before now. Bad: 2099-01-01.
    """,
)  # fmt: skip
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
    """The work went on after this was written, or was broken off: its energy up to then is imported. Import the file
    again when it is complete; only what is new is added.

    Good: state COMPLETED. Bad: state RUNNING.
    """,
)  # fmt: skip
NO_SUCH_INTENSITY = BOOK.note(
    "INT022", Severity.WARNING, "emissions do not fit the energy on any grid",
    """Emissions divided by energy is the intensity that the tool used. Where no grid has such a one, emissions are of
    another unit (grams under a heading of kilograms), and are not used: energy and place give them.

    Good: 380 g CO2e/kWh. Bad: 380,000 g CO2e/kWh.
    """,
)  # fmt: skip
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
UNKNOWN_PLACE = BOOK.note(
    "INT026", Severity.WARNING, "a place is not known",
    """The country or region that a tool names is in none of our tables, so the range of the intensity can't be checked
    against them. What the tool reported is kept as it is.

    Good: DEU. Bad: XXX.
    """,
)  # fmt: skip
