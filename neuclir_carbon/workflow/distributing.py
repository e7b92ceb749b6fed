"""Many bundles examined by the workers of a Dask cluster, which read the sources themselves.

What comes out is what this machine would have found: a worker must be this very program, a file must be the one that
lies here, and what the cluster could not do (a bundle whose workers died, a path that they do not see) is left to this
machine.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import evolve

from neuclir_carbon.errors import BadOption, CarbonError, Unreadable
from neuclir_carbon.store.objects import reason_of
from neuclir_carbon.store.sources import Bundle
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.basis import program
from neuclir_carbon.workflow.examined import Reader
from neuclir_carbon.workflow.examining import digest_of_file, examine

# Bundles that are asked for at once, for each thread of the cluster.
_AHEAD = 4
_ANSWERS_S = 15
_WORKERS_S = 30


def examine_on_cluster(
    bundles: Iterable[Bundle], published: LoadedTrack | None, scheduler: str, left: list[Bundle]
) -> Iterator[tuple[Bundle, bytes]]:
    """The text of what came of each bundle, as soon as it is known; `left` gets those that the cluster could not do.

    `Unreadable` where no scheduler or worker answers, or a worker is another version of this program.
    """
    with _client(scheduler) as client:
        threads = sum(worker["nthreads"] for worker in _workers_of(client, scheduler).values())
        track = client.submit(_same, published, pure=False)
        yield from _in_turn(client, iter(bundles), track, _AHEAD * max(1, threads), left)


def _in_turn(
    client: Any, bundles: Iterator[Bundle], track: Any, ahead: int, left: list[Bundle]
) -> Iterator[tuple[Bundle, bytes]]:
    from distributed import as_completed

    asked: dict[Any, Bundle] = {}

    def ask(bundle: Bundle) -> Any:
        future = client.submit(_examined_there, _for_others(bundle), track, program(), pure=False)
        asked[future] = bundle
        return future

    waiting = as_completed([ask(bundle) for bundle in islice(bundles, ahead)], loop=client.loop)
    try:
        for future in waiting:
            bundle = asked.pop(future)
            text = _answer_of(future, bundle)
            future.release()
            if text is None:
                left.append(bundle)
            else:
                yield bundle, text
            for following in islice(bundles, 1):
                waiting.add(ask(following))
    finally:
        with suppress(Exception):
            client.cancel(list(asked))


def _answer_of(future: Any, bundle: Bundle) -> bytes | None:
    """The text that a worker found; None where this machine has to look."""
    try:
        text = bytes(future.result())
    except CarbonError:
        raise
    except Exception:  # noqa: BLE001 - a worker that died, a result that was lost
        return None
    if bundle.address is not None:
        return text
    try:
        found = Reader().read(text)
        return text if found.sha256 is not None and found.sha256 == digest_of_file(Path(bundle.name)) else None
    except CarbonError:
        return None


def _for_others(bundle: Bundle) -> Bundle:
    """A bundle as it is named to others, who are at work in other folders."""
    if bundle.address is not None or "\0" in bundle.name:
        return bundle
    return evolve(bundle, name=str(Path(bundle.name).absolute()))


def _same(published: LoadedTrack | None) -> LoadedTrack | None:
    """As a task of the cluster: whoever loses it makes it again."""
    return published


def _examined_there(bundle: Bundle, published: LoadedTrack | None, wanted: dict[str, str | None]) -> bytes:
    """What a worker does: also one that came later, and that nobody asked for its version."""
    if differing := _differing(program(), wanted):
        raise Unreadable(f"a worker is not this program: {differing}")
    return examine(bundle, published)


def _differing(found: object, wanted: dict[str, str | None]) -> str | None:
    """What two programs differ in, in words."""
    if not isinstance(found, dict):
        return f"it can't say which it is ({reason_of(found) if isinstance(found, BaseException) else found})"
    other = [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]
    if not other:
        return None
    return "; ".join(
        f"{name} is {str(found.get(name))[:20]} there, {str(wanted.get(name))[:20]} here" for name in other
    )


def _workers_of(client: Any, scheduler: str) -> dict[str, Any]:
    """The cluster's workers, each of which is this program."""
    try:
        client.wait_for_workers(1, timeout=_WORKERS_S)
    except Exception:  # noqa: BLE001 - its own kind of timeout
        raise Unreadable(
            f"the scheduler at {scheduler} has no worker; start one with: dask worker {scheduler}"
        ) from None
    for address, found in client.run(program, on_error="return").items():
        if differing := _differing(found, program()):
            raise Unreadable(
                f"the worker at {address} is not this program: {differing}; install the same version on every worker"
            )
    return dict(client.scheduler_info(n_workers=-1)["workers"])


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise Unreadable(
            "--scheduler needs a package that is not installed: pip install 'neuclir-carbon[cluster]'"
        ) from None
    if "://" not in scheduler:
        raise BadOption(f"--scheduler is '{scheduler[:200]}', wanted an address such as tcp://10.0.0.1:8786")
    # What goes wrong is told once, by us.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=_ANSWERS_S, set_as_default=False)
    except Exception as error:  # noqa: BLE001 - OSError, ValueError, its own kinds
        raise Unreadable(f"no Dask scheduler answers at {scheduler[:200]}: {reason_of(error)}") from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=_ANSWERS_S)
