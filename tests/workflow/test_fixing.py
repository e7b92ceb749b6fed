"""`validate --fix`: what is mended, what is left for a person to say, and that the input stays as it was."""

import gzip
import io
import json
import random
from collections import Counter
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuclir_carbon.cli.app import main
from neuclir_carbon.model.track import Task, Topics
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.fixing import Fixed, fix_run
from neuclir_carbon.workflow.validating import judge_run

TAG = "fas-T-run1"
IDS = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(6)]
TOPICS = ("300", "301")
GOOD = [f"{topic} Q0 {IDS[i]} {i + 1} {9.5 - i} {TAG}" for topic in TOPICS for i in range(3)]


def task(track: str = "neuclir-2024") -> Task:
    return attrs.evolve(load_track(track).track.tasks["clir"], topics=Topics(ids=TOPICS))


def fixed(data: bytes, out: Path, **options: object) -> Fixed | None:
    chosen = options.pop("task", None) or task()
    return fix_run(io.BytesIO(data), out, chosen, tag=str(options.pop("tag", TAG)), **options)


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def topic(*rows: tuple[object, object], name: str = "300") -> list[str]:
    """Lines of (rank, score) rows, each with a document of its own."""
    return [f"{name} Q0 {IDS[i]} {rank} {score} {TAG}" for i, (rank, score) in enumerate(rows)]


BAD_LINE = "300 Q0 broken"
MENDED = [
    ("nothing", text(GOOD), text(GOOD), ()),
    ("byte order mark", b"\xef\xbb\xbf" + text(GOOD), text(GOOD), ("removed the byte order mark at the beginning",)),
    ("CRLF", text(GOOD).replace(b"\n", b"\r\n"), text(GOOD), ("ended 6 lines with LF alone",)),
    ("CR", text(GOOD).replace(b"\n", b"\r"), text(GOOD), ("ended 6 lines with LF alone",)),
    ("no end", text(GOOD)[:-1], text(GOOD), ("ended the last line",)),
    ("blank lines", b"\n" + text(GOOD) + b" \t\n\n", text(GOOD), ("removed 3 lines that were blank",)),
    ("blanks at ends", text([f" {GOOD[0]}\t", *GOOD[1:]]), text(GOOD), ("removed blanks at the ends of 1 line",)),
    ("tabs stay", text(GOOD).replace(b" ", b"\t"), text(GOOD).replace(b" ", b"\t"), ()),
    ("no-break spaces", text([GOOD[0].replace(" ", "\u00a0"), *GOOD[1:]]), text(GOOD),
     ("separated the fields of 1 line with plain blanks",)),
    ("wrong Q0", text([line.replace("Q0", "q0") for line in GOOD]), text(GOOD), ("wrote Q0 in field 2 of 6 lines",)),
    ("wrong Q0 between tabs", text(GOOD).replace(b" ", b"\t").replace(b"Q0", b"0"), text(GOOD).replace(b" ", b"\t"),
     ("wrote Q0 in field 2 of 6 lines",)),
    ("topics apart", text([*GOOD[:2], *GOOD[3:], GOOD[2]]), text(GOOD), ("put the lines of 1 topic together",)),
    ("rank always 0", text(topic((0, 3), (0, 2), (0, 1))), text(topic((1, 3), (2, 2), (3, 1))),
     ("numbered the ranks of 1 topic from 1",)),
    ("ranks that are none", text(topic(("1.0", 3), ("x", 2))), text(topic((1, 3), (2, 2))),
     ("numbered the ranks of 1 topic from 1",)),
    ("out of order, agreeing", text([GOOD[1], GOOD[0], *GOOD[2:]]), text(GOOD), ("sorted the lines of 1 topic",)),
    ("ranks from 0 with gaps stay", text(topic((0, 3), (5, 2), (7, 2))), text(topic((0, 3), (5, 2), (7, 2))), ()),
]  # fmt: skip


