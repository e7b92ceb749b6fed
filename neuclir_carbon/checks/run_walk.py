"""The walk over a run: what is shown to which rules, so that rules need no state and memory stays bounded.

A block of lines that holds nothing suspicious is cleared as a whole, by column; only the others are looked at line by
line. Both give the same findings. Lines that count are gathered by topic: when a topic ends, its ranking is shown to
the RANKING rules and forgotten, but for its name. Topics that go on later are gathered whole in further readings.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.checks.runs import (
    LINES,
    NOT_TEXT,
    NOT_UTF8,
    RANKINGS,
    RAW_LINES,
    RUNS,
    TOO_LONG,
)
from neuclir_carbon.model.finding import Fault, Location
from neuclir_carbon.model.run import (
    FIELDS,
    NUMBER,
    RANK,
    Block,
    Grammar,
    Line,
    Ranking,
    RawLine,
    Reopening,
    RunFacts,
    TagStretch,
    shown,
)

PLACES_KEPT = 20
FAULTS_WAITING = 20_000
LINES_PER_READING = 250_000
INFINITY = float("inf")
_ODD_BLANKS = b"\x1c\x1d\x1e\x1f"
_COMMON_RANKS = frozenset(map(str, range(2000)))
_MAGIC = (
    (b"\x1f\x8b", "gzip", "gunzip it"),
    (b"PK\x03\x04", "a zip archive", "unzip it"),
    (b"BZh", "bzip2", "bunzip2 it"),
    (b"\xfd7zXZ", "xz", "unxz it"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd it"),
    (b"\xff\xfe", "UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as UTF-8"),
)

Read = Callable[[], Iterable[Block]]


class Tally:
    """Faults by code: how many there are, and the first `most` of each. Codes in `off` are not asked for."""

    def __init__(self, most: int, off: frozenset[str]) -> None:
        self.most, self.off = most, off
        self.counts: dict[str, int] = {}
        self.kept: dict[str, list[Fault]] = {}

    def add(self, code: str, fault: Fault) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        kept = self.kept.setdefault(code, [])
        if len(kept) < self.most:
            kept.append(fault)

    def ask(self, book: Rulebook[Any], subject: Any) -> None:
        """Shows a value to every rule of a book."""
        for code, entry in book.entries.items():
            if entry.rule is not None and code not in self.off:
                for fault in entry.rule(subject):
                    self.add(code, fault)

    def take(self, other: "Tally") -> None:
        """Adds what another tally counted."""
        for code, count in other.counts.items():
            self.counts[code] = self.counts.get(code, 0) + count
            kept = self.kept.setdefault(code, [])
            kept.extend(other.kept[code][: self.most - len(kept)])


class Columns(NamedTuple):
    """The lines of a block that count, as columns, and the run tags of all its lines of six fields."""

    lines: Sequence[int]
    topics: Sequence[str]
    documents: Sequence[str]
    ranks: Sequence[int | None]
    scores: Sequence[float | None]
    tags: Sequence[TagStretch]


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
    lines_per_reading: int = LINES_PER_READING,
) -> Walked:
    """What a run holds and which rules it breaks; it is read once, and again for topics that do not stand together.

    `read` gives the blocks from the beginning each time it is called. `most` faults of each rule are kept; `off` are
    codes that nobody wants. Without `screen` every line is looked at on its own, which must change nothing.
    `lines_per_reading` bounds what a further reading holds at once.
    """
    tally = Tally(most, off)
    gathering = _Gathering(grammar, tally)
    _read_through(read(), gathering, screen)
    gathering.close()
    readings = 1
    for topics in gathering.groups_to_gather_again(lines_per_reading):
        _gather_again(read(), grammar, topics, gathering)
        readings += 1
    gathering.settle()
    facts = gathering.facts()
    tally.ask(RUNS, facts)
    return Walked(facts, tally, readings)


def _read_through(blocks: Iterable[Block], gathering: "_Gathering", screen: bool) -> None:
    for block in blocks:
        first_line = gathering.lines + 1
        if first_line == 1 and (kind := _no_text(block.data)):
            gathering.tally.add(NOT_TEXT.code, Fault(f"is {kind[0]}, wanted plain text in UTF-8; {kind[1]}"))
            gathering.unreadable = True
            return
        if block.too_long:
            text = shown(block.data.decode("utf-8", "replace"))
            gathering.tally.add(
                TOO_LONG.code,
                Fault(f"begins {text} and does not end; wanted six fields on a line", Location(line=first_line)),
            )
            gathering.lines += 1
            continue
        data = _with_line_feeds(block.data)
        gathering.lone_carriage_returns += data.count(b"\n") - block.data.count(b"\n")
        count = data.count(b"\n") + (not data.endswith(b"\n"))
        columns = cleared(data, first_line, count, gathering.grammar) if screen else None
        gathering.take(columns or _line_by_line(data, first_line, gathering.grammar, gathering.tally))
        gathering.lines += count


def _no_text(data: bytes) -> tuple[str, str] | None:
    """What a file is instead of text, and how to mend it, if its first line is no line of a run."""
    for magic, kind, remedy in _MAGIC:
        if data.startswith(magic):
            try:
                text = data.split(b"\n", 1)[0].decode("utf-8")
            except UnicodeDecodeError:
                return kind, remedy
            return (kind, remedy) if len(text.split()) != FIELDS else None
    return None


def _with_line_feeds(data: bytes) -> bytes:
    """The same lines, each ended by LF: universal newlines, as text files are read by the official checker."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def cleared(data: bytes, first_line: int, count: int, grammar: Grammar) -> Columns | None:
    """The columns of a block in which every line keeps every LINE rule; None if one may not, or it is not sure.

    That each line has six fields is not looked up line by line: if there are six fields for each line, column 6 holds
    one tag, no other field is equal to it, and each line ends with it, then every line has a multiple of six fields.
    """
    if not data.isascii() or len(data.translate(None, _ODD_BLANKS)) != len(data):
        return None
    fields = data.decode("ascii").split()
    if len(fields) != FIELDS * count:
        return None
    tag, end = fields[-1], fields[-1].encode("ascii") + b"\n"
    ends = data.count(b" " + end)
    ends += data.count(b"\t" + end) if ends < count else 0
    ends += not data.endswith(b"\n") and data.endswith((b" " + end[:-1], b"\t" + end[:-1]))
    if ends != count or fields[5::6].count(tag) != count or fields.count(tag) != count:
        return None
    columns = Columns(
        lines=range(first_line, first_line + count),
        topics=fields[0::6],
        documents=fields[2::6],
        ranks=_plain_ranks(fields[3::6]) or (),
        scores=_finite_scores(fields[4::6]) or () if data.count(b"_") == count * tag.count("_") else (),
        tags=(TagStretch(tag, first_line, first_line + count - 1, count),),
    )
    sound = (
        bool(columns.ranks)
        and bool(columns.scores)
        and (grammar.any_q0 or fields[1::6].count("Q0") == count)
        and all(map(grammar.knows_topic, set(columns.topics)))
        and all(map(grammar.sure_document_pattern.fullmatch, columns.documents))
    )
    return columns if sound else None


