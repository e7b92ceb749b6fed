"""`import`: every kind of damage that real files have, and a known truth read back from random histories."""

import math
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from importing import DATA, NOW_S, brought, codes, kilograms

from neuclir_carbon.errors import Rejected, UnknownName, Unreadable
from neuclir_carbon.model.place import Place
from neuclir_carbon.store.ledger import read_ledger

FILES = DATA / "codecarbon"
ONE, OTHER = 0.002 * 0.38, 0.004 * 0.38  # kg: what the two rows of sound.csv emitted


@pytest.mark.parametrize(
    ("name", "kg", "records", "found"),
    [
        ("sound", ONE + OTHER, 2, []),
        ("12-columns", ONE + OTHER, 2, []),
        ("29-columns", ONE + OTHER, 2, []),
        ("34-columns", ONE + OTHER, 2, []),
        ("43-columns", ONE + OTHER, 2, []),
        ("flushed-three-times", ONE, 1, []),
        ("restarted", ONE + ONE / 2, 2, ["INT004", "INT004"]),
        ("interval-deltas", (0.002 + 0.0011 + 0.003 + 0.0005) * 0.38, 4, ["INT004"] * 4),
        ("deltas-and-their-total", 0.006 * 0.38, 1, ["INT004"]),
        ("tasks", 0.0231 * 0.38, 3, []),
        ("bom", ONE + OTHER, 2, []),
        ("crlf", ONE + OTHER, 2, []),
        ("cr-cr-lf", ONE + OTHER, 2, []),
        ("mixed-ends-and-no-last-one", ONE + OTHER, 2, []),
        ("blank-rows-and-rows-of-commas", ONE + OTHER, 2, []),
        ("header-twice", ONE + OTHER, 2, []),
        ("padded-cells", ONE + OTHER, 2, []),
        ("index-and-unnamed-columns", ONE + OTHER, 2, []),
        ("column-twice", ONE + OTHER, 2, []),
        ("semicolons", ONE + OTHER, 2, []),
        ("decimal-commas", ONE + OTHER, 2, []),
        ("decimal-points-lost", OTHER, 1, ["INT003"]),
        ("line-break-in-a-cell", ONE + OTHER, 2, []),
        ("exact-duplicates", ONE + OTHER, 2, ["INT005"]),
        ("conflict-markers", ONE + OTHER, 2, ["INT002"] * 3),
        ("glued-rows", ONE + OTHER, 2, []),
        ("glued-rows-with-a-comma", ONE + OTHER, 2, []),
        ("torn-row", OTHER, 1, ["INT002"]),
        ("shifted-row", ONE, 1, ["INT002"]),
        ("country-in-gpu-energy", ONE, 1, ["INT002"]),
        ("torn-and-glued", OTHER, 1, ["INT002"]),
        ("nul-bytes", ONE, 1, ["INT002"]),
        ("nul-bytes-between-rows", ONE + OTHER, 2, ["INT002"] * 2),
        ("quote-not-closed", OTHER, 1, ["INT002"]),
        ("huge-number", ONE, 1, ["INT002"]),
        ("underscored-number", ONE, 1, ["INT002"]),
        ("negative-duration", ONE, 1, ["INT003"]),
        ("cp1252", 0.002 * 0.056, 1, []),
        ("quebec-with-coordinates", 0.002 * 0.003937, 1, []),
        ("quebec-without-coordinates", 0.002 * 0.003937, 1, ["INT010"]),
        ("quebec-of-the-fallback", 0.002 * 0.003937, 1, ["INT010"]),
        ("negative-gpu-energy", 0.001 * 0.38, 1, ["INT011"]),
        ("parts-differ", 0.003 * 0.38, 1, ["INT012"]),
        ("nothing-emitted", 0.0, 1, ["INT013"]),
        ("joules-under-kwh", 0.0, 1, ["INT014"]),
        ("written-in-2099", ONE, 1, ["INT015"]),
        ("four-ranks-of-one-machine", 4 * ONE, 4, ["INT016"] * 3),
        ("unknown-country", ONE, 1, ["INT026"]),
        ("path-as-project", ONE, 1, []),
        ("pue-1.5-since-2.2.7", 0.003 * 0.38, 1, []),
        ("pue-1.5-before-2.2.7", ONE, 1, []),
        ("genuine-extremes", 0.002 * 0.002377 + (108.66 + 10.6 + 1e-9) * 0.38, 4, []),
    ],
)  # fmt: skip
def test_a_file_gives_what_it_certainly_tells(
    tmp_path: Path, name: str, kg: float, records: int, found: list[str]
) -> None:
    came = brought(tmp_path / "ledger", FILES / f"{name}.csv")
    assert codes(came) == found
    assert came.imported == records
    assert came.totals.emissions_kg_co2e.central == pytest.approx(kg, rel=1e-9, abs=1e-18)
    assert kilograms(tmp_path / "ledger") == pytest.approx(kg, rel=1e-9, abs=1e-18)
    ledger = read_ledger(tmp_path / "ledger")
    assert (len(ledger.records), ledger.findings) == (records, ())


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir()))
def test_the_same_file_again_adds_nothing_whatever_is_wrong_with_it(tmp_path: Path, name: str) -> None:
    ledger = tmp_path / "ledger"
    first = brought(ledger, FILES / name)
    (tmp_path / "a copy").mkdir()
    copy = tmp_path / "a copy" / "emissions (1).csv"
    copy.write_bytes((FILES / name).read_bytes())
    for path in (FILES / name, copy):
        again = brought(ledger, path)
        assert (again.imported, again.path) == (0, None)
        assert again.skipped == first.imported


