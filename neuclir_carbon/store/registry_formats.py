"""The exports of registries: which columns each has, and how a row of it becomes credits with a status.

Columns and formats of dates as in carbonplan/offsets-db-data, tests/data (commit cdfd8f77). An export is known by its
header; blanks in it count once, and columns beyond those used here do not matter. Cells are taken as text: "NA" is
Namibia. The CDM's list of attestations (cdm.unfccc.int/Registry/vc_attest) and UNEP-CCC's workbook, which renames its
columns, name no serials.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache

from attrs import frozen

from neuclir_carbon.model.outside import Status

StatusOf = Callable[[str], Status]


@frozen(kw_only=True)
class Export:
    """One kind of export. `columns` must all be there and `without` must not; the latter tells two kinds apart.

    `home` is the programme whose serials most rows have; `serial` are the columns of the row's serials or id, put
    together as `layout` says; `status` tells what became of the credits, from the cell of `status_in`; `units` is the
    column of the printed quantity and `kg_per_unit` what it counts. `programmes` are those of which the export lists
    every retirement.
    """

    kind: str
    home: str
    programmes: tuple[str, ...]
    columns: tuple[str, ...]
    day: str
    day_formats: tuple[str, ...]
    units: str
    serial: tuple[str, ...]
    status: StatusOf
    status_in: str | None = None
    layout: str = "{}"
    project: str | None = None
    kg_per_unit: int = 1000
    has_serials: bool = True
    other_days: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def read_day(self, text: str) -> date | None:
        """The day in the export's own format; None for an empty or an odd cell."""
        return read_day(text, self.day_formats)


@frozen
class Unserialised:
    """A table that is known to carry no serial numbers, and what to bring instead."""

    kind: str
    columns: tuple[str, ...]
    instead: str


ISO = ("%Y-%m-%d",)
AMERICAN = ("%m/%d/%Y",)
EUROPEAN = ("%d/%m/%Y",)
_LEADING_DAY = re.compile(r"\s*([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4})(?![0-9])")


def read_day(text: str, formats: tuple[str, ...]) -> date | None:
    """The day at the beginning of a cell, which a time may follow; None where there is none."""
    found = _LEADING_DAY.match(text)
    return None if found is None else _day(found[1], formats)


@lru_cache(maxsize=16_384)  # an export has few days and many rows
def _day(text: str, formats: tuple[str, ...]) -> date | None:
    for form in formats:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def whole_number(text: str) -> int | None:
    """A quantity with or without thousands commas: `28,571`, `100`, `220.0`; None where it is no whole number."""
    if text.isdecimal() and text.isascii() and len(text) <= 15:
        return int(text)
    clean = re.sub(r"[.]0+$", "", text.strip())
    if re.fullmatch(r"[0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4}", clean):
        return int(clean.replace(",", ""))
    return None


# Both spellings of what was cancelled occur; all else (issued, in a buffer) is not retired.
_GS_STATUSES = {"retired": Status.RETIRED, "canceled": Status.CANCELLED, "cancelled": Status.CANCELLED}


def _always(status: Status) -> StatusOf:
    return lambda _: status


def _gs_status(credit_status: str) -> Status:
    return _GS_STATUSES.get(credit_status.strip().casefold(), Status.ISSUED)


def _verra_status(day: str) -> Status:
    # The export tells no cancellation from a retirement: a day means either.
    return Status.RETIRED if day.strip() else Status.ISSUED