def _plain_ranks(texts: list[str]) -> list[int] | None:
    """The ranks as numbers; None if one may be no rank."""
    if not _COMMON_RANKS.issuperset(texts) and not all(map(RANK.fullmatch, texts)):
        return None
    return list(map(int, texts))


def _finite_scores(texts: list[str]) -> list[float] | None:
    """The scores as numbers; None if one may not be a finite number. The texts hold no underscore, which float() takes
    as the only thing that is no number in plain digits."""
    try:
        scores = list(map(float, texts))
    except ValueError:
        return None
    whole = sum(scores)
    # A NaN or an infinity does not get lost in a sum.
    return scores if whole - whole == 0 else None


def _line_by_line(data: bytes, first_line: int, grammar: Grammar, tally: Tally | None) -> Columns:
    """The columns of a block, each line looked at on its own; faults go to the tally, if there is one."""
    rows: list[tuple[int, str, str, int | None, float | None]] = []
    tags: list[TagStretch] = []
    for number, raw in enumerate(data.removesuffix(b"\n").split(b"\n"), first_line):
        line = _parsed(number, raw, grammar, tally)
        if line is None:
            continue
        if tags and tags[-1].tag == line.tag:
            tags[-1] = TagStretch(line.tag, tags[-1].first_line, number, tags[-1].lines + 1)
        else:
            tags.append(TagStretch(line.tag, number, number, 1))
        if tally is not None:
            tally.ask(LINES, line)
        if grammar.knows_topic(line.topic) and grammar.document_pattern.fullmatch(line.document):
            rows.append((number, line.topic, line.document, _rank(line.rank), _score(line.score)))
    lines, topics, documents, ranks, scores = zip(*rows, strict=True) if rows else ((),) * 5
    return Columns(lines, topics, documents, ranks, scores, tags)


