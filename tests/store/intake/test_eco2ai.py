"""eco2AI's CSV in its three generations."""

from pathlib import Path

import pytest
from intake_files import DATA, codes, dropped, only, remarks, reported

from neuclir_carbon.checks.intake import has_too_much_power
from neuclir_carbon.store.intake import eco2ai
from neuclir_carbon.store.intake.recognising import recognise

FILES = DATA / "eco2ai"


def read(name: str) -> list[eco2ai.Statement]:
    return list(eco2ai.read(FILES / name))


@pytest.mark.parametrize("path", sorted(FILES.iterdir()), ids=lambda path: path.stem)
def test_every_generation_is_recognised(path: Path) -> None:
    assert recognise(path) is eco2ai.FORM


def test_power_consumption_is_an_energy_and_epochs_of_one_id_are_runs_of_their_own() -> None:
    found = reported(read("third-generation.csv"))
    assert [said.energy_kwh for said in found] == [6.5e-09, 0.0005, 0.0006, 0.0001]
    assert [said.emissions_kg for said in found] == [4.1e-09, 0.0003, 0.0004, 0.0001]
    assert len({said.run for said in found}) == 4
    assert not any(said.is_part or said.has_zone for said in found)
    assert found[1].started_s == 1713432600.0
    assert found[1].written_s == 1713432660.0


def test_countries_are_found_behind_their_regions_and_paths_are_dropped() -> None:
    statements = read("third-generation.csv")
    found = reported(statements)
    assert [(said.origin.country, said.origin.region) for said in found] == [
        ("IND", "Tamil Nadu"), ("DEU", None), ("DEU", None), ("USA", "Georgia"),
    ]  # fmt: skip
    assert [said.label for said in found] == [None, "retrieval", "retrieval", None]
    assert dropped(statements).paths == 1


def test_a_row_that_grew_is_of_the_same_run(tmp_path: Path) -> None:
    grown = tmp_path / "grown.csv"
    text = (FILES / "second-generation.csv").read_text(encoding="utf-8")
    grown.write_text(text.replace("100.0,0.002,0.001", "200.0,0.004,0.002"), encoding="utf-8")
    first, later = only(read("second-generation.csv")), only(list(eco2ai.read(grown)))
    assert first.run == later.run
    assert first.identity != later.identity
    assert first.origin.country == "RUS"


def test_the_prototype_has_no_id_and_its_starts_tell_runs_apart() -> None:
    found = reported(read("prototype-without-id.csv"))
    assert [said.duration_s for said in found] == [100.0, 200.0]
    assert found[0].run != found[1].run


def test_joules_under_a_heading_of_kwh_are_more_than_the_machine_can_draw() -> None:
    right, wrong = reported(read("joules-from-the-middle-on.csv"))
    assert not has_too_much_power(right)
    assert has_too_much_power(wrong)


def test_damaged_rows_are_told_with_their_lines_and_the_rest_is_read() -> None:
    statements = read("shifted-and-torn.csv")
    assert only(statements).energy_kwh == 0.00002
    assert [(remark.line, remark.code) for remark in remarks(statements)] == [
        (3, "INT002"), (4, "INT002"), (5, "INT003"), (6, "INT002"), (7, "INT002"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["x" * 300_000, "1" * 5000, "1e400", "0x10", "nan_", "１２", "1,5"], ids=lambda cell: cell[:8]
)
def test_what_is_no_number_is_never_one(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "emission.csv"
    text = (FILES / "second-generation.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(",0.002,", f",{cell},"), encoding="utf-8")
    statements = list(eco2ai.read(path))
    assert reported(statements) == []
    assert codes(statements) == ["INT002"]
