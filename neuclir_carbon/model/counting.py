"""Counting each activity once: superseded records drop out, a nested step counts under its own name.

A wrapper's record contains the energy of the wrappers inside it. So a parent counts with its remainder only (never
below 0) and each nested step with its own: the tree adds up to the parent's total, by activity, method and task.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from neuclir_carbon.model.inventory import UNKNOWN, CountedActivity, Group
from neuclir_carbon.model.quantities import NOTHING, Range, Spread, product, total
from neuclir_carbon.model.record import ActivityRecord, it_spread

# What an inventory is grouped by: the key of `track-inventory/1` → the group of an activity.
GROUPING_KEYS: Mapping[str, Callable[[CountedActivity], str]] = {
    "by_activity": lambda activity: activity.record.activity,
    "by_method": lambda activity: activity.record.method,
    "by_task": lambda activity: activity.task,
    "by_month": lambda activity: (activity.record.started_at or UNKNOWN)[:7],
    "by_place": lambda activity: (activity.record.grid.country if activity.record.grid else None) or UNKNOWN,
    "by_basis": lambda activity: activity.record.grid.basis if activity.record.grid else UNKNOWN,
    "by_data_year": lambda activity: str(
        (activity.record.grid.year if activity.record.grid else None) or UNKNOWN
    ),
    "by_team": lambda activity: activity.team,
}  # fmt: skip


@frozen(kw_only=True)
class Totals:
    """The totals of activities, as `log`, `import` and `bundle` print them. Units stand in the names.

    Activities whose emissions or energies are unknown are not in the sums; `records_without_…` tell how many.
    """

    records: int
    duration_s: float
    it_energy_kwh: float
    facility_energy_kwh: float
    emissions_kg_co2e: Range
    operational_kg_co2e: float
    embodied_kg_co2e: float
    records_without_embodied: int
    records_without_emissions: int


def current(records: Iterable[ActivityRecord]) -> tuple[ActivityRecord, ...]:
    """The records that no other record among them supersedes."""
    every = tuple(records)
    replaced = set(_links({record.record_id: record.supersedes for record in every}).values())
    return tuple(record for record in every if record.record_id not in replaced)


def counted(records: Iterable[ActivityRecord], *, team: str = "") -> tuple[CountedActivity, ...]:
    """Each current record as it counts: a parent by its remainder after the steps nested directly in it.

    Steps of a parent that was replaced are nested in the record that took its place.
    """
    known = tuple(records)
    every = current(known)
    parents = parents_of(known)
    nested: dict[str, list[ActivityRecord]] = defaultdict(list)
    for record in every:
        if record.record_id in parents:
            nested[parents[record.record_id]].append(record)
    return tuple(
        _remainder(record, nested.get(record.record_id, ()), team=team, inside=parents.get(record.record_id))
        for record in every
    )


def parents_of(records: Iterable[ActivityRecord]) -> Mapping[str, str]:
    """By id of a current record in which other current record it is nested; one that stands alone is not in it.

    Who took a record's place is known where the record itself is gone, too: bundles hold current records only.
    """
    known = tuple(records)
    every = current(known)
    there = {record.record_id for record in known}
    newer = {
        record.supersedes: record.record_id for record in every if record.supersedes and record.supersedes not in there
    }
    newer |= {old: new for new, old in _links({record.record_id: record.supersedes for record in known}).items()}
    return _links({record.record_id: _newest(record.parent_id, newer) for record in every})


def _newest(record_id: str | None, newer: Mapping[str, str]) -> str | None:
    """The record that stands in a record's place in the end; `newer` has no circles."""
    while record_id is not None and record_id in newer:
        record_id = newer[record_id]
    return record_id


def _links(named: Mapping[str, str | None]) -> dict[str, str]:
    """The links that lead to another record here, without those that lie on a circle: records that name each other
    as parent or successor, by mistake or by design, must not make each other's emissions vanish."""
    links = {source: target for source, target in named.items() if target is not None and target in named}
    on_circle: set[str] = set()
    settled: set[str] = set()
    for start in links:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in settled and at not in path:
            path[at] = None
            at = links.get(at)
        if at is not None and at in path:
            way = list(path)
            on_circle.update(way[way.index(at) :])
        settled.update(path)
    return {source: target for source, target in links.items() if source not in on_circle}