def _parsed(number: int, raw: bytes, grammar: Grammar, tally: Tally | None) -> Line | None:
    """The line if it is text of six fields; else the tally hears why not."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if tally is not None:
            found = f"byte 0x{raw[error.start]:02x} at column {error.start + 1} is not UTF-8"
            tally.add(NOT_UTF8.code, Fault(f"{found}; write the run as UTF-8", Location(line=number)))
        return None
    fields = text.split()
    if len(fields) != FIELDS:
        if tally is not None:
            tally.ask(RAW_LINES, RawLine(number, text))
        return None
    topic, q0, document, rank, score, tag = fields
    return Line(number, text, topic, q0, document, rank, score, tag, grammar)


def _rank(text: str) -> int | None:
    return int(text) if RANK.fullmatch(text) else None


def _score(text: str) -> float | None:
    if NUMBER.fullmatch(text) is None:
        return None
    score = float(text)
    return score if abs(score) != INFINITY else None


class _Gathering:
    """What is known while walking: the topic that is open, the names of those that are closed, and the fold."""

    def __init__(self, grammar: Grammar, tally: Tally) -> None:
        self.grammar, self.tally = grammar, tally
        self.lines = self.lone_carriage_returns = 0
        self.unreadable = False
        self.open_topic: str | None = None
        self.open_columns: tuple[list[Any], ...] = ([], [], [], [])
        self.line_counts: dict[str, int] = {}
        self.by_topic: dict[str, Tally] = {}
        self.waiting = 0
        self.reopened: dict[str, None] = {}
        self.places: list[Reopening] = []
        self.tags: list[TagStretch] = []
        self.last_tag: str | None = None
        self.tag_stretches = self.lines_with_first_tag = self.lines_with_another_tag = 0

    def take(self, columns: Columns) -> None:
        """Adds a block's lines to the topics that they belong to."""
        self._take_tags(columns.tags)
        parts = (columns.lines, columns.documents, columns.ranks, columns.scores)
        start = 0
        for topic, group in groupby(columns.topics):
            end = start + len(list(group))
            if topic != self.open_topic:
                self._open(topic, columns.lines[start])
            self.line_counts[topic] = self.line_counts.get(topic, 0) + end - start
            if topic not in self.reopened:
                for kept, column in zip(self.open_columns, parts, strict=True):
                    kept.extend(column[start:end])
            start = end

    def _take_tags(self, stretches: Iterable[TagStretch]) -> None:
        for stretch in stretches:
            if self.tags and stretch.tag != self.tags[0].tag:
                self.lines_with_another_tag += stretch.lines
            else:
                self.lines_with_first_tag += stretch.lines
            if stretch.tag != self.last_tag:
                self.last_tag = stretch.tag
                self.tag_stretches += 1
                if len(self.tags) < PLACES_KEPT:
                    self.tags.append(stretch)
            elif self.tag_stretches == len(self.tags):
                last = self.tags[-1]
                self.tags[-1] = TagStretch(last.tag, last.first_line, stretch.last_line, last.lines + stretch.lines)

    def _open(self, topic: str, line: int) -> None:
        self.close()
        self.open_topic = topic
        if topic in self.line_counts and topic not in self.reopened:
            self.reopened[topic] = None
            self.by_topic.pop(topic, None)
            if len(self.places) < PLACES_KEPT:
                self.places.append(Reopening(topic, line))

    def close(self) -> None:
        """Shows the open topic's ranking to its rules, and forgets it."""
        topic = self.open_topic
        if topic is not None and topic not in self.reopened:
            self.show(topic, self.open_columns)
            self.open_columns = ([], [], [], [])
        self.open_topic = None

    def show(self, topic: str, columns: tuple[list[Any], ...]) -> None:
        """Shows a topic's ranking to its rules. The faults wait: the topic may go on later, and is then shown whole."""
        lines, documents, ranks, scores = columns
        found = Tally(min(self.tally.most, max(FAULTS_WAITING - self.waiting, 0)), self.tally.off)
        found.ask(RANKINGS, Ranking(topic, lines, documents, ranks, scores, self.grammar))
        if found.counts:
            self.by_topic[topic] = found
            self.waiting += sum(map(len, found.kept.values()))

    def groups_to_gather_again(self, most_lines: int) -> Iterator[frozenset[str]]:
        """The topics that did not stand together, in groups that are small enough to be held at once."""
        group: list[str] = []
        size = 0
        for topic in self.reopened:
            if group and size + self.line_counts[topic] > most_lines:
                yield frozenset(group)
                group, size = [], 0
            group.append(topic)
            size += self.line_counts[topic]
        if group:
            yield frozenset(group)

    def settle(self) -> None:
        """Counts the faults of every topic, in the order in which the topics first came."""
        for topic in self.line_counts:
            if topic in self.by_topic:
                self.tally.take(self.by_topic[topic])

    def facts(self) -> RunFacts:
        """What the rules about the whole file look at."""
        return RunFacts(
            grammar=self.grammar,
            lines=self.lines,
            readable=not self.unreadable,
            documents_by_topic=self.line_counts,
            tags=tuple(self.tags),
            tag_stretches=self.tag_stretches,
            lines_with_another_tag=self.lines_with_another_tag,
            lines_with_first_tag=self.lines_with_first_tag,
            reopenings=tuple(self.places),
            reopened_topics=len(self.reopened),
            lone_carriage_returns=self.lone_carriage_returns,
        )


def _gather_again(blocks: Iterable[Block], grammar: Grammar, topics: frozenset[str], gathering: _Gathering) -> None:
    """Reads the file again for a few topics, and shows each of their rankings whole."""
    whole: Mapping[str, tuple[list[Any], ...]] = {topic: ([], [], [], []) for topic in topics}
    number = 1
    for block in blocks:
        if block.too_long:
            number += 1
            continue
        data = _with_line_feeds(block.data)
        count = data.count(b"\n") + (not data.endswith(b"\n"))
        columns = cleared(data, number, count, grammar) or _line_by_line(data, number, grammar, None)
        for place, topic in enumerate(columns.topics):
            if topic in whole:
                lines, documents, ranks, scores = whole[topic]
                lines.append(columns.lines[place])
                documents.append(columns.documents[place])
                ranks.append(columns.ranks[place])
                scores.append(columns.scores[place])
        number += count
    for topic in gathering.reopened:
        if topic in topics:
            gathering.show(topic, whole[topic])
