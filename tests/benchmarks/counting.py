"""What counting costs where a track has many teams: seconds a team in memory, and names compared pair by pair.

    python tests/benchmarks/counting.py [TEAMS ...]

Bundles are made in memory (4 records each); reading and verifying them is not in these figures.
"""

import difflib
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import attrs
from making import a_record, a_submission

from neuclir_carbon.checks.inventory import COMPARED, NEAR_NAMES, folded, near_names
from neuclir_carbon.model.outside import NOTHING_BROUGHT
from neuclir_carbon.model.submission import Submission
from neuclir_carbon.workflow.choosing import choose
from neuclir_carbon.workflow.harmonizing import Grids, harmonized
from neuclir_carbon.workflow.outlying import outliers


def main(sizes: Sequence[int]) -> None:
    """Prints a line for each size, and each size's cost a team over the first one's."""
    first: float | None = None
    for teams in sizes:
        made = submissions(teams)
        counting, chosen = timed(choose, made, "neuclir-2024", NOTHING_BROUGHT)
        recomputing, _ = timed(harmonized, chosen.activities, Grids())
        looking, _ = timed(outliers, chosen.submissions, chosen.activities)
        names = [one.manifest.team for one in made]
        comparing, _ = timed(with_library, names)
        whole = (counting + recomputing + looking) / teams
        first = first or whole
        print(
            f"{teams:>7,} teams: counted {counting:6.2f} s (names {comparing:5.2f} s), one set of factors "
            f"{recomputing:5.2f} s, outliers {looking:5.2f} s; {whole * 1000:.3f} ms a team, ratio {whole / first:.2f}"
        )
    names = [one.manifest.team for one in submissions(1000)]
    library, _ = timed(with_library, names)
    plain, _ = timed(in_python, names)
    print(f"  1,000 names pair by pair: {library:.3f} s; with difflib {plain:.2f} s, ratio {plain / library:.0f}")


def submissions(teams: int) -> list[Submission]:
    chance, base = random.Random(teams), a_record("x", kwh=1.0)
    made = []
    for number in range(teams):
        team = "".join(chance.sample("abcdefghijklmnopqrstuvwxyz0123456789", 9))
        records = [
            attrs.evolve(base, record_id=f"{team}-{n}", record_sha256=f"{number:032x}{n:032x}") for n in range(4)
        ]
        made.append(a_submission(team, f"{team}-r", *records))
    return made


def in_python(names: Sequence[str]) -> int:
    """The same comparison with the standard library."""
    short, matcher, found = [folded(name)[:COMPARED] for name in names], difflib.SequenceMatcher(None), 0
    for place, one in enumerate(short):
        matcher.set_seq2(one)
        for other in short[place + 1 :]:
            matcher.set_seq1(other)
            bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
            found += all(bound() >= NEAR_NAMES for bound in bounds)
    return found


def with_library(names: Sequence[str]) -> int:
    return len(list(near_names(names)))


def timed(work: Callable[..., Any], *values: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work(*values)
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1000, 10_000])
