"""The lines of carbontracker's logs, and what it printed among other programs' lines, as one value a tracker."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from attrs import define, evolve, field, frozen

from neuclir_carbon.checks.intake import BAD_ROW
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Remark
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.intake.amounts import KWH, amount, clock_seconds
from neuclir_carbon.store.intake.table import number

MOST_LINE_BYTES = 64 * 1024
MOST_SESSIONS = 100_000
_PREFIX = re.compile(r"(?:(?P<when>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) - )?(?:CarbonTracker: ?)?")
_VERSION = re.compile(r"carbontracker version (?P<version>\S{1,60})")
_PUE = re.compile(r"multiplied by a PUE coefficient of (?P<pue>[0-9]{1,2}(?:\.[0-9]{1,6})?)")
_FOUND = re.compile(r"The following components were found: (?P<components>.{0,2000})")
_EPOCH = re.compile(r"Epoch [0-9]{1,9}:")
_DURATION = re.compile(r"Duration: (?P<duration>.{1,40})")
_POWER = re.compile(r"Average power usage \(W\) for (?P<part>\w{1,20}): (?P<powers>.{1,4000})")
_MORE_POWERS = re.compile(r"[\s0-9.eE+na-]{1,400}\]?\s*")
_PLACE = re.compile(r"at detected location:? (?P<place>[^\[\]:]{1,200}?)(?:: \[.*|[.:]?$)")
_MEAN = re.compile(r"Average carbon intensity during training was (?P<grams>[0-9.]{1,30}) ?gCO2")
_CONSUMPTION = re.compile(r"(?P<kind>Actual|Predicted) consumption(?: for [0-9]{1,9} epoch\(?s?\)?)?:")
_FIGURE = re.compile(r"\s*(?P<name>Time|Energy|CO2eq):\s*(?P<value>\S[^\t]{0,80})")
_INTERRUPTED = "Training was interrupted before all"
_KG: Mapping[str, float] = {"g": 1e-3, "kg": 1.0}
_NO_PLACE = frozenset({"", "unknown", "none"})


@frozen(kw_only=True)
class Actual:
    """A block `Actual consumption`: s, kWh and kg CO2e with the PUE inside, and when it was written, if told."""

    line: int
    written_s: float | None = None
    duration_s: float | None = None
    energy_kwh: float | None = None
    emissions_kg: float | None = None

    @property
    def is_whole(self) -> bool:
        return None not in (self.duration_s, self.energy_kwh, self.emissions_kg)


@frozen(kw_only=True)
class Epoch:
    """An epoch: s, and mean power by part in W; None where no counter was read."""

    duration_s: float
    powers_w: dict[str, float | None]


@define(kw_only=True)
class Session:
    """What one tracker wrote; it grows while its lines are read. `begun` is when it found its components, as text,
    `predicted` the first line of a prediction."""

    line: int
    begun: str | None = None
    components: str | None = None
    version: str | None = None
    pue: float | None = None
    place: str | None = None
    intensity_g_per_kwh: float | None = None
    epochs: list[Epoch] = field(factory=list)
    actual: list[Actual] = field(factory=list)
    predicted: int | None = None
    ended_s: float | None = None
    is_interrupted: bool = False
    remarks: list[Remark] = field(factory=list)

    @property
    def begun_s(self) -> float | None:
        return moment(self.begun)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said of a tracker yet."""
        return not (self.components or self.epochs or self.actual or self.predicted or self.remarks)


def sessions(path: Path) -> Iterator[Session]:
    """The trackers whose lines a file holds, in its order; `Unreadable` where it can't be read."""
    reading = _Reading()
    with open_file(path) as stream:
        line = 0
        while data := stream.readline(MOST_LINE_BYTES):
            line += 1
            yield from reading.take(line, data.decode("utf-8", "replace").replace("\0", "").rstrip("\r\n"))
            while data and not data.endswith(b"\n"):
                data = stream.readline(MOST_LINE_BYTES)
            if reading.count > MOST_SESSIONS:
                raise Unreadable(f"{path} holds the lines of more than {MOST_SESSIONS:,} trackers")
    yield from reading.end()


