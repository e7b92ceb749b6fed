"""What wrapping a command costs, beside other wrappers in the same minutes: `python tests/benchmarks/wrapping.py`.

Run by hand on Linux; pytest does not collect it. The peers are installed into a virtual environment of this benchmark's
own, outside the checkout, at the first use (`--peers DIR` names it; that needs a package index). Runs of the contenders
are interleaved, and medians are shown:

- launch: from the wrapper's start to the child's first instruction (a shell that writes into a FIFO), ms
- wall: of the whole wrapped `true`, the record on disk included, ms
- CPU: of the wrapper's whole process tree while the child sleeps, all contenders in the same minute, ms/min
- memory: the largest sum of PSS over the tree (each shared page counted in parts), the child's included, MB
"""

import argparse
import contextlib
import json
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PEERS = ("con-duct==0.23.0", "codecarbon==3.3.2")
# Start-up (CodeCarbon takes seconds) and the end are left out of the sleeping minute.
SETTLES_S = 12.0
LOOKS_EVERY_S = 0.2
MEMORY_S = 8
UNITS = {"launch": "ms", "wall": "ms", "CPU": "ms/min", "memory": "MB", "supervisor": "MB"}


class Contender(NamedTuple):
    """A wrapper by name, and the words before the command."""

    name: str
    words: tuple[str, ...]


class Goal(NamedTuple):
    """At most `ratio` of a peer's figure, or at most `bound`; None: that one is not asked for."""

    measure: str
    peer: str | None
    ratio: float | None
    bound: float | None


OURS, BARE, DUCT, CODECARBON = "neuclir-carbon", "bare", "con-duct", "codecarbon monitor"
GOALS = (
    Goal("launch", DUCT, 0.65, 60),
    Goal("wall", DUCT, 2.0, 250),
    Goal("CPU", CODECARBON, 0.2, 40),
    Goal("memory", CODECARBON, 1.1, None),
    Goal("supervisor", None, None, 18),
)
Figures = dict[str, dict[str, float]]


def main() -> None:
    """Measures and prints; `--json FILE` also writes the figures."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        contenders = _contenders(options.peers, Path(folder))
        figures: Figures = {contender.name: {} for contender in contenders}
        for contender, times in _interleaved(contenders, Path(folder), options.rounds).items():
            figures[contender.name] |= {name: statistics.median(values) for name, values in times.items()}
        for contender in contenders:
            whole, first = _peak_memory_mb(contender, Path(folder))
            figures[contender.name] |= {"memory": whole, "supervisor": first}
        for name, spent in _sleeping_cpu(contenders, Path(folder), options.seconds).items():
            figures[name]["CPU"] = spent
    print(_table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11, help="runs of each for launch and wall (default 11)")
    parser.add_argument("--seconds", type=float, default=60, help="length of the sleep (default 60)")
    parser.add_argument(
        "--peers", type=Path, default=Path(tempfile.gettempdir(), "neuclir-carbon-benchmark-peers"),
        help="virtual environment of the peers; made if it is not there (default: in the temporary directory)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser.parse_args()


def _contenders(peers: Path, folder: Path) -> tuple[Contender, ...]:
    """The four, ready to run. We run as installed beside this interpreter, with a place, as a participant would."""
    programs = {name: peers / "bin" / name for name in ("con-duct", "codecarbon")}
    if not all(program.exists() for program in programs.values()):
        print(f"installing {' and '.join(PEERS)} into {peers}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", peers], check=True)
        subprocess.run([peers / "bin" / "pip", "install", "--quiet", *PEERS], check=True)
    ours = Path(sys.executable).with_name("neuclir-carbon")
    monitor = (str(programs["codecarbon"]), "monitor", "--no-api", "--offline", "--country-iso-code", "DEU", "--")
    return (
        Contender(BARE, ()),
        Contender(OURS, (str(ours), "run", "--ledger", str(folder / "ledger"), "--country", "DEU", "--")),
        Contender(DUCT, (str(programs["con-duct"]), "run")),
        Contender(CODECARBON, monitor),
    )


def _interleaved(
    contenders: tuple[Contender, ...], folder: Path, rounds: int
) -> dict[Contender, dict[str, list[float]]]:
    found: dict[Contender, dict[str, list[float]]] = {c: {"launch": [], "wall": []} for c in contenders}
    for number in range(rounds + 1):
        for contender, times in found.items():
            launch, wall = _launch_ms(contender, folder), _wall_ms(contender, folder)
            if number:  # the first round fills the caches of files and bytecode
                times["launch"].append(launch)
                times["wall"].append(wall)
        _say(f"round {number} of {rounds}")
    return found


def _launch_ms(contender: Contender, folder: Path) -> float:
    """From the start to the moment at which the child's first byte is in the FIFO."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    # Open for both: it never comes to an end, and the child's open never waits.
    descriptor = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    try:
        begun = time.monotonic()
        with _started(contender, ["sh", "-c", 'echo > "$0"', str(fifo)], folder):
            ready, _, _ = select.select([descriptor], [], [], 60)
            launched = time.monotonic()
        if not ready:
            raise TimeoutError(f"{contender.name} did not start its child within a minute")
    finally:
        os.close(descriptor)
        fifo.unlink()
    return (launched - begun) * 1000