def test_findings_name_the_file_and_the_line(tmp_path: Path) -> None:
    came = brought(tmp_path / "ledger", FILES / "torn-row.csv")
    finding = next(finding for finding in came.findings if finding.code == "INT002")
    assert (finding.location.path, finding.location.line) == (str(FILES / "torn-row.csv"), 2)
    assert "has 23 cells, wanted 31 (too few: it is torn)" in finding.message
    assert not came.passed


def test_rows_without_figures_are_unknown_and_never_nothing(tmp_path: Path) -> None:
    came = brought(tmp_path / "ledger", FILES / "empty-figures.csv")
    assert codes(came) == ["INT017"]
    unknown = next(record for record in came.records if record.emissions.total_kg_co2e is None)
    assert (unknown.energy.it_kwh, unknown.energy.components, unknown.duration_s) == (None, (), 60.0)
    assert came.totals.records_without_emissions == 1
    assert came.totals.emissions_kg_co2e.central == pytest.approx(OTHER)


def test_energy_beyond_what_the_machine_draws_is_kept_apart_as_unknown(tmp_path: Path) -> None:
    came = brought(tmp_path / "ledger", FILES / "joules-under-kwh.csv")
    (record,) = came.records
    assert record.source is not None
    assert (record.energy.it_kwh, record.emissions.total_kg_co2e) == (None, None)
    assert record.source["reported"]["energy_kwh"] == 7200.0
    assert not came.passed


def test_emissions_of_another_unit_are_not_used(tmp_path: Path) -> None:
    came = brought(tmp_path / "ledger", FILES / "emissions-in-grams.csv")
    (record,) = came.records
    assert codes(came) == ["INT022"]
    assert record.grid is not None
    assert (record.grid.basis, record.grid.country) == ("location", "DEU")
    assert record.emissions.total_kg_co2e == pytest.approx(0.002 * (record.grid.g_co2e_per_kwh or 0) / 1000)