def totals(activities: Sequence[CountedActivity]) -> Totals:
    """The sums over activities (exactly rounded, so their order does not matter).

    Durations are summed over the activities that are not nested in another one here.
    """
    return Totals(
        records=len(activities),
        duration_s=math.fsum(record.duration_s or 0.0 for record in outermost(activities)),
        it_energy_kwh=_sum(activities, lambda activity: activity.it_energy_kwh),
        facility_energy_kwh=_sum(activities, lambda activity: activity.facility_energy_kwh),
        emissions_kg_co2e=emissions(activities),
        operational_kg_co2e=_sum(activities, lambda activity: activity.operational_kg_co2e),
        embodied_kg_co2e=_sum(activities, lambda activity: activity.embodied_kg_co2e),
        records_without_embodied=sum(activity.embodied_kg_co2e is None for activity in activities),
        records_without_emissions=sum(activity.emissions_kg_co2e is None for activity in activities),
    )


def outermost(activities: Sequence[CountedActivity]) -> tuple[ActivityRecord, ...]:
    """The records that are not nested in another one here: their energies and durations contain the nested ones."""
    known = {activity.record.record_id for activity in activities}
    return tuple(activity.record for activity in activities if activity.inside not in known)


def emissions(activities: Iterable[CountedActivity]) -> Range:
    """The sum of the known emissions, kg CO2e."""
    return total(activity.emissions_kg_co2e or NOTHING for activity in activities)


def grouped(activities: Iterable[CountedActivity], key: Callable[[CountedActivity], str]) -> Mapping[str, Group]:
    """Groups of activities by a key, by name; they add up to the total."""
    members: dict[str, list[CountedActivity]] = defaultdict(list)
    for activity in activities:
        members[key(activity)].append(activity)
    return {name: group_of(members[name]) for name in sorted(members)}


def group_of(members: Sequence[CountedActivity]) -> Group:
    """Some activities as one group."""
    return Group(
        emissions_kg_co2e=emissions(members),
        it_energy_kwh=_sum(members, lambda activity: activity.it_energy_kwh),
        activities=len(members),
        teams=len({activity.team for activity in members}),
        operational_kg_co2e=_sum(members, lambda activity: activity.operational_kg_co2e),
        embodied_kg_co2e=_sum(members, lambda activity: activity.embodied_kg_co2e),
    )


def _sum(activities: Iterable[CountedActivity], value: Callable[[CountedActivity], float | None]) -> float:
    return math.fsum(value(activity) or 0.0 for activity in activities)


def _remainder(
    record: ActivityRecord, steps: Sequence[ActivityRecord], *, team: str, inside: str | None
) -> CountedActivity:
    return CountedActivity(
        record=record,
        team=team,
        run_tags=record.run_tags,
        inside=inside,
        emissions_kg_co2e=_rest_of_range(record.emissions.range, [step.emissions.range for step in steps]),
        operational_kg_co2e=_rest(
            record.emissions.operational_kg_co2e, [step.emissions.operational_kg_co2e for step in steps]
        ),
        embodied_kg_co2e=_rest(record.emissions.embodied_kg_co2e, [step.emissions.embodied_kg_co2e for step in steps]),
        it_energy_kwh=_rest(record.energy.it_kwh, [step.energy.it_kwh for step in steps]),
        facility_energy_kwh=_rest(record.energy.facility_kwh, [step.energy.facility_kwh for step in steps]),
        facility_range_kwh=_rest_of_range(facility_range(record), [facility_range(step) for step in steps]),
        embodied_range_kg_co2e=_rest_of_range(_embodied_range(record), [_embodied_range(step) for step in steps]),
    )


def facility_range(record: ActivityRecord) -> Range | None:
    """A record's facility energy in kWh with its bounds: IT energy with its components' × PUE; None where unknown.

    A record that tells facility energy only has it without bounds.
    """
    it_kwh, facility_kwh = record.energy.it_kwh, record.energy.facility_kwh
    if it_kwh is None:
        return None if facility_kwh is None else Range.exact(facility_kwh)
    spread = it_spread(record.energy.components)
    if not math.isclose(spread.central, it_kwh, rel_tol=1e-9):
        spread = spread.times(it_kwh / spread.central) if spread.central > 0 else Spread.exact(it_kwh)
    return product([spread, record.pue.spread if record.pue else Spread.exact(1.0)])


def _embodied_range(record: ActivityRecord) -> Range | None:
    if record.embodied is not None:
        return product([record.embodied.spread])
    known = record.emissions.embodied_kg_co2e
    return None if known is None else Range.exact(known)


def _rest_of_range(whole: Range | None, parts: Sequence[Range | None]) -> Range | None:
    if whole is None or not parts:
        return whole
    return whole.minus(total(part or NOTHING for part in parts))


def _rest(whole: float | None, parts: Sequence[float | None]) -> float | None:
    if whole is None:
        return None
    return max(0.0, whole - math.fsum(part or 0.0 for part in parts))
