"""The tables of teams, runs and activities, largest first."""

from collections.abc import Mapping, Sequence

from neuclir_carbon.model.inventory import CountedActivity, RunRow, TeamRow
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words
from neuclir_carbon.report.page_tables import (
    MAX_ROWS,
    Column,
    Table,
    amount,
    limited,
    mass_cells,
    mass_columns,
    score,
    text,
    yes,
)
from neuclir_carbon.report.words import Cell, Unit

MAX_MEASURES = 8


def teams_table(teams: Sequence[TeamRow], letters: Mapping[str, str]) -> Table:
    """Teams with their answers; `letters` are team → where its letter lies beside the page."""
    ordered = sorted(teams, key=lambda row: (row.emissions_kg_co2e is None, -_kg(row.emissions_kg_co2e), row.team))
    unit = words.mass_unit(_kg(row.emissions_kg_co2e) for row in teams)
    power = words.energy_unit(row.it_energy_kwh for row in teams)
    extra = _extra_columns(teams, unit, letters)
    columns = (
        Column(head="Team"), *mass_columns(unit), Column(head=f"IT energy, {power.name}", numeric=True),
        Column(head="runs", numeric=True), Column(head="activities", numeric=True),
        Column(head="tracked", short=True), Column(head="offset", short=True),
        Column(head=f"declared cover, {unit.name}", numeric=True), *extra,
    )  # fmt: skip
    rows = tuple(
        (
            text(row.team), *mass_cells(plain(row.emissions_kg_co2e), unit), amount(power, row.it_energy_kwh),
            words.cell(row.runs, words.count), words.cell(row.activities, words.count),
            _answer(row.tracked, row.form_tracked), _answer(row.offset, row.form_offset),
            amount(unit, row.declared_kg), *(cells[row.team] for cells in extra.values()),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = limited(teams, "teams.csv")
    return Table(
        id="teams-table", caption="Emissions by team", columns=columns, rows=rows, remark=remark, sortable=True
    )


def _extra_columns(teams: Sequence[TeamRow], unit: Unit, letters: Mapping[str, str]) -> dict[Column, dict[str, Cell]]:
    """Columns that only some tracks need, with their cells by team: those that would be empty are left out."""
    found = {
        Column(head=f"one set of factors, {unit.name}", numeric=True): {
            row.team: amount(unit, row.harmonized_kg_co2e.central if row.harmonized_kg_co2e else None)
            for row in teams
            if any(each.harmonized_kg_co2e for each in teams)
        },
        Column(head="counted earlier", numeric=True): {
            row.team: words.cell(row.counted_earlier, words.count)
            for row in teams
            if any(each.counted_earlier for each in teams)
        },
        Column(head="also called"): {
            row.team: text(", ".join(row.aliases)) for row in teams if any(each.aliases for each in teams)
        },
        Column(head="letter", short=True): {
            row.team: Cell(text="letter" if row.team in letters else "–", link=letters.get(row.team, ""))
            for row in teams
            if letters
        },
    }
    return {column: cells for column, cells in found.items() if cells}


def _answer(counted: bool | None, form: bool | None) -> Cell:
    """What counts as the team's answer, and what its form says where that differs."""
    said = yes(counted)
    if form is None or form == counted:
        return said
    return Cell(text=f"{said.text}; form: {yes(form).text}")


def _kg(found: Range | None) -> float:
    """The central value to sort by: what is unknown stands last."""
    return found.central if found else 0.0


def runs_table(runs: Sequence[RunRow]) -> Table:
    """Runs with their scores beside their share of the emissions."""
    ordered = sorted(runs, key=lambda row: (-_kg(row.share_kg_co2e), row.team, row.run_tag))
    unit = words.mass_unit(_kg(row.share_kg_co2e) for row in runs)
    measures = sorted({measure for row in runs for measure in row.scores})
    leading = any(row.leads for row in runs)
    columns = (
        Column(head="Run"), Column(head="team"), Column(head="task", short=True), *mass_columns(unit),
        *(Column(head=words.visible(measure, most=40), numeric=True) for measure in measures[:MAX_MEASURES]),
        *([Column(head="unbeaten by")] if leading else []),
        Column(head="valid", short=True), Column(head="tracked", short=True),
    )  # fmt: skip
    rows = tuple(
        (
            text(row.run_tag), text(row.team), text(row.task), *mass_cells(plain(row.share_kg_co2e), unit),
            *(score(row.scores.get(measure)) for measure in measures[:MAX_MEASURES]),
            *([text(", ".join(row.leads))] if leading else []),
            yes(row.passed), yes(row.tracked),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = limited(runs, "runs.csv")
    if len(measures) > MAX_MEASURES:
        remark += f" {len(measures) - MAX_MEASURES} more measures are in runs.csv."
    return Table(
        id="runs-table", caption="Runs, with scores beside emissions", columns=columns, rows=rows,
        remark=remark.strip(), sortable=True,
    )  # fmt: skip


def activities_table(
    activities: Sequence[CountedActivity],
    *,
    name: str = "activities-table",
    caption: str = "Activities, each counted once",
) -> Table:
    """Activities as they count, with their place and the factor that widens their range most."""

    def kg(row: CountedActivity) -> float | None:
        return row.emissions_kg_co2e.central if row.emissions_kg_co2e else None

    ordered = sorted(activities, key=lambda row: (-(kg(row) or 0.0), row.team, row.record.record_id))
    unit = words.mass_unit(kg(row) for row in activities)
    power = words.energy_unit(row.it_energy_kwh for row in activities)
    columns = (
        Column(head="Team"), Column(head="activity", short=True), Column(head="label"),
        Column(head="method", short=True), Column(head="place", short=True), Column(head="start", short=True),
        *mass_columns(unit)[:2], Column(head=f"IT energy, {power.name}", numeric=True),
        Column(head="widest factor", short=True), Column(head="record", short=True),
    )  # fmt: skip
    rows = tuple(
        (
            text(row.team), text(row.record.activity), text(row.record.label), text(row.record.method),
            text(_place(row)), text((row.record.started_at or "")[:10]),
            *mass_cells(plain(row.emissions_kg_co2e) if row.emissions_kg_co2e else None, unit)[:2],
            amount(power, row.it_energy_kwh), text((row.record.dominant_factor or "").replace("_", " ")),
            text(row.record.record_id),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = limited(activities, "activities.csv")
    return Table(
        id=name, caption=caption, columns=columns, rows=rows, remark=remark,
        sortable=True,
    )  # fmt: skip


def _place(row: CountedActivity) -> str:
    grid = row.record.grid
    if grid is None:
        return ""
    return "-".join(part for part in (grid.country, grid.region) if part) or grid.basis
