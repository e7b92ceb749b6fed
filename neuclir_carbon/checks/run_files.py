"""RUN: rules about a run as a whole: its bytes, its one tag and its topics.

The codes of `FILES` are reported where the bytes are read: what is no text in lines can be shown to no rule.
"""

from collections.abc import Iterator
from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.run import RunFacts, listed, shown

FILES: Rulebook[Any] = Rulebook("run files' bytes")
RUNS: Rulebook[RunFacts] = Rulebook("a run as a whole")
NOT_UTF8 = FILES.note(
    "RUN002", Severity.ERROR, "a line is not UTF-8",
    """A run is text in UTF-8. The official checker crashes on any other byte, which is a rejection. Good: a run written
    with encoding="utf-8". Bad: Latin-1, or bytes that were damaged on the way.""",
)  # fmt: skip
NOT_TEXT = FILES.note(
    "RUN004", Severity.ERROR, "the file is compressed, an archive, or UTF-16",
    """The upload takes a run as plain text. What is in a gzip file is looked at all the same; in any other kind nothing
    is until it is unpacked. Good: `gunzip -k RUN.gz`, then validate RUN. Bad: RUN.gz renamed to RUN.""",
)  # fmt: skip
TOO_LONG = FILES.note(
    "RUN005", Severity.ERROR, "a line is too long to be looked at",
    """A line of a run has about 80 characters. One of more than 16 MiB is no line of a run; it is passed over, and the
    lines after it are looked at. In a run of JSONL that holds beyond 64 MiB, and beyond six million values. Good: one
    document a line. Bad: a file without line ends.""",
)  # fmt: skip


@RUNS.rule("RUN001", Severity.ERROR, "the file is empty")
def run_is_not_empty(run: RunFacts) -> Iterator[Fault]:
    """A run has at least one line. Where an expression stands for a list of topics, check-stdtrec-run.py takes an empty
    run; a track file then gives this rule a lower official level.

    Good: one document for each topic. Bad: a file of 0 bytes, as a full disk leaves.
    """
    if run.readable and run.lines == 0:
        yield Fault("is empty, wanted a line for each document that was retrieved; did the program that wrote it end?")


@RUNS.rule("RUN007", Severity.WARNING, "lines end with a lone carriage return")
def lines_end_with_line_feeds(run: RunFacts) -> Iterator[Fault]:
    """A line should end with LF or CRLF. The official checker takes a lone CR as well; trec_eval and most tools do not
    and read everything as one line.

    Good: `…\\n`, `…\\r\\n`. Bad: `…\\r`.
    """
    if run.lone_carriage_returns:
        yield Fault(f"{run.lone_carriage_returns:,} lines end with a lone CR (U+000D), wanted LF")


@RUNS.rule("RUN301", Severity.ERROR, "lines have different run tags")
def run_has_one_tag(run: RunFacts) -> Iterator[Fault]:
    """Every line must have the same run tag. A file that was put together from parts has often one for each part.

    The official checker reports each such line, and 26 of them end its check. Good: `fas-T-run1` on each line. Bad:
    lines 1–59 `fas-T-run1`, lines 60–118 `rus-T-run1`.
    """
    if run.lines_with_another_tag:
        parts = [
            f"{'line' if part.first_line == part.last_line else 'lines'} {_span(part.first_line, part.last_line)} "
            f"{shown(part.tag)}"
            for part in run.tags
        ]
        rest = run.tag_stretches - len(run.tags)
        in_parts = not rest and len({part.tag for part in run.tags}) == len(run.tags)
        yield Fault(
            f"{run.lines_with_another_tag:,} of {run.lines:,} lines have another tag than line "
            f"{run.tags[0].first_line}: {'; '.join(parts)}{f'; and {rest:,} more changes' if rest else ''}; "
            f"{'the file looks assembled from parts with different tags; ' if in_parts else ''}"
            "wanted one tag in the whole file",
            Location(line=run.tags[1].first_line),
        )


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"


