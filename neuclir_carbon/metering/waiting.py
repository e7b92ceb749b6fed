"""Waiting for held signals, the better of two ways that a platform has. Standard library only."""

import contextlib
import os
import select
import signal
from typing import NamedTuple, Protocol

from neuclir_carbon.metering.journal import above_the_streams
from neuclir_carbon.metering.launch import HeldSignals

# Of a signal that the kernel sent: a key on the terminal, a hang-up (siginfo's si_code, Linux).
_SENT_BY_KERNEL = 0x80


class Arrived(NamedTuple):
    """A signal that came in: its number, and whether the terminal (or the kernel) sent it; None where not known."""

    number: int
    by_terminal: bool | None


class Waiter(Protocol):
    """Waits for held signals."""

    def wait(self, seconds: float, descriptor: int | None) -> Arrived | None:
        """The next signal, or None when the time is over or there is something to read."""


class InfoWaiter:
    """Where sigtimedwait(2) is (Linux): tells who sent a signal. The meter's pipe wakes it with SIGIO."""

    def __init__(self, held: HeldSignals) -> None:
        self._held = held.all

    def wait(self, seconds: float, descriptor: int | None) -> Arrived | None:
        del descriptor
        found = signal.sigtimedwait(self._held, max(0.0, seconds))
        if found is None or found.si_signo == signal.SIGIO:
            return None
        return Arrived(found.si_signo, found.si_code == _SENT_BY_KERNEL)


class WakeupWaiter:
    """Elsewhere (macOS): handlers that do nothing but write the signal's number to a pipe, and select(2) on that."""

    def __init__(self, held: HeldSignals) -> None:
        reading, writing = (above_the_streams(descriptor) for descriptor in os.pipe())
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        self._reading = reading
        self.descriptors = (reading, writing)
        self._come: list[int] = []
        for number in held.all:
            signal.signal(number, _do_nothing)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held.all)

    def wait(self, seconds: float, descriptor: int | None) -> Arrived | None:
        if not self._come:
            watched = [self._reading] if descriptor is None else [self._reading, descriptor]
            ready, _, _ = select.select(watched, [], [], max(0.0, seconds))
            if self._reading in ready:
                with contextlib.suppress(BlockingIOError):
                    self._come.extend(os.read(self._reading, 4096))
        while self._come:
            number = self._come.pop(0)
            if number != signal.SIGIO:
                return Arrived(number, None)
        return None


def _do_nothing(number: int, frame: object) -> None:
    """A handler, so that the signal's number goes to the wake-up pipe."""


def usual_waiter(held: HeldSignals) -> Waiter:
    """The better of the two that this platform has."""
    return InfoWaiter(held) if hasattr(signal, "sigtimedwait") else WakeupWaiter(held)
