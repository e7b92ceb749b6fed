"""`check-evalbase` against what the official checkers wrote: their errlogs and exit codes, and their odd ends."""

import base64
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from mutated_runs import (
    LIMIT,
    TAG,
    TOPICS,
    mutated_columns,
    mutated_report,
    neuclir_entry,
    ragtime_entry,
)

from neuclir_carbon.cli.app import main
from neuclir_carbon.model.track import Topics, Track
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.evalbase import Call, Kind, check_evalbase
from neuclir_carbon.workflow.validating import judge_run

RECORDED = Path(__file__).parents[1] / "data/runs"
COLUMNS = json.loads((RECORDED / "six-column-variants.json").read_text())["variants"]
REPORTS = json.loads((RECORDED / "report-variants.json").read_text())["variants"]
NEUCLIR = [variant for variant in REPORTS if variant["kind"] == "neuclir-2024-report"]
RAGTIME = [variant for variant in REPORTS if variant["kind"] == "ragtime-2025-report"]
FOR_TOPIC = "retrieved for topic 1"
AGAIN = "retrieved more than once for topic 1"
IDS = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(60)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def data_of(variant: dict[str, Any]) -> bytes:
    text = variant["bytes"]
    return base64.b64decode(text) if variant["encoding"] == "base64" else text.encode()


def checked(name: str, *options: str, data: bytes | None = None) -> tuple[int, list[str]]:
    """The exit code and the errlog's lines of the command on a run of that name."""
    if data is not None:
        Path(name).write_bytes(data)
    code = main(["check-evalbase", *options, name])
    return code, Path(f"{name}.errlog").read_text(encoding="utf-8").splitlines()


def listed(ids: list[str] | tuple[str, ...]) -> str:
    Path("topics").write_text("".join(f"{topic}\n" for topic in ids))
    return "topics"


@pytest.mark.parametrize("variant", COLUMNS, ids=[variant["name"] for variant in COLUMNS])
def test_six_columns_get_the_recorded_log(variant: dict[str, Any]) -> None:
    options = variant["options"]
    arguments = ["-f", listed(variant["topics"]), "-d", options["docid_regex"], "-m", str(options["max_per_topic"])]
    arguments += ["--q0"] if options["any_q0"] else []
    wanted = variant["official"]
    assert checked(variant["file_name"], *arguments, data=data_of(variant)) == (
        wanted["exit_code"],
        wanted["messages"],
    )


@pytest.mark.parametrize("variant", NEUCLIR, ids=[variant["name"] for variant in NEUCLIR])
def test_reports_of_neuclir_get_the_recorded_log(variant: dict[str, Any]) -> None:
    arguments = ["--kind", "neuclir-report", "-f", listed(variant["topics"])]
    wanted = variant["official"]
    assert checked(variant["file_name"], *arguments, data=data_of(variant)) == (
        wanted["exit_code"],
        wanted["messages"],
    )


@pytest.mark.parametrize("variant", RAGTIME, ids=[variant["name"] for variant in RAGTIME])
def test_reports_of_ragtime_get_the_recorded_output_by_level(variant: dict[str, Any]) -> None:
    Path("topics.jsonl").write_text("".join(json.dumps(topic) + "\n" for topic in variant["topics"]))
    code, log = checked(variant["file_name"], "--kind", "ragtime", "-f", "topics.jsonl", data=data_of(variant))
    official = variant["official"]
    wanted = [f"{'ERROR' if '[Error' in line else 'WARNING'}: {line}" for line in official["messages"]]
    if official["crash"]:
        wanted += ["WARNING: Traceback (most recent call last):", f"WARNING: {official['crash']}"]
    if not any(line.startswith("ERROR") for line in wanted):
        wanted.append("No errors")
    assert log == wanted
    assert code == (0 if official["exit_code"] == 0 else 255)


def row(topic: str, number: int, **changes: str) -> str:
    fields = {"topic": topic, "q0": "Q0", "document": IDS[number], "rank": str(number + 1), "score": "1", "tag": "r"}
    return " ".join({**fields, **changes}.values()) + "\n"


