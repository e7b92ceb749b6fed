"""Rules about runs of JSONL: which lines break which, and what the messages say."""

import json
from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from neuclir_carbon.checks.report_lines import FAULTS_OF_A_LINE
from neuclir_carbon.checks.report_walk import WalkedLines, walk_lines
from neuclir_carbon.checks.reports import BOOK
from neuclir_carbon.checks.runs import official_policy, own_policy
from neuclir_carbon.model.finding import Severity
from neuclir_carbon.model.report_run import LineGrammar
from neuclir_carbon.model.run import Block
from neuclir_carbon.store.tracks import load_track

IDS = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(9)]
NEUCLIR = load_track("neuclir-2024").track.tasks["report"]
RAGTIME = load_track("ragtime-2025").track.tasks["report"]
NUGGETS = load_track("ragtime-2026").track.tasks["nuggets"]
STRICT = attrs.evolve(
    RAGTIME, format=attrs.evolve(RAGTIME.lines, length=attrs.evolve(RAGTIME.lines.length, strict=True))
)
TASKS = {"neuclir": NEUCLIR, "ragtime": RAGTIME, "strict": STRICT, "nuggets": NUGGETS}
TOPICS = ("300", "301")


def neuclir(topic: Any = "300", **changes: Any) -> dict[str, Any]:
    sentences = [{"text": "A sentence.", "citations": [IDS[0], IDS[1]]}]
    return {"request_id": topic, "run_id": "r1", "collection_ids": ["neuclir/1/fas"], "sentences": sentences, **changes}


def cited(*ids: Any, text: str = "A sentence.") -> dict[str, Any]:
    return neuclir(sentences=[{"text": text, "citations": list(ids)}])


def ragtime(topic: str = "300", **changes: Any) -> dict[str, Any]:
    metadata = {"team_id": "T", "run_id": changes.pop("run_id", "r1"), "topic_id": topic}
    responses = [{"text": "A sentence.", "citations": {IDS[0]: 0.5}}]
    return {"metadata": metadata, "responses": responses, "references": [IDS[0]], **changes}


def nuggets(topic: str = "300", **changes: Any) -> dict[str, Any]:
    bank = [{"question": "Why?", "aggregator_type": "OR", "answers": [{"answer": "So.", "references": [IDS[0]]}]}]
    return {"metadata": {"team_id": "T", "run_id": "r1", "topic_id": topic}, "nugget_bank": bank, **changes}


GOOD = {
    "neuclir": [neuclir("300"), neuclir("301")],
    "ragtime": [ragtime("300"), ragtime("301")],
    "strict": [ragtime("300"), ragtime("301")],
    "nuggets": [nuggets("300"), nuggets("301")],
}


def walked(data: bytes, task: str = "neuclir", *, limit: int = 100, name: str = "r1") -> WalkedLines:
    grammar = LineGrammar.of(TASKS[task], name, TOPICS, dict.fromkeys(TOPICS, limit) if task != "neuclir" else None)
    blocks: Iterable[Block] = [Block(data)] if data else []
    return walk_lines(blocks, grammar, most=1000, off=frozenset())


def as_bytes(entries: Iterable[Any]) -> bytes:
    lines = (item if isinstance(item, str) else json.dumps(item) for item in entries)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def found(
    entries: Iterable[Any], task: str = "neuclir", **options: Any
) -> dict[str, tuple[int | None, str | None, str]]:
    """Code → (line, pointer, message) of the first fault."""
    kept = walked(as_bytes(entries), task, **options).tally.kept
    return {code: (f[0].location.line, f[0].location.pointer, f[0].message) for code, f in kept.items()}


@pytest.mark.parametrize("task", list(TASKS))
def test_a_good_run_breaks_no_rule(task: str) -> None:
    assert found(GOOD[task], task) == {}


