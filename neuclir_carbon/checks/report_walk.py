"""The walk over a run of JSONL: line by line, so that memory holds one line and a fold of what came before."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from neuclir_carbon.checks.file_kinds import other_kind
from neuclir_carbon.checks.line_schemas import line_validator
from neuclir_carbon.checks.report_files import REPORTS
from neuclir_carbon.checks.report_lines import ENTRIES, NOT_JSON, PARSED, TOO_DEEP, UNFIT
from neuclir_carbon.checks.run_files import NOT_TEXT, NOT_UTF8, TOO_LONG
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.finding import Fault, Location
from neuclir_carbon.model.json_lines import NotRead, TooDeep, read_json, room_for
from neuclir_carbon.model.report_run import (
    Citations,
    Entry,
    LineGrammar,
    ParsedLine,
    Passage,
    Repeated,
    ReportFacts,
    found_at,
    length_of,
    split_at_every,
)
from neuclir_carbon.model.run import Block, TagStretch, shown

PLACES_KEPT = 20
TOPICS_NAMED = 5
# A value takes up to 100 bytes of memory, a text of the same size as little as two.
MOST_PARTS = 6_000_000
BYTE_ORDER_MARK = "\ufeff"


class WalkedLines(NamedTuple):
    """What a walk found: the facts of the whole file, and the faults by code."""

    facts: ReportFacts
    tally: Tally


def walk_lines(blocks: Iterable[Block], grammar: LineGrammar, *, most: int, off: frozenset[str]) -> WalkedLines:
    """What a run of JSONL holds and which rules it breaks. `most` faults of each rule are kept; `off` nobody wants."""
    tally = Tally(most, off)
    gathering = Gathering(grammar)
    with room_for(grammar.form.max_depth):
        for line in _lines(blocks, gathering, tally):
            _look_at(line, gathering, tally)
        facts = gathering.facts()
        tally.ask(REPORTS, facts)
    return WalkedLines(facts, tally)


class _Line(NamedTuple):
    number: int
    text: str


def _lines(blocks: Iterable[Block], gathering: "Gathering", tally: Tally) -> Iterator[_Line]:
    """The lines that are text. CR, LF and CRLF each end one, as the official checkers' reader has it."""
    for block in blocks:
        if gathering.lines == 0 and (packed := other_kind(block.data)):
            tally.add(NOT_TEXT.code, Fault(f"is {packed[0]}, wanted plain text in UTF-8; {packed[1]}"))
            gathering.readable = False
            return
        if block.too_long:
            gathering.lines += 1
            gathering.unfit_lines += 1
            start = shown(block.data.decode("utf-8", "replace"))
            fault = Fault(f"begins {start} and does not end; wanted one JSON object a line", _at(gathering.lines))
            tally.add(TOO_LONG.code, fault)
            continue
        for raw in block.data.splitlines():
            gathering.lines += 1
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                gathering.unfit_lines += 1
                what = f"byte 0x{raw[error.start]:02x} at column {error.start + 1} is not UTF-8; write the run as UTF-8"
                tally.add(NOT_UTF8.code, Fault(what, _at(gathering.lines)))
                continue
            if (parts := _parts(text)) > MOST_PARTS:
                gathering.unfit_lines += 1
                what = f"holds about {parts:,} values, more than the {MOST_PARTS:,} that are read; is it one report?"
                tally.add(TOO_LONG.code, Fault(what, _at(gathering.lines)))
                continue
            yield _Line(gathering.lines, text)


def _parts(text: str) -> int:
    """About how many values a line holds, from above, before any of them takes up memory."""
    return 0 if len(text) < MOST_PARTS else text.count(",") + text.count("[") + text.count("{")


def _look_at(line: _Line, gathering: "Gathering", tally: Tally) -> None:
    form = gathering.grammar.form
    try:
        read = read_json(line.text, max_depth=form.max_depth)
    except NotRead as fault:
        gathering.unfit_lines += 1
        if isinstance(fault, TooDeep):
            tally.add(
                TOO_DEEP.code, Fault(f"is {fault}, more than the official checkers' reader takes", _at(line.number))
            )
        else:
            tally.add(NOT_JSON.code, Fault(_no_json(line, fault), _at(line.number)))
        return
    parsed = ParsedLine(line.number, read.value, read.oddities, form)
    tally.ask(PARSED, parsed)
    if not gathering.validator.is_valid(read.value):
        gathering.unfit_lines += 1
        tally.ask(UNFIT, parsed)
        return
    entry = entry_of(parsed, gathering.grammar)
    tally.ask(ENTRIES, entry)
    gathering.take(entry)


def _at(line: int) -> Location:
    return Location(line=line)


