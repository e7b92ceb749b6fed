"""Runs the real wrapper as a child process, for the tests, and reads what it leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neuclir_carbon.store.ledger import parse_record

PROGRAM = [sys.executable, "-m", "neuclir_carbon"]
RUN = [*PROGRAM, "run"]


def wrapped(*arguments: str | bytes, ledger: Path | None = None, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The wrapper's end; its output is captured unless an option says otherwise."""
    if ledger is not None:
        arguments = ("--ledger", str(ledger), *arguments)
    options.setdefault("timeout", 60)
    if not {"stdout", "stderr"} & set(options):
        options["capture_output"] = True
    return subprocess.run([*RUN, *arguments], check=False, **options)


def started(*arguments: str, ledger: Path, **options: Any) -> subprocess.Popen[bytes]:
    """The wrapper, running."""
    return subprocess.Popen(
        [*RUN, "--ledger", str(ledger), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def records_in(ledger: Path) -> list[dict[str, Any]]:
    """The ledger's records as JSON; each must pass its schema and the rules about activity records."""
    found = []
    for path in sorted((ledger / "records").glob("*.json")):
        parsed = parse_record(path.read_bytes(), path.name)
        assert parsed.findings == (), parsed.findings
        found.append(json.loads(path.read_text()))
    return found


def the_record(ledger: Path) -> dict[str, Any]:
    """The only record of a ledger; no journal may be left."""
    (record,) = records_in(ledger)
    assert not list(ledger.glob("journal/*"))
    return record


def until(condition: Callable[[], Any], *, seconds: float = 20.0) -> Any:
    """The condition's value, once it is true; an assertion fails if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


def processes_with(marker: str) -> list[int]:
    """The live processes in whose environment a marker stands: all that a wrapper and its child have started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state = (folder / "stat").read_bytes().rpartition(b")")[2].split()[0]
                if state != b"Z" and marker.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def marked(marker: str) -> dict[str, str]:
    """The environment with a marker in it, which children inherit."""
    return {**os.environ, "WRAPPING_TEST_MARKER": marker}


def end_all(marker: str) -> None:
    """Ends what a test has left running under its marker."""
    for pid in processes_with(marker):
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
