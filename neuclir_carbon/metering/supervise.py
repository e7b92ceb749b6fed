"""Watches over the child while it runs: hands signals on, keeps the journal, listens to the meter, reaps the child.

One thread that sleeps until a signal comes, the meter writes, or a checkpoint is due. Standard library only.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from neuclir_carbon.metering import machine
from neuclir_carbon.metering.journal import JournalWriter
from neuclir_carbon.metering.launch import Child, HeldSignals, Terminal, exit_code_of
from neuclir_carbon.metering.meter_process import MeterProcess
from neuclir_carbon.metering.neighbours import Neighbours
from neuclir_carbon.metering.waiting import Arrived, Waiter, usual_waiter
from neuclir_carbon.model.journal_format import (
    CHECKPOINT,
    ENDED,
    METER_ENDED,
    READING,
    STARTED,
)

if TYPE_CHECKING:
    from neuclir_carbon.metering.control_group import ControlGroup

_STOPS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
_TERMINAL_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGWINCH, signal.SIGHUP)
METER_DELAY_S = 0.2


class Watch:
    """One child under supervision. `warn` is called once when the journal can no longer be written."""

    def __init__(
        self,
        child: Child,
        journal: JournalWriter | None,
        *,
        held: HeldSignals,
        terminal: Terminal,
        interval_s: float,
        neighbours: Neighbours | None,
        group: "ControlGroup | None" = None,
        warn: Callable[[str], None],
        waiter: Waiter | None = None,
    ) -> None:
        self._child = child
        self._journal = journal
        self._held = held
        self._terminal = terminal
        self._interval_s = interval_s
        self._neighbours = neighbours
        self._group = group
        self._warn = warn
        self._waiter = waiter or usual_waiter(held)
        self._meter: MeterProcess | None = None
        self._meter_starts_at: float | None = None
        self._looks_about_at: float | None = None
        self._meters_environment: Mapping[str, str] = {}
        self._lent_terminal = False
        self._handed_stop_on = False
        self._heard_of_meter = False
        # Of processes that came to us when their parent ended (`adopt_orphans`), and have ended since.
        self._orphans_cpu_s = 0.0
        self._is_over = False

    def started(self, begun: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        """Writes that the child runs, since when (`begun`: the clocks and the machine's CPU time then), and where."""
        self._note(
            {
                "kind": STARTED, **begun, "pid": self._child.pid,
                "hardware": machine.hardware(environment), "host_id": machine.host_id(), **self._others(),
                **({} if self._group is None else {"group": self._group.path}),
            }
        )  # fmt: skip

    def _others(self) -> dict[str, Any]:
        """What a line says of the wrappers beside us, where there are some."""
        return {} if self._neighbours is None else self._neighbours.seen()

    def plan_meter(self, environment: Mapping[str, str]) -> None:
        """Has the meter start in a moment: a command that is over by then pays nothing for it."""
        self._meter_starts_at = time.monotonic() + METER_DELAY_S
        self._meters_environment = environment

    def _start_meter(self) -> None:
        """Starts the meter; one that can't be started is a gap in the record."""
        self._meter_starts_at = None
        try:
            self._meter = MeterProcess.start(self._interval_s, self._meters_environment, by_signal=True)
        except OSError as error:
            self._note({"kind": METER_ENDED, **machine.clocks(), "reason": f"could not be started: {error.strerror}"})

    @property
    def descriptors(self) -> Iterator[int]:
        """The descriptors that must stay open."""
        if self._journal is not None:
            yield self._journal.descriptor
        if self._terminal.descriptor is not None:
            yield self._terminal.descriptor
        yield from getattr(self._waiter, "descriptors", ())

    def until_the_end(self) -> int:
        """Waits for the child's end and journals it; the exit code as a shell gives it."""
        due = time.monotonic() + self._interval_s
        self._looks_about_at = time.monotonic() + METER_DELAY_S
        while True:
            ended = self._reaped()
            if ended is not None:
                return self._conclude(*ended)
            self._listen_to_meter()
            now = time.monotonic()
            if self._meter_starts_at is not None and now >= self._meter_starts_at:
                self._start_meter()
            if self._looks_about_at is not None and now >= self._looks_about_at:
                # Who began with us may be gone before our first line; from now on it is known.
                self._looks_about_at = None
                self._others()
            if now >= due:
                self._checkpoint()
                due = now + self._interval_s
            next_task = min(due, self._meter_starts_at or due, self._looks_about_at or due)
            arrived = self._waiter.wait(next_task - now, self._meter.descriptor if self._meter else None)
            if arrived is not None and arrived.number != signal.SIGCHLD:
                self._hand_on(arrived)

    def _reaped(self) -> tuple[int, Any] | None:
        """(wait status, resource use) when the child has ended; a stop of the child is mirrored."""
        while True:
            pid, status, usage = os.wait4(-1, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                return None
            if pid != self._child.pid:
                self._take_note_of(pid, status, usage)
            elif os.WIFSTOPPED(status):
                self._mirror_stop(os.WSTOPSIG(status))
            else:
                return status, usage

    def _take_note_of(self, pid: int, status: int, usage: Any) -> None:
        """The end of the meter, or of a process that the command has left to us."""
        if os.WIFSTOPPED(status):
            return
        if self._meter is not None and pid == self._meter.pid:
            self._meter.was_reaped(usage)
        else:
            self._orphans_cpu_s += usage.ru_utime + usage.ru_stime

    def _conclude(self, status: int, usage: Any) -> int:
        # The clocks first: the last reading may take a moment, which is not the child's.
        exit_code, signal_number = exit_code_of(status)
        end = {
            "kind": ENDED, **machine.clocks(), **machine.cpu_times(), "exit_code": exit_code, "signal": signal_number,
            "child_cpu_s": self._at_least(usage.ru_utime + usage.ru_stime + self._left_cpu_s()), **self._others(),
        }  # fmt: skip
        self._note(end)
        self._is_over = True
        if self._lent_terminal and self._terminal.foreground_group == self._child.group:
            self._terminal.give_to(os.getpgrp())
        if self._meter is not None:
            for entry in self._meter.last_entries():
                self._take(entry)
            self._meter = None
        return exit_code

    def _left_cpu_s(self) -> float:
        """CPU seconds of the processes that the command has left to us, the live ones' so far included."""
        ours = {self._child.pid, self._meter.pid if self._meter else None}
        alive = [machine.tree_cpu_s(pid) or 0.0 for pid in machine.children(os.getpid()) if pid not in ours]
        return self._orphans_cpu_s + sum(alive)

    def _used_cpu_s(self) -> float | None:
        """CPU seconds of the command so far; None where the kernel does not tell."""
        used = machine.tree_cpu_s(self._child.pid)
        return None if used is None else self._at_least(used + self._left_cpu_s())

    def _at_least(self, used_s: float) -> float:
        """CPU seconds that were seen in processes, or more where the command's control group has seen more: of children
        that nobody waits for no process tells."""
        counted_s = None if self._group is None else self._group.cpu_s()
        return used_s if counted_s is None else max(used_s, counted_s)

    # Signals

    def _hand_on(self, arrived: Arrived) -> None:
        """Sends a signal on: to the child's own group; or, where the child shares ours and the terminal has not already
        sent it to everyone, to the child and its descendants."""
        number = arrived.number
        self._handed_stop_on = number == signal.SIGTSTP or (self._handed_stop_on and number != signal.SIGCONT)
        if self._child.group is not None:
            self._lend_terminal()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.group, number)
            return
        by_terminal = number in _TERMINAL_SIGNALS if arrived.by_terminal is None else arrived.by_terminal
        if not by_terminal:
            for pid in (self._child.pid, *machine.descendants(self._child.pid)):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)

    def _lend_terminal(self) -> bool:
        """Where a shell's `fg` has brought us to the foreground, the terminal goes on to the child's group."""
        group = self._child.group
        if group is None or not self._terminal.is_ours or not self._terminal.give_to(group):
            return False
        self._lent_terminal = True
        return True

    def _mirror_stop(self, number: int) -> None:
        """Stops us as the child was stopped, so that the shell sees a stopped job; on its `fg` or `bg` we go on first.
        A child that someone else stopped is left to them: if they continue it, nobody would continue us."""
        if number not in _STOPS or (self._terminal.descriptor is None and not self._handed_stop_on):
            return
        if number != signal.SIGTSTP and self._lend_terminal():
            self._continue_child()
            return
        _stop_ourselves(number)
        self._lend_terminal()
        self._continue_child()

    def _continue_child(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._child.group is None:
                os.kill(self._child.pid, signal.SIGCONT)
            else:
                os.killpg(self._child.group, signal.SIGCONT)

    # Journal and meter

    def _listen_to_meter(self) -> None:
        if self._meter is None:
            return
        try:
            for entry in self._meter.entries():
                self._take(entry)
        except (EOFError, OSError, ValueError, KeyError):
            reason = {"reason": "it ended before the command", "meter_cpu_s": self._meter.end()}
            self._meter = None
            self._note({"kind": METER_ENDED, **machine.clocks(), **reason})

    def _take(self, entry: dict[str, Any]) -> None:
        """Journals what the meter wrote; to a reading go the machine's CPU time, the command's, and its neighbours'."""
        self._heard_of_meter = True
        is_reading = entry["kind"] == READING and not self._is_over
        used = {"child_cpu_s": self._used_cpu_s(), **self._others()} if is_reading else {}
        self._note({**entry, **machine.cpu_times(), **used})

    def _checkpoint(self) -> None:
        """A checkpoint of our own, where the meter was silent: how long, and how much CPU time so far."""
        if not self._heard_of_meter:
            self._note(
                {
                    "kind": CHECKPOINT,
                    **machine.clocks(),
                    **machine.cpu_times(),
                    "child_cpu_s": self._used_cpu_s(),
                    **self._others(),
                }
            )
        self._heard_of_meter = False

    def _note(self, entry: Mapping[str, Any]) -> None:
        if self._journal is None:
            return
        try:
            self._journal.append(entry)
        except OSError as error:
            self._warn(
                f"the journal {self._journal.path} can't be written any more ({error.strerror}); "
                "the command goes on, and its record is made at its end"
            )


def _stop_ourselves(number: int) -> None:
    """Stops this process by the signal that stopped the child, until someone continues it. A group that no shell
    watches over is not stopped by the terminal's stop signals (POSIX: orphaned); there SIGSTOP does it."""
    if not _is_watched_over():
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    before = signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(number, before)


def _is_watched_over() -> bool:
    """Whether our parent is of our session and of another group: a shell with job control."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:
        return False


def wait_plainly(child: Child, held: HeldSignals) -> int:
    """Waits for the child and hands signals on, and does nothing else: what is left when supervising failed."""
    waiter = usual_waiter(held)
    while True:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid:
            return exit_code_of(status)[0]
        arrived = waiter.wait(60.0, None)
        if arrived is not None and arrived.number != signal.SIGCHLD:
            with contextlib.suppress(OSError):
                (os.kill if child.group is None else os.killpg)(child.pid, arrived.number)
