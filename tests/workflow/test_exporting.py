"""Exports: what can't be read is never told as work that nobody tracked."""

from pathlib import Path

import pytest
from making import a_ledger, a_record

from neuclir_carbon.errors import Rejected, Unreadable
from neuclir_carbon.workflow.exporting import export


@pytest.mark.parametrize("target", ["csv", "text", "json"])
def test_a_file_that_is_no_bundle_gives_no_export(tmp_path: Path, target: str) -> None:
    (tmp_path / "noise").write_bytes(b"noise")
    with pytest.raises(Rejected, match="SUB001"):
        export(tmp_path / "noise", target)


@pytest.mark.parametrize("target", ["csv", "text", "json"])
def test_a_ledger_without_a_sound_record_gives_no_export(tmp_path: Path, target: str) -> None:
    (a_ledger(tmp_path, a_record("a")) / "records" / "a.json").write_text("{}")
    with pytest.raises(Rejected, match=r"a\.json"):
        export(tmp_path, target)


def test_a_paragraph_says_that_records_are_missing(tmp_path: Path) -> None:
    (a_ledger(tmp_path, a_record("a"), a_record("b")) / "records" / "a.json").write_text("{}")
    found = export(tmp_path, "text")
    assert not found.passed
    assert "could not be read" in found.data.decode()


def test_an_empty_ledger_was_not_tracked(tmp_path: Path) -> None:
    assert "not tracked" in export(a_ledger(tmp_path), "text").data.decode()


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="missing"):
        export(tmp_path / "missing", "csv")
