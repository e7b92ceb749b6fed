"""A block of a run's lines as columns, by one of two ways that give the same columns and the same findings.

`cleared` looks at a whole block at once and clears it if nothing in it is suspicious; `line_by_line` shows each line
to the rules about lines. What a block looks like between two columns is looked at in one go: the end of a line and the
beginning of the next are one field of a text that is split at blanks.
"""

import operator
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, compress, islice, repeat
from typing import NamedTuple

from neuclir_carbon.checks.document_screens import DocumentScreen, screen_of
from neuclir_carbon.checks.run_files import NOT_UTF8
from neuclir_carbon.checks.run_lines import LINES, ODD_BLANKS, RAW_LINES
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.finding import Fault, Location
from neuclir_carbon.model.run import FIELDS, NUMBER, RANK, Grammar, Line, RawLine, ScoreForm, TagStretch

_INFINITY = float("inf")
# Between two blanks: the tag of a line, its end, and the topic of the next line are one.
_PARTS = FIELDS - 1
# Blanks that a split at spaces does not see.
_OTHER_BLANKS = b"\t\v\f" + ODD_BLANKS.encode("ascii")
_RANK_TEXTS = [b"%d" % rank for rank in range(2001)]
_KNOWN_RANKS = frozenset(_RANK_TEXTS)
# So many digits are told apart by float(), and so can be compared as they are written.
_SURE_DIGITS = 15


class Stretch(NamedTuple):
    """Neighbouring lines of one topic that count, as columns. Scores are as written where they have a form."""

    topic: str
    lines: Sequence[int]
    documents: Sequence[bytes]
    ranks: Sequence[int | None]
    scores: Sequence[bytes | float | None]
    score_form: ScoreForm | None


# Topic, line, document, rank and score.
Row = tuple[str, int, bytes, int | None, bytes | float | None]


class Columns(NamedTuple):
    """How many lines a block has, those that count, as columns, and the run tags of all its lines of six fields.

    Each of `topics` has the rows from one of `starts` to the next, which has one more. Ranks are texts or values.
    """

    lines: int
    topics: Sequence[str]
    starts: Sequence[int]
    numbers: Sequence[int]
    documents: Sequence[bytes]
    ranks: Sequence[bytes | int | None]
    scores: Sequence[bytes | float | None]
    score_form: ScoreForm | None
    tags: Sequence[TagStretch]

    def stretch(self, place: int) -> Stretch:
        """The rows of one of the topics."""
        start, end = self.starts[place], self.starts[place + 1]
        return Stretch(
            self.topics[place],
            self.numbers[start:end],
            self.documents[start:end],
            _rank_values(self.ranks[start:end]),
            self.scores[start:end],
            self.score_form,
        )

    def rows(self) -> Iterator[Row]:
        """Each row on its own: quicker than by stretches where these are short."""
        topics = chain.from_iterable(map(repeat, self.topics, map(operator.sub, self.starts[1:], self.starts)))
        ranks = (None if rank is None else int(rank) for rank in self.ranks)
        return zip(topics, self.numbers, self.documents, ranks, self.scores, strict=True)


def with_line_feeds(data: bytes) -> bytes:
    """The same lines, each ended by LF: universal newlines, as text files are read by the official checker."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def line_count(data: bytes) -> int:
    """How many lines the text has; the last one may lack its LF."""
    return data.count(b"\n") + (not data.endswith(b"\n"))


def cleared(data: bytes, first_line: int, grammar: Grammar) -> Columns | None:
    """The columns of a block in which every line keeps every LINE rule; None if one may not, or it is not sure."""
    if not data.isascii():
        return None
    if not any(blank in data for blank in _OTHER_BLANKS):
        columns = _cleared_at_spaces(data, first_line, grammar)
        if columns is not None:
            return columns
    elif any(blank in data for blank in ODD_BLANKS.encode("ascii")):
        return None
    plain = _at_single_spaces(data)
    return None if plain == data else _cleared_at_spaces(plain, first_line, grammar)


def _at_single_spaces(data: bytes) -> bytes:
    """The same fields in the same lines, one space between two of them."""
    return b"\n".join([b" ".join(line.split()) for line in data.removesuffix(b"\n").split(b"\n")]) + b"\n"


def _cleared_at_spaces(data: bytes, first_line: int, grammar: Grammar) -> Columns | None:
    """As `cleared`, for fields that stand one space apart.

    n lines of six fields, split at each space, are 5 n + 1 parts, of which every fifth is a tag, a line feed and a
    topic. If those are so, and no other part holds a line feed, then every line has six fields.
    """
    parts = data.removesuffix(b"\n").split(b" ")
    count = len(parts) // _PARTS
    if len(parts) != _PARTS * count + 1 or not count:
        return None
    tag = parts[-1]
    heads = [tag + b"\n" + parts[0], *islice(parts, _PARTS, len(parts) - 1, _PARTS)]
    starts = [0, *compress(range(1, count), map(operator.ne, heads, islice(heads, 1, None)))]
    topics = _known_topics((heads[start] for start in starts), tag, grammar)
    if topics is None or not _are_q0(parts[1::_PARTS], grammar):
        return None
    documents, ranks, scores = parts[2::_PARTS], parts[3::_PARTS], parts[4::_PARTS]
    if not _match(documents, screen_of(grammar.document_pattern)):
        return None
    form = _form_of(scores)
    values = scores if form is not None else _finite(scores)
    if values is None:
        return None
    if not _KNOWN_RANKS.issuperset(ranks) and not _are_ranks(ranks):
        return None
    numbers = range(first_line, first_line + count)
    tags = (TagStretch(tag.decode("ascii"), first_line, first_line + count - 1, count),)
    return Columns(count, topics, [*starts, count], numbers, documents, ranks, values, form, tags)


def _known_topics(heads: Iterator[bytes], tag: bytes, grammar: Grammar) -> list[str] | None:
    """The topics of a tag, a line feed and a topic each; None if one is not that, or no topic of the task."""
    topics = []
    for head in heads:
        found, end, topic = head.partition(b"\n")
        if found != tag or not end or not tag or not topic or b"\n" in topic:
            return None
        topics.append(topic.decode("ascii"))
    return topics if all(map(grammar.knows_topic, set(topics))) else None


def _are_q0(fields: list[bytes], grammar: Grammar) -> bool:
    """Whether the second fields are what the task takes there, and fields at all."""
    if not grammar.any_q0:
        return fields.count(b"Q0") == len(fields)
    return b"" not in fields and b"\n" not in b" ".join(fields)


def _match(documents: list[bytes], screen: DocumentScreen) -> bool:
    """Whether all are ids of the task's collection and hold no line feed."""
    if screen.clears(documents):
        return True
    return b"\n" not in b" ".join(documents) and all(map(screen.matches, documents))


