"""Where an activity ran: the first level that names any part of a place gives the whole of it."""

from pathlib import Path

import pytest

from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.workflow.placing import Settled, settle


def settled(tmp_path: Path, place: Place | None = None, toml: str = "", **environment: str) -> Settled:
    if toml:
        (tmp_path / "ledger.toml").write_text(toml)
    variables = {f"NEUCLIR_CARBON_{name}": value for name, value in environment.items()}
    return settle(place or Place(), PueChoice(), tmp_path, variables)


def test_nothing_said_is_nothing_known(tmp_path: Path) -> None:
    found = settled(tmp_path)
    assert (found.place, found.pue, found.faults) == (Place(), PueChoice(), ())


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    toml = 'country = "DEU"\n'
    assert settled(tmp_path, Place(country="JPN"), toml, COUNTRY="FRA").place == Place(country="JPN")
    assert settled(tmp_path, None, toml, COUNTRY="FRA").place == Place(country="FRA")
    assert settled(tmp_path, None, toml).place == Place(country="DEU")


def test_levels_are_never_mixed(tmp_path: Path) -> None:
    found = settled(tmp_path, Place(country="USA"), 'country = "USA"\nregion = "virginia"\n')
    assert found.place == Place(country="USA")


def test_place_and_pue_may_come_from_different_levels(tmp_path: Path) -> None:
    found = settled(tmp_path, Place(country="FRA"), 'country = "DEU"\nsite = "laptop"\n')
    assert found.place.country == "FRA"
    assert found.pue == PueChoice(site="laptop")


@pytest.mark.parametrize(
    "environment",
    [{"COUNTRY": "Germany"}, {"INTENSITY": "nan"}, {"INTENSITY": "-3"}, {"REGION": "virginia"}, {"CLOUD": "aws"}],
)
def test_a_bad_variable_leaves_the_place_unspecified_and_says_why(tmp_path: Path, environment: dict[str, str]) -> None:
    found = settled(tmp_path, None, 'country = "DEU"\n', **environment)
    assert found.place == Place()
    assert len(found.warnings) == 1
    with pytest.raises(BadOption):
        found.or_refuse()


@pytest.mark.parametrize("environment", [{"PUE": "0.9"}, {"PUE": "1e400"}, {"SITE": "basement"}])
def test_a_bad_pue_variable_is_told(tmp_path: Path, environment: dict[str, str]) -> None:
    found = settled(tmp_path, None, **environment)
    assert found.pue == PueChoice()
    assert next(iter(environment)) in found.warnings[0]


@pytest.mark.parametrize("toml", ["country = ", 'country = "XXX"\n', 'country = "Kenya"\n'])
def test_a_damaged_file_is_a_fault_of_the_file(tmp_path: Path, toml: str) -> None:
    found = settled(tmp_path, None, toml)
    assert found.place == Place()
    with pytest.raises(Unreadable, match=r"ledger\.toml"):
        found.or_refuse()


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert settled(tmp_path, None, 'country = "DEU"\n', COUNTRY="").place == Place(country="DEU")


def test_a_pue_and_a_site_are_one_too_many_and_their_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"ledger\.toml"):
        settled(tmp_path, None, 'pue = 1.2\nsite = "laptop"\n').or_refuse()
    assert "NEUCLIR_CARBON_PUE" in settled(tmp_path, None, PUE="1.2", SITE="laptop").warnings[0]


def test_a_place_of_the_environment_is_told_as_such(tmp_path: Path) -> None:
    assert "NEUCLIR_CARBON_" in settled(tmp_path, None, COUNTRY="XXX").warnings[0]
