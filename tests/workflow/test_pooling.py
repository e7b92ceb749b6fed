"""Several processes: the same comes out as from one, whatever dies on the way, and nobody is left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from making import a_run, ordered
from test_aggregating import a_track, summed_up

from neuclir_carbon.store.sources import Bundle, bundles_at
from neuclir_carbon.workflow.bundling import bundle
from neuclir_carbon.workflow.editions import write_editions
from neuclir_carbon.workflow.examined import Reader
from neuclir_carbon.workflow.examining import examine
from neuclir_carbon.workflow.gathering import Means
from neuclir_carbon.workflow.pooling import examine_in_processes


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def killing(most: int = 1_000) -> Iterator[list[int]]:
    """Kills the processes of the pool as soon as they are seen, up to `most` of them; gives who was killed."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.is_set() and len(killed) < most:
            for process in multiprocessing.active_children():
                if process.pid is not None and process.pid not in killed and len(killed) < most:
                    time.sleep(0.05)
                    with suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGKILL)
                        killed.append(process.pid)
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def test_any_number_of_processes_writes_the_same_bytes(tmp_path: Path) -> None:
    a_track(tmp_path)
    (tmp_path / "bundles" / "torn.crate.zip").write_bytes(b"PK\3\4 and no more")
    for workers in (1, 2, 3):
        write_editions(summed_up(tmp_path, means=Means(workers=workers)), tmp_path / f"out-{workers}")
    first = written(tmp_path / "out-1")
    assert first == written(tmp_path / "out-2") == written(tmp_path / "out-3")
    assert len(first) > 10


def test_a_process_that_is_killed_loses_no_bundle(tmp_path: Path) -> None:
    a_track(tmp_path)
    bundles, _ = bundles_at([tmp_path / "bundles"])
    with killing(most=2) as killed:
        found = sorted(examine_in_processes(bundles, None, 2), key=lambda item: item[0].name)
    assert len(killed) == 2
    assert found == [(item, examine(item, None)) for item in bundles]
    assert all(Reader().read(text).passed for _, text in found)


def test_a_bundle_whose_process_always_dies_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    a_run(tmp_path / "fas-lotus-bm25", depth=1000)
    made = bundle(ordered(tmp_path)).path
    with killing() as killed:
        ((_, text),) = examine_in_processes([Bundle(name=str(made))], None, 2)
    assert len(killed) == 2
    examined = Reader().read(text)
    assert not examined.passed
    assert "SIGKILL" in (examined.unread or "")


def test_who_stops_listening_leaves_no_process_behind(tmp_path: Path) -> None:
    a_track(tmp_path)
    bundles, _ = bundles_at([tmp_path / "bundles"])
    results = examine_in_processes(bundles * 20, None, 2)
    next(iter(results))
    assert multiprocessing.active_children()
    results.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


SERVER_OF = """
import sys
from multiprocessing import forkserver
from pathlib import Path
from neuclir_carbon.store.sources import Bundle
from neuclir_carbon.workflow.pooling import examine_in_processes

if __name__ == "__main__":
    list(examine_in_processes([Bundle(name=sys.argv[1])], None, 1))
    print(Path(f"/proc/{forkserver._forkserver._forkserver_pid}/status").read_text())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds back is read from /proc")
def test_the_server_that_starts_processes_never_hears_of_ctrl_c_not_even_while_it_comes_up(tmp_path: Path) -> None:
    """Its traceback would stand at the terminal."""
    script = tmp_path / "script.py"
    script.write_text(SERVER_OF)
    done = subprocess.run([sys.executable, script, tmp_path / "none.zip"], capture_output=True, text=True, check=True)
    (held,) = (line.split()[1] for line in done.stdout.splitlines() if line.startswith("SigBlk"))
    assert int(held, 16) & 1 << (signal.SIGINT - 1)


UNGUARDED = """
from pathlib import Path
from datetime import date
from neuclir_carbon.workflow.aggregating import Request, aggregate
from neuclir_carbon.workflow.gathering import Means

aggregate(Request(sources=({source!r},), track="neuclir-2024", as_of=date(2024, 11, 22), means=Means(workers=2)))
"""


def test_processes_that_can_not_be_started_are_told_and_not_tried_for_ever(tmp_path: Path) -> None:
    """A script without `if __name__ == "__main__"` runs again in each process, and dies there."""
    a_track(tmp_path)
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED.format(source=str(tmp_path / "bundles")))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "no process that examines bundles can be started here" in done.stderr
