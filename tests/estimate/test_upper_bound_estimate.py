"""AIcrowd's upper bound, recomputed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.estimate import upper_bound


def test_one_processor_for_ninety_days_is_the_published_figure() -> None:
    found = upper_bound.estimate(processors=1, hours=2160)
    assert found.energy.it_kwh == found.energy.facility_kwh == 324.0
    assert found.emissions.total_kg_co2e == pytest.approx(324 * 0.4554, rel=1e-12)
    assert round(found.emissions.total_kg_co2e, 2) == 147.55
    assert (found.grid.g_co2e_per_kwh, found.grid.basis, found.grid.country) == (455.4, "as published", None)


def test_high_is_the_bound_itself_and_low_three_tenths_of_it() -> None:
    spread = upper_bound.estimate(processors=4, hours=100).emissions
    assert spread.high_kg_co2e == spread.total_kg_co2e == spread.likely_high_kg_co2e
    assert spread.low_kg_co2e == pytest.approx(0.3 * spread.total_kg_co2e, rel=1e-12)


def test_an_intensity_that_the_user_gives_is_not_called_published() -> None:
    found = upper_bound.estimate(processors=1, hours=1, intensity=100, watts=200)
    assert found.grid.basis == "given"
    assert found.emissions.total_kg_co2e == pytest.approx(0.02)
    assert {factor.source for factor in found.factors} == {"given by the user"}


@given(st.integers(1, 10_000), st.floats(0, 100_000), st.floats(0, 1000), st.floats(0, 2000))
def test_the_bound_is_linear_in_each_input(processors: int, hours: float, watts: float, intensity: float) -> None:
    one = upper_bound.estimate(processors=1, hours=hours, watts=watts, intensity=intensity).emissions
    many = upper_bound.estimate(processors=processors, hours=hours, watts=watts, intensity=intensity).emissions
    assert many.total_kg_co2e == pytest.approx(processors * one.total_kg_co2e, rel=1e-9)
    by_hand = processors * watts / 1000 * hours * intensity / 1000
    assert many.total_kg_co2e == pytest.approx(by_hand, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("device", "warned"), [("A100 SXM4 80GB", True), ("T4", False), ("A10", False), ("AMD EPYC 7763", True)]
)
def test_a_device_that_draws_more_than_the_bound_is_warned_of(device: str, warned: bool) -> None:
    found = upper_bound.estimate(processors=1, hours=1, device=device)
    assert any("no upper bound" in warning for warning in found.warnings) is warned


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UnknownName, match="A100"):
        upper_bound.estimate(processors=1, hours=1, device="A100")


@pytest.mark.parametrize("option", ["hours", "watts", "intensity"])
@pytest.mark.parametrize("value", [-0.001, float("nan"), float("inf"), 1e300])
def test_absurd_numbers_are_refused(option: str, value: float) -> None:
    with pytest.raises(BadOption, match=f"--{option}"):
        upper_bound.estimate(**{"processors": 1, "hours": 1.0} | {option: value})


def test_numbers_that_together_are_absurd_are_refused() -> None:
    with pytest.raises(BadOption, match="together"):
        upper_bound.estimate(processors=1_000_000, hours=1_000_000, watts=100_000, intensity=100_000)
