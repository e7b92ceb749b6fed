"""`init` writes settings that are then read; `recover` says what it did."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrapping import PROGRAM

from neuclir_carbon.store.settings import read_settings
from neuclir_carbon.workflow.settling import format_settings


def init(ledger: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "init", "--ledger", str(ledger), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_what_was_said_is_read_back(tmp_path: Path) -> None:
    said = ["--country", "USA", "--region", "vermont", "--pue", "1.25", "--team", 'A&B "50 %" \\ سلام']
    done = init(tmp_path / "l", *said)
    assert (done.returncode, done.stdout) == (0, f"wrote {tmp_path}/l/ledger.toml\n")
    settings = read_settings(tmp_path / "l").value
    assert settings is not None
    assert (settings.country, settings.region, settings.pue, settings.site) == ("USA", "vermont", 1.25, None)
    assert settings.team == 'A&B "50 %" \\ سلام'
    assert "# site = " in (tmp_path / "l" / "ledger.toml").read_text()


def test_what_is_there_stays_unless_forced(tmp_path: Path) -> None:
    assert init(tmp_path, "--country", "DEU").returncode == 0
    before = (tmp_path / "ledger.toml").read_bytes()
    again = init(tmp_path, "--country", "FRA")
    assert again.returncode == 3
    assert "--force" in again.stderr
    assert (tmp_path / "ledger.toml").read_bytes() == before
    assert init(tmp_path, "--country", "FRA", "--force").returncode == 0
    assert b'country = "FRA"' in (tmp_path / "ledger.toml").read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--country", "Germany"],
        ["--region", "vermont"],
        ["--cloud", "aws"],
        ["--cloud", "aws", "--cloud-region", "us-east-1", "--country", "DEU"],
        ["--pue", "0.5"],
        ["--pue", "1.2", "--site", "laptop"],
        ["--site", "attic"],
        ["--intensity", "nan"],
        ["--team", ""],
        ["--team", "x" * 201],
    ],
)
def test_a_bad_value_writes_nothing(tmp_path: Path, arguments: list[str]) -> None:
    done = init(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and done.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_nothing_said_gives_a_file_to_fill_in(tmp_path: Path) -> None:
    done = init(tmp_path, "--format", "json")
    assert json.loads(done.stdout) == {"path": str(tmp_path / "ledger.toml")}
    assert "comment" in done.stderr
    assert tomllib.loads((tmp_path / "ledger.toml").read_text()) == {"schema": "ledger-settings/1"}


@given(st.text().filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_text_survives_toml(team: str) -> None:
    assert tomllib.loads(format_settings({"team": team, "pue": 1.1}))["team"] == team


def test_a_missing_ledger_can_t_be_recovered(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "recover", "--ledger", str(tmp_path / "no")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert str(tmp_path / "no") in done.stderr


def test_nothing_to_recover_is_said(tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, "recover", "--ledger", str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "nothing to recover\n")


@pytest.mark.parametrize("team", ["", " ", "a\x1b[31mb", "a\u202eb", "x" * 201])
def test_a_team_that_no_submission_can_hold_is_refused(tmp_path: Path, team: str) -> None:
    done = init(tmp_path / "l", "--team", team)
    assert done.returncode == 2
    assert "--team" in done.stderr
    assert not (tmp_path / "l").exists()


def test_a_link_that_leads_nowhere_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").symlink_to("nowhere")
    assert init(tmp_path, "--country", "DEU").returncode == 3
    assert (tmp_path / "ledger.toml").is_symlink()
