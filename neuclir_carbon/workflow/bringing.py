"""What an organizer brings beside references and bundles, opened: exports, earlier inventories, decisions."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve

from neuclir_carbon.checks.taking_part import renamed_decisions
from neuclir_carbon.model.outside import Outside
from neuclir_carbon.model.roster import NO_LISTS, Lists
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
    *,
    lists: Lists = NO_LISTS,
) -> Iterator[Outside]:
    """All of it, for as long as the block lasts; `Unreadable` when any of it is missing or broken.

    `lists` are the organizer's own: decisions and earlier inventories are taken by the names that its roster gives.
    `progress` hears how many rows of an export were read that was not known yet.
    """
    # Decisions and inventories are small: a slip in them is told before millions of rows are read.
    decided = renamed_decisions(read_resolutions(resolutions), lists.roster)
    counted = read_earlier(earlier, lists.roster)
    outside = Outside(
        earlier=counted.certificates, earlier_activities=counted.activities, resolutions=decided, lists=lists
    )
    if not registry:
        yield outside
        return
    index = open_registry(registry, progress)
    try:
        yield evolve(outside, registry=index)
    finally:
        index.close()
