"""What a ledger's records say that earlier imports have counted: the other way round of `reported_records.py`."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.row_counting import Amount
from neuclir_carbon.store.intake.own_table import digest_in_table
from neuclir_carbon.store.intake.rows import DIGEST_BYTES, Known


def known_of(records: Iterable[ActivityRecord]) -> Iterator[Known]:
    """What earlier imports have counted, as their records' `source` keeps it."""
    for record in records:
        yield Known(digest=digest_in_table(record), run=None, is_part=False, written_s=None, amount=Amount())
        source = record.source or {}
        statement = source.get("statement")
        if source.get("kind") != "import" or not isinstance(statement, str):
            continue
        try:
            digest = bytes.fromhex(statement)
        except ValueError:
            continue
        if len(digest) != DIGEST_BYTES:
            continue
        told, run, tool = source.get("reported"), source.get("run"), source.get("tool")
        figures = told if isinstance(told, dict) else {}
        yield Known(
            digest=digest,
            run=f"{tool}:{run}" if isinstance(run, str) else None,
            is_part=source.get("is_part") is True,
            written_s=_number(source.get("written_at_s")),
            amount=Amount(
                duration_s=_number(figures.get("duration_s")),
                energy_kwh=_number(figures.get("energy_kwh")),
                cpu_kwh=_number(figures.get("cpu_kwh")),
                gpu_kwh=_number(figures.get("gpu_kwh")),
                ram_kwh=_number(figures.get("ram_kwh")),
                emissions_kg=_number(figures.get("emissions_kg_co2e")),
            ),
        )


def statement_of(record: ActivityRecord) -> str | None:
    """What a record was imported from, as text; None where it was not."""
    statement = (record.source or {}).get("statement")
    return statement if isinstance(statement, str) else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
