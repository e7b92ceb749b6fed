"""ML CO2 Impact's calculation, recomputed by hand. The example is the one on the NeuCLIR carbon page."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.estimate import mlco2
from neuclir_carbon.factors import mlco2 as tables

NEUCLIR = {"device": "A100 PCIe 40/80GB", "count": 8, "hours": 336.0, "provider": "aws", "region": "us-east-1"}


def test_the_figure_of_the_neuclir_page_is_reproduced_to_the_digit() -> None:
    found = mlco2.estimate(**NEUCLIR)
    assert found.energy.it_kwh == 672.0
    assert found.emissions.operational_kg_co2e == found.emissions.total_kg_co2e == pytest.approx(248.64, rel=1e-12)
    assert found.details["as_shown_on_the_page"] == {
        "energy_kwh": 672.0, "impact_kg_co2e_per_kwh": 0.37, "co2_kg": 248.64, "offset_by_provider_kg": 0.0,
    }  # fmt: skip
    assert (found.pue.value, found.embodied) == (1.0, None)


def test_the_grid_is_the_pages_rounded_value_and_the_tables_value_stands_in_the_factors() -> None:
    found = mlco2.estimate(**NEUCLIR)
    assert (found.grid.g_co2e_per_kwh, found.grid.basis, found.grid.country) == (370.0, "as published", "USA")
    assert {factor.id: factor.value for factor in found.factors}["mlco2.grid.aws.us-east-1"] == 367.8


def test_the_hull_is_our_own_for_the_same_hardware_hours_and_place() -> None:
    found = mlco2.estimate(**NEUCLIR)
    low = 8 * 250 * 0.3 * 336 / 1000 * 1.0 * (539.6 * 0.45359237) / 1000  # Virginia, 30 % of the 40 GB card's TDP
    high = 8 * 300 * 1.0 * 336 / 1000 * 1.46 * 384.40 / 1000  # the 80 GB card, AWS's worst PUE, USA
    assert found.emissions.low_kg_co2e == pytest.approx(low, rel=1e-4)
    assert found.emissions.high_kg_co2e == pytest.approx(high, rel=1e-9)
    assert found.dominant_factor == "power"


@pytest.mark.parametrize(
    ("changes", "kg"),
    [
        ({"device": "A100 SXM4 80 GB"}, 397.82),  # 1,075.2 kWh × 0.37 = 397.824
        ({"region": "eu-north-1"}, 33.6),  # 47 g: 672 × 0.05
        ({"provider": "gcp", "region": "northamerica-northeast1"}, 20.16),  # 34.5 is cut to 34, shown as 0.03
        ({"provider": "seeweb", "region": "fro2"}, 0.0),  # claims 0 g
        ({"provider": "scaleway", "region": "Paris"}, 67.2),  # 105 g: (0.105).toFixed(2) is 0.10 in JavaScript
        ({"device": "Intel Xeon Gold 6148"}, 149.18),  # 403.2 kWh × 0.37 = 149.184
        ({"hours": 0.0}, 0.0),
    ],
)
def test_other_calculations_of_the_page_by_hand(changes: dict[str, object], kg: float) -> None:
    found = mlco2.estimate(**NEUCLIR | changes)
    assert found.details["as_shown_on_the_page"]["co2_kg"] == kg
    assert found.emissions.operational_kg_co2e == pytest.approx(kg, abs=0.005)
    assert found.emissions.low_kg_co2e <= found.emissions.total_kg_co2e <= found.emissions.high_kg_co2e


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.125, 0.13), (0.375, 0.38), (1.005, 1.0), (0.105, 0.1), (0.367, 0.37), (2.675, 2.67), (0.0, 0.0)],
)
def test_two_decimals_are_those_of_javascript(value: float, shown: float) -> None:
    assert mlco2.as_shown(value) == shown


@given(st.floats(0, 1e9))
def test_rounding_moves_a_value_by_half_a_hundredth_at_most(value: float) -> None:
    assert abs(Decimal(mlco2.as_shown(value)) - Decimal(value)) <= Decimal("0.0050001")


@given(
    st.sampled_from(sorted(tables.devices())),
    st.sampled_from(sorted(tables.regions())),
    st.integers(1, 1000),
    st.floats(0, 10_000),
)
def test_any_calculation_has_bounds_that_contain_the_pages_figure(
    device: str, where: tuple[str, str], count: int, hours: float
) -> None:
    found = mlco2.estimate(device=device, count=count, hours=hours, provider=where[0], region=where[1])
    spread = found.emissions
    assert spread.low_kg_co2e <= spread.total_kg_co2e <= spread.high_kg_co2e
    assert found.emissions.operational_kg_co2e == pytest.approx(
        found.energy.facility_kwh * found.grid.g_co2e_per_kwh / 1000, rel=1e-12, abs=1e-15
    )
    assert len(found.grid.source) <= 500


def test_short_work_that_the_page_rounds_away_is_warned_of() -> None:
    found = mlco2.estimate(**NEUCLIR | {"count": 1, "hours": 0.01})
    assert found.energy.it_kwh == 0.0
    assert "rounds 0.0025 kWh to 0.00 kWh" in " ".join(found.warnings)
    assert found.emissions.high_kg_co2e > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"device": "A100"}, "A100 SXM4 80 GB"),
        ({"device": "a100 pcie 40/80gb"}, "A100 PCIe 40/80GB"),
        ({"provider": "amazon"}, "known: gcp, aws, azure"),
        ({"region": "us-east"}, "us-east-1"),
    ],
)
def test_names_are_exact_or_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(UnknownName) as refused:
        mlco2.estimate(**NEUCLIR | changes)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"hours": value}, "--hours") for value in (-1.0, math.nan, math.inf, 1e300)]
    + [({"count": value}, "--count") for value in (0, -1, 0.5, 10**9, True)],
)
def test_absurd_numbers_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        mlco2.estimate(**NEUCLIR | changes)
