"""A real Dask cluster on loopback: a scheduler and workers, each a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import define, field
from wrapping import until

QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical", "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "1h"}


@define
class Cluster:
    """The scheduler's address, and the workers that were started."""

    address: str
    folder: Path
    workers: list["subprocess.Popen[bytes]"] = field(factory=list)

    def add(self, count: int = 1, environment: Mapping[str, str] | None = None) -> None:
        """Starts workers and waits until the scheduler knows them."""
        before = self._known()
        for _ in range(count):
            words = ["dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            words += ["--host", "127.0.0.1", "--local-directory", str(self.folder)]
            self.workers.append(_started(words, self.folder, environment))
        until(lambda: self._known() >= before + count, seconds=60)

    def _known(self) -> int:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return len(client.scheduler_info(n_workers=-1)["workers"])


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A scheduler without workers; all of it ends with the block."""
    told = folder / "scheduler.json"
    # Of a scheduler that was here before.
    told.unlink(missing_ok=True)
    words = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    scheduler = _started([*words, "--scheduler-file", str(told)], folder, None)
    found = None
    try:
        until(lambda: told.exists() and told.read_text().endswith("}"), seconds=60)
        found = Cluster(json.loads(told.read_text())["address"], folder)
        yield found
    finally:
        for process in [*(found.workers if found else []), scheduler]:
            process.kill()
            process.wait()


def _started(words: list[str], folder: Path, environment: Mapping[str, str] | None) -> "subprocess.Popen[bytes]":
    module, *options = words
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *options],
        cwd=folder, env={**os.environ, **QUIET, **(environment or {})}, stdout=subprocess.DEVNULL,
        stderr=(folder / f"{module}.log").open("ab"),
    )  # fmt: skip
