"""All bundles of a track examined, by whatever means were asked for. The means change how long it takes, and nothing
of what comes out."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

from attrs import frozen

from neuclir_carbon.errors import CarbonError, Unreadable
from neuclir_carbon.store.kept_results import KeptResults, kept_results
from neuclir_carbon.store.sources import Bundle
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.aside import aside, processors
from neuclir_carbon.workflow.basis import basis_of
from neuclir_carbon.workflow.examined import Examined, Reader
from neuclir_carbon.workflow.examining import digest_of_file, examine
from neuclir_carbon.workflow.pooling import examine_in_processes


class Found(NamedTuple):
    """A bundle with the text of its result, and whether that was kept from an earlier time."""

    bundle: Bundle
    text: bytes
    was_kept: bool = False


# Goes through what was found, as it is found, and knows how many there will be.
Progress = Callable[[Iterable[Found], int], Iterable[Found]]
# With less than this in hand, further processes cost more than they save.
WORTH_SHARING_BUNDLES = 24
WORTH_SHARING_BYTES = 48 * 1024 * 1024
# Files whose digests another process hands over at once.
_READ_AHEAD = 256


@frozen(kw_only=True)
class Means:
    """How bundles are examined: in this process, or by several; `None` workers: as many as there are processors and
    the work is worth; or by the workers of the Dask cluster at `scheduler`.

    `keep` keeps each result in the user's cache as it is found; `resume` takes those kept before.
    """

    workers: int | None = 1
    scheduler: str | None = None
    keep: bool = False
    resume: bool = False


ALONE = Means()


def unshown(found: Iterable[Found], total: int) -> Iterable[Found]:
    """No progress to be seen."""
    return found


def gathered(
    bundles: Sequence[Bundle], published: LoadedTrack | None, means: Means, progress: Progress = unshown
) -> tuple[tuple[str, Examined], ...]:
    """What came of each bundle, by name, with its name in every place."""
    reader = Reader()
    keeping = kept_results(basis_of(published)) if means.keep or means.resume else nullcontext(KeptResults())
    results: dict[str, Examined] = {}
    # Closed with the block, not when nobody holds it any more: processes end, and then what they found is committed.
    with (
        _digests([bundle for bundle in bundles if means.resume and bundle.address is None]) as digests,
        keeping as kept,
        closing(_found(bundles, published, means, kept, digests)) as found,
    ):
        for bundle, text, was_kept in progress(found, len(bundles)):
            try:
                examined = reader.read(text)
            except Unreadable:
                # Somebody wrote into the cache: what counts is the bundle.
                examined = reader.read(examine(bundle, published))
            results[bundle.name] = examined
            if means.keep and not was_kept and examined.sha256 is not None:
                kept.keep(examined.sha256, text, _state(bundle))
    return tuple((bundle.name, results[bundle.name].at(bundle.name)) for bundle in bundles)


def _found(
    bundles: Sequence[Bundle],
    published: LoadedTrack | None,
    means: Means,
    kept: KeptResults,
    digests: Iterator[str | None],
) -> Generator[Found, None, None]:
    todo = []
    for bundle in bundles:
        text = kept.find(_digest(bundle, kept, digests)) if means.resume else None
        if text is not None:
            yield Found(bundle, text, was_kept=True)
        else:
            todo.append(bundle)
    if means.scheduler is not None and todo:
        from neuclir_carbon.workflow.distributing import examine_on_cluster

        left: list[Bundle] = []
        yield from (Found(*one) for one in examine_on_cluster(todo, published, means.scheduler, left))
        # A bundle that killed the cluster's workers is not let into this process.
        yield from (Found(*one) for one in examine_in_processes(left, published, processors()))
        return
    workers = _workers(todo, means)
    if workers > 1:
        yield from (Found(*one) for one in examine_in_processes(todo, published, workers))
        return
    for bundle in todo:
        yield Found(bundle, examine(bundle, published))


@contextmanager
def _digests(files: Sequence[Bundle]) -> Iterator[Iterator[str | None]]:
    """The SHA-256 (hex) of each file, in turn; None of one that can't be read. Of many, another process reads them
    ahead."""
    if len(files) <= _READ_AHEAD:
        yield map(_digest_of_file, files)
        return
    parts = [files[start : start + _READ_AHEAD] for start in range(0, len(files), _READ_AHEAD)]
    with aside([partial(_digests_of, part) for part in parts], in_turn=True) as waiting:
        yield (digest for part in waiting for digest in part())


def _digests_of(files: Iterable[Bundle]) -> list[str | None]:
    return list(map(_digest_of_file, files))


def _digest_of_file(file: Bundle) -> str | None:
    try:
        return digest_of_file(Path(file.name))
    except CarbonError:
        return None


def _digest(bundle: Bundle, kept: KeptResults, of_files: Iterator[str | None]) -> str | None:
    """The SHA-256 (hex) of a bundle: of a file the next one; of an object that of its state, where that was kept."""
    if bundle.address is None:
        return next(of_files)
    state = _state(bundle)
    return None if state is None else kept.digest_of_object(state)


def _state(bundle: Bundle) -> str | None:
    """What a store says of an object; None for a file, and where the store says nothing."""
    return None if bundle.state is None else f"{bundle.name} {bundle.size} {bundle.state}"


def _workers(bundles: Sequence[Bundle], means: Means) -> int:
    if means.workers is not None:
        return means.workers
    few = len(bundles) < WORTH_SHARING_BUNDLES and sum(bundle.bytes for bundle in bundles) < WORTH_SHARING_BYTES
    return 1 if few else processors()