LONG = [{"text": "x" * 1999, "citations": []}, {"text": "yy", "citations": ["3"]}]
# (task, entries, code, line, pointer, what its message says)
Row = tuple[str, list[Any], str, int | None, str | None, str]
BAD: list[Row] = [
    ("neuclir", [], "RUN430", None, None, "is empty"),
    ("neuclir", [neuclir(), ""], "RUN401", 2, None, "is blank, wanted one JSON object a line; remove the line"),
    ("neuclir", ["\ufeff" + json.dumps(neuclir())], "RUN401", 1, None, "byte order mark"),
    ("neuclir", ["["], "RUN401", 1, None, "without indentation or an array around"),
    ("neuclir", [json.dumps(neuclir()) + ","], "RUN401", 1, None, "remove the comma"),
    ("neuclir", ["{'a': 1}"], "RUN401", 1, None, "at column 2"),
    ("neuclir", ['{"a": ' + "9" * 4301 + "}"], "RUN401", 1, None, "4300 digits"),
    ("neuclir", ["[" * 995 + "]" * 995], "RUN402", 1, None, "nested deeper than 994 levels"),
    ("ragtime", ['{"a":' * 994 + "1" + "}" * 994], "RUN402", 1, None, "nested deeper than 993 levels"),
    ("neuclir", [[1]], "RUN403", 1, "", "is [1], wanted object"),
    ("neuclir", [{"request_id": "300"}], "RUN403", 1, "", 'lacks "run_id", "collection_ids", "sentences"'),
    (
        "neuclir",
        [neuclir(collection_ids=["neuclir/1/eng"])],
        "RUN403",
        1,
        "/collection_ids/0",
        'is "neuclir/1/eng", wanted one of',
    ),
    ("neuclir", [neuclir(collection_ids="neuclir/1/zho")], "RUN403", 1, "/collection_ids", "maxLength"),
    ("neuclir", [neuclir(sentences="none")], "RUN403", 1, "/sentences", "wanted one of null, false, 0"),
    (
        "neuclir",
        [neuclir(sentences=[{"text": None, "citations": []}])],
        "RUN403",
        1,
        "/sentences/0/text",
        "is null, wanted string",
    ),
    ("neuclir", [neuclir(sentences=[{"text": "a"}])], "RUN403", 1, "/sentences/0", 'lacks "citations"'),
    (
        "ragtime",
        [ragtime(responses=[{"text": "a", "citations": [1]}])],
        "RUN403",
        1,
        "/responses/0/citations/0",
        "is 1, wanted string",
    ),
    (
        "ragtime",
        [ragtime(responses=[{"text": "a", "citations": {"d": "0.5"}}])],
        "RUN403",
        1,
        "/responses/0/citations/d",
        "wanted number",
    ),
    (
        "ragtime",
        [ragtime(responses=[{"text": "a", "citations": None}])],
        "RUN403",
        1,
        "/responses/0/citations",
        "is null",
    ),
    (
        "nuggets",
        [nuggets(nugget_bank=[{"question": "Why?"}])],
        "RUN403",
        1,
        "/nugget_bank/0",
        'lacks "aggregator_type", "answers"',
    ),
    (
        "nuggets",
        [nuggets(metadata={"team_id": "T", "run_id": "r" * 26, "topic_id": "300"})],
        "RUN403",
        1,
        "/metadata/run_id",
        "maxLength is 25",
    ),
    ("neuclir", ['{"a": NaN, ' + json.dumps(neuclir())[1:]], "RUN404", 1, None, "NaN is no JSON number"),
    ("neuclir", ['{"a": 1e400, ' + json.dumps(neuclir())[1:]], "RUN404", 1, None, "1e400 is too large"),
    ("neuclir", ['{"run_id": "r0", ' + json.dumps(neuclir())[1:]], "RUN404", 1, None, "a key stands twice"),
    ("neuclir", [cited(text="\ud800")], "RUN404", 1, None, "lone surrogate"),
    (
        "neuclir",
        [neuclir(300)],
        "RUN410",
        1,
        "/request_id",
        'topic 300 is not one of this task\'s 2; write it as text, "300"',
    ),
    ("neuclir", [neuclir("3O0")], "RUN410", 1, "/request_id", "did you mean '300'?"),
    ("neuclir", [neuclir("999")], "RUN410", 1, "/request_id", "remove the line, or check that this is the right task"),
    ("neuclir", [neuclir(["300"])], "RUN410", 1, "/request_id", "topic an array is not"),
    ("neuclir", [neuclir(sentences=[])], "RUN411", 1, "/sentences", "topic '300' gets no text"),
    ("neuclir", [neuclir(sentences=None)], "RUN411", 1, "/sentences", "gets no text"),
    (
        "neuclir",
        [neuclir(sentences=LONG)],
        "RUN412",
        1,
        "/sentences",
        "2,001 characters, wanted at most 2,000; shorten it by 1; the track drops the last 1 of 2",
    ),
    (
        "ragtime",
        [ragtime(responses=[{"text": "x" * 50, "citations": []}] * 2)],
        "RUN412",
        1,
        "/responses",
        "101 characters, wanted at most 100",
    ),
    (
        "strict",
        [ragtime(responses=[{"text": "x" * 50, "citations": []}] * 2)],
        "RUN413",
        1,
        "/responses",
        "101 characters, wanted at most 100",
    ),
    ("neuclir", [cited(*IDS[:3])], "RUN420", 1, "/sentences/0/citations", "has 3 citations, wanted at most 2"),
    ("neuclir", [cited(IDS[0], IDS[0])], "RUN422", 1, "/sentences/0/citations/1", "again; remove one of them"),
    (
        "nuggets",
        [
            nuggets(
                nugget_bank=[
                    {"question": "", "aggregator_type": "OR", "answers": [{"answer": "", "references": ["a", "a"]}]}
                ]
            )
        ],
        "RUN422",
        1,
        "/nugget_bank/0/answers/0/references/1",
        "again",
    ),
    (
        "ragtime",
        [ragtime(references=[])],
        "RUN423",
        1,
        "/responses/0/citations",
        "which is not in /references; add it there",
    ),
    ("neuclir", [cited(IDS[0] + "\n")], "RUN424", 1, "/sentences/0/citations/0", r"\u000a', wanted an id like"),
    ("neuclir", [cited(3)], "RUN424", 1, "/sentences/0/citations/0", "cites 3, wanted a document id as text"),
    (
        "neuclir",
        [neuclir(sentences=[{"text": "a", "citations": None}])],
        "RUN425",
        1,
        "/sentences/0/citations",
        "is null, wanted a list of ids",
    ),
    (
        "neuclir",
        [neuclir(sentences=[{"text": "a", "citations": IDS[0]}])],
        "RUN425",
        1,
        "/sentences/0/citations",
        "wanted a list of ids",
    ),
    ("neuclir", [neuclir(sentences=LONG)], "RUN426", 1, "/sentences/1/citations", "beyond the limit and is dropped"),
    ("neuclir", [neuclir("300"), neuclir("301", run_id="x")], "RUN431", 2, "/run_id", "line 1 'r1'; line 2 'x'"),
    (
        "neuclir",
        [neuclir("300", run_id="x"), neuclir("301", run_id="x")],
        "RUN432",
        None,
        None,
        "the run tag is 'x', but the run is named 'r1'",
    ),
    ("neuclir", [neuclir(), neuclir(), neuclir()], "RUN433", 2, None, "'300' 3 times (lines 1, 2, 3)"),
    (
        "neuclir",
        [neuclir(), "null"],
        "RUN434",
        None,
        None,
        "1 of 2 topics have no line: 301 (1 lines that can't be read",
    ),
    ("neuclir", [neuclir(run_id="r" * 21)], "RUN435", None, None, "(21 characters) is not as"),
]


