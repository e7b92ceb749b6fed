"""What counts of all statements of an import: of each run its totals or its parts, and whatever is of no run."""

import math
from collections.abc import Callable, Iterator, Sequence

from attrs import evolve

from neuclir_carbon.model.row_counting import Counted, totals_of
from neuclir_carbon.store.intake.rows import RowStore

# A run's total is taken to contain its tasks where it has as much energy as they, but for what rounding takes.
CONTAINS_SHARE = 0.95
CONTAINED = "its tasks are parts of it"
NOT_CONTAINED = "the run's tasks have more energy than its total: they count, the total does not"


def totals_of_import(store: RowStore, assume: Callable[[int, str], None]) -> Iterator[Counted]:
    """What counts: of a run with a total and tasks, the total where it contains them, else the tasks.

    `assume` is told, with the key of a row, why a total does not count. Take one before the next.
    """
    contained = None
    for run, is_part, rows in store.runs():
        if is_part and run == contained:
            continue
        if is_part:
            yield from (Counted(row=row) for row in rows)
        elif (parts := store.part_sums(run)) is None:
            yield from totals_of(rows)
        elif _contain(found := list(totals_of(rows)), parts):
            contained = run
            *others, last = found
            yield from others
            yield evolve(last, known=(*last.known, *store.known_parts(run)), assumed=_and(last.assumed, CONTAINED))
        else:
            assume(found[-1].row.key, NOT_CONTAINED)
    yield from (Counted(row=row) for row in store.alone())


def _contain(found: Sequence[Counted], parts: tuple[float, float]) -> bool:
    """Whether a run's totals hold its parts (kWh, kg CO2e)."""
    energy_kwh = math.fsum(one.row.amount.energy_kwh or 0.0 for one in found)
    kilograms = math.fsum(one.row.amount.emissions_kg or 0.0 for one in found)
    return energy_kwh >= parts[0] * CONTAINS_SHARE and kilograms >= parts[1] * CONTAINS_SHARE


def _and(one: str | None, other: str) -> str:
    return other if one is None else f"{one}; {other}"
