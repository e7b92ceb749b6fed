"""docs/verify-bundles.yml: its steps, run as written on real bundles."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from making import TAG, ordered

from neuclir_carbon.workflow.bundling import bundle

WORKFLOW = Path(__file__).parent.parent / "docs" / "verify-bundles.yml"


def step(name: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """One step of the workflow as a runner would start it."""
    steps: list[dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text())["jobs"]["verify"]["steps"]
    script = next(found["run"] for found in steps if found.get("name") == name)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=cwd, capture_output=True, text=True,
        check=False, env={**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(cwd / "summary.md")},
    )  # fmt: skip


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    made = bundle(ordered(tmp_path / "made"))
    place = tmp_path / "repository" / "inbox" / "lotus"
    place.mkdir(parents=True)
    shutil.copy(made.path, place / f"{TAG}.crate.zip")
    return place


def test_sound_bundles_pass_and_a_broken_one_fails_the_job(inbox: Path) -> None:
    repository = inbox.parent.parent
    assert step("Verify", repository).returncode == 0
    (inbox / "a broken one.crate.zip").write_bytes(b"noise")
    done = step("Verify", repository)
    assert done.returncode == 1 and "SUB001" in done.stderr
    assert [row["passed"] for row in json.loads((repository / "verdicts.json").read_text())] == [False, True]


def test_an_empty_inbox_is_no_fault_and_a_list_of_signers_makes_signatures_a_must(inbox: Path) -> None:
    repository = inbox.parent.parent
    (repository / "signers").write_text("")
    done = step("Verify", repository)
    assert done.returncode == 1 and "SUB022" in done.stderr
    for path in inbox.iterdir():
        path.unlink()
    assert step("Verify", repository).returncode == 0


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq, which GitHub's runners have")
def test_the_summary_names_each_bundle_with_its_codes(inbox: Path) -> None:
    repository = inbox.parent.parent
    (inbox / "a broken one.crate.zip").write_bytes(b"noise")
    step("Verify", repository)
    done = step("Tell what was found", repository)
    assert done.returncode == 0, done.stderr
    lines = (repository / "summary.md").read_text().splitlines()
    assert lines[2:] == [
        "| inbox/lotus/a broken one.crate.zip | ? | failed | SUB001 |",
        f"| inbox/lotus/{TAG}.crate.zip | lotus | passed |  |",
    ]