@pytest.mark.parametrize("row", BAD)
def test_a_fault_is_named_with_its_place_and_what_is_wanted(row: Row) -> None:
    task, entries, code, line, pointer, message = row
    faults = found(entries, task)
    assert code in faults, faults
    assert faults[code][:2] == (line, pointer)
    assert message in faults[code][2]


def test_every_rule_has_a_row() -> None:
    assert {code for _, _, code, *_ in BAD} == set(BOOK.entries)


# What the official checkers take, in their own ways.
FINE: list[tuple[str, list[Any]]] = [
    ("neuclir", [cited(IDS[0].upper(), IDS[1].replace("-", ""))]),
    ("neuclir", [neuclir(sentences=[{"text": "a", "citations": {IDS[0]: 1}}])]),
    ("neuclir", [neuclir(sentences=[{"text": "a", "citations": ""}])]),
    ("neuclir", [neuclir(collection_ids=[])]),
    ("neuclir", [neuclir(more={"than": "asked"})]),
    ("neuclir", [cited(text="x" * 2000)]),
    ("neuclir", [cited(text="e\u0301" * 2000)]),  # composed in NFKC: 2000 characters
    ("ragtime", [ragtime(responses=[])]),
    ("ragtime", [ragtime(responses=[{"text": "a", "citations": []}])]),
    ("ragtime", [ragtime(responses=[{"text": "x" * 99, "citations": []}, {"text": "", "citations": []}])]),
    ("ragtime", [ragtime("999"), ragtime(), ragtime(run_id="other")]),
    ("nuggets", [nuggets(nugget_bank=[])]),
]


