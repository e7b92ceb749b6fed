"""Made-up work to export: records that count, and random pipelines of which the totals are known."""

from collections.abc import Sequence
from typing import Any

import attrs
from hypothesis import strategies as st
from making import GERMANY, a_record

from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.record import ActivityRecord, Embodied, Grid, Pue
from neuclir_carbon.report.ir_metadata import About
from neuclir_carbon.report.work import Work

FRANCE = attrs.evolve(GERMANY, country="FRA", g_co2e_per_kwh=41.4, low=40.0, high=60.0)
NO_FIGURE = attrs.evolve(GERMANY, country="KNA", g_co2e_per_kwh=None, low=None, high=None)


def a_work(*records: ActivityRecord, is_incomplete: bool = False, **about: Any) -> Work:
    """These records as they count."""
    return Work.of(counted(records), About(**about), is_incomplete=is_incomplete)


def imported(record_id: str, tool: str, version: str | None = None, **changes: Any) -> ActivityRecord:
    """A record that another tracker's file became."""
    grid: Grid | None = attrs.evolve(GERMANY, basis="as reported", source=f"as {tool} reported it")
    source = {"tool": tool, "version": version, "format": "a made-up one"}
    return a_record(record_id, **{"method": "imported", "source": source, "grid": grid, **changes})


ENERGIES = st.floats(1e-9, 100)


@st.composite
def ledgers(
    draw: st.DrawFn, *, grids: Sequence[Grid | None] = (GERMANY, FRANCE, NO_FIGURE, None)
) -> list[ActivityRecord]:
    """Records of a team: alone, in pipelines of two levels, some replaced by an amended one, some without energy,
    place, duration or manufacture; steps never use more than their pipeline, and no machine draws more than 100 kW."""
    records: list[ActivityRecord] = []
    for number in range(draw(st.integers(0, 5))):
        value = draw(st.sampled_from([1.0, 1.2, 1.58]))
        common: dict[str, Any] = {
            "pue": Pue(value=value, low=1.0, high=2.0, source="a made-up site"),
            "grid": draw(st.sampled_from(grids)),
        }
        kwh = draw(st.none() | ENERGIES)
        has_manufacture = kwh is not None and common["grid"] is not None and draw(st.booleans())
        own = Embodied(kg_co2e=0.5, low=0.1, high=1.0, source="a made-up table") if has_manufacture else None
        top = a_record(f"{number}", kwh=kwh, embodied=own, duration_s=draw(st.none() | st.floats(3600, 1e6)), **common)
        records.append(top)
        if kwh is not None:
            first = kwh * draw(st.floats(0, 0.5))
            records.append(a_record(f"{number}.1", kwh=first, parent_id=top.record_id, **common))
            records.append(a_record(f"{number}.1.1", kwh=first / 3, parent_id=f"{number}.1", **common))
            records.append(a_record(f"{number}.2", kwh=kwh / 4, parent_id=top.record_id, **common))
        if draw(st.booleans()):
            records.append(attrs.evolve(top, record_id=f"{number}.amended", supersedes=top.record_id))
    return records
