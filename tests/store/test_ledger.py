"""Ledgers: what was written is read back, a damaged record is named, and the rest is still read."""

import json
from pathlib import Path

import attrs
import pytest
from making import a_ledger, a_record

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.store.files import MAX_DOCUMENT_BYTES
from neuclir_carbon.store.ledger import read_ledger, write_record


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    records = (a_record("a"), a_record("b", kwh=None, run_tags=("t1", "t2")))
    ledger = read_ledger(a_ledger(tmp_path, *records))
    assert ledger.records == records
    assert ledger.findings == ()


def test_an_import_s_lines_are_records_too(tmp_path: Path) -> None:
    a_ledger(tmp_path, a_record("a"))
    one = (tmp_path / "records" / "a.json").read_text()
    line = json.dumps(json.loads(one)) + "\n"
    (tmp_path / "records" / "a.json").unlink()
    (tmp_path / "records" / "import.jsonl").write_text(line + '{"torn": ' + "\n" + "\n")
    ledger = read_ledger(tmp_path)
    assert [record.record_id for record in ledger.records] == ["a"]
    assert [finding.location.path for finding in ledger.findings] == [f"{tmp_path}/records/import.jsonl:2"]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda data: data[: len(data) // 2], "DOC001"),
        (lambda data: b"", "DOC001"),
        (lambda data: b"\x00\xff noise", "DOC001"),
        (lambda data: b"[" * 100_000, "DOC001"),
        (lambda data: b"{}", "DOC002"),
        (lambda data: data.replace(b'"activity": "retrieval"', b'"activity": "training"'), "EMI005"),
    ],
)
def test_a_damaged_record_is_named_and_the_rest_is_read(tmp_path: Path, damage: object, code: str) -> None:
    a_ledger(tmp_path, a_record("good"), a_record("worse"))
    victim = tmp_path / "records" / "worse.json"
    victim.write_bytes(damage(victim.read_bytes()))  # type: ignore[operator]
    ledger = read_ledger(tmp_path)
    assert [record.record_id for record in ledger.records] == ["good"]
    assert {finding.code for finding in ledger.findings} == {code}
    assert all("worse.json" in str(finding) for finding in ledger.findings)


def test_one_id_with_two_contents_is_an_error_and_never_a_silent_choice(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    a_ledger(one, a_record("a", kwh=1.0))
    a_ledger(other, a_record("a", kwh=2.0))
    assert [finding.code for finding in read_ledger(one, other).findings] == ["EMI007"]


def test_the_same_record_in_two_ledgers_counts_once(tmp_path: Path) -> None:
    one, other = a_ledger(tmp_path / "one", a_record("a")), a_ledger(tmp_path / "other", a_record("a"))
    ledger = read_ledger(one, other)
    assert len(ledger.records) == 1
    assert ledger.findings == ()


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_ledger_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unreadable, match=name):
        read_ledger(tmp_path / name)


def test_writing_seals_the_record(tmp_path: Path) -> None:
    path = write_record(tmp_path, attrs.evolve(a_record(), label="changed", record_sha256=None))
    assert read_ledger(tmp_path).findings == ()
    assert path.name == "20241115T093000Z-00000001.json"


@pytest.mark.parametrize("what", ["a file", "a link to nowhere"])
def test_records_that_are_out_of_sight_are_not_an_empty_ledger(tmp_path: Path, what: str) -> None:
    if what == "a file":
        (tmp_path / "records").write_text("")
    else:
        (tmp_path / "records").symlink_to("nowhere")
    with pytest.raises(Unreadable, match="records"):
        read_ledger(tmp_path)


def test_a_file_of_many_records_may_be_larger_than_any_document(tmp_path: Path) -> None:
    """An import of a hundred thousand runs is such a file."""
    padding = " " * (MAX_DOCUMENT_BYTES // 4)
    (tmp_path / "records").mkdir()
    with (tmp_path / "records" / "import.jsonl").open("w") as stream:
        for name in "abcde":
            stream.write(json.dumps(plain(a_record(name))) + padding + "\n")
    ledger = read_ledger(tmp_path)
    assert ([record.record_id for record in ledger.records], ledger.findings) == (list("abcde"), ())
