"""What `validate` costs beside the official algorithm and others: `python tests/benchmarks/validating.py`.

Run by hand on Linux; pytest does not collect it. Runs are made up (UUIDs, 1000 documents for each topic) in a temporary
folder, the contenders take turns on each of them, and medians and their ratios to the official algorithm are shown:

- wall and CPU seconds of the whole process and its children, start-up included
- peak memory of the largest process, and beyond `neuclir-carbon --version`

Contenders: `validate` on one core and on all, the official algorithm said plainly (`official_algorithm.py`), the
official program itself where `--official PATH` names it, `wc -l`, awk (fields and depth only) and polars where it is
installed (fields, duplicates, depth and order; it gives no line numbers). Goals stand beside the figures they are for.
"""

import argparse
import importlib.util
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
TAG = "fas-TEAM-run-base12"
PATTERN = "[0-9a-f-]{36}"
POOL = 200_000
AWK = "NF != 6 { bad++ } $1 != t { t = $1; n = 0 } ++n > 1000 { bad++ } END { exit bad > 0 }"
POLARS = """
import polars as pl, sys
names = ["topic", "q0", "doc", "rank", "score", "tag"]
q = pl.scan_csv(sys.argv[1], separator=" ", has_header=False, new_columns=names)
t = q.group_by("topic").agg(pl.len().alias("n"), pl.col("doc").n_unique().alias("d"),
    (pl.col("score").diff() > 0).sum().alias("up")).collect(engine="streaming")
assert t.select((pl.col("n") <= 1000) & (pl.col("n") == pl.col("d")) & (pl.col("up") == 0)).to_series().all()
"""


class Cost(NamedTuple):
    """Of one process: wall and CPU seconds, and the peak memory of the largest process in it, in MB."""

    wall_s: float
    cpu_s: float
    memory_mb: float


class Contender(NamedTuple):
    """A command by name, and on how many cores it runs (None: all)."""

    name: str
    command: list[str]
    cores: int | None = 1


class Case(NamedTuple):
    """A run to be judged, and the goal of each contender: its wall time at most so many times the official one."""

    name: str
    topics: int
    shape: str
    rounds: int
    goals: dict[str, float]


OURS, OURS_ALL, OFFICIAL, WRITTEN = "validate, one core", "validate, all cores", "official algorithm", "validate, 2022"
CASES = (
    Case("a real run's size: 93,000 lines", 93, "plain", 7, {OURS_ALL: 1.0}),
    Case("5,000,000 lines", 5000, "plain", 3, {OURS: 0.28, OURS_ALL: 0.17}),
    Case("1,000,000 lines, a score in two tied", 1000, "tied", 3, {}),
    Case("1,000,000 lines, scores as repr() writes them", 1000, "repr", 3, {}),
    Case("1,000,000 lines, topics interleaved", 1000, "interleaved", 3, {}),
)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--official", type=Path, metavar="PATH", help="check-stdtrec-run.py itself")
    options.add_argument("--scale", type=float, default=1.0, help="of the topics of each run, to try this out quickly")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        bare = statistics.median(_cost([*_ours(), "--version"], 1).memory_mb for _ in range(3))
        for case in CASES:
            topics = max(2, int(case.topics * chosen.scale))
            _aside(lambda topics=topics, shape=case.shape: _make_run(Path(TAG), topics, shape))
            Path("topics").write_text("".join(f"{topic}\n" for topic in range(1, topics + 1)), encoding="utf-8")
            print(f"\n{case.name} ({Path(TAG).stat().st_size / 1e6:.0f} MB, median of {case.rounds})")
            _show(case, _interleaved(list(_contenders(chosen.official)), case.rounds), bare)


def _ours() -> list[str]:
    return [sys.executable, "-m", "neuclir_carbon"]


def _contenders(official: Path | None) -> Iterator[Contender]:
    validate = [*_ours(), "validate", TAG, "--topics", "topics", "--task", "clir", "--track"]
    plain = [sys.executable, str(HERE / "official_algorithm.py"), "topics", PATTERN, TAG]
    yield Contender(OFFICIAL, plain)
    if official is not None:
        program = [sys.executable, str(official.resolve()), "-f", "topics", "-d", PATTERN, TAG]
        yield Contender("official program", program)
    yield Contender(OURS, [*validate, "neuclir-2024", "--official"])
    yield Contender(OURS_ALL, [*validate, "neuclir-2024", "--official"], cores=None)
    yield Contender(WRITTEN, [*validate, "neuclir-2022"])
    yield Contender("wc -l", ["wc", "-l", TAG])
    if shutil.which("awk"):
        yield Contender("awk", ["awk", AWK, TAG])
    if importlib.util.find_spec("polars"):
        yield Contender("polars", [sys.executable, "-c", POLARS, TAG], cores=None)


def _aside(work: Callable[[], None]) -> None:
    """Does some work in another process: what a process has in memory counts as its children's peak, too."""
    process = os.fork()
    if not process:
        work()
        os._exit(0)
    os.waitpid(process, 0)


def _make_run(path: Path, topics: int, shape: str) -> None:
    rng = random.Random(1)
    pool = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(POOL)]
    with path.open("w", encoding="ascii") as run:
        if shape == "interleaved":
            picked = [rng.sample(pool, 1000) for _ in range(topics)]
            for rank in range(1000):
                run.writelines(
                    f"{topic + 1} Q0 {picked[topic][rank]} {rank + 1} {30 - rank / 100:.6f} {TAG}\n"
                    for topic in range(topics)
                )
            return
        for topic in range(1, topics + 1):
            run.writelines(
                f"{topic} Q0 {document} {rank} {score} {TAG}\n"
                for rank, (document, score) in enumerate(
                    zip(rng.sample(pool, 1000), _scores(rng, shape), strict=True), 1
                )
            )


def _scores(rng: random.Random, shape: str) -> Iterator[str]:
    score = rng.uniform(20, 30)
    for number in range(1000):
        if shape != "tied" or number % 2:
            score -= rng.random() / 50 + 1e-6
        yield repr(score) if shape == "repr" else f"{score:.6f}"


def _interleaved(contenders: list[Contender], rounds: int) -> dict[str, Cost]:
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            costs[contender.name].append(_cost(contender.command, contender.cores))
    return {
        name: Cost(*(statistics.median(values) for values in zip(*found, strict=True))) for name, found in costs.items()
    }


def _cost(command: list[str], cores: int | None) -> Cost:
    """What a command costs; it has to find the run good."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, mine if cores is None else sorted(mine)[:cores])
    try:
        begun = perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, mine)
    _, status, used = os.wait4(process.pid, 0)
    wall = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    allowed = (0, 1) if "neuclir-2022" in command else (0,)
    if process.returncode not in allowed and "awk" not in command:
        raise SystemExit(f"{' '.join(command)[:200]} ended with {process.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _show(case: Case, costs: dict[str, Cost], bare_mb: float) -> None:
    official = costs[OFFICIAL]
    print(f"  {'':24}{'wall s':>8}{'ratio':>7}{'goal':>6}{'CPU s':>8}{'ratio':>7}{'MB':>7}{'beyond bare':>13}")
    for name, cost in costs.items():
        goal = f"{case.goals[name]:.2f}" if name in case.goals else ""
        print(
            f"  {name:24}{cost.wall_s:8.2f}{cost.wall_s / official.wall_s:7.2f}{goal:>6}{cost.cpu_s:8.2f}"
            f"{cost.cpu_s / official.cpu_s:7.2f}{cost.memory_mb:7.0f}{cost.memory_mb - bare_mb:13.1f}"
        )


if __name__ == "__main__":
    main()
