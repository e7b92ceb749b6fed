"""Bundles of runs of JSONL: validated, bundled and verified like any other."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import ordered

from neuclir_carbon.errors import Rejected
from neuclir_carbon.store.archives import open_archive
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.auditing import audit
from neuclir_carbon.workflow.bundling import bundle


def neuclir_line(topic: str, tag: str) -> dict[str, Any]:
    sentences = [{"text": "A sentence.", "citations": ["cd613e30-d8f1-4adf-91b7-584a2265b1f5"]}]
    return {"request_id": topic, "run_id": tag, "collection_ids": ["neuclir/1/fas"], "sentences": sentences}


def ragtime_line(topic: str, tag: str) -> dict[str, Any]:
    responses = [{"text": "A sentence.", "citations": {"d1": 0.5}}]
    return {
        "metadata": {"team_id": "lotus", "run_id": tag, "topic_id": topic},
        "responses": responses,
        "references": ["d1"],
    }


def nuggets_line(topic: str, tag: str) -> dict[str, Any]:
    bank = [{"question": "Why?", "aggregator_type": "OR", "answers": [{"answer": "So.", "references": ["d1"]}]}]
    return {"metadata": {"team_id": "lotus", "run_id": tag, "topic_id": topic}, "nugget_bank": bank}


LINES = {
    ("neuclir-2024", "report"): neuclir_line,
    ("ragtime-2025", "report"): ragtime_line,
    ("ragtime-2026", "report"): ragtime_line,
    ("ragtime-2026", "nuggets"): nuggets_line,
}


def a_report(path: Path, track: str, task: str) -> Path:
    topics = load_track(track).track.task(task).topics.ids or ("2000", "2001")
    lines = (json.dumps(LINES[track, task](topic, path.name)) for topic in topics)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize(("track", "task"), list(LINES))
def test_a_bundle_of_reports_or_nuggets_passes_without_a_finding(tmp_path: Path, track: str, task: str) -> None:
    run = a_report(tmp_path / "lotus-1", track, task)
    made = bundle(ordered(tmp_path, run=run, track=track, task=task))
    assert made.findings == ()
    result = audit(made.path)
    assert result.findings == ()
    assert result.submission is not None
    archive = open_archive(made.path).value
    assert archive is not None
    verdict = json.loads(archive.read("verdict.json"))
    assert verdict["passed"] is True
    assert verdict["official_verdict"] == (None if task == "nuggets" else "accept")
    assert archive.read("lotus-1") == run.read_bytes()


def test_a_report_that_the_official_checker_rejects_is_not_bundled(tmp_path: Path) -> None:
    run = a_report(tmp_path / "lotus-1", "neuclir-2024", "report")
    run.write_text(run.read_text() + "\n")
    order = ordered(tmp_path, run=run, task="report")
    with pytest.raises(Rejected, match=r"lotus-1:60 RUN401 is blank"):
        bundle(order)
    assert not list(order.out.glob("*"))
    made = bundle(ordered(tmp_path, run=run, task="report", allow_invalid=True))
    assert [finding.code for finding in audit(made.path).findings] == ["SUB009"]


@pytest.mark.parametrize("text", ["\ud800", "\u202e\x1b[2J", "\u0000"])
def test_strangers_text_in_a_run_does_not_stop_the_bundle_that_says_so(tmp_path: Path, text: str) -> None:
    run = a_report(tmp_path / "lotus-1", "neuclir-2024", "report")
    entry = {**neuclir_line("300", text), text: text, "sentences": [{"text": text, "citations": [text]}]}
    run.write_text(json.dumps(entry) + "\n")
    made = bundle(ordered(tmp_path, run=run, task="report", allow_invalid=True))
    assert {finding.code for finding in audit(made.path).findings} == {"SUB009"}
