"""CodeCarbon's emissions.csv, as its version 3.3 writes it: its columns, its order, its units.

One row an activity, as it counts: a step's energy is taken out of its pipeline's row, and no row contains another. So
the sums of the columns are the totals. `emissions` (kg) is the operational part, which is all that CodeCarbon knows;
energies (kWh) and powers (W) include the PUE, as CodeCarbon's do since 2.2.7 and 3.3.2. Unknown is an empty cell.
"""

import math
from collections.abc import Iterator, Sequence

from neuclir_carbon.checks.intake import MOST_W
from neuclir_carbon.factors.places import cloud_regions
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.record import ActivityRecord, Grid
from neuclir_carbon.model.times import parse_time
from neuclir_carbon.report.machines import Machine, country_name, times
from neuclir_carbon.report.tables import Value, csv_bytes
from neuclir_carbon.report.words import counted, mass
from neuclir_carbon.report.work import Work, Written

# The version whose columns and meanings these are: who reads the file tells by it what its energies contain.
FORMAT_VERSION = "3.3.2"
COLUMNS = (
    "timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate", "cpu_power",
    "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed",
    "country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os", "python_version",
    "codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude",
    "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
    "ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
)  # fmt: skip
PARTS = ("cpu", "gpu", "ram")
_SECONDS_PER_HOUR, _W_PER_KW = 3600, 1000
# Parts that add up to the whole but for rounding.
_SAME = 1e-6


