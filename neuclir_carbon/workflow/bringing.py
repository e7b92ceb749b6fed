"""What an organizer brings beside references and bundles, opened: exports, earlier inventories, decisions."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from neuclir_carbon.model.outside import Outside
from neuclir_carbon.store.earlier_inventories import read_earlier
from neuclir_carbon.store.registry_index import open_registry
from neuclir_carbon.store.resolutions import read_resolutions

Progress = Callable[[int], None]


@contextmanager
def brought(
    registry: Sequence[Path] = (),
    earlier: Sequence[Path] = (),
    resolutions: Sequence[Path] = (),
    progress: Progress = lambda _: None,
) -> Iterator[Outside]:
    """All of it, for as long as the block lasts; `Unreadable` when any of it is missing or broken.

    `progress` hears how many rows of an export were read that was not known yet.
    """
    # Decisions and inventories are small: a slip in them is told before millions of rows are read.
    decided, counted = read_resolutions(resolutions), read_earlier(earlier)
    if not registry:
        yield Outside(earlier=counted, resolutions=decided)
        return
    index = open_registry(registry, progress)
    try:
        yield Outside(registry=index, earlier=counted, resolutions=decided)
    finally:
        index.close()
