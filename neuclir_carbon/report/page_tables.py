"""The tables of a page as plain values, largest first; `templates/` lays them out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from neuclir_carbon.model.inventory import CertificateRow, CountedActivity, RunRow, TeamRow
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import Factor
from neuclir_carbon.report import words
from neuclir_carbon.report.words import Cell, Unit

MAX_ROWS = 1000
MAX_MEASURES = 8
UNKNOWN_YEAR = "not given"
GROUP_TITLES = {
    "by_activity": "By activity", "by_method": "By method", "by_task": "By task", "by_month": "By month of the start",
    "by_place": "By country", "by_basis": "By basis of the carbon intensity",
    "by_data_year": "By year of the grid data",
}  # fmt: skip


@frozen(kw_only=True)
class Column:
    """A column of a table. `short` text is kept on one line."""

    head: str
    numeric: bool = False
    short: bool = False


@frozen(kw_only=True)
class Table:
    """A table as it is shown; the first cell of each row names the row."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    remark: str = ""
    sortable: bool = False


def group_table(key: str, document: Mapping[str, Any]) -> Table:
    """One grouping; a withheld group keeps its row, with the reason."""
    groups = document[key]
    told = [group for group in groups.values() if not words.is_withheld(group)]
    digits = words.GROUP_DIGITS[document["edition"]]
    unit = words.mass_unit(words.size(group["emissions_kg_co2e"]) for group in told or [document])
    power = words.energy_unit(words.size(group["it_energy_kwh"]) for group in told or [document])
    columns = (
        Column(head=GROUP_TITLES[key].removeprefix("By ").capitalize(), short=True), *_mass_columns(unit),
        Column(head=f"IT energy, {power.name}", numeric=True),
        Column(head="activities", numeric=True), Column(head="teams", numeric=True),
    )  # fmt: skip
    rows = [_group_row(name, group, unit, power, digits) for name, group in groups.items()]
    by_name = key in ("by_month", "by_data_year")
    rows.sort(key=(lambda row: row[0].text) if by_name else _largest_first)
    return Table(
        id=key.replace("_", "-"), caption=GROUP_TITLES[key], columns=columns, rows=tuple(rows),
        total=_group_row("the track", document, unit, power, 3), sortable=document["edition"] == "organizer",
    )  # fmt: skip


def _largest_first(row: Sequence[Cell]) -> tuple[bool, bool, float, str]:
    """Told values by size, then bands, then what is withheld."""
    value = row[1]
    return value.sort is None, value.text == words.WITHHELD, -(value.sort or 0.0), row[0].text


def _group_row(name: str, group: Mapping[str, Any], unit: Unit, power: Unit, digits: int) -> tuple[Cell, ...]:
    if words.is_withheld(group):
        kept = words.cell(group, lambda known: words.number(known / unit.size))
        return (_text(name), kept, *(Cell(text="") for _ in range(5)))
    return (
        _text(name),
        *_mass_cells(group["emissions_kg_co2e"], unit, digits),
        words.cell(group["it_energy_kwh"], lambda known: words.number(known / power.size, digits)),
        words.cell(group["activities"], words.count),
        words.cell(group["teams"], words.count),
    )


