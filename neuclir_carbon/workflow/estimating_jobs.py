"""`estimate jobs`: a log of jobs, streamed, summed up by place and month. A bad row is a finding, the rest counts."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from neuclir_carbon.checks.jobs import (
    BAD_HARDWARE,
    BAD_PLACE,
    BAD_ROW,
    BAD_TIME,
    BOOK,
    NO_TIMES,
    OUT_OF_ORDER,
)
from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.errors import BadOption, CarbonError, Unreadable
from neuclir_carbon.estimate import jobs
from neuclir_carbon.estimate.jobs import Hardware, JobGroup
from neuclir_carbon.factors.places import locate
from neuclir_carbon.model.counting import Totals, counted, totals
from neuclir_carbon.model.finding import Counts, Fault, Finding, Location, Policy, Severity
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.times import from_timestamp
from neuclir_carbon.store.jobs import JobRow, read_jobs
from neuclir_carbon.workflow.estimating import Purpose, as_record

MOST_SECONDS = 100 * 365.25 * 86_400
MOST_GROUPS = 10_000
MOST_MACHINES = 1_000_000
MOST_DIFFERENT = 100_000
KEPT_FINDINGS = 1000
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_DAY_S = 86_400
NO_MONTH = "month unknown"


@frozen(kw_only=True)
class JobDefaults:
    """What options say of columns that the log does not have, and of all jobs alike."""

    processors: int | None = None
    device: str | None = None
    count: int = 1
    provider: str | None = None
    instance: str | None = None
    machine: str | None = None
    watts: float | None = None
    utilization: float | None = None
    load: float | None = None
    place: Place = field(factory=Place)
    pue: PueChoice = field(factory=PueChoice)


@frozen(kw_only=True)
class JobsEstimated:
    """A record for each place and month, their totals, and what was wrong with rows (the first findings of each kind;
    `counts` are in full). `rows` were read, `jobs` of them counted; `shared_s` is time that was counted once although
    several jobs ran on one machine."""

    records: tuple[ActivityRecord, ...]
    totals: Totals
    findings: tuple[Finding, ...]
    counts: Counts
    rows: int
    jobs: int
    shared_s: float

    @property
    def passed(self) -> bool:
        """No row was bad."""
        return self.counts.error == 0


def estimate_jobs(path: Path, defaults: JobDefaults, purpose: Purpose) -> JobsEstimated:
    """The records of a log of jobs, not yet written anywhere. `Unreadable` when the file can't be read at all; bad
    options are refused before it is."""
    counting = _Counting(defaults)
    for log in read_jobs(path):
        if not ({"start", "end"} <= set(log.columns) or "seconds" in log.columns):
            counting.report(NO_TIMES, 1, f"has {_listed(log.columns)}, wanted 'start' and 'end', or 'seconds'")
            break
        for row in log.rows:
            counting.take(row)
    return _estimated(counting, purpose, path.name)


def _listed(columns: tuple[str, ...]) -> str:
    return f"the columns {', '.join(columns)}" if columns else "no column that is known"


def _estimated(counting: "_Counting", purpose: Purpose, name: str) -> JobsEstimated:
    records = tuple(
        _record(group, place, pue, month, purpose)
        for (place, pue, month), group in sorted(counting.groups.items(), key=lambda item: _order(*item[0]))
    )
    findings, counts = counting.findings(name)
    return JobsEstimated(
        records=records, totals=totals(counted(records)), findings=findings, counts=counts, rows=counting.rows,
        jobs=sum(group.jobs for group in counting.groups.values()), shared_s=counting.shared_s,
    )  # fmt: skip


def _order(place: Place, pue: PueChoice, month: str) -> tuple[str, ...]:
    return (month, place.country or place.cloud or "", place.region or place.cloud_region or "", str(pue))


def _record(group: JobGroup, place: Place, pue: PueChoice, month: str, purpose: Purpose) -> ActivityRecord:
    first, last = group.first_s, group.last_s
    named = evolve(purpose, label=purpose.label or f"{group.jobs:,} jobs, {month}")
    return as_record(
        group.estimate(place, pue, month),
        named,
        started_at=None if first is None else from_timestamp(first),
        ended_at=None if last is None else from_timestamp(last),
    )


class _Counting:
    """What is known after each row. Its memory grows with places, months, machines and kinds of hardware only."""

    def __init__(self, defaults: JobDefaults) -> None:
        self.groups: dict[tuple[Place, PueChoice, str], JobGroup] = {}
        self.rows = 0
        self.shared_s = 0.0
        self._defaults = defaults
        self._tally = Tally(KEPT_FINDINGS, frozenset())
        # Machine → (start of its last job in order, end of its latest job).
        self._machines: dict[str, tuple[float, float]] = {}
        self._hardware: dict[tuple[str, ...], Hardware | str] = {}
        self._places: dict[tuple[str, ...], Place | str] = {}
        # Day (since 1970) → its month; and the groups by a row's own words: asked for at each row.
        self._months: dict[int, str] = {}
        self._groups_by_words: dict[tuple[tuple[str, ...], str], JobGroup] = {}

    def report(self, entry: Entry[Any], line: int, message: str) -> None:
        self._tally.add(entry.code, Fault(message, Location(line=line)))

    def findings(self, path: str) -> tuple[tuple[Finding, ...], Counts]:
        """The kept findings, by line, and how many there are in all."""
        kept, every = [], dict.fromkeys(Severity, 0)
        for code, faults in self._tally.kept.items():
            entry = BOOK.entries[code]
            every[entry.severity] += self._tally.counts[code]
            kept += [found.inside(path) for fault in faults if (found := entry.finding(fault, Policy())) is not None]
        kept.sort(key=lambda finding: (finding.location.line or 0, finding.code))
        return tuple(kept), Counts(every[Severity.ERROR], every[Severity.WARNING], every[Severity.NOTE])

    def take(self, row: JobRow) -> None:
        """Counts a row, or reports why it does not count."""
        self.rows += 1
        if row.fault:
            self.report(BAD_ROW, row.line, row.fault)
            return
        try:
            began, ended, seconds = _times(row)
        except ValueError as error:
            self.report(BAD_TIME, row.line, str(error))
            return
        hardware_words, place_words = _hardware_words(row), _place_words(row)
        hardware = self._hardware.get(hardware_words) or self._once(
            self._hardware, hardware_words, self._hardware_of, row
        )
        place = self._places.get(place_words) or self._once(self._places, place_words, self._place_of, row)
        if isinstance(hardware, str) or isinstance(place, str):
            for entry, found in ((BAD_HARDWARE, hardware), (BAD_PLACE, place)):
                if isinstance(found, str):
                    self.report(entry, row.line, found)
            return
        counted_s = self._counted_s(row, began, ended, seconds)
        words = place_words, NO_MONTH if began is None else self._month(began)
        group = self._groups_by_words.get(words) or self._new_group(words, place)
        group.add(hardware, counted_s, began, ended)

    def _once(
        self, cache: dict[tuple[str, ...], Any], words: tuple[str, ...], make: Callable[[JobRow], Any], row: JobRow
    ) -> Any:
        """A value that rows of these words have in common, made once; the words of the error where it can't be made."""
        if len(cache) >= MOST_DIFFERENT:
            raise Unreadable(f"the log names more than {MOST_DIFFERENT:,} different places or kinds of hardware")
        try:
            cache[words] = make(row)
        except CarbonError as error:
            cache[words] = str(error)
        return cache[words]

    def _month(self, began: float) -> str:
        day = int(began // _DAY_S)
        if day not in self._months:
            self._months[day] = datetime.fromtimestamp(began, UTC).strftime("%Y-%m")
        return self._months[day]

    def _new_group(self, words: tuple[tuple[str, ...], str], place: Place) -> JobGroup:
        """The group of a place and month; different words may mean the same one."""
        if len(self.groups) >= MOST_GROUPS:
            raise Unreadable(f"the log has more than {MOST_GROUPS:,} different places and months")
        group = self.groups.setdefault((place, self._defaults.pue, words[1]), JobGroup())
        self._groups_by_words[words] = group
        return group

    def _counted_s(self, row: JobRow, began: float | None, ended: float | None, seconds: float) -> float:
        """The seconds of a job in which no earlier one ran on its machine."""
        machine = row.machine or self._defaults.machine
        if not machine or began is None or ended is None:
            return seconds
        last = self._machines.get(machine)
        if last is None:
            if len(self._machines) >= MOST_MACHINES:
                raise Unreadable(f"the log names more than {MOST_MACHINES:,} machines")
            self._machines[machine] = (began, ended)
            return seconds
        last_began, busy_until = last
        if began < last_began:
            self.report(
                OUT_OF_ORDER, row.line,
                f"starts before the job above it on machine {machine[:60]!a}; sort the log by start; it counts whole",
            )  # fmt: skip
            return seconds
        self._machines[machine] = (began, max(busy_until, ended))
        own_s = max(0.0, ended - max(began, busy_until))
        self.shared_s += seconds - own_s
        return own_s

    def _hardware_of(self, row: JobRow) -> Hardware:
        given, count = self._defaults, _whole("count", row.number) if row.number else self._defaults.count
        provider, instance = row.provider or given.provider, row.instance or given.instance
        names_another = bool(row.device or row.processors)
        if instance and (row.instance or not names_another):
            if not provider:
                raise BadOption(f"instance {instance[:60]!a} has no provider; add the column, or --provider")
            return jobs.instances(provider, instance, _cloud_region(row, given), count, given.load)
        device = row.device or (given.device if not row.processors else None)
        if device or (given.watts is not None and not (row.processors or given.processors)):
            # A rating that is given stands for devices that are not listed.
            watts = given.watts if device is None or not jobs.is_listed(device) else None
            return jobs.devices(device, count, watts=watts, utilization=given.utilization)
        number = _whole("processors", row.processors) if row.processors else given.processors
        if number is None:
            raise BadOption("has no processors, device or instance; add a column, or give --processors or --device")
        return jobs.processors(number, given.watts)

    def _place_of(self, row: JobRow) -> Place:
        given = self._defaults
        provider = row.provider or (given.provider if given.instance or row.instance else None)
        if provider:
            place = Place(cloud=provider, cloud_region=_cloud_region(row, given))
        elif row.country:
            place = Place(country=row.country, region=row.region or None)
        else:
            place = given.place if not row.region else evolve(given.place, region=row.region)
        locate(country=place.country, region=place.region, cloud=place.cloud, cloud_region=place.cloud_region)
        return place


def _cloud_region(row: JobRow, given: JobDefaults) -> str:
    region = row.region or given.place.cloud_region or given.place.region
    if not region:
        raise BadOption("has a provider and no region; add the column, or --region")
    return region


def _hardware_words(row: JobRow) -> tuple[str, ...]:
    return row.processors, row.device, row.number, row.provider, row.instance, row.region if row.provider else ""


def _place_words(row: JobRow) -> tuple[str, ...]:
    return row.provider, row.instance and "instance", row.country, row.region


def _times(row: JobRow) -> tuple[float | None, float | None, float]:
    """(start, end, seconds) of a job, the first two as Unix times where they are told; ValueError in words."""
    began = _moment("start", row.start) if row.start else None
    ended = _moment("end", row.end) if row.end else None
    if began is not None and ended is not None:
        if ended < began:
            raise ValueError(f"ends at {row.end[:40]!a}, before its start {row.start[:40]!a}")
        seconds = ended - began
    elif row.seconds:
        seconds = _seconds(row.seconds)
        ended = None if began is None else began + seconds
    else:
        raise ValueError("has no time; wanted 'start' and 'end', or 'seconds'")
    if seconds > MOST_SECONDS:
        raise ValueError(f"lasts {seconds:.3g} s, more than 100 years")
    return began, ended, seconds


def _moment(column: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
            raise ValueError
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(
            f"{column} is {text[:40]!a}, wanted a time such as 2026-01-31T10:00:00Z, from {_FIRST_YEAR} on"
        ) from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"seconds is {text[:40]!a}, wanted a number from 0 on")
    return seconds


def _whole(column: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadOption(f"{column} is {text[:40]!a}, wanted a whole number")
    return int(text)


def check_defaults(defaults: JobDefaults) -> None:
    """Refuses options that no row could use: unknown names and numbers out of range raise what a row would report."""
    counting = _Counting(defaults)
    for make in _makers(counting, defaults):
        make()


def _makers(counting: _Counting, defaults: JobDefaults) -> Iterator[Callable[[], object]]:
    row = JobRow(0)
    if defaults.processors is not None or defaults.device or defaults.instance or defaults.watts is not None:
        yield lambda: counting._hardware_of(row)
    yield lambda: counting._place_of(row)
