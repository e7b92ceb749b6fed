"""The demo as a stranger meets it: the whole play once, its totals redone by hand, and how it gives up."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from readable import text_of

from neuclir_carbon.demo.play import MARKER, made_ready

DEMO = [sys.executable, "-m", "neuclir_carbon", "demo"]
PLAY = "runpy.run_module('neuclir_carbon', run_name='__main__')"
RUN_TAGS = ("fas-lotus-ngrams", "rus-birch-many", "rus-birch-single", "zho-crane-rerank")
BOUNDS = {
    "central": "total_kg_co2e", "low": "low_kg_co2e", "high": "high_kg_co2e",
    "likely_low": "likely_low_kg_co2e", "likely_high": "likely_high_kg_co2e",
}  # fmt: skip


def demo(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments], cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def records_in(bundles: list[str]) -> dict[str, dict[str, Any]]:
    """Every activity of every bundle, once."""
    found: dict[str, dict[str, Any]] = {}
    for bundle in bundles:
        with zipfile.ZipFile(bundle) as archive:
            for record in json.loads(archive.read("activities.json")):
                assert found.setdefault(record["record_id"], record) == record
    return found


def test_the_whole_demo_gives_two_reports_whose_totals_a_hand_gets(tmp_path: Path) -> None:
    done = demo("--out", "played", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    bundles = [str(tmp_path / path) for path in result["bundles"]]
    assert sorted(Path(path).name for path in bundles) == [f"{tag}.crate.zip" for tag in RUN_TAGS]
    records = records_in(bundles)
    inventory = json.loads((tmp_path / "played/track/organizer/inventory.json").read_text(encoding="utf-8"))

    # The sum over the records, each counted once, bound by bound.
    for bound, key in BOUNDS.items():
        by_hand = math.fsum(record["emissions"][key] for record in records.values())
        assert inventory["emissions_kg_co2e"][bound] == pytest.approx(by_hand, rel=1e-12), bound
    assert result["emissions_kg_co2e"] == inventory["emissions_kg_co2e"]
    assert inventory["activities"] == len(records) == 14
    assert (inventory["teams"], inventory["runs"]) == (3, 4)

    # Birch's training serves two runs, lies in both bundles, and is counted once.
    training = [record for record in records.values() if len(record["run_tags"]) == 2]
    assert [record["run_tags"] for record in training] == [["rus-birch-single", "rus-birch-many"]]
    in_each = [records_in([path]) for path in bundles if "birch" in path]
    assert len(in_each) == 2 and all(training[0]["record_id"] in found for found in in_each)
    by_activity = inventory["by_activity"]["training"]["emissions_kg_co2e"]["central"]
    assert by_activity == pytest.approx(
        math.fsum(record["emissions"]["total_kg_co2e"] for record in records.values()
                  if record["activity"] == "training"), rel=1e-12,
    )  # fmt: skip

    # It was long enough for the meter to sample (some 14 s where it was tuned; half of that on a fast machine).
    longest = max((record for record in records.values() if record["method"] == "measured"),
                  key=lambda record: record["duration_s"])  # fmt: skip
    assert longest["label"] == "translation table" and longest["duration_s"] > 5
    assert longest["metered_s"] > 0 and longest["journal"]["lines"] >= 2
    assert longest["energy"]["it_kwh"] > 0

    # No team's total is more than half of all, so that the public edition has something to publish.
    by_team = {name: group["emissions_kg_co2e"]["central"] for name, group in inventory["by_team"].items()}
    assert set(by_team) == {"lotus", "birch", "crane"}
    assert max(by_team.values()) < 0.5 * inventory["emissions_kg_co2e"]["central"]
    assert inventory["coverage"]["declared"]["kg"] > 0
    assert inventory["evaluation"]["central"] > 0.5

    with (tmp_path / "played/organizers/scores.csv").open(encoding="utf-8", newline="") as stream:
        mrr = {row["run_tag"]: float(row["value"]) for row in csv.DictReader(stream) if row["measure"] == "MRR"}
    assert sorted(mrr) == list(RUN_TAGS)
    assert min(mrr.values()) > 0.4
    assert mrr["rus-birch-many"] > mrr["rus-birch-single"]

    organizer, public = tmp_path / result["organizer_report"], tmp_path / result["public_report"]
    page = organizer.read_text(encoding="utf-8")
    assert all(tag in page for tag in RUN_TAGS) and "lotus" in page
    for path in public.parent.rglob("*"):
        if path.is_file():
            told = text_of(path)
            assert not any(name in told for name in ("lotus", "birch", "crane")), path
    told = json.loads((public.parent / "inventory.json").read_bytes())
    assert told["emissions_kg_co2e"]["central"] > 0
    assert any("suppressed" in cell for cell in told["by_activity"].values())
    verified = subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", "verify", *bundles], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stderr

    # Every command is shown, so that it can be tried again.
    assert "$ neuclir-carbon run --ledger birch/carbon --activity training" in done.stderr
    assert "python -m neuclir_carbon.demo.translation" in done.stderr


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.tex").write_text("mine", encoding="utf-8")
    done = demo("--out", str(foreign), cwd=tmp_path)
    assert done.returncode == 3
    assert f"{foreign} is not empty" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in foreign.iterdir()] == ["chapter.tex"]


def test_an_earlier_demo_is_replaced_and_what_was_added_to_it_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "played"
    outside = tmp_path / "outside"
    for folder in (out / "lotus" / "carbon", outside):
        folder.mkdir(parents=True)
        (folder / "old").write_text("old", encoding="utf-8")
    (out / MARKER).write_text("", encoding="utf-8")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "track").symlink_to(outside)
    ready = made_ready(out)
    assert ready == out.resolve()
    assert sorted(path.name for path in out.iterdir()) == [MARKER, "notes.txt"]
    assert (outside / "old").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("kind", ["a file", "a FIFO", "below a file", "where nobody can write", "a dangling link"])
def test_what_is_no_folder_is_refused(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    match kind:
        case "a file":
            out.write_text("mine", encoding="utf-8")
        case "a FIFO":
            os.mkfifo(out)
        case "below a file":
            out.write_text("mine", encoding="utf-8")
            out = out / "below"
        case "where nobody can write":
            out = Path("/proc/demo")
        case _:
            out.symlink_to(tmp_path / "nowhere")
    done = demo("--out", str(out), cwd=tmp_path)
    assert done.returncode == 3
    assert str(out) in done.stderr and "Traceback" not in done.stderr and len(done.stderr.splitlines()) < 10


def test_a_step_that_fails_ends_the_demo_and_names_its_command(tmp_path: Path) -> None:
    """A file may have 64 KiB here, as on a disk that is full: the collection can't be written."""
    limited = f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); {PLAY}"
    done = subprocess.run(
        [sys.executable, "-c", limited, "demo", "--out", "played"], cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert "error: the demo stops in " in done.stderr
    assert "exit code 1 of\n$ python -m neuclir_carbon.demo.corpus collection\n" in done.stderr
    assert "File too large" in done.stderr


@pytest.mark.parametrize(
    ("how", "when", "code"),
    [
        ("INT to it alone, as a program sends it", "demo.translation", 130),
        ("INT to all of its group, as Ctrl-C sends it", "demo.ngrams", 130),
        ("TERM to it alone", "demo.ngrams", 143),
    ],
)
@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for left-over processes in /proc")
def test_an_interrupted_demo_leaves_no_process_behind(tmp_path: Path, how: str, when: str, code: int) -> None:
    out = tmp_path / "played"
    child = subprocess.Popen(
        [*DEMO, "--out", str(out)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert child.stderr is not None
    try:
        for line in child.stderr:
            if when in line:
                break
        time.sleep(0.7)
        number = signal.SIGTERM if "TERM" in how else signal.SIGINT
        if "group" in how:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)
        printed, complaints = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == code
    assert printed == "" and "Traceback" not in complaints
    assert list(processes_in(out)) == []
    assert (out / MARKER).is_file()


def processes_in(folder: Path) -> Iterator[str]:
    """The command lines of the processes that work in the folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                yield (process / "cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
