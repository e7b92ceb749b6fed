"""Kills and signals wrappers at random moments, and counts what is left: `python tests/benchmarks/trials.py`.

Run by hand on Linux; pytest does not collect it. Each trial wraps a command in a ledger of its own:

- kill: SIGKILL to the wrapper between the child's first instruction and its end. Wanted: one record, interrupted, short
  by at most one interval, the same id when it is read again, the child undisturbed, no process of ours left
- early: a signal within the first 150 ms, which may come before the child is there. Wanted: the exit code that the
  signal gives, no process left, and one record wherever the journal had been begun
- signal: TERM, HUP, INT, QUIT, USR1 or USR2 while the child runs. Wanted: 128 + its number, one record, nothing left
- stop: TERM to a child that ignores it, then SIGKILL to all, as SLURM and docker do. Wanted: one record
- meter: SIGKILL to the meter. Wanted: the child's own exit code, one complete record, nothing left
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from wrapping import end_all, marked, processes_with, until  # noqa: E402 - the tests' own helpers

INTERVAL_S = 0.5
CHILD_S = 1.6
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class Trial(NamedTuple):
    """One trial's ledger, marker and wrapper."""

    ledger: Path
    marker: str
    wrapper: subprocess.Popen[bytes]

    def records(self) -> list[dict[str, object]]:
        """What `log` shows, read twice: both must be the same."""
        first, second = (self._log() for _ in range(2))
        assert [one["record_id"] for one in first] == [one["record_id"] for one in second]
        return first

    def _log(self) -> list[dict[str, object]]:
        words = [sys.executable, "-m", "neuclir_carbon", "log", "--ledger", str(self.ledger), "--format", "json"]
        done = subprocess.run(words, capture_output=True, check=False)
        return list(json.loads(done.stdout)["records"]) if done.returncode == 0 else []

    def nothing_left(self) -> bool:
        """Whether all that was started under the marker ends in time."""
        try:
            until(lambda: not processes_with(self.marker), seconds=15)
        except AssertionError:
            return False
        return True


def main() -> None:
    """Runs the trials and prints a line for each kind: how many went as wanted, and what the others left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50, help="of each kind (default 50)")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments; printed when not given")
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], help="which (default: all)")
    options = parser.parse_args()
    for number in ENDING:
        # A shell has its background jobs ignore some, and who ignores a signal hands that down.
        signal.signal(number, signal.SIG_DFL)
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"seed {seed}, {os.cpu_count()} CPUs, child of {CHILD_S} s, interval {INTERVAL_S} s")
    chance = random.Random(seed)
    for kind in options.kinds or KINDS:
        troubles = [trouble for _ in range(options.trials) if (trouble := _one(KINDS[kind], chance)) is not None]
        print(
            f"{kind:8}{options.trials - len(troubles):4} of {options.trials} as wanted",
            *troubles[:5],
            sep="\n         ",
        )


def _one(kind: Callable[[Trial, random.Random], str | None], chance: random.Random) -> str | None:
    """What went wrong in one trial; None when nothing did."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, marker = Path(folder) / "ledger", f"trial-{chance.getrandbits(64):x}"
        child = (
            f"trap '' TERM; touch {folder}/up; sleep {CHILD_S}; touch {folder}/done"
            if kind is _stop
            else (f"touch {folder}/up; sleep {CHILD_S}; touch {folder}/done")
        )
        words = ["run", "--quiet", "--ledger", str(ledger), "--interval", str(INTERVAL_S), "--", "sh", "-c", child]
        wrapper = subprocess.Popen([sys.executable, "-m", "neuclir_carbon", *words], env=marked(marker))
        try:
            return kind(Trial(ledger, marker, wrapper), chance)
        finally:
            wrapper.kill()
            wrapper.wait()
            end_all(marker)


def _is_up(trial: Trial) -> None:
    until((trial.ledger.parent / "up").exists)


def _kill(trial: Trial, chance: random.Random) -> str | None:
    _is_up(trial)
    begun = time.monotonic()
    time.sleep(chance.uniform(0, CHILD_S * 0.9))
    trial.wrapper.kill()
    lived_s = time.monotonic() - begun
    trial.wrapper.wait()
    until((trial.ledger.parent / "done").exists)
    if not trial.nothing_left():
        return f"killed after {lived_s:.3f} s: a process was left"
    records = trial.records()
    if len(records) != 1 or records[0]["status"] != "interrupted":
        return f"killed after {lived_s:.3f} s: {[record['status'] for record in records]}"
    short_s = lived_s - float(str(records[0]["duration_s"]))
    # The child was up a moment before we saw it.
    return None if -0.5 <= short_s <= INTERVAL_S + 0.5 else f"killed after {lived_s:.3f} s: short by {short_s:.3f} s"


def _early(trial: Trial, chance: random.Random) -> str | None:
    number = chance.choice(ENDING)
    after_s = chance.uniform(0, 0.15)
    time.sleep(after_s)
    trial.wrapper.send_signal(number)
    code = trial.wrapper.wait(20)
    said = f"{number.name} after {after_s:.3f} s: exit {code}"
    # Before Python runs our first line the signal ends it as it would end any program; later the child gets it.
    if code not in (-number, 128 + number, 130 if number == signal.SIGINT else 128 + number, 1):
        return said
    if not trial.nothing_left():
        return f"{said}, a process was left"
    was_begun = trial.ledger.exists() and code == 128 + number
    return f"{said}, no record" if was_begun and len(trial.records()) != 1 else None


def _signal(trial: Trial, chance: random.Random) -> str | None:
    number = chance.choice(ENDING)
    _is_up(trial)
    time.sleep(chance.uniform(0, CHILD_S * 0.8))
    trial.wrapper.send_signal(number)
    code = trial.wrapper.wait(20)
    records = trial.records()
    is_right = code == 128 + number and len(records) == 1 and records[0]["status"] == "complete"
    return None if is_right and trial.nothing_left() else f"{number.name}: exit {code}, {len(records)} records"


def _stop(trial: Trial, chance: random.Random) -> str | None:
    _is_up(trial)
    trial.wrapper.send_signal(signal.SIGTERM)
    time.sleep(chance.uniform(0, CHILD_S * 0.8))
    for pid in processes_with(trial.marker):
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    trial.wrapper.wait(20)
    records = trial.records()
    return None if len(records) == 1 and trial.nothing_left() else f"{len(records)} records"


def _meter(trial: Trial, chance: random.Random) -> str | None:
    _is_up(trial)
    time.sleep(chance.uniform(0.3, CHILD_S * 0.8))
    for pid in processes_with(trial.marker):
        if b"metering.meter" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    code = trial.wrapper.wait(20)
    records = trial.records()
    is_right = code == 0 and len(records) == 1 and records[0]["status"] == "complete"
    return None if is_right and trial.nothing_left() else f"exit {code}, {len(records)} records"


KINDS: dict[str, Callable[[Trial, random.Random], str | None]] = {
    "kill": _kill, "early": _early, "signal": _signal, "stop": _stop, "meter": _meter,
}  # fmt: skip


if __name__ == "__main__":
    main()