def codecarbon_csv(work: Work) -> Written:
    """emissions.csv of the work, and notes on what of it has no column."""
    pipelines = {activity.inside for activity in work.activities}
    rows = (_row(activity, activity.record.record_id in pipelines) for activity in work.activities)
    data = csv_bytes(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
    return Written(data, tuple(_notes(work)))


def _row(activity: CountedActivity, is_remainder: bool) -> dict[str, Value]:
    record = activity.record
    machine = Machine.of(record)
    energy_kwh, pue = consumed_kwh(activity), pue_of(activity)
    operational_kg = operational_kg_of(activity)
    parts_kwh = _parts_kwh(activity)
    row: dict[str, Value] = dict.fromkeys(COLUMNS)
    row |= {
        "timestamp": _written_at(record),
        "project_name": record.label or record.activity,
        "run_id": record.record_id,
        "duration": record.duration_s,
        "emissions": operational_kg,
        "emissions_rate": _per_second(operational_kg, record.duration_s),
        "energy_consumed": energy_kwh,
        "codecarbon_version": FORMAT_VERSION,
        "cpu_count": machine.logical_cpus,
        "cpu_model": machine.cpu_model,
        "gpu_count": machine.gpu_count if machine.gpu_count is not None else machine.count if machine.device else None,
        "gpu_model": times(machine.gpu_count, machine.gpu_model) or times(machine.count, machine.device) or None,
        "ram_total_size": machine.ram_gib,
        "tracking_mode": "process" if is_remainder else _tracking_mode(record),
        "pue": pue,
        **_place(record.grid),
    }
    for part, kwh in parts_kwh.items():
        watts = _per_second(kwh, record.duration_s)
        row[f"{part}_energy"] = kwh
        row[f"{part}_power"] = None if watts is None else watts * _SECONDS_PER_HOUR * _W_PER_KW
    return row


def consumed_kwh(activity: CountedActivity) -> float | None:
    """The energy with the PUE in it; the IT energy where no facility energy is known. None where neither is."""
    return activity.it_energy_kwh if activity.facility_energy_kwh is None else activity.facility_energy_kwh


def pue_of(activity: CountedActivity) -> float | None:
    """What the row's energy is to be divided by to get its IT energy: at least 1, as CodeCarbon's is.

    A pipeline's remainder has the quotient of its own two energies, which need not be the record's PUE.
    """
    told = activity.record.pue.value if activity.record.pue else None
    it_kwh, facility_kwh = activity.it_energy_kwh, activity.facility_energy_kwh
    if facility_kwh is None:
        return None if it_kwh is None else 1.0
    if not it_kwh:
        return told
    quotient = max(1.0, facility_kwh / it_kwh)
    return told if told is not None and math.isclose(quotient, told, rel_tol=1e-12) else quotient


def operational_kg_of(activity: CountedActivity) -> float | None:
    """The operational emissions; the whole less the embodied part where a source told the whole only."""
    if activity.operational_kg_co2e is not None or activity.emissions_kg_co2e is None:
        return activity.operational_kg_co2e
    return max(0.0, activity.emissions_kg_co2e.central - (activity.embodied_kg_co2e or 0.0))


def _parts_kwh(activity: CountedActivity) -> dict[str, float | None]:
    """The energy by part with the PUE in it, where the parts known to us make up the whole; else none of them."""
    energy, whole_kwh, pue = activity.record.energy, activity.it_energy_kwh, pue_of(activity)
    parts_kwh = (energy.cpu_kwh, energy.gpu_kwh, energy.ram_kwh)
    known_kwh = [kwh for kwh in parts_kwh if kwh is not None]
    if not known_kwh or whole_kwh is None or pue is None:
        return dict.fromkeys(PARTS)
    if not math.isclose(math.fsum(known_kwh), whole_kwh, rel_tol=_SAME):
        return dict.fromkeys(PARTS)
    return {part: None if kwh is None else kwh * pue for part, kwh in zip(PARTS, parts_kwh, strict=True)}


def _per_second(value: float | None, duration_s: float | None) -> float | None:
    if value is None or not duration_s:
        return None
    rate = value / duration_s
    return rate if math.isfinite(rate) else None


def _written_at(record: ActivityRecord) -> str | None:
    """The time of the row, as CodeCarbon writes it: to the second, without a zone. Ours is UTC; the start, where no
    end is known."""
    for text in (record.ended_at, record.started_at):
        try:
            if text is not None:
                return parse_time(text).replace(tzinfo=None).isoformat(timespec="seconds")
        except ValueError:  # a day that no calendar has
            continue
    return None


def _tracking_mode(record: ActivityRecord) -> str | None:
    """Whose energy it is. What a pipeline's steps leave of it is no longer that of the machine."""
    scopes = {component.scope for component in record.energy.components}
    return None if not scopes else "process" if scopes == {"job"} else "machine"


def _place(grid: Grid | None) -> dict[str, Value]:
    """Country, and either state, province or zone, or the cloud provider's region: its name tells the provider."""
    if grid is None:
        return {"on_cloud": None}
    country: dict[str, Value] = {"country_name": country_name(grid.country), "country_iso_code": grid.country}
    provider = next((provider for provider, region in cloud_regions() if region == grid.region), None)
    if provider is None:
        return {**country, "region": grid.region}
    return {**country, "cloud_provider": provider, "cloud_region": grid.region, "on_cloud": "Y"}


# What the file can't hold


def _notes(work: Work) -> Iterator[str]:
    activities, embodied_kg = work.activities, work.whole.embodied_kg_co2e
    if embodied_kg:
        yield f"left out, for want of a column: embodied emissions of {mass(embodied_kg)} CO2e"
    yield from _said(
        [activity for activity in activities if consumed_kwh(activity) is None],
        "without a known energy: the cells are empty, which is not 0",
    )
    yield from _said(
        [activity for activity in activities if operational_kg_of(activity) is None],
        "without known emissions: the cells are empty, which is not 0",
    )
    yield from _said(
        [
            a
            for a in activities
            if consumed_kwh(a) is not None and not any(v is not None for v in _parts_kwh(a).values())
        ],
        "with the energy in all only: what is known of CPU, GPU and RAM does not make it up",
    )
    yield from _said(
        [activity for activity in activities if _is_below_one(activity)],
        "with a remainder whose facility energy is below its IT energy; the row has the facility energy and a PUE of 1",
    )
    yield from _said(
        [activity for activity in activities if _mean_w(activity) > MOST_W],
        f"of more than {MOST_W / _W_PER_KW:,.0f} kW on average, which is many machines in one row: our import takes "
        "such energy for another unit",
    )
    if any(activity.inside is not None for activity in activities):
        yield "a pipeline's row has what its steps leave of its energy and emissions, and its own whole duration"
    if activities:
        yield "CodeCarbon's columns hold no range, no source of the grid's intensity, no method; --to json has them"


def _mean_w(activity: CountedActivity) -> float:
    """The mean power that the row's energy and duration imply; 0 where nobody can tell."""
    rate = _per_second(consumed_kwh(activity), activity.record.duration_s)
    return 0.0 if rate is None else rate * _SECONDS_PER_HOUR * _W_PER_KW


def _is_below_one(activity: CountedActivity) -> bool:
    it_kwh, facility_kwh = activity.it_energy_kwh, activity.facility_energy_kwh
    return bool(it_kwh and facility_kwh is not None and facility_kwh < it_kwh * (1 - 1e-9))


def _said(which: Sequence[CountedActivity], what: str) -> Iterator[str]:
    if which:
        yield f"{counted(len(which), 'row')} {what}"
