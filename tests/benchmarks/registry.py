"""Times the index of a registry's export of millions of rows: `python tests/benchmarks/registry.py --rows 5000000`.

Run by hand; pytest does not collect it. A made-up Verra export is written to a temporary folder. Measured are the first
opening (the export is read into its index), the second one (digest and index only), 10,000 look-ups, and the largest
memory of the process that did it. The peer is pandas, which reads the same two columns whole and finds a block by a
sorted search: what one would write without an index. Each is a process of its own, one after the other.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from registry_files import HEADERS  # noqa: E402 - the tests' own helpers

BLOCK = 500
OURS = """
import json, random, resource, sys, time
from pathlib import Path
from neuclir_carbon.store.registry_index import open_registry
path, rows, block = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
start = time.perf_counter(); index = open_registry([path]); opened = time.perf_counter() - start
draw = random.Random(7)
start = time.perf_counter()
for _ in range(10_000):
    first = draw.randrange(rows) * block + 1
    assert len(index.rows_over("verra", first, first + block - 1)) == 1
found = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"opened_s": opened, "lookup_us": found * 100, "peak_mib": peak}))
"""
PEER = """
import json, random, resource, sys, time
import pandas as pd
path, rows, block = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start = time.perf_counter()
table = pd.read_csv(path, usecols=["Serial Number", "Retirement/Cancellation Date"])
parts = table["Serial Number"].str.split("-", n=3, expand=True)
starts, ends = parts[1].astype("int64"), parts[2].astype("int64")
order = starts.argsort(); starts = starts.iloc[order].to_numpy(); ends = ends.iloc[order].to_numpy()
opened = time.perf_counter() - start
draw = random.Random(7)
start = time.perf_counter()
for _ in range(10_000):
    first = draw.randrange(rows) * block + 1
    place = starts.searchsorted(first, side="right") - 1
    assert ends[place] >= first + block - 1
found = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"opened_s": opened, "lookup_us": found * 100, "peak_mib": peak}))
"""


def an_export(path: Path, rows: int) -> None:
    """Rows of 500 credits side by side, every other one retired."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(HEADERS["verra"]) + "\n")
        for i in range(rows):
            serial = f"{i // 10}-{BLOCK * i + 1}-{BLOCK * (i + 1)}-VCS-VCU-262-VER-IN-1-1175-01012020-31122020-0"
            day = "2024-11-15" if i % 2 else ""
            stream.write(
                f"2022-01-01,,2020-01-01,2020-12-31,1175,A project of some name,India,Energy industries,ACM0002,"
                f'"100,897",{BLOCK},{serial},,{day},A beneficiary of some name,Environmental Benefit,\n'
            )


def measured(program: str, path: Path, rows: int, cache: Path) -> dict[str, float]:
    words = [sys.executable, "-c", program, str(path), str(rows), str(BLOCK)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, env={**os.environ, "NEUCLIR_CARBON_CACHE": str(cache)}
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path, cache = Path(folder) / "verra.csv", Path(folder) / "cache"
        an_export(path, rows)
        size = path.stat().st_size / 2**20
        first = measured(OURS, path, rows, cache)
        peer = measured(PEER, path, rows, cache)
        again = measured(OURS, path, rows, cache)
        kept = sum(item.stat().st_size for item in cache.rglob("*.sqlite")) / 2**20
    print(f"{rows:,} rows, {size:,.0f} MiB; the index takes {kept:,.0f} MiB")
    for name, found in (("first", first), ("again", again), ("pandas", peer)):
        print(
            f"{name:<7} opened in {found['opened_s']:7.2f} s, {found['lookup_us']:6.1f} µs a look-up, "
            f"largest memory {found['peak_mib']:,.0f} MiB"
        )
    print(
        f"pandas opens in {peer['opened_s'] / first['opened_s']:.2f} of our first time and "
        f"{peer['opened_s'] / again['opened_s']:.1f} of our second, with {peer['peak_mib'] / first['peak_mib']:.1f} "
        f"times the memory"
    )


if __name__ == "__main__":
    main()