def test_the_pue_that_is_inside_energies_is_taken_out(tmp_path: Path) -> None:
    (inside,) = brought(tmp_path / "a", FILES / "pue-1.5-since-2.2.7.csv").records
    (outside,) = brought(tmp_path / "b", FILES / "pue-1.5-before-2.2.7.csv").records
    assert inside.energy.it_kwh == pytest.approx(0.002, rel=1e-12)
    assert inside.energy.facility_kwh == pytest.approx(0.003, rel=1e-12)
    assert inside.pue is not None
    assert (inside.pue.value, inside.pue.source) == (1.5, "reported by codecarbon 2.3.0")
    assert inside.energy.cpu_kwh == pytest.approx(0.0012, rel=1e-12)
    assert outside.energy.it_kwh == pytest.approx(0.002, rel=1e-12)
    assert outside.pue is not None
    assert (outside.pue.value, outside.pue.source) == (1.0, "not given")


def test_a_doubtful_place_has_the_range_of_the_world(tmp_path: Path) -> None:
    (sure,) = brought(tmp_path / "a", FILES / "quebec-with-coordinates.csv").records
    (doubtful,) = brought(tmp_path / "b", FILES / "quebec-without-coordinates.csv").records
    assert sure.grid is not None
    assert doubtful.grid is not None
    assert doubtful.grid.g_co2e_per_kwh == sure.grid.g_co2e_per_kwh == pytest.approx(3.937)
    assert (doubtful.grid.high or 0) > 1000 > (sure.grid.high or 0)


def test_what_tells_of_people_and_places_on_a_disk_stays_out(tmp_path: Path) -> None:
    came = brought(tmp_path / "ledger", FILES / "path-as-project.csv")
    assert came.path is not None
    text = came.path.read_text()
    assert (came.dropped.paths, came.dropped.coordinates) == (1, 1)
    assert "somebody" not in text
    assert "13.4" not in text
    assert "52.5" not in text


def test_a_cell_of_200_thousand_characters_is_no_obstacle(tmp_path: Path) -> None:
    text = (FILES / "sound.csv").read_text().replace("reranker", "x" * 206_495, 1)
    (tmp_path / "emissions.csv").write_text(text)
    came = brought(tmp_path / "ledger", tmp_path / "emissions.csv")
    assert (came.imported, codes(came)) == (2, [])
    assert {len(record.label or "") for record in came.records} == {200, len("reranker")}


def test_a_long_cell_between_quotes_is_no_obstacle_either(tmp_path: Path) -> None:
    text = (FILES / "sound.csv").read_text().replace("reranker", f'"{"x" * 206_495}, and ""more"""', 1)
    (tmp_path / "emissions.csv").write_text(text)
    came = brought(tmp_path / "ledger", tmp_path / "emissions.csv")
    assert (came.imported, codes(came)) == (2, [])


def test_a_record_holds_no_more_of_strangers_words_than_its_schema_allows(tmp_path: Path) -> None:
    lines = (FILES / "sound.csv").read_text().splitlines()
    header, cells = lines[0].split(","), lines[1].split(",")
    for name in ("project_name", "region", "cloud_region", "cpu_model", "gpu_model", "codecarbon_version", "run_id"):
        cells[header.index(name)] = "x" * 5_000
    (tmp_path / "emissions.csv").write_text(f"{lines[0]}\n{','.join(cells)}\n")
    (record,) = brought(tmp_path / "ledger", tmp_path / "emissions.csv").records
    assert max(len(str(value)) for value in record.hardware.values()) == 200
    assert read_ledger(tmp_path / "ledger").findings == ()


def test_a_grown_file_adds_what_is_new_and_an_older_copy_nothing(tmp_path: Path) -> None:
    lines = (FILES / "flushed-three-times.csv").read_text().splitlines(keepends=True)
    path, ledger = tmp_path / "emissions.csv", tmp_path / "ledger"
    path.write_text("".join(lines[:2]))
    assert brought(ledger, path).totals.emissions_kg_co2e.central == pytest.approx(0.001 * 0.38)
    path.write_text("".join(lines[:4]))
    grown = brought(ledger, path)
    (record,) = grown.records
    assert grown.totals.emissions_kg_co2e.central == pytest.approx(0.001 * 0.38)
    assert (record.duration_s, record.started_at) == (pytest.approx(40.0), "2025-03-01T10:00:20.000Z")
    path.write_text("".join(lines[:3]))
    assert brought(ledger, path).imported == 0
    path.write_text("".join([lines[0], lines[2]]))
    assert brought(ledger, path).imported == 0
    assert kilograms(ledger) == pytest.approx(ONE)


