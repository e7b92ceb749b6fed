"""Which of a run's rows count: tables of what real trackers write, and properties that hold for any rows."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model import row_counting
from neuclir_carbon.model.row_counting import Amount, Written, totals_of

# (written at, duration, energy, known) of each row; then the energies that count, and what was assumed.
Rows = list[tuple[float | None, float | None, float | None]]


def rows(*told: tuple[float | None, float | None, float | None], known: tuple[int, ...] = ()) -> list[Written]:
    """Rows by (written_s, duration_s, energy_kwh); emissions are 0.4 kg/kWh."""
    return [
        Written(
            key=key, written_s=written, is_known=key in known,
            amount=Amount(duration_s=duration, energy_kwh=kwh, emissions_kg=None if kwh is None else kwh * 0.4),
        )
        for key, (written, duration, kwh) in enumerate(told)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "counted", "assumed"),
    [
        ([(100, 50, 1.0)], [1.0], None),
        # flushes: each row contains the one before it
        ([(110, 10, 1.0), (120, 20, 2.0), (131, 30, 3.0)], [3.0], None),
        # flushed twice in one second
        ([(110, 10.0, 1.0), (110, 10.4, 1.1)], [1.1], None),
        # restarted: the duration falls back
        ([(110, 10, 1.0), (120, 20, 2.0), (200, 5, 0.5)], [2.0, 0.5], row_counting.RESTARTED),
        # restarted, and the second stretch is the longer one from its first row on
        ([(110, 10, 1.0), (300, 40, 4.0)], [1.0, 4.0], row_counting.RESTARTED),
        # the same with a short pause before a long stretch: it grew by less than the time that passed
        ([(105, 5, 0.1), (3270, 3105, 3.0)], [0.1, 3.0], row_counting.RESTARTED),
        # deltas, each as long as the time between two rows
        ([(110, 10, 1.0), (120, 9.9, 3.0), (130, 10, 2.0)], [1.0, 3.0, 2.0], row_counting.RESTARTED),
        # deltas that happen to rise
        ([(110, 10, 1.0), (125, 11, 1.2), (140, 12, 1.4)], [1.0, 1.2, 1.4], row_counting.RESTARTED),
        # deltas and their total at the end
        ([(110, 10, 1.0), (120, 10, 0.5), (130, 10, 2.0), (131, 31, 3.5)], [3.5], row_counting.CONTAINED),
        # two writers of one start (a fork): the machine's energy once
        ([(110, 10, 1.0), (110.2, 10.2, 0.9), (120, 20, 2.0), (120.3, 20.3, 1.9)], [2.0], row_counting.TWO_WRITERS),
        # the clock of local time is set by an hour in mid-run
        ([(110, 10, 1.0), (120, 20, 2.0), (-3470, 30, 3.0), (-3460, 40, 4.0)], [4.0], None),
        # a machine asleep: less was measured than passed, and it goes on as before
        ([(110, 10, 1.0), (120, 20, 2.0), (60_130, 30, 3.0), (60_140, 40, 4.0)], [4.0], row_counting.PAUSED),
        # without times: rising rows are running totals, falling ones begin anew
        ([(None, 10, 1.0), (None, 20, 2.0)], [2.0], None),
        ([(None, 10, 1.0), (None, 20, 2.0), (None, 5, 0.5)], [2.0, 0.5], row_counting.NO_TIMES),
        # a last row that tells nothing does not undo what the one before told
        ([(110, 10, 1.0), (120, 20, None)], [1.0], None),
        ([(110, 10, None)], [None], None),
        # nor does a longer one that would contain it
        ([(110, 10, 1.0), (111, 30, None)], [1.0], None),
    ],
)  # fmt: skip
def test_rows_count_by_what_their_times_tell(told: Rows, counted: list[float | None], assumed: str | None) -> None:
    found = list(totals_of(rows(*told)))
    assert [total.row.amount.energy_kwh for total in found] == counted
    assert {total.assumed for total in found} == {assumed}
    assert sum(total.rows for total in found) == len(told)


def test_what_is_known_is_taken_off_what_grew() -> None:
    (grown,) = totals_of(rows((110, 10, 1.0), (120, 20, 2.5), known=(0,)))
    assert (grown.new.energy_kwh, grown.new.duration_s, grown.new.emissions_kg) == (1.5, 10, pytest.approx(0.6))
    (same,) = totals_of(rows((110, 10, 1.0), (120, 20, 2.5), known=(0, 1)))
    assert same.is_nothing_new


def test_a_total_that_contains_known_stretches_adds_the_rest_of_them() -> None:
    (whole,) = totals_of(rows((110, 10, 1.0), (120, 10, 0.5), (121, 21, 2.0), known=(0, 1)))
    assert whole.new.energy_kwh == pytest.approx(0.5)


def test_memory_is_bounded_by_stretches_and_nothing_is_lost() -> None:
    count = row_counting.MOST_STRETCHES + 500
    many = rows(*((100.0 * (i + 1), 50.0 + i / 1000, 1.0) for i in range(count)))
    assert sum(total.row.amount.energy_kwh or 0 for total in totals_of(many)) == count


_FIGURE = st.none() | st.floats(0, 1e6)


@given(st.lists(st.tuples(st.none() | st.floats(0, 1e7), _FIGURE, _FIGURE), max_size=12), st.sets(st.integers(0, 11)))
def test_no_rows_count_more_than_their_sum_or_less_than_nothing(told: Rows, known: set[int]) -> None:
    found = list(totals_of(rows(*told, known=tuple(known))))
    energies = [kwh for _, _, kwh in told if kwh is not None]
    counted = sum(total.row.amount.energy_kwh or 0.0 for total in found)
    assert counted <= sum(energies) * (1 + 1e-9)
    assert all((total.new.energy_kwh or 0.0) >= 0 for total in found)
    assert len({total.row.key for total in found}) == len(found)
    if energies and max(energies) > 0:
        assert counted >= max(energies) * (1 - 1e-6) or any(total.assumed for total in found)


@given(st.lists(st.tuples(st.integers(5, 5000), st.floats(1e-6, 10)), min_size=1, max_size=10))
def test_running_totals_of_any_pace_are_one_total(steps: list[tuple[int, float]]) -> None:
    clock, kwh, told = 1000.0, 0.0, []
    for seconds, energy in steps:
        clock, kwh = clock + seconds, kwh + energy
        told.append((clock, clock - 1000.0, kwh))
    (found,) = totals_of(rows(*told))
    assert found.row.amount.energy_kwh == kwh


@given(st.lists(st.tuples(st.integers(2, 5000), st.floats(1e-6, 10)), min_size=2, max_size=8), st.randoms())
def test_running_totals_in_any_order_are_one_total(steps: list[tuple[int, float]], order: Random) -> None:
    clock, kwh, told = 1000.0, 0.0, []
    for seconds, energy in steps:
        clock, kwh = clock + seconds, kwh + energy
        told.append((clock, clock - 1000.0, kwh))
    order.shuffle(told)
    (found,) = totals_of(rows(*told))
    assert found.row.amount.energy_kwh == kwh