def _wall_ms(contender: Contender, folder: Path) -> float:
    begun = time.monotonic()
    with _started(contender, ["true"], folder) as process:
        if process.wait(60):
            raise RuntimeError(f"{contender.name} ended with {process.returncode}")
    return (time.monotonic() - begun) * 1000


def _peak_memory_mb(contender: Contender, folder: Path) -> tuple[float, float]:
    """The largest PSS of the whole tree, and of its first process alone, in MB, while a child sleeps."""
    whole, first = 0.0, 0.0
    with _started(contender, ["sleep", str(MEMORY_S)], folder) as process:
        while process.poll() is None:
            whole = max(whole, sum(_pss_mb(pid) for pid in _tree(process.pid)))
            first = max(first, _pss_mb(process.pid))
            time.sleep(LOOKS_EVERY_S)
    _say(f"memory of {contender.name}")
    return whole, first


def _sleeping_cpu(contenders: tuple[Contender, ...], folder: Path, seconds: float) -> dict[str, float]:
    """CPU time of each tree per minute of a sleeping child (ms/min), after it has settled."""
    _say(f"all four sleep for {seconds:g} s")
    processes = {c.name: _started(c, ["sleep", str(seconds)], folder) for c in contenders}
    time.sleep(min(SETTLES_S, seconds / 3))
    before, begun = {name: _cpu_s(process.pid) for name, process in processes.items()}, time.monotonic()
    time.sleep(seconds - min(SETTLES_S, seconds / 3) - 2)
    after, lasted_s = {name: _cpu_s(process.pid) for name, process in processes.items()}, time.monotonic() - begun
    for process in processes.values():
        process.wait(60)
    return {name: (after[name] - before[name]) * 1000 / lasted_s * 60 for name in processes}


def _started(contender: Contender, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    work = folder / contender.name.replace(" ", "-")
    work.mkdir(exist_ok=True)
    # As a user has it: without compiled modules every Python program would start at the speed of its compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(
        [*contender.words, *command], cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _tree(pid: int) -> Iterator[int]:
    """A process and its live descendants."""
    yield pid
    for task in _entries(Path(f"/proc/{pid}/task")):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _cpu_s(root: int) -> float:
    """CPU seconds that a tree's live processes and those that they have waited for have used so far."""
    found = 0.0
    for pid in _tree(root):
        with contextlib.suppress(OSError):
            # clock_getcpuclockid(3): to the nanosecond, threads that have ended included; proc(5) tells ticks only.
            found += time.clock_gettime((~pid << 3) | 2)
            waited_for = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
            found += sum(map(int, waited_for)) / os.sysconf("SC_CLK_TCK")
    return found


def _pss_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _table(figures: Figures) -> str:
    """The figures, a line a contender, then the ratios with their goals."""
    names = [f"{name}, {unit}" for name, unit in UNITS.items()]
    lines = [f"{'':20}" + "".join(f"{name:>16}" for name in names)]
    lines += [f"{name:20}" + "".join(f"{row[key]:16.1f}" for key in UNITS) for name, row in figures.items()]
    return "\n".join([*lines, "", *(_judged(goal, figures) for goal in GOALS)])


def _judged(goal: Goal, figures: Figures) -> str:
    ours, unit = figures[OURS][goal.measure], UNITS[goal.measure]
    words, met = [f"{goal.measure}: {ours:.1f} {unit}"], True
    if goal.peer is not None and goal.ratio is not None:
        ratio = ours / figures[goal.peer][goal.measure]
        words.append(f"{ratio:.2f} × {goal.peer} (goal {goal.ratio:g})")
        met = ratio <= goal.ratio
    if goal.bound is not None:
        words.append(f"goal {goal.bound:g} {unit}")
        met = met and ours <= goal.bound
    return f"{'met' if met else 'MISSED':8}{', '.join(words)}"


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:<{shutil.get_terminal_size().columns - 1}}")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
