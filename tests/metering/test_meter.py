"""The meter and what it needs of CodeCarbon, whose names are not promised: a failure says which one has changed."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from wrapping import the_record, until, wrapped

from neuclir_carbon.metering.meter_process import MeterProcess

CONTRACT = """
from neuclir_carbon.metering.meter import Meter
meter = Meter()
tracker = meter._tracker
for name in ("_scheduler", "_scheduler_monitor_power"):
    scheduler = getattr(tracker, name, None)
    assert scheduler is not None and scheduler._stopped, f"CodeCarbon's {name} is gone or does not stop"
import threading
timers = [t for t in threading.enumerate() if isinstance(t, threading.Timer) and not t.finished.is_set()]
assert not timers, f"CodeCarbon still runs {timers}"
kinds = [type(part).__name__ for part in tracker._hardware]
assert "CPU" in kinds and "RAM" in kinds, kinds
assert tracker._pue == 1.0 and not tracker._output_handlers, "the configuration steered it"
found = meter.found()
assert found["cpu_method"] in ("rapl", "tdp-load", "constant"), found
first = meter.reading()
import time; time.sleep(0.3)
meter.sample()
second = meter.reading()
assert second["ram_kwh"] > first["ram_kwh"] and second["cpu_kwh"] > first["cpu_kwh"], (first, second)
assert 0.25 < second["metered_s"] - first["metered_s"] < 30
# RAM is a constant power: energy = power × time.
expected = second["ram_w"] * second["metered_s"] / 3_600_000
assert abs(second["ram_kwh"] / expected - 1) < 0.05, (second, expected)
print("held")
"""


def test_codecarbon_still_has_what_the_meter_uses(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONTRACT], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip().endswith("held"), done.stderr


def started_meter(**environment: str) -> MeterProcess:
    return MeterProcess.start(0.5, {**os.environ, **environment}, by_signal=False)


def heard(meter: MeterProcess, *, seconds: float = 60) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []

    def reads() -> bool:
        select.select([meter.descriptor], [], [], 1)
        entries.extend(meter.entries())
        return len(entries) >= 3

    until(reads, seconds=seconds)
    return entries


def test_a_configuration_of_codecarbon_s_does_not_steer_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".codecarbon.config").write_text("[codecarbon]\npue=50\nforce_ram_power=9999\noutput_dir=/nowhere\n")
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    meter = started_meter(HOME=str(tmp_path), CODECARBON_PUE="70", PYTHONPATH=str(tmp_path), SLURM_JOB_ID="7")
    try:
        ready, *readings = heard(meter)
        assert ready["kind"] == "meter-ready"
        assert all(reading["ram_w"] < 1000 for reading in readings)
        energies = [reading["ram_kwh"] for reading in readings]
        assert energies == sorted(energies)
        assert [path.name for path in tmp_path.iterdir()] != []
        assert not (tmp_path / "emissions.csv").exists()
    finally:
        meter.end()


def test_the_meter_ends_when_its_supervisor_is_gone_and_not_by_the_terminal_s_keys() -> None:
    program = (
        "import os, sys; from neuclir_carbon.metering.meter_process import MeterProcess; "
        "m = MeterProcess.start(0.5, os.environ, by_signal=False); print(m.pid, os.getpgid(m.pid), os.getpgrp()); "
        "sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    pid, group, ours = map(int, done.stdout.split())
    assert group == pid != ours
    until(lambda: not Path(f"/proc/{pid}").exists() or b") Z" in Path(f"/proc/{pid}/stat").read_bytes(), seconds=60)


def test_a_command_that_lasts_is_metered(tmp_path: Path) -> None:
    burn = "import time; e = time.monotonic() + 8\nwhile time.monotonic() < e: sum(range(1000))"
    done = wrapped(
        "--interval", "1", "--country", "DEU", "--scope", "machine", "--", sys.executable, "-c", burn,
        ledger=tmp_path / "l",
    )  # fmt: skip
    assert done.returncode == 0
    record = the_record(tmp_path / "l")
    assert 1 <= record["metered_s"] <= record["duration_s"]
    assert record["duration_s"] == pytest.approx(8, abs=4)
    assert record["notes"]["codecarbon"]
    assert record["command"]["exit_code"] == 0
    parts = {part["component"]: part for part in record["energy"]["components"]}
    assert set(parts) >= {"cpu", "ram"}
    assert parts["cpu"]["method"] in ("rapl", "tdp-load", "constant")
    assert {part["scope"] for part in parts.values()} == {"machine"}
    assert all(part["low_kwh"] < part["kwh"] < part["high_kwh"] for name, part in parts.items() if name != "gpu")
    assert record["energy"]["cpu_kwh"] > 0
    # One of our cores was busy: no fewer watts than the idle tenth, no more than all threads at the most.
    threads = record["hardware"]["logical_cpus"]
    watts = parts["cpu"]["kwh"] * 3_600_000 / record["duration_s"]
    assert 0.1 <= watts <= 40 * threads


def test_a_killed_meter_is_a_gap_and_no_harm(tmp_path: Path) -> None:
    program = """
import os, signal, sys, time
def meters():
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                words = open(f"/proc/{name}/cmdline", "rb").read()
                parent = int(open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if b"neuclir_carbon.metering.meter" in words and parent == os.getppid():
                yield int(name)
while not (found := list(meters())):
    time.sleep(0.02)
os.kill(found[0], signal.SIGKILL)
time.sleep(0.3)
print("went on")
"""
    done = wrapped("--", sys.executable, "-c", program, ledger=tmp_path / "l")
    assert (done.returncode, done.stdout) == (0, b"went on\n")
    record = the_record(tmp_path / "l")
    assert record["metered_s"] == 0
    assert "it ended before the command" in record["notes"]["metering"]
    assert record["status"] == "complete"


def test_signals_reach_us_while_the_meter_runs(tmp_path: Path) -> None:
    wrapper = subprocess.Popen(
        [sys.executable, "-m", "neuclir_carbon", "run", "--quiet", "--ledger", str(tmp_path / "l"), "--", "sleep", "60"]
    )
    time.sleep(2.5)
    wrapper.send_signal(signal.SIGTERM)
    assert wrapper.wait(20) == 143
    assert the_record(tmp_path / "l")["command"] == {
        "program": "sleep", "exit_code": 143, "signal": 15, "argv": None, "failed_in_body": None,
    }  # fmt: skip
