"""Both editions of a track's report, each as one HTML page that needs nothing from outside.

What a page shows is put together here as plain values (`Cell`, `Table` …) and laid out by `templates/`. Everything that
a stranger wrote passes `words.visible` and HTML escaping on its way into the page, whoever wrote the template; a
content security policy lets only our own style and script work, by their digests.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.inventory import (
    GROUPINGS,
    LEVELS,
    CertificateRow,
    CountedActivity,
    Inventory,
    RunRow,
    TeamRow,
    TrackDetails,
)  # fmt: skip
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.model.record import Factor
from neuclir_carbon.report import charts, words
from neuclir_carbon.report.charts import Drawing
from neuclir_carbon.report.words import Cell, Unit
from neuclir_carbon.resources import template_text

if TYPE_CHECKING:
    from jinja2 import Environment

MAX_ROWS = 1000
MAX_FINDINGS_OF_A_CODE = 50
MAX_MEASURES = 8
MAX_MESSAGE = 2000
OPEN_CODES = 5
GROUP_TITLES = {
    "by_activity": "By activity", "by_method": "By method", "by_task": "By task", "by_month": "By month of the start",
    "by_place": "By country", "by_basis": "By basis of the carbon intensity",
    "by_data_year": "By year of the grid data",
}  # fmt: skip
_SEVERITIES = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.NOTE: "Notes"}


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


@frozen(kw_only=True)
class Total:
    """The headline: amount and unit apart with its ranges in words, or (unit empty) what `cell` says instead."""

    cell: Cell
    amount: str = ""
    unit: str = ""
    likely: str = ""
    hull: str = ""


@frozen(kw_only=True)
class LevelLine:
    """One level of coverage: its share and mass, or `whole` with the reason where the level is withheld."""

    label: str
    is_side_branch: bool
    share: Cell
    mass: Cell
    whole: Cell


@frozen(kw_only=True)
class Fact:
    """One labelled value of the summary."""

    label: str
    cell: Cell


@frozen(kw_only=True)
class MethodPart:
    """One method's part of the strip, in thousandths of its length."""

    kind: str
    name: str
    start: str
    width: str
    said: str


@frozen(kw_only=True)
class Remark:
    """A sentence, and the reason where a value in it is withheld."""

    text: str
    reason: str = ""


@frozen(kw_only=True)
class Summary:
    """The first screen of either edition."""

    track: str
    as_of: str
    tool: str
    total: Total
    meaning: str
    levels: tuple[LevelLine, ...]
    offset: str
    facts: tuple[Fact, ...]
    methods: tuple[MethodPart, ...]
    methods_said: str
    beside: tuple[Remark, ...]
    gaps: tuple[Remark, ...]


@frozen(kw_only=True)
class FoundCode:
    """The findings of one code; only the first ones are listed."""

    code: str
    said: str
    summary: str
    explanation: str
    findings: tuple["FoundPlace", ...]
    left_out: str


@frozen(kw_only=True)
class FoundPlace:
    """One finding: its place (may be empty) and its message."""

    place: str
    message: str


@frozen(kw_only=True)
class SeverityGroup:
    """The codes of one severity. `is_open`: few enough to be shown unfolded."""

    title: str
    is_error: bool
    is_open: bool
    codes: tuple[FoundCode, ...]


def organizer_page(
    inventory: Inventory,
    details: TrackDetails,
    *,
    rules: Mapping[str, Entry[Any]] | None = None,
    drawings: Sequence[Drawing] | None = None,
) -> str:
    """The organizer's edition as HTML.

    `rules` (code → entry of a rulebook) brings the texts that `explain` prints; `drawings` are the figures where they
    have been drawn already.
    """
    document = plain(inventory)
    severities = _severities(details.findings, rules or {})
    counts = inventory.findings
    return _rendered(
        "organizer.html.j2",
        document,
        edition="organizer’s edition",
        drawings=charts.organizer_drawings(inventory, details) if drawings is None else drawings,
        teams=_teams_table(details.teams),
        runs=_runs_table(details.runs),
        groups=[_group_table(key, document) for key in GROUPINGS],
        activities=_activities_table(details.activities),
        certificates=_certificates_table(details.certificates),
        severities=severities,
        findings_count=f"{counts.error + counts.warning + counts.note:,}",
        findings_said=_findings_said(document["findings"]),
        sources=_sources_table(details.activities),
        script=_inlined("tables.js"),
    )


