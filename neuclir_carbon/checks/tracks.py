"""TRK: track files. What a JSON Schema can't say about a track: that its expressions and codes mean something."""

import re
import warnings
from collections.abc import Iterator
from typing import Any

from neuclir_carbon.checks import runs
from neuclir_carbon.checks.line_schemas import fault_of_schema
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.json_data import pointer_of
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.track import LineFormat, Track

BOOK: Rulebook[Track] = Rulebook("track files")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!]|\(|\)|[*+]|\{[0-9]+\}|\{[0-9]*,[0-9]*\}|.", re.DOTALL)


def _expressions(track: Track) -> Iterator[tuple[str, str]]:
    """(JSON pointer, expression) of every regular expression in the track."""
    for name, task in track.tasks.items():
        if isinstance(task.format, LineFormat):
            yield from _expressions_about_lines(f"/tasks/{name}/format", task.format)
        else:
            yield f"/tasks/{name}/format/docid_pattern", task.format.docid_pattern
        if task.format.run_tag_pattern is not None:
            yield f"/tasks/{name}/format/run_tag_pattern", task.format.run_tag_pattern
        if task.topics.pattern is not None:
            yield f"/tasks/{name}/topics/pattern", task.topics.pattern


def _expressions_about_lines(pointer: str, form: LineFormat) -> Iterator[tuple[str, str]]:
    if form.citation_pattern is not None:
        yield f"{pointer}/citation_pattern", form.citation_pattern
    for place, schema in _schemas_in(f"{pointer}/line_schema", form.line_schema):
        if isinstance(schema.get("pattern"), str):
            yield f"{place}/pattern", schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            yield from ((f"{place}/patternProperties", expression) for expression in schema["patternProperties"])


