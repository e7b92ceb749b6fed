"""Runs the official checkers and ours on the same random runs, and tells where they differ. By hand:

    git clone https://github.com/isoboroff/submit-system
    git clone https://github.com/hltcoe/rag-run-validator
    python tests/differential/against_official_checkers.py --checkers submit-system/evalbase/checkers \
        --validator rag-run-validator --cases 3000

For each case it compares the verdict of `validate --official`, the exit code and the errlog of `check-evalbase`. Of a
traceback in an errlog only the last line is compared, for the others name files, and of missing topics only the set.
Each official program runs unchanged, in a process of its own.
"""

import argparse
import json
import os
import random
import re
import runpy
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import attrs

from neuclir_carbon.model.track import Topics
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.evalbase import Call, Kind, check_evalbase
from neuclir_carbon.workflow.validating import judge_run

sys.path.insert(0, str(Path(__file__).parents[1]))
from mutated_runs import LIMIT, TAG, TOPICS, mutated_columns, mutated_report, neuclir_entry, ragtime_entry

DOCUMENT_PATTERN = "[0-9a-f-]{36}"


class Said(NamedTuple):
    """What came of a check: its exit code and its errlog's lines, or what stands for them."""

    code: int
    log: list[str]


def in_a_process(work: Callable[[], None]) -> int:
    """Runs `work` in a child with its output in the file `output`, and returns the child's exit code."""
    child = os.fork()
    if child == 0:
        output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = 1
        try:
            work()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:  # noqa: BLE001 - as the interpreter itself does at the top
            sys.stdout.flush()
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code & 0xFF)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def script(path: Path, *arguments: str) -> None:
    """Runs a checker's script as `__main__`."""
    sys.argv = [str(path), *arguments]
    sys.path[0] = str(path.parent)
    runpy.run_path(str(path), run_name="__main__")


def validator(folder: Path, *arguments: str) -> None:
    """Runs rag_run_validator's command."""
    sys.argv = ["rag_run_validator", *arguments]
    sys.path.insert(0, str(folder))
    from rag_run_validator import cli  # type: ignore[import-not-found]

    cli()


def log_lines() -> list[str]:
    path = Path(f"{TAG}.errlog")
    return path.read_text(encoding="utf-8").split("\n") if path.exists() else []


def copied(output: str) -> list[str]:
    """What check-ragtime.py makes of the validator's output: its lines by level, and the end after 25 errors."""
    log, errors = [], 0
    for line in output.splitlines():
        level = "ERROR" if re.search(r"\[Error", line) else "WARNING"
        log.append(f"{level}: {line}")
        errors += level == "ERROR"
        if errors > 25:
            return [*log, "ERROR: Too many errors", ""]
    return [*log, *([] if errors else ["No errors"]), ""]


def comparable(log: list[str]) -> list[str]:
    """A log without what differs between machines and calls: a traceback's middle, the order of a set."""
    kept, within = [], False
    for line in log:
        if line.startswith("WARNING: Traceback"):
            within = True
        elif within and re.match(r"WARNING: (\w+\.)*\w+(Error|Exception)\b", line):
            within = False
        if not within:
            ids = re.search(r"\{(.*)\}$", line) if "Missing topics" in line else None
            kept.append(f"Missing {sorted(ids[1].split(', '))}" if ids else line)
    return kept


class Columns(NamedTuple):
    """Six columns, by list or by expression; between tabs if `program` is the checker that takes only those."""

    checkers: Path
    program: str = "check-stdtrec-run.py"
    kind: str = "trec6"

    def data(self, rng: random.Random) -> bytes:
        data = mutated_columns(rng)
        return data.replace(b" ", b"\t") if self.kind == "tsv" and rng.random() < 0.95 else data

    def official(self, rng: random.Random) -> tuple[Said, Call]:
        by_list, any_q0, most = rng.random() < 0.6, rng.random() < 0.2, rng.choice((1000, 2))
        pattern = rng.choice((r"\d+", r"\S+", r"30[0-2]"))
        call = Call(
            kind=Kind.TREC6, run_tag=TAG, topic_file="topics" if by_list else None,
            topic_pattern=None if by_list else pattern, document_pattern=DOCUMENT_PATTERN, most=most, any_q0=any_q0,
        )  # fmt: skip
        options = ["-f", "topics"] if by_list else ["-t", pattern]
        options += ["-d", DOCUMENT_PATTERN, "-m", str(most), *(["--q0"] if any_q0 else [])]
        code = in_a_process(partial(script, self.checkers / self.program, *options, TAG))
        return Said(code, log_lines()), call

    def verdict(self, data_path: Path, call: Call) -> str | None:
        track = load_track("neuclir-2024").track
        task = track.task("clir")
        topics = Topics(ids=TOPICS) if call.topic_file else Topics(pattern=call.topic_pattern, require_all=False)
        form = attrs.evolve(
            task.columns, kind=self.kind, docid_pattern=DOCUMENT_PATTERN, max_per_topic=call.most, any_q0=call.any_q0
        )
        rules = task.rules
        if topics.ids is None:  # the official checker then takes an empty run
            rules = {**rules, "official": {**rules["official"], "RUN001": "warning"}}
        changed = attrs.evolve(track, tasks={"clir": attrs.evolve(task, topics=topics, format=form, rules=rules)})
        with data_path.open("rb") as stream:
            return judge_run(stream, name=TAG, track=changed, task="clir", run_tag=None).official_verdict


