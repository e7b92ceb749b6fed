"""Records of this program, taken over as they are."""

import json
from pathlib import Path

import attrs
import pytest
from intake_files import codes, only, remarks, reported
from making import a_record

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.reported import OwnRecord, Statement
from neuclir_carbon.report.records import records_csv
from neuclir_carbon.store.documents import sealed
from neuclir_carbon.store.intake import own, own_table
from neuclir_carbon.store.intake.recognising import recognise
from neuclir_carbon.store.intake.rows import digest_of

FIRST, SECOND = a_record("20241115T093000Z-00000001"), a_record("20241115T093000Z-00000002", kwh=2.5)


def as_lines(*records: ActivityRecord) -> bytes:
    return b"".join(json.dumps(plain(record)).encode() + b"\n" for record in records)


def owned(statements: list[Statement]) -> list[ActivityRecord]:
    return [statement.record for statement in statements if isinstance(statement, OwnRecord)]


def written(folder: Path, data: bytes) -> Path:
    path = folder / "some file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [as_lines(FIRST, SECOND), b"\n" + as_lines(FIRST) + b"\n\n" + as_lines(SECOND),
     format_json([plain(FIRST), plain(SECOND)]), json.dumps([plain(FIRST), plain(SECOND)]).encode()],
    ids=["lines", "lines among blank ones", "an array", "an array on one line"],
)  # fmt: skip
def test_records_keep_their_ids_and_digests(data: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, data)
    assert recognise(path) is own.FORM
    assert owned(list(own.read(path))) == [FIRST, SECOND]


def test_one_document_is_one_record(tmp_path: Path) -> None:
    path = written(tmp_path, format_json(FIRST))
    assert recognise(path) is own.FORM
    assert owned(list(own.read(path))) == [FIRST]


@pytest.mark.parametrize("is_array", [False, True])
def test_an_altered_record_is_told_with_its_line_and_the_others_are_taken(is_array: bool, tmp_path: Path) -> None:
    altered = attrs.evolve(SECOND, label="another label")
    data = format_json([plain(FIRST), plain(altered)]) if is_array else as_lines(FIRST, altered)
    statements = list(own.read(written(tmp_path, data)))
    assert owned(statements) == [FIRST]
    (remark,) = remarks(statements)
    assert remark.code == "INT025"
    assert remark.message.startswith("EMI005: record_sha256")
    place = data.index(altered.record_id.encode())
    assert remark.line is not None
    assert abs(remark.line - data.count(b"\n", 0, place) - 1) <= 2


HOSTILE = {
    "a line of 10 MB": as_lines(FIRST)[:-2] + b'"x":"' + b"a" * 10_000_000 + b'"}\n',
    "deep": b'{"schema": "activity-record/1", "x": ' + b"[" * 100_000 + b"}\n",
    "NUL bytes": as_lines(FIRST).replace(b'"cpu"', b'"c\0u"'),
    "a huge number": as_lines(FIRST).replace(b"0.1", b"1e400"),
    "a long number": as_lines(FIRST).replace(b"0.1", b"1" * 5000),
    "no UTF-8": as_lines(FIRST).replace(b'"cpu"', b'"c\xffu"'),
    "another schema": as_lines(FIRST).replace(b"activity-record/1", b"activity-record/2"),
    "a torn line": as_lines(FIRST)[:300],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_record_makes_none(name: str, tmp_path: Path) -> None:
    statements = list(own.read(written(tmp_path, HOSTILE[name])))
    assert owned(statements) == []
    assert codes(statements) == ["INT025"]


def test_an_array_without_an_end_is_torn(tmp_path: Path) -> None:
    path = written(tmp_path, format_json([plain(FIRST), plain(SECOND)])[:-3])
    with pytest.raises(Unreadable, match="torn"):
        list(own.read(path))


def test_our_table_gives_its_figures_and_is_known_beside_the_records(tmp_path: Path) -> None:
    path = written(tmp_path, records_csv([FIRST]))
    assert recognise(path) is own_table.FORM
    said = only(list(own_table.read(path)))
    assert said.energy_kwh == FIRST.energy.facility_kwh
    assert said.emissions_kg == FIRST.emissions.operational_kg_co2e
    assert said.pue == 1.0
    assert said.origin.country == "DEU"
    assert digest_of(said) == own_table.digest_in_table(FIRST)


def test_amended_rows_and_steps_of_our_table_are_not_counted_beside_what_contains_them(tmp_path: Path) -> None:
    amended = sealed(attrs.evolve(FIRST, record_id="20241115T093000Z-00000003", supersedes=FIRST.record_id))
    step = sealed(attrs.evolve(SECOND, parent_id=amended.record_id))
    older, newer = records_csv([FIRST]), records_csv([step, amended])
    statements = list(own_table.read(written(tmp_path, older + newer)))
    assert only(statements).identity == (amended.record_id, amended.record_sha256)
    assert codes(statements) == ["INT020", "INT020"]


def test_a_row_of_our_table_without_its_digest_is_not_taken(tmp_path: Path) -> None:
    data = records_csv([FIRST, SECOND]).replace((SECOND.record_sha256 or "").encode(), b"")
    statements = list(own_table.read(written(tmp_path, data)))
    assert len(reported(statements)) == 1
    assert codes(statements) == ["INT002"]
