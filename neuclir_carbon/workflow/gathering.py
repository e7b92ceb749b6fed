"""All bundles of a track examined, by whatever means were asked for. The means change how long it takes, and nothing
of what comes out."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from neuclir_carbon.store.sources import Bundle
from neuclir_carbon.store.tracks import LoadedTrack
from neuclir_carbon.workflow.examining import Examined, examine
from neuclir_carbon.workflow.pooling import examine_in_processes
from neuclir_carbon.workflow.sharing_out import processors

Found = tuple[Bundle, Examined]
# Goes through what was found, as it is found, and knows how many there will be.
Progress = Callable[[Iterable[Found], int], Iterable[Found]]
# With less than this in hand, further processes cost more than they save.
WORTH_SHARING_BUNDLES = 24
WORTH_SHARING_BYTES = 48 * 1024 * 1024


@frozen(kw_only=True)
class Means:
    """How bundles are examined: in this process, or by several; `None` workers: as many as there are processors and
    the work is worth."""

    workers: int | None = 1


ALONE = Means()


def unshown(found: Iterable[Found], total: int) -> Iterable[Found]:
    """No progress to be seen."""
    return found


def gathered(
    bundles: Sequence[Bundle], published: LoadedTrack | None, means: Means, progress: Progress = unshown
) -> tuple[tuple[str, Examined], ...]:
    """What came of each bundle, by name, with its name in every place."""
    results = {bundle.name: examined for bundle, examined in progress(_found(bundles, published, means), len(bundles))}
    return tuple((bundle.name, results[bundle.name].at(bundle.name)) for bundle in bundles)


def _found(bundles: Sequence[Bundle], published: LoadedTrack | None, means: Means) -> Iterator[Found]:
    workers = _workers(bundles, means)
    if workers > 1:
        yield from examine_in_processes(bundles, published, workers)
        return
    for bundle in bundles:
        yield bundle, examine(bundle, published)


def _workers(bundles: Sequence[Bundle], means: Means) -> int:
    if means.workers is not None:
        return means.workers
    few = len(bundles) < WORTH_SHARING_BUNDLES and sum(bundle.bytes for bundle in bundles) < WORTH_SHARING_BYTES
    return 1 if few else processors()
