"""Attacks public editions of random made-up tracks and prints how often a team's figure was learnt within 15 %.

    python tests/benchmarks/attacking.py [--tracks 200] [--attackers 2] [--years] [--sixty]

Each track is attacked (tests/attacker.py) as it would be printed with nothing withheld, with single figures and sums
looked at only, and as it is published; then once more after one to four late teams, with both editions at hand.
`--years` attacks two years at once instead, with the total under one set of factors and the change since last year,
and asks for all figures, also of the earlier year. `--sixty` measures how long a made-up track of 60 teams takes to be
published.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "workflow")]

import attrs  # noqa: E402
from attacker import EVERY_FIGURE, Printed, wins, work_of  # noqa: E402
from publishing import any_track, published  # noqa: E402
from test_attack import any_claims, covered, edition_of, unprotected  # noqa: E402
from test_attack_years import printed  # noqa: E402
from two_years import Year, any_two_years, year_of  # noqa: E402

from neuclir_carbon.model.comparison import ONE_SET  # noqa: E402
from neuclir_carbon.model.inventory import GROUPINGS, CountedActivity  # noqa: E402
from neuclir_carbon.model.quantities import Range  # noqa: E402
from neuclir_carbon.workflow import public_groups  # noqa: E402
from neuclir_carbon.workflow.publication import HeldBack  # noqa: E402


@contextmanager
def single_figures_only() -> Iterator[None]:
    """Without the linear programs."""
    kept = public_groups.rows_to_withhold
    public_groups.rows_to_withhold = lambda *_: frozenset()  # type: ignore[assignment]
    try:
        yield
    finally:
        public_groups.rows_to_withhold = kept


def attacked(editions: Sequence[Printed], attackers: int) -> bool:
    """Whether anybody learns anything."""
    return any(wins(editions, attackers=attackers))


def one_track(seed: int, attackers: int, tally: Counter[str]) -> None:
    chance = random.Random(seed)
    track = any_track(chance)
    claims = any_claims(chance, track)
    work, kg = work_of(track), covered(track, claims)

    def note(way: str, document: Any) -> None:
        found = attacked([Printed(document, work, kg)], attackers)
        tally[f"{way}: tracks"] += 1
        tally[f"{way}: broken"] += found

    note("nothing withheld", unprotected(track, claims))
    with single_figures_only():
        note("single figures and sums", published(track, claims=claims))
    protected = published(track, claims=claims)
    note("as published", protected)
    shown = [cell for name in GROUPINGS for cell in protected[name].values()]
    tally["groups printed"] += sum("emissions_kg_co2e" in cell for cell in shown)
    tally["groups"] += len({(name, group) for name in GROUPINGS for group in unprotected(track, claims)[name]})
    tally["totals exact"] += "central" in protected["emissions_kg_co2e"]
    tally["totals as a band"] += "band" in protected["emissions_kg_co2e"]
    late_teams(chance, track, claims, attackers, tally)


def late_teams(
    chance: random.Random, track: list[CountedActivity], claims: Any, attackers: int, tally: Counter[str]
) -> None:
    late = [item for item in any_track(chance) if item.team in ("team0", "team1", "team2", "team3")]
    many = chance.randint(1, 4)
    late = [attrs.evolve(item, team=f"late{item.team}") for item in late if int(item.team[4:]) < many]
    first = edition_of(track, claims)
    both = [*track, *late]
    before = Printed(first.document, work_of(track), covered(track, claims))

    def note(way: str, document: Any) -> None:
        after = Printed(document, work_of(both), covered(both, claims))
        found = attacked([before, after], 1)
        tally[f"{way}: tracks"] += 1
        tally[f"{way}: broken"] += found

    note("two editions, each for itself", published(both, claims=claims))
    try:
        note("two editions, --published", published(both, claims=claims, editions=[first]))
    except HeldBack:
        tally["two editions, --published: tracks"] += 1
        tally["two editions, --published: held back"] += 1


def everything_told(year: Year) -> dict[str, Any]:
    """What would be printed of a year if nothing were withheld."""
    told = unprotected(year.activities, year.claims)
    kept = year.inventory
    told["harmonized"] = {bound: float(f"{kg:.3e}") for bound, kg in kept["harmonized"].items()}
    since = kept["since"] and kept["since"]["harmonized"]
    if since and since["ratio"] is not None:
        told["since"] = {"factors": ONE_SET, "ratio": float(f"{since['ratio']:.1e}")}
    return told


def both_years(seed: int, attackers: int, tally: Counter[str]) -> None:
    chance = random.Random(seed)
    old, new = any_two_years(chance)
    old_claims, new_claims, own = any_claims(chance, old), any_claims(chance, new), Range.exact(chance.uniform(0.1, 5))

    def years() -> tuple[Year, Year]:
        then = year_of(old, old_claims, evaluation=own)
        return then, year_of(new, new_claims, earlier=then, evaluation=own)

    def note(way: str, then: Printed, now: Printed) -> None:
        tally[f"{way}: tracks"] += 1
        tally[f"{way}: broken"] += any(wins([now], earlier=[then], attackers=attackers, figures=EVERY_FIGURE))

    then, now = years()
    told = [printed(year) for year in (then, now)]
    note("two years, nothing withheld", *(
        one._replace(document=everything_told(year)) for one, year in zip(told, (then, now), strict=True)
    ))  # fmt: skip
    note("two years, as published", *told)
    for key, inner in (("harmonized", "central"), ("since", "ratio")):
        tally[f"two years, {key} printed"] += inner in (now.edition.document[key] or {})


def sixty_teams() -> None:
    chance = random.Random(60)
    track: list[CountedActivity] = []
    while len({item.team for item in track}) < 60:
        prefix = len(track)
        track += [attrs.evolve(item, team=f"{item.team}x{prefix}") for item in any_track(chance)]
    kept = sorted({item.team for item in track})[:60]
    track = [item for item in track if item.team in kept]
    began = time.perf_counter()
    document = published(track)
    took = time.perf_counter() - began
    printed = sum("emissions_kg_co2e" in cell for name in GROUPINGS for cell in document[name].values())
    print(f"60 teams, {len(track)} activities: published in {took:.1f} s, {printed} groups printed")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tracks", type=int, default=200)
    options.add_argument("--attackers", type=int, default=2)
    options.add_argument("--from", type=int, default=0, dest="first")
    options.add_argument("--years", action="store_true")
    options.add_argument("--sixty", action="store_true")
    given = options.parse_args()
    if given.sixty:
        sixty_teams()
        return
    tally: Counter[str] = Counter()
    for seed in range(given.first, given.first + given.tracks):
        (both_years if given.years else one_track)(seed, given.attackers, tally)
        if seed % 20 == 19:
            print(seed + 1, dict(tally), file=sys.stderr, flush=True)
    for key in tally:
        print(f"{key:55} {tally[key]:8,}")


if __name__ == "__main__":
    main()
