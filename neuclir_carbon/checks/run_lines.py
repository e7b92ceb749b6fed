"""RUN: rules about one line of a run: its fields, topic, document, rank and score.

A line that has not six fields is shown to `RAW_LINES`, every other to `LINES`.
"""

from collections.abc import Iterator

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.run import FIELDS, NUMBER, RANK, Line, RawLine, shown

BYTE_ORDER_MARK = "\ufeff"
# Blanks of ASCII that Python splits at, and nobody else.
ODD_BLANKS = "\x1c\x1d\x1e\x1f"
_LETTERS_FOR_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1"})
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})


RAW_LINES: Rulebook[RawLine] = Rulebook("lines of a run that have not six fields")
LINES: Rulebook[Line] = Rulebook("lines of a run")


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
        what = "a header of ir_metadata" if "ir_metadata" in start[:200] else "a comment"
        remedy = "move it to a sidecar, a file of its own beside the run"
        return f"is {what}: {shown(start.strip())}, {wanted}; a run holds no comments: {remedy}"
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
        (topic.translate(_LETTERS_FOR_DIGITS), _look_alike(topic)),
        (topic.lstrip("0") or "0", "leading zeros count"),
        (topic.strip("'\""), "without the quotes"),
    ):
        if mended != topic and grammar.knows_topic(mended):
            return f"not {known}; did you mean {shown(mended)} ({hint})"
    return f"not {known}; remove its lines, or check that this is the right task"


def _look_alike(topic: str) -> str:
    found = next((c for c in topic if ord(c) in _LETTERS_FOR_DIGITS), "")
    return f"{'sign' if found == '|' else 'letter'} {found}?"


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
    odd = sorted({c for c in line.text if c in ODD_BLANKS or (c.isspace() and not c.isascii())})
    if odd:
        names = ", ".join(f"U+{ord(c):04X}" for c in odd)
        yield Fault(f"fields are separated by {names}, wanted spaces or tabs", Location(line=line.number))
