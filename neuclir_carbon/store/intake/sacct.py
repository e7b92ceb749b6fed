"""SLURM's accounting: what `sacct` prints, with `--parsable2` or as columns, whatever columns were asked for.

Steps (`123.batch`, `123.0`) are parts of their job (`123`) and never additions. Energy is the job's where the site
meters it; else what was allocated is told, from which it can be estimated. Times are the cluster's, without a zone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from attrs import evolve, frozen

from neuclir_carbon.checks.intake import ASSUMED, BAD_ROW, LEFT_OUT, SAME_MACHINE, UNFINISHED
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Allocation, Dropped, Origin, Remark, Reported, Statement
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.intake import sacct_amounts as amounts
from neuclir_carbon.store.intake.form import HEAD_BYTES, Form, Head, has_header
from neuclir_carbon.store.intake.labels import is_path, label
from neuclir_carbon.store.intake.machine_limits import W_PER_NODE
from neuclir_carbon.store.intake.sacct_columns import is_ruler, read_columns
from neuclir_carbon.store.intake.sacct_nodes import NodeWatch
from neuclir_carbon.store.intake.table import Row, read_rows

TOOL = "sacct"
MOST_JOBS = 5_000_000
_ENERGIES = frozenset({"consumedenergy", "consumedenergyraw"})
_IDS = ("jobid", "jobidraw")
_MARKS = frozenset(
    {
        "state", "elapsed", "elapsedraw", "start", "end", "submit", "cputime", "cputimeraw", "totalcpu", "alloctres",
        "ncpus", "alloccpus", "consumedenergy", "consumedenergyraw",
    }
)  # fmt: skip
_DURATIONS = ("ElapsedRaw", "Elapsed", "CPUTimeRAW", "CPUTime", "TotalCPU")
# `123`, `123_4` (of an array), `123+1` (of a heterogeneous job), `123_[5-9%2]` (not begun), each maybe with a step.
_JOB = re.compile(
    r"(?P<job>[0-9]{1,20}(?:_[0-9]{1,10}|_\[[^\]|]{1,200}\]?|\+[0-9]{1,10})?)(?:\.(?P<step>[\w+-]{1,40}))?"
)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_NO_TIME = frozenset({"", "unknown", "none", "n/a", "none assigned"})
_GOES_ON = ("RUNNING", "SUSPENDED", "COMPLETING", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING")
_WAITING = ("PENDING", "CONFIGURING", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT")


@frozen(kw_only=True)
class _Line:
    """A line of the dump: a job or a step of one."""

    line: int
    job: str
    step: str | None
    cluster: str
    name: str
    nodelist: str
    state: str
    submit: str
    start: str
    start_s: float | None
    end_s: float | None
    duration_s: float | None
    joules: float | None
    cpu_s: float | None
    allocated_cpu_s: float | None
    allocation: Allocation
    nodes: int | None


def _is_header(names: Sequence[str]) -> bool:
    found = set(names)
    return bool(found.intersection(_IDS)) and bool(found & _MARKS)


def _looks_like(head: Head) -> bool:
    return has_header(head, _is_header, "jobid") or any(
        is_ruler(after) and _is_header(line.lower().split())
        for line, after in pairwise(head.lines[:50])
        if "jobid" in line.lower()
    )


def read(path: Path) -> Iterator[Statement]:
    """The jobs of a dump, and what of it can't be read or did not run."""
    reading = _Reading(path)
    for row in read_columns(path) if _has_ruler(path) else read_rows(path, _is_header, quoted=False):
        yield from (row,) if isinstance(row, Remark) else reading.take(row)
    yield from reading.end()


def _has_ruler(path: Path) -> bool:
    """Whether the first line that names jobs stands over a line of dashes."""
    with open_file(path) as stream:
        lines = stream.read(HEAD_BYTES).decode("utf-8", "replace").splitlines()
    return any(is_ruler(after) for line, after in pairwise(lines) if "jobid" in line.lower())


