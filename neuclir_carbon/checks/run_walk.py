"""The walk over a run: what is shown to which rules, so that rules need no state and memory stays bounded.

A block of lines that holds nothing suspicious is cleared as a whole, by column; only the others are looked at line by
line. Both give the same findings. Lines that count are gathered by topic: when a topic ends, its ranking is shown to
the RANKING rules and forgotten, but for its name. Topics that go on later are gathered whole in a second reading.
"""

import marshal
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import ExitStack
from io import BytesIO
from typing import BinaryIO, NamedTuple

from neuclir_carbon.checks.file_kinds import other_kind
from neuclir_carbon.checks.run_columns import Columns, Row, cleared, line_by_line, with_line_feeds
from neuclir_carbon.checks.run_files import NOT_TEXT, RUNS, TOO_LONG
from neuclir_carbon.checks.run_gathering import Gathering, Pieces
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.finding import Fault, Location
from neuclir_carbon.model.run import FIELDS, Block, Grammar, RunFacts, ScoreForm, shown

LINES_AT_ONCE = 100_000
_ROWS_WRITTEN_AT_ONCE = 1000
# A block that is not cleared is looked at in parts of this size before it is looked at line by line.
_SMALL_PART_BYTES = 16_384


Read = Callable[[], Iterable[Block]]
# Lines that count, and how the scores in them are written.
Rows = tuple[ScoreForm | None, list[Row]]


class Walked(NamedTuple):
    """What a walk found: the facts of the whole file, the faults by code, and how often the file was read for it."""

    facts: RunFacts
    tally: Tally
    readings: int


def walk(
    read: Read,
    grammar: Grammar,
    *,
    most: int,
    off: frozenset[str] = frozenset(),
    screen: bool = True,
    lines_at_once: int = LINES_AT_ONCE,
    gathered: Gathering | None = None,
    scratch: Callable[[], BinaryIO] = BytesIO,
) -> Walked:
    """What a run holds and which rules it breaks; it is read once, and once more if topics do not stand together.

    `read` gives the blocks from the beginning each time it is called. `most` faults of each rule are kept; `off` are
    codes that nobody wants. Without `screen` every line is looked at on its own, which must change nothing.
    Of topics that do not stand together so many lines are held at once as `lines_at_once` says; where there are more,
    they are sorted into files that `scratch` opens for writing and reading. `gathered` is what `gather` made of the
    whole run, if somebody has done that already.
    """
    gathering = gathered or gather(read(), grammar, most=most, off=off, screen=screen)
    groups = list(gathering.groups_to_gather_again(lines_at_once))
    if groups:
        _gather_again(read(), grammar, groups, gathering, scratch)
    gathering.settle()
    facts = gathering.facts()
    gathering.tally.ask(RUNS, facts)
    return Walked(facts, gathering.tally, 2 if groups else 1)


def gather(
    blocks: Iterable[Block],
    grammar: Grammar,
    *,
    most: int,
    off: frozenset[str] = frozenset(),
    screen: bool = True,
    first_line: int = 1,
    first_tag: str | None = None,
) -> Gathering:
    """What one reading of a run, or of a part of it from `first_line`, gathers; `first_tag` is the whole run's."""
    gathering = Gathering(grammar, Tally(most, off), screen=screen, first_line=first_line, first_tag=first_tag)
    _read_through(blocks, gathering, screen)
    gathering.close()
    return gathering


def _read_through(blocks: Iterable[Block], gathering: Gathering, screen: bool) -> None:
    for block in blocks:
        line = gathering.next_line
        if line == 1 and (kind := _no_text(block.data)):
            gathering.tally.add(NOT_TEXT.code, Fault(f"looks like {kind[0]}, wanted plain text in UTF-8; {kind[1]}"))
            gathering.unreadable = True
            return
        if block.too_long:
            text = shown(block.data.decode("utf-8", "replace"))
            gathering.tally.add(
                TOO_LONG.code,
                Fault(f"begins {text} and does not end; wanted six fields on a line", Location(line=line)),
            )
            gathering.next_line += 1
            continue
        data = with_line_feeds(block.data)
        if data is not block.data:
            gathering.lone_carriage_returns += data.count(b"\n") - block.data.count(b"\n")
        for columns in _columns(data, line, gathering.grammar, gathering.tally, screen=screen):
            gathering.take(columns)


def first_tag_of(data: bytes, grammar: Grammar) -> str | None:
    """The run tag of the first line, if the data begin as a run does; None where that is not so plain."""
    line = with_line_feeds(data).split(b"\n", 1)[0]
    if _no_text(data):
        return None
    tags = line_by_line(line, 1, grammar, None).tags
    return tags[0].tag if tags else None


