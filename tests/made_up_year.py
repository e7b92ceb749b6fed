"""A made-up track of any size: teams with their ledgers, and a bundle for each run."""

import os
import random
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from attrs import evolve
from making import a_ledger, a_record

from neuclir_carbon.workflow.bundling import Inputs, Order, bundle

TRACK = "neuclir-2024"
TOPICS = range(300, 393)
RUNS_OF_A_TEAM = 13
STAGES = ("indexing", "translation", "retrieval", "reranking")
_SYLLABLES = ("ba", "cor", "den", "fi", "gul", "ha", "jo", "kem", "lu", "mis", "nor", "pe", "qua", "ri", "sta", "tov")


class Year(NamedTuple):
    """How large a track is: how many runs, and how many documents each has for a topic (of 93)."""

    bundles: int
    depth: int = 1
    seed: int = 2024


def make_year(folder: Path, year: Year, *, workers: int = os.cpu_count() or 1) -> Sequence[Path]:
    """Makes a track's bundles under `folder/bundles/TEAM`, and gives their paths in order."""
    teams = range(-(-year.bundles // RUNS_OF_A_TEAM))
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        made = pool.map(partial(_team, folder, year), teams, chunksize=max(1, min(8, len(teams) // (4 * workers))))
        return sorted(path for paths in made for path in paths)


def _team(folder: Path, year: Year, team: int) -> list[Path]:
    """One team's bundles: a training that all its runs share, and for each run two stages of its own."""
    chance = random.Random(year.seed * 100_003 + team)
    name = "".join(chance.choices(_SYLLABLES, k=5)) + f"-{team}"
    count = min(RUNS_OF_A_TEAM, year.bundles - team * RUNS_OF_A_TEAM)
    tags = [f"t{team:05}-run-{number:02}" for number in range(count)]
    ledger = a_ledger(
        folder / "ledgers" / name,
        a_record(f"{name}-training", activity="training", kwh=chance.lognormvariate(1, 1)),
        *(
            a_record(f"{tag}-{stage}", activity=stage, kwh=chance.lognormvariate(-2, 1), run_tags=(tag,))
            for number, tag in enumerate(tags)
            for stage in STAGES[number % 2 :: 2]
        ),
    )
    order = Order(run=Path(), track=TRACK, task="clir", team=name, ledgers=(ledger,), out=folder / "bundles" / name)
    shared, made = Inputs(order), []
    for tag in tags:
        run = folder / "runs" / tag
        run.parent.mkdir(parents=True, exist_ok=True)
        run.write_text("".join(_lines(chance, tag, year.depth)))
        made.append(bundle(evolve(order, run=run), shared).path)
        run.unlink()
    return made


def _lines(chance: random.Random, tag: str, depth: int) -> Iterator[str]:
    for topic in TOPICS:
        for rank in range(1, depth + 1):
            document = uuid.UUID(int=chance.getrandbits(128), version=4)
            yield f"{topic} Q0 {document} {rank} {30 - rank / 50:.6f} {tag}\n"
