"""Findings as SARIF 2.1.0: the log follows the standard's schema, whatever strangers wrote."""

import contextlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.cli.app import main
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.report.sarif import sarif_log

SCHEMA = json.loads((Path(__file__).parents[1] / "data/sarif/sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
STANDARD = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
ASK = ["--track", "neuclir-2024", "--task", "clir", "--format", "sarif"]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["validate", *arguments, *ASK])
    log = json.loads(capsys.readouterr().out)
    STANDARD.validate(log)
    return code, log["runs"][0]


def test_a_runs_findings_stand_at_their_lines_with_their_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my run").write_text("300 Q0 x 1 nan my\n\n")
    with contextlib.chdir(tmp_path):
        code, run = printed(capsys, "my run")
    assert code == 1
    results = {result["ruleId"]: result for result in run["results"]}
    assert results["RUN101"]["level"] == "error"
    place = results["RUN101"]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "my%20run"}, "region": {"startLine": 2}}
    assert results["RUN111"]["level"] == "warning"
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["help"]["text"] == entries()[rule["id"]].explanation
    assert run["artifacts"][0]["hashes"].keys() == {"sha-256", "md5"}
    assert run["properties"]["official_verdict"] == "reject"


def test_a_good_run_has_no_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "good"
    document = "cd613e30-d8f1-4adf-91b7-584a2265b1f5"
    path.write_text("".join(f"{topic} Q0 {document} 1 1 good\n" for topic in range(300, 393)))
    code, run = printed(capsys, str(path))
    assert (code, run["results"], run["properties"]["passed"]) == (0, [], True)
    assert run["artifacts"][0]["location"]["uri"] == f"file://{path}"


def test_every_finding_has_a_fingerprint_of_its_own_that_a_new_line_above_does_not_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    seen = []
    for before in ("", "300 Q0 cd613e30-d8f1-4adf-91b7-584a2265b1f5 1 1 run\n"):
        path.write_text(before + "300 q0 cd613e30-d8f1-4adf-91b7-584a2265b1f6 2 0 run\n" * 3)
        results = printed(capsys, str(path))[1]["results"]
        prints = [r["partialFingerprints"]["whatIsSaid/v1"] for r in results if r["ruleId"] == "RUN103"]
        assert len(set(prints)) == 3
        seen.append(prints)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "\u202eevil", "100%", "c:d", "#?&", "run\udcff"])
def test_hostile_names_and_messages_give_a_valid_log(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(b"300 Q0 \x1b]0;owned\x07\xe2\x80\xae 1 1 x\n" * 2)
    with contextlib.chdir(tmp_path):
        code = main(["validate", name, *ASK])
    out = capsys.readouterr().out
    STANDARD.validate(json.loads(out))
    assert code == 1
    assert all(c.isascii() and (c.isprintable() or c == "\n") for c in out)


def test_findings_of_every_kind_of_document_can_be_shown() -> None:
    findings = [
        Finding("TRK002", Severity.ERROR, "is slow", Location("tracks/mine.json", None, "/tasks/clir/format")),
        Finding("DOC002", Severity.NOTE, "lacks something", Location()),
        Finding("NEW999", Severity.WARNING, "a code without an entry", Location("x.jsonl", 7, "/a/b")),
    ]
    log = sarif_log(findings, entries())
    STANDARD.validate(log)
    first = log["runs"][0]["results"][0]
    assert first["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "/tasks/clir/format"}]
