"""TRK: track files. What a JSON Schema can't say about a track: that its expressions and codes mean something."""

import re
import warnings
from collections.abc import Iterator

from neuclir_carbon.checks import runs
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.errors import nearest_names
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.track import Track

BOOK: Rulebook[Track] = Rulebook("track files")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!]|\(|\)|[*+]|\{[0-9]+\}|\{[0-9]*,[0-9]*\}|.", re.DOTALL)


def _expressions(track: Track) -> Iterator[tuple[str, str]]:
    """(JSON pointer, expression) of every regular expression in the track."""
    for name, task in track.tasks.items():
        yield f"/tasks/{name}/format/docid_pattern", task.format.docid_pattern
        if task.format.run_tag_pattern is not None:
            yield f"/tasks/{name}/format/run_tag_pattern", task.format.run_tag_pattern
        if task.topics.pattern is not None:
            yield f"/tasks/{name}/topics/pattern", task.topics.pattern


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
    """`docid_pattern`, `run_tag_pattern` and the topics' `pattern` are regular expressions of Python's `re`.

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
