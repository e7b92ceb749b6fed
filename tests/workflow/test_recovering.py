"""A killed wrapper leaves one interrupted record, once, whenever it was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from wrapping import PROGRAM, end_all, marked, processes_with, records_in, started, the_record, until

from neuclir_carbon.metering import machine
from neuclir_carbon.metering.journal import JournalWriter
from neuclir_carbon.model.journal_format import format_line, line_digest
from neuclir_carbon.workflow.recovering import recover, unrecoverable


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.35, 0.8, 1.6, 3.5])
def test_a_killed_wrapper_leaves_one_interrupted_record(tmp_path: Path, delay_s: float) -> None:
    marker, ledger = f"killed-{delay_s}-{tmp_path.name}", tmp_path / "l"
    words = ["--quiet", "--interval", "0.5", "--country", "DEU", "--run-tag", "t", "--scope", "job"]
    burn = "import time; print('up', flush=True)\nwhile time.sleep(0.001) is None: sum(range(3000))"
    with started(*words, "--", sys.executable, "-c", burn, ledger=ledger, env=marked(marker)) as wrapper:
        try:
            assert wrapper.stdout is not None
            wrapper.stdout.readline()
            time.sleep(delay_s)
            assert recover(ledger) == (), "the journal of a live wrapper was taken"
            wrapper.kill()
            wrapper.wait()
            child = [pid for pid in processes_with(marker) if b"while time.sleep" in cmdline(pid)]
            assert len(child) == 1, "the child must go on"
            os.kill(child[0], signal.SIGKILL)
            # The meter sees that nobody listens any more and ends.
            until(lambda: processes_with(marker) == [], seconds=30)
        finally:
            end_all(marker)
    (record,) = recover(ledger)
    assert recover(ledger) == ()
    assert record.status == "interrupted"
    assert record.ended_at is None
    assert record.command is not None and record.command.exit_code is None
    assert record.run_tags == ("t",)
    assert record.duration_s is not None and delay_s - 1.5 <= record.duration_s <= delay_s + 5
    written = the_record(ledger)
    assert written["record_id"] == record.record_id
    assert written["grid"]["country"] == "DEU"
    if delay_s >= 1.6:
        assert written["notes"]["command_cpu_s"] > 0


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def left_behind(ledger: Path, *, ended: bool, record_id: str = "20241115T093000Z-4f1c2a9e", **begin: object) -> Path:
    """A journal whose writer is gone."""
    now = {"at": 1731663000.0, "monotonic_s": 10.0, "boottime_s": 10.0}
    writer = JournalWriter.create(
        str(ledger),
        {
            "kind": "begin",
            "record_id": record_id,
            "activity": "indexing",
            "run_tags": [],
            "program": "p",
            **now,
            **begin,
        },
    )
    writer.append({"kind": "started", **now, "hardware": {"logical_cpus": 2, "ram_gib": 8.0}})
    later = {"at": 1731663060.0, "monotonic_s": 70.0, "boottime_s": 70.0, "child_cpu_s": 30.0}
    writer.append({"kind": "checkpoint", **later})
    if ended:
        writer.append({"kind": "ended", **later, "exit_code": 3, "signal": None})
    writer.close()
    return Path(writer.path)


def test_one_that_was_killed_while_it_made_its_record_is_complete(tmp_path: Path) -> None:
    left_behind(tmp_path, ended=True)
    (record,) = recover(tmp_path)
    assert (record.status, record.command and record.command.exit_code) == ("complete", 3)
    assert record.ended_at == "2024-11-15T09:31:00.000Z"
    assert record.duration_s == 60.0


def test_a_record_that_stands_already_is_left_as_it_is(tmp_path: Path) -> None:
    path = left_behind(tmp_path, ended=True)
    copy = path.read_bytes()
    (record,) = recover(tmp_path)
    written = (tmp_path / "records" / f"{record.record_id}.json").read_bytes()
    path.parent.mkdir()
    path.write_bytes(copy)
    assert recover(tmp_path) == ()
    assert not path.exists()
    assert (tmp_path / "records" / f"{record.record_id}.json").read_bytes() == written


def test_two_readers_at_once_make_one_record(tmp_path: Path) -> None:
    for number in range(8):
        left_behind(tmp_path, ended=False, record_id=f"20241115T093000Z-{number:08x}")
    readers = [
        subprocess.Popen([*PROGRAM, "recover", "--ledger", str(tmp_path), "--format", "json"], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    found = [json.loads(reader.communicate()[0])["recovered"] for reader in readers]
    assert sorted(item["record_id"] for items in found for item in items) == [
        f"20241115T093000Z-{number:08x}" for number in range(8)
    ]
    assert len(records_in(tmp_path)) == 8


def test_a_torn_last_line_costs_that_line_only(tmp_path: Path) -> None:
    path = left_behind(tmp_path, ended=True)
    path.write_bytes(path.read_bytes()[:-20])
    (record,) = recover(tmp_path)
    assert record.status == "interrupted"
    assert "torn" in record.notes["journal"]
    assert record.journal is not None and record.journal.lines == 3


def test_what_stands_after_an_altered_line_is_not_believed(tmp_path: Path) -> None:
    path = left_behind(tmp_path, ended=True)
    path.write_bytes(path.read_bytes().replace(b'"child_cpu_s":30.0', b'"child_cpu_s":1.0', 1))
    (record,) = recover(tmp_path)
    assert record.status == "interrupted"
    assert "line 4" in record.notes["journal"]


def noise(kind: str) -> bytes:
    line = format_line({"kind": "begin", "record_id": "20241115T093000Z-4f1c2a9e", "activity": "\u0007" * 5000}, None)
    return {
        "empty": b"",
        "noise": b"\x00\xff\n\n",
        "deep": b"[" * 100_000,
        "another id": format_line({"kind": "begin", "record_id": "other"}, None),
        "no id": format_line({"kind": "begin", "record_id": "../../etc/x"}, None),
        "hostile": line + format_line({"kind": "started", "at": 1e15}, line_digest(line)),
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "noise", "deep", "another id", "no id", "hostile"])
def test_a_journal_that_tells_nothing_is_named_and_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "journal" / "20241115T093000Z-4f1c2a9e.jsonl"
    path.parent.mkdir()
    path.write_bytes(noise(kind))
    assert recover(tmp_path) == ()
    assert path.exists()
    (text,) = unrecoverable(tmp_path)
    assert path.name in text and "remove it" in text
    done = subprocess.run(
        [*PROGRAM, "recover", "--ledger", str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) < 60
    assert "\u0007" not in done.stderr


def test_one_bad_journal_hides_no_other(tmp_path: Path) -> None:
    left_behind(tmp_path, ended=False)
    (tmp_path / "journal" / "20241115T093000Z-00000000.jsonl").write_bytes(b"noise")
    os.mkfifo(tmp_path / "journal" / "20241115T093000Z-00000001.jsonl")
    assert [record.record_id for record in recover(tmp_path)] == ["20241115T093000Z-4f1c2a9e"]
    assert len(unrecoverable(tmp_path)) == 2


@pytest.mark.parametrize(
    ("begin", "host_id", "is_left_alone"),
    [
        ({}, None, False),
        ({"boot_id": machine.boot_id()}, None, False),
        ({"boot_id": "of another machine"}, "another", True),
        ({"boot_id": "before a reboot"}, machine.host_id(), machine.host_id() is None),
        ({"locked": False}, None, True),
    ],
)
def test_a_young_journal_whose_lock_tells_nothing_is_left_alone(
    tmp_path: Path, begin: dict[str, object], host_id: str | None, is_left_alone: bool
) -> None:
    path = left_behind(tmp_path, ended=False)
    rewritten: list[bytes] = []
    for line in path.read_bytes().splitlines():
        entry = {key: value for key, value in json.loads(line).items() if key != "previous"}
        entry |= begin if entry["kind"] == "begin" else {"host_id": host_id} if entry["kind"] == "started" else {}
        rewritten.append(format_line(entry, line_digest(rewritten[-1]) if rewritten else None))
    path.write_bytes(b"".join(rewritten))
    assert unrecoverable(tmp_path) == ()
    assert len(recover(tmp_path)) == (0 if is_left_alone else 1)
    if is_left_alone:
        an_hour_ago = time.time() - 3700
        os.utime(path, (an_hour_ago, an_hour_ago))
        assert len(recover(tmp_path)) == 1


def test_an_empty_ledger_has_nothing_to_recover(tmp_path: Path) -> None:
    assert recover(tmp_path) == ()
    assert recover(tmp_path / "missing") == ()