def topic_begins(data: bytes, grammar: Grammar) -> int | None:
    """Where in the data a line begins whose topic is another one than that of the line before it; both lines count.

    None if the data, of which the first line may be torn, hold no such place.
    """
    start = data.find(b"\n") + 1
    before: str | None = None
    while 0 < start < len(data):
        end = data.find(b"\n", start) + 1
        if not end:
            return None
        topics = line_by_line(data[start:end], 1, grammar, None).topics
        topic = topics[0] if topics else None
        if topic is not None and before is not None and topic != before:
            return start
        before, start = topic, end
    return None


def _no_text(data: bytes) -> tuple[str, str] | None:
    """What a file is instead of text, and how to mend it, if its first line is no line of a run."""
    found = other_kind(data)
    if found is None:
        return None
    try:
        text = data.split(b"\n", 1)[0].decode("utf-8")
    except UnicodeDecodeError:
        return found
    return found if len(text.split()) != FIELDS else None


def _columns(
    data: bytes, first_line: int, grammar: Grammar, tally: Tally | None, *, screen: bool = True
) -> Iterator[Columns]:
    """A block's lines as columns: cleared as a whole, or in smaller parts, or line by line."""
    columns = cleared(data, first_line, grammar) if screen else None
    if columns is not None:
        yield columns
    elif not screen or len(data) <= _SMALL_PART_BYTES:
        yield line_by_line(data, first_line, grammar, tally)
    else:
        start = 0
        while start < len(data):
            end = data.find(b"\n", start + _SMALL_PART_BYTES) + 1 or len(data)
            part = data[start:end]
            found = cleared(part, first_line, grammar) or line_by_line(part, first_line, grammar, tally)
            first_line += found.lines
            start = end
            yield found


def _gather_again(
    blocks: Iterable[Block],
    grammar: Grammar,
    groups: Sequence[frozenset[str]],
    gathering: Gathering,
    scratch: Callable[[], BinaryIO],
) -> None:
    """Reads the file again for the topics of some groups, and shows each of their rankings whole, a group at a time."""
    if len(groups) == 1:
        _show_group(groups[0], _rows_again(blocks, grammar, groups[0]), gathering)
        return
    group_of = {topic: number for number, group in enumerate(groups) for topic in group}
    with ExitStack() as files:
        piles = [_Pile(files.enter_context(scratch())) for _ in groups]
        for form, rows in _rows_again(blocks, grammar, group_of):
            for row in rows:
                piles[group_of[row[0]]].rows.append(row)
            for pile in piles:
                pile.write(form)
        for group, pile in zip(groups, piles, strict=True):
            _show_group(group, pile.taken(), gathering)


def _rows_again(blocks: Iterable[Block], grammar: Grammar, topics: Container[str]) -> Iterator[Rows]:
    """The rows of some topics, a block at a time, with the form of their scores."""
    number = 1
    for block in blocks:
        if block.too_long:
            number += 1
            continue
        for columns in _columns(with_line_feeds(block.data), number, grammar, None):
            number += columns.lines
            yield columns.score_form, [row for row in columns.rows() if row[0] in topics]


def _show_group(topics: frozenset[str], parts: Iterable[Rows], gathering: Gathering) -> None:
    whole = {topic: Pieces() for topic in topics}
    for form, rows in parts:
        for row in rows:
            whole[row[0]].add(row, form)
    for topic in gathering.reopened:
        if topic in topics:
            gathering.show(topic, [whole.pop(topic).whole(topic)])


class _Pile:
    """Rows kept in a file. What is written and read back is our own, of plain values, by this process."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._form: ScoreForm | None = None
        self._waiting: list[Row] = []
        self.rows: list[Row] = []

    def write(self, form: ScoreForm | None) -> None:
        """Takes the rows that were put down, whose scores have a form."""
        if form != self._form or len(self._waiting) >= _ROWS_WRITTEN_AT_ONCE:
            self._put_away()
        self._form = form
        self._waiting += self.rows
        self.rows = []

    def _put_away(self) -> None:
        if self._waiting:
            marshal.dump((None if self._form is None else tuple(self._form), self._waiting), self._file)
        self._waiting = []

    def taken(self) -> Iterator[Rows]:
        self._put_away()
        self._file.flush()
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            form, rows = marshal.load(self._file)  # noqa: S302 - our own
            yield None if form is None else ScoreForm(*form), rows
