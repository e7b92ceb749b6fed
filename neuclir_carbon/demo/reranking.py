"""Team crane: orders a first stage's documents anew by how likely each name is to be the source of the query.

`python -m neuclir_carbon.demo.reranking --first-stage RUN --table BACKWARD.json --documents FILE --topics FILE
--out RUN`. A document's score is that of the first stage and, for its best name, the mean logarithm of the chance
that a query piece comes from one of the name's pieces (a noisy channel; smoothed, since no table is complete).
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from neuclir_carbon.demo.files import BETWEEN_NAMES, ending_politely, read_documents, read_run, read_topics, write_run
from neuclir_carbon.demo.spelling import pieces
from neuclir_carbon.demo.translation import NOTHING, Table, read_table

FIRST_STAGE_WEIGHT = 0.1
FLOOR = 1e-4


def likelihood(query: Sequence[str], name: str, table: Table) -> float:
    """The mean log chance of the query's pieces, given the name."""
    sources = [table.chances.get(piece, {}) for piece in (*pieces(name, table.foreign_sizes), NOTHING)]
    chances = (math.fsum(row.get(piece, 0.0) for row in sources) / len(sources) for piece in query)
    return math.fsum(math.log(chance + FLOOR) for chance in chances) / max(1, len(query))


def reranked(first: Mapping[str, float], query: str, texts: Mapping[str, str], table: Table) -> dict[str, float]:
    """Document id → score, for the documents of one topic's first stage (document id → score)."""
    wanted = list(dict.fromkeys(pieces(query, table.sizes)))
    return {
        doc_id: FIRST_STAGE_WEIGHT * score
        + max(likelihood(wanted, name, table) for name in texts[doc_id].split(BETWEEN_NAMES))
        for doc_id, score in first.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="reranking", description="Order a first stage's documents anew.")
    parser.add_argument("--first-stage", type=Path, required=True, help="the run to start from")
    parser.add_argument("--table", type=Path, required=True, help="what `translation --backward` learned")
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the run; its file's name is its tag")
    chosen = parser.parse_args(arguments)
    texts = {document.doc_id: document.text for document in read_documents(chosen.documents)}
    first, table = read_run(chosen.first_stage), read_table(chosen.table)
    topics = read_topics(chosen.topics)
    write_run(chosen.out, {
        topic.topic_id: reranked(first[topic.topic_id], topic.title, texts, table) for topic in topics
    })  # fmt: skip


if __name__ == "__main__":
    ending_politely(main)
