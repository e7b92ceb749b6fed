"""A long run walked over by several processes at once: each gathers a part, and the parts add up to the whole.

Parts begin where another topic begins, at lines whose numbers are counted, so that the findings are the same to the
letter. Forked processes read the very file that is open.
"""

import os
from functools import partial
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from neuclir_carbon.checks.run_columns import line_count, with_line_feeds
from neuclir_carbon.checks.run_gathering import Gathering
from neuclir_carbon.checks.run_walk import first_tag_of, gather, topic_begins
from neuclir_carbon.model.run import Grammar
from neuclir_carbon.store.runs import Extent, blocks
from neuclir_carbon.workflow.aside import aside, can_fork

# Below this a second process costs more than it saves.
WORTH_SHARING_BYTES = 4 << 20
MOST_PROCESSES = 8
_LOOKED_THROUGH_BYTES = 1 << 20


class Part(NamedTuple):
    """A stretch of a file's bytes that begins with a topic."""

    start: int
    end: int


def gather_in_parts(
    stream: BinaryIO,
    grammar: Grammar,
    *,
    most: int,
    off: frozenset[str],
    processes: int,
    worth_sharing_bytes: int = WORTH_SHARING_BYTES,
) -> Gathering | None:
    """What `gather` makes of a whole file, by several processes; None where one process is as good."""
    count = min(processes, MOST_PROCESSES)
    if count < 2 or not can_fork():
        return None
    try:
        descriptor = stream.fileno()
    except OSError:
        return None
    size = os.fstat(descriptor).st_size
    if size < worth_sharing_bytes:
        return None
    tag = first_tag_of(os.pread(descriptor, _LOOKED_THROUGH_BYTES, 0), grammar)
    parts = _parts(descriptor, size, count, grammar)
    if tag is None or len(parts) < 2:
        return None

    def gathered(part: Part) -> Gathering:
        lines_before = _lines(descriptor, part.start)
        extent = Extent(descriptor, part.start, part.end)
        return gather(blocks(extent), grammar, most=most, off=off, first_line=lines_before + 1, first_tag=tag)

    with aside([partial(gathered, part) for part in parts[1:]]) as results:
        whole = gathered(parts[0])
        for result in results:
            whole.add(result())
    return whole


def _parts(descriptor: int, size: int, count: int, grammar: Grammar) -> list[Part]:
    """About equal parts, cut where a topic begins."""
    cuts = [0]
    for number in range(1, count):
        place = size * number // count
        if place > cuts[-1]:
            found = topic_begins(os.pread(descriptor, _LOOKED_THROUGH_BYTES, place), grammar)
            if found is not None:
                cuts.append(place + found)
    return [Part(start, end) for start, end in pairwise([*cuts, size])]


def _lines(descriptor: int, end: int) -> int:
    """How many lines the first bytes of a file have; they end with a line."""
    return sum(
        1 if block.too_long else line_count(with_line_feeds(block.data)) for block in blocks(Extent(descriptor, 0, end))
    )
