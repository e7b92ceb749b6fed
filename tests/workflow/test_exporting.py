"""Exports: what can't be read is never told as work that nobody tracked, and no format counts anything twice."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from importing import brought, codes
from making import GERMANY, TAG, a_ledger, a_record, ordered
from works import FRANCE, ledgers

from neuclir_carbon.errors import Rejected, UnknownName, Unreadable
from neuclir_carbon.model.counting import counted, totals
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.workflow.bundling import bundle
from neuclir_carbon.workflow.exporting import TARGETS, export

TEXTUAL = tuple(target for target in TARGETS if target != "tira")


@pytest.mark.parametrize("target", TEXTUAL)
def test_a_file_that_is_no_bundle_gives_no_export(tmp_path: Path, target: str) -> None:
    (tmp_path / "noise").write_bytes(b"noise")
    with pytest.raises(Rejected, match="SUB001"):
        export(tmp_path / "noise", target)


@pytest.mark.parametrize("target", TEXTUAL)
def test_a_ledger_without_a_sound_record_gives_no_export(tmp_path: Path, target: str) -> None:
    (a_ledger(tmp_path, a_record("a")) / "records" / "a.json").write_text("{}")
    with pytest.raises(Rejected, match=r"a\.json"):
        export(tmp_path, target)


@pytest.mark.parametrize("target", ["text", "latex", "huggingface"])
def test_a_text_for_readers_says_that_records_are_missing(tmp_path: Path, target: str) -> None:
    (a_ledger(tmp_path, a_record("a"), a_record("b")) / "records" / "a.json").write_text("{}")
    found = export(tmp_path, target)
    assert not found.passed
    assert "could not be read" in found.data.decode()


def test_an_empty_ledger_was_not_tracked(tmp_path: Path) -> None:
    assert "not tracked" in export(a_ledger(tmp_path), "text").data.decode()


@pytest.mark.parametrize("target", TEXTUAL)
def test_a_missing_source_is_told(tmp_path: Path, target: str) -> None:
    with pytest.raises(Unreadable, match="missing"):
        export(tmp_path / "missing", target)


@pytest.mark.parametrize(
    ("said", "nearest"),
    [
        ("huggingfase", "huggingface"),
        ("codecarbon", "codecarbon-csv"),
        ("Latex", "latex"),
        ("ir_metadata", "ir-metadata"),
    ],
)
def test_an_unknown_format_names_the_nearest(tmp_path: Path, said: str, nearest: str) -> None:
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}'"):
        export(a_ledger(tmp_path), said)


# A pipeline that was amended afterwards: its steps still belong to it.
AMENDED = (
    a_record("pipeline", kwh=10.0, activity="other", duration_s=100.0),
    a_record("step", kwh=4.0, parent_id="pipeline", activity="training", duration_s=40.0),
    a_record("pipeline-2", kwh=10.0, activity="other", supersedes="pipeline", duration_s=100.0),
)


@pytest.mark.parametrize("kind", ["ledger", "bundle"])
def test_every_format_counts_an_amended_pipeline_once(tmp_path: Path, kind: str) -> None:
    source = a_ledger(tmp_path / "ledger", *AMENDED)
    if kind == "bundle":
        source = bundle(ordered(tmp_path)).path

    def data(target: str) -> str:
        return export(source, target).data.decode()

    rows = list(csv.DictReader(io.StringIO(data("codecarbon-csv"))))
    assert {row["run_id"]: float(row["energy_consumed"]) for row in rows} == {"pipeline-2": 6.0, "step": 4.0}
    card = yaml.safe_load(data("huggingface").split("---")[1])
    assert card["co2_eq_emissions"]["emissions"] == pytest.approx(3296.5)
    metadata = yaml.safe_load(data("ir-metadata"))
    assert metadata["resources"]["cpu"]["energy used system"] == "36000000 J"
    assert metadata["resources"]["runtime"]["wallclock"] == "100000 ms"
    assert data("text").startswith("We used 10.0 kWh of electricity and emitted 3.30 kg CO2e, between ")
    assert "total & & 2 & 10.0 & 3.30 & " in data("latex")
    assert [record["record_id"] for record in json.loads(data("json"))] == ["pipeline-2", "step"]
    assert [row["record_id"] for row in csv.DictReader(io.StringIO(data("csv")))] == ["pipeline-2", "step"]


@settings(max_examples=40)
@given(ledgers(grids=(GERMANY, FRANCE)))
def test_codecarbon_s_file_imported_again_gives_the_same_energies_and_emissions(records: list[ActivityRecord]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        before = totals(counted(records))
        data = export(a_ledger(folder / "ledger", *records), "codecarbon-csv").data
        (folder / "emissions.csv").write_bytes(data)
        if not before.records:
            return
        found = brought(folder / "again", folder / "emissions.csv")
        assert found.totals.it_energy_kwh == pytest.approx(before.it_energy_kwh, rel=1e-9, abs=1e-18)
        assert found.totals.facility_energy_kwh == pytest.approx(before.facility_energy_kwh, rel=1e-9, abs=1e-18)
        assert found.totals.operational_kg_co2e == pytest.approx(before.operational_kg_co2e, rel=1e-9, abs=1e-18)
        # A row without any figure tells nothing, and one of no energy no emissions: both are said.
        assert set(codes(found)) <= {"INT002", "INT013", "INT017"}
        assert found.imported == before.records - codes(found).count("INT002")
        assert brought(folder / "again", folder / "emissions.csv").imported == 0


def test_a_bundle_s_run_and_team_stand_in_its_table(tmp_path: Path) -> None:
    text = export(bundle(ordered(tmp_path)).path, "latex").data.decode()
    assert f"of run {TAG} of team lotus" in text
