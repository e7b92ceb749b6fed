"""A run of JSONL as rules see it: a line's value, an entry with its texts and citations, the file as a whole."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from attrs import frozen

from neuclir_carbon.model.json_data import pointer_of
from neuclir_carbon.model.run import TagStretch
from neuclir_carbon.model.track import Length, LineFormat, Task

EVERY = "*"


@frozen
class LineGrammar:
    """What a run of JSONL must look like, ready to be matched. `topics` is None where only a pattern is known.

    `limits` is each topic's longest text; `file_name` the name that the tag should equal.
    """

    form: LineFormat
    file_name: str
    topics: Mapping[str, None] | None
    topic_pattern: re.Pattern[str] | None
    limits: Mapping[str, int]
    require_all: bool
    citation_pattern: re.Pattern[str] | None
    tag_pattern: re.Pattern[str] | None

    @classmethod
    def of(
        cls, task: Task, file_name: str, topics: Sequence[str] | None = None, limits: Mapping[str, int] | None = None
    ) -> "LineGrammar":
        """The grammar of a task of kind `jsonl`; `topics` and `limits` stand in for the task's own."""
        form = task.lines
        ids = topics if topics is not None else task.topics.ids
        pattern = task.topics.pattern if ids is None else None
        flags = re.IGNORECASE if "i" in form.citation_flags else 0
        return cls(
            form=form,
            file_name=file_name,
            topics=None if ids is None else dict.fromkeys(ids),
            topic_pattern=None if pattern is None else re.compile(pattern, re.IGNORECASE),
            limits=task.topics.limits if limits is None else limits,
            require_all=task.topics.require_all or topics is not None,
            citation_pattern=None if form.citation_pattern is None else re.compile(form.citation_pattern, flags),
            tag_pattern=None if form.run_tag_pattern is None else re.compile(form.run_tag_pattern),
        )

    def knows_topic(self, topic: object) -> bool:
        """Whether a topic is text, and one of the list, or begins as the pattern says where there is no list."""
        if not isinstance(topic, str):
            return False
        if self.topics is not None:
            return topic in self.topics
        return self.topic_pattern is None or self.topic_pattern.match(topic) is not None

    def limit_of(self, topic: object) -> int | None:
        """How long a topic's texts may be together; None for no limit."""
        if self.form.length is None:
            return None
        return self.limits.get(topic, self.form.length.limit) if isinstance(topic, str) else self.form.length.limit


class ParsedLine(NamedTuple):
    """A line (from 1) that is JSON, and what of it other readers refuse."""

    number: int
    value: Any
    oddities: tuple[str, ...]
    form: LineFormat


class Citations(NamedTuple):
    """What one text cites, as it stands at a JSON pointer: usually a list of ids, or an object with ids as its keys."""

    pointer: str
    value: Any


class Passage(NamedTuple):
    """One text of an entry with what it cites. `dropped`: it lies beyond the limit, where the track cuts texts off."""

    pointer: str
    text: str
    citations: tuple[Citations, ...]
    dropped: bool


class Entry(NamedTuple):
    """A line that follows its schema. `length` is that of all texts, in the format's unit; None if nobody measures."""

    number: int
    topic: object
    tag: object
    passages: tuple[Passage, ...]
    references: frozenset[str] | None
    length: int | None
    grammar: LineGrammar

    @property
    def too_long_by(self) -> int:
        """By how much the texts are longer than the topic allows; 0 if they are not."""
        limit = self.grammar.limit_of(self.topic)
        return 0 if limit is None or self.length is None else max(self.length - limit, 0)


class Repeated(NamedTuple):
    """A topic that several lines answer, and those lines (the first few)."""

    topic: str
    lines: tuple[int, ...]
    times: int


@frozen(kw_only=True)
class ReportFacts:
    """What is left of a run of JSONL after its last line.

    `entries_by_topic` counts the entries of known topics. `tags` and `repeated` hold the first of their kind only.
    """

    grammar: LineGrammar
    lines: int
    readable: bool
    unfit_lines: int
    entries_by_topic: Mapping[str, int]
    tag: str | None = None
    tags: tuple[TagStretch, ...] = ()
    tag_stretches: int = 0
    lines_with_another_tag: int = 0
    repeated: tuple[Repeated, ...] = ()
    repeated_topics: int = 0


def found_at(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(JSON pointer, value) of everything in a value that a path leads to; nothing where the path breaks off."""
    step, _, rest = path[1:].partition("/")
    if step == EVERY:
        steps: Any = enumerate(value) if isinstance(value, list) else ()
    else:
        steps = ((step, value[step]),) if isinstance(value, dict) and step in value else ()
    for name, inner in steps:
        pointer = pointer_of((name,))
        if rest:
            yield from ((pointer + below, found) for below, found in found_at(inner, f"/{rest}"))
        else:
            yield pointer, inner


def split_at_every(path: str) -> tuple[str, str]:
    """A path up to and with its first `*`, and the rest."""
    before, star, after = path.partition(f"/{EVERY}")
    return before + star, after


def length_of(texts: Sequence[str], length: Length) -> int:
    """How long texts are together, in the format's unit."""
    if length.unit == "words":
        return len(length.joiner.join(texts).split())
    if length.joiner:
        return len(unicodedata.normalize("NFKC", length.joiner.join(texts)))
    return sum(len(unicodedata.normalize("NFKC", text)) for text in texts)
