"""`export --to csv` read again: its figures, without the ranges and factors that only the records themselves hold."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuclir_carbon.checks.intake import BAD_ROW, IMPOSSIBLE, LEFT_OUT
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.reported import Origin, Remark, Reported, Statement
from neuclir_carbon.model.times import parse_time
from neuclir_carbon.store.intake.form import Form, Head, has_header
from neuclir_carbon.store.intake.labels import label
from neuclir_carbon.store.intake.rows import digest_of
from neuclir_carbon.store.intake.table import Row, read_rows

TOOL = "neuclir-carbon"
MOST_RECORDS = 1_000_000
_NEEDED = frozenset({"record_id", "record_sha256", "facility_energy_kwh", "operational_kg_co2e"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBERS = ("duration_s", "it_energy_kwh", "facility_energy_kwh", "operational_kg_co2e", "embodied_kg_co2e", "pue")


def _is_header(names: Sequence[str]) -> bool:
    return set(names) >= _NEEDED


def _looks_like(head: Head) -> bool:
    return has_header(head, _is_header, "record_sha256")


def read(path: Path) -> Iterator[Statement]:
    """The rows that count: neither amended by another row nor a step within one."""
    known, amended = _ids(path)
    embodied = 0
    for row in read_rows(path, _is_header):
        if isinstance(row, Remark):
            yield row
        elif not row.fits:
            yield Remark(BAD_ROW.code, f"has {len(row.cells):,} cells, wanted {row.width:,}", row.line)
        elif row.get("record_id") in amended or row.get("parent_id") in known:
            yield Remark(LEFT_OUT.code, "is amended by another row, or a step within one", row.line)
        else:
            try:
                yield _statement(row)
            except ValueError as error:
                yield Remark(BAD_ROW.code, str(error), row.line)
            embodied += bool(row.get("embodied_kg_co2e"))
    if embodied:
        yield Remark(
            LEFT_OUT.code,
            f"manufacture, ranges and factors of {embodied:,} records are not taken over from a table: import the "
            "records themselves (`records/`, or `export --to json`)",
        )


def digest_in_table(record: ActivityRecord) -> bytes:
    """What a record is known by where it stands in such a table."""
    identity = (record.record_id, record.record_sha256)
    return digest_of(Reported(line=None, origin=Origin(tool=TOOL), identity=identity))


def _ids(path: Path) -> tuple[set[str], set[str]]:
    """(all records of the table, those that another one amends)."""
    known: set[str] = set()
    amended: set[str] = set()
    for row in read_rows(path, _is_header):
        if isinstance(row, Row):
            known.add(row.get("record_id")[:200])
            amended.add(row.get("supersedes")[:200])
            if len(known) > MOST_RECORDS:
                raise Unreadable(f"{path} has more than {MOST_RECORDS:,} records; import the records themselves")
    return known - {""}, amended - {""}


def _statement(row: Row) -> Reported | Remark:
    values = {column: row.number(column) for column in _NUMBERS}
    for column, value in values.items():
        if value is not None and value < 0:
            return Remark(IMPOSSIBLE.code, f"{column} is {value:g}, which is below 0", row.line)
    record_id, digest = row.get("record_id"), row.get("record_sha256")
    if not record_id or not _DIGEST.fullmatch(digest):
        raise ValueError(f"record_sha256 is {digest[:40]!a}, wanted 64 hexadecimal digits")
    pue, energy_kwh = values["pue"], values["facility_energy_kwh"]
    if energy_kwh is None:
        energy_kwh, pue = values["it_energy_kwh"], None
    country = row.get("country")
    started_s, duration_s = _moment(row.get("started_at")), values["duration_s"]
    return Reported(
        line=row.line,
        origin=Origin(tool=TOOL, country=country or None, region=row.get("region")[:200] or None),
        identity=(record_id, digest),
        label=label(row.get("label").removeprefix("'")),
        written_s=started_s + duration_s if started_s is not None and duration_s is not None else None,
        started_s=started_s,
        has_zone=started_s is not None,
        duration_s=duration_s,
        energy_kwh=energy_kwh,
        pue=pue,
        emissions_kg=values["operational_kg_co2e"],
    )


def _moment(text: str) -> float | None:
    try:
        return parse_time(text[:60]).timestamp() if text else None
    except (ValueError, OverflowError):
        raise ValueError(f"started_at is {text[:40]!a}, which is no time") from None


FORM = Form(name="neuclir-carbon-csv", title="this program's export --to csv", looks_like=_looks_like, read=read)
