"""What `run` says on stderr when its command has ended: energy, emissions with their range, and what would help."""

from neuclir_carbon.cli.console import safe
from neuclir_carbon.model.record import ActivityRecord, Component
from neuclir_carbon.workflow.recording import Recorded

_KG_PER_T = 1000


def summary_lines(recorded: Recorded) -> list[str]:
    """The lines, without colour."""
    record = recorded.record
    lines = [f"{_energy(record)}; {_emissions(record)}", f"record: {recorded.path}"]
    return [safe(line) for line in [*lines, *_hints(record)]]


def _energy(record: ActivityRecord) -> str:
    if record.status == "failed":
        return "the command did not start, nothing was measured"
    if record.energy.it_kwh is None:
        return "energy unknown"
    parts = ", ".join(_part(part) for part in record.energy.components)
    pue = f" × PUE {record.pue.value:g}" if record.pue is not None else ""
    return f"{_amount(record.energy.it_kwh)} kWh{pue} ({parts}) in {record.duration_s or 0:.1f} s"


def _part(part: Component) -> str:
    known = "unknown" if part.kwh is None else f"{_amount(part.kwh)}"
    return f"{part.component} {known} by {part.method}, {part.scope}"


def _emissions(record: ActivityRecord) -> str:
    whole, grid = record.emissions.range, record.grid
    if whole is None or grid is None:
        return "emissions unknown"
    place = " ".join(name for name in (grid.country, grid.region) if name) or "place not given"
    return (
        f"{_amount(whole.central)} kg CO2e ({_amount(whole.low)} to {_amount(whole.high)}; "
        f"{grid.g_co2e_per_kwh:g} g/kWh, {place}, {grid.basis})"
    )


def _hints(record: ActivityRecord) -> list[str]:
    if record.status == "failed":
        return []
    hints = []
    if any(part.component == "gpu" and part.kwh is None for part in record.energy.components):
        hints.append(f"GPU energy is not counted: {record.notes.get('gpu')}; 'neuclir-carbon doctor' tells more")
    if record.grid is not None and record.grid.basis == "unspecified":
        hints.append("where did it run? Give --country (for example DEU), or 'neuclir-carbon init --country …' once")
    if record.activity == "other":
        hints.append("what was it for? Give --activity (training, indexing, retrieval …)")
    return hints


def _amount(value: float) -> str:
    """A number to two or three digits, never as 1e-05."""
    return f"{value:.3g}" if value == 0 or value >= 0.001 else f"{value:.2e}".replace("e-0", "e-")
