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

Figure = Callable[["Part"], float]
_BOUNDS = ("low", "likely_low", "central", "likely_high", "high")


@frozen(kw_only=True)
class Part:
    """One team's work in one group of each grouping (`groups`, in the order of `GROUPINGS`).

    `steps` are the lowest bound of its emissions and the steps to likely low, central, likely high and high (kg CO2e);
    `cooling_kwh` is what facility energy exceeds IT energy by. Sums of what is known; the counts tell of how many of
    the activities the emissions, the energy and the embodied part are known.
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

    # Asked for more often than all else.
    central: float = field(init=False, eq=False, repr=False, metadata={"in_data": False})

    @central.default
    def _central(self) -> float:
        return self.bound("central")

    def bound(self, name: str) -> float:
        """One bound of the emissions, kg CO2e."""
        return math.fsum(self.steps[: _BOUNDS.index(name) + 1])


def parts_of(activities: Iterable[CountedActivity]) -> tuple[Part, ...]:
    """The parts of activities, by team and groups; in whatever order the activities come."""
    together: dict[tuple[str, tuple[str, ...]], list[CountedActivity]] = defaultdict(list)
    for activity in activities:
        groups = tuple(GROUPING_KEYS[name](activity) for name in GROUPINGS)
        together[activity.team, groups].append(activity)
    return tuple(_part(team, groups, together[team, groups]) for team, groups in sorted(together))


def _part(team: str, groups: tuple[str, ...], members: Sequence[CountedActivity]) -> Part:
    def known(value: Callable[[CountedActivity], float | None]) -> list[float]:
        return [found for member in members if (found := value(member)) is not None]

    ranges = [member.emissions_kg_co2e for member in members if member.emissions_kg_co2e is not None]
    sums = [0.0, *(math.fsum(map(attrgetter(name), ranges)) for name in _BOUNDS)]
    it_energy = known(lambda member: member.it_energy_kwh)
    embodied = known(lambda member: member.embodied_kg_co2e)
    return Part(
        team=team,
        groups=groups,
        steps=tuple(max(0.0, after - before) for before, after in pairwise(sums)),
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
    )


def part_from(team: str, data: Mapping[str, Any]) -> Part:
    """A part as an organizer's inventory keeps it; KeyError, TypeError or ValueError where it is none."""
    numbers = {
        key: float(data[key]) for key in ("it_energy_kwh", "cooling_kwh", "operational_kg_co2e", "embodied_kg_co2e")
    }
    counts = {key: int(data[key]) for key in ("activities", "with_emissions", "with_energy", "with_embodied")}
    groups, steps = tuple(str(group) for group in data["groups"]), tuple(float(step) for step in data["steps"])
    if len(groups) != len(GROUPINGS) or len(steps) != len(_BOUNDS):
        raise ValueError(f"a part has {len(groups)} groups and {len(steps)} steps")
    return Part(team=team, groups=groups, steps=steps, **numbers, **counts)  # type: ignore[arg-type]
