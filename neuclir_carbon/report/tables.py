"""Tables to take away: CSV for spreadsheets, and a LaTeX table and a sentence for the overview paper.

No cell of a CSV can become a formula: a text that a spreadsheet could read as one is led by an apostrophe, as
spreadsheets themselves do. Numbers stay numbers, in full; unknown is an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from attrs import frozen

from neuclir_carbon.model.inventory import CertificateRow, CountedActivity, RunRow, TeamRow, TrackDetails
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import templating, words
from neuclir_carbon.report.page_summary import since_said
from neuclir_carbon.report.words import Cell

Value = str | float | int | bool | None
# The second four are the full-width forms, which spreadsheets of East Asia read alike.
_STARTS_A_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_STARTS_A_CELL_ANEW = tuple("\t\r\n")
MAX_CELL = 5000
_RANGE_COLUMNS = (
    "emissions_kg_co2e", "low_kg_co2e", "likely_low_kg_co2e", "likely_high_kg_co2e", "high_kg_co2e",
)  # fmt: skip


# CSV


def teams_csv(details: TrackDetails) -> bytes:
    """teams.csv: a row for each team that took part; an empty cell is unknown, or no answer."""
    head = (
        "team", "submissions", "runs", "activities", *_RANGE_COLUMNS, "it_energy_kwh", "tracked", "declared_kg",
        "offset", "form_tracked", "form_offset", "aliases", "harmonized_kg_co2e", "counted_earlier",
    )  # fmt: skip
    return csv_bytes(head, (_team(row) for row in details.teams))


def _team(row: TeamRow) -> tuple[Value, ...]:
    return (
        row.team, row.submissions, row.runs, row.activities, *_bounds(row.emissions_kg_co2e), row.it_energy_kwh,
        row.tracked, row.declared_kg, row.offset, row.form_tracked, row.form_offset, "; ".join(row.aliases),
        row.harmonized_kg_co2e.central if row.harmonized_kg_co2e else None, row.counted_earlier,
    )  # fmt: skip


def runs_csv(details: TrackDetails) -> bytes:
    """runs.csv: a row for each run with its part of its team's emissions; a column `score_MEASURE` for each measure."""
    measures = sorted({measure for row in details.runs for measure in row.scores})
    head = (
        "run_tag", "team", "task", "bundle", "sha256", "passed", "tracked", *(f"share_{key}" for key in _RANGE_COLUMNS),
        "documents", "unbeaten_by", *(f"score_{measure}" for measure in measures),
    )  # fmt: skip
    return csv_bytes(head, (_run(row, measures) for row in details.runs))


def _run(row: RunRow, measures: Sequence[str]) -> tuple[Value, ...]:
    return (
        row.run_tag, row.team, row.task, row.bundle, row.sha256, row.passed, row.tracked, *_bounds(row.share_kg_co2e),
        row.documents, "; ".join(row.leads), *(row.scores.get(measure) for measure in measures),
    )  # fmt: skip


def activities_csv(details: TrackDetails) -> bytes:
    """activities.csv: a row for each activity, as it counts now or in an earlier year's totals."""
    head = (
        "team", "record_id", "counts", "activity", "label", "method", "status", "started_at", "ended_at", "duration_s",
        "tasks", "run_tags", "country", "region", "grid_basis", "grid_year", "grid_g_co2e_per_kwh", "pue",
        "it_energy_kwh", "facility_energy_kwh", "operational_kg_co2e", "embodied_kg_co2e", *_RANGE_COLUMNS,
        "dominant_factor", "parent_id", "record_sha256",
    )  # fmt: skip
    rows = (_activity(row, "now") for row in details.activities)
    return csv_bytes(head, chain(rows, (_activity(row, "earlier") for row in details.earlier)))


