"""What stands behind a public edition: each team's work, summed up by where it stands in all groupings at once."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

from attrs import field, frozen

from neuclir_carbon.model.counting import GROUPING_KEYS
from neuclir_carbon.model.inventory import GROUPINGS, CountedActivity
from neuclir_carbon.model.quantities import Range

Figure = Callable[["Part"], float]
Recompute = Callable[[CountedActivity], Range | None]
_BOUNDS = ("low", "likely_low", "central", "likely_high", "high")
_NO_STEPS = (0.0,) * len(_BOUNDS)
# What recomputing the same product in another order can differ by.
_ALIKE = 1e-9


@frozen(kw_only=True)
class Part:
    """One team's work in one group of each grouping (`groups`, in the order of `GROUPINGS`).

    `steps` are the lowest bound of its emissions and the steps to likely low, central, likely high and high (kg CO2e);
    `cooling_kwh` is what facility energy exceeds IT energy by. Sums of what is known; the counts tell of how many of
    the activities the emissions, the energy and the embodied part are known.

    `moved_steps` are those of the activities whose central emissions one set of grid factors does not leave as they
    are, `moved_embodied_kg_co2e` their embodied part, and `recomputed_steps` what they come to under that set. These
    follow the tables of a version, not the team, and make no part another one.
    """

    team: str
    groups: tuple[str, ...]
    steps: tuple[float, ...]
    it_energy_kwh: float
    cooling_kwh: float
    operational_kg_co2e: float
    embodied_kg_co2e: float
    activities: int
    with_emissions: int
    with_energy: int
    with_embodied: int
    moved_steps: tuple[float, ...] = field(default=_NO_STEPS, eq=False)
    moved_embodied_kg_co2e: float = field(default=0.0, eq=False)
    recomputed_steps: tuple[float, ...] = field(default=_NO_STEPS, eq=False)

    # Asked for more often than all else.
    central: float = field(init=False, eq=False, repr=False, metadata={"in_data": False})

    @central.default
    def _central(self) -> float:
        return self.bound("central")

    def bound(self, name: str) -> float:
        """One bound of the emissions, kg CO2e."""
        return math.fsum(self.steps[: _BOUNDS.index(name) + 1])


def parts_of(activities: Iterable[CountedActivity], recompute: Recompute | None = None) -> tuple[Part, ...]:
    """The parts of activities, by team and groups; in whatever order the activities come.

    `recompute` gives an activity's emissions under one set of grid factors (kg CO2e, None where it has none there);
    without it none has moved.
    """
    together: dict[tuple[str, tuple[str, ...]], list[CountedActivity]] = defaultdict(list)
    for activity in activities:
        groups = tuple(GROUPING_KEYS[name](activity) for name in GROUPINGS)
        together[activity.team, groups].append(activity)
    return tuple(_part(team, groups, together[team, groups], recompute) for team, groups in sorted(together))


def _part(team: str, groups: tuple[str, ...], members: Sequence[CountedActivity], recompute: Recompute | None) -> Part:
    def known(value: Callable[[CountedActivity], float | None]) -> list[float]:
        return [found for member in members if (found := value(member)) is not None]

    ranges = [member.emissions_kg_co2e for member in members if member.emissions_kg_co2e is not None]
    moved = [] if recompute is None else list(_moved(members, recompute))
    it_energy = known(lambda member: member.it_energy_kwh)
    embodied = known(lambda member: member.embodied_kg_co2e)
    return Part(
        team=team,
        groups=groups,
        steps=_steps(ranges),
        it_energy_kwh=math.fsum(it_energy),
        cooling_kwh=math.fsum(
            max(0.0, member.facility_energy_kwh - (member.it_energy_kwh or 0.0))
            for member in members
            if member.facility_energy_kwh is not None
        ),
        operational_kg_co2e=math.fsum(known(lambda member: member.operational_kg_co2e)),
        embodied_kg_co2e=math.fsum(embodied),
        activities=len(members),
        with_emissions=len(ranges),
        with_energy=len(it_energy),
        with_embodied=len(embodied),
        moved_steps=_steps(member.emissions_kg_co2e for member, _ in moved),
        moved_embodied_kg_co2e=math.fsum(member.embodied_kg_co2e or 0.0 for member, _ in moved),
        recomputed_steps=_steps(one_set for _, one_set in moved),
    )


def _steps(ranges: Iterable[Range | None]) -> tuple[float, ...]:
    """The lowest bound of a sum of ranges, and the steps from each bound to the next."""
    known = [one for one in ranges if one is not None]
    sums = [0.0, *(math.fsum(map(attrgetter(name), known)) for name in _BOUNDS)]
    return tuple(max(0.0, after - before) for before, after in pairwise(sums))


def _moved(members: Iterable[CountedActivity], recompute: Recompute) -> Iterable[tuple[CountedActivity, Range | None]]:
    """The activities whose central emissions are others under the one set, and what they are there."""
    for member in members:
        reported, one_set = member.emissions_kg_co2e, recompute(member)
        central = [None if kg is None else kg.central for kg in (reported, one_set)]
        if central[0] is None or central[1] is None:
            if central[0] is not central[1]:
                yield member, one_set
        elif not math.isclose(central[0], central[1], rel_tol=_ALIKE):
            yield member, one_set


def part_from(team: str, data: Mapping[str, Any]) -> Part:
    """A part as an organizer's inventory keeps it; KeyError, TypeError or ValueError where it is none."""
    numbers = {
        key: float(data[key]) for key in ("it_energy_kwh", "cooling_kwh", "operational_kg_co2e", "embodied_kg_co2e")
    }
    counts = {key: int(data[key]) for key in ("activities", "with_emissions", "with_energy", "with_embodied")}
    groups, steps = tuple(str(group) for group in data["groups"]), tuple(float(step) for step in data["steps"])
    moved, recomputed = (
        tuple(float(step) for step in data.get(key, _NO_STEPS)) for key in ("moved_steps", "recomputed_steps")
    )
    if len(groups) != len(GROUPINGS) or any(len(found) != len(_BOUNDS) for found in (steps, moved, recomputed)):
        raise ValueError(f"a part has {len(groups)} groups and {len(steps)} steps")
    numbers["moved_embodied_kg_co2e"] = float(data.get("moved_embodied_kg_co2e", 0.0))
    # The keys above are the fields' names; a type checker can't see that and takes any value for any field.
    return Part(
        team=team, groups=groups, steps=steps, moved_steps=moved, recomputed_steps=recomputed,
        **numbers, **counts,  # type: ignore[arg-type]
    )  # fmt: skip
