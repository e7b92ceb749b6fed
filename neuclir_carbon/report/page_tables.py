"""What a table of a page is as plain values, and the tables of groups; `templates/` lays them out."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from neuclir_carbon.report import words
from neuclir_carbon.report.words import Cell, Unit

MAX_ROWS = 1000
LONG = 30
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

    @property
    def is_long(self) -> bool:
        """Whether it scrolls in a frame of its own, under heads that stay."""
        return len(self.rows) > LONG


def group_table(
    key: str, document: Mapping[str, Any], *, name: str = "", caption: str = "", with_teams: bool = True
) -> Table:
    """One grouping; a withheld group keeps its row, with the reason. `name` is the table's id where not the key's."""
    groups = document[key]
    told = [group for group in groups.values() if not words.is_withheld(group)]
    digits = words.GROUP_DIGITS[document["edition"]]
    unit = words.mass_unit(words.size(group["emissions_kg_co2e"]) for group in told or [document])
    power = words.energy_unit(words.size(group["it_energy_kwh"]) for group in told or [document])
    columns = (
        Column(head=GROUP_TITLES[key].removeprefix("By ").capitalize(), short=True), *mass_columns(unit),
        Column(head=f"IT energy, {power.name}", numeric=True),
        Column(head="activities", numeric=True), *([Column(head="teams", numeric=True)] if with_teams else []),
    )  # fmt: skip
    rows = [_group_row(label, group, unit, power, digits)[: len(columns)] for label, group in groups.items()]
    by_name = key in ("by_month", "by_data_year")
    rows.sort(key=(lambda row: row[0].text) if by_name else _largest_first)
    return Table(
        id=name or key.replace("_", "-"), caption=caption or GROUP_TITLES[key], columns=columns, rows=tuple(rows),
        total=_group_row("all" if name else "the track", document, unit, power, 3)[: len(columns)],
        sortable=document["edition"] == "organizer",
    )  # fmt: skip


def _largest_first(row: Sequence[Cell]) -> tuple[bool, bool, float, str]:
    """Told values by size, then bands, then what is withheld."""
    value = row[1]
    return value.sort is None, value.text == words.WITHHELD, -(value.sort or 0.0), row[0].text


def _group_row(name: str, group: Mapping[str, Any], unit: Unit, power: Unit, digits: int) -> tuple[Cell, ...]:
    if words.is_withheld(group):
        kept = words.cell(group, lambda known: words.number(known / unit.size))
        return (text(name), kept, *(Cell(text="") for _ in range(5)))
    return (
        text(name),
        *mass_cells(group["emissions_kg_co2e"], unit, digits),
        words.cell(group["it_energy_kwh"], lambda known: words.number(known / power.size, digits)),
        words.cell(group["activities"], words.count),
        words.cell(group["teams"], words.count),
    )


def limited(rows: Sequence[Any], file: str) -> str:
    """The remark under a caption where a table does not show all rows."""
    return f"The {MAX_ROWS:,} largest of {len(rows):,}; all are in {file}." if len(rows) > MAX_ROWS else ""


def text(value: str | None, *, most: int = words.MAX_TEXT) -> Cell:
    return Cell(text=words.visible(value, most=most) if value else "")


def yes(value: bool | None) -> Cell:
    return Cell(text="–") if value is None else Cell(text="yes" if value else "no")


def score(value: float | None) -> Cell:
    return Cell(text="–") if value is None else Cell(text=words.number(value), sort=value)


def amount(unit: Unit, value: float | None) -> Cell:
    """A value (kg or kWh) in the unit of its column."""
    return words.cell(value, lambda known: words.number(known / unit.size))


def mass_cells(value: Any, unit: Unit, digits: int = 3) -> tuple[Cell, Cell, Cell]:
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


def mass_columns(unit: Unit) -> tuple[Column, Column, Column]:
    return (
        Column(head=f"{unit.name} CO₂e", numeric=True),
        Column(head="likely", numeric=True),
        Column(head="extremes", numeric=True),
    )
