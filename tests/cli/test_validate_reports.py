"""`validate` on runs of JSONL at the command line: exit codes, hostile lines, an organizer's own format."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neuclir_carbon.cli.app import main
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.tracks import load_track

ID = "cd613e30-d8f1-4adf-91b7-584a2265b1f5"


def line(topic: str = "300", tag: str = "r1", **changes: Any) -> str:
    entry = {
        "request_id": topic,
        "run_id": tag,
        "collection_ids": ["neuclir/1/fas"],
        "sentences": [{"text": "A sentence.", "citations": [ID]}],
    }
    return json.dumps({**entry, **changes}) + "\n"


def validate(capsys: pytest.CaptureFixture[str], run: Path, *options: str) -> tuple[int, str]:
    """The exit code and what stands on stdout; stderr is empty, or a note for people."""
    code = main(["validate", str(run), "--track", "neuclir-2024", "--task", "report", *options])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert (out + err).replace("\n", "").isprintable()
    return code, out


# What stands in the one line of the run; whether the official checker takes it.
HOSTILE: list[tuple[str, str, bool]] = [
    ("a number beyond any float", line()[:-2] + ', "x": 1e400}\n', True),
    ("NaN and infinities", line()[:-2] + ', "x": [NaN, -Infinity]}\n', True),
    ("a key twice", '{"run_id": 1, ' + line()[1:], True),
    ("a text of 10 MB", line(sentences=[{"text": "x" * 10_000_000, "citations": []}]), True),
    ("nested 100,000 levels", line()[:-2] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}\n", False),
    ("nested 100,000 levels, never closed", '{"a":' * 100_000 + "\n", False),
    ("nested as deep as can be", line()[:-2] + ', "x": ' + "[" * 993 + "]" * 993 + "}\n", True),
    ("nested one deeper", line()[:-2] + ', "x": ' + "[" * 994 + "]" * 994 + "}\n", False),
    ("a run id nested as deep as can be", line(tag="@").replace('"@"', "[" * 993 + "]" * 993), True),
    ("an integer of 4300 digits", line()[:-2] + ', "x": ' + "9" * 4300 + "}\n", True),
    ("an integer of 4301 digits", line()[:-2] + ', "x": ' + "9" * 4301 + "}\n", False),
    ("lone surrogates", line(tag="\ud800", sentences=[{"text": "\udfff", "citations": []}]), True),
    ("a lone surrogate as a citation", line(sentences=[{"text": "", "citations": ["\ud800"]}]), False),
    ("control and bidi characters", line(topic="\u202e\x1b[2J", tag="\u2066\x07"), False),
    ("100,000 citations", line(sentences=[{"text": "", "citations": ["x"] * 100_000}]), False),
    ("NUL bytes", "\x00" * 1000 + "\n", False),
    ("blank lines", "\n" * 2000, False),
    ("no line at all", "", True),
]


@pytest.mark.parametrize(("text", "taken"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_line_is_judged_as_the_official_checker_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, taken: bool
) -> None:
    run = tmp_path / "r1"
    run.write_text(text)
    code, out = validate(capsys, run, "--official", "--format", "json")
    verdict = json.loads(out)
    jsonschema.Draft202012Validator(json.loads(schema_path("verdict/1").read_text())).validate(verdict)
    assert (code, verdict["passed"]) == (0 if taken else 1, taken)
    assert verdict["official_verdict"] == ("accept" if taken else "reject")
    assert len(out) < 1_000_000
    assert validate(capsys, run, "--official")[0] == code
    assert run.read_text() == text


def test_an_empty_file_is_bad_unless_the_official_checker_alone_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "r1"
    run.write_bytes(b"")
    assert validate(capsys, run)[0] == 1
    code, out = validate(capsys, run, "--official")
    assert code == 0
    assert "0 errors, 4 warnings" in out or "warnings" in out


def test_a_list_of_topics_with_limits_stands_in_for_the_track_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    topics = tmp_path / "topics.jsonl"
    topics.write_text('{"request_id": "a", "limit": 5}\n{"request_id": "b"}\n')
    run = tmp_path / "r1"
    run.write_text(line("a") + line("b"))
    code, out = validate(capsys, run, "--topics", str(topics))
    assert code == 0
    assert "RUN412 topic 'a' gets 11 characters, wanted at most 5; shorten it by 6" in out
    assert out.count("RUN412 topic") == 1
    topics.write_text('{"request_id": "a", "limit": "5"}\n')
    assert main(["validate", str(run), "--track", "neuclir-2024", "--task", "report", "--topics", str(topics)]) == 3
    assert "topics.jsonl:1 limit is '5', wanted a whole number" in capsys.readouterr().err


def test_a_run_of_jsonl_is_read_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line("300", "t").encode())))
    code, out = validate(capsys, Path("-"), "--run-tag", "t", "--format", "json")
    assert (code, json.loads(out)["run"]["tag"]) == (0, "t")


def test_where_no_checker_is_public_the_verdict_is_our_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "r1"
    entry = {"metadata": {"team_id": "T", "run_id": "r1", "topic_id": "2000"}, "nugget_bank": []}
    run.write_text(json.dumps(entry))
    assert main(["validate", str(run), "--track", "ragtime-2026", "--task", "nuggets", "--official"]) == 0
    out, err = capsys.readouterr()
    assert "no official checker is public" in out
    assert "no official checker is public" in err


def test_an_organizer_s_own_format_needs_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(load_track("ragtime-2026").raw)
    task = document["tasks"]["nuggets"]
    task["format"].update(
        topic_path="/q", tag_path="/by", texts_path="/said/*/line", citations_path="/said/*/from/*/id",
        citation_pattern="d[0-9]+", max_citations=1, max_depth=8, run_tag_pattern=None,
        length={"unit": "words", "joiner": " ", "limit": 3, "strict": True, "beyond": "kept"},
        line_schema={"type": "object", "required": ["q", "by", "said"]},
    )  # fmt: skip
    task["topics"] = {"ids": ["1", "2"], "require_all": True}
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({**document, "track": "mine", "tasks": {"talk": task}}))
    assert main(["tracks", "check", str(mine)]) == 0
    run = tmp_path / "r1"
    said = [{"line": "one two", "from": [{"id": ["d1"]}, {"id": ["x", "d2"]}]}, {"line": "three four", "from": []}]
    run.write_text(json.dumps({"q": "1", "by": "r1", "said": said}) + "\n" + '{"q": "2"}\n')
    capsys.readouterr()
    assert main(["validate", str(run), "--track", str(mine), "--task", "talk", "--format", "json"]) == 1
    found = {(f["code"], f["location"]["pointer"]) for f in json.loads(capsys.readouterr().out)["findings"]}
    assert found == {
        ("RUN403", ""), ("RUN413", "/said"), ("RUN420", "/said/0/from/1/id"), ("RUN424", "/said/0/from/1/id/0"),
        ("RUN434", None),
    }  # fmt: skip
