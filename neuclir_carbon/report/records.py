"""Activity records as a table for the terminal, as CSV and as JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neuclir_carbon.factors.equivalents import EQUIVALENTS
from neuclir_carbon.model.counting import Totals, counted, current, grouped, totals
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.report.tables import csv_bytes
from neuclir_carbon.report.words import between, energy, hull, mass, number, visible
from neuclir_carbon.report.words import counted as counted_words

CSV_COLUMNS = (
    "record_id", "activity", "label", "method", "status", "started_at", "duration_s", "run_tags", "it_energy_kwh",
    "facility_energy_kwh", "pue", "g_co2e_per_kwh", "grid_basis", "grid_source", "country", "region",
    "operational_kg_co2e", "embodied_kg_co2e", "total_kg_co2e", "low_kg_co2e", "high_kg_co2e", "likely_low_kg_co2e",
    "likely_high_kg_co2e", "parent_id", "supersedes", "record_sha256", "counted_it_energy_kwh",
    "counted_facility_energy_kwh", "counted_operational_kg_co2e", "counted_embodied_kg_co2e", "counted_total_kg_co2e",
)  # fmt: skip


_HEADINGS = ("record", "activity", "label", "method", "energy", "emissions", "hull")
_GROUPS: tuple[tuple[str, Callable[[CountedActivity], str]], ...] = (
    ("activity", lambda activity: activity.record.activity),
    ("method", lambda activity: activity.record.method),
    ("label", lambda activity: visible(activity.record.label or "(none)", most=40)),
)


def log_text(records: Sequence[ActivityRecord], *, tree: bool = False) -> str:
    """A ledger's records as lines, and its totals by activity, method and label; every record counts once.

    All of the ledger's records are wanted, replaced ones with them: a step stays under the one that took the place of
    its pipeline's.
    """
    if not records:
        return "no records yet\n"
    activities, records = counted(records), current(records)
    whole = totals(activities)
    ordered = _tree_rows(activities) if tree else [_row(0, record) for record in records]
    parts = [aligned([_HEADINGS, *ordered]), "", _totals_text(whole), *_equivalents_text(whole)]
    for title, key in _GROUPS:
        groups = grouped(activities, key)
        if len(groups) > 1:
            rows = [
                (f"  {n}", mass(g.emissions_kg_co2e.central), counted_words(g.activities, "record"))
                for n, g in groups.items()
            ]
            parts += ["", f"By {title}:", aligned(rows)]
    return "\n".join(parts)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text with columns of equal width, two blanks apart."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def records_csv(records: Sequence[ActivityRecord]) -> bytes:
    """One row a current record, units in the column names, safe to open in a spreadsheet; unknown is empty.

    A pipeline's energy contains its steps'. Columns `counted_…` hold what each record counts with: they add up.
    """
    flat = map(_flat, counted(records))
    return csv_bytes(CSV_COLUMNS, ([values[column] for column in CSV_COLUMNS] for values in flat))


def records_json(records: Sequence[ActivityRecord]) -> bytes:
    """The current records as a JSON array, a record at a time: as data, all of them would take ten times their text."""
    texts = (format_json(record).rstrip(b"\n").replace(b"\n", b"\n  ") for record in current(records))
    whole = b",\n  ".join(texts)
    return b"[\n  " + whole + b"\n]\n" if whole else b"[]\n"


def _totals_text(whole: Totals) -> str:
    emissions = whole.emissions_kg_co2e
    lines = [
        f"Total: {mass(emissions.central)} CO2e ({hull(emissions)}), "
        f"{energy(whole.it_energy_kwh)} of IT energy, {counted_words(whole.records, 'record')}",
    ]
    if whole.records_without_emissions:
        unknown = counted_words(whole.records_without_emissions, "record")
        lines.append(f"{unknown} of unknown emissions, not in the total")
    if whole.records_without_embodied:
        without = counted_words(whole.records_without_embodied, "record")
        lines.append(f"{without} without an embodied (manufacturing) part")
    return "\n".join(lines)


def _equivalents_text(whole: Totals) -> list[str]:
    """What the total compares to, with the sources; nothing for a total of nothing."""
    emissions = whole.emissions_kg_co2e
    if not emissions.central:
        return []
    told = [(equivalent, equivalent.of(emissions)) for equivalent in EQUIVALENTS]
    return [
        f"As much as {equivalent.name}: {number(units.central, 2)} {equivalent.unit} "
        f"({number(units.low, 2)} to {number(units.high, 2)}; {equivalent.source})"
        for equivalent, units in told
    ]


def _row(depth: int, record: ActivityRecord) -> tuple[str, ...]:
    whole, it_kwh = record.emissions.range, record.energy.it_kwh
    return (
        "  " * depth + record.record_id,
        record.activity,
        visible(record.label or "", most=40),
        record.method if record.status == "complete" else f"{record.method}, {record.status}",
        energy(it_kwh),
        mass(None if whole is None else whole.central),
        "" if whole is None else between(whole.low, whole.high),
    )


def _tree_rows(activities: Sequence[CountedActivity]) -> list[tuple[str, ...]]:
    """Each step under its pipeline, and after a pipeline's steps what of its energy is not theirs."""
    own = {activity.record.record_id: activity for activity in activities}
    return [
        _remainder_row(depth, own[record.record_id]) if is_remainder else _row(depth, record)
        for depth, record, is_remainder in _tree(activities)
    ]


