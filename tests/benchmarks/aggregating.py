"""What `aggregate` costs over a whole track: `python tests/benchmarks/aggregating.py [--only year|small|cluster]`.

Run by hand on Linux; pytest does not collect it. Tracks are made up in a temporary folder (`--keep DIR` keeps them and
the last report). Each line of the table is a process of its own, start to end, with all that it starts:

- wall seconds; CPU seconds of the whole tree; bundles a second
- peak memory of the whole tree, in MB: proportional set size, in which a page that is shared counts once
- the cost per bundle in CPU seconds, and its ratio to that of the smallest track of the same kind

Then `--resume`: an unchanged track, and one with a single changed bundle. `cluster` puts a track into a real S3 API
server on loopback and lets two Dask workers examine it, of which one is killed in mid-run; the reports must be the same
bytes as those of this machine alone. Goals stand beside the figures; with other work on the machine only CPU seconds
say something, so the load is printed too.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from cluster import cluster
from made_up_year import TRACK, Year, make_year
from object_store import SETTINGS, object_store, uploaded
from wrapping import marked, processes_with

YEAR = Year(274, depth=1000)
SMALL = (1_000, 10_000)
_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Of a process and all that it started."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    processes: int


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--only", choices=("year", "small", "cluster"), help="one part of it")
    options.add_argument("--small", type=int, nargs="+", default=list(SMALL), help="how many bundles of 93 lines")
    options.add_argument("--year", type=int, default=YEAR.bundles, help="how many bundles of 93,000 lines")
    options.add_argument("--cluster", type=int, default=1_000, help="how many bundles of 93 lines go to the cluster")
    options.add_argument("--keep", type=Path, metavar="DIR", help="keep tracks and reports here, and use those there")
    chosen = options.parse_args()
    with _place(chosen.keep) as folder:
        print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} before we began")
        if chosen.only in (None, "year"):
            _scale(folder, [YEAR._replace(bundles=chosen.year)], "< 90 s on 2 cores, < 500 MB")
        if chosen.only in (None, "small"):
            _scale(folder, [Year(count) for count in chosen.small], "ratio <= 1.2; unchanged < 10 s")
        if chosen.only in (None, "cluster"):
            _cluster(folder, chosen.cluster)


@contextmanager
def _place(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _scale(folder: Path, years: list[Year], goal: str) -> None:
    print(f"\n{93 * years[0].depth:,} lines a bundle (goal: {goal})")
    print(
        f"  {'bundles':>8}{'':24}{'wall s':>8}{'CPU s':>8}{'/s':>7}{'MB':>6}{'procs':>6}{'CPU ms each':>13}{'ratio':>7}"
    )
    first: float | None = None
    for year in years:
        track = _made(folder, year)
        cache = folder / f"cache-{year.bundles}-{year.depth}"
        shutil.rmtree(cache, ignore_errors=True)
        cost = _aggregate(track / "bundles", folder / "report", cache)
        each = cost.cpu_s / year.bundles
        first = first or each
        _row(year.bundles, "from nothing", cost, f"{each * 1000:13.2f}{each / first:7.2f}")
        report = _digest(folder / "report")
        _row(year.bundles, "--resume, unchanged", _aggregate(track / "bundles", folder / "report", cache, "--resume"))
        _same(report, folder / "report")
        with _one_changed(track / "bundles"):
            _row(
                year.bundles,
                "--resume, one changed",
                _aggregate(track / "bundles", folder / "report", cache, "--resume"),
            )
        if year is years[0]:
            _row(year.bundles, "--workers 1", _aggregate(track / "bundles", folder / "report", cache, "--workers", "1"))
            _same(report, folder / "report")


def _row(bundles: int, what: str, cost: Cost, more: str = "") -> None:
    rate = bundles / cost.wall_s
    print(
        f"  {bundles:8,} {what:23}{cost.wall_s:8.1f}{cost.cpu_s:8.1f}{rate:7.0f}{cost.memory_mb:6.0f}"
        f"{cost.processes:6}{more}",
        flush=True,
    )


def _made(folder: Path, year: Year) -> Path:
    track = folder / f"track-{year.bundles}-{year.depth}"
    if not (track / "done").exists():
        shutil.rmtree(track, ignore_errors=True)
        make_year(track, year)
        (track / "done").touch()
    return track


@contextmanager
def _one_changed(bundles: Path) -> Iterator[None]:
    """One bundle in the middle with another byte in its run, which makes it a bad one."""
    victim = sorted(bundles.rglob("*.zip"))[len(list(bundles.rglob("*.zip"))) // 2]
    before = victim.read_bytes()
    victim.write_bytes(before.replace(b" Q0 ", b" Q1 ", 1))
    try:
        yield
    finally:
        victim.write_bytes(before)


def _aggregate(source: Path | str, out: Path, cache: Path, *options: str) -> Cost:
    words = [sys.executable, "-m", "neuclir_carbon", "aggregate", str(source), "--track", TRACK, "--out", str(out)]
    words += ["--as-of", "2024-11-22", "--format", "json", *options]
    marker = f"aggregating-{os.getpid()}-{time.monotonic_ns()}"
    environment = {**marked(marker), "NEUCLIR_CARBON_CACHE": str(cache)}
    begun = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    ticks: dict[int, int] = {}
    peak = most = 0
    while process.poll() is None:
        pids = processes_with(marker)
        ticks.update({pid: found for pid in pids if (found := _ticks_of(pid))})
        peak, most = max(peak, sum(map(_pss_kb, pids))), max(most, len(pids))
        time.sleep(0.1)
    wall = time.perf_counter() - begun
    if process.returncode != 0:
        assert process.stderr is not None
        raise SystemExit(f"aggregate ended with {process.returncode}: {process.stderr.read().decode()[-2000:]}")
    return Cost(wall, sum(ticks.values()) / _TICKS, peak / 1024, most)


def _ticks_of(pid: int) -> int:
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def _pss_kb(pid: int) -> int:
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0


def _digest(report: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(path for path in report.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(report)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _same(wanted: str, report: Path) -> None:
    if _digest(report) != wanted:
        raise SystemExit(f"{report} is not what it was from nothing")


def _cluster(folder: Path, bundles: int) -> None:
    track = _made(folder, Year(bundles))
    place = folder / "cluster"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    with object_store() as address:
        os.environ.update({**SETTINGS, "AWS_ENDPOINT_URL": address})
        source = uploaded(track / "bundles", "year")
        cache = folder / "cache-cluster"
        print(f"\n{bundles:,} bundles at {source}, S3 API on loopback")
        _row(bundles, "this machine alone", _aggregate(source, folder / "report", cache))
        report = _digest(folder / "report")
        for kills in (0, 1):
            with cluster(place) as running:
                running.add(2)
                killer = _kill_later(running.workers[0].pid, 5.0) if kills else None
                cost = _aggregate(source, folder / "report", cache, "--scheduler", running.address)
                if killer is not None:
                    killer.wait()
                    assert running.workers[0].wait(5) == -9, "the worker lived on"
            _row(bundles, f"2 workers, {kills} killed", cost)
            _same(report, folder / "report")
        print("  the same bytes each time (cost is the client's; the workers' comes on top)")


def _kill_later(pid: int, seconds: float) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sh", "-c", f"sleep {seconds}; kill -9 {pid}"])


if __name__ == "__main__":
    main()