def public_page(inventory: Mapping[str, Any], *, drawings: Sequence[Drawing] | None = None) -> str:
    """The public edition as HTML, from a public document only: the organizer's is refused with ValueError."""
    if inventory.get("edition") != "public":
        raise ValueError("a public page is made from a document of edition 'public' only")
    return _rendered(
        "public.html.j2",
        inventory,
        edition="public edition",
        drawings=charts.public_drawings(inventory) if drawings is None else drawings,
        groups=[_group_table(key, inventory) for key in GROUPINGS],
        withheld=list(inventory.get("withheld", ())),
        script=None,
    )


# The frame


def _rendered(template: str, document: Mapping[str, Any], *, script: str | None, **values: Any) -> str:
    style = _inlined("style.css")
    return (
        _environment()
        .get_template(template)
        .render(
            summary=_summary(document), reasons=_reasons(document), style=style, script=script,
            content_policy=_content_policy(style, script), **values,
        )
    )  # fmt: skip


@cache
def _environment() -> "Environment":
    """Jinja with HTML escaping on and undefined names refused; every string is made visible first."""
    import jinja2
    import markupsafe

    def shown(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
            return words.visible(value, most=MAX_MESSAGE)
        return value

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text), autoescape=True, undefined=jinja2.StrictUndefined,
        finalize=shown, trim_blocks=False, keep_trailing_newline=True,
    )  # fmt: skip


def _inlined(name: str) -> str:
    """The text of our own style sheet or script, which stands in the page as it is."""
    import markupsafe

    return markupsafe.Markup(template_text(name))  # noqa: S704 (our own file, not a stranger's text)


def _content_policy(style: str, script: str | None) -> str:
    allowed = f"script-src {_digest(script)}" if script else "script-src 'none'"
    return f"default-src 'none'; style-src {_digest(style)}; {allowed}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _reasons(document: Any) -> dict[str, int]:
    """The reasons for withheld values, numbered in the order of the document."""
    found: dict[str, int] = {}

    def walk(value: Any) -> None:
        if words.is_withheld(value):
            found.setdefault(str(value["reason"]), len(found) + 1)
        elif isinstance(value, Mapping):
            for item in value.values():
                walk(item)

    walk(document)
    return found


# The first screen


def _summary(document: Mapping[str, Any]) -> Summary:
    methods, said = _methods(document["by_method"])
    tool = document["tool"]
    return Summary(
        track=document["track"],
        as_of=document["as_of"],
        tool=f"{tool['name']} {tool['version']}",
        total=_total(document["emissions_kg_co2e"]),
        meaning=_meaning(document),
        levels=tuple(_level(name, document["coverage"][name]) for name in LEVELS),
        offset=_offset_said(document),
        facts=tuple(_facts(document)),
        methods=methods,
        methods_said=said,
        beside=tuple(_beside(document)),
        gaps=tuple(_gaps(document)) or (Remark(text="Nothing that was reported is missing from the total."),),
    )


def _total(value: Any) -> Total:
    found = words.range_of(value)
    if found is None:
        return Total(cell=words.cell(value, words.mass))
    unit = words.mass_unit([found.central])
    return Total(
        cell=Cell(text=words.mass(found.central, unit), sort=found.central),
        amount=words.number(found.central / unit.size),
        unit=unit.name,
        likely=words.likely(found, unit),
        hull=words.hull(found, unit),
    )


def _meaning(document: Mapping[str, Any]) -> str:
    """What the total is about; figures that are withheld are left out of the sentence."""
    counts = [
        words.counted(document[key], noun, many)
        for key, noun, many in (("teams", "team", "teams"), ("runs", "run", "runs"))
        if isinstance(document[key], int)
    ]
    activities = document["activities"]
    whose = f"The work of {' with '.join(counts)}" if counts else "The teams’ work"
    if isinstance(activities, int):
        whose += f", {words.counted(activities, 'activity', 'activities')} in all"
    return f"{whose}; each activity counts once. Nothing is subtracted."


def _facts(document: Mapping[str, Any]) -> Iterable[Fact]:
    teams = document["teams"]
    yield Fact(label="Teams", cell=words.cell(teams, words.count))
    yield Fact(label="Runs", cell=words.cell(document["runs"], words.count))
    yield Fact(label="Teams that tracked", cell=_answer(document["answers"]["tracked"], teams))
    yield Fact(label="Teams with a certificate", cell=_answer(document["answers"]["offset"], teams))
    yield Fact(label="Operational CO₂e", cell=words.cell(document["operational_kg_co2e"], words.mass))
    yield Fact(label="Embodied CO₂e", cell=words.cell(document["embodied_kg_co2e"], words.mass))
    yield Fact(label="IT energy", cell=words.cell(document["it_energy_kwh"], words.energy))
    yield Fact(label="Facility energy (× PUE)", cell=words.cell(document["facility_energy_kwh"], words.energy))


