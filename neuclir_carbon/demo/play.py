"""Performs the demo: a collection is made, three teams work on it, and an organizer aggregates what they submit.

Everything is done as a person would do it, by commands that are shown as they run. This file knows the commands of
the contract and nothing of what is behind them.
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from neuclir_carbon.demo.files import write_lines
from neuclir_carbon.demo.teams import (
    COLLECTION,
    TASK,
    TRACK,
    Team,
    certificate_path,
    everyone,
    ledger_of,
    run_path,
    write_certificate,
)
from neuclir_carbon.errors import CarbonError, Unwritable

MARKER = ".neuclir-carbon-demo"
SUBMISSIONS = Path("submissions")
TRACK_FOLDER = Path("track")
ORGANIZERS = "organizers"
SCORES = Path(ORGANIZERS) / "scores.csv"
PACKAGE = "neuclir_carbon"
# How long a command that is told to end may take to write its record.
PATIENCE_S = 10.0
SHOWN_LINES = 20

Tell = Callable[[str], None]


class Played(NamedTuple):
    """What the demo leaves: the folder, both reports, the bundles, and both editions' `inventory.json` as JSON data."""

    out: Path
    organizer_report: Path
    public_report: Path
    bundles: tuple[Path, ...]
    organizer: dict[str, Any]
    public: dict[str, Any]
    duration_s: float


class DemoFailed(CarbonError):
    """A command of the demo did not do what it should."""


def play(out: Path, tell: Tell) -> Played:
    """Performs the whole demo in the folder; `tell` is given each line of progress.

    `Unwritable` when the folder holds what the demo did not make; `DemoFailed` when a command fails.
    """
    began = time.monotonic()
    stage = Stage(made_ready(out), tell, began)
    with _ended_by_term():
        stage.say(f"$ cd {shlex.quote(str(out))}")
        stage.say("# a test collection of real names, in Persian, Russian and Chinese, with English topics")
        stage.program("corpus", COLLECTION.as_posix())
        bundles = [bundle for team in everyone() for bundle in _performed(team, stage)]
        _aggregated(stage)
    return Played(
        out=out,
        organizer_report=out / TRACK_FOLDER / "organizer" / "index.html",
        public_report=out / TRACK_FOLDER / "public" / "index.html",
        bundles=tuple(out / bundle for bundle in bundles),
        organizer=_inventory(out, "organizer"),
        public=_inventory(out, "public"),
        duration_s=time.monotonic() - began,
    )


class Stage:
    """The folder that all commands run in, and the one way in which they are run and shown."""

    def __init__(self, folder: Path, tell: Tell, began: float) -> None:
        self.folder = folder
        self._tell = tell
        self._began = began
        # Nothing but what the commands say shall decide: neither the user's own ledger nor a place.
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith("NEUCLIR_CARBON_")}

    def say(self, text: str) -> None:
        """A line of progress, with the time since the beginning."""
        self._tell(f"[{time.monotonic() - self._began:5.1f} s] {text}")

    def carbon(self, *arguments: str) -> str:
        """Runs `neuclir-carbon ARGUMENTS`; what it wrote on stdout."""
        return self._run((PACKAGE, *arguments), ("neuclir-carbon", *arguments))

    def program(self, name: str, *arguments: str) -> str:
        """Runs one of the demo's own programs, without a wrapper; what it wrote on stdout."""
        module = f"{PACKAGE}.demo.{name}"
        return self._run((module, *arguments), ("python", "-m", module, *arguments))

    def _run(self, module_and_arguments: Sequence[str], shown: Sequence[str]) -> str:
        line = shlex.join("python" if word == sys.executable else word for word in shown)
        self.say(f"$ {line}")
        with _child([sys.executable, "-m", *module_and_arguments], self.folder, self._environment) as child:
            printed, complaints = child.communicate()
        if child.returncode != 0:
            tail = "\n".join(complaints.splitlines()[-SHOWN_LINES:])
            raise DemoFailed(f"the demo stops in {self.folder}: exit code {child.returncode} of\n$ {line}\n{tail}")
        return printed


