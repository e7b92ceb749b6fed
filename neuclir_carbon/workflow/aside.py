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
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


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
        # Where whoever started us has SIGCHLD ignored, the system takes ended processes away by itself.
        with suppress(ChildProcessError):
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
            with _end_held() as before:
                process = _started(some, running, before) if can_fork() and processors() > 1 else None
                if process is not None:
                    running.append(process)
            waiting.extend(some if process is None else (partial(process.value, place) for place in range(len(some))))
        yield waiting
    finally:
        for process in running:
            process.end()


@contextmanager
def _end_held() -> Iterator[Iterable[int]]:
    """Whoever ends this process is heard after the block: until a new process is known here, nobody would end it, and
    until it has handlers of its own, it would clean up what is ours. Gives what was held before."""
    if not can_fork():
        yield ()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _started(
    tasks: Sequence[Task[Value]], others: Sequence[_Process[Value]], held: Iterable[int]
) -> _Process[Value] | None:
    """A process that is at the tasks and holds these signals; None where there can be no more of them."""
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
        for kind in _ENDING:
            # What is ignored stays so: under nohup a closed terminal ends nobody.
            if signal.getsignal(kind) is not signal.SIG_IGN:
                signal.signal(kind, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
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