class _Reading:
    """One dump while it is read: the job whose lines are coming, and what was seen of others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._job: _Line | None = None
        self._steps: list[_Line] = []
        self._seen: set[int] = set()
        self._not_begun = 0
        self._is_metered = False
        self._on_nodes = NodeWatch()
        self._paths = self._hosts = self._users = 0

    def take(self, row: Row) -> Iterator[Statement]:
        """One more line; the job before it, where it is complete."""
        self._drop(row)
        self._is_metered = bool(row.columns.keys() & _ENERGIES)
        if not row.fits:
            yield Remark(
                BAD_ROW.code, f"has {len(row.cells):,} cells, wanted {row.width:,} (a '|' in a name, or torn)", row.line
            )
            return
        try:
            line = _line(row)
        except ValueError as error:
            yield Remark(BAD_ROW.code, str(error), row.line)
            return
        whose = self._job or (self._steps[0] if self._steps else None)
        if line.step is None or whose is None or (line.job, line.cluster) != (whose.job, whose.cluster):
            yield from self._close()
        if line.step is None:
            self._job = line
        else:
            self._steps.append(line)

    def end(self) -> Iterator[Statement]:
        """What is left at the end of the dump."""
        yield from self._close()
        if self._not_begun:
            yield Remark(LEFT_OUT.code, f"{self._not_begun:,} of the jobs never ran: they used nothing")
        if overlapping := self._on_nodes.overlapping():
            yield Remark(
                SAME_MACHINE.code,
                f"{overlapping:,} metered jobs overlap others on their node, whose counter holds the energy of all",
            )
        yield Dropped(paths=self._paths, hosts=self._hosts, users=self._users)

    def _close(self) -> Iterator[Statement]:
        job, steps = self._job, self._steps
        self._job, self._steps = None, []
        key = hash(((job or steps[0]).cluster, (job or steps[0]).job)) if job or steps else 0
        if job is None:
            # A step that stands apart from its job's line was counted with it.
            if steps and key not in self._seen:
                yield Remark(
                    ASSUMED.code, f"job {steps[0].job} stands with its steps only: the longest of them is counted",
                    steps[0].line,
                )  # fmt: skip
                longest = max(steps, key=lambda step: step.duration_s or 0.0)
                yield from self._statements(evolve(longest, joules=None), steps)
        else:
            yield from self._statements(job, steps)
        if job or steps:
            self._seen.add(key)
            if len(self._seen) > MOST_JOBS:
                raise Unreadable(f"{self._path} has more than {MOST_JOBS:,} jobs; dump a shorter time")

    def _statements(self, job: _Line, steps: Sequence[_Line]) -> Iterator[Statement]:
        if job.duration_s == 0 or job.state.startswith(_WAITING):
            self._not_begun += 1
            return
        joules = job.joules or _joules_of(steps)
        if job.state.startswith(_GOES_ON):
            said = f"job {job.job} was {job.state.lower()} when it was listed"
            if self._is_metered and not joules:
                # Its energy is told when it ends; an estimate of its beginning would count beside it.
                yield Remark(UNFINISHED.code, f"{said} and its energy is not told yet: it is left out", job.line)
                return
            yield Remark(UNFINISHED.code, said, job.line)
        if joules:
            self._on_nodes.take(job.nodelist, job.start_s, job.duration_s)
        if joules and not job.joules:
            yield Remark(
                ASSUMED.code, f"job {job.job} tells energy with its steps only: the batch step, or the sum of the "
                "others where that is more, is counted", job.line,
            )  # fmt: skip
        if job.duration_s is None and not joules:
            yield Remark(BAD_ROW.code, f"job {job.job} tells neither its duration nor its energy", job.line)
            return
        yield _reported(job, steps, joules)

    def _drop(self, row: Row) -> None:
        self._paths += bool(row.get("workdir")) + is_path(row.get("jobname"))
        self._hosts += bool(row.get("nodelist"))
        self._users += bool(row.get("user")) + bool(row.get("account")) + (" by " in row.get("state"))


def _line(row: Row) -> _Line:
    """A line's values; ValueError where one can't be what its column holds."""
    said = row.get("jobid") or row.get("jobidraw")
    named = _JOB.fullmatch(said)
    if named is None:
        raise ValueError(f"JobID is {said[:40]!a}, which is no job's number")
    durations = {name: _value(amounts.duration_s, name, row) for name in _DURATIONS}
    start_s, end_s = _moment("Start", row), _moment("End", row)
    duration_s = durations["ElapsedRaw"]
    if duration_s is None:
        duration_s = durations["Elapsed"]
    if duration_s is None and start_s is not None and end_s is not None:
        duration_s = end_s - start_s
    if duration_s is not None and duration_s < 0:
        raise ValueError("ends before it starts")
    allocated_cpu_s = durations["CPUTimeRAW"]
    return _Line(
        line=row.line, job=named["job"], step=named["step"], cluster=row.get("cluster")[:80],
        name=row.get("jobname"), nodelist=row.get("nodelist")[:400],
        state=row.get("state").split(" ")[0].upper()[:40], submit=row.get("submit")[:40],
        start=row.get("start")[:40], start_s=start_s, end_s=end_s, duration_s=duration_s,
        joules=_value(amounts.joules, "ConsumedEnergyRaw", row) or _value(amounts.joules, "ConsumedEnergy", row)
        or amounts.resources(row.get("alloctres")).joules,
        cpu_s=durations["TotalCPU"],
        allocated_cpu_s=durations["CPUTime"] if allocated_cpu_s is None else allocated_cpu_s,
        allocation=_allocation(row), nodes=_count(row, "NNodes", "AllocNodes"),
    )  # fmt: skip


def _value(parse: "amounts.Parse", column: str, row: Row) -> float | None:
    try:
        return parse(row.get(column.lower()))
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from None


def _count(row: Row, *columns: str) -> int | None:
    for column in columns:
        text = row.get(column.lower())
        if text.isascii() and text.isdigit() and len(text) <= amounts.MOST_DIGITS:
            return int(text)
    return None


def _moment(column: str, row: Row) -> float | None:
    """Seconds since 1970 of a local time, as if it were UTC."""
    text = row.get(column.lower())
    if text.lower() in _NO_TIME:
        return None
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        pass
    raise ValueError(f"{column} is {text[:40]!a}, which is no time")


def _allocation(row: Row) -> Allocation:
    given = amounts.resources(row.get("alloctres")) or amounts.resources(row.get("reqtres"))
    processors = _count(row, "AllocCPUS", "NCPUS", "ReqCPUS")
    processors = given.processors if given.processors is not None else processors
    gpus, gpu_name = given.gpus, given.gpu_name
    if gpus is None:
        gpus, gpu_name = amounts.generic_gpus(row.get("allocgres") or row.get("reqgres"))
    memory_gib = given.memory_gib
    if memory_gib is None:
        memory_gib = amounts.memory_gib(
            row.get("reqmem"), processors=processors, nodes=_count(row, "NNodes", "AllocNodes")
        )
    # A list of what was allocated that names no GPU says that there was none.
    return Allocation(
        processors=processors, gpus=0 if gpus is None and given.is_told else gpus, gpu_name=gpu_name,
        memory_gib=memory_gib,
    )  # fmt: skip


def _joules_of(steps: Sequence[_Line]) -> float | None:
    """The energy of a job by its steps: the batch step sees its node all the time, the others run one after another."""
    batch = [step.joules for step in steps if step.step == "batch" and step.joules]
    others = [step.joules for step in steps if step.step not in ("batch", "extern") and step.joules]
    return max(sum(batch), sum(others)) or None


def _reported(job: _Line, steps: Sequence[_Line], joules: float | None) -> Reported:
    cpu_s = job.cpu_s or max((step.cpu_s or 0.0 for step in steps), default=0.0)
    allocated = job.allocated_cpu_s or (job.duration_s or 0.0) * (job.allocation.processors or 0)
    share = min(1.0, cpu_s / allocated) if cpu_s and allocated else None
    begun = job.start if job.start_s is not None else job.submit
    given = evolve(job.allocation, processor_share=share)
    is_told = bool(given.processors or given.gpus or given.memory_gib)
    return Reported(
        line=job.line,
        origin=_origin(given, job.nodes),
        identity=(TOOL, job.cluster, job.job, begun, job.duration_s, joules, None if begun else job.allocated_cpu_s),
        run=f"{job.cluster}|{job.job}|{begun}" if begun else None,
        label=label(job.name),
        written_s=job.end_s,
        started_s=job.start_s,
        duration_s=job.duration_s,
        energy_kwh=joules / amounts.JOULES_PER_KWH if joules else None,
        allocation=given if is_told else None,
    )


def _origin(allocation: Allocation, nodes: int | None) -> Origin:
    hardware: Mapping[str, str | int | float | None] = {
        "job_logical_cpus": allocation.processors, "gpus": allocation.gpus, "gpu_model": allocation.gpu_name,
        "job_ram_gib": allocation.memory_gib, "nodes": nodes,
    }  # fmt: skip
    return Origin(
        tool=TOOL,
        hardware=tuple((key, value) for key, value in hardware.items() if value is not None),
        # A node's counter counts all of the node, whoever else has a part of it.
        power_limit_w=(nodes or 1) * W_PER_NODE if nodes else None,
    )


FORM = Form(name=TOOL, title="SLURM's accounting, sacct", looks_like=_looks_like, read=read)
