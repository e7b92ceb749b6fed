"""Emissions in model cards."""

from pathlib import Path

import pytest
from intake_files import DATA, codes, dropped, only, remarks, reported

from neuclir_carbon.store.intake import model_card
from neuclir_carbon.store.intake.recognising import recognise

FILES = DATA / "model-card"


def read(name: str) -> list[model_card.Statement]:
    return list(model_card.read(FILES / name))


def test_a_bare_number_is_in_grams() -> None:
    said = only(read("bare-number.md"))
    assert said.emissions_kg == pytest.approx(41.1)
    assert said.energy_kwh is None
    assert said.duration_s is None
    assert said.line == 3


def test_a_block_tells_its_unit_its_country_and_no_town() -> None:
    statements = read("block.md")
    said = only(statements)
    assert said.emissions_kg == pytest.approx(1.5)
    assert said.label == "pre-training"
    assert said.origin.country == "DEU"
    assert dict(said.origin.hardware) == {"described_as": "8 x A100-SXM4-80GB", "tracked_with": "CodeCarbon"}
    assert dropped(statements).coordinates == 1
    assert "lich" not in repr(said)


def test_a_card_that_sentence_transformers_wrote_tells_energy_and_hours_too() -> None:
    said = only(read("with-energy-and-hours.md"))
    assert (said.emissions_kg, said.energy_kwh) == (pytest.approx(0.0355), 0.0913)
    assert said.duration_s == pytest.approx(0.27 * 3600)
    assert dict(said.origin.hardware)["cpu_model"] == "13th Gen Intel(R) Core(TM) i7-13700K"


def test_several_blocks_are_several_statements(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("---\nco2_eq_emissions:\n- emissions: 10\n- emissions: 10\n- 20\n---\n", encoding="utf-8")
    found = reported(model_card.read(path))
    assert [said.emissions_kg for said in found] == [pytest.approx(0.01), pytest.approx(0.01), pytest.approx(0.02)]
    assert len({said.identity for said in found}) == 3


def test_two_letters_of_a_state_are_no_country() -> None:
    said = only(read("bare-yaml.yml"))
    assert said.emissions_kg == pytest.approx(0.00035)
    assert said.origin.country is None


@pytest.mark.parametrize("name", ["not-told.md", "without-emissions.md"])
def test_a_card_that_tells_nothing_holds_no_carbon_data(name: str) -> None:
    assert reported(read(name)) == []
    assert codes(read(name)) == ["INT019"]


@pytest.mark.parametrize(("name", "code", "line"), [("below-zero.md", "INT003", 2), ("no-number.md", "INT002", 3)])
def test_what_can_not_be_is_told_with_its_line(name: str, code: str, line: int) -> None:
    assert reported(read(name)) == []
    assert [(remark.code, remark.line) for remark in remarks(read(name))] == [(code, line)]


@pytest.mark.parametrize(
    ("said", "kg"),
    [
        ("0.35 grams", 0.00035), ("1,149,000", 1149.0), ("2.4 Kg of CO2", 2.4), ("12 g CO2-eq", 0.012),
        ("3 tonnes CO2e", 3000.0), ("2 tonne", 2000.0), ("5e3", 5.0),
    ],
)  # fmt: skip
def test_units_in_the_text_are_heard(said: str, kg: float, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f'---\nco2_eq_emissions: "{said}"\n---\n', encoding="utf-8")
    assert recognise(path) is model_card.FORM
    assert only(list(model_card.read(path))).emissions_kg == pytest.approx(kg)


@pytest.mark.parametrize("said", ["1_000", "1e400", "nan g", "inf", "9" * 5000, "12 apples", "1,23"])
def test_a_number_that_only_python_reads_is_none(said: str, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f'---\nco2_eq_emissions: "{said}"\n---\n', encoding="utf-8")
    statements = list(model_card.read(path))
    assert reported(statements) == []
    assert codes(statements) in (["INT002"], ["INT019"])


def test_a_card_of_ten_megabytes_is_read_to_its_front_matter_only(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("---\nco2_eq_emissions: 7\n---\n" + "text\n" * 2_000_000, encoding="utf-8")
    assert only(list(model_card.read(path))).emissions_kg == pytest.approx(0.007)