@pytest.mark.parametrize(("task", "entries"), FINE)
def test_what_the_official_checkers_take_is_no_error_under_them(task: str, entries: list[Any]) -> None:
    policy = official_policy(TASKS[task])
    missing = {"RUN434"}  # the tables' runs answer one topic of two
    errors = {
        code for code in found(entries, task) if policy.severity(code, BOOK.entries[code].severity) is Severity.ERROR
    }
    assert errors - missing == set()


def test_the_track_s_own_levels_are_the_official_ones_but_for_an_empty_file() -> None:
    for task in (NEUCLIR, RAGTIME):
        own, official = own_policy(task), official_policy(task)
        levels = {
            code: (own.severity(code, entry.severity), official.severity(code, entry.severity))
            for code, entry in BOOK.entries.items()
        }
        differing = {
            code for code, (mine, theirs) in levels.items() if (mine is Severity.ERROR) != (theirs is Severity.ERROR)
        }
        # A shape that the schema already refuses can't break a rule about its content.
        possible = differing - ({"RUN420", "RUN424", "RUN425"} if task is RAGTIME else {"RUN413"})
        assert possible == {"RUN430"}


@pytest.mark.parametrize(("end", "lines"), [(b"\n", 2), (b"\r\n", 2), (b"\r", 2), (b"", 1)])
def test_each_of_the_three_line_ends_ends_a_line(end: bytes, lines: int) -> None:
    data = end.join(json.dumps(entry).encode() for entry in GOOD["neuclir"])
    assert walked(data).facts.lines == lines
    assert bool(walked(data).tally.counts) is (lines == 1)


@pytest.mark.parametrize("text", ["a\u2028b", "a\u0085b", "a\x0bb"])
def test_no_other_character_ends_a_line(text: str) -> None:
    line = json.dumps(cited(text=text), ensure_ascii=text == "a\x0bb")
    assert walked(f"{line}\n".encode()).facts.lines == 1


def test_a_byte_that_is_not_utf_8_is_named_and_the_lines_after_it_are_read() -> None:
    data = b'{"a": "\xff"}\n' + as_bytes(GOOD["neuclir"])
    tally = walked(data).tally
    assert tally.kept["RUN002"][0].location.line == 1
    assert "byte 0xff at column 8" in tally.kept["RUN002"][0].message
    assert set(tally.counts) == {"RUN002"}


@pytest.mark.parametrize(
    ("magic", "kind"), [(b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04", "zip"), (b"\xff\xfe{", "UTF-16")]
)
def test_a_file_that_is_no_text_is_told_by_its_first_bytes(magic: bytes, kind: str) -> None:
    tally = walked(magic + b"\n" * 20).tally
    assert set(tally.counts) == {"RUN004"}
    assert kind in tally.kept["RUN004"][0].message


def test_tags_are_told_by_their_stretches() -> None:
    parts = [neuclir(run_id=tag) for tag in ("fas", "fas", "rus", "rus", "fas")]
    message = found(parts)["RUN431"][2]
    assert "2 of 5 lines" in message
    assert "lines 1–2 'fas'; lines 3–4 'rus'; line 5 'fas'" in message


def test_a_tag_that_is_null_at_first_is_not_the_run_s_and_is_another_one_later() -> None:
    assert "RUN431" not in found([neuclir(run_id=None), neuclir("301")])
    assert "RUN431" in found([neuclir(), neuclir("301", run_id=None)])
    assert "RUN431" not in found([neuclir(run_id=1), neuclir("301", run_id=True)])  # equal, as Python has it


def test_one_line_tells_a_hundred_faults_of_a_rule_and_no_more() -> None:
    tally = walked(as_bytes([cited(*(["x"] * 5000))])).tally
    assert tally.counts["RUN424"] == tally.counts["RUN422"] == FAULTS_OF_A_LINE


def test_words_are_counted_without_the_joiner_s_blanks() -> None:
    length = attrs.evolve(RAGTIME.lines.length, unit="words")
    task = attrs.evolve(RAGTIME, format=attrs.evolve(RAGTIME.lines, length=length))
    grammar = LineGrammar.of(task, "r1", TOPICS, {"300": 4})
    data = as_bytes(
        [ragtime(responses=[{"text": " two words ", "citations": []}, {"text": "and  three more", "citations": []}])]
    )
    tally = walk_lines([Block(data)], grammar, most=10, off=frozenset()).tally
    assert "gets 5 words, wanted at most 4" in tally.kept["RUN412"][0].message
