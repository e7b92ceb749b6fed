"""Scores runs against the relevance judgements: mean reciprocal rank and nDCG at 10.

`python -m neuclir_carbon.demo.scoring --collection FOLDER --out SCORES.csv RUN...` writes `run_tag,measure,value`. A
run is scored against the judgements of the language that its tag begins with (`fas-lotus-ngrams`: `qrels-fas.txt`).
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from neuclir_carbon.demo.files import Qrels, Run, ending_politely, qrels_path, read_qrels, read_run, write_scores


def reciprocal_rank(run: Run, qrels: Qrels) -> float:
    """The mean over the judged topics of 1 / the rank of the first relevant document; 0 where there is none."""
    return _mean([_reciprocal_rank(tuple(run.get(topic_id, ())), relevant) for topic_id, relevant in qrels.items()])


def ndcg(run: Run, qrels: Qrels, depth: int = 10) -> float:
    """The mean over the judged topics of the discounted gain (1 / log2(rank + 1)) over the best that could be had."""
    return _mean([_ndcg(tuple(run.get(topic_id, ()))[:depth], relevant, depth) for topic_id, relevant in qrels.items()])


MEASURES = {"MRR": reciprocal_rank, "nDCG@10": ndcg}


def _reciprocal_rank(ranking: Sequence[str], relevant: frozenset[str]) -> float:
    return next((1 / rank for rank, doc_id in enumerate(ranking, 1) if doc_id in relevant), 0.0)


def _ndcg(ranking: Sequence[str], relevant: frozenset[str], depth: int) -> float:
    gained = math.fsum(_discount(rank) for rank, doc_id in enumerate(ranking, 1) if doc_id in relevant)
    best = math.fsum(_discount(rank) for rank in range(1, min(len(relevant), depth) + 1))
    return gained / best


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scoring", description="Score runs by MRR and nDCG at 10.")
    parser.add_argument("--collection", type=Path, required=True, help="the folder with the relevance judgements")
    parser.add_argument("--out", type=Path, required=True, help="where the scores are written")
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    chosen = parser.parse_args(arguments)
    rows = []
    for path in chosen.runs:
        run, qrels = read_run(path), read_qrels(qrels_path(chosen.collection, path.name.split("-")[0]))
        rows += [(path.name, name, measure(run, qrels)) for name, measure in MEASURES.items()]
    write_scores(chosen.out, rows)


if __name__ == "__main__":
    ending_politely(main)
