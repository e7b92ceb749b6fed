"""Work that processes of ours do while this one goes on.

They are forked, as Linux can: each has all that this one holds, and gives back values. A value is the same wherever it
is worked out. Where no process can be had, or one comes to nothing (killed for its memory), its work is done here, when
its value is asked for.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO, Generic, TypeVar

from attrs import Factory, define

Value = TypeVar("Value")
Task = Callable[[], Value]


@define
class _Process(Generic[Value]):
    """A process that is at its tasks one after the other, and the values that were read from it."""

    number: int
    stream: BinaryIO
    tasks: Sequence[Task[Value]]
    values: list[Value] = Factory(list)

    def value(self, place: int) -> Value:
        """The value of the task at a place. It is ours, forked from this process: its pickle is no stranger's."""
        import pickle

        try:
            while len(self.values) <= place:
                self.values.append(pickle.load(self.stream))  # noqa: S301 - see above
        except (EOFError, pickle.UnpicklingError):
            return self.tasks[place]()
        return self.values[place]

    def end(self) -> None:
        self.stream.close()
        with suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)
        os.waitpid(self.number, 0)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether work can be done aside here; elsewhere than on Linux, system libraries may not outlive a fork."""
    return sys.platform == "linux"


@contextmanager
def aside(tasks: Sequence[Task[Value]], *, in_turn: bool = False) -> Iterator[list[Task[Value]]]:
    """Begins each task in a process of its own, or, `in_turn`, all of them in one. Gives for each what waits for its
    value; what a task raises is raised there. When the block ends, no process is left."""
    running: list[_Process[Value]] = []
    waiting: list[Task[Value]] = []
    try:
        for some in [tasks] if in_turn else [[task] for task in tasks]:
            process = _started(some, running) if can_fork() and processors() > 1 else None
            if process is None:
                waiting.extend(some)
            else:
                running.append(process)
                waiting.extend(partial(process.value, place) for place in range(len(some)))
        yield waiting
    finally:
        for process in running:
            process.end()


def _started(tasks: Sequence[Task[Value]], others: Sequence[_Process[Value]]) -> _Process[Value] | None:
    """A process that is at the tasks; None where there can be no more of them."""
    ends: tuple[int, ...] = ()
    try:
        ends = reader, writer = os.pipe()
        number = os.fork()
    except OSError:
        for end in ends:
            os.close(end)
        return None
    if number:
        os.close(writer)
        return _Process(number, os.fdopen(reader, "rb"), tasks)
    code = 1
    # Nothing but this may happen in the new process: no clean-up, no message, nothing that was buffered before.
    try:
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(kind, signal.SIG_DFL)
        os.close(reader)
        for other in others:
            os.close(other.stream.fileno())
        _answer(tasks, writer)
        code = 0
    finally:
        os._exit(code)


def _answer(tasks: Iterable[Task[Value]], writer: int) -> None:
    import pickle

    with os.fdopen(writer, "wb") as pipe:
        for task in tasks:
            pickle.dump(task(), pipe, pickle.HIGHEST_PROTOCOL)
            pipe.flush()
