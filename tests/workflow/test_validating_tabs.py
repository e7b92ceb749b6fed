"""Six columns between tabs: a field may hold blanks, and the rules are those of any six columns."""

import io
from typing import Any

import attrs
import pytest

from neuclir_carbon.checks.run_tabs import as_words, field_of, one_word
from neuclir_carbon.model.run import Block, RunVerdict
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.validating import judge_run

TAG = "my run"


def judged(*rows: str, **options: Any) -> RunVerdict:
    track = load_track("neuclir-2024").track
    task = track.task("clir")
    form = attrs.evolve(task.columns, kind="tsv", docid_pattern=r"\S+")
    changed = attrs.evolve(track, tasks={"clir": attrs.evolve(task, format=form)})
    options = {"topics": ("a b", "c"), **options}
    data = "".join(f"{row}\n" for row in rows).encode()
    return judge_run(io.BytesIO(data), name=TAG, track=changed, task="clir", run_tag=None, **options)


def row(topic: str, document: str = "d1", tag: str = TAG) -> str:
    return "\t".join((topic, "Q0", document, "1", "9.5", tag))


def errors(verdict: RunVerdict) -> dict[str, str]:
    return {finding.code: finding.message for finding in verdict.findings if finding.severity == "error"}


def test_topics_and_tags_may_hold_blanks() -> None:
    verdict = judged(row("a b"), row("a b", "d2"), row("c"))
    assert (verdict.official_verdict, verdict.tag, verdict.topics, verdict.lines) == ("accept", TAG, 2, 3)
    assert judged(row("x y"), row("c"), topics=("x y", "c")).official_verdict == "accept"


@pytest.mark.parametrize(
    ("rows", "code", "message"),
    [
        ([row("c").replace("\t", " ")], "RUN101", "has 1 field: 'c␣Q0␣d1␣1␣9.5␣my␣run', wanted 6"),
        ([row("c") + "\tx"], "RUN101", "has 7 fields"),
        ([""], "RUN101", "is blank"),
        ([row("a  b")], "RUN102", "'a␣␣b' is not one of this task's 2"),
        ([row("c"), row("c")], "RUN201", "d1"),
        ([row("c", "")], "RUN304", "a␣b"),
        ([row("c", tag="other run")] * 2, "RUN302", "the run tag is 'other␣run', but the run is named 'my␣run'"),
    ],
)
def test_the_rules_are_those_of_any_six_columns(rows: list[str], code: str, message: str) -> None:
    found = errors(judged(*rows))
    assert code in found, found
    assert message in found[code]


def test_line_ends_and_bytes_that_are_no_text_stay_as_they_are() -> None:
    data = b"a b\tc\r\n\xff x\t\n\r a\t\tb\t\r"
    words = b"".join(block.data for block in as_words([Block(data)]))
    assert words == "a␣b\tc\r\n".encode() + b"\xff x\t\n" + "\ra\t∅\tb\r".encode()
    long = Block(b"a b", too_long=True)
    assert list(as_words([long])) == [long]


@pytest.mark.parametrize("field", ["", "a", "a b", " a  b "])
def test_a_field_comes_back_from_its_word(field: str) -> None:
    assert field_of(one_word(field)) == field
    assert len(one_word(field).split()) == 1
