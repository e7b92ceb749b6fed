"""What stands beside the totals, as plain values: one set of factors, an earlier year, the organizers' evaluation, and
what an earlier inventory counted."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.model.comparison import FactorTable, Harmonization, Since
from neuclir_carbon.model.inventory import CountedActivity, Inventory
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words
from neuclir_carbon.report.page_rows import activities_table
from neuclir_carbon.report.page_tables import MAX_ROWS, Column, Table, amount, group_table, limited, text
from neuclir_carbon.report.words import Cell, Unit


def comparisons(inventory: Inventory, earlier: Sequence[CountedActivity]) -> list[dict[str, Any]]:
    """The parts of the section in their order, each with title, sentence, remarks and tables; empty ones are left out.

    `earlier` are the activities that an earlier inventory counted.
    """
    parts = (
        _harmonized(inventory.harmonization),
        _since(inventory.since),
        _evaluation(plain(inventory)),
        _earlier(inventory, earlier),
    )
    return [part for part in parts if part is not None]


def _part(title: str, sentence: str, remarks: Iterable[str], table: Table) -> dict[str, Any]:
    return {
        "title": title,
        "sentence": sentence,
        "remarks": [remark for remark in remarks if remark],
        "tables": [table] if table.rows else [],
    }


def _harmonized(found: Harmonization | None) -> dict[str, Any] | None:
    """Teams as reported and under one set of factors, the largest difference first."""
    if found is None:
        return None
    unit = words.mass_unit(
        kg.central for team in found.teams for kg in (team.as_reported_kg_co2e, team.harmonized_kg_co2e)
    )
    columns = (Column(head="Team"), *_pair("as reported", "one set of factors", unit))
    ordered = sorted(
        found.teams,
        key=lambda row: (-abs(row.harmonized_kg_co2e.central - row.as_reported_kg_co2e.central), row.team),
    )
    rows = tuple(
        (text(row.team), *_pair_cells(row.as_reported_kg_co2e, row.harmonized_kg_co2e, unit))
        for row in ordered[:MAX_ROWS]
    )
    table = Table(
        id="harmonized-table", caption="Teams as reported and under one set of factors", columns=columns, rows=rows,
        remark=limited(found.teams, "inventory.json"), sortable=True,
        total=(text("compared"), *_pair_cells(found.as_reported_kg_co2e, found.harmonized_kg_co2e, unit)),
    )  # fmt: skip
    return _part("One set of factors", found.sentence, (*_recomputed(found), _tables_said(found.tables)), table)


def _recomputed(found: Harmonization) -> Iterable[str]:
    yield f"{words.counted(found.activities, 'activity was', 'activities were')} computed anew from energy and place."
    if found.without_place:
        names = words.counted(found.without_place, "of them names", "of them name")
        yield f"{names} no place with a figure: the world’s range stands in."
    if found.without_energy:
        yield f"{words.counted(found.without_energy, 'activity has', 'activities have')} no energy to compute from."


def _tables_said(tables: Iterable[FactorTable]) -> str:
    said = [", ".join(str(part) for part in (each.source, each.version, each.year) if part) for each in tables]
    return f"Grid factors: {'; '.join(said)}." if said else ""


def _since(found: Since | None) -> dict[str, Any] | None:
    """An earlier year beside this one, like for like where that can be done."""
    if found is None:
        return None
    changes = {
        "all teams, as reported": found.whole,
        "teams of both years, as reported": found.same_teams,
        "teams of both years, one set of factors": found.harmonized,
        **{f"{name}, teams of both years": change for name, change in found.by_activity.items()},
    }
    told = {name: change for name, change in changes.items() if change is not None}
    unit = words.mass_unit(kg.central for change in told.values() for kg in (change.then, change.now))
    columns = (Column(head="What"), *_pair("then", "now", unit))
    rows = tuple((text(name), *_pair_cells(change.then, change.now, unit)) for name, change in told.items())
    table = Table(
        id="since-table", caption=f"{words.visible(found.track)}, as of {found.as_of}, and this inventory",
        columns=columns, rows=rows,
    )  # fmt: skip
    teams = (
        f"{words.counted(found.teams_then, 'team')} then, {found.teams_now:,} now, {found.teams_both:,} in both.",
        _names("Only then", found.only_then),
        _names("Only now", found.only_now),
    )
    remarks = (*teams, *found.not_compared, _tables_said(found.tables))
    return _part("Since the earlier inventory", found.sentence, remarks, table)


def _names(title: str, names: Sequence[str], most: int = 60) -> str:
    if not names:
        return ""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{title}: {', '.join(words.visible(name, most=60) for name in names[:most])}{more}."


def _evaluation(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The organizers' own compute by method: bounded or measured."""
    found = words.range_of(document["evaluation"])
    groups = document["evaluation_by_method"]
    if found is None or not groups:
        return None
    sentence = f"The organizers’ own evaluation emitted {words.mass(found.central)}, likely {words.likely(found)}."
    whole = {
        "edition": document["edition"],
        "emissions_kg_co2e": document["evaluation"],
        "it_energy_kwh": sum(group["it_energy_kwh"] for group in groups.values()),
        "activities": sum(group["activities"] for group in groups.values()),
        "teams": 0,
        "by_method": groups,
    }
    table = group_table(
        "by_method", whole, name="evaluation-table", caption="The organizers’ evaluation by method", with_teams=False
    )
    return _part("Evaluation", sentence, ("It stands apart from the teams’ total.",), table)


def _earlier(inventory: Inventory, earlier: Sequence[CountedActivity]) -> dict[str, Any] | None:
    """What an earlier inventory counted already."""
    if not inventory.counted_earlier:
        return None
    group = inventory.counted_earlier_group
    activities = words.counted(inventory.counted_earlier, "activity", "activities")
    amount_said = f", {words.mass(group.emissions_kg_co2e.central)} in all," if group is not None else ""
    sentence = f"{activities}{amount_said} stood in an earlier inventory."
    table = activities_table(earlier, name="earlier-table", caption="Activities that an earlier inventory counted")
    return _part("Counted in an earlier year", sentence, ("No total of this year holds them.",), table)


def _pair(first: str, second: str, unit: Unit) -> tuple[Column, ...]:
    return (
        Column(head=f"{first}, {unit.name}", numeric=True), Column(head=f"{second}, {unit.name}", numeric=True),
        Column(head="difference", numeric=True),
    )  # fmt: skip


def _pair_cells(first: Range, second: Range, unit: Unit) -> tuple[Cell, ...]:
    return amount(unit, first.central), amount(unit, second.central), _difference(first.central, second.central)


def _difference(first: float, second: float) -> Cell:
    """The second value against the first in percent, `+12 %`; unknown where the first is 0."""
    if first <= 0:
        return Cell(text="–")
    part = second / first - 1
    shown = words.number(abs(100 * part), 2) if abs(part) >= 0.0005 else "0"
    sign = "" if shown == "0" else "+" if part > 0 else "−"
    return Cell(text=f"{sign}{shown}{words.GAP}%", sort=part)
