"""RUN: run files in six columns. Rules about a line, about one topic's ranking, and about the file as a whole.

The usual severity of a rule is what it weighs where a track says nothing. A track's file says what its official checker
looks at (`rules.official`), and where its own written rules weigh otherwise. The walk that shows a run's parts to these
rules is in checks/run_walk.py.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from neuclir_carbon.checks.rulebook import Entry, Rulebook
from neuclir_carbon.model.finding import Fault, Location, Policy, Severity
from neuclir_carbon.model.run import (
    FIELDS,
    NUMBER,
    RANK,
    Line,
    Ranking,
    RawLine,
    RunFacts,
    listed,
    shown,
)
from neuclir_carbon.model.track import Task

BYTE_ORDER_MARK = "\ufeff"
_LETTERS_FOR_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1"})
_ODD_BLANKS = frozenset("\x1c\x1d\x1e\x1f")
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})

FILES: Rulebook[Any] = Rulebook("run files' bytes")
RAW_LINES: Rulebook[RawLine] = Rulebook("lines of a run that have not six fields")
LINES: Rulebook[Line] = Rulebook("lines of a run")
RANKINGS: Rulebook[Ranking] = Rulebook("one topic's ranking")
RUNS: Rulebook[RunFacts] = Rulebook("a run as a whole")

NOT_UTF8 = FILES.note(
    "RUN002", Severity.ERROR, "a line is not UTF-8",
    """A run is text in UTF-8. The official checker crashes on any other byte, which is a rejection. Good: a run written
    with encoding="utf-8". Bad: Latin-1, or bytes that were damaged on the way.""",
)  # fmt: skip
NOT_TEXT = FILES.note(
    "RUN004", Severity.ERROR, "the file is compressed, an archive, or UTF-16",
    """The upload takes a run as plain text. Nothing else is looked at until it is unpacked. Good: `gunzip -k RUN.gz`,
    then validate RUN. Bad: RUN.gz renamed to RUN.""",
)  # fmt: skip
TOO_LONG = FILES.note(
    "RUN005", Severity.ERROR, "a line is too long to be looked at",
    """A line of a run has about 80 characters. One of more than 16 MiB is no line of a run; it is passed over, and the
    lines after it are looked at. Good: one document a line. Bad: a file without line ends.""",
)  # fmt: skip


@RAW_LINES.rule("RUN101", Severity.ERROR, "a line has not six fields")
def line_has_six_fields(line: RawLine) -> Iterator[Fault]:
    """A line has six fields, separated by any blanks: topic, Q0, document id, rank, score, run tag.

    The official checker stops at the first line that has not, so it shows no later error; a blank line has none.
    Good: `300 Q0 cd613e30-d8f1-4adf-91b7-584a2265b1f5 1 9.5 fas-T-run1`. Bad: a blank line; a header
    `# ir_metadata.start` (metadata belong in a file of their own); a tag with a space in it.
    """
    fields = line.text.split()
    found = f"has {len(fields)} field{'' if len(fields) == 1 else 's'}"
    yield Fault(_shape_hint(line.text, fields, found), Location(line=line.number))


def _shape_hint(text: str, fields: list[str], found: str) -> str:
    start = text.lstrip().removeprefix(BYTE_ORDER_MARK)
    wanted = "wanted 6 (topic Q0 document rank score tag)"
    if not fields:
        return f"is blank, {wanted}; remove the line"
    if start.startswith("#"):
        what = "ir_metadata's header" if "ir_metadata" in start[:200] else "a comment"
        return f"is {what}: {shown(start.strip())}, {wanted}; a run holds no comments: keep metadata in a separate file"
    hint = ""
    if start.startswith(("{", "[")):
        hint = "; it looks like JSON"
    elif len(fields) == 1 and start.count(",") == FIELDS - 1:
        hint = "; separate them with blanks, not commas"
    elif len(fields) == FIELDS - 1 and fields[1] != "Q0":
        hint = "; field 2, the word Q0, seems to be missing"
    elif len(fields) > FIELDS:
        hint = "; a document id or run tag may hold no blank"
    return f"{found}: {shown(start.strip())}, {wanted}{hint}"


@LINES.rule("RUN102", Severity.ERROR, "a topic is not one of the task's")
def topic_is_known(line: Line) -> Iterator[Fault]:
    """Field 1 must be one of the task's topics, as text: `0300` and `300` are different ids.

    The official checker passes over the rest of such a line. A byte order mark at the start of the file becomes part
    of the first topic. Good: `300`. Bad: `3OO` with letters O; a topic of another task or year.
    """
    if not line.grammar.knows_topic(line.topic):
        yield Fault(f"topic {shown(line.topic)} is {_wanted_topic(line)}", Location(line=line.number))


def _wanted_topic(line: Line) -> str:
    grammar, topic = line.grammar, line.topic
    known = "one of this task's" if grammar.topics is None else f"one of this task's {len(grammar.topics)}"
    if topic.startswith(BYTE_ORDER_MARK):
        return f"not {known}: it begins with a byte order mark; save the file as UTF-8 without one"
    for mended, hint in (
        (topic.translate(_LETTERS_FOR_DIGITS), "letters that look like digits?"),
        (topic.lstrip("0") or "0", "leading zeros count"),
        (topic.strip("'\""), "without the quotes"),
    ):
        if mended != topic and grammar.knows_topic(mended):
            return f"not {known}; did you mean {shown(mended)} ({hint})"
    return f"not {known}; remove its lines, or check that this is the right task"


@LINES.rule("RUN103", Severity.ERROR, "field 2 is not Q0")
def field_two_is_q0(line: Line) -> Iterator[Fault]:
    """Field 2 must be the word Q0, unless the track takes anything there. The official checker says it once per file.

    Good: `300 Q0 …`. Bad: `300 q0 …`, `300 0 …`.
    """
    if not line.grammar.any_q0 and line.q0 != "Q0":
        yield Fault(f"field 2 is {shown(line.q0)}, wanted 'Q0'", Location(line=line.number))


@LINES.rule("RUN104", Severity.ERROR, "a rank is not a whole number from 0")
def rank_is_a_whole_number(line: Line) -> Iterator[Fault]:
    """Field 4 must be a whole number from 0, in plain digits without sign or leading zeros.

    The official checker takes rank 0, repeated ranks and gaps, and crashes, which rejects the run, at what is no whole
    number at all. Good: `1`. Bad: `-1`, `01`, `+1`, `1.0`, `abc`.
    """
    if RANK.fullmatch(line.rank) is None:
        yield Fault(
            f"rank is {shown(line.rank)}, wanted a whole number from 0 in plain digits", Location(line=line.number)
        )


@LINES.rule("RUN105", Severity.ERROR, "a document id does not look like one of the collection")
def document_id_is_well_formed(line: Line) -> Iterator[Fault]:
    """Field 3 must match the task's expression for document ids as a whole. It says nothing on whether the document
    exists.

    Such a line does not count for its topic. Good: `cd613e30-d8f1-4adf-91b7-584a2265b1f5`. Bad: a file name, a row
    number, an id of another collection.
    """
    pattern = line.grammar.document_pattern
    if pattern.fullmatch(line.document) is None:
        yield Fault(f"document id is {shown(line.document)}, wanted {pattern.pattern}", Location(line=line.number))


@LINES.rule("RUN110", Severity.WARNING, "a score is not a number")
def score_is_a_number(line: Line) -> Iterator[Fault]:
    """Field 5 must be a decimal number. Official checkers do not look at it, but trec_eval reads what is no number
    as 0, which silently lowers the result.

    Good: `9.5`, `-3`, `1e-5`. Bad: `abc`, `1,5` (a comma), `1_000`.
    """
    if NUMBER.fullmatch(line.score) is None and line.score.lower().lstrip("+-") not in _NOT_FINITE:
        hint = "; write a point, not a comma" if NUMBER.fullmatch(line.score.replace(",", ".", 1)) else ""
        yield Fault(f"score is {shown(line.score)}, wanted a decimal number{hint}", Location(line=line.number))


@LINES.rule("RUN111", Severity.WARNING, "a score is not finite")
def score_is_finite(line: Line) -> Iterator[Fault]:
    """A score must be finite: documents with `nan` have no place in an order, and infinite ones are tied.

    Official checkers do not look at it; trec_eval sorts `nan` anywhere. Good: `9.5`. Bad: `nan`, `inf`, `1e999`.
    """
    if line.score.lower().lstrip("+-") in _NOT_FINITE or (
        NUMBER.fullmatch(line.score) is not None and abs(float(line.score)) == float("inf")
    ):
        yield Fault(f"score is {shown(line.score)}, wanted a finite number", Location(line=line.number))


@LINES.rule("RUN003", Severity.WARNING, "the file begins with a byte order mark")
def no_byte_order_mark(line: Line) -> Iterator[Fault]:
    """A byte order mark at the start becomes part of the first topic's id, and trec_eval then silently drops that line.

    Where the task has a list of topics, RUN102 says so; this rule speaks where any topic id is taken. Good: UTF-8 as
    "utf-8" writes it. Bad: UTF-8 as "utf-8-sig" or an editor on Windows writes it.
    """
    if line.number == 1 and line.topic.startswith(BYTE_ORDER_MARK) and line.grammar.knows_topic(line.topic):
        yield Fault("begins with a byte order mark; save the file as UTF-8 without one", Location(line=1))


@LINES.rule("RUN006", Severity.WARNING, "fields are separated by unusual blanks")
def blanks_are_usual(line: Line) -> Iterator[Fault]:
    """Fields should be separated by spaces or tabs. The official checker takes any Unicode blank; trec_eval and the
    older Perl checker do not, and then count fewer than six fields.

    Good: a space. Bad: a no-break space (U+00A0), an ideographic space (U+3000).
    """
    odd = sorted({c for c in line.text if c in _ODD_BLANKS or (c.isspace() and not c.isascii())})
    if odd:
        names = ", ".join(f"U+{ord(c):04X}" for c in odd)
        yield Fault(f"fields are separated by {names}, wanted spaces or tabs", Location(line=line.number))


@RANKINGS.rule("RUN201", Severity.ERROR, "a document stands twice in a topic's ranking")
def documents_stand_once(ranking: Ranking) -> Iterator[Fault]:
    """A document may stand once in a topic's ranking. Ids are compared as they are written: the same id in capitals is
    another document to every checker. The same document may stand under several topics.

    Good: 300 d1, 300 d2, 301 d1. Bad: 300 d1, 300 d1.
    """
    if len(set(ranking.documents)) == len(ranking.documents):
        return
    first: dict[str, int] = {}
    for line, document in zip(ranking.lines, ranking.documents, strict=True):
        if first.setdefault(document, line) != line:
            yield Fault(
                f"document {shown(document)} stands in topic {shown(ranking.topic)} already (line {first[document]}); "
                "keep one of the two",
                Location(line=line),
            )


@RANKINGS.rule("RUN202", Severity.ERROR, "a topic has too many documents")
def depth_is_kept(ranking: Ranking) -> Iterator[Fault]:
    """A topic may have as many documents as the task says (NeuCLIR: 1000); each document counts once.

    In 2022 longer rankings were rejected, in 2023 cut off; the official checker of 2024 rejects. Good: 1000. Bad: 1001.
    """
    most = ranking.grammar.most_per_topic
    if len(ranking.documents) <= most:
        return
    counted = len(set(ranking.documents))
    if counted > most:
        rest = "the track cuts the rest off" if ranking.grammar.over_max == "truncate" else f"keep the best {most:,}"
        yield Fault(
            f"topic {shown(ranking.topic)} has {counted:,} documents, at most {most:,} are wanted; {rest}",
            Location(line=ranking.lines[most]),
        )


@RANKINGS.rule("RUN203", Severity.WARNING, "scores increase within a topic")
def scores_do_not_increase(ranking: Ranking) -> Iterator[Fault]:
    """From line to line of a topic, scores must not increase: trec_eval orders by score and ignores rank and line.

    Where they increase, what is evaluated is another ranking than the one that the file shows. Good: 9.5, 9.0, 9.0.
    Bad: 9.0, 9.5. Scores that are no numbers are passed over.
    """
    scores = ranking.scores
    if _in_order(operator.ge, scores):
        return
    known = [(line, score) for line, score in zip(ranking.lines, scores, strict=True) if score is not None]
    for (_, above), (line, score) in pairwise(known):
        if score > above:
            yield Fault(
                f"score {score:g} of topic {shown(ranking.topic)} is higher than {above:g} on the line before it; "
                "sort each topic by score",
                Location(line=line),
            )


@RANKINGS.rule("RUN204", Severity.WARNING, "ranks do not increase within a topic")
def ranks_increase(ranking: Ranking) -> Iterator[Fault]:
    """From line to line of a topic, ranks should increase. Nobody rejects a run for it, accepted runs start at 0 or
    leave gaps; but ranks that repeat or fall show that the file was put together in another order than it was made.

    Good: 1, 2, 3 or 0, 1, 5. Bad: 1, 1, 1 or 2, 1, 3.
    """
    ranks = ranking.ranks
    if _in_order(operator.lt, ranks):
        return
    known = [(line, rank) for line, rank in zip(ranking.lines, ranks, strict=True) if rank is not None]
    falls = [(line, above, rank) for (_, above), (line, rank) in pairwise(known) if rank <= above]
    if falls:
        line, above, rank = falls[0]
        more = f" ({len(falls):,} such places in this topic)" if len(falls) > 1 else ""
        yield Fault(
            f"rank {shown(str(rank))} of topic {shown(ranking.topic)} follows rank {shown(str(above))}{more}",
            Location(line=line),
        )


def _in_order(ordered: Callable[[Any, Any], bool], values: Sequence[float | None]) -> bool:
    """Whether nothing is unknown and each value stands to the next as it should; a quick look before a close one."""
    return None not in values and all(map(ordered, values, values[1:]))


@RANKINGS.rule("RUN205", Severity.NOTE, "scores are tied within a topic")
def scores_are_not_tied(ranking: Ranking) -> Iterator[Fault]:
    """Documents of a topic with the same score are put in an order of trec_eval's own (by document id, descending),
    not in the order of the file. That is allowed and common; give different scores if the order matters to you.

    Good: 9.5, 9.0, 8.5. Noted: 9.5, 9.5, 8.5.
    """
    scores = ranking.scores
    if len(set(scores)) == len(scores):
        return
    times = Counter(score for score in scores if score is not None)
    tied = sum(count for count in times.values() if count > 1)
    if tied:
        again = {score for score, count in times.items() if count > 1}
        line = next(line for line, score in zip(ranking.lines, scores, strict=True) if score in again)
        yield Fault(f"{tied:,} documents of topic {shown(ranking.topic)} share a score", Location(line=line))


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
        yield Fault(
            f"{run.lines_with_another_tag:,} of {run.lines:,} lines have another tag than line 1: {'; '.join(parts)}"
            f"{f'; and {rest:,} more changes' if rest else ''}; wanted one tag in the whole file",
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
        f"(a file that is uploaded under another name: --run-tag)"
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


_BOOKS: tuple[Rulebook[Any], ...] = (FILES, RAW_LINES, LINES, RANKINGS, RUNS)
BOOK: Rulebook[Any] = Rulebook("run files", {code: entry for book in _BOOKS for code, entry in book.entries.items()})


def own_policy(task: Task) -> Policy:
    """The track's own levels for a task."""
    return Policy(task.policy.select, task.policy.ignore, task.levels)


def official_policy(task: Task) -> Policy:
    """The levels under the task's official checker: what it does not look at is at most a warning."""
    levels = {code: _at_most_warning(entry) for code, entry in BOOK.entries.items()}
    return Policy(levels={**levels, **task.official_levels})


def _at_most_warning(entry: Entry[Any]) -> str:
    return Severity.WARNING if entry.severity is Severity.ERROR else entry.severity