def _answer(value: Any, teams: Any) -> Cell:
    """How many teams gave an answer, with the share where both counts are told."""
    band = words.band_of(value)
    if band and isinstance(teams, int) and band[1] >= teams:
        return Cell(text=f"at least {band[0]:,.0f} of {teams:,}", reason=words.reason_of(value))
    shown = words.cell(value, words.count)
    if isinstance(value, int) and isinstance(teams, int) and 0 < teams >= value:
        return Cell(text=f"{value:,} of {teams:,} ({words.share_of(value, teams)})", sort=value)
    return shown


def _level(name: str, value: Any) -> LevelLine:
    whole = words.cell(value, words.share) if words.is_withheld(value) else Cell(text="")
    told = {} if words.is_withheld(value) else value
    return LevelLine(
        label=words.plainly(name),
        is_side_branch=name == "list_matched",
        share=words.cell(told.get("share"), words.share),
        mass=words.cell(told.get("kg"), words.mass),
        whole=whole,
    )


def _offset_said(document: Mapping[str, Any]) -> str:
    """What may be called offset: only what is registry-verified."""
    level, residual = document["coverage"]["registry_verified"], document["residual_kg"]
    kg = None if words.is_withheld(level) else level["kg"]
    if kg is None or words.is_withheld(kg):
        said = "Only what is registry-verified is called offset; how much that is can’t be told here."
    elif kg == 0:
        said = "Nothing is registry-verified, so nothing here is called offset."
    else:
        said = f"Only the registry-verified part is called offset: {words.mass(kg)}."
    if isinstance(residual, (int, float)):
        said += f" Not covered at that level: {words.mass(residual)}."
    return said


def _methods(groups: Mapping[str, Any]) -> tuple[tuple[MethodPart, ...], str]:
    """The strip's parts and the same in words; no parts where a share is not told."""
    order = ("measured", "imported", "estimated")
    found = {
        name: None if words.is_withheld(group) else words.range_of(group["emissions_kg_co2e"])
        for name, group in sorted(groups.items(), key=lambda item: (item[0] not in order, item[0]))
    }
    if not found:
        return (), "No activity’s emissions are known."
    known = {name: value.central for name, value in found.items() if value is not None}
    whole = sum(known.values())
    if len(known) < len(found) or whole == 0:
        return (), "How much was measured, imported and estimated is told under Groups, as far as it may be."
    parts, start = [], 0.0
    for name in sorted(known, key=lambda name: (order.index(name) if name in order else len(order), name)):
        width = 1000 * known[name] / whole
        said = words.share(known[name] / whole)
        kind = name if name in order else words.UNKNOWN
        parts.append(MethodPart(kind=kind, name=name, start=f"{start:.2f}", width=f"{width:.2f}", said=said))
        start += width
    return tuple(parts), ", ".join(f"{part.name} {part.said}" for part in parts)


def _beside(document: Mapping[str, Any]) -> Iterable[Remark]:
    """Sentences about the figures that stand apart from the total: the organizers' own work, one year's factors."""
    sentences = (
        ("evaluation", "The organizers’ own evaluation stands apart: {}."),
        ("total_with_evaluation_kg_co2e", "Teams and evaluation together: {}."),
        ("harmonized", "The same energies under one year’s factors: {}."),
    )
    for key, sentence in sentences:
        value = document[key]
        if value is None:
            continue
        found = words.range_of(value)
        said = words.cell(value, words.mass).text if found is None else _ranged(found)
        yield Remark(text=sentence.format(said), reason=words.reason_of(value))


def _ranged(found: Range) -> str:
    unit = words.mass_unit([found.central])
    return f"{words.mass(found.central, unit)}, likely {words.likely(found, unit)}"


def _gaps(document: Mapping[str, Any]) -> Iterable[Remark]:
    """Sentences about what is missing; a count that is 0 needs none."""
    placeless = document["by_basis"].get("unspecified", 0)
    if isinstance(placeless, Mapping) and not words.is_withheld(placeless):
        placeless = placeless["activities"]
    sentences = (
        (document["records_without_emissions"], "have unknown emissions", ", which are not in the total"),
        (document["records_without_embodied"], "have no embodied part", ", which is missing from the total"),
        (placeless, "name no place", ": the world’s mean and range stand in for their grid"),
        (document["counted_earlier"], "were counted in an earlier year", " and are not in this total"),
    )
    for value, what, so in sentences:
        if value is None or value == 0:
            continue
        if isinstance(value, int):
            said = f"{words.counted(value, 'activity', 'activities')} {_agreeing(what + so, value)}."
        elif words.band_of(value):
            said = f"B{words.cell(value, words.count).text[1:]} activities {what}{so}."
        else:
            said = f"How many activities {what} is withheld."
        yield Remark(text=said, reason=words.reason_of(value))
    unanswered = document["answers"]["unanswered"]
    if isinstance(unanswered, int) and unanswered:
        yield Remark(text=f"{words.counted(unanswered, 'team')} gave no answer.")


