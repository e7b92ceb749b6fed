"""CodeCarbon's emissions.csv from records: its columns, each kWh and kg once, unknown left empty and said."""

import csv
import io
import math
import re
from dataclasses import fields
from pathlib import Path

import pytest
from codecarbon.output_methods.emissions_data import EmissionsData
from codecarbon.output_methods.file import FileOutput
from hypothesis import given
from making import a_record
from strangers import TEXTS
from works import NO_FIGURE, a_work, ledgers

from neuclir_carbon.model.record import ActivityRecord, Component, Embodied, Grid, Pue, energy_of
from neuclir_carbon.report.codecarbon_csv import COLUMNS, codecarbon_csv
from neuclir_carbon.report.words import visible

MADE_UP = Pue(value=1.5, low=1.5, high=1.5, source="a made-up site")


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def the_row(record: ActivityRecord) -> dict[str, str]:
    (row,) = rows_of(codecarbon_csv(a_work(record)).data)
    return row


def test_the_columns_are_those_that_codecarbon_writes_in_its_order(tmp_path: Path) -> None:
    names = tuple(field.name for field in fields(EmissionsData))
    assert names == COLUMNS
    (tmp_path / "emissions.csv").write_bytes(codecarbon_csv(a_work(a_record())).data)
    output = FileOutput("emissions.csv", str(tmp_path))
    assert output.has_valid_headers(EmissionsData(**dict.fromkeys(names)))  # type: ignore[arg-type]


def test_energies_and_powers_include_the_pue_and_emissions_are_kilograms() -> None:
    row = the_row(a_record("one", kwh=0.2, pue=MADE_UP, label="BM25"))
    assert (row["run_id"], row["project_name"], row["tracking_mode"], row["codecarbon_version"]) == (
        "one", "BM25", "machine", "3.3.2",
    )  # fmt: skip
    assert float(row["energy_consumed"]) == float(row["cpu_energy"]) == pytest.approx(0.3)
    assert float(row["cpu_power"]) == pytest.approx(300.0)
    assert float(row["pue"]) == 1.5
    assert float(row["emissions"]) == pytest.approx(0.3 * 0.32965)
    assert float(row["emissions_rate"]) == pytest.approx(0.3 * 0.32965 / 3600)
    assert (row["timestamp"], float(row["duration"])) == ("2024-11-15T10:30:00", 3600.0)
    assert (row["country_name"], row["country_iso_code"], row["gpu_energy"]) == ("Germany", "DEU", "")


@given(ledgers())
def test_each_kwh_and_each_kilogram_stands_in_the_file_once(records: list[ActivityRecord]) -> None:
    work = a_work(*records)
    rows = rows_of(codecarbon_csv(work).data)
    assert len({row["run_id"] for row in rows}) == len(rows) == work.whole.records

    def total(column: str) -> float:
        return math.fsum(float(row[column]) for row in rows if row[column])

    it_kwh = math.fsum(float(row["energy_consumed"]) / float(row["pue"]) for row in rows if row["energy_consumed"])
    assert total("energy_consumed") == pytest.approx(work.whole.facility_energy_kwh, rel=1e-9, abs=1e-15)
    assert it_kwh == pytest.approx(work.whole.it_energy_kwh, rel=1e-9, abs=1e-15)
    assert total("emissions") == pytest.approx(work.whole.operational_kg_co2e, rel=1e-9, abs=1e-15)


@given(ledgers())
def test_parts_that_are_given_make_up_the_whole(records: list[ActivityRecord]) -> None:
    for row in rows_of(codecarbon_csv(a_work(*records)).data):
        parts = [float(row[f"{part}_energy"]) for part in ("cpu", "gpu", "ram") if row[f"{part}_energy"]]
        assert not parts or math.fsum(parts) == pytest.approx(float(row["energy_consumed"]), rel=1e-6)


