"""`validate`, `explain` and `tracks` at the command line: exit codes, streams, text and JSON."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neuclir_carbon.cli.app import main
from neuclir_carbon.resources import schema_path, track_paths

TAG = "fas-T-run1"
RUNS = Path(__file__).parents[1] / "data/runs"
IDS = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(3)]
ASK = ["--track", "neuclir-2024", "--task", "clir"]


def run_text(*, topics: range = range(300, 393), tag: str = TAG) -> str:
    return "".join(f"{topic} Q0 {IDS[i]} {i + 1} {9.5 - i} {tag}\n" for topic in topics for i in range(3))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / TAG
    path.write_text(run_text())
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def test_a_good_run_is_accepted_with_exit_code_0(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "validate", run, *ASK)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{run}: accepted (0 errors, 0 warnings, 0 notes)",
        "  neuclir-2024 clir, version 1; 279 lines, 93 topics with documents",
        "  the official checker, check-stdtrec-run.py (21631276, 2025-09-19), accepts it",
    ]


def test_the_json_is_a_verdict_document(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "validate", run, *ASK, "--format", "json")
    document = json.loads(out)
    jsonschema.Draft202012Validator(json.loads(schema_path("verdict/1").read_text(encoding="utf-8"))).validate(document)
    assert code == 0
    assert (document["schema"], document["passed"], document["official_verdict"]) == ("verdict/1", True, "accept")
    assert document["run"] == {
        "path": str(run), "tag": TAG, "topics": 93, "lines": 279,
        "sha256": hashlib.sha256(run.read_bytes()).hexdigest(), "md5": hashlib.md5(run.read_bytes()).hexdigest(),
    }  # fmt: skip


def test_errors_come_first_each_with_place_code_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other"
    path.write_text(run_text(topics=range(300, 392)).replace(" 9.5 ", " nan ", 1))
    code, out, _ = said(capsys, "validate", path, *ASK)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].endswith(": REJECTED (2 errors, 1 warning, 0 notes)")
    assert lines.index("errors") < lines.index("warnings")
    assert f"{path}:1 RUN302 the run tag is '{TAG}', but the run is named 'other'; rename the file" in out
    assert f"{path} RUN304 1 of 93 topics have no document: 392" in out
    assert f"{path}:1 RUN111 score is 'nan', wanted a finite number" in out


def test_what_repeats_is_shown_a_few_times_and_counted_in_full(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run.write_text(run_text().replace(" Q0 ", " q0 "))
    code, out, _ = said(capsys, "validate", run, *ASK)
    assert code == 1
    assert "(279 errors, 0 warnings, 0 notes)" in out
    assert f"{run}:1 RUN103 field 2 is 'q0', wanted 'Q0' (279 times: lines 1, 2, 3, 4, 5, …)" in out
    assert out.count("RUN103 ") == 1
    document = json.loads(said(capsys, "validate", run, *ASK, "--format", "json", "--max-findings", 3)[1])
    assert (len(document["findings"]), document["counts"]["error"]) == (3, 279)


def test_each_cause_has_a_line_of_its_own_with_how_often_and_where(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run_text().replace("300 Q0", "3OO Q0").replace("301 Q0", "999 Q0").replace("302 Q0", "x Q0", 1)
    run.write_text(text)
    out = said(capsys, "validate", run, *ASK)[1]
    assert f"{run}:1 RUN102 topic '3OO' is not one of this task's 93; did you mean '300' (letter O?)" in out
    assert "(3 times: lines 1, 2, 3)" in out
    assert "(3 times: lines 4, 5, 6)" in out
    assert out.count("RUN102 ") == 3
    few = said(capsys, "validate", run, *ASK, "--max-findings", 2)[1]
    assert "(8 errors, 0 warnings, 0 notes)" in few
    assert "… and 4 more of RUN102" in few


def test_the_first_causes_are_shown_and_the_rest_is_counted(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run_text()
    for number in range(60):
        text = text.replace(f"{300 + number} Q0 {IDS[0]}", f"{300 + number} Q0 id{number}", 1)
    run.write_text(text)
    out = said(capsys, "validate", run, *ASK)[1]
    assert out.count("RUN105 document id") == 5
    assert "… and 55 more of RUN105" in out


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", 1, "RUN001 is empty"),
        (b"\x00\x01\xfe\xff" * 500, 1, "RUN002"),
        (b"\x1f\x8b\x08\x00", 1, "RUN004 looks like gzip"),
        (b'{"torn": [1, ', 1, "it looks like JSON"),
        (b"[" * 100_000, 1, "it looks like JSON"),
        (b"\n" * 50, 1, "RUN101 is blank"),
    ],
)
def test_a_file_that_is_no_run_is_bad_and_not_a_traceback(
    run: Path, capsys: pytest.CaptureFixture[str], content: bytes, code: int, says: str
) -> None:
    run.write_bytes(content)
    found, out, err = said(capsys, "validate", run, *ASK)
    assert found == code
    assert says in out
    assert len(out.splitlines()) + len(err.splitlines()) < 60
    assert run.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing", *ASK], 3, "can't read missing: No such file or directory"),
        ([".", *ASK], 3, ". is a folder; give a file"),
        ([TAG, "--track", "neuclir24", "--task", "clir"], 2, "did you mean 'neuclir-2024'"),
        ([TAG, "--track", "neuclir-2024", "--task", "clri"], 2, "did you mean 'clir'"),
        ([TAG, "--track", "./mine", "--task", "clir"], 3, "can't read mine: No such file"),
        ([TAG, "--track", "mine.json", "--task", "clir"], 3, "can't read mine.json: No such file"),
        ([TAG, *ASK, "--topics", "missing"], 3, "can't read missing"),
        ([TAG, *ASK, "--topics", "."], 3, ". is a folder"),
        ([TAG, *ASK, "--format", "xml"], 2, "xml"),
        ([TAG, *ASK, "--max-findings", "-1"], 2, "-1"),
        ([TAG, *ASK, "--fix", TAG], 2, "is the run itself, which is never changed"),
        ([TAG, *ASK, "--fix-tag"], 2, "--fix-tag belongs to --fix OUT"),
        ([TAG, *ASK, "--order-by", "rank"], 2, "--order-by belongs to --fix OUT"),
        ([TAG, *ASK, "--fix", "a b", "--fix-tag"], 2, "a run tag holds no blank"),
        ([TAG, *ASK, "--fix", "."], 3, "something stands there that is no file"),
        ([TAG, *ASK, "--fix", f"{TAG}/out"], 3, "can't write"),
        ([TAG, "--task", "clir"], 2, "--track"),
        (["-", *ASK], 2, "--run-tag"),
    ],
)
def test_what_cannot_be_examined_has_its_exit_code_and_names_the_thing(
    run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    with contextlib.chdir(run.parent):
        found, out, err = said(capsys, "validate", *arguments)
    assert (found, out) == (code, "")
    assert says in err


def test_a_broken_track_file_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = run.parent / "mine.json"
    mine.write_text('{"schema": "track-schema/1"}')
    code, _, err = said(capsys, "validate", run, "--track", mine, "--task", "clir")
    assert code == 3
    assert "mine.json is no track file" in err
    assert 'DOC002 lacks "track"' in err
    code, out, _ = said(capsys, "tracks", "check", mine)
    assert code == 1
    assert 'DOC002 lacks "track"' in out


def test_a_track_file_of_ones_own_is_used(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(said(capsys, "tracks", "show", "neuclir-2024", "--format", "json")[1])
    document["track"] = "mine-2025"
    document["tasks"]["clir"]["format"]["max_per_topic"] = 2
    mine = run.parent / "mine.json"
    mine.write_text(json.dumps(document))
    assert said(capsys, "tracks", "check", mine)[0] == 0
    code, out, _ = said(capsys, "validate", run, "--track", mine, "--task", "clir")
    assert code == 1
    assert "has 3 documents, at most 2 are wanted" in out
    assert "mine-2025 clir" in out


def test_official_without_a_public_checker_says_so(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["--track", "neuclir-2023", "--task", "clir"]
    code, out, err = said(capsys, "validate", run, *ask, "--official", "--format", "json")
    assert (code, json.loads(out)["official_verdict"]) == (0, None)
    assert "no official checker is public" in err


def test_a_run_from_stdin_needs_its_tag_and_is_judged_like_a_file(run: Path) -> None:
    with run.open("rb") as stream:
        program = [sys.executable, "-m", "neuclir_carbon", "validate", "-", *ASK, "--run-tag", TAG]
        done = subprocess.run(program, stdin=stream, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("-: accepted")
    piped = subprocess.run([*program, "--format", "json"], input=b"x", capture_output=True, check=False)
    assert piped.returncode == 1
    assert json.loads(piped.stdout)["run"]["sha256"] == hashlib.sha256(b"x").hexdigest()


def test_a_hostile_run_and_a_hostile_name_do_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run\x1b[2J\u202e\nerrors"
    path.write_text(f"300 Q0 \x1b]0;owned\x07 1 1 {TAG}\n" * 2)
    code, out, err = said(capsys, "validate", path, *ASK)
    assert code == 1
    assert all(c.isprintable() or c == "\n" for c in out + err)
    assert "\nerrors: REJECTED" not in out


def test_the_output_survives_an_ascii_locale_and_a_closed_pipe(run: Path) -> None:
    run.write_text(run_text().replace(" Q0 ", " é "))
    program = f"{sys.executable} -m neuclir_carbon validate {run} {' '.join(ASK)}"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(["sh", "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "'\\xe9'" in done.stdout
    closed = subprocess.run(["sh", "-c", f"{program} | true"], capture_output=True, text=True, check=False)
    assert "Traceback" not in closed.stderr


def test_explain_prints_a_rules_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "explain", "run201")
    assert code == 0
    assert out.startswith("RUN201: a document stands twice in a topic's ranking\nusually an error\n\n")
    assert "Good: 300 d1, 300 d2, 301 d1." in out
    value = json.loads(said(capsys, "explain", "TRK002", "--format", "json")[1])
    assert (value["code"], value["severity"]) == ("TRK002", "error")


def test_explain_of_an_unknown_code_gives_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "explain", "RUN2O1")
    assert (code, out) == (2, "")
    assert "there is no code 'RUN2O1'; did you mean 'RUN201'" in err


def test_tracks_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "tracks", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(dict(track_paths()))
    listed: list[dict[str, Any]] = json.loads(said(capsys, "tracks", "list", "--format", "json")[1])
    assert listed[2]["tasks"] == ["clir", "mlir", "tech", "report"]
    assert listed[0]["official_checker"] is None
    code, out, _ = said(capsys, "tracks", "show", "neuclir-2024")
    assert code == 0
    assert "topics: 93, 300 … 392; each needs a document" in out
    assert said(capsys, "tracks", "show", "neuclir")[0] == 2


def test_every_track_file_is_checked_and_a_missing_one_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, empty = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "empty.json"
    good.write_text(said(capsys, "tracks", "show", "neuclir-2024", "--format", "json")[1])
    bad.write_text(good.read_text().replace("[0-9a-f-]{36}", "([0-9a-f]+-?)+"))
    empty.touch()
    code, out, _ = said(capsys, "tracks", "check", good, bad, empty)
    assert code == 1
    assert f"{good}: a sound track file" in out
    assert f"{bad}#/tasks/clir/format/docid_pattern TRK002" in out
    assert f"{empty} DOC001 empty" in out
    code, out, err = said(capsys, "tracks", "check", good, tmp_path / "none")
    assert code == 1
    assert "can't read" in err
    assert said(capsys, "tracks", "check", tmp_path / "none")[0] == 3
    rows = json.loads(said(capsys, "tracks", "check", good, bad, "--format", "json")[1])
    assert [row["passed"] for row in rows] == [True, False]


@pytest.mark.parametrize("command", [["validate"], ["explain"], ["tracks"], ["tracks", "check"]])
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    program = (
        "import sys\nfrom neuclir_carbon.cli.app import main\n"
        f"code = main([*{command!r}, '--help'])\n"
        "heavy = ('pandas', 'matplotlib', 'jsonschema', 'msgspec', 'codecarbon', 'jinja2')\n"
        "print([name for name in heavy if name in sys.modules], code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_a_six_column_run_is_validated_without_jsonschema(run: Path) -> None:
    program = (
        f"import sys\nfrom neuclir_carbon.cli.app import main\nprint(main(['validate', {str(run)!r}, *{ASK!r}]))\n"
        "print([name for name in ('pandas', 'matplotlib', 'jsonschema', 'msgspec') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["0", "[]"]
