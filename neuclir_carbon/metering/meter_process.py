"""The meter as the supervisor has it: a process beside the child, and the pipe that its readings come through.

Standard library only; CodeCarbon is imported in that process alone (`meter.py`).
"""

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from neuclir_carbon.metering import machine
from neuclir_carbon.metering.journal import above_the_streams
from neuclir_carbon.model.journal_format import METER_ENDED, METER_READY, METER_WAS_ENDED

_LAST_READING_S = 5.0
_METER_LINE_BYTES = 64 * 1024
_METER_PROGRAM = (
    "import sys; sys.path.extend(p for p in sys.argv[2:] if p not in sys.path); "
    "from neuclir_carbon.metering.meter import main; main(float(sys.argv[1]))"
)


class MeterProcess:
    """The meter as a process of its own session: no key on the terminal reaches it, and it ends when we are gone."""

    def __init__(self, pid: int, to_meter: int, from_meter: int) -> None:
        self.pid = pid
        self.is_ready = False
        self.descriptors = (to_meter, from_meter)
        self._to_meter = to_meter
        self._from_meter = from_meter
        self._rest = b""
        self._cpu_s: float | None = None
        self._is_reaped = False

    @classmethod
    def start(cls, interval_s: float, environment: Mapping[str, str], *, by_signal: bool) -> "MeterProcess":
        """Starts it; it says `meter-ready` when CodeCarbon has found its way about the machine (1 to 5 s).

        `by_signal`: the kernel sends us SIGIO when it has written; only for a caller that holds that signal. OSError
        when it can't be started, also where we run inside a program that is no Python interpreter.
        """
        if not (sys.executable or "").rpartition("/")[2].lower().startswith(("python", "pypy")):
            raise OSError(errno.ENOEXEC, "no Python interpreter is known")
        child_reads, to_meter = (above_the_streams(descriptor) for descriptor in os.pipe())
        from_meter, child_writes = (above_the_streams(descriptor) for descriptor in os.pipe())
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-c", _METER_PROGRAM, repr(interval_s), *_importable_from()],
                _meters_environment(environment),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, child_reads, 0),
                    (os.POSIX_SPAWN_DUP2, child_writes, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                setsid=True,
                setsigmask=(),
            )
        except OSError:
            os.close(to_meter)
            os.close(from_meter)
            raise
        finally:
            os.close(child_reads)
            os.close(child_writes)
        os.set_blocking(from_meter, False)
        meter = cls(pid, to_meter, from_meter)
        if by_signal:
            meter._wake_us()
        return meter

    @property
    def descriptor(self) -> int:
        return self._from_meter

    def _wake_us(self) -> None:
        """Has the kernel send us SIGIO when there is something to read."""
        if hasattr(fcntl, "F_SETOWN") and hasattr(os, "O_ASYNC"):
            fcntl.fcntl(self._from_meter, fcntl.F_SETOWN, os.getpid())
            flags = fcntl.fcntl(self._from_meter, fcntl.F_GETFL)
            fcntl.fcntl(self._from_meter, fcntl.F_SETFL, flags | os.O_ASYNC)

    def entries(self) -> Iterator[dict[str, Any]]:
        """What it has written since the last time; EOFError when it has ended."""
        while True:
            try:
                chunk = os.read(self._from_meter, _METER_LINE_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                raise EOFError
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                entry = json.loads(line)
                self.is_ready = self.is_ready or entry["kind"] == METER_READY
                yield entry

    def last_entries(self) -> Iterator[dict[str, Any]]:
        """Asks for a last reading, gives what still comes, ends the meter and tells of its end. One that is not ready
        is just ended."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            if self.is_ready:
                os.write(self._to_meter, b"end\n")
                yield from self._until_it_ends(time.monotonic() + _LAST_READING_S)
        yield {"kind": METER_ENDED, **machine.clocks(), "reason": METER_WAS_ENDED, "meter_cpu_s": self.end()}

    def _until_it_ends(self, deadline: float) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(EOFError):
            while (left := deadline - time.monotonic()) > 0:
                select.select([self._from_meter], [], [], left)
                yield from self.entries()

    def end(self) -> float | None:
        """Ends the meter and what it started, if they still run, and reaps it: its CPU seconds, if they are known."""
        for descriptor in self.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        if not self._is_reaped:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                self.was_reaped(os.wait4(self.pid, 0)[2])
        return self._cpu_s

    def was_reaped(self, usage: Any) -> None:
        """Hears that its process has ended and what it had used; its id is no longer its own."""
        self._is_reaped = True
        self._cpu_s = float(usage.ru_utime + usage.ru_stime)


def _importable_from() -> list[str]:
    """Our own module path without the current folder, for an interpreter that is told to look nowhere else."""
    return [os.fsdecode(path) for path in sys.path if path.startswith("/") and path != _current_folder()]


def _current_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _meters_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would steer CodeCarbon (its variables, a `.codecarbon.config` at home) or Python.

    Inside a SLURM job CodeCarbon would ask scontrol, and that the cluster's controller, over the network: it sees no
    job. What the job was given is known without (`slurm.py`).
    """
    steering = ("codecarbon_", "python", "slurm_")
    kept = {name: value for name, value in environment.items() if not name.lower().startswith(steering)}
    kept["HOME"] = _package_folder()
    return kept


def _package_folder() -> str:
    return __file__.rpartition("/")[0]
