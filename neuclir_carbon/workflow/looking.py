"""A run of any kind shown to the rules about its kind: six columns (plain, between tabs, or inside gzip) or JSONL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.checks.run_files import NOT_TEXT
from neuclir_carbon.checks.run_tabs import as_words, field_of, one_word
from neuclir_carbon.checks.run_walk import Walked, walk
from neuclir_carbon.checks.runs import book_of
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.finding import Fault
from neuclir_carbon.model.run import Block, Grammar, name_of
from neuclir_carbon.model.track import TSV, LineFormat, Task
from neuclir_carbon.store.runs import (
    JSONL_BLOCK_BYTES,
    MAX_JSONL_LINE_BYTES,
    Unpacked,
    blocks,
    is_gzip,
    scratch_file,
)
from neuclir_carbon.workflow.sharing_out import gather_in_parts

_GZIP = ".gz"


class Asked(NamedTuple):
    """What a run is held against: its task, the tag that it must have (None: the file's name), topics and their limits
    that stand in for the task's own, how many faults of each rule are kept, and codes that nobody wants."""

    task: Task
    run_tag: str | None
    file_name: str
    topics: Sequence[str] | None
    limits: Mapping[str, int] | None
    most: int
    off: frozenset[str]

    def name(self, *, without: str = "") -> str:
        """The name that the tag must equal; of a file's own an ending may be taken off."""
        return self.run_tag or name_of(self.file_name).removesuffix(without)


class Seen(NamedTuple):
    """What was found in a run, and the rules that it was shown to."""

    book: Rulebook[Any]
    tally: Tally
    tag: str | None
    topics: int
    lines: int


def look_at(run: BinaryIO, asked: Asked, *, processes: int = 1) -> Seen:
    """Shows a run to the rules about its kind; a long one in six columns is shared out among so many processes."""
    task = asked.task
    if isinstance(task.format, LineFormat):
        return _look_at_lines(run, asked)
    if task.format.kind == TSV:
        return _look_between_tabs(run, asked)
    walked = _walked_in_gzip(run, asked) if is_gzip(run) else _walked(run, asked, processes)
    facts = walked.facts
    return Seen(book_of(task), walked.tally, facts.tag, len(facts.documents_by_topic), facts.lines)


def _look_at_lines(run: BinaryIO, asked: Asked) -> Seen:
    from neuclir_carbon.checks.report_walk import walk_lines
    from neuclir_carbon.model.report_run import LineGrammar

    run.seek(0)
    lines = blocks(run, size=JSONL_BLOCK_BYTES, longest=MAX_JSONL_LINE_BYTES)
    grammar = LineGrammar.of(asked.task, asked.name(), asked.topics, asked.limits)
    found, tally = walk_lines(lines, grammar, most=asked.most, off=asked.off)
    return Seen(book_of(asked.task), tally, found.tag, len(found.entries_by_topic), found.lines)


def _look_between_tabs(run: BinaryIO, asked: Asked) -> Seen:
    def read() -> Iterable[Block]:
        run.seek(0)
        return as_words(blocks(run))

    names = None if asked.topics is None else [one_word(topic) for topic in asked.topics]
    grammar = Grammar.of(asked.task, one_word(asked.name()), names)
    walked = walk(read, grammar, most=asked.most, off=asked.off, scratch=scratch_file)
    facts = walked.facts
    tag = None if facts.tag is None else field_of(facts.tag)
    return Seen(book_of(asked.task), walked.tally, tag, len(facts.documents_by_topic), facts.lines)


def _walked(run: BinaryIO, asked: Asked, processes: int) -> Walked:
    def read() -> Iterable[Block]:
        run.seek(0)
        return blocks(run)

    grammar = Grammar.of(asked.task, asked.name(), asked.topics)
    gathered = gather_in_parts(run, grammar, most=asked.most, off=asked.off, processes=processes)
    return walk(read, grammar, most=asked.most, off=asked.off, gathered=gathered, scratch=scratch_file)


def _walked_in_gzip(run: BinaryIO, asked: Asked) -> Walked:
    """What is in a gzip file as a walk finds it, and that it is gzip."""
    opened: list[Unpacked] = []

    def read() -> Iterable[Block]:
        opened.append(Unpacked(run))
        return blocks(opened[-1])

    grammar = Grammar.of(asked.task, asked.name(without=_GZIP), asked.topics)
    walked = walk(read, grammar, most=asked.most, off=asked.off, scratch=scratch_file)
    fault = opened[0].fault
    looked = f"was looked at up to here: {fault}" if fault else "was looked at all the same"
    walked.tally.add(
        NOT_TEXT.code, Fault(f"looks like gzip, wanted plain text in UTF-8; gunzip it (what is in it {looked})")
    )
    return walked
