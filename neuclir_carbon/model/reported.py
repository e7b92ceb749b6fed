"""What other trackers and schedulers report: one statement about energy or emissions, as it stands in their file.

A statement is not yet an activity: a run may have written its running total ten times, and a file may have been copied.
Which statements count is decided over all of them (`model/row_counting.py`).
"""

from typing import NamedTuple

from attrs import frozen

from neuclir_carbon.model.record import ActivityRecord


@frozen(kw_only=True)
class Origin:
    """What many statements have in common: the tool, the place as it names it, and the machine.

    `country` is ISO 3166-1 alpha-3; `mode` is `machine` or `process` where the tool says whose energy it read;
    `hardware` are pairs as they go into a record. `power_limit_w` is what the machine can draw at most, None where
    nobody can tell. `place_in_doubt`: the place may be what the tool writes when it knows none.
    """

    tool: str
    version: str | None = None
    country: str | None = None
    region: str | None = None
    cloud: str | None = None
    cloud_region: str | None = None
    mode: str | None = None
    hardware: tuple[tuple[str, str | int | float], ...] = ()
    power_limit_w: float | None = None
    place_in_doubt: bool = False


@frozen(kw_only=True)
class Allocation:
    """What a scheduler gave to a job: logical processors, the share of them in use, GPUs and memory.

    None where it is not told: no processors are a statement, an unknown number is not.
    """

    processors: int | None = None
    processor_share: float | None = None
    gpus: int | None = None
    gpu_name: str | None = None
    memory_gib: float | None = None


class Reported(NamedTuple):
    """One statement. Energies in kWh and emissions in kg CO2e as the tool gave them, None where it gave none.

    run          statements of one run share it; None: the statement stands alone
    is_part      a part beside others (a task, an epoch), not a running total of the run
    written_s    when it was written, in seconds since 1970; of a local time without a zone as if it were UTC
    started_s    when the work began, on the same clock
    has_zone     whether both are true UTC
    pue          the PUE that energies and emissions already contain; None: none is inside
    intensity    g CO2e/kWh that the tool says it used, where it says so
    identity     what makes it the same statement in another copy of the file
    """

    line: int | None
    origin: Origin
    identity: tuple[str | float | None, ...]
    run: str | None = None
    is_part: bool = False
    label: str | None = None
    written_s: float | None = None
    started_s: float | None = None
    has_zone: bool = False
    duration_s: float | None = None
    energy_kwh: float | None = None
    cpu_kwh: float | None = None
    gpu_kwh: float | None = None
    ram_kwh: float | None = None
    pue: float | None = None
    emissions_kg: float | None = None
    intensity_g_per_kwh: float | None = None
    allocation: Allocation | None = None


@frozen
class Remark:
    """What a reader has to say of its file: a code of family INT with the words, and the line (from 1), if any."""

    code: str
    message: str
    line: int | None = None


@frozen(kw_only=True)
class Dropped:
    """How many values of a kind were left out because they tell of people or places on a disk."""

    coordinates: int = 0
    paths: int = 0
    hosts: int = 0
    users: int = 0

    def plus(self, other: "Dropped") -> "Dropped":
        return Dropped(
            coordinates=self.coordinates + other.coordinates,
            paths=self.paths + other.paths,
            hosts=self.hosts + other.hosts,
            users=self.users + other.users,
        )


class OwnRecord(NamedTuple):
    """A record that this program wrote, sound, and the line (from 1) where it stands, if the file has lines."""

    line: int | None
    record: ActivityRecord


Statement = Reported | OwnRecord | Remark | Dropped
