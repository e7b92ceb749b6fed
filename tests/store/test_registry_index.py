"""Registries' exports: known by their header, read once, and asked in the same words whatever the registry."""

import csv
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_files import HEADERS, SAMPLES, an_export, vcu, verra_row

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.outside import MOST_ROWS, Status
from neuclir_carbon.store import registry_rows
from neuclir_carbon.store.registry_formats import read_day, whole_number
from neuclir_carbon.store.registry_index import VERSION, open_registry, registry_folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/registry"


KINDS = {
    "verra-transactions.csv": ("Verra transactions", date(2026, 4, 13)),
    "gold-standard-retirements.csv": ("Gold Standard retirements", date(2026, 4, 13)),
    "acr-retirements.csv": ("ACR retirements", date(2026, 4, 13)),
    "car-retirements.csv": ("CAR retirements", date(2026, 4, 6)),
    "isometric-retirements.csv": ("Isometric retirements", date(2026, 4, 8)),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_real_export_is_known_by_its_header_and_every_row_of_it_is_read(name: str) -> None:
    (file,) = open_registry([SAMPLES / name]).files
    rows = list(csv.reader((SAMPLES / name).open(encoding="utf-8", newline="")))
    assert (file.name, file.kind, file.as_of) == (name, *KINDS[name])
    assert (file.rows, file.unread, file.unequal) == (len(rows) - 1, 0, 0)


ROWS = {
    "gs-issuances": ({"Serial Number": "GS1-1-NA-GS7-16-2024-9-1-5", "Quantity": "5", "GSID": "7",
                      "Credit Status": "Issued", "Issuance Date": "2026-04-13T12:35:58.8"},
                     "gold-standard:9", Status.ISSUED, date(2026, 4, 13)),
    "gs": ({"Serial Number": "GS1-1-ZW-GS12875-16-2024-29978-1-5", "Quantity": "5", "GSID": "12875",
            "Credit Status": "Canceled", "Retirement Date": ""}, "gold-standard:29978", Status.CANCELLED, None),
    "acr-cancellations": ({"Credit Serial Numbers": "ACR-US-407-2025-2899-1 to 5", "Quantity of Credits": "5",
                           "Status Effective  (GMT)": "10/20/2025 11:14:22 PM", "Project ID": "ACR407"},
                          "acr:407:2025:2899", Status.CANCELLED, date(2025, 10, 20)),
    "art": ({"Credit Serial Numbers": "FCPF-CI-130-2023-20-1 to 5", "Quantity of Credits": "5",
             "Status Effective": "04/08/2026"}, "fcpf:130:2023:20", Status.RETIRED, date(2026, 4, 8)),
    "cercarbono": ({"project_id": "1", "serial": "CDC_1_1_1_321_14_1_2009", "date": "2022-02-24 20:20:59",
                    "quantity": "5", "from": "1", "to": "5"}, "cercarbono:CDC_1_1_1_321_14_1_2009", Status.RETIRED,
                   date(2022, 2, 24)),
    "verra": (verra_row(1, 5, "2026-04-09"), "verra", Status.RETIRED, date(2026, 4, 9)),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
def test_each_registrys_row_becomes_credits_with_a_status_and_a_day(kind: str, tmp_path: Path) -> None:
    row, key, status, day = ROWS[kind]
    index = open_registry([an_export(tmp_path / "x.csv", kind, [row])])
    (found,) = index.rows_over(key, 5, 9)
    assert (found.start, found.end, found.status, found.day) == (1, 5, status, day)
    assert (found.quantity_kg, found.line, found.file.name) == (5000, 2, "x.csv")
    assert index.files[0].unread == index.files[0].unequal == 0


def test_a_row_is_told_by_its_first_line_though_a_note_has_line_breaks(tmp_path: Path) -> None:
    row = {"Serial Number": "GS1-1-NA-GS7-16-2024-9-1-5", "Quantity": "5", "Credit Status": "Retired", "Note": "a\nb\n"}
    other = {**row, "Serial Number": "GS1-1-NA-GS7-16-2024-9-6-10", "Note": ""}
    index = open_registry([an_export(tmp_path / "x.csv", "gs", [row, other])])
    assert [found.line for found in index.rows_over("gold-standard:9", 1, 10)] == [2, 5]


@pytest.mark.parametrize(
    ("text", "number"),
    [("28,571", 28571), ("187", 187), ("220.0", 220), ("1,2", None), ("", None), ("NA", None), ("0.004", None)],
)
def test_a_quantity_may_have_thousands_commas(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def test_a_day_is_read_in_the_registrys_own_order() -> None:
    assert read_day("4/13/2026 7:15:01 PM", ("%m/%d/%Y",)) == date(2026, 4, 13)
    assert read_day("03/04/2026", ("%d/%m/%Y",)) == date(2026, 4, 3)
    assert [read_day(text, ("%Y-%m-%d",)) for text in ("", "2026-02-30", "soon")] == [None, None, None]


def test_keys_that_were_let_go_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_rows, "MOST_KEYS", 2)
    serials = [f"GS1-1-NA-GS7-16-2024-{issuance}-{start}-{start}" for start in (1, 2) for issuance in (7, 8, 9, 7)]
    rows = [{"Serial Number": text, "Quantity": "1", "Credit Status": "Retired"} for text in serials]
    index = open_registry([an_export(tmp_path / "x.csv", "gs", rows)])
    assert [len(index.rows_over(f"gold-standard:{issuance}", 1, 2)) for issuance in (7, 8, 9)] == [4, 2, 2]


def test_rows_that_a_registry_numbers_from_0_are_taken_as_they_are(tmp_path: Path) -> None:
    row, key, *_ = ROWS["cercarbono"]
    index = open_registry([an_export(tmp_path / "x.csv", "cercarbono", [{**row, "from": "0", "to": "4"}])])
    assert (index.files[0].unread, index.files[0].unequal) == (0, 0)
    assert [(found.start, found.end) for found in index.rows_over(key, 2, 3)] == [(0, 4)]


def test_a_workbooks_sheet_may_say_something_of_itself_before_its_header(tmp_path: Path) -> None:
    path = an_export(tmp_path / "x.csv", "verra", [verra_row(1, 5, "2026-04-09")])
    path.write_bytes(b"Registry of units\n\nas of April,2026\n" + path.read_bytes())
    index = open_registry([path])
    assert (index.files[0].rows, index.rows_over("verra", 1, 1)[0].line) == (1, 5)


def test_rows_that_do_not_hold_together_are_counted(tmp_path: Path) -> None:
    rows = [
        verra_row(1, 5, "2026-04-09"),
        {**verra_row(6, 9, "2026-04-09"), "Quantity Issued": "5"},
        {**verra_row(1, 1), "Serial Number": "no serial"},
    ]
    path = an_export(tmp_path / "x.csv", "verra", rows)
    path.write_bytes(path.read_bytes() + b"2026-01-01,short row\n")
    (file,) = open_registry([path]).files
    assert (file.rows, file.unread, file.unequal) == (4, 2, 1)


def test_an_export_is_read_once_and_again_only_if_its_index_is_broken(tmp_path: Path, own_cache: Path) -> None:
    path = an_export(tmp_path / "x.csv", "verra", [verra_row(1, 5, "2026-04-09")])
    rows: list[int] = []
    open_registry([path], rows.append).close()
    (kept,) = own_cache.iterdir()
    assert kept.name.endswith(f".v{VERSION}.sqlite")
    first = kept.stat().st_mtime_ns
    open_registry([path], rows.append).close()
    assert kept.stat().st_mtime_ns == first
    kept.write_bytes(b"not a database" * 100)
    assert len(open_registry([path]).rows_over("verra", 1, 1)) == 1
    assert kept.stat().st_mtime_ns != first
    assert [item.name for item in own_cache.iterdir()] == [kept.name]


def test_an_index_that_is_damaged_further_in_is_told_and_no_traceback(tmp_path: Path, own_cache: Path) -> None:
    rows = [verra_row(10 * i + 1, 10 * i + 10, "2026-04-09") for i in range(5000)]
    path = an_export(tmp_path / "x.csv", "verra", rows)
    open_registry([path]).close()
    (kept,) = own_cache.iterdir()
    data = bytearray(kept.read_bytes())
    data[20 * 4096 :] = bytes(len(data) - 20 * 4096)
    kept.write_bytes(data)
    with pytest.raises(Unreadable, match="is damaged"):
        open_registry([path]).rows_over("verra", 40_001, 40_020)


def test_a_block_as_large_as_the_registry_meets_its_first_rows_only(tmp_path: Path) -> None:
    rows = [verra_row(10 * i + 1, 10 * i + 10, "2026-04-09") for i in range(MOST_ROWS + 5)]
    index = open_registry([an_export(tmp_path / "x.csv", "verra", rows)])
    found = index.rows_over("verra", 1, 10**15)
    assert [row.start for row in found] == [10 * i + 1 for i in range(MOST_ROWS)]


def test_equal_exports_under_two_names_count_once(tmp_path: Path) -> None:
    one = an_export(tmp_path / "a.csv", "verra", [verra_row(1, 5, "2026-04-09")])
    two = an_export(tmp_path / "b.csv", "verra", [verra_row(1, 5, "2026-04-09")])
    index = open_registry([one, two, one])
    assert len(index.files) == len(index.rows_over("verra", 1, 5)) == 1


def test_where_the_cache_cannot_be_written_the_index_serves_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "file"))
    path = an_export(tmp_path / "x.csv", "verra", [verra_row(1, 5, "2026-04-09")])
    assert len(open_registry([path]).rows_over("verra", 1, 1)) == 1


