"""What a file is, told by its content."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from intake_files import DATA

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.intake.recognising import FORMS, read_head, recognise


def zipped(name: str) -> bytes:
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr(name, "duration,emissions,run_id\n1,2,3\n")
    return sheet.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped("[Content_Types].xml"), "spreadsheet"), (zipped("emissions.csv"), "zip archive"),
        (gzip.compress(b"duration,emissions,run_id\n", mtime=0), "gzip"), (b"%PDF-1.7\n", "PDF"),
        (b"SQLite format 3\0" + b"\0" * 100, "SQLite"), (b"\x89PNG\r\n\x1a\n", "PNG"),
        ("duration,emissions,run_id\n".encode("utf-16"), "UTF-16"), (b"PAR1abc", "Parquet"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_named_with_its_remedy(data: bytes, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=kind):
        recognise(path)


@pytest.mark.parametrize("path", sorted(path for path in DATA.rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_every_file_is_of_one_format_at_most(path: Path) -> None:
    try:
        found = recognise(path)
    except Unreadable:
        return
    if found is None:
        return
    fitting = [form.name for form in FORMS if form.looks_like(read_head(path))]
    # ir_metadata of the tracker is ir_metadata too.
    assert fitting in ([found.name], ["tirex", "ir-metadata"])
