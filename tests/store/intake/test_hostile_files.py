"""Every format against files that are made to hurt: no traceback, no figure, bounded time."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import DATA, reported

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import OwnRecord, Statement
from neuclir_carbon.store.intake.form import Form
from neuclir_carbon.store.intake.recognising import FORMS, recognise

# What makes a file one of a format, with place for what hurts: {cell} in a row, {columns} in a header.
SHELLS: Mapping[str, str] = {
    "codecarbon": "timestamp,duration,emissions,energy_consumed,run_id{columns}\n{cell},1,1,1,a\n",
    "eco2ai": "id,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg)"
    ",CPU_name{columns}\n1,{cell},1,1,1,x\n",
    "zeus": "start_time,window_name,elapsed_time,gpu0_energy{columns}\n{cell},a,1,1\n",
    "sacct": "JobID|State|Elapsed|ConsumedEnergyRaw{columns}\n{cell}|COMPLETED|00:10:00|5\n",
    "carbontracker": "CarbonTracker: \nActual consumption:\n\tTime:\t{cell}\n\tEnergy:\t{cell} kWh\n",
    "model-card": "---\nco2_eq_emissions: {cell}\n---\n",
    "tirex": "schema version: 0.2\nresources:\n  runtime:\n    start time: {cell}\n    wallclock: {cell}\n",
    "neuclir-carbon": '{{"schema": "activity-record/1", "record_id": "{cell}"}}\n',
    "neuclir-carbon-csv": "record_id,record_sha256,facility_energy_kwh,operational_kg_co2e{columns}\n{cell},x,1,1\n",
}
CELLS = {
    "10 MB": "x" * 10_000_000,
    "10 MB of digits": "1" * 10_000_000,
    "NUL": "\0" * 1000,
    "1e400": "1e400",
    "underscores": "1_000",
    "quotes": '"' * 100_001,
    "open quote": '"never closed' + "\nx" * 100_000,
    "right to left": "\u202e\u2066" * 1000,
    "brackets": "[" * 200_000,
    "dashes": "- " * 200_000,
    "colons": ": " * 200_000,
    "spaces": " " * 2_000_000,
    "returns": "\r" * 500_000,
}


def named(name: str) -> Form:
    return next(form for form in FORMS if form.name == name)


def read(form: Form, path: Path) -> list[Statement]:
    try:
        return list(form.read(path))
    except Unreadable:
        return []


def test_every_format_has_a_shell() -> None:
    assert set(SHELLS) == {form.name for form in FORMS} - {"ir-metadata"}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", SHELLS)
def test_a_hostile_cell_makes_no_figure_and_takes_no_time(name: str, cell: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_text(SHELLS[name].format(cell=CELLS[cell], columns=""), encoding="utf-8")
    began = time.process_time()
    statements = read(named(name), path)
    recognise(path)
    assert time.process_time() - began < 3
    assert not any(isinstance(statement, OwnRecord) for statement in statements)
    for said in reported(statements):
        # A cell that nobody needs may be as it likes: the figures beside it are read.
        assert said.duration_s in (None, 1.0, 600.0)
        assert said.energy_kwh is None or said.energy_kwh <= 1
        assert len(repr(said)) < 20_000
    assert all(len(repr(statement)) < 20_000 for statement in statements)


@pytest.mark.parametrize("name", [name for name, shell in SHELLS.items() if "{columns}" in shell])
def test_a_hundred_thousand_columns_are_refused_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "columns"
    separator = "|" if name == "sacct" else ","
    path.write_text(SHELLS[name].format(cell="1", columns=f"{separator}c" * 100_000), encoding="utf-8")
    began = time.process_time()
    assert reported(read(named(name), path)) == []
    assert time.process_time() - began < 3


@pytest.mark.parametrize("name", SHELLS)
def test_a_file_of_another_format_is_refused_or_makes_no_figure(name: str) -> None:
    form = named(name)
    for path in sorted(path for path in DATA.rglob("*") if path.is_file() and path.stat().st_size < 20_000):
        try:
            if recognise(path) in (form, None):
                continue
        except Unreadable:
            continue
        if name in {"model-card", "tirex"}:
            read(form, path)
        else:
            assert reported(read(form, path)) == [], path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    where=st.sampled_from(sorted(path for path in DATA.rglob("*") if path.is_file() and path.stat().st_size < 20_000)),
    cuts=st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=12), st.integers(0, 40)), max_size=6),
)
def test_a_file_damaged_anywhere_is_read_without_an_error(
    where: Path, cuts: list[tuple[int, bytes, int]], tmp_path: Path
) -> None:
    data = where.read_bytes()
    for place, put, taken in cuts:
        at = place % (len(data) + 1)
        data = data[:at] + put + data[at + taken :]
    path = tmp_path / "damaged"
    path.write_bytes(data)
    for form in FORMS:
        for said in reported(read(form, path)):
            # A negative duration is told as it stands: INT003 judges it.
            assert said.duration_s is None or math.isfinite(said.duration_s)
            for value in (said.energy_kwh, said.emissions_kg):
                assert value is None or 0 <= value < float("inf")
