"""From a journal to an activity record.

The record is made from the journal alone, so that a killed wrapper's journal gives the same record later, elsewhere.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.errors import BadOption, CarbonError
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.journal_format import BEGIN, ENDED, NOT_STARTED, STARTED, Journal, is_record_id
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.record import (
    ActivityRecord,
    Command,
    Emissions,
    Factor,
    Grid,
    Host,
    JournalHead,
    Pue,
    emissions_of,
    energy_of,
    it_spread,
)
from neuclir_carbon.model.times import from_timestamp
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.ledger import write_record
from neuclir_carbon.workflow.placing import Settled, settle
from neuclir_carbon.workflow.readings import Found, energy_in
from neuclir_carbon.workflow.stretches import Line, number, stretch_of

# The end of the year 2096: what is later is no clock.
_LATEST_TIMESTAMP = 4_000_000_000


@frozen(kw_only=True)
class Recorded:
    """A record made from a journal, where it was written (None: not yet), and what was wrong with what was said."""

    record: ActivityRecord
    path: Path | None = None
    warnings: tuple[str, ...] = ()


def record_of(journal: Journal, ledger: Path) -> Recorded:
    """The record that a journal tells of; `BadOption` if it has no usable first line.

    Place and PUE are settled from what the journal's first line says was given, then the environment as it was then,
    then the ledger's settings.
    """
    begin = journal.first(BEGIN)
    if begin is None or not is_record_id(str(begin.get("record_id"))):
        raise BadOption("the journal does not say which record it is of: its first line is missing or was altered")
    found = energy_in(journal)
    settled, warnings = _settled(begin, ledger)
    (grid, pue), numbers, trouble = _surroundings(settled)
    emissions, dominant = emissions_of({"it_energy_kwh": it_spread(found.components)}, pue, grid, None)
    energy = energy_of(found.components, pue)
    if energy.it_kwh is None:
        emissions, dominant = Emissions(), None
    record = ActivityRecord(
        record_id=str(begin["record_id"]),
        activity=str(begin.get("activity")),
        label=_text(begin, "label"),
        parent_id=_text(begin, "parent_id"),
        run_tags=tuple(str(tag) for tag in begin.get("run_tags") or ()),
        method="measured",
        status=_status(journal),
        command=_command(journal),
        host=Host(id=_text(journal.first(STARTED) or {}, "host_id")),
        hardware=found.hardware,
        shared_with=found.shared_with,
        energy=energy,
        pue=pue,
        grid=grid,
        emissions=emissions,
        dominant_factor=dominant,
        factors=(*found.factors, *numbers),
        journal=JournalHead(head=journal.head, lines=len(journal.lines)) if journal.head else None,
        tool=THIS_TOOL,
        notes=_notes(journal, found),
    )
    return Recorded(record=_timed(record, journal, found), warnings=(*warnings, *trouble))


def conclude(journal: Journal, ledger: Path) -> Recorded:
    """Makes a journal's record and writes it to the ledger; `Unwritable` if the ledger does not take it."""
    recorded = record_of(journal, ledger)
    return evolve(recorded, path=write_record(ledger, recorded.record))


def _settled(begin: Line, ledger: Path) -> tuple[Settled, tuple[str, ...]]:
    given, said = begin.get("given"), begin.get("said")
    options: Mapping[str, Any] = given if isinstance(given, dict) else {}
    variables = {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}
    place = Place(
        country=_text(options, "country"),
        region=_text(options, "region"),
        cloud=_text(options, "cloud"),
        cloud_region=_text(options, "cloud_region"),
        intensity_g_co2e_per_kwh=number(options, "intensity"),
    )
    settled = settle(place, PueChoice(pue=number(options, "pue"), site=_text(options, "site")), ledger, variables)
    return settled, settled.warnings


def _surroundings(settled: Settled) -> tuple[tuple[Grid, Pue], tuple[Factor, ...], tuple[str, ...]]:
    """Grid and PUE with the numbers behind them; one that can't be resolved is unspecified, and a warning says why."""
    warnings: list[str] = []
    place = settled.place
    try:
        grid, numbers = resolve_grid(place)
    except CarbonError as error:
        warnings.append(str(error))
        place = Place()
        grid, numbers = resolve_grid(place)
    try:
        pue, more = resolve_pue(settled.pue, place)
    except CarbonError as error:
        warnings.append(str(error))
        pue, more = resolve_pue(PueChoice(), place)
    return (grid, pue), (*numbers, *more), tuple(warnings)


def _status(journal: Journal) -> str:
    """`complete`: the end was seen; `failed`: it never started; `interrupted`: the end was not seen."""
    if journal.first(NOT_STARTED) is not None:
        return "failed"
    return "complete" if journal.last(ENDED) is not None else "interrupted"


def _command(journal: Journal) -> Command:
    begin, end = journal.first(BEGIN) or {}, journal.last(ENDED) or journal.first(NOT_STARTED) or {}
    code, signal_number = number(end, "exit_code"), number(end, "signal")
    failed, argv = end.get("failed_in_body"), begin.get("argv")
    return Command(
        program=_text(begin, "program"),
        exit_code=None if code is None else int(code),
        signal=None if not signal_number else int(signal_number),
        argv=tuple(str(word) for word in argv) if isinstance(argv, list) else None,
        failed_in_body=failed if isinstance(failed, bool) else None,
    )


def _timed(record: ActivityRecord, journal: Journal, found: Found) -> ActivityRecord:
    """The record with its times. The end is the start plus what a clock that is never set says: never before it."""
    begin = journal.first(STARTED) or journal.first(BEGIN)
    started, stretch = number(begin, "at"), stretch_of(journal)
    if started is None or started > _LATEST_TIMESTAMP:
        return record
    was_seen = record.status != "interrupted"
    elapsed_s = stretch.elapsed_s if stretch else 0.0
    return evolve(
        record,
        started_at=from_timestamp(started),
        ended_at=from_timestamp(started + elapsed_s) if was_seen else None,
        duration_s=found.duration_s,
        metered_s=found.metered_s,
    )


def _notes(journal: Journal, found: Found) -> dict[str, Any]:
    notes = dict(found.notes)
    stretch = stretch_of(journal)
    if stretch is not None and stretch.elapsed_s - stretch.duration_s > 1:
        notes["suspended_s"] = stretch.elapsed_s - stretch.duration_s
    if stretch is not None and stretch.command_cpu_s is not None:
        notes["command_cpu_s"] = stretch.command_cpu_s
    if journal.altered_at is not None:
        notes["journal"] = f"line {journal.altered_at} is not as it was written; what stands from there on is not used"
    elif journal.torn:
        notes["journal"] = "the last line is torn and is not used"
    return notes


def _text(line: Mapping[str, Any], key: str) -> str | None:
    value = line.get(key)
    return value if isinstance(value, str) and value else None
