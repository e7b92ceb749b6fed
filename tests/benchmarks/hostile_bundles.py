"""Every hostile bundle through `verify` in a process of its own: seen or not, the slowest, the most memory.

By hand, from the top of a checkout: python tests/benchmarks/hostile_bundles.py
A process that verifies a sound bundle stands beside them: what start and imports alone take.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hostile import HOSTILE, canonical, sound_members


class Seen(NamedTuple):
    """One call of `verify`: its exit code, the codes it found, its time and its most resident memory."""

    code: int
    found: list[str]
    seconds: float
    cpu_seconds: float
    mib: float
    traceback: bool


# CPU time is what a busy machine leaves as it is. The peak is what the process itself saw: the system's count for a
# child also holds what its parent had at the fork.
PROBE = """
import re, resource, sys
from neuclir_carbon.cli.entry import main
code = main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]
used = resource.getrusage(resource.RUSAGE_SELF)
print("PEAK", peak, "CPU", used.ru_utime + used.ru_stime, file=sys.stderr)
sys.exit(code)
"""


def verify(path: Path) -> Seen:
    """One process, from start to end."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "verify", str(path), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    found = [finding["code"] for row in json.loads(done.stdout or "[]") for finding in row["findings"]]
    told = re.search(r"PEAK ([0-9]+) CPU ([0-9.]+)", done.stderr)
    assert told is not None, done.stderr
    return Seen(done.returncode, found, seconds, float(told[2]), int(told[1]) / 1024, "Traceback" in done.stderr)


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at every start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.crate.zip"
        members = sound_members(Path(folder) / "made")
        path.write_bytes(canonical(members))
        sound = min((verify(path) for _ in range(5)), key=lambda seen: seen.seconds)
        assert sound.code == 0
        results = []
        for hostile in HOSTILE:
            path.write_bytes(hostile.build(members))
            results.append((hostile, verify(path)))
    missed = [h.name for h, seen in results if seen.code != 1 or h.code not in seen.found or seen.traceback]
    slowest = max(results, key=lambda result: result[1].cpu_seconds)
    largest = max(results, key=lambda result: result[1].mib)
    print(f"sound bundle: {sound.seconds:.2f} s, {sound.cpu_seconds:.2f} s of CPU, {sound.mib:.0f} MiB")
    print(f"hostile bundles refused by their code: {len(results) - len(missed)} of {len(results)}")
    print(f"slowest: {slowest[1].seconds:.2f} s, {slowest[1].cpu_seconds:.2f} s of CPU ({slowest[0].name})")
    print(f"most memory: {largest[1].mib:.0f} MiB ({largest[0].name})")
    for name in missed:
        print(f"missed: {name}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
