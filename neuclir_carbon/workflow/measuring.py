"""`measure`: a block of Python, recorded as `neuclir-carbon run` records a command."""

import contextlib
import functools
import inspect
import logging
import os
import resource
import select
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar, Token
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from neuclir_carbon.errors import BadOption
from neuclir_carbon.factors.places import check_place
from neuclir_carbon.metering import machine
from neuclir_carbon.metering.journal import JournalWriter
from neuclir_carbon.metering.launch import PARENT_VARIABLE
from neuclir_carbon.metering.meter_process import MeterProcess
from neuclir_carbon.metering.neighbours import Neighbours
from neuclir_carbon.metering.order import (
    METERS,
    SCOPES,
    Order,
    checked_choice,
    checked_label,
    checked_number,
    checked_tags,
    place_variables,
)
from neuclir_carbon.metering.wrapper import open_journal, parent_of
from neuclir_carbon.model.journal_format import CHECKPOINT, ENDED, METER_ENDED, READING, STARTED, new_record_id
from neuclir_carbon.model.place import SITES
from neuclir_carbon.model.record import ACTIVITIES, ActivityRecord
from neuclir_carbon.workflow.recording import Recorded, conclude

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_LOG = logging.getLogger("neuclir_carbon")
_LOG.addHandler(logging.NullHandler())
_MOST_WAIT_S = 30.0
_around: ContextVar[str | None] = ContextVar("neuclir_carbon_measurement", default=None)


def measure(
    *,
    activity: str = "other",
    label: str | None = None,
    run_tags: Iterable[str] = (),
    ledger: str | os.PathLike[str] | None = None,
    country: str | None = None,
    region: str | None = None,
    cloud: str | None = None,
    cloud_region: str | None = None,
    intensity: float | None = None,
    pue: float | None = None,
    site: str | None = None,
    interval_s: float = 15.0,
    meter: str = "auto",
    scope: str = "auto",
) -> "Measurement":
    """A context manager and decorator that records the energy and emissions of a block of Python.

    The same record as `neuclir-carbon run` leaves, in the same ledger (default `NEUCLIR_CARBON_LEDGER`, else `carbon`).
    `intensity` is in g CO2e/kWh; place and PUE may also come from `NEUCLIR_CARBON_*` variables or `ledger.toml`.
    A bad argument is refused here, with `BadOption`; from then on nothing of ours is raised: what goes wrong stands in
    `warnings` of the measurement and in the log `neuclir_carbon`. Signal handlers and streams are left alone.

        with neuclir_carbon.measure(activity="indexing", country="DEU"):
            index(collection)
    """
    check_place(country=country, region=region, cloud=cloud, cloud_region=cloud_region)
    if pue is not None and site is not None:
        raise BadOption("pue and site are both given; give one of them")
    return Measurement(
        {
            "ledger": os.fspath(ledger or os.environ.get("NEUCLIR_CARBON_LEDGER") or "carbon"),
            "activity": checked_choice("activity", activity, ACTIVITIES),
            "label": None if label is None else checked_label("label", label),
            "run_tag": checked_tags("run_tags", [run_tags] if isinstance(run_tags, str) else run_tags),
            "country": country,
            "region": region,
            "cloud": cloud,
            "cloud_region": cloud_region,
            "intensity": None if intensity is None else checked_number("intensity", intensity, 0, 100_000),
            "pue": None if pue is None else checked_number("pue", pue, 1, 100),
            "site": None if site is None else checked_choice("site", site, SITES),
            "interval": checked_number("interval_s", interval_s, 0.2, 86_400),
            "meter": checked_choice("meter", meter, METERS),
            "scope": checked_choice("scope", scope, SCOPES),
        }
    )


