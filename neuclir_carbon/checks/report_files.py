"""RUN: rules about a run of JSONL as a whole: its one tag and its topics."""

from collections.abc import Iterator

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.report_run import ReportFacts
from neuclir_carbon.model.run import listed, shown

REPORTS: Rulebook[ReportFacts] = Rulebook("a run of JSONL as a whole")


@REPORTS.rule("RUN430", Severity.ERROR, "the file has no line")
def run_has_lines(run: ReportFacts) -> Iterator[Fault]:
    """A run has a line for each topic. check-neuclir-report.py takes an empty file, and so does rag_run_validator
    without a list of topics; under `--official` that is a warning.

    Good: one line for each topic. Bad: a file of 0 bytes, as a full disk leaves.
    """
    if run.readable and run.lines == 0:
        yield Fault("is empty, wanted a line for each topic; did the program that wrote it end?")


@REPORTS.rule("RUN431", Severity.ERROR, "lines have different run tags")
def run_has_one_tag(run: ReportFacts) -> Iterator[Fault]:
    """Every line must name the same run. A file that was put together from one part for each language often does not.

    check-neuclir-report.py reports each such line, and 26 of them end its check; rag_run_validator does not look.
    Good: `"run_id": "T-run1"` on each line. Bad: lines 1–59 `fas_T-run1`, lines 60–118 `rus_T-run1`.
    """
    if run.lines_with_another_tag:
        parts = [
            f"{'line' if part.first_line == part.last_line else 'lines'} {_span(part.first_line, part.last_line)} "
            f"{shown(part.tag)}"
            for part in run.tags
        ]
        rest = run.tag_stretches - len(run.tags)
        yield Fault(
            f"{run.lines_with_another_tag:,} of {run.lines:,} lines have another run tag than the first: "
            f"{'; '.join(parts)}{f'; and {rest:,} more changes' if rest else ''}; wanted one tag in the whole file",
            Location(line=run.tags[1].first_line, pointer=run.grammar.form.tag_path),
        )


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"


@REPORTS.rule("RUN432", Severity.WARNING, "the run tag is not the file's name")
def tag_is_the_file_name(run: ReportFacts) -> Iterator[Fault]:
    """The upload system keeps a run under its tag, so its file should be named so. The official checkers of reports do
    not compare them.

    Good: a file `T-run1` with `"run_id": "T-run1"`. Bad: a file `reports.jsonl`.
    """
    name = run.grammar.file_name
    if run.grammar.form.tag_equals_file_name and run.tag is not None and run.tag != name:
        yield Fault(
            f"the run tag is {shown(run.tag)}, but the run is named {shown(name)}; rename the file, or change the tag "
            "in each line (a file that is uploaded under another name: --run-tag)"
        )


@REPORTS.rule("RUN433", Severity.ERROR, "a topic is answered more than once")
def topics_are_answered_once(run: ReportFacts) -> Iterator[Fault]:
    """One line answers a topic. check-neuclir-report.py rejects a second one; rag_run_validator does not look, and
    nobody says which of the two is assessed.

    Good: 59 lines for 59 topics. Bad: topic 300 on lines 1 and 60.
    """
    if run.repeated:
        places = "; ".join(
            f"{shown(found.topic)} {found.times:,} times (lines {', '.join(str(line) for line in found.lines)}"
            f"{', …' if found.times > len(found.lines) else ''})"
            for found in run.repeated
        )
        rest = run.repeated_topics - len(run.repeated)
        yield Fault(
            f"{run.repeated_topics:,} topics are answered more than once: {places}"
            f"{f'; and {rest:,} more' if rest else ''}; wanted one line each",
            Location(line=run.repeated[0].lines[1]),
        )


@REPORTS.rule("RUN434", Severity.ERROR, "topics are not answered")
def every_topic_is_answered(run: ReportFacts) -> Iterator[Fault]:
    """Every topic of the list needs a line that follows the task's schema. rag_run_validator rejects a run that lacks
    one, where it is given the list; check-neuclir-report.py warns.

    Good: 122 of 122 topics. Bad: a run that broke off after topic 1080.
    """
    topics = run.grammar.topics
    if topics is None or not run.grammar.require_all or not run.readable:
        return
    missing = [topic for topic in topics if topic not in run.entries_by_topic]
    if missing:
        unfit = f" ({run.unfit_lines:,} lines that can't be read do not count)" if run.unfit_lines else ""
        yield Fault(
            f"{len(missing):,} of {len(topics):,} topics have no line: {listed(missing, most=100)}{unfit}; wanted one "
            "for each"
        )


@REPORTS.rule("RUN435", Severity.WARNING, "the upload system would not take the run tag")
def tag_can_be_uploaded(run: ReportFacts) -> Iterator[Fault]:
    """The upload system has rules of its own for a run tag, which the track's file gives as an expression. The one of
    2024: ASCII letters, digits, `_`, `.`, `-`, no dot at the start, at most 20 characters, not `submit` or `list`.

    Good: `T-run1`. Bad: `fas_irlab-ams-std-translate-llama-70B-api` (41 characters).
    """
    pattern, tag = run.grammar.tag_pattern, run.tag
    if pattern is not None and tag is not None and pattern.fullmatch(tag) is None:
        yield Fault(f"the run tag {shown(tag)} ({len(tag)} characters) is not as {pattern.pattern} wants it")
