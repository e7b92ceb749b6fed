"""The demo's files as its programs read and write them: documents, topics, pairs of names, judgements, runs, scores.

Everything is UTF-8 text with "\\n" line ends and in a fixed order, so that the same work gives the same bytes.
"""

import csv
import heapq
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

DEPTH = 100
DECIMALS = 6
LANGUAGES = ("fas", "rus", "zho")
# What stands between the names in a document's text.
BETWEEN_NAMES = ". "


class Document(NamedTuple):
    """What can be found: one entry's names in one language."""

    doc_id: str
    text: str


class Topic(NamedTuple):
    """What is looked for: an English name."""

    topic_id: str
    title: str


class Pair(NamedTuple):
    """An English name and its translation, to learn from."""

    english: str
    foreign: str


Qrels = Mapping[str, frozenset[str]]
Run = Mapping[str, Mapping[str, float]]


def documents_path(collection: Path, language: str) -> Path:
    return collection / f"documents-{language}.jsonl"


def topics_path(collection: Path) -> Path:
    return collection / "topics.jsonl"


def pairs_path(collection: Path, language: str) -> Path:
    return collection / f"pairs-{language}.tsv"


def qrels_path(collection: Path, language: str) -> Path:
    return collection / f"qrels-{language}.txt"


def read_documents(path: Path) -> list[Document]:
    """The documents of a JSONL file, in its order."""
    return [Document(row["doc_id"], row["text"]) for row in _json_lines(path)]


def read_topics(path: Path) -> list[Topic]:
    """The topics of a JSONL file, in its order."""
    return [Topic(row["topic_id"], row["title"]) for row in _json_lines(path)]


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of names of a TSV file, in its order."""
    return [Pair(*line.split("\t")) for line in _lines(path)]


def read_qrels(path: Path) -> Qrels:
    """Topic id → the ids of its relevant documents (`topic 0 document relevance`, TREC's four columns)."""
    relevant: dict[str, set[str]] = {}
    for line in _lines(path):
        topic_id, _, doc_id, relevance = line.split()
        if int(relevance) > 0:
            relevant.setdefault(topic_id, set()).add(doc_id)
    return {topic_id: frozenset(ids) for topic_id, ids in relevant.items()}


def read_run(path: Path) -> Run:
    """Topic id → document id → score of a six-column run, best first (by rank)."""
    ranked: dict[str, list[tuple[int, str, float]]] = {}
    for line in _lines(path):
        topic_id, _, doc_id, rank, score, _ = line.split()
        ranked.setdefault(topic_id, []).append((int(rank), doc_id, float(score)))
    return {topic_id: {doc_id: score for _, doc_id, score in sorted(rows)} for topic_id, rows in ranked.items()}


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes a text file, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def write_json_lines(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Writes a JSONL file, an object a line."""
    write_lines(path, (json.dumps(row, ensure_ascii=False) for row in rows))


def write_run(path: Path, rankings: Mapping[str, Mapping[str, float]]) -> None:
    """Writes a six-column run whose tag is its file's name: each topic's `DEPTH` best documents of document → score.

    Equal scores go by id and are parted by a millionth: who scores a run orders it by score, and would break ties
    in a way of their own.
    """
    lines = []
    for topic_id, scores in rankings.items():
        before = math.inf
        best = heapq.nsmallest(DEPTH, scores.items(), key=lambda found: (-round(found[1], DECIMALS), found[0]))
        for rank, (doc_id, score) in enumerate(best, 1):
            before = min(round(score, DECIMALS), round(before - 10**-DECIMALS, DECIMALS))
            lines.append(f"{topic_id} Q0 {doc_id} {rank} {before:.{DECIMALS}f} {path.name}")
    write_lines(path, lines)


def write_scores(path: Path, rows: Iterable[tuple[str, str, float]]) -> None:
    """Writes `run_tag,measure,value` as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("run_tag", "measure", "value"))
        writer.writerows((run_tag, measure, f"{value:.4f}") for run_tag, measure, value in rows)


def ending_politely(main: Callable[[], None]) -> None:
    """Runs a program; a file that is missing or damaged ends it with one line on stderr and exit code 1."""
    try:
        main()
    except OSError as error:
        sys.exit(f"error: {error.filename or 'the output'}: {error.strerror}")
    except (KeyError, TypeError, ValueError) as error:
        sys.exit(f"error: an input is not what it must be: {error!r}")


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield line.rstrip("\n")


def _json_lines(path: Path) -> Iterator[dict[str, str]]:
    return map(json.loads, _lines(path))
