"""ledger.toml: read through its schema; a broken one says where."""

from pathlib import Path

import pytest

from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.store.settings import read_settings


def test_no_file_means_nothing_is_said(tmp_path: Path) -> None:
    settings = read_settings(tmp_path).value
    assert settings is not None
    assert settings.place == Place()
    assert settings.pue_choice == PueChoice()


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_text('country = "DEU"\npue = 2\nteam = "TEAM3"\n')
    settings = read_settings(tmp_path).value
    assert settings is not None
    assert (settings.place.country, settings.pue_choice.pue, settings.team) == ("DEU", 2.0, "TEAM3")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("country = ", "TOML"),
        ("country = 3\n", "country"),
        ('county = "DEU"\n', "county"),
        ("pue = 0.5\n", "pue"),
        ("pue = nan\n", "TOML that settings can hold"),
        ("pue = inf\n", "TOML that settings can hold"),
        ("country = 2024-01-01\n", "country"),
        ("a = " + "[" * 5000, "TOML"),
        ("\x00", "TOML"),
    ],
)
def test_a_broken_file_gives_findings_that_name_it(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "ledger.toml").write_text(text)
    parsed = read_settings(tmp_path)
    assert parsed.value is None
    assert told in str(parsed.findings[0])
    assert "ledger.toml" in str(parsed.findings[0])


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_bytes(b"\xff\xfe\x00")
    assert read_settings(tmp_path).value is None


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").mkdir()
    assert "a folder" in str(read_settings(tmp_path).findings[0])


@pytest.mark.parametrize("target", ["nowhere", "ledger.toml"])
def test_a_link_that_leads_nowhere_is_a_broken_file_and_not_none(tmp_path: Path, target: str) -> None:
    (tmp_path / "ledger.toml").symlink_to(target)
    parsed = read_settings(tmp_path)
    assert parsed.value is None
    assert "ledger.toml" in str(parsed.findings[0])