@pytest.mark.parametrize(("data", "wanted", "done"), [row[1:] for row in MENDED], ids=[row[0] for row in MENDED])
def test_what_needs_no_judgement_is_mended_and_said(
    data: bytes, wanted: bytes, done: tuple[str, ...], tmp_path: Path
) -> None:
    found = fixed(data, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == wanted
    assert found == Fixed(done, ())
    again = fixed(wanted, tmp_path / "again")
    assert again == Fixed((), ())
    assert (tmp_path / "again").read_bytes() == wanted


def test_field_2_stays_where_the_track_takes_anything(tmp_path: Path) -> None:
    data = text([line.replace("Q0", "0") for line in GOOD])
    assert fixed(data, tmp_path / "out", task=task("neuclir-2022")) == Fixed((), ())
    assert (tmp_path / "out").read_bytes() == data


DISAGREEING = topic((1, 1), (2, 3), (3, 2))


def test_where_ranks_and_scores_disagree_somebody_has_to_say_which_counts(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = fixed(text(DISAGREEING), out)
    assert out.read_bytes() == text(DISAGREEING)
    assert found is not None
    assert found.done == ()
    assert found.left[0].endswith(
        "disagree or are no numbers (300): --order-by score or --order-by rank says which counts"
    )
    by_score = fixed(text(DISAGREEING), out, order_by="score")
    assert [line.split()[2:5] for line in out.read_text().splitlines()] == [
        [IDS[1], "1", "3"], [IDS[2], "2", "2"], [IDS[0], "3", "1"],
    ]  # fmt: skip
    assert by_score == Fixed(("sorted the lines of 1 topic", "numbered the ranks of 1 topic from 1"), ())
    by_rank = fixed(text(DISAGREEING), out, order_by="rank")
    assert [line.split()[2:5] for line in out.read_text().splitlines()] == [
        [IDS[0], "1", "3"], [IDS[1], "2", "2"], [IDS[2], "3", "1"],
    ]  # fmt: skip
    assert by_rank == Fixed(("wrote scores that fall with the ranks in 1 topic",), ())


def test_equal_scores_are_put_in_the_order_of_the_ranks(tmp_path: Path) -> None:
    fixed(text(topic((2, 5), (1, 5), (3, 4))), tmp_path / "out")
    assert [line.split()[2] for line in (tmp_path / "out").read_text().splitlines()] == [IDS[1], IDS[0], IDS[2]]


def test_the_tag_is_written_only_when_asked_for(tmp_path: Path) -> None:
    data = text([*GOOD[:3], *(line.replace(TAG, "rus") for line in GOOD[3:])])
    left = fixed(data, tmp_path / "out")
    assert left == Fixed((), (f"left another run tag than '{TAG}' in 3 lines: --fix-tag writes it",))
    assert fixed(data, tmp_path / "out", fix_tag=True) == Fixed(("wrote the run tag in 3 lines",), ())
    assert (tmp_path / "out").read_bytes() == text(GOOD)


def test_lines_that_have_not_six_fields_stay_with_the_topic_before_them(tmp_path: Path) -> None:
    data = text([GOOD[0], BAD_LINE, *GOOD[3:], *GOOD[1:3]]) + b"\xff bad\n"
    found = fixed(data, tmp_path / "out")
    assert found is not None
    assert found.left == ("left 2 lines that have not six fields in UTF-8: mend or remove them",)
    assert (tmp_path / "out").read_bytes() == text([*GOOD[:3], BAD_LINE]) + b"\xff bad\n" + text(GOOD[3:])


def test_gzip_is_unpacked_and_what_is_no_text_is_left_alone(tmp_path: Path) -> None:
    found = fixed(gzip.compress(text(GOOD)), tmp_path / "out")
    assert found == Fixed(("unpacked it from gzip",), ())
    assert (tmp_path / "out").read_bytes() == text(GOOD)
    for data in (gzip.compress(text(GOOD * 99))[:-20], b"PK\x03\x04\xff" * 9, text(GOOD).decode().encode("utf-16")):
        assert fixed(data, tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


FIELDS = st.sampled_from(["300", "301", "Q0", "q0", "1", "2", "01", "9.5", "nan", TAG, "rus", *IDS[:3], "\u00a0", "é"])
LINES = st.lists(st.one_of(st.sampled_from(GOOD), st.lists(FIELDS, max_size=8).map(" ".join)), max_size=20)


@settings(max_examples=200, deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([None, "score", "rank"]), st.booleans())
def test_no_line_is_lost_and_mending_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, order_by: str | None, fix_tag: bool
) -> None:
    folder = tmp_path_factory.mktemp("fix")
    data = end.join(lines).encode()
    first = fixed(data, folder / "one", order_by=order_by, fix_tag=fix_tag)
    assert first is not None
    once = (folder / "one").read_bytes()
    fixed(once, folder / "two", order_by=order_by, fix_tag=fix_tag)
    assert (folder / "two").read_bytes() == once

    def documents(found: bytes) -> Counter[tuple[str, str]]:
        rows = [line.split() for line in found.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        return Counter((row[0], row[2]) for row in rows if len(row) == 6)

    assert documents(once) == documents(data)


@pytest.mark.parametrize("seed", range(5))
def test_a_good_run_in_any_disorder_is_accepted_after_mending(seed: int, tmp_path: Path) -> None:
    lines = list(GOOD)
    random.Random(seed).shuffle(lines)
    lines = [line.replace("Q0", "q0").replace(" ", "\t") if i % 2 else f"{line} " for i, line in enumerate(lines)]
    fixed(("\ufeff" + "\r\n\r\n".join(lines)).encode(), tmp_path / TAG)
    older = load_track("neuclir-2022").track
    track = attrs.evolve(load_track("neuclir-2024").track, tasks={"clir": task()})
    for chosen in (track, older):
        with (tmp_path / TAG).open("rb") as stream:
            verdict = judge_run(stream, name=TAG, track=chosen, task="clir", run_tag=None)
        assert (verdict.passed, verdict.counts.warning, verdict.lines) == (True, 0, 6)


def test_the_command_says_what_it_did_and_checks_the_copy_and_its_code_is_the_inputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    topics, run, out = tmp_path / "topics", tmp_path / TAG, tmp_path / "mended" / TAG
    topics.write_text("300\n301\n")
    run.write_bytes(text(GOOD).replace(b"Q0", b"q0"))
    before = (run.read_bytes(), run.stat().st_mtime_ns)
    ask = ["--track", "neuclir-2024", "--task", "clir", "--topics", str(topics)]
    code = main(["validate", str(run), *ask, "--fix", str(out), "--format", "json"])
    streams = capsys.readouterr()
    assert code == 1
    assert not json.loads(streams.out)["passed"]
    assert streams.err.splitlines() == [
        f"{out}: wrote Q0 in field 2 of 6 lines",
        f"{out}: checked again, accepted (0 errors, 0 warnings, 0 notes)",
    ]
    assert out.read_bytes() == text(GOOD)
    assert (run.read_bytes(), run.stat().st_mtime_ns) == before
    assert main(["validate", str(out), *ask]) == 0
    renamed = tmp_path / "other"
    assert main(["validate", str(out), *ask, "--fix", str(renamed), "--fix-tag"]) == 0
    assert renamed.read_bytes() == text(GOOD).replace(TAG.encode(), b"other")
    assert "checked again, accepted" in capsys.readouterr().err


def test_what_still_is_wrong_with_the_copy_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / TAG
    run.write_bytes(text([*GOOD, GOOD[0]]))
    code = main(["validate", str(run), "--track", "neuclir-2024", "--task", "clir", "--fix", str(tmp_path / "out")])
    err = capsys.readouterr().err
    assert code == 1
    assert "put the lines of 1 topic together" in err
    assert "checked again, still REJECTED" in err
    assert "RUN201 (1), RUN302 (1), RUN304 (1)" in err
    run.write_bytes(b"PK\x03\x04\xff\xff")
    assert main(["validate", str(run), "--track", "neuclir-2024", "--task", "clir", "--fix", str(tmp_path / "no")]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