def _performed(team: Team, stage: Stage) -> Iterator[Path]:
    """One team's work: its ledger, its steps, its estimate; then a bundle for each run."""
    ledger = team.ledger.as_posix()
    stage.say(f"# team {team.name} {team.about}")
    stage.carbon("init", "--ledger", ledger, "--team", team.name, *team.place)
    for step in team.steps:
        tags = [word for tag in step.run_tags for word in ("--run-tag", tag)]
        wrapped = (sys.executable, "-m", f"{PACKAGE}.demo.{step.program}", *step.arguments)
        options = ("--ledger", ledger, "--activity", step.activity, "--label", step.label, *tags)
        stage.carbon("run", *options, "--", *wrapped)
    for work in team.untracked:
        stage.carbon("estimate", *work.options, "--ledger", ledger, "--activity", work.activity, "--label", work.label)
    for run_tag in team.run_tags:
        yield _bundled(team, run_tag, stage)


def _bundled(team: Team, run_tag: str, stage: Stage) -> Path:
    """The bundle of one run, relative to the stage, after its run was validated."""
    run = run_path(team.name, run_tag).as_posix()
    judged_as = ("--track", TRACK, "--task", TASK)
    stage.carbon("validate", run, *judged_as)
    brought: tuple[str, ...] = ()
    if team.brings_certificate:
        path = certificate_path(team.name)
        write_certificate(stage.folder / path, team.name)
        brought = ("--certificate", path.as_posix())
    stage.carbon(
        "bundle", run, *judged_as, "--team", team.name, "--ledger", team.ledger.as_posix(), *brought,
        "--out", SUBMISSIONS.as_posix(),
    )  # fmt: skip
    return SUBMISSIONS / f"{run_tag}.crate.zip"


def _aggregated(stage: Stage) -> None:
    """The organizers' part: they score the runs, count their own work, and aggregate."""
    stage.say("# the organizers score the runs and aggregate what was submitted")
    ledger = ledger_of(ORGANIZERS).as_posix()
    runs = [run_path(team.name, run_tag).as_posix() for team in everyone() for run_tag in team.run_tags]
    stage.carbon(
        "run", "--ledger", ledger, "--country", "USA", "--site", "machine-room",
        "--activity", "evaluation", "--label", "scoring", "--",
        sys.executable, "-m", f"{PACKAGE}.demo.scoring",
        "--collection", COLLECTION.as_posix(), "--out", SCORES.as_posix(), *runs,
    )  # fmt: skip
    stage.carbon(
        "estimate", "upper-bound", "--processors", "1", "--hours", "8",
        "--ledger", ledger, "--activity", "evaluation", "--label", "judging and checking (made up)",
    )  # fmt: skip
    stage.carbon(
        "aggregate", SUBMISSIONS.as_posix(), "--track", TRACK, "--scores", SCORES.as_posix(),
        "--evaluation", ledger, "--out", TRACK_FOLDER.as_posix(),
    )  # fmt: skip


def _inventory(out: Path, edition: str) -> dict[str, Any]:
    path = out / TRACK_FOLDER / edition / "inventory.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DemoFailed(f"the demo ends without {path}: {error}") from None


def made_ready(out: Path) -> Path:
    """The folder, there and empty of what an earlier demo left; `Unwritable` when somebody else's files are in it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()) and not (out / MARKER).is_file():
            raise Unwritable(f"{out} is not empty, and no demo made it; give --out a new or an empty folder")
        write_lines(out / MARKER, ["The demo of neuclir-carbon made this folder and may replace what it made."])
        for name in _own_names():
            _remove(out / name)
    except OSError as error:
        raise Unwritable(f"can't use {error.filename or out} for the demo: {error.strerror}; give --out a folder that "
                         "you may write in") from None  # fmt: skip
    return out.resolve()


def _own_names() -> Iterable[str]:
    """What the demo makes in its folder, and nothing else."""
    return (COLLECTION.name, SUBMISSIONS.name, TRACK_FOLDER.name, ORGANIZERS, *(team.name for team in everyone()))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _child(argv: Sequence[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A child process that does not outlive this block: whatever ends the block, it is told to end and waited for."""
    child = subprocess.Popen(
        argv, cwd=folder, env=environment, text=True, encoding="utf-8", errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.poll() is None:
            # `run` hands TERM on to its pipeline, writes its record and ends; so nobody is left behind.
            child.terminate()
            try:
                child.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()


@contextlib.contextmanager
def _ended_by_term() -> Iterator[None]:
    """Lets TERM unwind this process as Ctrl-C does, so that no child is left behind; exit code 143."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
