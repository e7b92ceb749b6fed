"""Devices by name: recomputed by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.estimate import device
from neuclir_carbon.model.place import Place, PueChoice

GERMANY = Place(country="DEU")
ROOM = PueChoice(site="machine-room")


def test_an_accelerator_of_unknown_load_draws_three_quarters_of_its_tdp() -> None:
    found = device.estimate(device="A100 SXM4 80GB", count=8, hours=336, place=GERMANY, pue=ROOM)
    assert found.energy.it_kwh == pytest.approx(8 * 300 * 336 / 1000)
    assert found.emissions.total_kg_co2e == pytest.approx(806.4 * 1.56 * 329.65 / 1000, rel=1e-12)
    assert found.emissions.low_kg_co2e == pytest.approx(8 * 120 * 0.336 * 1.1 * 329.65 / 1000, rel=1e-12)
    assert found.emissions.high_kg_co2e == pytest.approx(8 * 400 * 0.336 * 2.0 * 380.95 / 1000, rel=1e-12)


def test_a_known_utilization_narrows_the_range() -> None:
    found = device.estimate(device="A100 SXM4 80GB", count=1, hours=1, utilization=0.5, place=GERMANY)
    part = found.energy.components[0]
    assert (part.low_kwh, part.kwh, part.high_kwh) == pytest.approx((0.17, 0.2, 0.23))


def test_no_place_is_the_worlds_range_and_no_pue_is_not_given() -> None:
    found = device.estimate(device="T4", count=1, hours=1)
    assert (found.grid.basis, found.pue.source) == ("unspecified", "not given")


def test_a_device_that_is_not_listed_goes_by_its_rating() -> None:
    found = device.estimate(device="Some Accelerator", watts=200, count=2, hours=10, place=GERMANY)
    assert found.energy.it_kwh == pytest.approx(2 * 150 * 10 / 1000)
    assert found.factors[0].source == "given by the user"


def test_a_country_without_data_leaves_emissions_unknown_and_keeps_the_energy() -> None:
    found = device.estimate(device="T4", count=1, hours=10, place=Place(country="CAF"))
    assert found.energy.it_kwh == pytest.approx(0.525)
    assert found.emissions.total_kg_co2e is None
    assert found.dominant_factor is None and found.dominant_share is None
    assert "give --intensity" in found.warnings[0]


@given(st.integers(1, 1000), st.floats(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_emissions_are_linear_in_count_and_hours_and_rise_with_utilization(
    count: int, hours: float, first: float, second: float
) -> None:
    low, high = sorted((first, second))

    def total(**changes: object) -> float:
        wanted = {"device": "L4", "count": count, "hours": hours, "utilization": low, "place": GERMANY} | changes
        return device.estimate(**wanted).emissions.total_kg_co2e

    assert total() == pytest.approx(count * hours * total(count=1, hours=1.0), rel=1e-9)
    assert total() <= total(utilization=high)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"device": "A100"}, UnknownName, "A100"),
        ({"device": None}, BadOption, "neither --device nor --watts"),
        ({"watts": 300.0}, BadOption, "listed with up to 70 W"),
        ({"device": None, "watts": -1.0}, BadOption, "--watts"),
        ({"utilization": 1.01}, BadOption, "--utilization"),
        ({"utilization": float("nan")}, BadOption, "--utilization"),
        ({"hours": float("inf")}, BadOption, "--hours"),
        ({"count": 0}, BadOption, "--count"),
        ({"place": Place(country="DUE")}, UnknownName, "DEU"),
        ({"pue": PueChoice(pue=0.5)}, BadOption, "--pue"),
    ],
)
def test_bad_input_is_refused(changes: dict[str, object], kind: type[BadOption], words: str) -> None:
    with pytest.raises(kind) as refused:
        device.estimate(**{"device": "T4", "count": 1, "hours": 1.0} | changes)
    assert words in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x1b[31mb", "a\u202eb", "a\udcffb"])
def test_a_name_that_no_record_can_hold_is_refused(name: str) -> None:
    with pytest.raises(BadOption, match="--device"):
        device.estimate(device=name, count=1, hours=1, watts=400.0)


def test_a_negative_zero_is_zero() -> None:
    found = device.estimate(device=None, count=1, hours=-0.0, watts=400.0, place=Place(intensity_g_co2e_per_kwh=-0.0))
    assert str(found.hours) == "0.0"
    assert str(found.grid.g_co2e_per_kwh) == "0.0"


def test_a_host_that_is_known_counts_beside_the_devices() -> None:
    alone = device.estimate(device="T4", count=2, hours=10.0, place=Place(country="DEU"))
    hosted = device.estimate(device="T4", count=2, hours=10.0, host_watts=120.0, place=Place(country="DEU"))
    assert hosted.energy.it_kwh == pytest.approx((alone.energy.it_kwh or 0) + 1.2)
    (alone_part,), (part,) = alone.energy.components, hosted.energy.components
    assert part.low_kwh == pytest.approx((alone_part.low_kwh or 0) + 0.85 * 1.2)
    assert part.high_kwh == pytest.approx((alone_part.high_kwh or 0) + 1.15 * 1.2)
    assert any("120 W host" in line.text for line in hosted.lines)


@pytest.mark.parametrize("watts", [-1.0, math.nan, math.inf, 1e9])
def test_a_host_s_power_that_can_t_be_is_refused(watts: float) -> None:
    with pytest.raises(BadOption, match="--host-watts"):
        device.estimate(device="T4", count=1, hours=1.0, host_watts=watts)
