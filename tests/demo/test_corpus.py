"""The demo's collection: what pycountry really brings, and that every topic has one certain answer."""

import json
import os
import re
import subprocess
import sys
import uuid
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from neuclir_carbon.demo import corpus
from neuclir_carbon.demo.files import LANGUAGES, read_documents, read_pairs, read_qrels, read_topics
from neuclir_carbon.resources import shelf

# The version of pycountry that the counts below were taken from.
COUNTED_IN = "26.2.16"
# NeuCLIR 2024's document ids, as the track's schema has them.
DOC_ID = re.compile(r"[0-9a-f-]{36}")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    corpus.write_collection(folder)
    return folder


def translated_names(kind: str, language: str) -> set[str]:
    names = {name for entry in corpus.entries() if entry.kind == kind for name in entry.names}
    return {name for name in names if corpus.translated(name, kind, language)}


@pytest.mark.parametrize(
    ("kind", "count"), [("country", 418), ("language", 280), ("script", 38), ("currency", 0), ("subdivision", 0)]
)
def test_persian_names_are_as_many_as_pycountry_brings(kind: str, count: int) -> None:
    """A red line here says that pycountry's data have changed, not that we have."""
    found = len(translated_names(kind, "fas"))
    if version("pycountry") == COUNTED_IN:
        assert found == count
    else:
        assert found >= 0.8 * count


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_one_relevant_document_that_holds_its_translation(collection: Path, language: str) -> None:
    texts = {document.doc_id: document.text for document in read_documents(collection / f"documents-{language}.jsonl")}
    qrels = read_qrels(collection / f"qrels-{language}.txt")
    entries = {topic.topic_id: (topic.title, entry) for topic, entry in corpus.asked_for()}
    assert set(qrels) == {topic.topic_id for topic in read_topics(collection / "topics.jsonl")}
    for topic_id, relevant in qrels.items():
        title, entry = entries[topic_id]
        translation = corpus.translated(title, entry.kind, language)
        (doc_id,) = relevant
        assert translation is not None and translation in texts[doc_id].split(". ")


def test_the_answers_are_those_that_anybody_knows(collection: Path) -> None:
    texts = {document.doc_id: document.text for document in read_documents(collection / "documents-rus.jsonl")}
    qrels = read_qrels(collection / "qrels-rus.txt")
    answers = {topic.title: texts[next(iter(qrels[topic.topic_id]))] for topic, _ in corpus.asked_for()}
    assert answers["Iraq"] == "Ирак. Иракская Республика"
    assert answers["Mozambique"].startswith("Мозамбик")
    assert answers["Croatian"].startswith("хорватский")


def test_the_topics_are_those_of_neuclir_2024(collection: Path) -> None:
    track = json.loads((shelf("schemas") / "tracks" / "neuclir-2024.json").read_text(encoding="utf-8"))
    wanted = track["tasks"]["clir"]["topics"]["ids"]
    assert [topic.topic_id for topic in read_topics(collection / "topics.jsonl")] == list(wanted)
    assert len(wanted) == 93


@pytest.mark.parametrize("language", LANGUAGES)
def test_document_ids_are_lower_case_uuids_and_stand_once(collection: Path, language: str) -> None:
    ids = [document.doc_id for document in read_documents(collection / f"documents-{language}.jsonl")]
    assert len(set(ids)) == len(ids) > 500
    assert all(DOC_ID.fullmatch(doc_id) and str(uuid.UUID(doc_id)) == doc_id for doc_id in ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pair_to_learn_from_tells_an_answer(collection: Path, language: str) -> None:
    held_out = {name for _, entry in corpus.asked_for() for name in entry.names}
    titles = {topic.title.casefold() for topic, _ in corpus.asked_for()}
    pairs = read_pairs(collection / f"pairs-{language}.tsv")
    assert len(pairs) > 500
    for pair in pairs:
        assert pair.english not in held_out
        words = re.findall(r"\w+", pair.english.casefold())
        assert not titles & set(words), pair


def test_a_title_belongs_to_one_entry_only() -> None:
    owners = Counter(name.casefold() for entry in corpus.entries() for name in set(entry.names))
    assert all(owners[topic.title.casefold()] == 1 for topic, _ in corpus.asked_for())


def test_a_subdivision_also_names_its_country() -> None:
    bavaria = next(entry for entry in corpus.entries() if entry.code == "DE-BY")
    document = corpus.document_of(bavaria, "rus")
    assert document is not None
    assert document.text == "Бавария. Германия"
    assert corpus.document_of(bavaria, "fas") is None


def test_the_same_collection_comes_out_whatever_the_hash_seed(tmp_path: Path) -> None:
    made = []
    for seed in ("0", "1"):
        folder = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "neuclir_carbon.demo.corpus", str(folder)],
            env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
        )  # fmt: skip
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1]
    assert sorted(made[0]) == sorted(
        [f"documents-{lang}.jsonl" for lang in LANGUAGES]
        + [f"pairs-{lang}.tsv" for lang in LANGUAGES]
        + [f"qrels-{lang}.txt" for lang in LANGUAGES]
        + ["topics.jsonl"]
    )
