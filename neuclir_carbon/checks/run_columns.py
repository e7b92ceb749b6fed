"""A block of a run's lines as columns, by one of two ways that give the same columns and the same findings.

`cleared` looks at a whole block at once and clears it if nothing in it is suspicious; `line_by_line` shows each line
to the rules about lines.
"""

from collections.abc import Sequence
from typing import NamedTuple

from neuclir_carbon.checks.run_files import NOT_UTF8
from neuclir_carbon.checks.run_lines import LINES, ODD_BLANKS, RAW_LINES
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.finding import Fault, Location
from neuclir_carbon.model.run import FIELDS, NUMBER, RANK, Grammar, Line, RawLine, TagStretch

_INFINITY = float("inf")
_ODD_BYTES = ODD_BLANKS.encode("ascii")
_COMMON_RANKS = frozenset(map(str, range(2000)))


class Columns(NamedTuple):
    """The lines of a block that count, as columns, and the run tags of all its lines of six fields."""

    lines: Sequence[int]
    topics: Sequence[str]
    documents: Sequence[str]
    ranks: Sequence[int | None]
    scores: Sequence[float | None]
    tags: Sequence[TagStretch]


def with_line_feeds(data: bytes) -> bytes:
    """The same lines, each ended by LF: universal newlines, as text files are read by the official checker."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def cleared(data: bytes, first_line: int, count: int, grammar: Grammar) -> Columns | None:
    """The columns of a block in which every line keeps every LINE rule; None if one may not, or it is not sure.

    That each line has six fields is not looked up line by line: if there are six fields for each line, column 6 holds
    one tag, no other field is equal to it, and each line ends with it, then every line has a multiple of six fields.
    """
    if not data.isascii() or len(data.translate(None, _ODD_BYTES)) != len(data):
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


def line_by_line(data: bytes, first_line: int, grammar: Grammar, tally: Tally | None) -> Columns:
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
    return score if abs(score) != _INFINITY else None