def _are_ranks(texts: list[bytes]) -> bool:
    return all(map(RANK.fullmatch, b" ".join(texts).decode("ascii").split(" ")))


def _rank_values(ranks: Sequence[bytes | int | None]) -> Sequence[int | None]:
    """Ranks as numbers, None where one is no rank. Those that go up by one from a small number are a range."""
    start = ranks[0]
    if isinstance(start, bytes) and len(start) < 4:
        first = int(start)
        if ranks == _RANK_TEXTS[first : first + len(ranks)]:
            return range(first, first + len(ranks))
    return [None if rank is None else int(rank) for rank in ranks]


def _finite(texts: list[bytes]) -> list[float] | None:
    """The scores as numbers; None if one may not be a finite number.

    float() takes what is no number in plain digits only where there is an underscore, and blanks around it.
    """
    joined = b" ".join(texts)
    if b"_" in joined or b"\n" in joined:
        return None
    try:
        scores = list(map(float, texts))
    except ValueError:
        return None
    whole = sum(scores)
    # A NaN or an infinity does not get lost in a sum.
    return scores if whole - whole == 0 else None


def _form_of(texts: list[bytes]) -> ScoreForm | None:
    """How the scores are written, if so that their order can be read off the texts: turning each into a number is by
    far the dearest part of looking at a line."""
    first = texts[0]
    negative = first.startswith(b"-")
    before, point, after = first.removeprefix(b"-").partition(b".")
    decimals = len(after) if point else None
    if len(before) + len(after) > _SURE_DIGITS:
        return None
    joined = b" ".join(texts) + b" "
    if _all_like(negative, decimals).fullmatch(joined) is None:
        return None
    width = len(first)
    same = len(joined) == len(texts) * (width + 1) and joined[width :: width + 1] == b" " * len(texts)
    return ScoreForm(negative, decimals, width if same else None)


@lru_cache(maxsize=64)
def _all_like(negative: bool, decimals: int | None) -> re.Pattern[bytes]:
    """Numbers with a blank after each, all with or all without a minus, and with so many decimals."""
    more = _SURE_DIGITS - (decimals or 0) - 1
    whole = rf"{'-' if negative else ''}(?:0|[1-9][0-9]{{0,{more}}})"
    fraction = "" if decimals is None else rf"\.[0-9]{{{decimals}}}"
    return re.compile(rf"(?:{whole}{fraction} )*+".encode("ascii"))


def line_by_line(data: bytes, first_line: int, grammar: Grammar, tally: Tally | None) -> Columns:
    """The columns of a block, each line looked at on its own; faults go to the tally, if there is one."""
    rows: list[tuple[int, str, bytes, int | None, float | None]] = []
    tags: list[TagStretch] = []
    number = first_line
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
            rows.append((number, line.topic, line.document.encode("utf-8"), _rank(line.rank), _score(line.score)))
    numbers, topics, documents, ranks, scores = zip(*rows, strict=True) if rows else ((),) * 5
    starts = [place for place, topic in enumerate(topics) if not place or topics[place - 1] != topic]
    names = [topics[start] for start in starts]
    lines = number - first_line + 1
    return Columns(lines, names, [*starts, len(rows)], numbers, documents, ranks, scores, None, tags)


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
    return score if abs(score) != _INFINITY else None