def _activity(row: CountedActivity, counts: str) -> tuple[Value, ...]:
    record, grid = row.record, row.record.grid
    place: tuple[Value, ...] = (None,) * 5
    if grid is not None:
        place = (grid.country, grid.region, grid.basis, grid.year, grid.g_co2e_per_kwh)
    return (
        row.team, record.record_id, counts, record.activity, record.label, record.method, record.status,
        record.started_at, record.ended_at, record.duration_s, " ".join(row.tasks), " ".join(row.run_tags), *place,
        record.pue.value if record.pue else None, row.it_energy_kwh, row.facility_energy_kwh, row.operational_kg_co2e,
        row.embodied_kg_co2e, *_bounds(row.emissions_kg_co2e), record.dominant_factor, record.parent_id,
        record.record_sha256,
    )  # fmt: skip


def certificates_csv(details: TrackDetails) -> bytes:
    """certificates.csv: a row for each certificate's allocation to a scope."""
    head = (
        "certificate_id", "programme", "team", "scope_id", "quantity_kg", "allocated_kg", "level", "list_matched",
        "disputed", "held_by", "decision", "raised_by",
    )  # fmt: skip
    return csv_bytes(head, (_certificate(row) for row in details.certificates))


def _certificate(row: CertificateRow) -> tuple[Value, ...]:
    return (
        row.certificate_id, row.programme, row.team, row.scope_id, row.quantity_kg, row.allocated_kg, row.level,
        row.list_matched, row.disputed, " ".join(row.held_by), row.decision,
        "; ".join(f"{rise.level}: {rise.by}" for rise in row.rises),
    )  # fmt: skip


def _bounds(value: Range | None) -> tuple[float | None, ...]:
    """A range in the order of its columns."""
    if value is None:
        return (None,) * len(_RANGE_COLUMNS)
    return value.central, value.low, value.likely_low, value.likely_high, value.high


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A CSV as UTF-8: the names of its columns, then its rows; every cell is safe (`safe_cell`)."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in head])
    writer.writerows([value if type(value) is float else safe_cell(value) for value in row] for row in rows)
    return sheet.getvalue().encode()


def safe_cell(value: Value) -> str | float | int:
    """A cell that no spreadsheet takes for a formula, with control characters made visible."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    if value.isalnum() and value.isascii() and len(value) <= MAX_CELL:
        return value
    risky = value.lstrip().startswith(_STARTS_A_FORMULA) or value.startswith(_STARTS_A_CELL_ANEW)
    return ("'" if risky else "") + words.visible(value, most=MAX_CELL)


# For the paper


@frozen(kw_only=True)
class LatexCell:
    """One cell of the LaTeX table; `mark` numbers the reason where its value is withheld, and is empty otherwise."""

    text: str
    mark: str = ""


def latex_table(inventory: Mapping[str, Any]) -> str:
    """table.tex: the public document's emissions by activity, with the total; needs no LaTeX package."""
    reasons: dict[str, int] = {}
    groups = inventory["by_activity"]
    told = [group["emissions_kg_co2e"] for group in groups.values() if not words.is_withheld(group)]
    unit = words.mass_unit(words.size(value) for value in [*told, inventory["emissions_kg_co2e"]])
    rows = [_latex_row(name, group, unit, 2, reasons) for name, group in sorted(groups.items(), key=_largest_first)]
    total = _latex_row("total", inventory, unit, 3, reasons)
    values = {
        "track": inventory["track"], "unit": unit.name, "rows": rows, "total": total, "reasons": reasons,
        "sentences": _sentences(inventory),
    }  # fmt: skip
    return templating.latex("table.tex.j2", values)


def _largest_first(item: tuple[str, Any]) -> tuple[bool, float, str]:
    name, group = item
    found = None if words.is_withheld(group) else words.range_of(group["emissions_kg_co2e"])
    return found is None, -found.central if found else 0.0, name


