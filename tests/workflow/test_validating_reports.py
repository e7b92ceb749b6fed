"""Runs of JSONL under a track's rules: the official checkers' verdicts, our own, and hostile lines."""

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neuclir_carbon.model.run import RunVerdict
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.validating import judge_run

VARIANTS = json.loads((Path(__file__).parents[1] / "data/runs/report-variants.json").read_text())["variants"]
TRACKS = {"neuclir-2024-report": "neuclir-2024", "ragtime-2025-report": "ragtime-2025"}


def data_of(variant: dict[str, Any]) -> bytes:
    text = variant["bytes"]
    data: bytes = base64.b64decode(text) if variant["encoding"] == "base64" else text.encode()
    return data


def judged(data: bytes, track: str, *, task: str = "report", name: str = "r1", **options: Any) -> RunVerdict:
    loaded = load_track(track).track
    return judge_run(io.BytesIO(data), name=name, track=loaded, task=task, run_tag=None, **options)


def topics_of(variant: dict[str, Any]) -> dict[str, Any]:
    topics = variant["topics"]
    if isinstance(topics[0], str):
        return {"topics": topics}
    return {
        "topics": [topic["topic_id"] for topic in topics],
        "limits": {topic["topic_id"]: topic["limit"] for topic in topics},
    }


@pytest.mark.parametrize("variant", VARIANTS, ids=[f"{variant['kind']} {variant['name']}" for variant in VARIANTS])
def test_the_verdict_is_the_official_checker_s_on_every_variant(variant: dict[str, Any]) -> None:
    data = data_of(variant)
    assert hashlib.sha256(data).hexdigest() == variant["sha256"]
    wanted = variant["official"]["accept"]
    track, options = TRACKS[variant["kind"]], topics_of(variant)
    verdict = judged(data, track, name=variant["file_name"], official=True, **options)
    assert verdict.official_verdict == ("accept" if wanted else "reject")
    assert verdict.passed is wanted
    own = judged(data, track, name=variant["file_name"], **options)
    assert own.official_verdict == verdict.official_verdict
    assert own.passed is (wanted and data != b"")  # an empty file is bad unless the official checker alone is asked
    jsonschema.Draft202012Validator(json.loads(schema_path("verdict/1").read_text())).validate(own.document())


def test_there_are_30_variants_of_both_verdicts_for_each_checker() -> None:
    assert len(VARIANTS) == 30
    for kind in TRACKS:
        assert {v["official"]["accept"] for v in VARIANTS if v["kind"] == kind} == {True, False}