@pytest.mark.parametrize(
    ("errors", "code", "end"),
    [
        (24, 255, 'ERROR Line 25: Run tag inconsistent ("x" instead of "r")'),
        (25, 255, 'ERROR Line 26: Run tag inconsistent ("x" instead of "r")'),
        (26, 1, "ERROR Line -1: Too many errors"),
        (40, 1, "ERROR Line -1: Too many errors"),
    ],
)
def test_the_26th_error_ends_a_check_of_six_columns(errors: int, code: int, end: str) -> None:
    text = row("1", 0) + "".join(row("1", i + 1, tag="x") for i in range(errors))
    assert checked("r", "-f", listed(["1"]), "-d", ".*", data=text.encode()) == (
        code,
        [
            *(f'ERROR Line {i + 2}: Run tag inconsistent ("x" instead of "r")' for i in range(min(errors, 26) - 1)),
            *(['ERROR Line 27: Run tag inconsistent ("x" instead of "r")'] if errors >= 26 else []),
            end,
        ],
    )


def test_the_26th_error_ends_a_check_of_reports_in_the_words_of_that_checker() -> None:
    code, log = checked("r", "--kind", "neuclir-report", "-f", listed(["1"]), data=b"\n" * 40)
    assert code == 1
    assert log[-2:] == ["ERROR Line 26: Error parsing JSON line at 1", "ERROR Line -1: 26 Stopping, too many errors"]
    assert len(log) == 27


def test_the_26th_error_ends_a_check_of_ragtime_without_a_line() -> None:
    code, log = checked("r", "--kind", "ragtime", data=b"{}\n" * 40)
    assert code == 1
    assert log[-1] == "ERROR: Too many errors"
    assert sum(line.startswith("ERROR: [Error") for line in log) == 26


@pytest.mark.parametrize(
    ("options", "text", "log"),
    [
        (["-t", "3.*", "-d", ".*"], row("300", 0), ["No errors"]),
        (["-d", ".*"], row("x", 0), ["ERROR Line 1: Unknown tests topic (x)", "ERROR Line -1: 'x'"]),
        ([], row("300", 0), [f"ERROR Line 1: Unrecognized docno {IDS[0]}"]),
        (["-d", ".*"], row("300", 0, rank="1.0"), ["ERROR Line -1: invalid literal for int() with base 10: '1.0'"]),
        (["-f", "none", "-d", ".*"], row("300", 0), ["ERROR Line -1: none not found"]),
        (["-d", ".*", "-m", "1"], row("1", 0) + row("1", 1), [f"ERROR Line 2: Too many documents (2) {FOR_TOPIC}"]),
        (["-d", ".*"], row("1", 0) + row("2", 1) + row("1", 0), [f"ERROR Line 3: {IDS[0]} {AGAIN}"]),
        (["-d", ".*"], row("1", 0, tag="y") * 2, ["ERROR Line 2: Runtag does not match file"]),
    ],
)  # fmt: skip
def test_six_columns_end_as_the_official_checker_ends(options: list[str], text: str, log: list[str]) -> None:
    code, said = checked("r", *options, data=text.encode())
    assert said == log
    assert code == (0 if log == ["No errors"] else 255)


@pytest.mark.parametrize("kind", ["trec6", "neuclir-report", "ragtime"])
def test_a_run_that_is_not_there_is_a_rejection_that_the_log_explains(kind: str) -> None:
    code, log = checked("r", "--kind", kind, "-f", listed(["1"]) if kind != "ragtime" else "topics.jsonl")
    assert code == 255
    assert "No such file or directory: 'r'" in "".join(log) or "'topics.jsonl'" in "".join(log)


def test_without_a_topic_file_ragtime_has_the_upload_system_s_list_of_topics() -> None:
    code, log = checked("r", "--kind", "ragtime", data=b"")
    assert code == 255
    ids = re.findall(r"'(\d+)'", log[0])
    assert (len(ids), ids[0], ids[-1]) == (122, "1001", "1122")


@pytest.mark.parametrize(
    ("options", "code", "log"),
    [
        ([], 0, ["WARNING: [Warning:1] Response in topic 1 is too long (characters) -- 8 > 7", "No errors"]),
        (["--strict_on_length"], 255, ["ERROR: [Error:1] Response in topic 1 is too long (characters) -- 8 > 7"]),
        (["--length_limit_mode", "words"], 0, ["No errors"]),
    ],
)
def test_ragtime_takes_the_validator_s_options(options: list[str], code: int, log: list[str]) -> None:
    Path("topics.jsonl").write_text('{"topic_id": "1"}\n')
    entry = ragtime_entry("1", random.Random(0))
    entry["responses"] = [{"text": "two", "citations": []}, {"text": "text", "citations": []}]
    data = json.dumps(entry).encode()
    arguments = ["--kind", "ragtime", "-f", "topics.jsonl", "--limit", "7", *options]
    assert checked("r", *arguments, data=data) == (code, log)