def _latex_row(
    name: str, group: Mapping[str, Any], unit: words.Unit, digits: int, reasons: dict[str, int]
) -> tuple[LatexCell, ...]:
    """Name, teams, central value and likely bounds; new reasons for withholding are numbered in `reasons`."""

    def say(kg: float) -> str:
        return words.number(kg / unit.size, digits)

    def marked(cell: Cell) -> LatexCell:
        mark = str(reasons.setdefault(cell.reason, len(reasons) + 1)) if cell.reason else ""
        return LatexCell(text=cell.text, mark=mark)

    if words.is_withheld(group):
        return LatexCell(text=name), LatexCell(text=""), marked(words.cell(group, say)), LatexCell(text="")
    teams = marked(words.cell(group["teams"], words.count))
    found = words.range_of(group["emissions_kg_co2e"])
    if found is None:
        return LatexCell(text=name), teams, marked(words.cell(group["emissions_kg_co2e"], say)), LatexCell(text="")
    likely = f"{say(found.likely_low)} – {say(found.likely_high)}"
    return LatexCell(text=name), teams, LatexCell(text=say(found.central)), LatexCell(text=likely)


def sentence(inventory: Mapping[str, Any]) -> str:
    """sentence.txt: the public document in two or three sentences of plain text; a withheld figure is left out, and
    where all are, that and the reason are said."""
    sentences = _sentences(inventory) or [_all_withheld(inventory)]
    return templating.plain_text("sentence.txt.j2", {"sentences": sentences})


def _all_withheld(inventory: Mapping[str, Any]) -> str:
    reason = words.cell(inventory["emissions_kg_co2e"], words.mass).reason
    return f"At {inventory['track']}, no figure can be published" + (f": {reason}." if reason else ".")


def _sentences(inventory: Mapping[str, Any]) -> list[str]:
    answers, teams = inventory["answers"], inventory["teams"]
    tracked = _answered(answers["tracked"], teams, "tracked their carbon emissions")
    offset = _answered(answers["offset"], teams, "brought a certificate of retired or cancelled carbon credits")
    sentences = [
        f"At {inventory['track']}, {said}." for said in (" and ".join(filter(None, (tracked, offset))),) if said
    ]
    emitted = _emitted(inventory["emissions_kg_co2e"])
    if emitted:
        sentences.append(f"Gross, the teams’ work emitted {emitted}.")
    if said := since_said(inventory.get("since")):
        sentences.append(said)
    shares = {key: _share(inventory["coverage"][key]) for key in ("declared", "registry_verified")}
    if shares["declared"] is not None:
        said = f"Certificates declared for it amount to {words.share(shares['declared'])} of these emissions"
        if shares["registry_verified"] is not None:
            said += f"; {words.share(shares['registry_verified'])} are offset, that is registry-verified"
        sentences.append(f"{said}. Coverage does not measure credit quality.")
    return sentences


def _emitted(value: Any) -> str:
    """`1.23 kg CO₂e (likely between … and …)`, or a band; empty where it is not published."""
    found = words.range_of(value)
    if found is None:
        return f"{words.cell(value, words.mass).text} CO₂e" if words.band_of(value) else ""
    unit = words.mass_unit([found.central])
    return f"{words.mass(found.central, unit)} CO₂e (likely {words.likely(found, unit)})"


def _answered(value: Any, teams: Any, did: str) -> str:
    """`17 of 21 teams (81 %) tracked …`, or `at least 18 of 21 teams …`; empty where no count is told."""
    if not isinstance(teams, int) or teams < 1:
        return ""
    band = words.band_of(value)
    if band is not None:
        return f"at least {band[0]:,.0f} of {teams:,} teams {did}" if band[0] > 0 and band[1] >= teams else ""
    if not isinstance(value, int) or value > teams:
        return ""
    return f"{value:,} of {words.counted(teams, 'team')} ({words.share_of(value, teams)}) {did}"


def _share(level: Any) -> float | None:
    """A level's share; None where it is withheld or unknown."""
    value = None if words.is_withheld(level) else level["share"]
    return value if isinstance(value, (int, float)) else None