@RUNS.rule("RUN302", Severity.ERROR, "the run tag is not the file's name")
def tag_is_the_file_name(run: RunFacts) -> Iterator[Fault]:
    """The run's file must be named as its run tag. The official checker compares them from line 2 on and stops where
    they differ; a run of one line it never compares.

    Good: a file `fas-T-run1` with `fas-T-run1` in column 6. Bad: a file `fas-T-run1.txt`.
    """
    if run.lines_with_first_tag > 1 and _misnamed(run):
        yield Fault(_rename(run), Location(line=run.tags[0].first_line))


@RUNS.rule("RUN303", Severity.WARNING, "the run tag of a single line is not the file's name")
def single_tag_is_the_file_name(run: RunFacts) -> Iterator[Fault]:
    """As RUN302, where only one line has the tag: the official checker does not compare that one with the file's name.

    Good: a file `fas-T-run1` with `fas-T-run1` in column 6. Bad: a file `fas-T-run1.txt`.
    """
    if run.lines_with_first_tag == 1 and _misnamed(run):
        yield Fault(_rename(run), Location(line=run.tags[0].first_line))


def _misnamed(run: RunFacts) -> bool:
    return run.grammar.tag_equals_file_name and run.tag is not None and run.tag != run.grammar.file_name


def _rename(run: RunFacts) -> str:
    tag, name = shown(run.tag or ""), shown(run.grammar.file_name)
    return (
        f"the run tag is {tag}, but the run is named {name}; rename the file to {tag} or write {name} in column 6 "
        f"(--fix OUT --fix-tag does that; --run-tag names a run that is uploaded under another name)"
    )


@RUNS.rule("RUN304", Severity.ERROR, "topics have no document")
def every_topic_has_a_document(run: RunFacts) -> Iterator[Fault]:
    """Every topic of the list needs at least one document that counts. A system that finds nothing for a topic still
    gives one, however bad.

    A list of topics with a blank line asks for a topic without a name, which no run can serve. Good: 93 of 93 topics.
    Bad: a run that broke off after topic 340.
    """
    topics = run.grammar.topics
    if topics is None or not run.grammar.require_all or run.lines == 0:
        return
    missing = [topic for topic in topics if topic and topic not in run.documents_by_topic]
    if missing:
        yield Fault(
            f"{len(missing):,} of {len(topics):,} topics have no document: {listed(missing, most=100)}; wanted at "
            "least one document for each"
        )
    if "" in topics:
        yield Fault(
            "the list of topics has a blank line, which the official checker reads as a topic without a name that no "
            "run can serve; remove the blank line from the list"
        )


@RUNS.rule("RUN305", Severity.WARNING, "the upload system would not take the run tag")
def tag_can_be_uploaded(run: RunFacts) -> Iterator[Fault]:
    """The upload system has rules of its own for a run tag, which the track's file gives as an expression. The one of
    2024: ASCII letters, digits, `_`, `.`, `-`, no dot at the start, at most 20 characters, not `submit` or `list`.

    Good: `fas-T-run1`. Bad: `fas-TEAM-BM25-rerank-final` (26 characters).
    """
    pattern, tag = run.grammar.tag_pattern, run.tag
    if pattern is not None and tag is not None and pattern.fullmatch(tag) is None:
        yield Fault(f"the run tag {shown(tag)} ({len(tag)} characters) is not as {pattern.pattern} wants it")


@RUNS.rule("RUN306", Severity.WARNING, "a topic's lines do not stand together")
def topics_stand_together(run: RunFacts) -> Iterator[Fault]:
    """A topic's lines should stand together. The guidelines of 2022 and 2023 ask for it; the official checker of 2024
    does not look.

    Good: all of 300, then all of 301. Bad: 300, 301, 300.
    """
    if run.reopenings:
        places = ", ".join(f"{shown(place.topic)[1:-1]} (line {place.line})" for place in run.reopenings)
        rest = run.reopened_topics - len(run.reopenings)
        yield Fault(
            f"{run.reopened_topics:,} of {len(run.documents_by_topic):,} topics go on after another topic: {places}"
            f"{f' and {rest:,} more' if rest else ''}; wanted each topic's lines together",
            Location(line=run.reopenings[0].line),
        )