def test_a_lone_surrogate_ends_the_check_because_the_log_can_t_hold_it() -> None:
    entry = {**neuclir_entry("1", random.Random(0)), "request_id": "\ud800"}
    code, log = checked("r", "--kind", "neuclir-report", "-f", listed(["1"]), data=json.dumps(entry).encode())
    assert code == 255
    assert log == [
        r"ERROR Line -1: 'utf-8' codec can't encode character '\ud800' in position 31: surrogates not allowed"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-d", "("], "-d '(' is no regular expression"),
        (["--kind", "neuclir-report"], "give it with -f FILE"),
        (["--kind", "trec7"], "trec7"),
    ],
)
def test_a_bad_option_is_exit_2_and_writes_nothing(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r").write_text("")
    assert main(["check-evalbase", *arguments, "r"]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["r"]


def test_a_log_that_can_t_be_written_is_exit_1_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r").write_text("")
    Path("r.errlog").mkdir()
    assert main(["check-evalbase", "r"]) == 1
    assert "can't write r.errlog" in capsys.readouterr().err


def test_a_fifo_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("r")
    assert main(["check-evalbase", "r"]) == 1
    assert "is no regular file" in capsys.readouterr().err


def test_the_command_ends_in_the_upload_system_s_codes_as_a_process() -> None:
    Path("r").write_text(row("1", 0) + row("2", 1))
    command = [sys.executable, "-m", "neuclir_carbon", "check-evalbase", "-f", listed(["1"]), "-d", ".*", "r"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (255, b"", b"")
    assert Path("r.errlog").read_text() == "ERROR Line 2: Unknown test topic (2)\n"


def of_columns() -> tuple[Track, str, dict[str, Any]]:
    track = load_track("neuclir-2024").track
    task = attrs.evolve(track.task("clir"), topics=Topics(ids=TOPICS))
    return attrs.evolve(track, tasks={"clir": task}), "clir", {}


def of_neuclir() -> tuple[Track, str, dict[str, Any]]:
    return load_track("neuclir-2024").track, "report", {"topics": TOPICS}


def of_ragtime() -> tuple[Track, str, dict[str, Any]]:
    return load_track("ragtime-2025").track, "report", {"topics": TOPICS, "limits": dict.fromkeys(TOPICS, LIMIT)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("kind", "make", "judge"),
    [
        (Kind.TREC6, mutated_columns, of_columns),
        (Kind.NEUCLIR_REPORT, lambda rng: mutated_report(rng, neuclir_entry), of_neuclir),
        (Kind.RAGTIME, lambda rng: mutated_report(rng, ragtime_entry), of_ragtime),
    ],
    ids=["columns", "neuclir", "ragtime"],
)
def test_the_log_and_the_judge_agree_on_random_faults(
    kind: Kind,
    make: Callable[[random.Random], bytes],
    judge: Callable[[], tuple[Track, str, dict[str, Any]]],
    seed: int,
) -> None:
    rng = random.Random(seed)
    track, task, options = judge()
    Path("topics.jsonl").write_text("".join(json.dumps({"topic_id": t, "limit": LIMIT}) + "\n" for t in TOPICS))
    topic_file = "topics.jsonl" if kind is Kind.RAGTIME else listed(TOPICS)
    call = Call(kind=kind, run_tag=TAG, topic_file=topic_file, document_pattern="[0-9a-f-]{36}")
    seen = set()
    for _ in range(60):
        data = make(rng)
        Path(TAG).write_bytes(data)
        code = check_evalbase(call)
        verdict = judge_run(io.BytesIO(data), name=TAG, track=track, task=task, run_tag=None, **options)
        assert verdict.official_verdict == ("accept" if code == 0 else "reject"), data
        log = Path(f"{TAG}.errlog").read_text(encoding="utf-8")
        if kind is not Kind.RAGTIME:  # there, a crash ends in "No errors"
            assert (log.splitlines()[-1] == "No errors") == (code == 0)
        seen.add(code)
    assert {0, 255} <= seen
