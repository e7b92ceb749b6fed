"""Bundling and verifying a run of 93,000 lines against SHA-256 and deflate of the same bytes; and determinism.

By hand, from the top of a checkout: python tests/benchmarks/bundling.py [--rounds 5] [--trials 24]

Every contender is a process of its own, from start to end; rounds are interleaved, and medians of wall and CPU time are
shown with their ratio to the peer. The peer reads the same bytes once, takes their SHA-256 and packs them into a ZIP
archive by deflate, with Python's own modules. The trials bundle the same inputs under other folders, time zones,
locales, umasks, hash seeds and file times, and count the different archives.
"""

import argparse
import hashlib
import itertools
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from making import CERTIFICATE, TAG, a_ledger, a_record

PROGRAM = [sys.executable, "-m", "neuclir_carbon"]
TASK = ["--track", "neuclir-2024", "--task", "clir", "--team", "lotus"]
PEER = """
import hashlib, sys, zipfile
data = open(sys.argv[1], "rb").read()
print(hashlib.sha256(data).hexdigest())
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("run", data)
"""


def timed(command: Sequence[str], cwd: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a process from start to end; it must end well."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def inputs(folder: Path, records: int) -> None:
    """A run of 93,000 lines, a ledger and a certificate reference."""
    folder.mkdir(parents=True)
    chosen = random.Random(93_000)
    lines = (
        f"{topic} Q0 {uuid.UUID(int=chosen.getrandbits(128), version=4)} {rank} {30 - rank / 50:.6f} {TAG}\n"
        for topic in range(300, 393)
        for rank in range(1, 1001)
    )
    (folder / TAG).write_text("".join(lines))
    a_ledger(folder / "carbon", *(a_record(f"record-{number:04}", kwh=0.1 + number) for number in range(records)))
    (folder / "certificate.json").write_text(json.dumps(CERTIFICATE))


def compare(folder: Path, rounds: int, records: int) -> None:
    inputs(folder, records)
    commands = {
        "SHA-256 and deflate": [sys.executable, "-c", PEER, TAG, "peer.zip"],
        "bundle": [*PROGRAM, "bundle", TAG, *TASK, "--certificate", "certificate.json"],
        "verify": [*PROGRAM, "verify", f"{TAG}.crate.zip"],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(timed(command, folder))
    peer = None
    size = (folder / TAG).stat().st_size
    print(f"93,000 lines, {size:,} bytes, {records} activity records; median of {rounds}")
    for name, times in found.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        peer = peer or (wall, cpu)
        print(
            f"  {name:<20} {wall:6.2f} s wall, {cpu:6.2f} s CPU   {wall / peer[0]:5.2f} and {cpu / peer[1]:5.2f} × it"
        )
    with zipfile.ZipFile(folder / f"{TAG}.crate.zip") as archive:
        for info in archive.infolist():
            print(f"    {info.filename:<24} {info.file_size:>12,} bytes")


def trials(folder: Path, count: int) -> None:
    """The same inputs in as many surroundings, and how many archives came of it."""
    surroundings = itertools.product(
        ("UTC", "Asia/Tokyo", "Etc/GMT+12"), ("C", "C.UTF-8", "tr_TR.UTF-8"), (0o022, 0o077), ("0", "1", "4711"),
    )  # fmt: skip
    digests: dict[str, int] = {}
    for number, (zone, locale, umask, seed) in enumerate(itertools.islice(surroundings, 0, None, max(1, 54 // count))):
        place = folder / f"trial {number} é"
        inputs(place, 3)
        os.utime(place / TAG, (number * 10**6, number * 10**6))
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed}
        command = [*PROGRAM, "bundle", str(place / TAG) if number % 2 else TAG, *TASK]
        subprocess.run(command, cwd=place, check=True, capture_output=True, env=environment, umask=umask)
        digest = hashlib.sha256((place / f"{TAG}.crate.zip").read_bytes()).hexdigest()
        digests[digest] = digests.get(digest, 0) + 1
    print(f"determinism: {sum(digests.values())} bundles of the same inputs, {len(digests)} different archive(s)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=24)
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at every start
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name) / "few", asked.rounds, records=3)
        compare(Path(name) / "many", max(1, asked.rounds // 2), records=300)
        trials(Path(name), asked.trials)


if __name__ == "__main__":
    main()