def teams_table(teams: Sequence[TeamRow]) -> Table:
    ordered = sorted(teams, key=lambda row: (-_kg(row.emissions_kg_co2e), row.team))
    unit = words.mass_unit(_kg(row.emissions_kg_co2e) for row in teams)
    power = words.energy_unit(row.it_energy_kwh for row in teams)
    columns = (
        Column(head="Team"), *_mass_columns(unit), Column(head=f"IT energy, {power.name}", numeric=True),
        Column(head="runs", numeric=True), Column(head="activities", numeric=True),
        Column(head="tracked", short=True), Column(head=f"declared cover, {unit.name}", numeric=True),
    )  # fmt: skip
    rows = tuple(
        (
            _text(row.team), *_mass_cells(plain(row.emissions_kg_co2e), unit), _in(power, row.it_energy_kwh),
            words.cell(row.runs, words.count), words.cell(row.activities, words.count), _yes(row.tracked),
            _in(unit, row.declared_kg),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = _limited(teams, "teams.csv")
    return Table(
        id="teams-table", caption="Emissions by team", columns=columns, rows=rows, remark=remark, sortable=True
    )


def _kg(found: Range | None) -> float:
    """The central value to sort by: what is unknown stands last."""
    return found.central if found else 0.0


def runs_table(runs: Sequence[RunRow]) -> Table:
    """Runs with their scores beside their share of the emissions."""
    ordered = sorted(runs, key=lambda row: (-_kg(row.share_kg_co2e), row.team, row.run_tag))
    unit = words.mass_unit(_kg(row.share_kg_co2e) for row in runs)
    measures = sorted({measure for row in runs for measure in row.scores})
    columns = (
        Column(head="Run"), Column(head="team"), Column(head="task", short=True), *_mass_columns(unit),
        *(Column(head=words.visible(measure, most=40), numeric=True) for measure in measures[:MAX_MEASURES]),
        Column(head="valid", short=True), Column(head="tracked", short=True),
    )  # fmt: skip
    rows = tuple(
        (
            _text(row.run_tag), _text(row.team), _text(row.task), *_mass_cells(plain(row.share_kg_co2e), unit),
            *(_score(row.scores.get(measure)) for measure in measures[:MAX_MEASURES]),
            _yes(row.passed), _yes(row.tracked),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = _limited(runs, "runs.csv")
    if len(measures) > MAX_MEASURES:
        remark += f" {len(measures) - MAX_MEASURES} more measures are in runs.csv."
    return Table(
        id="runs-table", caption="Runs, with scores beside emissions", columns=columns, rows=rows,
        remark=remark.strip(), sortable=True,
    )  # fmt: skip


def activities_table(activities: Sequence[CountedActivity]) -> Table:
    def kg(row: CountedActivity) -> float | None:
        return row.emissions_kg_co2e.central if row.emissions_kg_co2e else None

    ordered = sorted(activities, key=lambda row: (-(kg(row) or 0.0), row.team, row.record.record_id))
    unit = words.mass_unit(kg(row) for row in activities)
    power = words.energy_unit(row.it_energy_kwh for row in activities)
    columns = (
        Column(head="Team"), Column(head="activity", short=True), Column(head="label"),
        Column(head="method", short=True), Column(head="place", short=True), Column(head="start", short=True),
        *_mass_columns(unit)[:2], Column(head=f"IT energy, {power.name}", numeric=True),
        Column(head="widest factor", short=True), Column(head="record", short=True),
    )  # fmt: skip
    rows = tuple(
        (
            _text(row.team), _text(row.record.activity), _text(row.record.label), _text(row.record.method),
            _text(_place(row)), _text((row.record.started_at or "")[:10]),
            *_mass_cells(plain(row.emissions_kg_co2e) if row.emissions_kg_co2e else None, unit)[:2],
            _in(power, row.it_energy_kwh), _text((row.record.dominant_factor or "").replace("_", " ")),
            _text(row.record.record_id),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = _limited(activities, "activities.csv")
    return Table(
        id="activities-table", caption="Activities, each counted once", columns=columns, rows=rows, remark=remark,
        sortable=True,
    )  # fmt: skip


def _place(row: CountedActivity) -> str:
    grid = row.record.grid
    if grid is None:
        return ""
    return "-".join(part for part in (grid.country, grid.region) if part) or grid.basis


def certificates_table(certificates: Sequence[CertificateRow]) -> Table:
    columns = (
        Column(head="Certificate"), Column(head="programme", short=True), Column(head="team"), Column(head="scope"),
        Column(head="quantity, kg", numeric=True), Column(head="allocated, kg", numeric=True),
        Column(head="level", short=True),
    )  # fmt: skip
    ordered = sorted(certificates, key=lambda row: (-row.allocated_kg, row.team, row.certificate_id, row.scope_id))
    rows = tuple(
        (
            _text(row.certificate_id), _text(row.programme), _text(row.team), _text(row.scope_id),
            words.cell(row.quantity_kg, words.count), words.cell(row.allocated_kg, words.count),
            _text(words.plainly(row.level)),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = _limited(certificates, "certificates.csv")
    return Table(
        id="certificates-table", caption="Certificates and their allocations", columns=columns, rows=rows,
        remark=remark, sortable=True,
    )  # fmt: skip


def sources_table(activities: Iterable[CountedActivity]) -> Table:
    """Every outside number that went into the activities: by kind and source, with year, version and its values."""
    found: dict[tuple[str, str, str, str, str], list[Factor]] = {}
    for row in activities:
        for factor in row.record.factors:
            year = UNKNOWN_YEAR if factor.year is None else str(factor.year)
            key = (factor.id, factor.source, year, factor.version or "", factor.unit)
            found.setdefault(key, []).append(factor)
    columns = (
        Column(head="Factor"), Column(head="source"), Column(head="year", short=True),
        Column(head="version", short=True), Column(head="values", short=True), Column(head="unit", short=True),
        Column(head="activities", numeric=True),
    )  # fmt: skip
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = tuple(
        (
            _text(name.replace("_", " ")), _text(source), _text(year), _text(version),
            Cell(text=_span([factor.value for factor in factors])), _text(unit),
            words.cell(len(factors), words.count),
        )
        for (name, source, year, version, unit), factors in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = _limited(list(found), "inventory.json")
    return Table(
        id="sources-table", caption="Sources of the factors", columns=columns, rows=rows, remark=remark, sortable=True
    )


def _span(values: Sequence[float]) -> str:
    low, high = words.number(min(values), 4), words.number(max(values), 4)
    return low if low == high else f"{low} – {high}"


def _limited(rows: Sequence[Any], file: str) -> str:
    """The remark under a caption where a table does not show all rows."""
    return f"The {MAX_ROWS:,} largest of {len(rows):,}; all are in {file}." if len(rows) > MAX_ROWS else ""


def _text(value: str | None, *, most: int = words.MAX_TEXT) -> Cell:
    return Cell(text=words.visible(value, most=most) if value else "")


def _yes(value: bool | None) -> Cell:
    return Cell(text="–") if value is None else Cell(text="yes" if value else "no")


def _score(value: float | None) -> Cell:
    return Cell(text="–") if value is None else Cell(text=words.number(value), sort=value)


def _in(unit: Unit, value: float | None) -> Cell:
    """A value (kg or kWh) in the unit of its column."""
    return words.cell(value, lambda known: words.number(known / unit.size))


def _mass_cells(value: Any, unit: Unit, digits: int = 3) -> tuple[Cell, Cell, Cell]:
    """Central value, likely bounds and extremes of a RANGE in the unit of the table."""

    def say(kg: float) -> str:
        return words.number(kg / unit.size, digits)

    found = words.range_of(value)
    if found is None:
        return words.cell(value, say), Cell(text=""), Cell(text="")
    return (
        Cell(text=say(found.central), sort=found.central),
        Cell(text=f"{say(found.likely_low)} – {say(found.likely_high)}", sort=found.likely_high),
        Cell(text=f"{say(found.low)} – {say(found.high)}", sort=found.high),
    )


def _mass_columns(unit: Unit) -> tuple[Column, Column, Column]:
    return (
        Column(head=f"{unit.name} CO₂e", numeric=True),
        Column(head="likely", numeric=True),
        Column(head="extremes", numeric=True),
    )
