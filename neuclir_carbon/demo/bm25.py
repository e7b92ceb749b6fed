"""Team birch: BM25 over the pieces that a learned table gives for the query's (a probabilistic structured query).

`python -m neuclir_carbon.demo.bm25 --table TABLE.json --documents FILE --topics FILE --translations 3 --out RUN`.
With one translation a piece it is a plain dictionary lookup; with more, a query piece's frequencies in a document and
in the collection are those of its translations, weighted by their chances (Darwish and Oard, 2003).
"""

import argparse
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from neuclir_carbon.demo.files import Document, ending_politely, read_documents, read_topics, write_run
from neuclir_carbon.demo.spelling import pieces
from neuclir_carbon.demo.translation import NOTHING, Table, read_table

K1, B = 1.2, 0.9


class Index:
    """Documents by foreign piece, with how often it stands in them, and the documents' lengths in pieces."""

    def __init__(self, documents: Iterable[Document], sizes: Sequence[int]) -> None:
        self._lengths: dict[str, int] = {}
        self._postings: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for document in documents:
            counts = Counter(pieces(document.text, sizes))
            self._lengths[document.doc_id] = counts.total()
            for piece, count in counts.items():
                self._postings[piece].append((document.doc_id, count))
        self._mean_length = sum(self._lengths.values()) / len(self._lengths)

    def search(self, query: str, table: Table, translations: int) -> dict[str, float]:
        """Document id → BM25 of the query's pieces by their best `translations`.

        Where nothing matches, every document has 0: a run must bring at least one for each topic.
        """
        scores: defaultdict[str, float] = defaultdict(float)
        for piece in dict.fromkeys(pieces(query, table.sizes)):
            frequencies, df = self._expected(_best_translations(table, piece, translations))
            weight = math.log(1 + (len(self._lengths) - df + 0.5) / (df + 0.5))
            for doc_id, tf in frequencies.items():
                relative_length = self._lengths[doc_id] / self._mean_length
                scores[doc_id] += weight * tf * (K1 + 1) / (tf + K1 * (1 - B + B * relative_length))
        return scores or dict.fromkeys(self._lengths, 0.0)

    def _expected(self, chances: Iterable[tuple[str, float]]) -> tuple[dict[str, float], float]:
        """How often a query piece is to be expected in each document, and in how many documents."""
        frequencies: defaultdict[str, float] = defaultdict(float)
        df = 0.0
        for piece, chance in chances:
            postings = self._postings.get(piece, [])
            df += chance * len(postings)
            for doc_id, count in postings:
                frequencies[doc_id] += chance * count
        return frequencies, df


def _best_translations(table: Table, piece: str, most: int) -> list[tuple[str, float]]:
    """The piece's best translations with their chances, made to sum to 1."""
    row = table.chances.get(piece, {})
    best = list(itertools.islice(((target, chance) for target, chance in row.items() if target != NOTHING), most))
    whole = math.fsum(chance for _, chance in best)
    return [(target, chance / whole) for target, chance in best]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bm25", description="Rank documents by BM25 over translated queries.")
    parser.add_argument("--table", type=Path, required=True, help="what the translation program learned")
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--translations", type=int, default=3, help="how many translations a piece may have")
    parser.add_argument("--out", type=Path, required=True, help="the run; its file's name is its tag")
    chosen = parser.parse_args(arguments)
    table = read_table(chosen.table)
    index = Index(read_documents(chosen.documents), table.foreign_sizes)
    found = {
        topic.topic_id: index.search(topic.title, table, chosen.translations) for topic in read_topics(chosen.topics)
    }
    write_run(chosen.out, found)


if __name__ == "__main__":
    ending_politely(main)