def _agreeing(what: str, count: int) -> str:
    """The sentence's end in the singular for one activity."""
    if count != 1:
        return what
    swaps = {"have ": "has ", "name ": "names ", "were ": "was ", "and are ": "and is ", "their grid": "its grid"}
    for many, one in swaps.items():
        what = what.replace(many, one)
    return what


# Tables


def _text(value: str | None, *, most: int = words.MAX_TEXT) -> Cell:
    return Cell(text=words.visible(value, most=most) if value else "")


def _yes(value: bool) -> Cell:
    return Cell(text="yes" if value else "no")


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


def _group_table(key: str, document: Mapping[str, Any]) -> Table:
    """One grouping; a withheld group keeps its row, with the reason."""
    groups = document[key]
    told = [group for group in groups.values() if not words.is_withheld(group)]
    digits = charts.GROUP_DIGITS[document["edition"]]
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


def _limited(rows: Sequence[Any], file: str) -> str:
    """The remark under a caption where a table does not show all rows."""
    return f"The {MAX_ROWS:,} largest of {len(rows):,}; all are in {file}." if len(rows) > MAX_ROWS else ""


def _teams_table(teams: Sequence[TeamRow]) -> Table:
    ordered = sorted(teams, key=lambda row: (-row.emissions_kg_co2e.central, row.team))
    unit = words.mass_unit(row.emissions_kg_co2e.central for row in teams)
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


def _runs_table(runs: Sequence[RunRow]) -> Table:
    """Runs with their scores beside their share of the emissions."""
    ordered = sorted(runs, key=lambda row: (-row.share_kg_co2e.central, row.team, row.run_tag))
    unit = words.mass_unit(row.share_kg_co2e.central for row in runs)
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


def _score(value: float | None) -> Cell:
    return Cell(text="–") if value is None else Cell(text=words.number(value), sort=value)


def _activities_table(activities: Sequence[CountedActivity]) -> Table:
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


def _certificates_table(certificates: Sequence[CertificateRow]) -> Table:
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


def _sources_table(activities: Iterable[CountedActivity]) -> Table:
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


UNKNOWN_YEAR = "not given"


def _span(values: Sequence[float]) -> str:
    low, high = words.number(min(values), 4), words.number(max(values), 4)
    return low if low == high else f"{low} – {high}"


# Findings


def _findings_said(counts: Mapping[str, int]) -> str:
    parts = [words.counted(counts[key], key) for key in ("error", "warning", "note") if counts[key]]
    return f"{', '.join(parts)}; in full in findings.json." if parts else "Nothing was found to be wrong."


def _severities(findings: Iterable[Finding], rules: Mapping[str, Entry[Any]]) -> list[SeverityGroup]:
    """Findings by severity and code, errors first and the most frequent code first."""
    grouped: dict[Severity, dict[str, list[Finding]]] = {severity: {} for severity in Severity}
    for finding in findings:
        grouped[finding.severity].setdefault(finding.code, []).append(finding)
    shown = []
    for severity, codes in grouped.items():
        if not codes:
            continue
        ordered = sorted(codes.items(), key=lambda item: (-len(item[1]), item[0]))
        shown.append(
            SeverityGroup(
                title=f"{_SEVERITIES[severity]} ({sum(map(len, codes.values())):,})",
                is_error=severity is Severity.ERROR,
                is_open=severity is Severity.ERROR and len(codes) <= OPEN_CODES,
                codes=tuple(_found_code(code, found, rules.get(code)) for code, found in ordered),
            )
        )
    return shown


def _found_code(code: str, found: Sequence[Finding], rule: Entry[Any] | None) -> FoundCode:
    left_out = len(found) - MAX_FINDINGS_OF_A_CODE
    return FoundCode(
        code=code,
        said=f"× {len(found):,}",
        summary=rule.summary if rule else found[0].message,
        explanation=" ".join(rule.explanation.split()) if rule else "",
        findings=tuple(
            FoundPlace(place=str(finding.location), message=finding.message)
            for finding in found[:MAX_FINDINGS_OF_A_CODE]
        ),
        left_out=f"{left_out:,}" if left_out > 0 else "",
    )
