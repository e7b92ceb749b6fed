"""A track as data: its tasks, what a run of each must look like, and how much each rule weighs.

Field names are the document's keys (`track-schema/1`, schemas/track-schema-1.schema.json). No code knows a track by
its name: a new year is a new file in schemas/tracks/.
"""

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from neuclir_carbon.errors import UnknownName

SCHEMA = "track-schema/1"
JSONL, TSV = "jsonl", "tsv"


@frozen(kw_only=True)
class OfficialChecker:
    """The program whose verdict counts on upload, pinned: its rules have changed in the middle of a campaign."""

    name: str
    commit: str
    date: str
    repository: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.commit[:8]}, {self.date})"


@frozen(kw_only=True)
class Format:
    """How a run's lines look: six columns, separated by any blanks (`trec6`) or by one tab each (`tsv`)."""

    kind: str
    any_q0: bool
    docid_pattern: str
    docid_flags: str
    max_per_topic: int
    over_max: str
    tag_equals_file_name: bool
    run_tag_pattern: str | None = None


@frozen(kw_only=True)
class Length:
    """How long a line's texts may be together: in NFKC `characters`, or in `words` between blanks.

    Texts are joined by `joiner` and then measured; with an empty joiner each is measured alone. `limit` holds where a
    topic has none of its own. `strict`: longer is an error. `beyond`: whether the text that crosses the limit and all
    after it are `dropped` by the track, and not looked at, or `kept`.
    """

    unit: str
    joiner: str
    limit: int | None
    strict: bool
    beyond: str


@frozen(kw_only=True)
class LineFormat:
    """How a run of JSONL looks, a JSON object a line. Paths are JSON pointers in which `*` means each element."""

    kind: str
    topic_path: str
    tag_path: str
    texts_path: str
    citations_path: str
    max_depth: int
    line_schema: dict[str, Any]
    tag_equals_file_name: bool
    references_path: str | None = None
    citation_pattern: str | None = None
    citation_flags: str = ""
    max_citations: int | None = None
    length: Length | None = None
    run_tag_pattern: str | None = None


@frozen(kw_only=True)
class Topics:
    """The task's topics: a list, or an expression where no list is public. Both None never happens.

    `limits` gives the longest text that some topics allow, in the unit of the format's `length`.
    """

    ids: tuple[str, ...] | None = None
    pattern: str | None = None
    require_all: bool = True
    limits: dict[str, int] = Factory(dict)


@frozen(kw_only=True)
class FormField:
    """One row of the upload form: its key, what it asks, and of which type the answer is."""

    key: str
    question: str
    type: str
    choices: tuple[str, ...] = ()
    required: bool = False


@frozen(kw_only=True)
class Choice:
    """Which rules count at all, by the beginning of their codes; nothing selected means all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@frozen(kw_only=True)
class Task:
    """One task of a track. `official_checker` is None where none is public, or where the track's own holds."""

    format: Format | LineFormat
    topics: Topics
    rules: dict[str, Any] = Factory(dict)
    form: tuple[FormField, ...] = ()
    policy: Choice = Choice()
    official_checker: OfficialChecker | None = None

    @property
    def columns(self) -> Format:
        """The format of a task whose runs have six columns; TypeError for any other."""
        if not isinstance(self.format, Format):
            raise TypeError(f"a run of kind {self.format.kind} has no columns")
        return self.format

    @property
    def lines(self) -> LineFormat:
        """The format of a task whose runs are JSONL; TypeError for any other."""
        if not isinstance(self.format, LineFormat):
            raise TypeError(f"a run of kind {self.format.kind} has no JSON lines")
        return self.format

    @property
    def levels(self) -> Mapping[str, str]:
        """Code → `error`, `warning`, `note` or `off`: the track's own say, where it departs from a rule's usual one."""
        return {code: level for code, level in self.rules.items() if isinstance(level, str)}

    @property
    def official_levels(self) -> Mapping[str, str]:
        """Code → level under the official checker; what it does not look at is not named here."""
        named: Mapping[str, str] = self.rules.get("official", {})
        return named


@frozen(kw_only=True)
class Track:
    """A track in one year, in one version of its rules."""

    track: str
    version: str
    valid_from: str
    source: str
    official_checker: OfficialChecker | None
    tasks: dict[str, Task]
    title: str | None = None
    schema: str = SCHEMA

    def task(self, name: str) -> Task:
        """The task of that name; `UnknownName` gives the nearest."""
        if name not in self.tasks:
            raise UnknownName("task", name, self.tasks, hint=f"{self.track} has {', '.join(self.tasks)}")
        return self.tasks[name]

    def official_checker_of(self, task: Task) -> OfficialChecker | None:
        """The official checker of a task: its own, else the track's; None where none is public."""
        return task.official_checker or self.official_checker


def track_of(document: Mapping[str, Any]) -> Track:
    """The track of a document that follows its schema.

    Made by hand, not by msgspec: `validate` reads a track on every call, and msgspec alone would take longer to load
    than a whole run takes to be read.
    """
    return Track(
        **{
            **document,
            "official_checker": _checker_of(document["official_checker"]),
            "tasks": {name: _task_of(task) for name, task in document["tasks"].items()},
        }
    )


def _checker_of(document: Mapping[str, Any] | None) -> OfficialChecker | None:
    return None if document is None else OfficialChecker(**document)


def _task_of(document: Mapping[str, Any]) -> Task:
    topics = document["topics"]
    rows = (FormField(**{**row, "choices": tuple(row.get("choices", ()))}) for row in document.get("form", ()))
    return Task(
        format=_format_of(document["format"]),
        topics=Topics(**{**topics, "ids": tuple(topics["ids"]) if "ids" in topics else None}),
        rules=document["rules"],
        form=tuple(rows),
        policy=Choice(**{key: tuple(codes) for key, codes in document.get("policy", {}).items()}),
        official_checker=_checker_of(document.get("official_checker")),
    )


def _format_of(document: Mapping[str, Any]) -> Format | LineFormat:
    if document["kind"] != JSONL:
        return Format(**document)
    length = document.get("length")
    return LineFormat(**{**document, "length": None if length is None else Length(**length)})