class Measurement:
    """Measures each `with` block, or each call of the function that it decorates.

    `record` is the last finished record (None before, or when none could be made), `path` its file, `warnings` what
    went wrong or was not known. The CPU time is the whole process's, other threads' included.
    """

    def __init__(self, options: Mapping[str, Any], *, tells: "Measurement | None" = None) -> None:
        self.record: ActivityRecord | None = None
        self.path: Path | None = None
        self.warnings: tuple[str, ...] = ()
        self._options = options
        self._tells = tells
        self._running: list[_Running] = []

    def __enter__(self) -> "Measurement":
        self._running.append(_Running(self._options))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = self._running.pop()
        try:
            recorded = running.end(failed=error is not None)
        except Exception as trouble:  # noqa: BLE001 - a tracker failure is never the caller's
            self._tell(None, (f"the measurement has no record: {trouble}",))
            return
        if recorded is not None:
            self._tell(recorded, recorded.warnings)

    def __call__(self, function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """The function, measured at each call; coroutine functions too. Generators are refused with a TypeError: their
        body runs while the caller asks for values, not while they are called."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"measure can't decorate the generator {getattr(function, '__name__', function)}: its work is done "
                "while values are taken from it; put 'with measure(…):' around the loop that takes them"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def measured_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self._another():
                    return await function(*args, **kwargs)

            return cast("Callable[Parameters, Result]", measured_coroutine)

        @functools.wraps(function)
        def measured(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with self._another():
                return function(*args, **kwargs)

        return measured

    def _another(self) -> "Measurement":
        """A measurement of its own for one call: calls may overlap, in threads or as coroutines."""
        return Measurement(self._options, tells=self)

    def _tell(self, recorded: Recorded | None, warnings: tuple[str, ...]) -> None:
        if recorded is not None:
            self.record, self.path = recorded.record, recorded.path
        self.warnings = (*self.warnings, *warnings)
        if self._tells is not None:
            self._tells._tell(recorded, warnings)
            return
        for text in warnings:
            _LOG.warning(text)


class _Running:
    """One block under measurement, from entering to leaving it. Its constructor raises nothing."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._pid = os.getpid()
        self._trouble: str | None = None
        self._journal: JournalWriter | None = None
        self._watch: _MeterThread | None = None
        self._token: Token[str | None] | None = None
        self._set_variable = False
        self._ledger = str(options["ledger"])
        try:
            self._begin(options)
        except Exception as error:  # noqa: BLE001 - a tracker failure is never the caller's
            self._trouble = f"nothing is measured: {error}"

    def _begin(self, options: Mapping[str, Any]) -> None:
        order = Order(options, place_variables(os.environ), None)
        self._ledger = order.ledger
        record_id = new_record_id()
        begin = order.first_line(record_id, _around.get() or parent_of(os.environ))
        self._journal, self._trouble = open_journal(order.ledger, begin)
        self._token = _around.set(record_id)
        self._name_parent(record_id)
        if self._journal is None:
            return
        lock = threading.Lock()
        self._note_locked = functools.partial(_append, self._journal, lock)
        self._neighbours = Neighbours(order.ledger, begin)
        self._cpu_s = _own_cpu_s()
        self._note_locked(
            {
                "kind": STARTED, **machine.clocks(), **machine.cpu_times(), "pid": self._pid,
                "hardware": machine.hardware(os.environ), "host_id": machine.host_id(), **self._neighbours.seen(),
            }
        )  # fmt: skip
        self._watch = _MeterThread(
            self._note_locked, order.interval_s, self._used_by_all, with_meter=options["meter"] != "cpu-time"
        )

    def _name_parent(self, record_id: str) -> None:
        """Lets wrappers that the block starts know of us; the outermost measurement of a process stands for all."""
        if PARENT_VARIABLE not in os.environ:
            os.environ[PARENT_VARIABLE] = record_id
            self._set_variable = True

    def _used(self) -> dict[str, Any]:
        """CPU time so far, the machine's and the block's, as a journal's line tells it."""
        return {**machine.cpu_times(), "child_cpu_s": max(0.0, _own_cpu_s() - self._cpu_s)}

    def _used_by_all(self) -> dict[str, Any]:
        """The same, with what wrappers beside us have used."""
        return {**self._used(), **self._neighbours.seen()}

    def end(self, *, failed: bool) -> Recorded | None:
        """Ends the measurement and writes its record; None in a forked copy of the process: not its block."""
        if os.getpid() != self._pid:
            return None
        if self._set_variable:
            os.environ.pop(PARENT_VARIABLE, None)
        if self._token is not None:
            with contextlib.suppress(ValueError):
                _around.reset(self._token)
        if self._journal is None:
            raise RuntimeError(self._trouble or "there is no journal")
        end = {
            "kind": ENDED, **machine.clocks(), "exit_code": None, "signal": None, "failed_in_body": failed,
            **self._used(),
        }  # fmt: skip
        if self._watch is not None:
            self._watch.end()
        self._note_locked(end | self._neighbours.seen())
        recorded = conclude(self._journal.read(), Path(self._ledger))
        self._journal.remove()
        return recorded


class _MeterThread:
    """Listens to the meter and keeps the journal while the block runs. A daemon: it holds no program back."""

    def __init__(
        self,
        note: Callable[[Mapping[str, Any]], None],
        interval_s: float,
        used: Callable[[], dict[str, Any]],
        *,
        with_meter: bool,
    ) -> None:
        self._note = note
        self._interval_s = interval_s
        self._used = used
        self._over, self._tell_over = os.pipe()
        self._meter: MeterProcess | None = None
        if with_meter:
            try:
                self._meter = MeterProcess.start(interval_s, os.environ, by_signal=False)
            except OSError as error:
                note({"kind": METER_ENDED, **machine.clocks(), "reason": f"could not be started: {error.strerror}"})
        self._thread = threading.Thread(target=self._listen, name="neuclir-carbon-meter", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Takes the last reading and ends meter and thread."""
        os.close(self._tell_over)
        self._thread.join(_MOST_WAIT_S)

    def _listen(self) -> None:
        due = time.monotonic() + self._interval_s
        while True:
            watched = [self._over] if self._meter is None else [self._over, self._meter.descriptor]
            ready, _, _ = select.select(watched, [], [], max(0.0, due - time.monotonic()))
            if self._over in ready:
                break
            if ready:
                self._hear()
            else:
                self._note({"kind": CHECKPOINT, **machine.clocks(), **self._used()})
            due = time.monotonic() + self._interval_s
        os.close(self._over)
        if self._meter is not None:
            for entry in self._meter.last_entries():
                self._note({**entry, **machine.cpu_times()})

    def _hear(self) -> None:
        """Journals what the meter has written."""
        if self._meter is None:
            return
        try:
            for entry in self._meter.entries():
                self._note({**entry, **(self._used() if entry["kind"] == READING else machine.cpu_times())})
        except (EOFError, OSError, ValueError, KeyError):
            reason = {"reason": "it ended before the block", "meter_cpu_s": self._meter.end()}
            self._meter = None
            self._note({"kind": METER_ENDED, **machine.clocks(), **reason})


def _append(journal: JournalWriter, lock: threading.Lock, entry: Mapping[str, Any]) -> None:
    """Adds a line; what the disk does not take, the journal keeps in memory."""
    with lock, contextlib.suppress(OSError):
        journal.append(entry)


def _own_cpu_s() -> float:
    """CPU seconds of this process and of the children that it has waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
