"""Makes a small test collection out of real text: names that pycountry brings in English, Persian, Russian, Chinese.

`python -m neuclir_carbon.demo.corpus FOLDER` writes, for each language, the documents, the relevance judgements and
the pairs of names that a team may learn from, and the English topics. A document is one entry (a country, a
language, a script …) by all its names in the language; the one document that is relevant to a topic is the entry of
that English name. The text is Debian's iso-codes, translated by its community (LGPL 2.1 or later).
"""

import argparse
import gettext
import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from neuclir_carbon.demo.files import (
    BETWEEN_NAMES,
    LANGUAGES,
    Document,
    Pair,
    Topic,
    documents_path,
    ending_politely,
    pairs_path,
    qrels_path,
    topics_path,
    write_json_lines,
    write_lines,
)

LOCALES = {"fas": "fa", "rus": "ru", "zho": "zh_CN"}
# NeuCLIR 2024's CLIR topics, so that the track's own rules hold for the runs.
FIRST_TOPIC, TOPICS = 300, 93
# Subdivisions are too many and too alike to be asked for; they make the collection larger and harder.
ASKED_FOR = ("country", "language", "script")


class Entry(NamedTuple):
    """One thing that has names: its kind, its ISO code, its English names (best known first), its country's name."""

    kind: str
    code: str
    names: tuple[str, ...]
    within: str | None = None

    @property
    def title(self) -> str:
        return self.names[0]


class Source(NamedTuple):
    """One of pycountry's tables: whose names, under which attributes, translated in which gettext domain."""

    kind: str
    table: str
    code: str
    names: tuple[str, ...]
    domain: str


SOURCES = (
    Source("country", "countries", "alpha_3", ("common_name", "name", "official_name"), "iso3166-1"),
    Source("former country", "historic_countries", "alpha_4", ("common_name", "name", "official_name"), "iso3166-3"),
    Source("language", "languages", "alpha_3", ("common_name", "name", "inverted_name"), "iso639-3"),
    Source("language family", "language_families", "alpha_3", ("name",), "iso639-5"),
    Source("script", "scripts", "alpha_4", ("name",), "iso15924"),
    Source("currency", "currencies", "alpha_3", ("name",), "iso4217"),
    Source("subdivision", "subdivisions", "code", ("name",), "iso3166-2"),
)
DOMAINS = {source.kind: source.domain for source in SOURCES}


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every table, in the order of kind and code."""
    return tuple(entry for source in SOURCES for entry in sorted(_entries_of(source)))


def translated(text: str, kind: str, language: str) -> str | None:
    """The name in the language; None where nobody has translated it."""
    translation = _translations(DOMAINS[kind], language).gettext(text)
    return " ".join(translation.split()) if translation != text else None


def names_in(entry: Entry, language: str) -> tuple[str, ...]:
    """The entry's names in the language, those that are translated, without repetition."""
    found = (translated(name, entry.kind, language) for name in entry.names)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def document_of(entry: Entry, language: str) -> Document | None:
    """The entry as a document: its names, and its country's where it lies in one; None when nothing is translated."""
    names = names_in(entry, language)
    if not names:
        return None
    country = translated(entry.within, "country", language) if entry.within else None
    return Document(document_id(entry, language), BETWEEN_NAMES.join((*names, country) if country else names))


def document_id(entry: Entry, language: str) -> str:
    """36 lower-case characters, as NeuCLIR's document ids are, the same on every machine."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:neuclir-carbon:demo:{language}:{entry.kind}:{entry.code}"))


@cache
def asked_for() -> tuple[tuple[Topic, Entry], ...]:
    """The topics, each with the entry that answers it.

    Chosen by a digest, thus without favour, among the entries whose title is translated into every language and
    belongs to no other entry: one document is relevant, for certain.
    """
    owners = Counter(name.casefold() for entry in entries() for name in entry.names)
    candidates = [
        entry for entry in entries()
        if entry.kind in ASKED_FOR
        and owners[entry.title.casefold()] == 1
        and all(translated(entry.title, entry.kind, language) for language in LANGUAGES)
    ]  # fmt: skip
    chosen = sorted(candidates, key=lambda entry: hashlib.sha256(f"{entry.kind} {entry.code}".encode()).digest())
    return tuple((Topic(str(FIRST_TOPIC + place), entry.title), entry) for place, entry in enumerate(chosen[:TOPICS]))


def pairs_for_training(language: str) -> Iterator[Pair]:
    """The English names with their translations, without any that would tell a topic's answer.

    Held out are the topics' own entries and every pair whose English side has a topic's title in it
    (the Belgian province of Luxembourg would teach the country's name).
    """
    answers = {entry for _, entry in asked_for()}
    titles = re.compile("|".join(rf"(?<!\w){re.escape(topic.title)}(?!\w)" for topic, _ in asked_for()), re.IGNORECASE)
    seen = set()
    for entry in entries():
        if entry in answers:
            continue
        for name in entry.names:
            foreign = translated(name, entry.kind, language)
            if foreign is not None and not titles.search(name) and (name, foreign) not in seen:
                seen.add((name, foreign))
                yield Pair(" ".join(name.split()), foreign)


def write_collection(folder: Path) -> None:
    """Writes the whole collection into the folder."""
    topics = asked_for()
    write_json_lines(topics_path(folder), (topic._asdict() for topic, _ in topics))
    for language in LANGUAGES:
        documents = filter(None, (document_of(entry, language) for entry in entries()))
        write_json_lines(documents_path(folder, language), (document._asdict() for document in documents))
        write_lines(pairs_path(folder, language), ("\t".join(pair) for pair in pairs_for_training(language)))
        judgements = ((topic.topic_id, document_id(entry, language)) for topic, entry in topics)
        write_lines(qrels_path(folder, language), (f"{topic_id} 0 {doc_id} 1" for topic_id, doc_id in judgements))


@cache
def _translations(domain: str, language: str) -> gettext.NullTranslations:
    import pycountry

    return gettext.translation(domain, pycountry.LOCALES_DIR, languages=[LOCALES[language]], fallback=True)


def _entries_of(source: Source) -> Iterator[Entry]:
    import pycountry

    for row in getattr(pycountry, source.table):
        names = tuple(dict.fromkeys(name for key in source.names if (name := getattr(row, key, None))))
        yield Entry(source.kind, getattr(row, source.code), names, _country_of(row, source))


def _country_of(row: Any, source: Source) -> str | None:
    return str(row.country.name) if source.kind == "subdivision" else None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="corpus", description="Make the demo's test collection.")
    parser.add_argument("folder", type=Path, help="where the collection is written")
    write_collection(parser.parse_args(arguments).folder)


if __name__ == "__main__":
    ending_politely(main)
