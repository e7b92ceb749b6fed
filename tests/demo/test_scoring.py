"""Scores against values worked out by hand."""

import csv
import math
from pathlib import Path

import pytest

from neuclir_carbon.demo import scoring
from neuclir_carbon.demo.files import read_run

RELEVANT = {"1": frozenset({"a"}), "2": frozenset({"b"})}


def run_of(**rankings: str) -> dict[str, dict[str, float]]:
    """Rankings written as words of one-letter document ids: `t1="xa"` is topic 1 with x before a."""
    return {topic[1:]: {doc_id: -float(rank) for rank, doc_id in enumerate(ids)} for topic, ids in rankings.items()}


@pytest.mark.parametrize(
    ("run", "mrr", "ndcg"),
    [
        (run_of(t1="a", t2="b"), 1.0, 1.0),
        (run_of(t1="xa", t2="b"), (1 / 2 + 1) / 2, (1 / math.log2(3) + 1) / 2),
        (run_of(t1="xya", t2="xyzb"), (1 / 3 + 1 / 4) / 2, (1 / 2 + 1 / math.log2(5)) / 2),
        # A topic that the run leaves out counts as 0, not as absent.
        (run_of(t1="a"), 1 / 2, 1 / 2),
        # Eleventh: found, but behind nDCG's depth.
        (run_of(t1="cdefghijkla", t2="x"), 1 / 22, 0.0),
        ({}, 0.0, 0.0),
    ],
)
def test_measures_are_what_a_hand_gets(run: dict[str, dict[str, float]], mrr: float, ndcg: float) -> None:
    assert scoring.reciprocal_rank(run, RELEVANT) == pytest.approx(mrr)
    assert scoring.ndcg(run, RELEVANT) == pytest.approx(ndcg)


def test_two_relevant_documents_share_the_best_gain() -> None:
    run, relevant = run_of(t1="axb"), {"1": frozenset({"a", "b"})}
    best = 1 + 1 / math.log2(3)
    assert scoring.ndcg(run, relevant) == pytest.approx((1 + 1 / 2) / best)
    assert scoring.reciprocal_rank(run, relevant) == 1.0


def test_a_run_is_read_by_rank_whatever_the_order_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "fas-x"
    path.write_text("300 Q0 c 3 1.0 fas-x\n300 Q0 a 1 3.0 fas-x\n300 Q0 b 2 2.0 fas-x\n", encoding="utf-8")
    assert list(read_run(path)["300"].items()) == [("a", 3.0), ("b", 2.0), ("c", 1.0)]


def test_scores_are_written_for_each_run_by_the_judgements_of_its_language(tmp_path: Path) -> None:
    (tmp_path / "qrels-fas.txt").write_text("300 0 a 1\n300 0 z 0\n", encoding="utf-8")
    (tmp_path / "qrels-rus.txt").write_text("300 0 b 1\n", encoding="utf-8")
    for tag in ("fas-x", "rus-x"):
        (tmp_path / tag).write_text(f"300 Q0 a 1 2.0 {tag}\n300 Q0 b 2 1.0 {tag}\n", encoding="utf-8")
    out = tmp_path / "scores.csv"
    scoring.main(["--collection", str(tmp_path), "--out", str(out), str(tmp_path / "fas-x"), str(tmp_path / "rus-x")])
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["run_tag", "measure", "value"],
        ["fas-x", "MRR", "1.0000"], ["fas-x", "nDCG@10", "1.0000"],
        ["rus-x", "MRR", "0.5000"], ["rus-x", "nDCG@10", "0.6309"],
    ]  # fmt: skip
