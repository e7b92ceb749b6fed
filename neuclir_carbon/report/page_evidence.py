"""The tables of what the figures rest on: certificates, and the sources of factors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.model.inventory import LEVELS, CertificateRow, CountedActivity, CoverageBeside
from neuclir_carbon.model.letter import TeamLetter
from neuclir_carbon.model.record import Factor
from neuclir_carbon.report import words
from neuclir_carbon.report.page_tables import MAX_ROWS, Column, Table, amount, limited, text
from neuclir_carbon.report.words import Cell

UNKNOWN_YEAR = "not given"


def certificates_table(certificates: Sequence[CertificateRow]) -> Table:
    """Certificates by allocation, disputed ones first: the level reached, what raised it, and what holds it back."""
    columns = (
        Column(head="Certificate"), Column(head="programme", short=True), Column(head="team"), Column(head="scope"),
        Column(head="quantity, kg", numeric=True), Column(head="allocated, kg", numeric=True),
        Column(head="level", short=True), Column(head="raised by"), Column(head="held by"), Column(head="decision"),
    )  # fmt: skip
    ordered = sorted(
        certificates, key=lambda row: (not row.disputed, -row.allocated_kg, row.team, row.certificate_id, row.scope_id)
    )
    rows = tuple(
        (
            text(row.certificate_id), text(row.programme), text(row.team), text(row.scope_id),
            words.cell(row.quantity_kg, words.count), words.cell(row.allocated_kg, words.count),
            _level(row), text("; ".join(f"{words.plainly(rise.level)}: {rise.by}" for rise in row.rises)),
            _held(row), text(row.decision),
        )
        for row in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = limited(certificates, "certificates.csv")
    return Table(
        id="certificates-table", caption="Certificates and their allocations", columns=columns, rows=rows,
        remark=remark, sortable=True,
    )  # fmt: skip


def levels_table(coverage: Mapping[str, Any], beside: CoverageBeside | None) -> Table:
    """Coverage at each level, with the shares that the range of the emissions allows."""
    unit = words.mass_unit(coverage[level]["kg"] for level in LEVELS)
    columns = (
        Column(head="Level", short=True), Column(head=f"covered, {unit.name}", numeric=True),
        Column(head="share", numeric=True), Column(head="least", numeric=True), Column(head="largest", numeric=True),
        Column(head="for the whole track, kg", numeric=True),
    )  # fmt: skip
    rows = []
    for level in LEVELS:
        least, largest = (beside.share_range[level] if beside else None) or (None, None)
        rows.append(
            (
                text(words.plainly(level)), amount(unit, coverage[level]["kg"]),
                *(words.cell(share, words.share) for share in (coverage[level]["share"], least, largest)),
                words.cell(beside.pooled_kg[level] if beside else None, words.count),
            )
        )  # fmt: skip
    remark = "The least and the largest share are those at the highest and at the lowest emissions."
    if beside and beside.surplus_kg > 0:
        remark += f" Teams declared {words.mass(beside.surplus_kg)} beyond their emissions; that covers nobody."
    return Table(
        id="levels-table", caption="Coverage at each level", columns=columns, rows=tuple(rows), remark=remark
    )  # fmt: skip


def coverage_table(letters: Iterable[TeamLetter]) -> Table:
    """What certificates cover of each team's emissions by level, up to these, and what its claims lack to rise."""
    claiming = [letter for letter in letters if any(level.kg for level in letter.levels.values()) or letter.disputed_kg]
    unit = words.mass_unit(letter.levels["declared"].kg for letter in claiming)
    columns = (
        Column(head="Team"), *(Column(head=f"{words.plainly(level)}, {unit.name}", numeric=True) for level in LEVELS),
        Column(head="disputed, kg", numeric=True), Column(head="to rise"),
    )  # fmt: skip
    ordered = sorted(claiming, key=lambda letter: (-letter.levels["declared"].kg, letter.team))
    rows = tuple(
        (
            text(letter.team), *(amount(unit, letter.levels[level].kg) for level in LEVELS),
            words.cell(letter.disputed_kg, words.count), text(letter.next_step),
        )
        for letter in ordered[:MAX_ROWS]
    )  # fmt: skip
    return Table(
        id="coverage-table", caption="Coverage by team, up to its emissions", columns=columns, rows=rows,
        remark=limited(ordered, "certificates.csv"), sortable=True,
    )  # fmt: skip


def disputes_said(certificates: Iterable[CertificateRow]) -> str:
    """How much is disputed, in a sentence; empty where nothing is."""
    disputed = [row for row in certificates if row.disputed]
    if not disputed:
        return ""
    claims = words.counted(len(disputed), "allocation is", "allocations are")
    kg = words.mass(float(sum(row.allocated_kg for row in disputed)))
    return f"{claims} disputed, {kg} in all: it counts as declared and at no higher level until somebody settles it."


def _level(row: CertificateRow) -> Cell:
    branch = ", list-matched" if row.list_matched and row.level != "list_matched" else ""
    return text(words.plainly(row.level) + branch)


def _held(row: CertificateRow) -> Cell:
    """The codes that hold a claim at declared; a dispute is said first."""
    return text(" ".join(filter(None, ("disputed:" if row.disputed else "", *row.held_by))))


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
            text(name.replace("_", " ")), text(source), text(year), text(version),
            Cell(text=_span([factor.value for factor in factors])), text(unit),
            words.cell(len(factors), words.count),
        )
        for (name, source, year, version, unit), factors in ordered[:MAX_ROWS]
    )  # fmt: skip
    remark = limited(list(found), "inventory.json")
    return Table(
        id="sources-table", caption="Sources of the factors", columns=columns, rows=rows, remark=remark, sortable=True
    )


def _span(values: Sequence[float]) -> str:
    low, high = words.number(min(values), 4), words.number(max(values), 4)
    return low if low == high else f"{low} – {high}"