def test_unknown_is_an_empty_cell_and_said() -> None:
    without_energy, without_place = a_record("a", kwh=None), a_record("b", grid=NO_FIGURE)
    written = codecarbon_csv(a_work(without_energy, without_place))
    first, second = rows_of(written.data)
    assert (first["energy_consumed"], first["cpu_energy"], first["emissions"], first["emissions_rate"]) == ("",) * 4
    assert (second["emissions"], float(second["energy_consumed"])) == ("", 0.1)
    assert first["water_consumed"] == first["longitude"] == first["python_version"] == ""
    told = "\n".join(written.notes)
    assert "1 row without a known energy" in told
    assert "2 rows without known emissions" in told


def test_what_has_no_column_is_said() -> None:
    embodied = Embodied(kg_co2e=2.5, low=1.0, high=4.0, source="a made-up table")
    parts = (Component(component="machine", kwh=1.0, low_kwh=0.5, high_kwh=2.0, method="model", scope="job"),)
    record = a_record("a", energy=energy_of(parts, MADE_UP), pue=MADE_UP, embodied=embodied)
    written = codecarbon_csv(a_work(record))
    assert rows_of(written.data)[0]["cpu_energy"] == ""
    told = "\n".join(written.notes)
    assert "embodied emissions of 2.50\u00a0kg" in told
    assert "1 row with the energy in all only" in told
    assert "no range" in told


def test_a_remainder_below_what_its_pue_allows_is_said() -> None:
    """A pipeline without PUE around a step with one: its own rest is more IT energy than facility energy."""
    top = a_record("top", kwh=10.0)
    step = a_record("step", kwh=4.0, pue=MADE_UP, parent_id="top")
    written = codecarbon_csv(a_work(top, step))
    row = next(row for row in rows_of(written.data) if row["run_id"] == "top")
    assert (float(row["energy_consumed"]), float(row["pue"])) == (4.0, 1.0)
    assert "below its IT energy" in "\n".join(written.notes)


def test_many_machines_in_one_row_are_said() -> None:
    written = codecarbon_csv(a_work(a_record("challenge", kwh=151.0, duration_s=3600.0), a_record("b", kwh=149.0)))
    assert "1 row of more than 150 kW on average" in "\n".join(written.notes)


def test_a_pipeline_s_rest_is_not_the_machine_s_energy() -> None:
    rows = rows_of(codecarbon_csv(a_work(a_record("p", kwh=2.0), a_record("s", kwh=1.0, parent_id="p"))).data)
    assert {row["run_id"]: row["tracking_mode"] for row in rows} == {"p": "process", "s": "machine"}


def test_a_cloud_region_s_name_tells_its_provider() -> None:
    grid = Grid(
        g_co2e_per_kwh=245.0, low=245.0, high=439.0, country="USA", region="us-east-1", source="x", basis="location"
    )
    row = the_row(a_record(grid=grid))
    assert (row["cloud_provider"], row["cloud_region"], row["on_cloud"], row["region"]) == ("aws", "us-east-1", "Y", "")
    assert row["country_name"] == "United States"


@given(label=TEXTS, model=TEXTS, region=TEXTS)
def test_no_stranger_s_text_becomes_a_formula_a_row_or_a_column(label: str, model: str, region: str) -> None:
    grid = Grid(g_co2e_per_kwh=1.0, low=1.0, high=1.0, country="USA", region=region, source="x", basis="given")
    record = a_record(label=label, grid=grid, hardware={"cpu_model": model, "gpu_model": model, "gpu_count": 2})
    (row,) = rows_of(codecarbon_csv(a_work(record)).data)
    assert None not in row
    for cell in row.values():
        assert not re.match(r"[=+@＝＋－＠-]", cell.lstrip())
        assert visible(cell, most=10_000) == cell


@pytest.mark.parametrize("hardware", [{"gpu_count": "many", "cpu_model": 3, "ram_gib": True}, {"logical_cpus": 1e300}])
def test_hardware_in_a_form_that_we_do_not_write_is_left_out(hardware: dict[str, object]) -> None:
    row = the_row(a_record(hardware=hardware))
    assert row["gpu_count"] == row["cpu_model"] == row["ram_total_size"] == row["cpu_count"] == ""
