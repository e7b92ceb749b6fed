"""TRK: track files. What a JSON Schema can't say about a track: that its expressions and codes mean something."""

from collections.abc import Iterator
from typing import Any

from neuclir_carbon.checks import runs
from neuclir_carbon.checks.expressions import fault_of, slowness_of
from neuclir_carbon.checks.line_schemas import fault_of_schema
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.json_data import pointer_of
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.track import LineFormat, Task, Track

BOOK: Rulebook[Track] = Rulebook("track files")


def may_be_slow(task: Task) -> bool:
    """Whether matching by an expression of a stranger's task may take for ever, or it can't be read at all."""
    expressions = [expression for _, expression in _expressions_of("", task)]
    return any(fault_of(one) is not None or slowness_of(one) is not None for one in expressions)


def _expressions(track: Track) -> Iterator[tuple[str, str]]:
    """(JSON pointer, expression) of every regular expression in the track."""
    for name, task in track.tasks.items():
        yield from _expressions_of(f"/tasks/{name}", task)


def _expressions_of(pointer: str, task: Task) -> Iterator[tuple[str, str]]:
    if isinstance(task.format, LineFormat):
        yield from _expressions_about_lines(f"{pointer}/format", task.format)
    else:
        yield f"{pointer}/format/docid_pattern", task.format.docid_pattern
    if task.format.run_tag_pattern is not None:
        yield f"{pointer}/format/run_tag_pattern", task.format.run_tag_pattern
    if task.topics.pattern is not None:
        yield f"{pointer}/topics/pattern", task.topics.pattern


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


@BOOK.rule("TRK001", Severity.ERROR, "a regular expression can't be read")
def expressions_compile(track: Track) -> Iterator[Fault]:
    """`docid_pattern`, `citation_pattern`, `run_tag_pattern`, the topics' `pattern` and a line schema's patterns are
    regular expressions of Python's `re`.

    Good: `[0-9a-f-]{36}`. Bad: `[0-9a-f-{36}` (a bracket is not closed).
    """
    for pointer, expression in _expressions(track):
        reason = fault_of(expression)
        if reason is not None:
            yield Fault(f"{shown(expression)} is no regular expression: {reason}", Location(pointer=pointer))


@BOOK.rule("TRK002", Severity.ERROR, "a regular expression may take for ever")
def expressions_are_quick(track: Track) -> Iterator[Fault]:
    """An expression that can take one text in many ways may need longer than anyone's life for a text that does not
    match, and whoever sends a run chooses that text. The expression itself is judged, not a few texts.

    A group that repeats must not take the same text in two ways; two parts that repeat must not take the same
    characters next to each other: put something between them that neither takes. Good: `[0-9a-f-]{36}`,
    `[0-9]+_[0-9]+`. Bad: `([0-9a-f]+-?)+`, `(a|aa)*`, `(a*)*b`, `a*a*b`, `(.*,){20}`.
    """
    for pointer, expression in _expressions(track):
        reason = slowness_of(expression) if fault_of(expression) is None else None
        if reason is not None:
            yield Fault(
                f"{shown(expression)} may take for ever on a text that does not match: {reason}; "
                "put between parts that repeat what none of them takes, or write the expression simpler",
                Location(pointer=pointer),
            )


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
