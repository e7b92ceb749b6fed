"""Rules about runs: which lines break which, what the messages say, and that clearing whole blocks hides nothing."""

import re
from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuclir_carbon.checks.run_columns import cleared
from neuclir_carbon.checks.run_gathering import FAULTS_WAITING
from neuclir_carbon.checks.run_walk import Walked, walk
from neuclir_carbon.checks.runs import BOOK, official_policy, own_policy
from neuclir_carbon.model.finding import Severity
from neuclir_carbon.model.run import NUMBER, RANK, Block, Grammar
from neuclir_carbon.store.runs import scratch_file
from neuclir_carbon.store.tracks import load_track

TAG = "fas-T-run1"
IDS = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(20)]
GOOD = [f"{topic} Q0 {IDS[i]} {i + 1} {9.5 - i} {TAG}" for topic in ("300", "301") for i in range(3)]
GRAMMAR = attrs.evolve(
    Grammar.of(load_track("neuclir-2024").track.tasks["clir"], TAG, ("300", "301")), most_per_topic=5
)
PATTERN_ONLY = attrs.evolve(GRAMMAR, topics=None, topic_pattern=re.compile(r"\S+"))


def walked(data: bytes, grammar: Grammar = GRAMMAR, *, cut: int | None = None, **options: Any) -> Walked:
    def read() -> Iterable[Block]:
        if not data:
            return []
        lines = data.splitlines(keepends=True) if cut else [data]
        return [Block(b"".join(lines[i : i + (cut or 1)])) for i in range(0, len(lines), cut or 1)]

    return walk(read, grammar, most=1000, **options)


def found(lines: list[str], grammar: Grammar = GRAMMAR) -> dict[str, tuple[int | None, str]]:
    """Code → (line, message) of the first fault."""
    tally = walked("".join(f"{line}\n" for line in lines).encode(), grammar).tally
    return {code: (faults[0].location.line, faults[0].message) for code, faults in tally.kept.items()}


def with_line(number: int, line: str) -> list[str]:
    return [*GOOD[: number - 1], line, *GOOD[number:]]


def with_field(number: int, field: int, value: str) -> list[str]:
    fields = GOOD[number - 1].split()
    fields[field - 1] = value
    return with_line(number, " ".join(fields))


def test_a_good_run_breaks_no_rule() -> None:
    assert found(GOOD) == {}