def _no_json(line: _Line, fault: NotRead) -> str:
    """Why a line is no JSON, and what it may be instead."""
    text = line.text.strip()
    wanted = "wanted one JSON object a line"
    if not text:
        return f"is blank, {wanted}; remove the line"
    if text.startswith(BYTE_ORDER_MARK):
        return f"begins with a byte order mark, {wanted}; save the file as UTF-8 without one"
    if text in ("[", "{", "[{"):
        return f"is {shown(text)} only, {wanted}; write each object on one line, without indentation or an array around"
    if text.endswith(",") and text.startswith("{"):
        return f"ends with a comma, {wanted}; remove the comma: lines are not the elements of an array"
    where = "" if fault.column is None else f" at column {fault.column}"
    return f"is no JSON: {fault}{where}: {shown(text)}, {wanted}"


def entry_of(line: ParsedLine, grammar: LineGrammar) -> Entry:
    """The entry of a line that follows its schema."""
    form = grammar.form
    topic = next((value for _, value in found_at(line.value, form.topic_path)), None)
    passages = tuple(_passages(line.value, grammar, grammar.limit_of(topic)))
    return Entry(
        number=line.number,
        topic=topic,
        tag=next((value for _, value in found_at(line.value, form.tag_path)), None),
        passages=passages,
        references=_references(line.value, form.references_path),
        length=None if form.length is None else length_of([passage.text for passage in passages], form.length),
        grammar=grammar,
    )


def _passages(value: Any, grammar: LineGrammar, limit: int | None) -> Iterator[Passage]:
    """The texts in their order, each with what it cites."""
    form, length = grammar.form, grammar.form.length
    every, text_path = split_at_every(form.texts_path)
    _, citations_path = split_at_every(form.citations_path)
    so_far = 0
    for pointer, item in found_at(value, every):
        text = next((inner for _, inner in found_at(item, text_path) if isinstance(inner, str)), "")
        cited = tuple(Citations(pointer + below, inner) for below, inner in found_at(item, citations_path))
        dropped = False
        if length is not None and length.beyond == "dropped" and limit is not None:
            so_far += length_of([text], length) + (len(length.joiner) if so_far else 0)
            dropped = so_far > limit
        yield Passage(pointer + text_path, text, cited, dropped)


def _references(value: Any, path: str | None) -> frozenset[str] | None:
    if path is None:
        return None
    found = next((inner for _, inner in found_at(value, path)), None)
    return frozenset(item for item in found if isinstance(item, str)) if isinstance(found, list) else None


class Gathering:
    """What is known of a run while it is walked over: its tags and how often each known topic was answered."""

    def __init__(self, grammar: LineGrammar) -> None:
        self.grammar = grammar
        self.validator = line_validator(grammar.form.line_schema)
        self.readable = True
        self.lines = self.unfit_lines = 0
        self.entries_by_topic: dict[str, int] = {}
        self.answering_lines: dict[str, list[int]] = {}
        self.repeated: dict[str, None] = {}
        self.first_tag: object = None
        self.last_tag: object = None
        self.tags: list[TagStretch] = []
        self.tag_stretches = self.lines_with_another_tag = 0

    def take(self, entry: Entry) -> None:
        """Adds an entry."""
        self._take_tag(entry)
        topic = entry.topic
        if not isinstance(topic, str) or not self.grammar.knows_topic(topic):
            return
        self.entries_by_topic[topic] = self.entries_by_topic.get(topic, 0) + 1
        lines = self.answering_lines.setdefault(topic, [])
        if len(lines) < PLACES_KEPT:
            lines.append(entry.number)
        if len(lines) > 1:
            self.repeated[topic] = None

    def _take_tag(self, entry: Entry) -> None:
        """Tags are compared as JSON values, and null before the first other one is none: as the official checker."""
        tag = entry.tag
        if self.first_tag is None:
            if tag is None:
                return
            self.first_tag = tag
        elif tag != self.first_tag:
            self.lines_with_another_tag += 1
        if self.tags and tag == self.last_tag:
            if self.tag_stretches == len(self.tags):
                last = self.tags[-1]
                self.tags[-1] = TagStretch(last.tag, last.first_line, entry.number, last.lines + 1)
            return
        self.last_tag = tag
        self.tag_stretches += 1
        if len(self.tags) < PLACES_KEPT:
            self.tags.append(TagStretch(_as_text(tag), entry.number, entry.number, 1))

    def facts(self) -> ReportFacts:
        """What the rules about the whole file look at."""
        named = list(self.repeated)[:TOPICS_NAMED]
        return ReportFacts(
            grammar=self.grammar,
            lines=self.lines,
            readable=self.readable,
            unfit_lines=self.unfit_lines,
            entries_by_topic=self.entries_by_topic,
            tag=None if self.first_tag is None else _as_text(self.first_tag),
            tags=tuple(self.tags),
            tag_stretches=self.tag_stretches,
            lines_with_another_tag=self.lines_with_another_tag,
            repeated=tuple(
                Repeated(topic, tuple(self.answering_lines[topic][:5]), self.entries_by_topic[topic]) for topic in named
            ),
            repeated_topics=len(self.repeated),
        )


def _as_text(tag: object) -> str:
    """A tag as a document can hold it: what is no text as JSON, a lone surrogate as its escape."""
    text = tag if isinstance(tag, str) else json.dumps(tag)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
