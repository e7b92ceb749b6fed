"""Many bundles examined by several processes of this machine, each asked for one bundle after the other.

The processes are started by a server that has imported what they need and holds nothing else, so that they are small
and soon there. Each has a pipe of its own: of one that dies it is known which bundle it had. That bundle is tried once
more when all others are done, and then told of; none is lost in silence.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from attrs import Factory, define

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.sources import Bundle
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.examined import Examined, format_examined
from neuclir_carbon.workflow.examining import examine

# Bundles that a process is given at once: the next is there when one is done.
_AHEAD = 2
_TRIES = 2
_STARTS = 4
_PATIENCE_S = 2.0
_NEEDED = ("neuclir_carbon.workflow.examining", "jsonschema_rs", "msgspec", "yaml", "rfc8785")


def examine_in_processes(
    bundles: Iterable[Bundle], published: LoadedTrack | None, workers: int
) -> Iterator[tuple[Bundle, bytes]]:
    """The text of what came of each bundle, as soon as it is known. When the iterator is closed no process is left."""
    again: list[Bundle] = []
    with _crew(published) as crew:
        for bundle, found, died in crew.work(deque(bundles), workers):
            if died is None:
                yield bundle, found
            else:
                again.append(bundle)
        for _ in range(1, _TRIES):
            # One at a time: memory that several needed at once may be enough for each of them.
            trying, again = again, []
            for bundle, found, died in crew.work(deque(trying), 1):
                if died is None:
                    yield bundle, found
                else:
                    text = f"the process that examined it died {_TRIES} times, at last {died}; look at it with verify"
                    yield bundle, format_examined(Examined(unread=text))


@define
class _Worker:
    """A process, our end of its pipe, and what it was given and has not answered."""

    process: Any
    pipe: Connection
    given: deque[Bundle] = Factory(deque)
    is_up: bool = False


@define
class _Crew:
    """The processes at work."""

    context: Any
    published: LoadedTrack | None
    workers: list[_Worker] = Factory(list)
    failed_starts: int = 0

    def work(self, waiting: deque[Bundle], count: int) -> Iterator[tuple[Bundle, bytes, str | None]]:
        """Each bundle with the text of what came of it; or with how its process died."""
        self._stop(self.workers[count:])
        while waiting or any(worker.given for worker in self.workers):
            self._give(waiting, count)
            for pipe in wait([worker.pipe for worker in self.workers]):
                worker = next(worker for worker in self.workers if worker.pipe is pipe)
                try:
                    found = worker.pipe.recv_bytes()
                except (EOFError, OSError):
                    self.workers.remove(worker)
                    died = _end_of(worker)
                    if not worker.is_up:
                        self._not_started(died)
                    elif worker.given:
                        yield worker.given.popleft(), b"", died
                    waiting.extendleft(reversed(worker.given))
                    continue
                if not worker.is_up:
                    worker.is_up, self.failed_starts = True, 0
                else:
                    yield worker.given.popleft(), found, None

    def _not_started(self, died: str) -> None:
        """Notes that a process died before it was at work: that says nothing of a bundle."""
        self.failed_starts += 1
        if self.failed_starts == _STARTS:
            raise Unreadable(f"no process that examines bundles can be started here ({died}); try --workers 1")

    def stop(self) -> None:
        """Ends every process, whatever it is at."""
        self._stop(list(self.workers))

    def _give(self, waiting: deque[Bundle], count: int) -> None:
        while len(self.workers) < min(count, len(waiting)):
            self.workers.append(self._started())
        for ahead in range(_AHEAD):
            for worker in self.workers:
                if waiting and len(worker.given) <= ahead:
                    bundle = waiting.popleft()
                    worker.given.append(bundle)
                    # A process that has died is found out when its pipe is read.
                    with suppress(OSError):
                        worker.pipe.send(bundle)

    def _started(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_answer, args=(theirs, self.published), daemon=True)
        with _interrupts_held():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _stop(self, workers: Sequence[_Worker]) -> None:
        for worker in workers:
            self.workers.remove(worker)
            worker.pipe.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join(_PATIENCE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


@contextmanager
def _crew(published: LoadedTrack | None) -> Iterator[_Crew]:
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context: Any = multiprocessing.get_context(kind)
    if kind == "forkserver":
        context.set_forkserver_preload(list(_NEEDED))
    crew = _Crew(context, published)
    try:
        yield crew
    finally:
        crew.stop()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C at a terminal goes to every process; those that are started here never hear of it: we end them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Started first: it lets interrupts through again when it is, and so would the server that is started after it.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(pipe: Connection, published: LoadedTrack | None) -> None:
    """A process's whole life: a sign that it is up, then bundles in and results out, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Ends by way of `finally`: a copied object goes away.
    signal.signal(signal.SIGTERM, _leave)
    with suppress(EOFError, OSError):
        pipe.send_bytes(b"")
        while True:
            pipe.send_bytes(examine(pipe.recv(), published))


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _end_of(worker: _Worker) -> str:
    worker.pipe.close()
    worker.process.join(_PATIENCE_S)
    code = worker.process.exitcode
    if code is None:
        worker.process.kill()
        worker.process.join()
        return "without a word"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"by {name}" + (", as when memory runs out" if name == "SIGKILL" else "")
    return f"with exit code {code}"