def _remainder_row(depth: int, own: CountedActivity) -> tuple[str, ...]:
    whole = own.emissions_kg_co2e
    return (
        "  " * depth + "(its own remainder)",
        own.record.activity,
        "",
        "",
        energy(own.it_energy_kwh),
        mass(None if whole is None else whole.central),
        "" if whole is None else between(whole.low, whole.high),
    )


def _tree(activities: Sequence[CountedActivity]) -> list[tuple[int, ActivityRecord, bool]]:
    """(depth, record, False) of each record, a step under its pipeline; (depth, pipeline, True) after its steps. A
    record whose parent is not here stands at the top."""
    inside: dict[str | None, list[ActivityRecord]] = {}
    for activity in activities:
        inside.setdefault(activity.inside, []).append(activity.record)
    placed: list[tuple[int, ActivityRecord, bool]] = []
    waiting = [(0, record, False) for record in reversed(inside.get(None, ()))]
    while waiting:
        depth, record, is_remainder = waiting.pop()
        placed.append((depth, record, is_remainder))
        steps = () if is_remainder else inside.get(record.record_id, ())
        if steps:
            waiting.append((depth + 1, record, True))
            waiting.extend((depth + 1, step, False) for step in reversed(steps))
    return placed


def _flat(activity: CountedActivity) -> Mapping[str, Any]:
    record, total = activity.record, activity.emissions_kg_co2e
    grid, emissions = record.grid, record.emissions
    return {
        "record_id": record.record_id,
        "activity": record.activity,
        "label": record.label,
        "method": record.method,
        "status": record.status,
        "started_at": record.started_at,
        "duration_s": record.duration_s,
        "run_tags": " ".join(record.run_tags),
        "it_energy_kwh": record.energy.it_kwh,
        "facility_energy_kwh": record.energy.facility_kwh,
        "pue": record.pue.value if record.pue else None,
        "g_co2e_per_kwh": grid.g_co2e_per_kwh if grid else None,
        "grid_basis": grid.basis if grid else None,
        "grid_source": grid.source if grid else None,
        "country": grid.country if grid else None,
        "region": grid.region if grid else None,
        "operational_kg_co2e": emissions.operational_kg_co2e,
        "embodied_kg_co2e": emissions.embodied_kg_co2e,
        "total_kg_co2e": emissions.total_kg_co2e,
        "low_kg_co2e": emissions.low_kg_co2e,
        "high_kg_co2e": emissions.high_kg_co2e,
        "likely_low_kg_co2e": emissions.likely_low_kg_co2e,
        "likely_high_kg_co2e": emissions.likely_high_kg_co2e,
        "parent_id": record.parent_id,
        "supersedes": record.supersedes,
        "record_sha256": record.record_sha256,
        "counted_it_energy_kwh": activity.it_energy_kwh,
        "counted_facility_energy_kwh": activity.facility_energy_kwh,
        "counted_operational_kg_co2e": activity.operational_kg_co2e,
        "counted_embodied_kg_co2e": activity.embodied_kg_co2e,
        "counted_total_kg_co2e": None if total is None else total.central,
    }
