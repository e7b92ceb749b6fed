"""TRK: track files. What a JSON Schema can't say about a track: that its expressions and codes mean something."""

from collections.abc import Iterator

from neuclir_carbon.checks import runs
from neuclir_carbon.checks.expressions import fault_of, slowness_of
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.track import Track

BOOK: Rulebook[Track] = Rulebook("track files")


def _expressions(track: Track) -> Iterator[tuple[str, str]]:
    """(JSON pointer, expression) of every regular expression in the track."""
    for name, task in track.tasks.items():
        yield f"/tasks/{name}/format/docid_pattern", task.format.docid_pattern
        if task.format.run_tag_pattern is not None:
            yield f"/tasks/{name}/format/run_tag_pattern", task.format.run_tag_pattern
        if task.topics.pattern is not None:
            yield f"/tasks/{name}/topics/pattern", task.topics.pattern


@BOOK.rule("TRK001", Severity.ERROR, "a regular expression can't be read")
def expressions_compile(track: Track) -> Iterator[Fault]:
    """`docid_pattern`, `run_tag_pattern` and the topics' `pattern` are regular expressions of Python's `re`.

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
                if code not in runs.BOOK.entries:
                    near = " or ".join(nearest_names(code, runs.BOOK.entries))
                    hint = f"; did you mean {near}?" if near else ""
                    yield Fault(
                        f"there is no rule {shown(code)} about runs{hint}", Location(pointer=f"/tasks/{name}/{pointer}")
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