def test_the_cache_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert registry_folder() == Path("/x/neuclir-carbon/registry")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert registry_folder() == Path("~/.cache/neuclir-carbon/registry").expanduser()


BROKEN = {
    "empty": (b"", "is empty"),
    "no-table": (b"hello\n", "is no registry's export that is known here: its columns are hello"),
    "gzip": (b"\x1f\x8b\x08rest", "unpack it first"),
    "workbook": (b"PK\x03\x04rest", "save its table as CSV"),
    "utf-16": ("a,b".encode("utf-16"), "UTF-16"),
    "latin-1": (",".join(HEADERS["verra"]).encode() + b"\nS\xe3o\n", ":2 is not UTF-8 (byte 0xe3)"),
    "nul": (",".join(HEADERS["verra"]).encode() + b"\n\0\n", ":2 holds a NUL"),
    "unclosed": (",".join(HEADERS["verra"]).encode() + b'\n"' + b"x\n" * 200_000, ":2 is no row of a CSV table"),
    "one-line": (b"x," * 2_000_000, "is longer than"),
    "commas": (b"," * 1000 + b"\n", "1,001 columns"),
    "parquet": (b"PAR1\x15", "save its table as CSV"),
    "header-too-late": (b"about\n" * 10 + ",".join(HEADERS["verra"]).encode(), "its columns are about"),
    "issuances": (b"Date Issued,Project ID,Total Offset Credits Issued\n", "bring the export of retirements"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_export_is_refused_with_its_place_and_what_to_do(name: str, tmp_path: Path, own_cache: Path) -> None:
    data, words = BROKEN[name]
    path = tmp_path / f"{name}.csv"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=r".") as told:
        open_registry([path])
    assert words in str(told.value)
    assert name in str(told.value)
    assert len(str(told.value)) < 1500
    assert not list(own_cache.iterdir()) if own_cache.exists() else True


def test_a_missing_file_a_folder_and_a_fifo_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("missing", "fifo", ""):
        with pytest.raises(Unreadable):
            open_registry([tmp_path / name])


blocks = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 20), st.booleans()), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(blocks, st.tuples(st.integers(1, 90), st.integers(0, 30)), st.integers(1, 3))
def test_every_row_that_shares_credits_is_found_and_no_other(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[int, int, bool]],
    asked: tuple[int, int],
    by_mark: int,
) -> None:
    start, length = asked
    folder = tmp_path_factory.mktemp("export")
    monkeypatch.setattr(registry_rows, "ROWS_BY_MARK", by_mark)
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(folder))
    made = [verra_row(first, first + more, "2026-04-09" if retired else "") for first, more, retired in rows]
    index = open_registry([an_export(folder / "x.csv", "verra", made)])
    found = sorted((row.start, row.end, row.line) for row in index.rows_over("verra", start, start + length))
    wanted = sorted(
        (first, first + more, line)
        for line, (first, more, _) in enumerate(rows, 2)
        if first <= start + length and start <= first + more
    )
    assert found == wanted
    index.close()


def test_a_large_export_takes_disk_and_not_memory(tmp_path: Path) -> None:
    """60,000 rows in a child that may have little more than an interpreter needs; timings stand in tests/benchmarks."""
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(HEADERS["verra"]) + "\n")
        for i in range(60_000):
            stream.write(f"2020-01-01,,,,513,{'name ' * 40},,,,,10,{vcu(10 * i + 1, 10 * i + 10)},,2026-04-09,,,\n")
    program = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from neuclir_carbon.store.registry_index import open_registry\n"
        "open_registry([Path('tests/data/registries/verra-transactions.csv')])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "index = open_registry([Path(sys.argv[1])])\n"
        "assert len(index.rows_over('verra', 300_001, 300_020)) == 2\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert int(done.stdout) < 96 * 1024  # KiB; SQLite's cache of pages is 64 MiB of it
