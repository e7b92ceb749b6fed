"""Credits that are claimed twice: overlaps between blocks of serial numbers, in O(n log n)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple


class Held(NamedTuple):
    """A block in somebody's hands: closed interval `start` to `end` under `key`, and who holds it."""

    key: str
    start: int
    end: int
    owner: str


class Overlap(NamedTuple):
    """Serial numbers `start` to `end` under `key` (both included) that two blocks hold; `first` starts no later."""

    key: str
    start: int
    end: int
    first: Held
    second: Held


NOBODY = Held("", 0, -1, "")
_START = itemgetter(1)


def sweep(blocks: Iterable[Held]) -> Iterator[Overlap]:
    """The overlaps between blocks of different owners and of one owner with itself.

    Blocks go by in the order of their starts. Each is compared with the block that reaches furthest so far, and, where
    that one has the same owner, with the one that reaches furthest among all other owners. So every block that shares
    a serial with another owner's earlier block is told with one such block, without listing all pairs (there may be
    n² of them). Adjacent blocks (end + 1 = start) do not overlap. Blocks with one start go by in the order given.
    """
    by_key: dict[str, list[Held]] = defaultdict(list)
    for block in blocks:
        by_key[block.key].append(block)
    for key in sorted(by_key):
        yield from _sweep_one_key(sorted(by_key[key], key=_START))


def _sweep_one_key(ordered: Iterable[Held]) -> Iterator[Overlap]:
    furthest = rival = NOBODY
    for block in ordered:
        _, start, end, owner = block
        own = furthest.owner == owner
        if start <= furthest.end:
            yield _overlap(furthest, block)
        if own and start <= rival.end:
            yield _overlap(rival, block)
        if end > furthest.end:
            furthest, rival = block, rival if own else furthest
        elif not own and end > rival.end:
            rival = block


def _overlap(first: Held, second: Held) -> Overlap:
    return Overlap(second.key, second.start, min(first.end, second.end), first, second)