# (lines, code, line of the first fault, what its message says)
BAD: list[tuple[list[str], str, int | None, str]] = [
    ([], "RUN001", None, "is empty"),
    (with_line(3, ""), "RUN101", 3, "is blank, wanted 6 (topic Q0 document rank score tag); remove the line"),
    (with_line(3, f"300 {IDS[0]} 1 9 {TAG}"), "RUN101", 3, "field 2, the word Q0, seems to be missing"),
    (with_line(3, f"300 Q0 {IDS[0]} 1 9 my run"), "RUN101", 3, "has 7 fields"),
    (with_line(3, f"300,Q0,{IDS[0]},1,9,{TAG}"), "RUN101", 3, "separate them with blanks, not commas"),
    (["# ir_metadata.start", *GOOD], "RUN101", 1,
     "a header of ir_metadata: '# ir_metadata.start', wanted 6 (topic Q0 document rank score tag); "
     "a run holds no comments: move it to a sidecar"),
    (["# my run", *GOOD], "RUN101", 1, "is a comment"),
    (['{"topic_id": "300"}', *GOOD], "RUN101", 1, "looks like JSON"),
    (with_field(2, 1, "3O0"), "RUN102", 2, "did you mean '300' (letter O?)"),
    (with_field(2, 1, "3oO"), "RUN102", 2, "did you mean '300' (letter o?)"),
    (with_field(4, 1, "30l"), "RUN102", 4, "did you mean '301' (letter l?)"),
    (with_field(2, 1, "0300"), "RUN102", 2, "did you mean '300' (leading zeros count)"),
    (with_field(2, 1, '"300"'), "RUN102", 2, "did you mean '300' (without the quotes)"),
    (with_field(2, 1, "999"), "RUN102", 2, "topic '999' is not one of this task's 2"),
    (with_field(1, 1, "\ufeff300"), "RUN102", 1, "byte order mark"),
    (with_field(2, 2, "q0"), "RUN103", 2, "field 2 is 'q0', wanted 'Q0'"),
    (with_field(2, 2, "Q\0"), "RUN103", 2, r"field 2 is 'Q\u0000'"),
    *((with_field(2, 4, rank), "RUN104", 2, f"rank is '{rank}'") for rank in ("-1", "01", "+1", "-0", "1_0")),
    *((with_field(2, 4, rank), "RUN104", 2, f"rank is '{rank}'") for rank in ("1.0", "x", "1e3", "٣")),
    (with_field(2, 4, "9" * 4301), "RUN104", 2, "rank is '999"),
    (with_field(2, 3, "doc12"), "RUN105", 2, "document id is 'doc12', wanted [0-9a-f-]{36}"),
    (with_field(2, 3, IDS[1] + "0"), "RUN105", 2, "wanted [0-9a-f-]{36}"),
    (with_field(2, 5, "abc"), "RUN110", 2, "score is 'abc', wanted a decimal number"),
    (with_field(2, 5, "1,5"), "RUN110", 2, "write a point, not a comma"),
    (with_field(2, 5, "1_0"), "RUN110", 2, "score is '1_0'"),
    (with_field(2, 5, "٩"), "RUN110", 2, "score is '٩'"),
    (with_field(2, 5, "0x10"), "RUN110", 2, "score is '0x10'"),
    *((with_field(2, 5, score), "RUN111", 2, f"score is '{score}'") for score in ("nan", "-inf", "Infinity", "1e999")),
    (with_line(2, GOOD[1].replace(" Q0 ", "\u00a0Q0\u3000")), "RUN006", 2, "U+00A0, U+3000"),
    (with_line(2, GOOD[1].replace(" Q0 ", "\x1cQ0 ")), "RUN006", 2, "U+001C"),
    (with_field(2, 3, IDS[0]), "RUN201", 2, f"document '{IDS[0]}' stands in topic '300' already (line 1)"),
    ([f"300 Q0 {d} {i} {-i} {TAG}" for i, d in enumerate(IDS[:7])], "RUN202", 6, "has 7 documents, at most 5"),
    (with_field(2, 5, "99"), "RUN203", 2, "score 99 of topic '300' is higher than 9.5"),
    (with_field(2, 4, "1"), "RUN204", 2, "rank '1' of topic '300' follows rank '1'"),
    (with_field(2, 5, "9.5"), "RUN205", 1, "2 documents of topic '300' share a score"),
    (with_field(4, 6, "rus"), "RUN301", 4, f"lines 1–3 '{TAG}'; line 4 'rus'; lines 5–6 '{TAG}'"),
    ([*GOOD[:3], *(line.replace(TAG, "rus") for line in GOOD[3:])], "RUN301", 4,
     f"3 of 6 lines have another tag than line 1: lines 1–3 '{TAG}'; lines 4–6 'rus'; the file looks assembled from "
     "parts with different tags; wanted one tag in the whole file"),
    ([line.replace(TAG, "rus") for line in GOOD], "RUN302", 1, f"the run tag is 'rus', but the run is named '{TAG}'"),
    ([GOOD[0].replace(TAG, "rus")], "RUN303", 1, "rename the file to 'rus'"),
    (GOOD[:3], "RUN304", None, "1 of 2 topics have no document: 301"),
    ([line.replace(TAG, "a" * 21) for line in GOOD], "RUN305", None, "(21 characters)"),
    ([line.replace(TAG, ".a") for line in GOOD], "RUN305", None, "'.a'"),
    ([line.replace(TAG, "list") for line in GOOD], "RUN305", None, "'list'"),
    ([GOOD[0], GOOD[3], GOOD[1]], "RUN306", 3, "1 of 2 topics go on after another topic: 300 (line 3)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "code", "line", "message"), BAD, ids=[f"{c}-{i}" for i, (_, c, _, _) in enumerate(BAD)]
)
def test_a_fault_is_found_at_its_line_with_words_that_help(
    lines: list[str], code: str, line: int | None, message: str
) -> None:
    faults = found(lines)
    assert code in faults
    assert faults[code][0] == line
    assert message in faults[code][1]


@pytest.mark.parametrize(
    "lines",
    [
        with_field(2, 4, "0"),
        [line.replace(" ", "\t") for line in GOOD],
        [f"  {line}  " for line in GOOD],
        [line.replace(IDS[0], IDS[0].upper()) for line in GOOD],
        with_field(3, 5, "-1e-5"),
        with_field(3, 5, "+.5"),
        with_field(3, 4, "77"),
        GOOD[::-1][:3][::-1] + GOOD[:3],
    ],
)
def test_what_every_checker_takes_is_no_error(lines: list[str]) -> None:
    assert {code for code in found(lines) if BOOK.entries[code].severity is Severity.ERROR} == set()


def test_tags_that_come_and_go_are_not_called_parts() -> None:
    assert "assembled" not in found(with_field(2, 6, "rus"))["RUN301"][1]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_each_kind_of_line_end_counts_once(end: bytes) -> None:
    result = walked(end.join(line.encode() for line in GOOD))
    assert result.facts.lines == len(GOOD)
    assert set(result.tally.counts) == ({"RUN007"} if end == b"\r" else set())


def test_bytes_that_are_not_utf8_are_named_with_their_place() -> None:
    data = "".join(f"{line}\n" for line in GOOD).encode().replace(IDS[1].encode(), b"doc\xe9")
    faults = walked(data).tally.kept
    assert [str(fault.location) for fault in faults["RUN002"]] == [":2", ":5"]
    assert "byte 0xe9 at column 11 is not UTF-8" in faults["RUN002"][0].message


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x1f\x8b\x08\x00abc", "looks like gzip, wanted plain text in UTF-8; gunzip it"),
        (b"PK\x03\x04\x14\x00\n", "a zip archive"),
        (b"BZh91AY&SY\x00\n", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        ("300 Q0 d 1 1 t\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_named_and_nothing_else_is_said(data: bytes, what: str) -> None:
    result = walked(data)
    assert set(result.tally.counts) == {"RUN004"}
    assert what in result.tally.kept["RUN004"][0].message


def test_a_line_that_is_too_long_is_named_and_the_lines_around_it_still_count() -> None:
    before, after = (f"{line}\n".encode() for line in (GOOD[0], GOOD[3]))
    pieces = [Block(before), Block(b"x" * 100, too_long=True), Block(after)]
    facts, tally, _ = walk(lambda: pieces, GRAMMAR, most=10)
    assert set(tally.counts) == {"RUN005"}
    assert tally.kept["RUN005"][0].location.line == 2
    assert tally.kept["RUN005"][0].message.startswith("begins 'xxx")
    assert (facts.lines, facts.documents_by_topic) == (3, {"300": 1, "301": 1})


def ranking(*scores: str, ranks: Iterable[int] = range(1, 9)) -> list[str]:
    """Lines of topic 300, each with a document, a rank and a score, and one of topic 301."""
    rows = zip(IDS, ranks, scores, strict=False)
    return [*(f"300 Q0 {document} {rank} {score} {TAG}" for document, rank, score in rows), GOOD[3]]


def test_a_document_that_stands_twice_does_not_make_a_ranking_too_long() -> None:
    five = ranking("9", "8", "7", "6", "5")
    assert set(found([*five[:5], f"300 Q0 {IDS[0]} 6 4 {TAG}", GOOD[3]])) == {"RUN201"}


@pytest.mark.parametrize(
    ("over_max", "said"), [("truncate", "the track cuts the rest off"), ("error", "keep the best 5")]
)
def test_what_becomes_of_too_many_documents_is_told_as_the_track_has_it(over_max: str, said: str) -> None:
    faults = found(ranking("9", "8", "7", "6", "5", "4"), attrs.evolve(GRAMMAR, over_max=over_max))
    assert faults["RUN202"][0] == 6
    assert faults["RUN202"][1].endswith(said)


def test_equal_scores_are_no_increase_also_where_others_increase() -> None:
    tally = walked("".join(f"{line}\n" for line in ranking("9", "9", "9.5", "9.5")).encode()).tally
    assert [fault.location.line for fault in tally.kept["RUN203"]] == [3]


@pytest.mark.parametrize(("ranks", "more"), [((1, 3, 2, 4), ""), ((1, 1, 1, 2), " (2 such places in this topic)")])
def test_ranks_that_fall_are_told_once_a_topic_with_their_number(ranks: tuple[int, ...], more: str) -> None:
    line, message = found(ranking("9", "8", "7", "6", ranks=ranks))["RUN204"]
    assert line == 2 + (ranks[1] == 3)
    assert message.endswith(f"follows rank '{ranks[line - 2]}'{more}")


def test_the_name_of_a_single_line_is_told_by_its_own_rule_only() -> None:
    assert {"RUN302", "RUN303"} & set(found([GOOD[0].replace(TAG, "rus")])) == {"RUN303"}
    assert {"RUN302", "RUN303"} & set(found([line.replace(TAG, "rus") for line in GOOD[:2]])) == {"RUN302"}


def test_ties_are_told_where_they_begin() -> None:
    assert found(ranking("9.5", "9", "9", "8"))["RUN205"] == (2, "2 documents of topic '300' share a score")


@pytest.mark.parametrize("topic", ["3O9", "0309", '"309"'])
def test_no_topic_is_proposed_that_the_task_has_not(topic: str) -> None:
    assert "did you mean" not in found(with_field(2, 1, topic))["RUN102"][1]


@pytest.mark.parametrize("text", ["300", "300,Q0", "300, Q0, d, 1"])
def test_commas_are_blamed_only_where_they_separate_six_fields(text: str) -> None:
    assert "commas" not in found(with_line(3, text))["RUN101"][1]


def test_faults_of_topics_that_go_on_later_are_shown_however_many_there_were_before() -> None:
    topics = range(FAULTS_WAITING // 1000 + 1)
    again = [f"{topic} Q0 {IDS[0]} 1 9 {TAG}\n" for topic in topics for _ in range(1001)]
    rest = [f"{topic} Q0 {IDS[1]} 1 9 {TAG}\n" for topic in topics]
    tally = walked("".join([*again, *rest]).encode(), PATTERN_ONLY).tally
    assert tally.counts["RUN201"] == 1000 * len(topics)
    assert [fault.location.line for fault in tally.kept["RUN201"]] == list(range(2, 1002))


def test_many_faults_of_one_rule_hide_none_of_another() -> None:
    topics = range(FAULTS_WAITING // 1000 + 1)
    again = [f"{topic} Q0 {IDS[0]} 1 9 {TAG}\n" for topic in topics for _ in range(1001)]
    deep = [f"last Q0 {IDS[rank]} {rank} {9 - rank} {TAG}\n" for rank in range(6)]
    tally = walked("".join([*again, *deep]).encode(), PATTERN_ONLY).tally
    assert tally.counts["RUN202"] == 1
    assert "at most 5 are wanted" in tally.kept["RUN202"][0].message


# These need bytes, or another grammar: each has a test of its own in this file.
BY_THEMSELVES = {"RUN002", "RUN003", "RUN004", "RUN005", "RUN007"}


def test_every_other_rule_has_a_run_that_breaks_it() -> None:
    assert {code for _, code, *_ in BAD} == set(BOOK.entries) - BY_THEMSELVES


def test_a_first_line_that_only_begins_like_an_archive_is_a_line() -> None:
    data = f"BZh91 Q0 {IDS[0]} 1 1 {TAG}\n".encode()
    assert "RUN004" not in walked(data).tally.counts
    assert walked(data, PATTERN_ONLY).tally.counts == {}


def test_a_byte_order_mark_is_a_warning_where_any_topic_is_taken() -> None:
    faults = found(with_field(1, 1, "\ufeff300"), PATTERN_ONLY)
    assert set(faults) >= {"RUN003"}
    assert "RUN102" not in faults


def test_a_line_that_failed_is_shown_to_no_other_rule() -> None:
    assert set(found(with_line(3, "300 nan"))) == {"RUN101"}


def test_an_empty_file_is_not_also_told_that_each_topic_is_missing() -> None:
    assert set(found([])) == {"RUN001"}


def test_control_characters_never_reach_a_message() -> None:
    hostile = "\x1b]0;owned\x07"
    for field in (1, 2, 3, 4, 5, 6):
        for _, message in found(with_field(2, field, hostile)).values():
            assert message.isprintable(), message


def test_a_message_about_a_huge_field_stays_short() -> None:
    assert all(len(message) < 600 for _, message in found(with_field(2, 3, "x" * 100_000)).values())


def test_the_official_policy_makes_errors_of_what_the_checker_looks_at_only() -> None:
    task = load_track("neuclir-2024").track.tasks["clir"]
    policy = official_policy(task)
    errors = {code for code, entry in BOOK.entries.items() if policy.severity(code, entry.severity) is Severity.ERROR}
    assert errors == {
        "RUN001", "RUN002", "RUN004", "RUN005", "RUN101", "RUN102", "RUN103", "RUN104", "RUN105", "RUN201", "RUN202",
        "RUN301", "RUN302", "RUN304",
    }  # fmt: skip
    own = own_policy(task)
    assert all(policy.severity(code, e.severity) == own.severity(code, e.severity) for code, e in BOOK.entries.items())


# What the bytes of a hostile or careless line may look like.
FIELD = st.one_of(
    st.sampled_from(["300", "301", "Q0", "q0", "1", "2", "01", "9.5", "nan", "1_0", TAG, "rus", *IDS[:4], ""]),
    st.text(max_size=6),
)
LINE = st.one_of(
    st.sampled_from(GOOD),
    st.lists(FIELD, min_size=0, max_size=8).map(" ".join),
    st.tuples(st.sampled_from(GOOD), st.integers(0, 5), FIELD).map(
        lambda part: " ".join([*part[0].split()[: part[1]], part[2], *part[0].split()[part[1] + 1 :]])
    ),
)
RUN = st.tuples(st.lists(LINE, max_size=30), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans()).map(
    lambda part: (part[1].join(part[0]) + (part[1] if part[2] else "")).encode("utf-8", "surrogatepass")
)


@settings(max_examples=300, deadline=None)
@given(RUN, st.sampled_from([GRAMMAR, PATTERN_ONLY]), st.integers(1, 6))
def test_clearing_whole_blocks_and_cutting_them_anywhere_changes_nothing(
    data: bytes, grammar: Grammar, cut: int
) -> None:
    plain = walked(data, grammar, screen=False)
    for other in (walked(data, grammar), walked(data, grammar, cut=cut), walked(data, grammar, lines_at_once=1)):
        assert other.facts == plain.facts
        assert other.tally.counts == plain.tally.counts
        assert other.tally.kept == plain.tally.kept


# Scores of which some are equal or in order as numbers but not as texts, or the other way round.
SCORES = st.one_of(
    st.lists(st.sampled_from(["9.50", "10.00", "09.50", "9.5", "9.49", "0.00", "12.00", "9", "10"]), max_size=40),
    st.lists(st.integers(-300, 300).map(lambda n: f"{n / 10:.1f}"), max_size=40),
    st.lists(st.integers(-1500, -5).map(lambda n: f"{n / 10:.2f}"), max_size=40),
    st.lists(st.integers(0, 1200), max_size=40).map(lambda ns: [f"{n / 10:.3f}" for n in sorted(ns, reverse=True)]),
    st.lists(st.integers(0, 1200), max_size=40).map(lambda ns: [f"-{n / 10:.3f}" for n in sorted(ns)]),
    st.lists(st.integers(0, 1200), max_size=40).map(lambda ns: [str(n / 7) for n in sorted(ns, reverse=True)]),
    st.lists(st.integers(0, 1200), max_size=40).map(lambda ns: [str(n) for n in sorted(ns, reverse=True)]),
    st.lists(st.sampled_from(["9007199254740993.0", "9007199254740992.0", "1e3", "-0.0", "0.0"]), max_size=9),
)
RANKS = st.one_of(
    st.integers(0, 3).map(lambda first: lambda n: range(first, first + n)),
    st.just(lambda n: [1] * n),
    st.just(lambda n: [2 * i for i in range(n)]),
    st.just(lambda n: [990 + 3 * i for i in range(n)]),
)


@settings(max_examples=300, deadline=None)
@given(
    scores=SCORES,
    ranks=RANKS,
    depth=st.integers(1, 12),
    ids=st.integers(1, 20),
    blank=st.sampled_from([" ", "\t", "  "]),
    cut=st.integers(1, 9),
    pattern=st.sampled_from(["[0-9a-f-]{36}", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-\w+", r"[^x]+"]),
)
def test_scores_and_ranks_that_are_only_compared_as_they_are_written_give_the_same_findings(
    *, scores: list[str], ranks: Any, depth: int, ids: int, blank: str, cut: int, pattern: str
) -> None:
    rows = zip(ranks(len(scores)), scores, strict=True)
    lines = [f"{300 + i // depth} Q0 {IDS[i % ids]} {rank} {score} {TAG}" for i, (rank, score) in enumerate(rows)]
    data = "".join(f"{line}\n" for line in lines).replace(" ", blank).encode()
    grammar = attrs.evolve(PATTERN_ONLY, document_pattern=re.compile(pattern))
    plain = walked(data, grammar, screen=False)
    for other in (walked(data, grammar), walked(data, grammar, cut=cut)):
        assert (other.facts, other.tally.counts, other.tally.kept) == (
            plain.facts, plain.tally.counts, plain.tally.kept,
        )  # fmt: skip


def test_one_bad_line_in_a_long_block_is_found_at_its_place_and_the_rest_is_cleared_around_it() -> None:
    lines = [
        f"{300 + i // 100} Q0 {i:08x}-d8f1-4adf-91b7-584a2265b1f5 {i % 100} {100 - i % 100} {TAG}" for i in range(3000)
    ]
    lines[1234] = lines[1234].replace(" Q0 ", " q0 ")
    data = "".join(f"{line}\n" for line in lines).encode()
    assert cleared(data, 1, PATTERN_ONLY) is None
    grammar = attrs.evolve(PATTERN_ONLY, most_per_topic=100)
    assert {c: [f.location.line for f in kept] for c, kept in walked(data, grammar).tally.kept.items()} == {
        "RUN103": [1235]
    }


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_fields_that_slide_from_line_to_line_are_never_cleared(data: st.DataObject) -> None:
    """Lines of other lengths whose fields still come in sixes: a check by column alone would be blind to them."""
    words = data.draw(st.lists(st.sampled_from(["1", "Q0", IDS[0], TAG, "300"]), min_size=12, max_size=24))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(words) - 1), max_size=4)))
    lines = [words[a:b] for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    text = "".join(" ".join(line) + "\n" for line in lines).encode()
    grammar = attrs.evolve(PATTERN_ONLY, any_q0=True, document_pattern=re.compile(r"\S+"))
    columns = cleared(text, 1, grammar)
    if columns is not None:
        assert all(len(line) == 6 for line in lines)


def test_a_block_with_a_double_and_a_blank_line_is_not_cleared() -> None:
    assert cleared(f"{GOOD[0]} {GOOD[1]}\n\n".encode(), 1, GRAMMAR) is None
    assert cleared(f"\n{GOOD[0]} {GOOD[1]}\n".encode(), 1, GRAMMAR) is None


def test_a_block_of_good_lines_is_cleared() -> None:
    """Without this the test above could pass by never clearing anything."""
    text = "".join(f"{line}\n" for line in GOOD).encode()
    assert cleared(text, 1, GRAMMAR) is not None
    assert cleared(text.rstrip(b"\n"), 1, GRAMMAR) is not None
    assert cleared(text.replace(b" ", b"\t"), 1, GRAMMAR) is not None


def test_topics_that_are_gathered_again_one_by_one_give_the_same_findings() -> None:
    lines = [f"{300 + i % 2} Q0 {IDS[i // 3]} {i} {-(i % 5)} {TAG}" for i in range(24)]
    data = "".join(f"{line}\n" for line in lines).encode()
    whole, one_by_one = walked(data), walked(data, lines_at_once=1)
    assert one_by_one.readings == 2
    assert whole.readings == 2
    assert one_by_one.tally.kept == whole.tally.kept
    assert {"RUN201", "RUN203", "RUN306"} <= set(whole.tally.counts)
    in_files = walked(data, lines_at_once=1, scratch=scratch_file)
    assert (in_files.facts, in_files.tally.kept) == (whole.facts, whole.tally.kept)


@given(st.text(max_size=8))
def test_a_rank_is_what_int_gives_back_unchanged(text: str) -> None:
    try:
        canonical = int(text) >= 0 and str(int(text)) == text
    except ValueError:
        canonical = False
    assert (RANK.fullmatch(text) is not None) is canonical


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.integers().map(str)))
def test_every_number_that_python_writes_is_a_number(text: str) -> None:
    assert NUMBER.fullmatch(text)
