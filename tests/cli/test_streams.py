"""What the streams and the environment may be: closed, full, without a reader, in another encoding."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making import a_ledger, a_record, a_run
from test_contract import VALIDATE, without_file_powers

PROGRAM = [sys.executable, "-m", "neuclir_carbon"]


def shell(script: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which `$NC` is the program."""
    environment = {**os.environ, "NC": " ".join(PROGRAM), **variables}
    return subprocess.run(
        ["bash", "-c", script], cwd=cwd, env=environment, capture_output=True, check=False, timeout=60
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return a_ledger(tmp_path / "carbon", a_record("a", label="naïve 😀 \u202e reversed"), a_record("b"))


@pytest.mark.parametrize("arguments", ["log", "log --format json", "export carbon --to csv", "tracks list", "--help"])
def test_a_result_that_can_not_be_written_is_told(ledger: Path, tmp_path: Path, arguments: str) -> None:
    done = shell(f"$NC {arguments} >/dev/full", tmp_path)
    assert done.returncode == 3, done.stderr
    assert b"stdout" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_closed_stdout_is_told(ledger: Path, tmp_path: Path) -> None:
    done = shell("$NC log >&-", tmp_path)
    assert done.returncode == 3
    assert b"stdout is closed" in done.stderr


@pytest.mark.parametrize("how", ["2>&-", "2>/dev/full"])
def test_a_stderr_that_takes_nothing_changes_nothing(ledger: Path, tmp_path: Path, how: str) -> None:
    assert shell(f"$NC log {how}", tmp_path).returncode == 0
    assert shell(f"$NC log --ledger missing {how}", tmp_path).returncode == 3
    assert shell(f"$NC frobnicate {how}", tmp_path).returncode == 2


def test_a_reader_who_leaves_does_not_change_the_verdict(tmp_path: Path) -> None:
    a_run(tmp_path / "bad", topics=range(300, 301))
    done = shell(f"$NC validate bad {' '.join(VALIDATE)} --format json | true; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert done.returncode == 1
    assert done.stderr == b""


def test_a_closed_stdin_is_told(tmp_path: Path) -> None:
    done = shell(f"$NC validate - --run-tag x {' '.join(VALIDATE)} <&-", tmp_path)
    assert done.returncode == 3
    assert b"stdin is closed" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_is_json_in_every_encoding(ledger: Path, tmp_path: Path, encoding: str) -> None:
    done = shell("$NC log --format json", tmp_path, PYTHONIOENCODING=encoding)
    labels = [record["label"] for record in json.loads(done.stdout)["records"]]
    assert labels == ["naïve 😀 \u202e reversed", None]
    assert "\u202e".encode() not in done.stdout


def test_a_table_for_a_program_has_the_same_bytes_in_every_locale(ledger: Path, tmp_path: Path) -> None:
    there = {shell("$NC export carbon --to csv", tmp_path, PYTHONIOENCODING=name).stdout for name in ("ascii", "utf-8")}
    assert len(there) == 1
    assert "naïve".encode() in there.pop()


def test_text_for_people_holds_no_break_that_can_not_be_typed(ledger: Path, tmp_path: Path) -> None:
    done = shell("$NC log", tmp_path)
    assert "\u00a0".encode() not in done.stdout
    assert b" g CO2e" in done.stdout


@pytest.mark.parametrize("typed", ["x" * 100_000, "\x1b[31mevil\u202e"])
def test_what_was_typed_wrongly_neither_floods_nor_steers_the_terminal(tmp_path: Path, typed: str) -> None:
    for arguments in ([typed], ["log", "--format", typed], ["estimate", "list", "devices", typed]):
        done = subprocess.run([*PROGRAM, *arguments], cwd=tmp_path, capture_output=True, check=False, timeout=60)
        assert len(done.stderr) < 5000
        assert b"\x1b" not in done.stderr
        assert "\u202e".encode() not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["init", "--ledger", ""], ["log", "--ledger", ""], ["verify", ""], ["export", "", "--to", "csv"],
     ["estimate", "upper-bound", "--processors", "1", "--hours", "1", "--ledger", ""]],
)  # fmt: skip
def test_an_empty_path_is_not_the_current_folder(tmp_path: Path, arguments: list[str]) -> None:
    done = subprocess.run([*PROGRAM, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "empty" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_of_the_environment_is_one_path(tmp_path: Path) -> None:
    a_ledger(tmp_path / "my: ledger", a_record("a"))
    done = shell("$NC log --format json", tmp_path, NEUCLIR_CARBON_LEDGER="my: ledger")
    assert [record["record_id"] for record in json.loads(done.stdout)["records"]] == ["a"]


@pytest.mark.parametrize("what", ["carbon", "carbon/records"])
@pytest.mark.parametrize("arguments", [["log"], ["export", "carbon", "--to", "text"]])
def test_a_ledger_that_may_not_be_read_is_no_bad_option_and_no_empty_one(
    ledger: Path, tmp_path: Path, what: str, arguments: list[str]
) -> None:
    (tmp_path / what).chmod(0)
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=without_file_powers,
    )  # fmt: skip
    (tmp_path / what).chmod(0o755)
    assert done.returncode == 3, done.stderr
    assert what in done.stderr
    assert "Traceback" not in done.stderr


def test_the_price_is_in_the_json_too(ledger: Path, tmp_path: Path) -> None:
    done = shell("$NC log --format json --price-per-tonne 1000 --currency EUR", tmp_path)
    shown = json.loads(done.stdout)
    assert shown["offset_cost"] == {
        "amount": shown["totals"]["emissions_kg_co2e"]["central"], "currency": "EUR", "per_tonne": 1000.0,
    }  # fmt: skip
    assert shell("$NC log --price-per-tonne nan", tmp_path).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bundle_that_is_stopped_leaves_nothing(ledger: Path, tmp_path: Path, number: int) -> None:
    run = a_run(tmp_path / "fas-lotus-bm25", depth=1000)
    started = subprocess.Popen(
        [*PROGRAM, "bundle", str(run), *VALIDATE, "--team", "lotus", "--out", "out"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while started.poll() is None and not list(tmp_path.glob("out/.*")) and time.monotonic() < deadline:
        time.sleep(0.001)
    started.send_signal(number)
    _, told = started.communicate(timeout=60)
    assert b"Traceback" not in told
    if started.returncode:  # else it was done before the signal came
        assert started.returncode == 128 + number
        assert list(tmp_path.glob("out/*")) + list(tmp_path.glob("out/.*")) == []


STOPPED_TWICE = """
import atexit, os, signal, sys
from neuclir_carbon.cli.app import main
from neuclir_carbon.workflow import aggregating

def stop(*_):
    raise KeyboardInterrupt

def once_more():
    os.kill(os.getpid(), signal.SIGINT)
    print("cleaned up")

atexit.register(once_more)
aggregating.aggregate = stop
sys.exit(main(["aggregate", "none", "--track", "neuclir-2024", "--out", "out"]))
"""


def test_a_second_ctrl_c_does_not_break_off_the_end_of_what_the_first_one_stopped(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_TWICE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stdout == "cleaned up\n"
    assert "Traceback" not in done.stderr
