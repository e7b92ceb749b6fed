"""The teams' programs as ordinary processes: what they find, how their runs look, and that their bytes never vary."""

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from neuclir_carbon.demo import bm25, corpus, ngrams, reranking, scoring, translation
from neuclir_carbon.demo.files import Document, read_documents, read_qrels, read_run, read_topics, write_run

LINE = re.compile(r"3\d\d Q0 [0-9a-f-]{36} [1-9]\d* -?\d+\.\d{6} (?P<tag>\S+)")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    corpus.write_collection(folder)
    return folder


def searched(collection: Path, language: str, out: Path) -> list[str]:
    documents, topics = collection / f"documents-{language}.jsonl", collection / "topics.jsonl"
    return ["--documents", str(documents), "--topics", str(topics), "--out", str(out)]


@pytest.fixture(scope="module")
def runs(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A run of each kind of pipeline, by its tag."""
    folder = tmp_path_factory.mktemp("runs")
    table, backward = str(folder / "table.json"), str(folder / "backward.json")
    learned = ["--pairs", str(collection / "pairs-fas.tsv"), "--foreign-sizes", "1,2", "--rounds", "3"]
    translation.main([*learned, "--out", table])
    translation.main([*learned, "--backward", "--out", backward])
    ngrams.main(searched(collection, "fas", folder / "fas-ngrams"))
    bm25.main(["--table", table, *searched(collection, "fas", folder / "fas-bm25")])
    bm25.main(["--table", table, "--translations", "1", *searched(collection, "fas", folder / "fas-single")])
    first = ["--first-stage", str(folder / "fas-bm25"), "--table", backward]
    reranking.main([*first, *searched(collection, "fas", folder / "fas-rerank")])
    return {tag: folder / tag for tag in ("fas-ngrams", "fas-bm25", "fas-single", "fas-rerank")}


def mrr(path: Path, collection: Path) -> float:
    return scoring.reciprocal_rank(read_run(path), read_qrels(collection / "qrels-fas.txt"))


@pytest.mark.parametrize(
    ("tag", "least"), [("fas-ngrams", 0.7), ("fas-bm25", 0.6), ("fas-single", 0.65), ("fas-rerank", 0.7)]
)
def test_a_pipeline_finds_far_more_than_chance(
    runs: Mapping[str, Path], collection: Path, tag: str, least: float
) -> None:
    documents = len(read_documents(collection / "documents-fas.jsonl"))
    # The expected reciprocal rank of one relevant document in a random order of all.
    chance = sum(1 / rank for rank in range(1, documents + 1)) / documents
    assert mrr(runs[tag], collection) > least > 20 * chance


def test_the_pipelines_differ_and_the_reranker_mends_its_first_stage(
    runs: Mapping[str, Path], collection: Path
) -> None:
    found = {tag: mrr(path, collection) for tag, path in runs.items()}
    assert len({round(value, 4) for value in found.values()}) == len(found)
    assert found["fas-rerank"] > found["fas-bm25"] + 0.03


@pytest.mark.parametrize("tag", ["fas-ngrams", "fas-bm25", "fas-rerank"])
def test_a_run_has_six_columns_and_falling_scores_for_every_topic(
    runs: Mapping[str, Path], collection: Path, tag: str
) -> None:
    lines = runs[tag].read_text(encoding="utf-8").splitlines()
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(match and match["tag"] == tag for match in matches)
    by_topic: dict[str, list[tuple[int, float, str]]] = {}
    for line in lines:
        topic_id, _, doc_id, rank, score, _ = line.split()
        by_topic.setdefault(topic_id, []).append((int(rank), float(score), doc_id))
    assert list(by_topic) == [topic.topic_id for topic in read_topics(collection / "topics.jsonl")]
    for rows in by_topic.values():
        assert [rank for rank, _, _ in rows] == list(range(1, len(rows) + 1))
        assert 1 <= len(rows) <= 100
        assert len({doc_id for _, _, doc_id in rows}) == len(rows)
        assert all(one > other for (_, one, _), (_, other, _) in itertools.pairwise(rows))


def test_a_reranked_run_holds_the_documents_of_its_first_stage(runs: Mapping[str, Path]) -> None:
    first, second = read_run(runs["fas-bm25"]), read_run(runs["fas-rerank"])
    assert {topic: set(ranking) for topic, ranking in first.items()} == {
        topic: set(ranking) for topic, ranking in second.items()
    }


def test_the_same_runs_come_out_whatever_the_hash_seed(collection: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    few = (collection / "pairs-fas.tsv").read_text(encoding="utf-8").splitlines(keepends=True)[:150]
    pairs.write_text("".join(few), encoding="utf-8")
    made = []
    for seed in ("0", "1"):
        folder = tmp_path / seed
        learned = ["--pairs", str(pairs), "--rounds", "1"]
        first = folder / "fas-bm25"
        steps = [
            ("ngrams", *searched(collection, "fas", folder / "fas-ngrams")),
            ("translation", *learned, "--out", str(folder / "table.json")),
            ("translation", *learned, "--backward", "--out", str(folder / "backward.json")),
            ("bm25", "--table", str(folder / "table.json"), *searched(collection, "fas", first)),
            (
                "reranking", "--first-stage", str(first), "--table", str(folder / "backward.json"),
                *searched(collection, "fas", folder / "fas-rerank"),
            ),
        ]  # fmt: skip
        for program, *arguments in steps:
            subprocess.run(
                [sys.executable, "-m", f"neuclir_carbon.demo.{program}", *arguments],
                env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
            )  # fmt: skip
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(made[0]) == 5
    assert made[0] == made[1]


def test_equal_scores_go_by_document_id_and_only_the_best_hundred_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "fas-x"
    write_run(path, {"300": {f"d{number:03}": 1.0 for number in reversed(range(150))} | {"best": 2.0}})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 100
    assert lines[:2] == ["300 Q0 best 1 2.000000 fas-x", "300 Q0 d000 2 1.000000 fas-x"]
    assert lines[2] == "300 Q0 d001 3 0.999999 fas-x"
    assert lines[-1] == "300 Q0 d098 100 0.999902 fas-x"


def test_an_ngram_score_is_the_cosine_that_a_hand_gets() -> None:
    """`iran` has 9 pieces of 2 and 3, its skeleton `irn` has 7; each stands in one of two documents: idf ln(1 + 2/1).

    Query and document are the same, so the cosine is 1 and the score the query's length: √16 × ln 3.
    """
    index = ngrams.Index([Document("a", "Иран"), Document("b", "Cook")])
    assert index.search("Iran") == pytest.approx({"a": 4 * 1.0986122886681098})


def test_a_query_that_matches_nothing_still_brings_documents() -> None:
    documents = [Document("a", "Иран"), Document("b", "Cook")]
    assert ngrams.Index(documents).search("Gd") == {"a": 0.0, "b": 0.0}
    table = translation.Table((1,), (1,), {})
    assert bm25.Index(documents, (1,)).search("Gd", table, 5) == {"a": 0.0, "b": 0.0}


def test_bm25_is_what_a_hand_gets() -> None:
    """Two documents of 3 and 6 pieces; the query's one piece is certain to be `б`, which stands once in the first.

    idf = ln(1 + (2 - 1 + 0.5) / (1 + 0.5)) = ln 2; K = 1.2 × (1 - 0.9 + 0.9 × 3 / 4.5) = 0.84;
    score = ln 2 × 1 × 2.2 / (1 + 0.84).
    """
    table = translation.Table((1,), (1,), {"b": {"б": 1.0}})
    index = bm25.Index([Document("a", "бвг"), Document("b", "вгвгвг")], (1,))
    assert index.search("b", table, 5) == pytest.approx({"a": 0.6931471805599453 * 2.2 / 1.84})


@pytest.mark.parametrize("content", [None, "", "not json\n", '{"doc_id": "x"}\n'])
def test_a_damaged_input_ends_a_program_with_one_line(collection: Path, tmp_path: Path, content: str | None) -> None:
    documents = tmp_path / "documents.jsonl"
    if content is not None:
        documents.write_text(content, encoding="utf-8")
    out = tmp_path / "run"
    done = subprocess.run(
        [
            sys.executable, "-m", "neuclir_carbon.demo.ngrams", "--documents", str(documents),
            "--topics", str(tmp_path if content == "" else collection / "topics.jsonl"), "--out", str(out),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    assert not out.exists()