EXPORTS = (
    Export(
        kind="Verra transactions", home="verra-vcs", programmes=("verra-vcs",),
        columns=(
            "Issuance Date", "Vintage Start", "ID", "Quantity Issued", "Serial Number", "Retirement/Cancellation Date",
        ),
        serial=("Serial Number",), units="Quantity Issued", project="ID", day="Retirement/Cancellation Date",
        day_formats=ISO, other_days=("Issuance Date",), status=_verra_status, status_in="Retirement/Cancellation Date",
    ),
    Export(
        kind="Gold Standard retirements", home="gold-standard", programmes=("gold-standard",),
        columns=("Credit Status", "Quantity", "GSID", "Serial Number", "Retirement Date"),
        serial=("Serial Number",), units="Quantity", project="GSID", day="Retirement Date", day_formats=ISO,
        status=_gs_status, status_in="Credit Status",
    ),
    Export(
        kind="Gold Standard issuances", home="gold-standard", programmes=(),
        columns=("Credit Status", "Quantity", "GSID", "Serial Number", "Issuance Date"), without=("Retirement Date",),
        serial=("Serial Number",), units="Quantity", project="GSID", day="Issuance Date", day_formats=ISO,
        status=_gs_status, status_in="Credit Status",
    ),
    Export(
        kind="ACR retirements", home="acr", programmes=("acr",),
        columns=(
            "Credit Serial Numbers", "Quantity of Credits", "Status Effective (GMT)", "Project ID", "Retirement Reason",
        ),
        serial=("Credit Serial Numbers",), units="Quantity of Credits", project="Project ID",
        day="Status Effective (GMT)", day_formats=AMERICAN, status=_always(Status.RETIRED),
    ),
    Export(
        kind="ACR cancellations", home="acr", programmes=(),
        columns=(
            "Credit Serial Numbers", "Quantity of Credits", "Status Effective (GMT)", "Project ID", "Cancellation Type",
        ),
        serial=("Credit Serial Numbers",), units="Quantity of Credits", project="Project ID",
        day="Status Effective (GMT)", day_formats=AMERICAN, status=_always(Status.CANCELLED),
    ),
    Export(
        kind="ART retirements", home="art-trees", programmes=("art-trees", "fcpf"),
        columns=("Credit Serial Numbers", "Quantity of Credits", "Status Effective", "Retirement Reason"),
        serial=("Credit Serial Numbers",), units="Quantity of Credits", day="Status Effective", day_formats=AMERICAN,
        status=_always(Status.RETIRED),
    ),
    Export(
        kind="ART cancellations", home="art-trees", programmes=(),
        columns=("Credit Serial Numbers", "Quantity of Credits", "Status Effective", "Cancellation Reason"),
        serial=("Credit Serial Numbers",), units="Quantity of Credits", day="Status Effective", day_formats=AMERICAN,
        status=_always(Status.CANCELLED),
    ),
    Export(
        kind="CAR retirements", home="car", programmes=("car",),
        columns=(
            "Offset Credit Serial Numbers", "Quantity of Offset Credits", "Status Effective", "Project ID",
            "Retirement Reason",
        ),
        serial=("Offset Credit Serial Numbers",), units="Quantity of Offset Credits", project="Project ID",
        day="Status Effective", day_formats=AMERICAN, status=_always(Status.RETIRED),
    ),
    Export(
        kind="CAR cancellations", home="car", programmes=(),
        columns=(
            "Offset Credit Serial Numbers", "Quantity of Offset Credits", "Status Effective", "Project ID",
            "Cancellation Reason",
        ),
        serial=("Offset Credit Serial Numbers",), units="Quantity of Offset Credits", project="Project ID",
        day="Status Effective", day_formats=AMERICAN, status=_always(Status.CANCELLED),
    ),
    Export(
        kind="Isometric retirements", home="isometric", programmes=("isometric",),
        columns=("retirement_id", "retired_at", "credit_batch_size_total.credit_kgs"),
        serial=("retirement_id",), units="credit_batch_size_total.credit_kgs", kg_per_unit=1, day="retired_at",
        day_formats=ISO, status=_always(Status.RETIRED),
    ),
    Export(
        kind="Cercarbono retirements", home="cercarbono", programmes=("cercarbono",),
        columns=("project_id", "serial", "date", "quantity", "from", "to"),
        serial=("serial", "from", "to"), layout="{} {}-{}", units="quantity", project="project_id",
        day="date", day_formats=ISO, status=_always(Status.RETIRED),
    ),
    Export(
        kind="CDM list of attestations", home="cdm", programmes=(), has_serials=False,
        columns=("Project/POA number", "Quantity of units cancelled", "Date of completion"),
        serial=("Project/POA number",), units="Quantity of units cancelled", project="Project/POA number",
        day="Date of completion", day_formats=EUROPEAN, status=_always(Status.CANCELLED),
    ),
    Export(
        kind="CDM voluntary cancellations (UNEP-CCC)", home="cdm", programmes=(), has_serials=False,
        columns=("Ref.", "Quantity of units cancelled", "Date", "Attestation letter"),
        serial=("Ref.",), units="Quantity of units cancelled", project="Ref.", day="Date",
        day_formats=(*EUROPEAN, *ISO), status=_always(Status.CANCELLED),
    ),
)  # fmt: skip
UNSERIALISED = (
    Unserialised(
        "a registry's report of issuances", ("Date Issued", "Project ID", "Total Offset Credits Issued"),
        "bring the export of retirements",
    ),
    Unserialised(
        "a registry's report of issuances", ("Date Issued (GMT)", "Total Credits Issued", "Project ID"),
        "bring the export of retirements",
    ),
)  # fmt: skip


def plain_header(names: Sequence[str]) -> tuple[str, ...]:
    """A header's names with blanks counted once and none at their ends."""
    return tuple(" ".join(name.split()) for name in names)


def export_of(header: Sequence[str]) -> Export | None:
    """The kind of export that has such a header; None where none is known."""
    names = set(header)
    fitting = (export for export in EXPORTS if names.issuperset(export.columns) and names.isdisjoint(export.without))
    return next(fitting, None)


def unserialised(header: Sequence[str]) -> Unserialised | None:
    """The known table without serials that has such a header; None where it is none."""
    return next((table for table in UNSERIALISED if set(header).issuperset(table.columns)), None)
