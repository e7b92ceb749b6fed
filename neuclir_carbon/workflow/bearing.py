"""Whose energy a record tells: the whole machine's, or the command's share of it, and which share."""

from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Component
from neuclir_carbon.workflow.dividing import Division
from neuclir_carbon.workflow.stretches import Line, Stretch, number

# The kernel counts CPU time in hundredths of a second: over less than this it can't be told who used the machine.
LEAST_JUDGED_S = 1.0
# Others use the machine considerably: more CPU time than the command, and more than this share of what there is.
CONSIDERABLE_SHARE = 0.1


@frozen(kw_only=True)
class Bearing:
    """Whose energy the record tells, `machine` or the command's share of it (`job`), and why.

    `share` is the command's of the machine's CPU time, None where it bears the whole; `memory_share` its job's of the
    machine's memory, None where nobody allots memory; `among` how much of the job is this command, where several are
    measured beside each other; `gpu_share` the command's of the GPUs. All lie in 0…1.
    """

    scope: str
    why: str
    share: float | None = None
    memory_share: float | None = None
    among: float = 1.0
    gpu_share: float = 1.0

    def borne(self, part: Component) -> Component:
        """A machine's part as this command bears it. CPU time does not tell who used a GPU."""
        if part.component == "gpu":
            return _times_share(part, self.gpu_share) if self.gpu_share != 1.0 else part
        if self.share is None or part.scope == "job":
            return part
        if part.component == "ram" and self.memory_share is not None:
            return _times_share(part, self.memory_share * self.among)
        return _times_share(part, self.share)


def bearing_of(begin: Line, stretch: Stretch, hardware: dict[str, Any], division: Division | None) -> Bearing:
    """What of the machine's energy is the command's. Where wrappers ran side by side nobody has the machine: its energy
    would count once for each."""
    asked = begin.get("scope")
    gpu_share = 1.0 if division is None else division.gpu_share
    is_shared = asked != "machine" and (asked == "job" or hardware.get("in_slurm") or _is_crowded(stretch, division))
    if division is not None and not is_shared:
        why = f"divided by CPU time with {len(division.among)} other measurements on this machine"
        return Bearing(scope="job", why=why, share=division.share, gpu_share=gpu_share)
    if asked == "machine":
        return Bearing(scope="machine", why="asked for", gpu_share=gpu_share)
    if stretch.share is None:
        return Bearing(scope="machine", why="the command's or the machine's CPU time is not known", gpu_share=gpu_share)
    scope, why = ("job", "asked for") if asked == "job" else _scope_by_use(stretch, hardware)
    if scope == "machine":
        return Bearing(scope=scope, why=why, gpu_share=gpu_share)
    return Bearing(
        scope=scope, why=why, share=stretch.share, memory_share=_memory_share(hardware),
        among=1.0 if division is None else division.share, gpu_share=gpu_share,
    )  # fmt: skip


def _scope_by_use(stretch: Stretch, hardware: dict[str, Any]) -> tuple[str, str]:
    """Scope and why, where it was left to us: `job` where others use the machine too, by rule or by what was seen."""
    if hardware.get("in_slurm"):
        return "job", "under SLURM, where nodes are shared"
    if stretch.duration_s < LEAST_JUDGED_S:
        return "machine", f"under {LEAST_JUDGED_S:g} s it can't be told how much others use the machine"
    others, used = stretch.others_share, (stretch.busy_cpu_s or 0.0) - (stretch.command_cpu_s or 0.0)
    if others is not None and others > CONSIDERABLE_SHARE and used > (stretch.command_cpu_s or 0.0):
        return "job", f"others used {others:.0%} of the machine's CPU time, more than the command"
    return "machine", "the command had the machine mostly to itself"


def _is_crowded(stretch: Stretch, division: Division | None) -> bool:
    """Whether others than wrappers use the machine considerably: what they use is not divided among the wrappers."""
    if division is None or stretch.command_cpu_s is None or stretch.busy_cpu_s is None or not stretch.all_cpu_s:
        return False
    wrapped = stretch.command_cpu_s + division.others_cpu_s
    foreign = max(0.0, stretch.busy_cpu_s - wrapped)
    return foreign / stretch.all_cpu_s > CONSIDERABLE_SHARE and foreign > wrapped


def _memory_share(hardware: dict[str, Any]) -> float | None:
    """What a SLURM job was allotted of the node's memory; None outside one, or where it is not known."""
    job_gib, node_gib = number(hardware, "job_ram_gib"), number(hardware, "ram_gib")
    return min(1.0, job_gib / node_gib) if job_gib and node_gib else None


def _times_share(part: Component, share: float) -> Component:
    if part.spread is None:
        return part
    spread: Spread = part.spread.times(share)
    return evolve(part, kwh=spread.central, low_kwh=spread.low, high_kwh=spread.high, scope="job")
