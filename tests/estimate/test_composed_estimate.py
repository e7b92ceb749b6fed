"""Instances composed of their parts: recomputed by hand, held against the Teads data, and sound for every type."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption
from neuclir_carbon.estimate import cloud, composed_machine
from neuclir_carbon.estimate.result import Estimate
from neuclir_carbon.factors.composed_instances import composed_instances
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.instances import instances, unpublished_instances
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.place import Place, PueChoice

REGIONS = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-east4"}
AZURE = {"provider": "azure", "instance": "Standard_ND96asr_v4", "region": "eastus", "hours": 336.0}
GOOGLE = {"provider": "gcp", "instance": "g2-standard-48", "region": "europe-west4", "hours": 100.0}
VIRGINIA_G, USA_G = 539.6 * 0.45359237, 384.40
TYPES = [(found.provider, found.name) for found in unpublished_instances()]


def whole(found: Estimate) -> tuple[float, float, float]:
    part = found.energy.components
    return sum(p.low_kwh for p in part), sum(p.kwh for p in part), sum(p.high_kwh for p in part)


def test_an_azure_instance_recomputed_by_hand() -> None:
    found = cloud.estimate(**AZURE)
    # 8 A100 of 400 W; 96 vCPUs of 360/256, 4 and 135/8 W; 900 GiB.
    low_w = 8 * 400 * 0.3 + 96 * 360 / 256 * 0.1 + 900 * 0.04
    central_w = 8 * 400 * 0.75 + 96 * 4 * 0.5 + 900 * 0.37
    high_w = 8 * 400 * 1.0 + 96 * 135 / 8 * 1.0 + 900 * 0.9
    assert (low_w, central_w, high_w) == (1009.5, 2925, 5630)
    assert whole(found) == pytest.approx((low_w * 0.336, central_w * 0.336, high_w * 0.336), rel=1e-12)
    assert found.emissions.operational_kg_co2e == pytest.approx(central_w * 0.336 * 1.16 * VIRGINIA_G / 1000, rel=1e-5)
    # Cards of 150, 273 and 575 kg, vCPUs of Teads' m5, EcoLogits' p5 and Teads' p4d, over 6, 4 and 3 years of 8,760 h.
    low_kg = (8 * 150 + 96 * 1610.4 / 96) / (6 * 8760) * 336
    central_kg = (8 * 273 + 96 * 5700 / 192) / (4 * 8760) * 336
    high_kg = (8 * 575 + 96 * 3475.5 / 96) / (3 * 8760) * 336
    assert (found.embodied.low, found.embodied.kg_co2e, found.embodied.high) == pytest.approx(
        (low_kg, central_kg, high_kg), rel=1e-12
    )
    assert found.emissions.low_kg_co2e == pytest.approx(low_w * 0.336 * 1.11 * VIRGINIA_G / 1000 + low_kg, rel=1e-5)
    assert found.emissions.high_kg_co2e == pytest.approx(high_w * 0.336 * 1.43 * USA_G / 1000 + high_kg, rel=1e-9)
    assert found.dominant_factor == "power"


def test_a_google_instance_at_a_known_load_and_lifetime_recomputed_by_hand() -> None:
    found = cloud.estimate(**GOOGLE, load=60, count=2, lifetime_years=5)
    grid = resolve_grid(Place(cloud="gcp", cloud_region="europe-west4"))[0]
    low_w = 4 * 72 * 0.6 * 0.85 + 48 * 360 / 256 * 0.1 + 192 * 0.04
    central_w = 4 * 72 * 0.6 + 48 * 4 * 0.5 + 192 * 0.37
    high_w = 4 * 72 * 0.6 * 1.15 + 48 * 135 / 8 + 192 * 0.9
    assert whole(found) == pytest.approx((low_w * 0.2, central_w * 0.2, high_w * 0.2), rel=1e-12)
    by_hand = central_w * 0.2 * found.pue.value * grid.g_co2e_per_kwh / 1000
    assert found.emissions.operational_kg_co2e == pytest.approx(by_hand, rel=1e-12)
    central_kg = (4 * 273 + 48 * 5700 / 192) / (5 * 8760) * 200
    high_kg = (4 * 575 + 48 * 3475.5 / 96) / (5 * 8760) * 200
    assert (found.embodied.kg_co2e, found.embodied.high) == pytest.approx((central_kg, high_kg), rel=1e-12)


@pytest.mark.parametrize("provider", REGIONS)
def test_the_grid_and_the_pue_are_those_of_measured_work_in_the_same_place(provider: str) -> None:
    name = next(name for owner, name in TYPES if owner == provider)
    found = cloud.estimate(provider=provider, instance=name, region=REGIONS[provider], hours=1)
    place = Place(cloud=provider, cloud_region=REGIONS[provider])
    assert (found.grid, found.pue) == (resolve_grid(place)[0], resolve_pue(PueChoice(), place)[0])


def test_energy_is_told_by_component_and_adds_up() -> None:
    energy = cloud.estimate(**AZURE).energy
    assert (energy.gpu_kwh, energy.cpu_kwh, energy.ram_kwh) == pytest.approx(
        (2400 * 0.336, 192 * 0.336, 333 * 0.336), rel=1e-12
    )
    assert energy.it_kwh == pytest.approx(energy.gpu_kwh + energy.cpu_kwh + energy.ram_kwh, rel=1e-12)


def test_every_part_stands_in_the_factors_and_what_is_assumed_is_said() -> None:
    found = cloud.estimate(**AZURE)
    factors = {factor.id: factor for factor in found.factors}
    assert factors["instance.azure.Standard_ND96asr_v4.accelerators"].value == 8
    assert factors["instance.azure.Standard_ND96asr_v4.vcpus"].value == 96
    assert factors["instance.azure.Standard_ND96asr_v4.memory_gib"].value == 900
    assert "learn.microsoft.com" in factors["instance.azure.Standard_ND96asr_v4.vcpus"].source
    judged = (
        "accelerator_load_share", "cpu_w_per_thread", "cpu_load_share", "ram_w_per_gib", "accelerator_manufacture_kg",
        "platform_manufacture_kg_per_vcpu",
    )  # fmt: skip
    for name in judged:
        assert "assumption" in factors[name].source, name
        assert factors[name].low < factors[name].value < factors[name].high, name
    assert (factors["lifetime_years"].low, factors["lifetime_years"].high) == (3, 6)
    assert all("assumption" in said for said in found.assumptions)


def test_a_tpu_draws_what_google_measured_and_its_manufacture_is_unknown_and_not_0() -> None:
    found = cloud.estimate(provider="gcp", instance="ct4p-hightpu-4t", region="us-central1", hours=1000)
    gpu = next(part for part in found.energy.components if part.component == "gpu")
    assert (gpu.low_kwh, gpu.kwh, gpu.high_kwh) == (4 * 90, 4 * 170, 4 * 192)
    assert found.embodied is None
    assert found.emissions.embodied_kg_co2e is None
    assert found.lines[-1].text.startswith("unknown")
    assert any("manufacture is unknown" in said for said in found.assumptions)
    assert not any("manufacture" in factor.id for factor in found.factors)
    assert "not all of gcp ct4p-hightpu-4t could be checked" in found.warnings[0]


def test_a_known_load_of_a_tpu_is_a_share_of_the_most_that_google_measured() -> None:
    asked = {"provider": "gcp", "instance": "ct4p-hightpu-4t", "region": "us-central1", "hours": 1000}
    assert cloud.estimate(**asked, load=50).energy.gpu_kwh == pytest.approx(4 * 192 * 0.5, rel=1e-12)


def test_a_part_of_a_card_draws_its_part() -> None:
    asked = {"provider": "azure", "region": "eastus", "hours": 1000}
    sixth = cloud.estimate(**asked, instance="Standard_NV6ads_A10_v5").energy.gpu_kwh
    card = cloud.estimate(**asked, instance="Standard_NV36ads_A10_v5").energy.gpu_kwh
    assert (sixth, card) == pytest.approx((150 * 0.75 / 6, 150 * 0.75), rel=1e-12)


@pytest.mark.parametrize(("provider", "name"), TYPES, ids=lambda value: value)
def test_nothing_composed_passes_as_published(provider: str, name: str) -> None:
    with pytest.raises(BadOption, match="does not have: its power is composed") as refused:
        cloud.estimate(provider=provider, instance=name, region=REGIONS[provider], hours=1, as_published=True)
    assert refused.value.exit_code == 2


def test_composed_instances_agree_with_the_teads_data_where_it_has_them_too() -> None:
    both = {name: found for (owner, name), found in composed_instances().items() if owner == "aws"}
    compared = [name for name in both if name in instances()]
    assert len(compared) >= 8
    for name in compared:
        power, published = composed_machine.machine(both[name], None, None).whole_power_w, instances()[name]
        assert power.low < published.power_w_at(50) < power.high, name
        assert 0.5 < power.central / published.power_w_at(50) < 2, name


@pytest.mark.parametrize("name", ["p4d.24xlarge", "p3dn.24xlarge", "g4dn.metal"])
def test_the_manufacture_of_a_whole_server_agrees_with_the_teads_data(name: str) -> None:
    # Of a part of a server, the Teads data takes cards by vCPU too: 0.33 of the one T4 of a g4dn.xlarge.
    kilograms = composed_machine.machine(composed_instances()["aws", name], None, None).manufacture.kg_per_h
    assert kilograms.low < instances()[name].manufacture_g_per_h / 1000 < kilograms.high


@given(
    st.sampled_from(TYPES),
    st.none() | st.floats(0, 100),
    st.integers(1, 100),
    st.floats(0, 10_000),
    st.none() | st.floats(1, 20),
)
def test_emissions_are_linear_in_count_and_hours_and_lie_in_order(
    kind: tuple[str, str], load: float | None, count: int, hours: float, years: float | None
) -> None:
    asked = {"provider": kind[0], "instance": kind[1], "region": REGIONS[kind[0]], "load": load}
    one = cloud.estimate(**asked, hours=1, lifetime_years=years).emissions
    many = cloud.estimate(**asked, hours=hours, count=count, lifetime_years=years).emissions
    for name in ("low_kg_co2e", "operational_kg_co2e", "total_kg_co2e", "high_kg_co2e"):
        assert getattr(many, name) == pytest.approx(getattr(one, name) * count * hours, rel=1e-9)
    bounds = (
        many.low_kg_co2e, many.likely_low_kg_co2e, many.total_kg_co2e, many.likely_high_kg_co2e, many.high_kg_co2e
    )  # fmt: skip
    assert all(a <= b * (1 + 1e-9) for a, b in pairwise(bounds))


@given(st.sampled_from(TYPES), st.floats(0, 100), st.floats(0, 100))
def test_more_load_never_emits_less(kind: tuple[str, str], first: float, second: float) -> None:
    asked = {"provider": kind[0], "instance": kind[1], "region": REGIONS[kind[0]], "hours": 10}
    low, high = (cloud.estimate(**asked, load=load).emissions for load in sorted((first, second)))
    assert low.total_kg_co2e <= high.total_kg_co2e * (1 + 1e-12)


@given(st.sampled_from(TYPES), st.floats(1, 20), st.floats(1, 20))
def test_a_longer_lifetime_never_adds_to_the_manufacture(kind: tuple[str, str], first: float, second: float) -> None:
    asked = {"provider": kind[0], "instance": kind[1], "region": REGIONS[kind[0]], "hours": 10}
    short, long = (cloud.estimate(**asked, lifetime_years=years).embodied for years in sorted((first, second)))
    is_tpu = composed_instances()[kind].accelerator.startswith("TPU")
    assert (short is None, long is None) == (is_tpu, is_tpu)
    if short is not None:
        assert long.kg_co2e <= short.kg_co2e * (1 + 1e-12)
