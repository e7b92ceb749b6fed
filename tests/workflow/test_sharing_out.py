"""A run gathered in parts by several processes: the same findings, to the letter and the line."""

import tempfile

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuclir_carbon.checks.run_walk import Walked, walk
from neuclir_carbon.model.run import Grammar
from neuclir_carbon.store.runs import blocks
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.sharing_out import gather_in_parts

TAG = "fas-T-run1"
IDS = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(5)]
GRAMMAR = attrs.evolve(
    Grammar.of(load_track("neuclir-2024").track.tasks["clir"], TAG, [str(300 + i) for i in range(6)]), most_per_topic=4
)
LINE = st.one_of(
    st.builds("{} Q0 {} {} {} {}".format, st.sampled_from(["300", "301", "302"]), st.sampled_from(IDS),
              st.integers(0, 3), st.sampled_from(["9", "8.5", "nan"]), st.sampled_from([TAG, TAG, TAG, "b", "c"])),
    st.sampled_from(["", "300", "bad 1 2 3 4 5", "é", f"300\u00a0Q0 {IDS[0]} 1 1 {TAG}"]),
)  # fmt: skip
STRETCH = st.builds(
    lambda topic, scores: [f"{topic} Q0 {IDS[i]} {i} {score} {TAG}" for i, score in enumerate(scores)],
    st.sampled_from(["300", "301", "302", "303", "304"]),
    st.lists(st.sampled_from(["9.5", "9", "8"]), min_size=1, max_size=5),
)
LINES = st.lists(st.one_of(STRETCH, STRETCH, st.lists(LINE, max_size=2)), max_size=12)


def both_ways(data: bytes, processes: int) -> tuple[Walked, Walked | None]:
    """What one process makes of a run, and what several do; None where the run can't be shared out."""
    with tempfile.TemporaryFile() as run:
        run.write(data)
        run.flush()

        def read() -> object:
            run.seek(0)
            return blocks(run)

        alone = walk(read, GRAMMAR, most=100)
        gathered = gather_in_parts(run, GRAMMAR, most=100, off=frozenset(), processes=processes, worth_sharing_bytes=0)
        return alone, None if gathered is None else walk(read, GRAMMAR, most=100, gathered=gathered)


@settings(max_examples=120, deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(2, 5))
def test_parts_add_up_to_the_whole_on_random_runs(
    groups: list[list[str]], end: str, ended: bool, processes: int
) -> None:
    lines = [line for group in groups for line in group]
    alone, shared = both_ways((end.join(lines) + (end if ended else "")).encode(), processes)
    if shared is not None:
        assert shared.facts == alone.facts
        assert (shared.tally.counts, shared.tally.kept) == (alone.tally.counts, alone.tally.kept)


@pytest.mark.parametrize("processes", [2, 3, 8])
def test_a_run_with_faults_in_every_part_is_shared_out_and_judged_the_same(processes: int) -> None:
    lines = [f"{300 + i // 4} Q0 {IDS[i % 4]} {i % 4} {9 - i % 4} {TAG}" for i in range(24)]
    lines[1] = lines[1].replace("Q0", "q0")
    lines[9:11] = [lines[9], lines[9]]
    lines[22] = lines[22].replace(TAG, "other")
    lines.append(lines[0])
    alone, shared = both_ways("".join(f"{line}\n" for line in lines).encode(), processes)
    assert shared is not None
    assert shared.facts == alone.facts
    assert (shared.tally.counts, shared.tally.kept) == (alone.tally.counts, alone.tally.kept)
    assert {"RUN103", "RUN201", "RUN301", "RUN306"} <= set(shared.tally.counts)


def test_what_begins_like_no_run_is_not_shared_out() -> None:
    for data in (b"", b"\x1f\x8b\x08" * 99, b"no run\n" * 99, f"300 Q0 {IDS[0]} 1 1 {TAG}\n".encode()):
        assert both_ways(data, 4)[1] is None
