"""`aggregate` and `coverage` over many bundles, as a person at a terminal sees them: how far they are, Ctrl-C, and
going on."""

import hashlib
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from making import a_run, ordered
from wrapping import end_all, marked, processes_with, until

from neuclir_carbon.workflow.bundling import bundle
from neuclir_carbon.workflow.examined import Examined, format_examined

MANY = 150


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of many names of one bundle."""
    a_run(tmp_path / "fas-lotus-bm25", depth=300)
    made = bundle(ordered(tmp_path)).path
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MANY):
        os.link(made, folder / f"{number:03}.crate.zip")
    return folder


def words(many: Path, *options: str, verb: str = "aggregate") -> list[str]:
    program = [sys.executable, "-m", "neuclir_carbon", verb, str(many), "--track", "neuclir-2024", "--format", "json"]
    out = ["--out", str(many.parent / "report")] if verb == "aggregate" else []
    return [*program, *out, *options]


def stopped(
    many: Path, stop: Callable[["subprocess.Popen[bytes]"], None], *, verb: str = "aggregate"
) -> tuple[int, str]:
    """Runs it at a terminal, stops it when a few bundles are done; gives the exit code and what the terminal showed."""
    marker = f"many-{os.getpid()}-{many}"
    environment = {**marked(marker), "NEUCLIR_CARBON_CACHE": str(many.parent / "cache")}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words(many, "--workers", "2", verb=verb), env=environment, stdout=subprocess.DEVNULL, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while not (found := re.findall(rb"reading bundles: (\d+)/150", shown)) or int(found[-1]) < 5:
            shown += os.read(ours, 1000)
        stop(process)
        code = process.wait(30)
        try:
            while piece := os.read(ours, 1000):
                shown += piece
        except OSError:
            pass
        until(lambda: not processes_with(marker), seconds=15)
    finally:
        end_all(marker)
        os.close(ours)
    return code, shown.decode()


def kept(many: Path) -> int:
    (file,) = (many.parent / "cache" / "audits").glob("*.sqlite")
    with sqlite3.connect(file) as database:
        return int(database.execute("SELECT count(*) FROM results").fetchone()[0])


def emptied(many: Path) -> None:
    """Puts a result without a submission in the place of the one that is kept."""
    (file,) = (many.parent / "cache" / "audits").glob("*.sqlite")
    with sqlite3.connect(file) as database:
        ((sha256,),) = database.execute("SELECT sha256 FROM results").fetchall()
        text = format_examined(Examined(sha256=sha256))
        digest = hashlib.sha256(sha256.encode() + b"\0" + text).hexdigest()
        database.execute("UPDATE results SET digest = ?, text = ?", (digest, text))


def test_ctrl_c_leaves_no_process_and_writes_nothing_and_what_was_found_is_kept(many: Path) -> None:
    code, shown = stopped(many, lambda process: os.killpg(process.pid, signal.SIGINT))
    assert code == 130
    assert re.search(r"reading bundles: \d+/150 \[#*\.*\] [\d.]+/s, \d+:\d\d left", shown)
    assert re.search(r"stopped; nothing was written\. .* --resume", shown)
    assert "Traceback" not in shown
    assert not (many.parent / "report").exists()
    assert kept(many) == 1


def test_ctrl_c_in_coverage_keeps_what_was_found_and_says_how_to_go_on(many: Path) -> None:
    code, shown = stopped(many, lambda process: os.killpg(process.pid, signal.SIGINT), verb="coverage")
    assert code == 130
    assert re.search(r"stopped\. The bundles that were examined are kept: go on with --resume", shown)
    assert "Traceback" not in shown
    assert kept(many) == 1


@pytest.mark.parametrize("later_s", [0.0, 0.05])
def test_what_ctrl_c_says_at_the_end_is_what_the_disk_has(many: Path, later_s: float) -> None:
    report = many.parent / "report"

    def stop(process: "subprocess.Popen[bytes]") -> None:
        until(report.exists, seconds=60)
        time.sleep(later_s)
        os.killpg(process.pid, signal.SIGINT)

    _, shown = stopped(many, stop)
    assert "Traceback" not in shown
    written = not re.search(r"stopped; nothing was written\. .* --resume", shown)
    assert {path.name for path in report.iterdir()} == ({"organizer", "public"} if written else set())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_who_is_ended_leaves_no_process(many: Path, number: signal.Signals) -> None:
    code, shown = stopped(many, lambda process: process.send_signal(number))
    assert code == (-9 if number == signal.SIGKILL else 143)
    assert "Traceback" not in shown
    assert not (many.parent / "report").exists()


def test_going_on_gives_what_a_run_in_one_piece_gives(many: Path) -> None:
    stopped(many, lambda process: os.killpg(process.pid, signal.SIGINT))
    environment = {**os.environ, "NEUCLIR_CARBON_CACHE": str(many.parent / "cache")}
    outputs = []
    for options in (["--resume"], ["--resume"], ["--workers", "1"]):
        done = subprocess.run(words(many, *options), env=environment, capture_output=True, check=True)
        assert b"reading bundles" not in done.stderr
        files = sorted(path for path in (many.parent / "report").rglob("*") if path.is_file())
        outputs.append((done.stdout, [path.read_bytes() for path in files]))
    assert outputs[0] == outputs[1] == outputs[2]


def test_coverage_takes_what_it_or_aggregate_has_found_and_says_the_same(many: Path) -> None:
    environment = {**os.environ, "NEUCLIR_CARBON_CACHE": str(many.parent / "cache")}

    def printed(*options: str) -> bytes:
        command = words(many, *options, verb="coverage")
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    whole = printed("--workers", "1")
    assert kept(many) == 1 and len(json.loads(whole)["teams"]) == 1
    emptied(many)
    assert json.loads(printed("--resume"))["teams"] == []
    subprocess.run(words(many), env=environment, capture_output=True, check=True)
    assert printed("--resume") == whole


def test_workers_and_a_scheduler_are_one_or_the_other(many: Path) -> None:
    done = subprocess.run(
        words(many, "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "give one of them" in done.stderr