def test_the_backups_of_a_file_are_pieces_of_it_and_hinted_at(tmp_path: Path) -> None:
    lines = (FILES / "flushed-three-times.csv").read_text().splitlines(keepends=True)
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "emissions.csv.bak").write_text(lines[0] + lines[1])
    (folder / "emissions.csv_0.bak").write_text(lines[0] + lines[2])
    (folder / "emissions.csv").write_text(lines[0] + lines[3])
    alone = brought(tmp_path / "one", folder / "emissions.csv")
    assert codes(alone) == ["INT024"]
    assert "emissions.csv.bak, emissions.csv_0.bak" in alone.findings[-1].message
    whole = brought(tmp_path / "all", folder)
    assert (whole.imported, whole.totals.emissions_kg_co2e.central) == (1, pytest.approx(ONE))
    ledger = tmp_path / "piece by piece"
    for name in ("emissions.csv.bak", "emissions.csv", "emissions.csv_0.bak"):
        brought(ledger, folder / name)
    assert kilograms(ledger) == pytest.approx(ONE)


def test_tasks_are_parts_of_their_runs_total(tmp_path: Path) -> None:
    tasks, whole = FILES / "tasks.csv", FILES / "tasks-total.csv"
    wanted = pytest.approx(0.0232 * 0.38)
    together = brought(tmp_path / "together", tasks, whole)
    assert (together.imported, together.totals.emissions_kg_co2e.central) == (1, wanted)
    for name, first, second in (("tasks first", tasks, whole), ("total first", whole, tasks)):
        brought(tmp_path / name, first)
        brought(tmp_path / name, second)
        assert kilograms(tmp_path / name) == wanted


def test_a_folder_is_walked_and_foreign_files_are_passed_by(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "emissions.csv").write_bytes((FILES / "sound.csv").read_bytes())
    (folder / "notes.txt").write_text("nothing of interest\n")
    (folder / "empty").write_bytes(b"")
    (folder / ".hidden.csv").write_bytes((FILES / "tasks.csv").read_bytes())
    (folder / "a" / "loop").symlink_to(folder)
    os.mkfifo(folder / "fifo")
    came = brought(tmp_path / "ledger", folder)
    assert (came.imported, came.files, came.passed_by) == (2, 1, 2)


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("empty.csv", b"", "is empty"),
        ("text.csv", b"hello\nworld\n", "is of no format that is known"),
        ("zip.csv", b"PK\x03\x04" + b"\0" * 5000, "no format"),
        ("columns.csv", b"duration,emissions,run_id," + b"c," * 100_000 + b"\n", "columns"),
        ("cell.csv", b"timestamp,duration,emissions,run_id\n" + b"x" * 10_000_000 + b",1,1,a\n", ""),
    ],
)
def test_what_is_no_table_is_refused_within_a_second(tmp_path: Path, name: str, content: bytes, wanted: str) -> None:
    (tmp_path / name).write_bytes(content)
    started = time.process_time()
    if wanted:
        with pytest.raises(Unreadable, match=wanted):
            brought(tmp_path / "ledger", tmp_path / name)
        assert not (tmp_path / "ledger").exists()
    else:
        assert codes(brought(tmp_path / "ledger", tmp_path / name)) == ["INT002"]
    assert time.process_time() - started < 1.0


def test_a_link_in_a_circle_and_a_fifo_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "fifo")
    for name in ("loop", "fifo", "missing"):
        with pytest.raises(Unreadable):
            brought(tmp_path / "ledger", tmp_path / name)


def test_one_bad_file_among_others_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    came = brought(tmp_path / "ledger", tmp_path / "empty.csv", FILES / "sound.csv")
    assert (came.imported, codes(came), came.passed) == (2, ["INT001"], False)


def test_an_unknown_format_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'codecarbon'"):
        brought(tmp_path / "ledger", FILES / "sound.csv", form="codecarbn")


