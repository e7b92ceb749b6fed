"""A run in six columns as rules see it (a line, a topic's ranking, the file as a whole), and the verdict on it."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePath
from typing import Any, NamedTuple

from attrs import evolve, field, frozen

from neuclir_carbon.model.finding import Counts, Finding, Severity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.plain_text import on_one_line
from neuclir_carbon.model.track import Task

SCHEMA = "verdict/1"
FIELDS = 6
MAX_SHOWN = 60
# int() refuses longer numbers (CPython's default limit), and so does every checker that calls it.
RANK = re.compile(r"(?:0|[1-9][0-9]{0,4299})")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def shown(text: str) -> str:
    """A stranger's text as a message may show it: in quotes, control characters made visible, at most 60 characters."""
    return f"'{on_one_line(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + '…')}'"


def listed(texts: Sequence[str], *, most: int = 20) -> str:
    """Texts as a message may list them: the first 20, and how many more there are."""
    rest = len(texts) - most
    return ", ".join(shown(text)[1:-1] for text in texts[:most]) + (f" and {rest:,} more" if rest > 0 else "")


@frozen
class Grammar:
    """What a run must look like, ready to be matched. `topics` is None where only a pattern is known.

    `file_name` is the name that the tag must equal: the run tag that was asked for, else the file's own name.
    """

    file_name: str
    topics: Mapping[str, None] | None
    topic_pattern: re.Pattern[str] | None
    document_pattern: re.Pattern[str]
    any_q0: bool
    most_per_topic: int
    over_max: str
    require_all: bool
    tag_equals_file_name: bool
    tag_pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, task: Task, file_name: str, topics: Sequence[str] | None = None) -> "Grammar":
        """The grammar of a task; `topics` stand in for the task's own, as a topic file given to the checker does."""
        form = task.columns
        ids = topics if topics is not None else task.topics.ids
        pattern = task.topics.pattern if ids is None else None
        return cls(
            file_name=file_name,
            topics=None if ids is None else dict.fromkeys(ids),
            topic_pattern=None if pattern is None else re.compile(pattern, re.IGNORECASE),
            document_pattern=re.compile(form.docid_pattern, re.IGNORECASE if "i" in form.docid_flags else 0),
            any_q0=form.any_q0,
            most_per_topic=form.max_per_topic,
            over_max=form.over_max,
            require_all=task.topics.require_all or topics is not None,
            tag_equals_file_name=form.tag_equals_file_name,
            tag_pattern=None if form.run_tag_pattern is None else re.compile(form.run_tag_pattern),
        )

    def knows_topic(self, topic: str) -> bool:
        """Whether a topic is one of the list, or begins as the pattern says where there is no list."""
        if self.topics is not None:
            return topic in self.topics
        return self.topic_pattern is None or self.topic_pattern.match(topic) is not None


class Block(NamedTuple):
    """Whole lines of a file. Of a line that is too long to be looked at, `data` is the beginning."""

    data: bytes
    too_long: bool = False


class RawLine(NamedTuple):
    """A line (from 1) that does not have six fields."""

    number: int
    text: str


class Line(NamedTuple):
    """A line (from 1) of six fields, with the grammar that it should follow."""

    number: int
    text: str
    topic: str
    q0: str
    document: str
    rank: str
    score: str
    tag: str
    grammar: Grammar


class ScoreForm(NamedTuple):
    """How scores are written that can be compared as they stand: digits, and as many decimals in each.

    `decimals` is None where there is no point. `width` is the length of each, None where they differ in length.
    """

    negative: bool
    decimals: int | None
    width: int | None


