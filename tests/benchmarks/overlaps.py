"""Times the overlap sweep over 1,000,000 blocks, beside an interval tree: `python tests/benchmarks/overlaps.py`.

Run by hand; pytest does not collect it. The peer is `intervaltree` (PyPI), the usual answer to "which intervals
overlap"; it is installed by hand (`pip install intervaltree`) and left out where it is missing. Both get the same
blocks, one key, shuffled: half of them retired blocks side by side, the other half with an overlap each.
"""

import argparse
import random
import time
from collections.abc import Callable

from neuclir_carbon.serials.overlaps import Held, sweep


def blocks(count: int) -> list[Held]:
    """Blocks of 100 units; every other one reaches into its neighbour."""
    held = [Held("verra", 100 * i + 1, 100 * i + 100 + (i % 2) * 10, f"owner {i}") for i in range(count)]
    random.Random(7).shuffle(held)
    return held


def seconds(work: Callable[[], int], wanted: int) -> float:
    """The wall time of one call, which must find as many overlaps as there are."""
    start = time.perf_counter()
    found = work()
    passed = time.perf_counter() - start
    assert found == wanted, (found, wanted)
    return passed


def swept(held: list[Held]) -> int:
    return sum(1 for _ in sweep(held))


def by_tree(held: list[Held]) -> int:
    """Each block asked for its neighbours in a tree that has all of them."""
    from intervaltree import IntervalTree

    tree = IntervalTree.from_tuples((block.start, block.end + 1, block.owner) for block in held)
    return sum(len(tree.overlap(block.start, block.end + 1)) - 1 for block in held) // 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--peer", type=int, default=50_000, help="blocks for the comparison with the peer")
    chosen = parser.parse_args()
    count = 10_000
    while count <= chosen.most:
        held = blocks(count)
        took = min(seconds(lambda held=held: swept(held), (count - 1) // 2) for _ in range(3))
        print(f"{count:>9,} blocks  {took:6.2f} s  {took / count * 1e6:5.2f} µs a block")
        count *= 10
    held = blocks(chosen.peer)
    pairs = []
    for _ in range(3):
        ours = seconds(lambda: swept(held), (chosen.peer - 1) // 2)
        try:
            pairs.append((ours, seconds(lambda: by_tree(held), (chosen.peer - 1) // 2)))
        except ImportError:
            print("intervaltree is not installed: no comparison")
            return
    ours, theirs = (min(values) for values in zip(*pairs, strict=True))
    print(
        f"{chosen.peer:>9,} blocks  ours {ours:.3f} s, intervaltree {theirs:.3f} s: {theirs / ours:.0f} times as long"
    )


if __name__ == "__main__":
    main()