def test_over_a_damaged_record_nothing_is_imported(tmp_path: Path) -> None:
    came = brought(tmp_path, FILES / "sound.csv")
    assert came.path is not None
    came.path.write_text(came.path.read_text().replace("0.002", "0.003"))
    with pytest.raises(Rejected, match="could count twice"):
        brought(tmp_path, FILES / "tasks.csv")


def test_the_ledgers_place_is_for_files_that_tell_none(tmp_path: Path) -> None:
    text = (FILES / "sound.csv").read_text()
    header = text.splitlines()[0].split(",")
    rows = [dict(zip(header, line.split(","), strict=True)) for line in text.splitlines()[1:]]
    for row in rows:
        row["emissions"] = row["country_iso_code"] = row["region"] = ""
    path = tmp_path / "emissions.csv"
    path.write_text("\n".join([",".join(header), *(",".join(row.values()) for row in rows)]))
    without = brought(tmp_path / "a", path)
    told = brought(tmp_path / "b", path, place=Place(country="FRA"))
    assert {record.grid.basis for record in without.records if record.grid} == {"unspecified"}
    assert {record.grid.country for record in told.records if record.grid} == {"FRA"}


# --- a known truth, written as CodeCarbon writes it, and read back

_RUNS = st.lists(
    st.tuples(
        st.sampled_from(["once", "flushed", "restarted", "tasks", "tasks with their total"]),
        st.lists(st.tuples(st.integers(5, 4000), st.floats(1e-6, 3.0)), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=8,
)
_HEADER = "timestamp,task_name,run_id,duration,emissions,energy_consumed,country_iso_code,codecarbon_version,pue"


def _rows(number: int, kind: str, steps: list[tuple[int, float]]) -> tuple[list[str], float]:
    """One run's rows and its true emissions (kg). Each step is so many seconds at so many kWh an hour."""
    begin = NOW_S - 20_000_000 + number * 100_000
    clock, duration, energy, truth, rows = begin, 0.0, 0.0, 0.0, []

    def line(task: str, seconds: float, kwh: float) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(clock))
        return f"{at},{task},run{number},{seconds!r},{kwh * 0.38!r},{kwh!r},DEU,2.8.3,1.0"

    for step, (seconds, power) in enumerate(steps):
        kwh = power * seconds / 3600
        truth += kwh * 0.38
        clock += seconds
        if kind == "restarted" and step:
            clock, duration, energy = clock + 60, 0.0, 0.0
        duration, energy = duration + seconds, energy + kwh
        if kind.startswith("tasks"):
            rows.append(line(f"task{step}", float(seconds), kwh))
        elif kind != "once" or step == len(steps) - 1:
            rows.append(line("", duration, energy))
    if kind == "tasks with their total":
        rows.append(line("", duration, energy))
    return rows, truth


@settings(max_examples=60)
@given(runs=_RUNS, cut=st.floats(0, 1), data=st.data())
def test_a_random_history_gives_its_truth_back_however_it_is_cut_and_copied(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[str, list[tuple[int, float]]]], cut: float,
    data: st.DataObject,
) -> None:  # fmt: skip
    written = [_rows(number, kind, steps) for number, (kind, steps) in enumerate(runs)]
    rows, truth = [row for found, _ in written for row in found], math.fsum(kg for _, kg in written)
    folder = tmp_path_factory.mktemp("history")
    at = int(cut * len(rows))
    overlap = data.draw(st.integers(0, at))
    files = {
        "emissions.csv.bak": rows[:at],
        "emissions.csv": rows[at - overlap :],
        "copy of all.csv": rows,
    }
    for name, found in files.items():
        (folder / name).write_text("\n".join([_HEADER, *found]) + "\n")
    ledger = folder / "ledger"
    for name in data.draw(st.permutations(list(files))):
        brought(ledger, folder / name)
    assert kilograms(ledger) == pytest.approx(truth, rel=1e-9)
    assert brought(ledger, folder / "copy of all.csv").imported == 0
