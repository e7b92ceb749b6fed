"""Changes other trackers' files at random and looks at what `import` makes of them. By hand:

    python tests/benchmarks/fuzz_imports.py [--inputs 20000] [--seed 1] [--keep DIR]

The files of `tests/data/intake` are changed by bytes, lines, cells and columns, up to six times each. Told are
tracebacks, imports of more than a second of processor time, totals that are no numbers or fall out of their range,
ledgers that are not sound when they are read again, second imports that add something, and tables of which two halves,
imported one after the other, give another total than the whole. `--keep` keeps the inputs behind them.
"""

import argparse
import math
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from importing import DATA, brought

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.store.ledger import read_ledger
from neuclir_carbon.workflow.importing import Imported

NOW_S = 1.8e9
MOST_CHANGES, MOST_BYTES, SLOW_S = 6, 60_000, 1.0
CELLS = (
    b"", b"nan", b"inf", b"-1", b"1e308", b"-1e308", b"1e400", b"0", b"-0.0", b"1e-320", b"9" * 40, b"1,5", b"1_0",
    b"null", b"1e15", b"3.1e9", b"9999999999", "٣".encode(), b"12:00", b"2024-01-01T00:00:00", b"0001-01-01T00:00:00",
    b"9999-12-31T23:59:59", b"2024-02-30T00:00:00", b"DEU", b"XXX", b"Z" * 300, b"\xff\xfe", b'"', b"\0", b"=1+1",
    b"UNLIMITED", b"16777216K", b"999-99:99:99", b"1e300 J", b"-5 J", b"cpu=9999999,gres/gpu=9999999,mem=999999999T",
)  # fmt: skip
Change = Callable[[bytes, random.Random], bytes]


def bytes_changed(data: bytes, rng: random.Random) -> bytes:
    """Some bytes overwritten, put in or taken out, or the end cut off."""
    at, new = rng.randrange(len(data)), rng.randbytes(rng.randrange(1, 9))
    cut = rng.choice([0, 1, len(new), 60, len(data)])
    return data[:at] + (new if cut < 60 else b"") + data[at + cut :]


def lines_changed(data: bytes, rng: random.Random) -> bytes:
    """A line twice, gone or glued to the next one, or all in another order."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            lines.insert(rng.randrange(len(lines) + 1), lines[at])
        case 1:
            del lines[at]
        case 2:
            lines[at : at + 2] = [b"".join(lines[at : at + 2])]
        case _:
            rng.shuffle(lines)
    return b"\n".join(lines)


def cells_changed(data: bytes, rng: random.Random) -> bytes:
    """A cell, a whole column, or the order of two columns."""
    lines, part = data.split(b"\n"), rng.choice([b",", b"|", b":", b" "])
    one, other, value, kind = rng.randrange(20), rng.randrange(20), rng.choice(CELLS), rng.randrange(3)
    chosen = range(1, len(lines)) if kind else [rng.randrange(len(lines))]
    for at in range(len(lines)) if kind == 2 else chosen:
        cells = lines[at].split(part)
        if len(cells) > max(one, other):
            cells[one], cells[other] = (cells[other], cells[one]) if kind == 2 else (value, cells[other])
        lines[at] = part.join(cells)
    return b"\n".join(lines)


def marks_changed(data: bytes, rng: random.Random) -> bytes:
    """Commas, points, line ends and the like as another program writes them."""
    old, new = rng.choice([b",", b"\n", b".", b"|", b":"]), rng.choice([b";", b"\r\n", b",", b"", b"\t"])
    return data.replace(old, new, rng.choice([1, 5, -1]))


CHANGES: tuple[Change, ...] = (bytes_changed, lines_changed, cells_changed, marks_changed)


def faults(data: bytes, name: str, folder: Path, rng: random.Random) -> Iterator[str]:
    """What is wrong with the import of one input, in words that begin with its kind."""
    path, ledger = folder / name, folder / "ledger"
    path.write_bytes(data)
    began = time.process_time()
    found = brought(ledger, path, now_s=NOW_S)
    if time.process_time() - began > SLOW_S:
        yield f"slow: {time.process_time() - began:.1f} s"
    if not are_figures(found):
        yield f"figures: {found.totals}"
    if not found.imported:
        return
    kept = read_ledger(ledger)
    if kept.findings or len(kept.records) != found.imported:
        yield f"ledger: {found.imported} records written, {len(kept.records)} read, {kept.findings[:2]}"
    elif (again := brought(ledger, path, now_s=NOW_S)).imported:
        yield f"again: adds {again.imported} of {found.imported} records"
    # A cell between quotes may hold a line break, which no half of the lines may fall into; windows lie within others.
    if has_one_header(data) and b'"' not in data and b"window_name" not in data:
        halves = of_halves(data, name, folder, rng)
        if not math.isclose(halves, found.totals.operational_kg_co2e, rel_tol=1e-6, abs_tol=1e-15):
            yield f"halves: {halves!r} kg, the whole {found.totals.operational_kg_co2e!r} kg"


def are_figures(found: Imported) -> bool:
    """Whether all totals are numbers from 0 on, and in their ranges."""
    sums, kg = found.totals, found.totals.emissions_kg_co2e
    in_order = (kg.low, kg.likely_low, kg.central, kg.likely_high, kg.high)
    every = (sums.duration_s, sums.it_energy_kwh, sums.facility_energy_kwh, sums.operational_kg_co2e, *in_order)
    rising = all(one <= other * (1 + 1e-9) + 1e-300 for one, other in pairwise(in_order))
    return rising and all(math.isfinite(value) and value >= 0 for value in every)


def has_one_header(data: bytes) -> bool:
    """Whether the first line is a table's header and no other line is one."""
    lines = data.lower().split(b"\n")
    return b"duration" in lines[0] and sum(b"emissions" in line and b"duration" in line for line in lines) == 1


def of_halves(data: bytes, name: str, folder: Path, rng: random.Random) -> float:
    """kg CO2e of a table's two halves, imported one after the other into one ledger."""
    header, *rows = data.split(b"\n")
    at, kilograms = rng.randrange(len(rows) + 1), 0.0
    for half, part in (("first", rows[:at]), ("second", rows[at:])):
        path = folder / half / name
        path.parent.mkdir()
        path.write_bytes(b"\n".join([header, *part]))
        kilograms += brought(folder / "halves", path, now_s=NOW_S).totals.operational_kg_co2e
    return kilograms


def main() -> None:
    """Prints what was found, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    rng, counts = random.Random(asked.seed), Counter[str]()
    files = [path for path in sorted(DATA.rglob("*")) if path.is_file() and path.stat().st_size < MOST_BYTES]
    for number in range(asked.inputs):
        path = rng.choice(files)
        data = path.read_bytes()
        for _ in range(rng.randrange(MOST_CHANGES) + 1):
            data = rng.choice(CHANGES)(data or b"\n", rng)
        with tempfile.TemporaryDirectory() as folder:
            told = []
            try:
                told = list(faults(data, path.name, Path(folder), rng))
            except CarbonError:
                counts["refused"] += 1
            except Exception:  # noqa: BLE001  that is what is looked for
                told = [f"traceback: {traceback.format_exc()}"]
        for fault in told:
            counts[fault.split(":")[0]] += 1
            print(f"{number} {path.name} {fault}", flush=True)
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
                (asked.keep / f"{number}-{path.name}").write_bytes(data)
    print(f"{asked.inputs:,} inputs: {dict(counts) or 'nothing'}")


if __name__ == "__main__":
    main()