def moment(text: str | None) -> float | None:
    """Seconds since 1970 of a local time as the logs have it, as if it were UTC."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


class _Reading:
    """The tracker whose lines are coming, and the block and the epoch that are open."""

    def __init__(self) -> None:
        self.count = 0
        self._now = Session(line=1)
        self._duration_s: float | None = None
        self._powers: dict[str, float | None] = {}
        self._block: Actual | None = None
        self._list: tuple[int, str, str] | None = None
        self._written_s: float | None = None

    def take(self, line: int, text: str) -> Iterator[Session]:
        """One more line; the tracker before it, where a new one begins."""
        if self._goes_on(text):
            return
        prefix = _PREFIX.match(text)
        when = prefix["when"] if prefix else None
        said = text[prefix.end() :] if prefix else text
        if figure := _FIGURE.fullmatch(said):
            self._take_figure(line, figure)
            return
        if when is not None:
            self._written_s = moment(when)
        if version := _VERSION.match(said):
            yield from self._begin(line)
            self._now.version = version["version"]
        elif found := _FOUND.match(said):
            if self._now.components is not None:
                yield from self._begin(line)
            self._now.begun, self._now.components = when, found["components"].strip().rstrip(".")
        elif found := _CONSUMPTION.match(said.strip()):
            self._open_block(line, found)
        elif said:
            self._take_words(line, said)
        if when is not None:
            self._now.ended_s = self._written_s

    def _goes_on(self, text: str) -> bool:
        """Whether a line is more of the list of powers before it; a list that does not go on is torn."""
        if self._list is None:
            return False
        began, part, before = self._list
        goes_on = bool(_MORE_POWERS.fullmatch(text))
        self._take_powers(began, part, f"{before} {text.strip()}" if goes_on else "torn list]")
        return goes_on

    def end(self) -> Iterator[Session]:
        """The last tracker, if there was any."""
        self._close_block()
        self._close_epoch()
        if not self._now.is_empty:
            self.count += 1
            yield self._now

    def _begin(self, line: int) -> Iterator[Session]:
        yield from self.end()
        self._now = Session(line=line)

    def _take_words(self, line: int, said: str) -> None:
        """A line of the standard half, if it is one."""
        now = self._now
        if _EPOCH.fullmatch(said):
            self._close_epoch()
        elif found := _DURATION.fullmatch(said):
            self._duration_s = self._read(line, "Duration", found["duration"], clock_seconds)
        elif found := _POWER.fullmatch(said):
            self._take_powers(line, found["part"], found["powers"])
        elif found := _PUE.search(said):
            now.pue = max(1.0, float(found["pue"]))
        elif _INTERRUPTED in said:
            now.is_interrupted = True
        if found := _MEAN.search(said):
            now.intensity_g_per_kwh = self._read(line, "intensity", found["grams"], _not_below_0)
        if (found := _PLACE.search(said)) and found["place"].strip().lower() not in _NO_PLACE:
            now.place = found["place"].strip()

    def _take_powers(self, line: int, part: str, said: str) -> None:
        """A part's powers, one a device; of many devices the list goes on in the next lines."""
        if said.startswith("[") and "]" not in said and len(said) < MOST_LINE_BYTES:
            self._list = (line, part, said)
            return
        self._list = None
        self._powers[part.lower()] = self._read(line, "power", said, _watts)

    def _read(self, line: int, name: str, text: str, parse: Callable[[str], float | None]) -> float | None:
        try:
            return parse(text.strip())
        except ValueError as error:
            self._now.remarks.append(Remark(BAD_ROW.code, f"{name}: {error}", line))
            return None

    def _close_epoch(self) -> None:
        if self._duration_s is not None:
            self._now.epochs.append(Epoch(duration_s=self._duration_s, powers_w=self._powers))
        self._duration_s, self._powers = None, {}

    def _open_block(self, line: int, found: re.Match[str]) -> None:
        self._close_block()
        if found["kind"] == "Predicted":
            self._now.predicted = self._now.predicted or line
        else:
            self._block = Actual(line=line, written_s=self._written_s)

    def _take_figure(self, line: int, found: re.Match[str]) -> None:
        block, value = self._block, found["value"]
        if block is None:
            return
        match found["name"]:
            case "Time":
                block = evolve(block, duration_s=self._read(line, "Time", value, clock_seconds))
            case "Energy":
                block = evolve(block, energy_kwh=self._read(line, "Energy", value, _kwh))
            case _:
                block = evolve(block, emissions_kg=self._read(line, "CO2eq", value, _kilograms))
        self._block = block
        if block.is_whole:
            self._close_block()

    def _close_block(self) -> None:
        block, self._block = self._block, None
        if block is None:
            return
        if block.energy_kwh is None and block.emissions_kg is None:
            said = "a block of consumption has no figures: it is torn"
            self._now.remarks.append(Remark(BAD_ROW.code, said, block.line))
        else:
            self._now.actual.append(block)


def _watts(text: str) -> float | None:
    """Watts of `35.6`, or of all devices in `[12.5 13.1]`; None where no counter was read."""
    known = [watts for part in text.strip("[]").replace(",", " ").split() if (watts := _not_below_0(part)) is not None]
    return math.fsum(known) if known else None


def _not_below_0(text: str) -> float | None:
    value = number(text.rstrip("."))
    if value is not None and value < 0:
        raise ValueError(f"{text[:40]!a} is below 0")
    return value


def _kwh(text: str) -> float | None:
    return _positive(text, KWH)


def _kilograms(text: str) -> float | None:
    return _positive(text, _KG)


def _positive(text: str, units: Mapping[str, float]) -> float | None:
    value = amount(text, units)
    if value is not None and value < 0:
        raise ValueError(f"{text[:40]!a} is below 0")
    return value
