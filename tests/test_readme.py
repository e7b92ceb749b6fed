"""The README's commands, run as written, and its promises about names."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
README = (HERE / "README.md").read_text()


def command(name: str) -> str:
    found = re.search(rf"<!-- command: {name} -->\n+```sh\n(.+?)\n```", README, re.DOTALL)
    assert found, name
    return found.group(1)


def test_two_commands_do_all_the_set_up_in_an_environment_of_their_own() -> None:
    for name, ends_with in (("demo", "neuclir-carbon demo"), ("test", "pytest")):
        assert command(name).startswith("python3 -m venv .venv && . .venv/bin/activate && pip install")
        assert command(name).endswith(ends_with)
        assert "\n" not in command(name)


def test_every_file_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (HERE / target).exists(), target


def test_every_command_and_option_that_is_named_exists() -> None:
    from neuclir_carbon.cli.app import PANELS

    named = set(re.findall(r"^\$ neuclir-carbon ([a-z-]+)", README, re.MULTILINE))
    named |= set(re.findall(r"^\| `([a-z-]+)", README, re.MULTILINE))
    assert named == set(PANELS)


@pytest.mark.network
def test_the_first_command_runs_as_written_from_an_empty_environment(tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, text=True, check=False).stdout
    names = [name for name in files.split("\0") if name] or [
        str(path.relative_to(HERE)) for path in HERE.rglob("*") if path.is_file() and ".venv" not in path.parts
    ]
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, copy / name)
    inherited = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    environment = {key: value for key, value in os.environ.items() if key not in inherited}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command("demo")],
        cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    for edition in ("organizer", "public"):
        page = copy / "neuclir-carbon-demo" / "track" / edition / "index.html"
        assert str(page.relative_to(copy)) in done.stdout
        assert page.is_file()
