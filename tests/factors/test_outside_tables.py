"""Contracts with the packages whose tables we read: a failure here says which package changed, and what to look at."""

from importlib import metadata
from pathlib import Path

import pytest

from neuclir_carbon.factors import instances, mlco2, tables
from neuclir_carbon.factors.power import modelled_ram_w
from neuclir_carbon.factors.versions import ecologits_data_year, version


def changed(package: str) -> str:
    return f"{package} {version(package)} has other numbers than the release we read: look at factors/tables.py"


@pytest.mark.parametrize(
    ("country", "g_per_kwh"),
    [
        ("USA", 384.40),
        ("FRA", 41.44),
        ("DEU", 329.65),
        ("SWE", 35.26),
        ("IND", 670.13),
        ("CHN", 525.34),
        ("KEN", 95.44),
        ("WOR", 458.29),
    ],
)
def test_ecologits_still_has_these_countries(country: str, g_per_kwh: float) -> None:
    assert tables.ecologits_g_per_kwh()[country] == g_per_kwh, changed("ecologits")


def test_the_year_of_the_installed_ecologits_data_is_known() -> None:
    assert ecologits_data_year() == 2025, changed("ecologits")


@pytest.mark.parametrize(
    ("country", "g_per_kwh", "year"),
    [
        ("USA", 369.473, 2023),
        ("FRA", 56.039, 2023),
        ("DEU", 380.95, 2023),
        ("SWE", 40.695, 2023),
        ("IND", 713.441, 2023),
        ("CHN", 582.317, 2023),
        ("KEN", 70.492, 2023),
    ],
)
def test_codecarbon_still_has_these_countries(country: str, g_per_kwh: float, year: int) -> None:
    assert tables.codecarbon_countries()[country] == (g_per_kwh, year), changed("codecarbon")


@pytest.mark.parametrize("table", [tables.ecologits_g_per_kwh, tables.codecarbon_countries])
def test_a_zero_in_a_table_is_a_gap_and_not_a_clean_grid(table) -> None:
    assert "CAF" not in table()


def test_codecarbon_still_has_the_states_of_egrid_2023() -> None:
    states = tables.us_states()
    # 539.6 lb/MWh × 0.45359237
    assert states["virginia"] == pytest.approx(244.758, abs=5e-4), changed("codecarbon")
    assert {"virginia", "ohio", "district of columbia", "vermont"} <= states.keys()
    assert "usa" not in states
    assert not [state for state in states if state.startswith("_")]


def test_codecarbon_still_counts_combustion_only_in_canada() -> None:
    # Quebec: 0.2 % gas and 0.3 % petroleum of a mix that adds up to 100.01 %
    by_hand = (0.2 * 743.8415916 + 0.3 * 816.6885263) / 100.01
    assert tables.canadian_provinces()["quebec"] == pytest.approx(by_hand, rel=1e-12), changed("codecarbon")
    assert round(by_hand, 2) == 3.94


def test_codecarbon_still_has_these_provinces_zones_and_google_regions() -> None:
    assert tables.chinese_provinces()["beijing"][0] == 555.4, changed("codecarbon")
    assert "neimenggu" in tables.chinese_provinces()["inner mongolia"][1], changed("codecarbon")
    assert tables.nordic_zones()["SE3"] == (27.0, 2025), changed("codecarbon")
    assert tables.google_regions()["us-east4"] == 322, changed("codecarbon")
    assert tables.google_regions()["me-central1"] == 575, "codecarbon no longer misspells me-central1"
    assert len(tables.google_regions()) == 40, changed("codecarbon")


def test_wattson_still_has_the_teads_instances() -> None:
    p4d = instances.instance("aws", "p4d.24xlarge")
    message = f"valohai-wattson {version('valohai-wattson')} has other numbers: look at factors/instances.py"
    assert p4d.power_w == ((0.0, 744.8), (10.0, 1687.5), (50.0, 3781.8), (100.0, 5245.0)), message
    assert p4d.manufacture_g_per_h == 135.3, message
    assert len(instances.instances()) == 621, message
    assert instances.published_region("us-east-1") == instances.PublishedRegion(
        region="us-east-1", g_co2e_per_kwh=415.755, pue=1.2
    ), message


def test_our_copy_of_ml_co2_impact_is_whole() -> None:
    assert (len(mlco2.devices()), len(mlco2.regions())) == (48, 82)
    assert mlco2.region("aws", "us-east-1").g_co2e_per_kwh == 367.8
    assert mlco2.device("A100 PCIe 40/80GB").tdp_w == 250
    assert {
        provider: sum(1 for known, _ in mlco2.regions() if known == provider)
        for provider in {known for known, _ in mlco2.regions()}
    } == {"aws": 22, "azure": 32, "gcp": 21, "coreweave": 3, "ovh": 2, "scaleway": 1, "seeweb": 1}


def test_versions_are_those_that_the_installer_tells() -> None:
    for name in ("codecarbon", "ecologits", "valohai-wattson", "Valohai_Wattson", "pycountry", "jsonschema"):
        assert version(name) == metadata.version(name)


def test_a_distribution_that_is_not_there_has_no_version() -> None:
    assert version("no-such-distribution-anywhere") is None


def test_the_first_folder_of_the_module_path_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = "\n\nVersion: 9.9\n"
    for folder, text in (("a", "Name: x\n"), ("b", f"Name: Some.Thing\nVersion: 1.2.3rc1{description}"), ("c", "")):
        (tmp_path / folder / "some_thing-1.dist-info").mkdir(parents=True)
        (tmp_path / folder / "some_thing-1.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\n{text}")
        monkeypatch.syspath_prepend(tmp_path / folder)
    assert version("some-thing") == "1.2.3rc1"


@pytest.mark.parametrize("is_arm", [False, True])
@pytest.mark.parametrize("ram_gib", [1, 4, 16, 16.5, 32, 64, 65, 128, 129, 256, 300, 1024, 1152, 4096, 8192])
def test_codecarbon_still_models_memory_like_this(ram_gib: float, is_arm: bool) -> None:
    from codecarbon.external.ram import RAM

    model = RAM()
    model.is_arm_cpu = is_arm
    assert modelled_ram_w(ram_gib, is_arm=is_arm) == pytest.approx(model._calculate_ram_power(ram_gib)), changed(
        "codecarbon"
    )
