"""RUN: rules about one line of a run of JSONL: its JSON, its shape, its topic, its texts and what they cite.

The codes of `TEXTS` are reported where a line is read: what is no JSON can be shown to no rule.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from neuclir_carbon.checks.documents import message_of
from neuclir_carbon.checks.line_schemas import line_validator
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.json_data import pointer_of
from neuclir_carbon.model.plain_text import on_one_line
from neuclir_carbon.model.report_run import Citations, Entry, ParsedLine, Passage
from neuclir_carbon.model.run import shown

FAULTS_OF_A_LINE = 100
_LETTERS_FOR_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1"})

TEXTS: Rulebook[Any] = Rulebook("lines of a run of JSONL as text")
UNFIT: Rulebook[ParsedLine] = Rulebook("lines of a run that do not have the task's shape")
PARSED: Rulebook[ParsedLine] = Rulebook("lines of a run that are JSON")
ENTRIES: Rulebook[Entry] = Rulebook("entries of a run of JSONL")

NOT_JSON = TEXTS.note(
    "RUN401", Severity.ERROR, "a line is not JSON",
    """Each line of the run is one whole JSON value, and no line is blank. The official checkers read line by line: on
    anything else check-neuclir-report.py reports an error, and rag_run_validator ends in a traceback; both reject.

    Good: one object a line, as `json.dumps(entry)` writes it. Bad: a blank line, also at the end; one JSON array for
    the whole file; indented JSON; a byte order mark; an integer of more than 4300 digits.""",
)  # fmt: skip
TOO_DEEP = TEXTS.note(
    "RUN402", Severity.ERROR, "a line is nested too deep",
    """The official checkers' JSON reader gives up at about a thousand levels of brackets, which rejects the run; the
    track's file says where. A report needs five levels.

    Good: `{"sentences": [{"citations": []}]}`. Bad: `[[[[…`, a thousand times.""",
)  # fmt: skip


@UNFIT.rule("RUN403", Severity.ERROR, "a line does not have the shape that the task asks for")
def line_follows_its_schema(line: ParsedLine) -> Iterator[Fault]:
    """A line must follow the JSON Schema that the track's file holds for it (`tracks show ID --format json`). The JSON
    pointer says which value is meant. Such a line is not looked at further, and does not answer its topic.

    Good: `{"text": "A sentence.", "citations": []}`. Bad: `{"text": null}`: a text that is none, no citations.
    """
    told: set[tuple[str, str]] = set()
    # A missing key is reported once for each, and each message names all of them.
    for error in islice(line_validator(line.form.line_schema).iter_errors(line.value), FAULTS_OF_A_LINE):
        cause = _cause_of(error)
        found = (pointer_of(cause.absolute_path), message_of(cause))
        if found not in told:
            told.add(found)
            yield Fault(found[1], _located(line.number, found[0]))


def _cause_of(error: Any) -> Any:
    """Of a choice that nothing fits, the branch that comes nearest."""
    if not error.context:
        return error
    from jsonschema.exceptions import best_match

    return best_match([error])


@PARSED.rule("RUN404", Severity.WARNING, "a line is JSON that other readers refuse")
def line_is_strict_json(line: ParsedLine) -> Iterator[Fault]:
    """The official checkers read JSON as Python does: NaN, infinities, keys that stand twice and lone surrogates pass.
    Most other readers refuse them or read something else.

    Good: `{"score": 0.5}`. Bad: `{"score": NaN}`, `{"score": 1e400}`, `{"text": "a", "text": "b"}`, `"\\ud800"`.
    """
    for oddity in line.oddities:
        yield Fault(f"{oddity}; other JSON readers refuse that or read it otherwise", Location(line=line.number))


@ENTRIES.rule("RUN410", Severity.ERROR, "a line answers a topic that is not the task's")
def entry_answers_a_known_topic(entry: Entry) -> Iterator[Fault]:
    """The topic must be one of the task's, as text: 300 without quotes is another id than "300".

    check-neuclir-report.py rejects an unknown request; rag_run_validator takes any. Good: `"request_id": "300"`. Bad:
    `"request_id": 300`; a request of a development set.
    """
    grammar, topic = entry.grammar, entry.topic
    if grammar.knows_topic(topic):
        return
    known = "one of this task's" if grammar.topics is None else f"one of this task's {len(grammar.topics)}"
    mended = _mended_topic(entry)
    if isinstance(topic, str) and mended:
        hint = f"did you mean {shown(mended)}?"
    elif mended:
        hint = f'write it as text, "{mended}"'
    else:
        hint = "remove the line, or check that this is the right task"
    yield Fault(f"topic {_shown_value(topic)} is not {known}; {hint}", _place(entry, grammar.form.topic_path))


def _mended_topic(entry: Entry) -> str | None:
    """The topic that was probably meant, if it is known."""
    topic = entry.topic
    if isinstance(topic, int) and not isinstance(topic, bool):
        tries = [str(topic)]
    elif isinstance(topic, str):
        tries = [topic.strip(), topic.strip("'\""), topic.translate(_LETTERS_FOR_DIGITS), topic.lstrip("0")]
    else:
        tries = []
    return next((near for near in tries if near != topic and entry.grammar.knows_topic(near)), None)


@ENTRIES.rule("RUN411", Severity.WARNING, "an entry is empty")
def entry_has_texts(entry: Entry) -> Iterator[Fault]:
    """An entry without a text answers nothing. The official checkers take it.

    Good: at least one sentence. Bad: `"sentences": []`.
    """
    if not entry.passages:
        path = entry.grammar.form.texts_path.partition("/*")[0]
        yield Fault(f"topic {_shown_value(entry.topic)} gets no text", _place(entry, path))


@ENTRIES.rule("RUN412", Severity.WARNING, "the texts are too long together")
def texts_keep_to_the_limit(entry: Entry) -> Iterator[Fault]:
    """All texts of an entry together may have as many characters (of their NFKC form) or words as the task, or the
    topic, allows. The official checkers warn only; what crosses the limit may be cut off.

    NeuCLIR 2024: 2000 characters, each sentence measured alone. RAGTIME 2025: 2000 or 10000 by topic, one space between
    sentences. Good: 1990 characters. Bad: 2001.
    """
    if entry.too_long_by and not _is_strict(entry):
        yield _too_long(entry)


@ENTRIES.rule("RUN413", Severity.ERROR, "the texts are too long together, and the task is strict")
def texts_keep_to_the_strict_limit(entry: Entry) -> Iterator[Fault]:
    """As RUN412, where the track's file says `"strict": true`: rag_run_validator --strict_on_length rejects such a run.

    Good: as many characters as the limit. Bad: one more.
    """
    if entry.too_long_by and _is_strict(entry):
        yield _too_long(entry)


def _is_strict(entry: Entry) -> bool:
    length = entry.grammar.form.length
    return length is not None and length.strict


def _too_long(entry: Entry) -> Fault:
    form = entry.grammar.form
    unit = form.length.unit if form.length else ""
    limit = entry.grammar.limit_of(entry.topic)
    dropped = sum(passage.dropped for passage in entry.passages)
    cut = f"; the track drops the last {dropped} of {len(entry.passages)} texts" if dropped else ""
    return Fault(
        f"topic {_shown_value(entry.topic)} gets {entry.length:,} {unit}, wanted at most {limit:,}; "
        f"shorten it by {entry.too_long_by:,}{cut}",
        _place(entry, form.texts_path.partition("/*")[0]),
    )


@ENTRIES.rule("RUN420", Severity.ERROR, "a text cites too many documents")
def texts_cite_few_documents(entry: Entry) -> Iterator[Fault]:
    """A text may cite only so many documents: NeuCLIR 2024 allows two a sentence.

    Good: `["ID", "ID"]`. Bad: three of them.
    """
    most = entry.grammar.form.max_citations
    for citations in _looked_at(entry):
        cited = _ids(citations)
        if most is not None and cited is not None and len(cited) > most:
            yield Fault(f"has {len(cited):,} citations, wanted at most {most}", _at(entry, citations))


@ENTRIES.rule("RUN422", Severity.ERROR, "a text cites a document twice")
def citations_differ(entry: Entry) -> Iterator[Fault]:
    """A text cites a document once. Ids that differ in case only are different.

    Good: `["A", "B"]`. Bad: `["A", "A"]`.
    """
    yield from _first(fault for citations in _looked_at(entry) for fault in _repeated(entry, citations))


def _repeated(entry: Entry, citations: Citations) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, cited in enumerate(_ids(citations) or ()):
        if isinstance(cited, str):
            if cited in seen:
                yield Fault(f"cites {shown(cited)} again; remove one of them", _at(entry, citations, place))
            seen.add(cited)


@ENTRIES.rule("RUN423", Severity.WARNING, "a cited document is not among the references")
def citations_are_among_the_references(entry: Entry) -> Iterator[Fault]:
    """Where an entry lists its references, what its texts cite should stand there. The official checker does not look.

    Good: every cited id is in `references`. Bad: an id that is cited and not listed.
    """
    yield from _first(fault for citations in _looked_at(entry) for fault in _unlisted(entry, citations))


def _unlisted(entry: Entry, citations: Citations) -> Iterator[Fault]:
    listed = entry.references
    for place, cited in enumerate(_ids(citations) or ()):
        if listed is not None and isinstance(cited, str) and cited not in listed:
            path = entry.grammar.form.references_path or ""
            yield Fault(f"cites {shown(cited)}, which is not in {path}; add it there", _at(entry, citations, place))


@ENTRIES.rule("RUN424", Severity.ERROR, "a cited document's id does not look like one of the collection")
def citations_are_well_formed(entry: Entry) -> Iterator[Fault]:
    """A cited id must match the task's expression as a whole, where it has one. It says nothing on whether the
    document exists.

    NeuCLIR 2024: a UUID of version 4, in any case, each dash optional. Good: `cd613e30-d8f1-4adf-91b7-584a2265b1f5`.
    Bad: `3`; an id with a line end behind it; a URL.
    """
    yield from _first(fault for citations in _looked_at(entry) for fault in _malformed(entry, citations))


def _malformed(entry: Entry, citations: Citations) -> Iterator[Fault]:
    pattern = entry.grammar.citation_pattern
    for place, cited in enumerate(_ids(citations) or ()):
        if not isinstance(cited, str):
            yield Fault(f"cites {_shown_value(cited)}, wanted a document id as text", _at(entry, citations, place))
        elif pattern is not None and pattern.fullmatch(cited) is None:
            yield Fault(f"cites {shown(cited)}, wanted an id like {pattern.pattern}", _at(entry, citations, place))


@ENTRIES.rule("RUN425", Severity.ERROR, "citations are neither a list nor an object")
def citations_can_be_gone_through(entry: Entry) -> Iterator[Fault]:
    """What a text cites is a list of ids, or an object with ids as its keys. On null or a number
    check-neuclir-report.py breaks down, and a bare text it takes apart into letters; both reject the run.

    Good: `[]`. Bad: `null`, `"ID"` without brackets.
    """
    for citations in _looked_at(entry):
        if _ids(citations) is None:
            yield Fault(f"is {_shown_value(citations.value)}, wanted a list of ids", _at(entry, citations))


@ENTRIES.rule("RUN426", Severity.WARNING, "citations beyond the limit are not right")
def dropped_citations_are_right(entry: Entry) -> Iterator[Fault]:
    """The text that crosses the limit, and all after it, are dropped, and the official checker does not look at what
    they cite. They would be rejected if the texts before them were shortened.

    Good: citations as RUN420 to RUN425 want them, wherever they stand. Bad: `["3"]` in the last of 3000 characters.
    """
    most = entry.grammar.form.max_citations
    for citations in (item for passage in entry.passages if passage.dropped for item in passage.citations):
        cited = _ids(citations)
        wrong = cited is None or (most is not None and len(cited) > most)
        if wrong or any(_malformed(entry, citations)) or any(_repeated(entry, citations)):
            yield Fault("is not right, but lies beyond the limit and is dropped", _at(entry, citations))


def _first(faults: Iterator[Fault]) -> Iterator[Fault]:
    """The first faults of one line under one rule: a line of 16 MiB can hold millions."""
    return islice(faults, FAULTS_OF_A_LINE)


def _looked_at(entry: Entry) -> Iterator[Citations]:
    """What the texts cite that are not dropped."""
    kept: Iterator[Passage] = (passage for passage in entry.passages if not passage.dropped)
    return (citations for passage in kept for citations in passage.citations)


def _ids(citations: Citations) -> list[Any] | None:
    """What is cited; None where nothing can be. An empty text cites nothing."""
    if citations.value == "":
        return []
    return list(citations.value) if isinstance(citations.value, list | dict) else None


def _shown_value(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return shown(value) if isinstance(value, str) else json.dumps(value)[:60]


def _place(entry: Entry, path: str) -> Location:
    return Location(line=entry.number, pointer=path)


def _at(entry: Entry, citations: Citations, place: int | None = None) -> Location:
    within = f"/{place}" if place is not None and isinstance(citations.value, list) else ""
    return _located(entry.number, citations.pointer + within)


def _located(line: int, pointer: str) -> Location:
    """A place in a line; keys are a stranger's text."""
    return Location(line=line, pointer=on_one_line(pointer[:500]))