class Ranking:
    """A topic's lines that name a known topic and a well-formed document, in the order of the file, as columns.

    `scores` holds None where a score is no finite number; `ranks` None where a rank is no rank. Columns are kept as
    they were read, and turned into values when a rule first asks for them. `score_form` is None where the scores as
    they are written can't be compared.
    """

    def __init__(
        self,
        topic: str,
        grammar: Grammar,
        *,
        lines: Sequence[int],
        raw_documents: Sequence[bytes],
        ranks: Sequence[int | None],
        raw_scores: Sequence[bytes | float | None],
        score_form: ScoreForm | None,
    ) -> None:
        self.topic, self.grammar = topic, grammar
        self.lines, self.ranks = lines, ranks
        self.raw_documents, self.raw_scores, self.score_form = raw_documents, raw_scores, score_form

    @cached_property
    def documents(self) -> list[str]:
        return [document.decode("utf-8") for document in self.raw_documents]

    @cached_property
    def scores(self) -> list[float | None]:
        return [None if score is None else float(score) for score in self.raw_scores]


class TagStretch(NamedTuple):
    """Neighbouring lines with the same run tag. `lines` leaves out those between them that have no tag."""

    tag: str
    first_line: int
    last_line: int
    lines: int


class Reopening(NamedTuple):
    """A topic whose lines go on after another topic's."""

    topic: str
    line: int


@frozen(kw_only=True)
class RunFacts:
    """What is left of a run after its last line: what the rules about the file as a whole look at.

    `documents_by_topic` counts the lines that count. `tags` and `reopenings` hold the first of their kind only; the
    counts beside them are in full. A file that is not `readable` is no text, and was not walked through.
    """

    grammar: Grammar
    lines: int
    readable: bool
    documents_by_topic: Mapping[str, int]
    tags: tuple[TagStretch, ...] = ()
    tag_stretches: int = 0
    lines_with_another_tag: int = 0
    lines_with_first_tag: int = 0
    reopenings: tuple[Reopening, ...] = ()
    reopened_topics: int = 0
    lone_carriage_returns: int = 0

    @property
    def tag(self) -> str | None:
        """The tag of the first line that has one."""
        return self.tags[0].tag if self.tags else None


class Cause(NamedTuple):
    """The same message of one rule: how often it was said, and the first lines that it is about (None: the file)."""

    message: str
    times: int
    lines: tuple[int | None, ...]


class CodeCount(NamedTuple):
    """How often a rule was broken, however many of its findings are kept; its first causes, each counted in full."""

    code: str
    severity: Severity
    times: int
    causes: tuple[Cause, ...] = ()


@frozen(kw_only=True)
class RunVerdict:
    """What was found in a run under one task's rules. `findings` are the first ones; `counts` are in full.

    `official_verdict` is `accept`, `reject`, or None where no official checker is public. `tag` is the tag in the
    file, None if no line has one. Digests are None where nobody asked for them.
    """

    path: str
    tag: str | None
    topics: int
    lines: int
    track: str
    track_version: str
    task: str
    official_verdict: str | None
    official_checker: str | None
    by_official_rules: bool
    counts: Counts
    by_code: tuple[CodeCount, ...]
    findings: tuple[Finding, ...]
    sha256: str | None = None
    md5: str | None = None
    schema: str = field(default=SCHEMA)

    @property
    def passed(self) -> bool:
        """No error under the rules that were asked for."""
        return self.counts.error == 0

    def inside(self, path: str) -> "RunVerdict":
        """The same verdict, said of a run that is now named `path`."""
        return evolve(self, path=path, findings=tuple(finding.inside(path) for finding in self.findings))

    def document(self) -> dict[str, Any]:
        """The `verdict/1` document."""
        from neuclir_carbon.model.tool import THIS_TOOL

        return {
            "schema": self.schema,
            "passed": self.passed,
            "official_verdict": self.official_verdict,
            "track": self.track,
            "track_version": self.track_version,
            "task": self.task,
            "run": {
                "path": self.path,
                "tag": None if self.tag is None else self.tag[:4096],
                "topics": self.topics,
                "lines": self.lines,
                "sha256": self.sha256,
                "md5": self.md5,
            },
            "counts": plain(self.counts),
            "findings": [plain(finding) for finding in self.findings],
            "tool": plain(THIS_TOOL),
        }


def name_of(path: PurePath | str) -> str:
    """The file's name as text that any document can hold: bytes that are not UTF-8 become U+FFFD."""
    return PurePath(path).name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
