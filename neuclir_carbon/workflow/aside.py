"""Work that processes of ours do while this one goes on.

They are forked, as Linux can: each has all that this one holds, and gives back one value. The value is the same
wherever it is worked out. Where no process can be had, or one comes to nothing (killed for its memory), its work is
done here, when its value is asked for.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, BinaryIO, NamedTuple, TypeVar

Value = TypeVar("Value")


class _Process(NamedTuple):
    number: int
    stream: BinaryIO


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether work can be done aside here; elsewhere than on Linux, system libraries may not outlive a fork."""
    return sys.platform == "linux"


@contextmanager
def aside(tasks: Sequence[Callable[[], Value]]) -> Iterator[list[Callable[[], Value]]]:
    """Begins each task in a process of its own, and gives for each what waits for its value. What a task raises is
    raised there. When the block ends, no process is left."""
    running: list[_Process] = []
    waiting: list[Callable[[], Value]] = []
    try:
        for task in tasks:
            process = _started(task, running) if can_fork() and processors() > 1 else None
            if process is not None:
                running.append(process)
            waiting.append(task if process is None else partial(_value, task, process.stream))
        yield waiting
    finally:
        for process in running:
            process.stream.close()
            with suppress(ProcessLookupError):
                os.kill(process.number, signal.SIGKILL)
            os.waitpid(process.number, 0)


def _started(task: Callable[[], Any], others: Sequence[_Process]) -> _Process | None:
    """A process that is at the task; None where there can be no more of them."""
    reader, writer = os.pipe()
    try:
        number = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if number:
        os.close(writer)
        return _Process(number, os.fdopen(reader, "rb"))
    code = 1
    # Nothing but this may happen in the new process: no clean-up, no message, nothing that was buffered before.
    try:
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(kind, signal.SIG_DFL)
        os.close(reader)
        for other in others:
            os.close(other.stream.fileno())
        import pickle

        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(task(), pipe, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)


def _value(task: Callable[[], Value], stream: BinaryIO) -> Value:
    """What the task's process gave back. It is ours, forked from this one: its pickle is no stranger's."""
    import pickle

    try:
        found: Value = pickle.load(stream)  # noqa: S301 - see above
    except (EOFError, pickle.UnpicklingError):
        return task()
    return found
