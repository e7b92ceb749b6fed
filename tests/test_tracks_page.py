"""docs/tracks.md, followed step by step as an organizer would: each command runs, and says what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from neuclir_carbon.cli.app import main
from neuclir_carbon.resources import template_text

PAGE = (Path(__file__).resolve().parent.parent / "docs/tracks.md").read_text(encoding="utf-8")
STEP = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>sh|text|json)\n(?P<text>.+?)\n```", re.DOTALL)


def test_every_step_of_the_page_works_and_says_what_is_printed_there(tmp_path: Path) -> None:
    program = tmp_path / "bin/neuclir-carbon"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m neuclir_carbon "$@"\n')
    program.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    said, compared = "", 0
    for step in STEP.finditer(PAGE):
        text = step["text"]
        if step["kind"] == "json":
            (work / step["file"]).write_text(text)
        elif step["kind"] == "sh":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text], cwd=work, env=environment, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, (text, done.stderr)
            said = done.stdout + done.stderr
        else:
            for line in text.splitlines():
                assert line in said, (line, said)
                compared += 1
    assert compared > 8


def test_the_commented_template_differs_from_the_plain_one_by_its_comments_only(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["tracks", "template"]) == 0
    commented = capsys.readouterr().out
    assert commented == template_text("new-track.jsonc")
    assert main(["tracks", "template", "--plain"]) == 0
    plain = capsys.readouterr().out
    assert plain == "".join(line for line in commented.splitlines(True) if not line.lstrip().startswith("//"))
    (tmp_path / "mine.json").write_text(plain)
    assert main(["tracks", "check", str(tmp_path / "mine.json")]) == 0


def test_the_template_explains_every_key_of_a_task() -> None:
    for key in (
        "track",
        "version",
        "source",
        "official_checker",
        "docid_pattern",
        "over_max",
        "topics",
        "rules",
        "form",
    ):
        assert f'"{key}"' in template_text("new-track.jsonc")
