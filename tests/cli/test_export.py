"""`export` as a real process: what is data and what is a note, wrong options, paths, and damage."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from latex_runs import needs_latex, pdflatex
from making import a_ledger, a_record

from neuclir_carbon.workflow.exporting import TARGETS


def program(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120, **options,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a ledger, in a path with a blank: a training with an evaluation in it, of a team with a name."""
    folder = tmp_path / "my work"
    records = (
        a_record("a", activity="training", kwh=2.0, label="=cmd|' /C calc'!A0"),
        a_record("b", activity="evaluation", kwh=0.5, parent_id="a"),
    )
    a_ledger(folder / "carbon", *records)
    (folder / "carbon" / "ledger.toml").write_text('schema = "ledger-settings/1"\nteam = "A&B_50%"\n')
    return folder


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "tira"])
def test_the_data_is_the_same_on_stdout_and_in_a_file_and_notes_go_to_stderr(place: Path, target: str) -> None:
    shown = program("export", str(place / "carbon"), "--to", target, cwd=place.parent)
    assert shown.returncode == 0, shown.stderr
    assert "note:" not in shown.stdout
    done = program("export", "carbon", "--to", target, "--out", "out put.txt", cwd=place)
    assert (done.returncode, done.stdout) == (0, "")
    assert "wrote out put.txt" in done.stderr
    assert (place / "out put.txt").read_text() == shown.stdout


def test_what_a_format_can_not_hold_is_said(place: Path) -> None:
    assert "no range" in program("export", "carbon", "--to", "codecarbon-csv", cwd=place).stderr
    assert "--training-type" in program("export", "carbon", "--to", "huggingface", cwd=place).stderr


def test_options_of_the_model_card(place: Path) -> None:
    done = program(
        "export",
        "carbon",
        "--to",
        "huggingface",
        "--training-type",
        "pre-training",
        "--activity",
        "training",
        cwd=place,
    )
    block = yaml.safe_load(done.stdout.split("---\n")[1])["co2_eq_emissions"]
    assert block["training_type"] == "pre-training"
    assert block["emissions"] == pytest.approx(1.5 * 329.65)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "names"),
    [
        (["carbon", "--to", "hugging-face"], 2, "huggingface"),
        (["carbon", "--to", "codecarbon"], 2, "codecarbon-csv"),
        (["carbon", "--to", ""], 2, "ir-metadata"),
        (["carbon"], 2, "--to"),
        (["carbon", "--to", "csv", "--training-type", "fine-tuning"], 2, "huggingface"),
        (["carbon", "--to", "latex", "--activity", "training"], 2, "huggingface"),
        (["carbon", "--to", "huggingface", "--training-type", "finetuning"], 2, "fine-tuning"),
        (["carbon", "--to", "huggingface", "--activity", "trainig"], 2, "training"),
        (["carbon", "--to", "huggingface", "--activity", "indexing"], 2, "evaluation"),
        (["carbon", "--to", "latex", "--out", "carbon"], 3, "is a folder"),
        (["carbon", "--to", "text", "--out", "carbon/ledger.toml/x"], 3, "x"),
        (["missing", "--to", "latex"], 3, "missing"),
        (["carbon/ledger.toml", "--to", "text"], 1, "SUB"),
    ],
)
def test_what_can_not_be_done_has_its_code_and_says_what_to_do(
    place: Path, arguments: list[str], code: int, names: str
) -> None:
    done = program("export", *arguments, cwd=place)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert names in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "tira"])
def test_a_damaged_record_is_named_and_the_rest_exported(place: Path, target: str) -> None:
    (place / "carbon" / "records" / "torn.json").write_text('{"schema": "activity-rec')
    done = program("export", "carbon", "--to", target, cwd=place)
    assert done.returncode == 1
    assert "torn.json" in done.stderr
    assert done.stdout


def test_a_ledger_without_emissions_gives_no_card(place: Path) -> None:
    a_ledger(place / "empty")
    done = program("export", "empty", "--to", "huggingface", "--out", "README.md", cwd=place)
    assert (done.returncode, (place / "README.md").exists()) == (1, False)
    assert "no activity is recorded" in done.stderr


def test_codecarbon_s_file_goes_back_in_through_import(place: Path) -> None:
    program("export", "carbon", "--to", "codecarbon-csv", "--out", "emissions.csv", cwd=place)
    done = program("import", "emissions.csv", "--ledger", "again", "--format", "json", cwd=place)
    found = json.loads(done.stdout)
    assert (found["imported"], found["totals"]["it_energy_kwh"]) == (2, pytest.approx(2.0, rel=1e-9))
    assert found["totals"]["operational_kg_co2e"] == pytest.approx(2 * 0.32965, rel=1e-9)
    again = program("export", "again", "--to", "text", cwd=place).stdout
    assert r"imported from CodeCarbon 3.3.2~\cite{codecarbon}" in again


@needs_latex
def test_the_table_compiles_as_it_comes(place: Path) -> None:
    program("export", "carbon", "--to", "latex", "--out", "table.tex", cwd=place)
    assert r"team A\&B\_50\%" in (place / "table.tex").read_text()
    pdflatex(place / "table.tex")


def test_log_s_csv_is_the_export_s(place: Path) -> None:
    log = program("log", "--format", "csv", cwd=place).stdout
    assert log == program("export", "carbon", "--to", "csv", cwd=place).stdout
    rows = {row["record_id"]: row for row in csv.DictReader(io.StringIO(log))}
    assert (rows["a"]["it_energy_kwh"], rows["a"]["counted_it_energy_kwh"]) == ("2.0", "1.5")
    assert rows["a"]["label"] == "'=cmd|' /C calc'!A0"