def _schemas_in(pointer: str, value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """(JSON pointer, object) of every object in a JSON value, the value itself first."""
    if isinstance(value, dict):
        yield pointer, value
        for key, inner in value.items():
            yield from _schemas_in(pointer + pointer_of((key,)), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _schemas_in(f"{pointer}/{place}", inner)


def _fault_of(expression: str) -> str | None:
    """Why an expression is no regular expression of Python's; None if it is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "possible nested set": what it means today is what counts
            re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)
    return None


@BOOK.rule("TRK001", Severity.ERROR, "a regular expression can't be read")
def expressions_compile(track: Track) -> Iterator[Fault]:
    """`docid_pattern`, `citation_pattern`, `run_tag_pattern`, the topics' `pattern` and a line schema's patterns are
    regular expressions of Python's `re`.

    Good: `[0-9a-f-]{36}`. Bad: `[0-9a-f-{36}` (a bracket is not closed).
    """
    for pointer, expression in _expressions(track):
        reason = _fault_of(expression)
        if reason is not None:
            yield Fault(f"{shown(expression)} is no regular expression: {reason}", Location(pointer=pointer))


@BOOK.rule("TRK002", Severity.ERROR, "a regular expression may take for ever")
def expressions_are_quick(track: Track) -> Iterator[Fault]:
    """A group that may repeat and holds something that may repeat can take longer than anyone's life on a text that
    does not match. Whoever sends a run chooses that text.

    Good: `[0-9a-f-]{36}`, `[0-9]+_[0-9]+`. Bad: `([0-9a-f]+-?)+`, `(a|aa)*`.
    """
    for pointer, expression in _expressions(track):
        if _fault_of(expression) is None and _may_explode(expression):
            yield Fault(
                f"{shown(expression)} repeats a group that itself varies in length; repeat a class or a fixed text",
                Location(pointer=pointer),
            )


def _may_explode(expression: str) -> bool:
    """Whether a group that repeats holds a choice, or something that repeats or may be missing."""
    varies = [False]  # for each open group: whether it can match texts of different lengths
    closed = False  # whether the last token closed a group that can
    for part in _TOKEN.findall(expression):
        repeats = part in ("*", "+") or (part.startswith("{") and "," in part)
        if repeats and closed:
            return True
        closed = False
        if part.startswith("("):
            varies.append(False)
        elif part == ")" and len(varies) > 1:
            closed = varies.pop()
            varies[-1] = varies[-1] or closed
        elif repeats or part in ("|", "?"):
            varies[-1] = True
    return False


@BOOK.rule("TRK003", Severity.ERROR, "a rule that is given a level does not exist")
def rules_exist(track: Track) -> Iterator[Fault]:
    """`rules` and `rules.official` name rules about runs by their codes. Good: `"RUN203": "error"`. Bad:
    `"RUN999": "error"`, which would be lost in silence.
    """
    for name, task in track.tasks.items():
        for pointer, levels in (("rules", task.levels), ("rules/official", task.official_levels)):
            for code in levels:
                known = runs.book_of(task).entries
                if code not in known:
                    near = " or ".join(nearest_names(code, known))
                    hint = f"; did you mean {near}?" if near else ""
                    yield Fault(
                        f"there is no rule {shown(code)} about runs of kind {task.format.kind}{hint}",
                        Location(pointer=f"/tasks/{name}/{pointer}"),
                    )


@BOOK.rule("TRK004", Severity.ERROR, "an official checker without rules, or rules without a checker")
def official_rules_have_a_checker(track: Track) -> Iterator[Fault]:
    """Where an official checker is named, `rules.official` says what it looks at, or its verdict could not be told;
    where none is public, there can be no such rules.

    Good: `"official_checker": null` and no `official`. Bad: a checker is named, and `official` is missing: every run
    would be accepted.
    """
    for name, task in track.tasks.items():
        checker = track.official_checker_of(task)
        if checker is not None and "error" not in task.official_levels.values():
            yield Fault(
                f"{checker.name} is the official checker, but rules.official names no rule that is an error under it",
                Location(pointer=f"/tasks/{name}/rules"),
            )
        if checker is None and task.official_levels:
            yield Fault(
                "rules.official stands here, but no official checker is named",
                Location(pointer=f"/tasks/{name}/rules/official"),
            )


@BOOK.rule("TRK005", Severity.ERROR, "a form's key stands twice")
def form_keys_are_unique(track: Track) -> Iterator[Fault]:
    """Each row of a form has a key of its own: the upload system keeps answers by key.

    Good: `carbon-tracked`, `carbon-offset`. Bad: `carbon` for both.
    """
    for name, task in track.tasks.items():
        keys = [row.key for row in task.form]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield Fault(f"key {shown(key)} stands {keys.count(key)} times", Location(pointer=f"/tasks/{name}/form"))


_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@BOOK.rule("TRK006", Severity.ERROR, "a line schema can't be used")
def line_schemas_are_sound(track: Track) -> Iterator[Fault]:
    """`line_schema` is a JSON Schema, of the draft that its `$schema` names (2020-12 if none), without references: a
    run is judged without looking anything up, and a schema that refers to itself may never end.

    Good: `{"type": "object", "required": ["topic_id"]}`. Bad: `{"type": "objekt"}`, `{"$ref": "https://…"}`.
    """
    for name, task in track.tasks.items():
        if isinstance(task.format, LineFormat):
            pointer = f"/tasks/{name}/format/line_schema"
            referring = [place for place, schema in _schemas_in(pointer, task.format.line_schema) if _refers(schema)]
            for place in referring:
                yield Fault("holds a reference; write out what it refers to", Location(pointer=place))
            reason = None if referring else fault_of_schema(task.format.line_schema)
            if reason is not None:
                yield Fault(f"is no JSON Schema: {reason}", Location(pointer=pointer))


def _refers(schema: dict[str, Any]) -> bool:
    return any(isinstance(schema.get(key), str) for key in _REFERENCES)


@BOOK.rule("TRK007", Severity.ERROR, "texts and citations do not stand in the same list")
def texts_and_citations_stand_together(track: Track) -> Iterator[Fault]:
    """`texts_path` and `citations_path` both lead through a list, the same one: each of its elements is a text with
    what it cites.

    Good: `/sentences/*/text` and `/sentences/*/citations`. Bad: `/texts/*` and `/citations/*`.
    """
    for name, task in track.tasks.items():
        if isinstance(task.format, LineFormat):
            paths = (task.format.texts_path, task.format.citations_path)
            lists = {path.partition("/*/")[0] for path in paths}
            if len(lists) > 1 or not all("/*/" in path for path in paths):
                yield Fault(
                    f"texts stand at {shown(paths[0])} and citations at {shown(paths[1])}; wanted the same path up to "
                    "the first *, and a key behind it",
                    Location(pointer=f"/tasks/{name}/format/citations_path"),
                )
