"""`import` and `amend` on the command line, as real processes: results, streams, exit codes, and nothing lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from importing import DATA

SOUND = DATA / "codecarbon" / "sound.csv"
TORN = DATA / "codecarbon" / "torn-row.csv"


def program(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEUCLIR_CARBON")}
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
        timeout=120, env=clean | {"PYTHONUTF8": "1"} | environment, check=False,
    )  # fmt: skip


def test_the_json_tells_what_was_imported_and_a_second_import_adds_nothing(tmp_path: Path) -> None:
    done = program("import", SOUND, "--activity", "training", "--run-tag", "r1", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"imported", "skipped", "records", "totals", "findings"} <= set(told)
    assert (told["imported"], told["skipped"], len(told["records"]), told["totals"]["records"]) == (2, 0, 2, 2)
    assert {record["activity"] for record in told["records"]} == {"training"}
    assert {tuple(record["run_tags"]) for record in told["records"]} == {("r1",)}
    assert told["totals"]["emissions_kg_co2e"]["central"] == pytest.approx(0.006 * 0.38)
    files = list((tmp_path / "carbon" / "records").iterdir())
    assert [file.name for file in files] == [Path(told["path"]).name]
    again = program("import", SOUND, "--format", "json", cwd=tmp_path)
    assert again.returncode == 0
    assert [json.loads(again.stdout)[key] for key in ("imported", "skipped", "path")] == [0, 2, None]
    assert list((tmp_path / "carbon" / "records").iterdir()) == files


def test_the_text_says_what_came_and_what_to_do_next(tmp_path: Path) -> None:
    done = program("import", SOUND, "--ledger", tmp_path / "a ledger", cwd=tmp_path)
    assert "imported 2 records from 2 rows in 1 file; 0 were there already" in done.stdout
    assert "6.00 Wh of IT energy, 2.28 g CO2e" in done.stdout
    for words in ("INT018", "left out: coordinates of 2 rows", "--activity", "next: neuclir-carbon log --ledger"):
        assert words in done.stderr
    log = program("log", "--ledger", tmp_path / "a ledger", "--format", "json", cwd=tmp_path)
    assert json.loads(log.stdout)["totals"]["records"] == 2


def test_a_bad_row_is_exit_1_and_the_rest_is_imported(tmp_path: Path) -> None:
    done = program("import", TORN, "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    assert f"{TORN}:2 INT002" in done.stderr
    assert json.loads(done.stdout)["imported"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.csv"], 3, "can't read missing.csv: No such file or directory"),
        (["empty.csv"], 3, "empty.csv is empty"),
        (["text.txt"], 3, "is of no format that is known"),
        (["empty-folder"], 3, "empty-folder holds no file of a known format"),
        (["--from", "codecarbn", "text.txt"], 2, "there is no format 'codecarbn'; did you mean 'codecarbon'"),
        (["--from", "codecarbon", "text.txt"], 3, "text.txt has no header of this format"),
        (["--activity", "trainig", str(SOUND)], 2, "did you mean 'training'"),
        (["--country", "Germany", str(SOUND)], 2, "Germany is DEU"),
        (["--time-zone", "Europe/Berln", str(SOUND)], 2, "did you mean 'Europe/Berlin'"),
        (["--run-tag", "a b", str(SOUND)], 2, "without white space"),
        (["--ledger", "text.txt", str(SOUND)], 3, "text.txt"),
        ([], 2, "PATH"),
    ],
)
def test_what_can_not_be_done_says_why_and_changes_nothing(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "text.txt").write_text("hello\n")
    (tmp_path / "empty-folder").mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    done = program("import", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_ledger_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "carbon" / "records").mkdir(parents=True)
    (tmp_path / "carbon" / "records").rmdir()
    (tmp_path / "carbon" / "records").write_text("no folder")
    done = program("import", SOUND, cwd=tmp_path)
    assert done.returncode == 3
    assert (tmp_path / "carbon" / "records").read_text() == "no folder"


def test_local_times_are_read_in_the_zone_that_is_named(tmp_path: Path) -> None:
    told = json.loads(program("import", SOUND, "--time-zone", "Europe/Berlin", "--format", "json", cwd=tmp_path).stdout)
    assert [record["ended_at"] for record in told["records"]] == [
        "2025-03-01T09:00:00.000Z",
        "2025-03-01T10:00:00.000Z",
    ]
    assert [finding["code"] for finding in told["findings"]] == []


def first_record(folder: Path) -> str:
    """The id of a record in a new ledger."""
    told = json.loads(program("import", SOUND, "--format", "json", cwd=folder).stdout)
    return str(told["records"][0]["record_id"])


def test_an_amended_record_counts_in_place_of_the_old_one_which_stays(tmp_path: Path) -> None:
    record_id = first_record(tmp_path)
    done = program(
        "amend", record_id, "--activity", "indexing", "--run-tag", "r1", "--country", "FRA", "--format", "json",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["supersedes"], told["activity"], told["run_tags"], told["label"]) == (
        record_id, "indexing", ["r1"], "reranker",
    )  # fmt: skip
    assert (told["grid"]["country"], told["grid"]["basis"]) == ("FRA", "location")
    facility, intensity = told["energy"]["facility_kwh"], told["grid"]["g_co2e_per_kwh"]
    assert told["emissions"]["operational_kg_co2e"] == pytest.approx(facility * intensity / 1000)
    log = json.loads(program("log", "--format", "json", cwd=tmp_path).stdout)
    ids = [record["record_id"] for record in log["records"]]
    assert (len(ids), record_id in ids, told["record_id"] in ids) == (2, False, True)
    assert len(list((tmp_path / "carbon" / "records").iterdir())) == 2


def test_the_same_file_after_an_amendment_adds_nothing(tmp_path: Path) -> None:
    program("amend", first_record(tmp_path), "--activity", "indexing", cwd=tmp_path)
    assert "imported 0 records" in program("import", SOUND, cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["no-such-record", "--activity", "indexing"], 2, "there is no record 'no-such-record'"),
        (["{id}"], 2, "nothing to change"),
        (["{id}", "--activity", "nothing"], 2, "there is no activity 'nothing'"),
        (["{id}", "--all-runs", "--run-tag", "r1"], 2, "both given"),
        (["{id}", "--ledger", "missing", "--activity", "indexing"], 3, "the ledger missing does not exist"),
        (["{id}", "--pue", "0.5"], 2, "--pue"),
    ],
)
def test_an_amendment_that_can_not_be_made_says_why(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    record_id = first_record(tmp_path)
    done = program("amend", *(argument.replace("{id}", record_id) for argument in arguments), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert len(list((tmp_path / "carbon" / "records").iterdir())) == 1


def test_an_amended_record_is_not_amended_again(tmp_path: Path) -> None:
    record_id = first_record(tmp_path)
    program("amend", record_id, "--activity", "indexing", cwd=tmp_path)
    done = program("amend", record_id, "--activity", "training", cwd=tmp_path)
    assert done.returncode == 2
    assert "was superseded by" in done.stderr


def test_the_place_of_the_environment_or_the_ledger_changes_no_record(tmp_path: Path) -> None:
    record_id = first_record(tmp_path)
    (tmp_path / "carbon" / "ledger.toml").write_text('country = "FRA"\n')
    done = program(
        "amend", record_id, "--activity", "indexing", "--format", "json", cwd=tmp_path, NEUCLIR_CARBON_COUNTRY="POL"
    )
    assert json.loads(done.stdout)["grid"]["country"] == "DEU"
