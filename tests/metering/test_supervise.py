"""Both ways of waiting for signals: with the sender's name (Linux), and by a wake-up pipe (macOS)."""

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import os, sys
from neuclir_carbon.metering.launch import Terminal, hold_signals, start_child
from neuclir_carbon.metering.supervise import Watch, wait_plainly
from neuclir_carbon.metering.waiting import InfoWaiter, WakeupWaiter
held = hold_signals()
child = start_child(sys.argv[2:], dict(os.environb), held, in_own_group=True)
if sys.argv[1] == "plainly":
    sys.exit(wait_plainly(child, held))
watch = Watch(
    child, None, held=held, terminal=Terminal(), interval_s=0.3, neighbours=None, warn=print,
    waiter={"info": InfoWaiter, "wakeup": WakeupWaiter}[sys.argv[1]](held),
)
if os.environ.get("WITH_METER"):
    watch.plan_meter(os.environ)
sys.exit(watch.until_the_end())
"""
WAYS = [
    pytest.param("info", marks=pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="not on this system"))
]
WAYS += [pytest.param("wakeup"), pytest.param("plainly")]


def watch(way: str, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, way, *command], stdout=subprocess.PIPE)


@pytest.mark.parametrize("way", WAYS)
def test_the_end_of_the_child_is_seen_at_once(way: str) -> None:
    begun = time.monotonic()
    with watch(way, "sh", "-c", "sleep 0.2; exit 9") as watcher:
        assert watcher.wait(30) == 9
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP])
def test_signals_are_handed_on(way: str, number: signal.Signals) -> None:
    with watch(way, "sh", "-c", "echo up; exec sleep 60") as watcher:
        assert watcher.stdout is not None
        watcher.stdout.readline()
        watcher.send_signal(number)
        assert watcher.wait(30) == 128 + number


@pytest.mark.parametrize("way", WAYS)
def test_a_signal_that_came_before_the_child_is_not_lost(way: str) -> None:
    early = PROGRAM.replace("child = ", "os.kill(os.getpid(), 15)\nchild = ")
    done = subprocess.run([sys.executable, "-c", early, way, "sleep", "60"], check=False, timeout=30)
    assert done.returncode == 143
