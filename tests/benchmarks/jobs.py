"""How fast a log of jobs is read, beside a plain loop over its rows: `python tests/benchmarks/jobs.py`.

Run by hand; pytest does not collect it. The plain loop reads the CSV with the standard library, turns both times into
numbers and adds up hours by device: what a short script would do, without checks, places, overlaps or ranges. Runs are
interleaved; medians are shown, and the peak memory of each in a process of its own.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

PLAIN = """
import csv, sys
from collections import defaultdict
from datetime import datetime
hours = defaultdict(float)
with open(sys.argv[1], newline="") as stream:
    for row in csv.DictReader(stream):
        seconds = datetime.fromisoformat(row["end"]).timestamp() - datetime.fromisoformat(row["start"]).timestamp()
        hours[row["device"]] += seconds / 3600 * int(row["count"])
print(dict(hours))
"""
OURS = """
import sys
from pathlib import Path
from neuclir_carbon.workflow.estimating import Purpose
from neuclir_carbon.workflow.estimating_jobs import JobDefaults, estimate_jobs
found = estimate_jobs(Path(sys.argv[1]), JobDefaults(), Purpose())
print(found.jobs, found.totals.it_energy_kwh)
"""
DEVICES = ("T4", "A100 SXM4 80GB", "H100 SXM", "L4")
COUNTRIES = ("DEU", "FRA", "USA", "SWE")


def main() -> None:
    """Writes a log, reads it both ways, and prints rows a second, the ratio and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "jobs.csv"
        _write(log, options.rows)
        times: dict[str, list[float]] = {"plain": [], "ours": []}
        peaks_mb: dict[str, float] = {}
        for _ in range(options.rounds):
            for name, program in (("plain", PLAIN), ("ours", OURS)):
                spent_s, peaks_mb[name] = _run(program, log)
                times[name].append(spent_s)
    for name, spent in times.items():
        median_s = statistics.median(spent)
        print(f"{name:6}{options.rows / median_s:12,.0f} rows/s{median_s:8.2f} s{peaks_mb[name]:8.1f} MB at most")
    print(f"ours / plain: {statistics.median(times['ours']) / statistics.median(times['plain']):.2f} of the time")


def _write(path: Path, rows: int) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w") as stream:
        stream.write("start,end,device,count,machine,country\n")
        for number in range(rows):
            start = begun + timedelta(seconds=20 * number)
            end = start + timedelta(seconds=30 + number % 600)
            stream.write(
                f"{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{DEVICES[number % 4]},{1 + number % 8},"
                f"m{number % 50},{COUNTRIES[number // 1000 % 4]}\n"
            )


def _run(program: str, log: Path) -> tuple[float, float]:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", program, str(log)], check=True, stdout=subprocess.DEVNULL)
    spent_s = time.monotonic() - begun
    watched = (
        f"import resource, sys\n{program}\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", watched, str(log)], check=True, capture_output=True, text=True)
    return spent_s, int(done.stderr.split()[-1]) / 1024


if __name__ == "__main__":
    main()
