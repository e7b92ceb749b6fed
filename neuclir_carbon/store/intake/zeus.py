"""Zeus's CSV of measurement windows: seconds and joules, a column a GPU, processor or memory.

Windows may lie within each other (an epoch and its steps), and nothing says so but their times. Counted are windows
that do not overlap, chosen so that they hold the most energy: the outer ones, as a rule.
"""

import math
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from neuclir_carbon.checks.intake import ASSUMED, BAD_ROW, IMPOSSIBLE, UNKNOWN_ENERGY
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Origin, Remark, Reported, Statement
from neuclir_carbon.store.intake.amounts import JOULES_PER_KWH
from neuclir_carbon.store.intake.form import Form, Head, has_header
from neuclir_carbon.store.intake.labels import label
from neuclir_carbon.store.intake.machine_limits import W_PER_GPU, W_REST
from neuclir_carbon.store.intake.table import Row, read_rows

TOOL = "zeus"
MOST_WINDOWS = 300_000
_NEEDED = frozenset({"start_time", "window_name", "elapsed_time"})
_ENERGY = re.compile(r"(gpu|cpu|dram|soc)[0-9]{0,4}_energy")
_PARTS = {"gpu": "gpu", "cpu": "cpu", "soc": "cpu", "dram": "ram"}
_W_PER_SOCKET = 1_500.0
# A monotonic clock counts from the machine's start: above this it is no such clock, but seconds since 1970.
_IN_2001, _IN_2100 = 1e9, 4.1e9
# Windows that follow each other share their end and beginning, to some rounding.
_ROUNDING_S = 1e-4


class _Window(NamedTuple):
    line: int
    name: str
    start_s: float
    elapsed_s: float
    gpu_kwh: float | None
    cpu_kwh: float | None
    ram_kwh: float | None
    is_sound: bool

    @property
    def end_s(self) -> float:
        return self.start_s + self.elapsed_s

    @property
    def whole_kwh(self) -> float:
        return math.fsum(kwh or 0.0 for kwh in (self.gpu_kwh, self.cpu_kwh, self.ram_kwh))

    @property
    def is_measured(self) -> bool:
        return not (self.gpu_kwh is None and self.cpu_kwh is None and self.ram_kwh is None)


def _is_header(names: Sequence[str]) -> bool:
    return set(names) >= _NEEDED


def _looks_like(head: Head) -> bool:
    return has_header(head, _is_header, "window_name")


def read(path: Path) -> Iterator[Statement]:
    """The windows of a file that count, and what of it can't be read or is assumed."""
    windows: list[_Window] = []
    columns: list[str] = []
    for row in read_rows(path, _is_header):
        if isinstance(row, Remark):
            yield row
            continue
        columns = columns or [name for name in row.columns if _ENERGY.fullmatch(name)]
        try:
            windows.append(_window(row, columns))
        except ValueError as error:
            yield Remark(BAD_ROW.code, str(error), row.line)
        if len(windows) > MOST_WINDOWS:
            raise Unreadable(f"{path} has more than {MOST_WINDOWS:,} windows")
    sound = [window for window in windows if window.is_sound]
    for window in windows:
        if not window.is_sound:
            yield Remark(IMPOSSIBLE.code, "holds an energy below 0: a counter was set back", window.line)
    counted = _apart(sound)
    if len(counted) < len(sound):
        yield Remark(
            ASSUMED.code,
            f"{len(sound) - len(counted):,} of {len(sound):,} windows lie within others or across them; "
            f"counted are the {len(counted):,} that do not overlap and hold the most energy",
        )
    parts = sorted({_PARTS[_part(column)] for column in columns})
    if "cpu" not in parts:
        told = f"only the energy of {' and '.join(parts)} is told" if parts else "no energy is told"
        yield Remark(UNKNOWN_ENERGY.code, f"{told}: the rest of the machine is not included")
    origin = _origin(columns)
    yield from (_statement(window, origin) for window in counted)


def _window(row: Row, columns: Sequence[str]) -> _Window:
    if not row.fits:
        raise ValueError(f"has {len(row.cells):,} cells, wanted {row.width:,}")
    values: dict[str, float] = {}
    joules = {column: value for column in columns if (value := row.number(column)) is not None}
    for column, value in joules.items():
        part = _PARTS[_part(column)]
        values[part] = values.get(part, 0.0) + value / JOULES_PER_KWH
    start_s, elapsed_s = row.number("start_time"), row.number("elapsed_time")
    if start_s is None or elapsed_s is None:
        raise ValueError("has no time: which windows lie within others can't be told")
    if elapsed_s < 0:
        raise ValueError(f"elapsed_time is {elapsed_s:g}, which is below 0")
    is_sound = all(value >= 0 for value in joules.values())
    gpu_kwh, cpu_kwh, ram_kwh = (values.get(part) for part in ("gpu", "cpu", "ram"))
    name = sys.intern(row.get("window_name")[:400])
    return _Window(row.line, name, start_s, elapsed_s, gpu_kwh, cpu_kwh, ram_kwh, is_sound)


def _part(column: str) -> str:
    return re.split("[0-9_]", column, maxsplit=1)[0]


def _apart(windows: Sequence[_Window]) -> list[_Window]:
    """The windows that do not overlap and hold the most energy, by time; of equal choices the one of fewer windows."""
    ordered = sorted(windows, key=lambda window: (window.end_s, -window.elapsed_s))
    ends = [window.end_s for window in ordered]
    # best[n]: (energy, time, - windows) of the best choice among the first n; before[n]: how many of these end in time.
    best: list[tuple[float, float, int]] = [(0.0, 0.0, 0)]
    before: list[int] = []
    for index, window in enumerate(ordered):
        earlier = min(bisect_right(ends, window.start_s + _ROUNDING_S), index)
        before.append(earlier)
        best.append(max(best[index], _with(best[earlier], window)))
    chosen: list[_Window] = []
    index = len(ordered)
    while index:
        window = ordered[index - 1]
        if best[index] == _with(best[before[index - 1]], window):
            chosen.append(window)
            index = before[index - 1]
        else:
            index -= 1
    return chosen[::-1]


def _with(chosen: tuple[float, float, int], window: _Window) -> tuple[float, float, int]:
    energy, time, count = chosen
    return energy + window.whole_kwh, time + window.elapsed_s, count - 1


def _origin(columns: Sequence[str]) -> Origin:
    parts = [_part(column) for column in columns]
    gpus, sockets = parts.count("gpu"), parts.count("cpu") + parts.count("soc")
    return Origin(
        tool=TOOL,
        mode="machine",
        hardware=(("gpus", gpus),),
        power_limit_w=W_REST + gpus * W_PER_GPU + sockets * _W_PER_SOCKET,
    )


def _statement(window: _Window, origin: Origin) -> Reported:
    since_1970 = _IN_2001 < window.start_s < _IN_2100
    return Reported(
        line=window.line,
        origin=origin,
        identity=(TOOL, window.name, window.start_s, window.elapsed_s, window.whole_kwh),
        is_part=True,
        label=label(window.name),
        written_s=window.end_s if since_1970 else None,
        started_s=window.start_s if since_1970 else None,
        has_zone=since_1970,
        duration_s=window.elapsed_s,
        energy_kwh=window.whole_kwh if window.is_measured else None,
        cpu_kwh=window.cpu_kwh,
        gpu_kwh=window.gpu_kwh,
        ram_kwh=window.ram_kwh,
    )


FORM = Form(name=TOOL, title="Zeus's CSV of measurement windows", looks_like=_looks_like, read=read)