class Reports(NamedTuple):
    """Reports of NeuCLIR 2024."""

    checkers: Path

    def data(self, rng: random.Random) -> bytes:
        return mutated_report(rng, neuclir_entry)

    def official(self, rng: random.Random) -> tuple[Said, Call]:
        code = in_a_process(partial(script, self.checkers / "check-neuclir-report.py", "-f", "topics", TAG))
        return Said(code, log_lines()), Call(kind=Kind.NEUCLIR_REPORT, run_tag=TAG, topic_file="topics")

    def verdict(self, data_path: Path, call: Call) -> str | None:
        with data_path.open("rb") as stream:
            track = load_track("neuclir-2024").track
            return judge_run(stream, name=TAG, track=track, task="report", run_tag=None, topics=TOPICS).official_verdict


class Ragtime(NamedTuple):
    """Reports of RAGTIME."""

    folder: Path

    def data(self, rng: random.Random) -> bytes:
        return mutated_report(rng, ragtime_entry)

    def official(self, rng: random.Random) -> tuple[Said, Call]:
        strict, stop = rng.random() < 0.3, rng.random() < 0.1
        unit = rng.choice(("characters", "characters", "words"))
        options = ["--topics", "topics.jsonl", "--length_limit_mode", unit, *(["--strict_on_length"] if strict else [])]
        options += ["--stop_at_error"] if stop else []
        code = in_a_process(partial(validator, self.folder, *options, TAG))
        log = copied(Path("output").read_text(encoding="utf-8"))
        code = 1 if log[-2:] == ["ERROR: Too many errors", ""] else 255 if code else 0
        call = Call(
            kind=Kind.RAGTIME, run_tag=TAG, topic_file="topics.jsonl", unit=unit, strict=strict, stop_at_error=stop
        )
        return Said(code, log), call

    def verdict(self, data_path: Path, call: Call) -> str | None:
        track = load_track("ragtime-2025").track
        task = track.task("report")
        length = attrs.evolve(task.lines.length, unit=call.unit, strict=call.strict)
        form = attrs.evolve(task.lines, length=length)
        changed = attrs.evolve(track, tasks={"report": attrs.evolve(task, format=form)})
        with data_path.open("rb") as stream:
            return judge_run(
                stream, name=TAG, track=changed, task="report", run_tag=None, topics=TOPICS,
                limits=dict.fromkeys(TOPICS, LIMIT),
            ).official_verdict  # fmt: skip


def compare(kind: Columns | Reports | Ragtime, cases: int, seed: int, keep: Path) -> int:
    """Goes through the cases of one kind, says what differs, and returns how many do."""
    rng = random.Random(seed)
    different = accepted = 0
    for number in range(cases):
        data = kind.data(rng)
        Path(TAG).write_bytes(data)
        Path(f"{TAG}.errlog").unlink(missing_ok=True)
        official, call = kind.official(rng)
        wanted = "accept" if official.code == 0 else "reject"
        accepted += official.code == 0
        verdict = kind.verdict(Path(TAG), call)
        ours = Said(check_evalbase(call), log_lines()) if getattr(kind, "kind", "") != "tsv" else official
        same = verdict == wanted and ours.code == official.code
        if not same or comparable(ours.log) != comparable(official.log):
            different += 1
            name = keep / f"{type(kind).__name__.lower()}-{seed}-{number}"
            name.write_bytes(data)
            print(f"{name}: official {official.code}, ours {ours.code}, validate says {verdict}; {call}")
            for line in sorted(set(comparable(official.log)) ^ set(comparable(ours.log)))[:4]:
                print(f"    {line[:300]}")
    print(f"{type(kind).__name__}: {cases} cases, {accepted} accepted, {different} different")
    return different


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare with the official checkers on random runs.")
    parser.add_argument("--checkers", type=Path, help="submit-system/evalbase/checkers")
    parser.add_argument("--validator", type=Path, help="a checkout of rag-run-validator")
    parser.add_argument("--cases", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="where differing runs are kept")
    wanted = parser.parse_args()
    kinds: list[Columns | Reports | Ragtime] = []
    if wanted.checkers:
        checkers = wanted.checkers.resolve()
        kinds += [Columns(checkers), Columns(checkers, "check-product-run.py", "tsv"), Reports(checkers)]
    if wanted.validator:
        kinds.append(Ragtime(wanted.validator.resolve()))
    if not kinds:
        parser.error("give --checkers, --validator or both")
    keep = wanted.keep.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("topics").write_text("".join(f"{topic}\n" for topic in TOPICS), encoding="utf-8")
        rows = (json.dumps({"topic_id": topic, "limit": LIMIT}) + "\n" for topic in TOPICS)
        Path("topics.jsonl").write_text("".join(rows), encoding="utf-8")
        different = sum(compare(kind, wanted.cases, wanted.seed, keep) for kind in kinds)
        os.chdir("/")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
