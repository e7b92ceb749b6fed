"""Team lotus: character n-grams over romanised names, weighted by TF-IDF. Learns nothing, needs no dictionary.

`python -m neuclir_carbon.demo.ngrams --documents FILE --topics FILE --out RUN`
"""

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from neuclir_carbon.demo.files import Document, ending_politely, read_documents, read_topics, write_run
from neuclir_carbon.demo.spelling import plain_words, romanised, skeleton, sounded, word_pieces

SIZES = (2, 3)


def features(text: str) -> Counter[str]:
    """The n-grams of a text's words as they sound, and of their consonant skeletons (in capitals), with counts."""
    words = [sounded(romanised(word)) for word in plain_words(text)]
    counts = Counter(piece for word in words for piece in word_pieces(word, SIZES))
    counts.update(piece.upper() for word in words for piece in word_pieces(skeleton(word), SIZES))
    return counts


class Index:
    """Documents by feature, each with its weight in the document's unit vector."""

    def __init__(self, documents: Iterable[Document]) -> None:
        counted = [(document.doc_id, features(document.text)) for document in documents]
        self._doc_ids = [doc_id for doc_id, _ in counted]
        frequency = Counter(feature for _, counts in counted for feature in counts)
        self._idf = {feature: math.log(1 + len(counted) / df) for feature, df in frequency.items()}
        self._postings: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for doc_id, counts in counted:
            weights = self._weights(counts)
            length = math.hypot(*weights.values())
            for feature, weight in weights.items():
                self._postings[feature].append((doc_id, weight / length))

    def search(self, query: str) -> dict[str, float]:
        """Document id → the cosine of query and document, times the query's length (the same for all documents).

        Where nothing matches, every document has 0: a run must bring at least one for each topic.
        """
        scores: defaultdict[str, float] = defaultdict(float)
        for feature, weight in self._weights(features(query)).items():
            for doc_id, part in self._postings[feature]:
                scores[doc_id] += weight * part
        return scores or dict.fromkeys(self._doc_ids, 0.0)

    def _weights(self, counts: Mapping[str, int]) -> dict[str, float]:
        known = ((feature, count, self._idf.get(feature)) for feature, count in counts.items())
        return {feature: (1 + math.log(count)) * idf for feature, count, idf in known if idf is not None}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="ngrams", description="Rank documents by n-grams of romanised names.")
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the run; its file's name is its tag")
    chosen = parser.parse_args(arguments)
    index = Index(read_documents(chosen.documents))
    write_run(chosen.out, {topic.topic_id: index.search(topic.title) for topic in read_topics(chosen.topics)})


if __name__ == "__main__":
    ending_politely(main)
