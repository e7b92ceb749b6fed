"""What the machine says: parsed from the kernel's own words, and true of processes that we start."""

import subprocess
import sys
import time

import pytest
from wrapping import until

from neuclir_carbon.metering import machine


def test_busy_time_is_all_but_idle_and_waiting() -> None:
    # user nice system idle iowait irq softirq steal guest guest_nice, in ticks; guest time is part of user time.
    line = b"cpu  1000 200 300 5000 500 10 20 30 400 50\n"
    assert machine.parse_cpu_times(line, 100) == {"machine_busy_s": 15.6, "machine_total_s": 70.6}


@pytest.mark.parametrize("line", [b"", b"cpu0 1 2 3 4 5 6 7 8\n", b"cpu  1 2\n", b"cpu  a b c d e\n"])
def test_what_is_not_the_kernel_s_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        machine.parse_cpu_times(line, 100)


def test_descendants_and_their_cpu_time_are_found() -> None:
    burn = "import time; e = time.process_time() + 0.4\nwhile time.process_time() < e: pass\ntime.sleep(60)"
    script = f'"{sys.executable}" -c "$0" & "{sys.executable}" -c "$0" & wait'
    with subprocess.Popen(["sh", "-c", script, burn]) as shell:
        try:
            until(lambda: len(machine.descendants(shell.pid)) == 2)
            # The kernel tells whole ticks, user's and system's each rounded down: a few hundredths may be missing.
            used = until(lambda: (s := machine.tree_cpu_s(shell.pid)) and s >= 0.7 and s)
            assert 0.7 <= used < 3
        finally:
            for pid in (*machine.descendants(shell.pid), shell.pid):
                subprocess.run(["kill", "-9", str(pid)], check=False)


def test_a_process_that_is_gone_has_no_cpu_time() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    assert machine.tree_cpu_s(gone.pid) is None
    assert machine.descendants(gone.pid) == []


def test_the_host_id_is_stable_and_not_the_machine_id() -> None:
    first = machine.host_id()
    assert first == machine.host_id()
    if first is not None:
        with open("/etc/machine-id", encoding="ascii") as stream:  # noqa: PTH123
            assert stream.read().strip() not in first


def test_the_clocks_go_on() -> None:
    first = machine.clocks()
    time.sleep(0.01)
    second = machine.clocks()
    assert second["monotonic_s"] > first["monotonic_s"]
    assert abs(second["at"] - time.time()) < 60
