"""How fast `import` reads a CodeCarbon file of many rows, and in how much memory, beside pandas.

    python tests/benchmarks/importing.py [--rows 1000000] [--flushes 100]

Writes a file of runs that flushed their running totals, imports it into a new ledger, and then again. The peer is what
people write by hand: pandas reads the file, takes each run's last row and adds up; it judges no row and writes nothing.
Peak memory is the process's own (VmHWM).
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,"
    "cpu_energy,gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,"
    "cloud_provider,cloud_region,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,"
    "latitude,ram_total_size,tracking_mode,cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,"
    "ram_used_gb,on_cloud,pue,wue"
)
PANDAS = (
    "import pandas, sys; t = pandas.read_csv(sys.argv[1]); "
    "last = t.groupby('run_id').tail(1); print(repr(last.emissions.sum()))"
)
OURS = "import sys; from neuclir_carbon.cli.entry import main; sys.exit(main(['import', *sys.argv[1:]]))"
MEASURED = (
    "\nimport re as _re, sys as _sys\n"
    "def _peak():\n"
    "    found = _re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())\n"
    "    print('peak', found[1], file=_sys.stderr)\n"
    "import atexit as _atexit; _atexit.register(_peak)\n"
)


def rows(count: int, flushes: int) -> Iterator[str]:
    """Rows of runs of so many flushes each, 15 s apart."""
    for number in range(count):
        run, step = divmod(number, flushes)
        seconds = 15.0 * (step + 1) + 0.123456789
        kwh = seconds * 250.0 / 3_600_000
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_700_000_000 + run * flushes * 20 + seconds))
        yield (
            f"{at},exp,{run:08x}-0000-4000-8000-000000000000,5b0fa12a-3dd7-45bb-9766-cc326314d9f1,{seconds!r},"
            f"{kwh * 0.38095!r},{kwh * 0.38095 / seconds!r},120.0,100.0,30.0,"
            f"{kwh * 0.48!r},{kwh * 0.4!r},{kwh * 0.12!r},"
            f"{kwh!r},0.0,Germany,DEU,,,,Linux-6.1.0,3.11.7,3.2.3,64,AMD EPYC 7452 32-Core Processor,1,"
            "1 x NVIDIA A100-SXM4-40GB,13.4,52.5,503.7286376953125,machine,12.5,80.1,20.3,100.2,N,1.0,0.0\n"
        )


def measured(program: str, *arguments: str) -> tuple[float, float, str]:
    """(seconds, MiB at most, standard output) of a Python program, as a process of its own."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED + program, *arguments], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    peak = re.search(r"peak (\d+)", done.stderr)
    if done.returncode or peak is None:
        raise SystemExit(done.stderr)
    return seconds, int(peak[1]) / 1024, done.stdout.strip()


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--flushes", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, ledger = Path(folder, "emissions.csv"), Path(folder, "ledger")
        with path.open("w") as stream:
            stream.write(HEADER + "\n")
            stream.writelines(rows(asked.rows, asked.flushes))
        print(f"{asked.rows:,} rows, {asked.rows // asked.flushes:,} runs, {path.stat().st_size / 2**20:,.0f} MiB")
        peer = measured(PANDAS, str(path))
        options = ["--ledger", str(ledger), "--activity", "training"]
        first, again = measured(OURS, str(path), *options), measured(OURS, str(path), *options)
        print(f"{'':12}{'s':>9}{'rows/s':>12}{'peak MiB':>10}{'ratio s':>9}{'ratio MiB':>10}")
        for name, (seconds, mib, _) in (("pandas", peer), ("import", first), ("again", again)):
            print(
                f"{name:12}{seconds:9.2f}{asked.rows / seconds:12,.0f}{mib:10.0f}{seconds / peer[0]:9.2f}"
                f"{mib / peer[1]:10.2f}"
            )
        print(f"pandas: {peer[2]} kg\nimport: {first[2]}\nagain:  {again[2]}")


if __name__ == "__main__":
    main()
