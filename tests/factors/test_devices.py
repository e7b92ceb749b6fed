import pytest

from neuclir_carbon.errors import UnknownName
from neuclir_carbon.factors import mlco2
from neuclir_carbon.factors.devices import accelerator, accelerators, cpu_tdp_w, device, most_w
from neuclir_carbon.model.quantities import Spread

LOAD = Spread(0.3, 0.75, 1.0)


@pytest.mark.parametrize(
    ("said", "watts"),
    [
        # as the list has it
        ("Intel Xeon Platinum 8275CL", 240.0),
        ("AMD EPYC 7763", 280.0),
        ("Apple M2 Pro", 35.0),
        # as a processor names itself
        ("Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz", 240.0),
        ("Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", 145.0),
        ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", 15.0),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 28.0),
        ("Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", 65.0),
        ("AMD EPYC 7763 64-Core Processor", 280.0),
        ("AMD Ryzen 7 5800X 8-Core Processor", 105.0),
        ("AMD Ryzen 7 PRO 5850U with Radeon Graphics", 15.0),
        # a cloud that hides the model, and what is not listed: unknown, never a similar one
        ("Intel(R) Xeon(R) CPU @ 2.50GHz", None),
        ("Intel(R) Xeon(R) Processor @ 2.90GHz", None),
        ("AMD EPYC", None),
        ("AMD EPYC 7763X", None),
        ("intel xeon platinum 8275cl", None),
        ("", None),
        ("x" * 10_000, None),
        # a figure that is no number in the list
        ("Intel Celeron 1000A", None),
    ],
)
def test_a_processors_tdp_is_found_by_its_exact_name(said: str, watts: float | None) -> None:
    assert cpu_tdp_w(said) == watts


@pytest.mark.parametrize(
    ("name", "low", "central", "high"),
    [
        ("A100 SXM4 80GB", 120.0, 300.0, 400.0),
        ("V100 SXM2", 90.0, 225.0, 300.0),
        ("V100 PCIe", 75.0, 187.5, 250.0),
        ("L40S", 105.0, 262.5, 350.0),
        # two sources disagree about the maximum
        ("A10G", 45.0, 112.5, 300.0),
        # measured by the vendor: the load assumption is not used
        ("TPU v3", 123.0, 220.0, 262.0),
        ("TPU v4", 90.0, 170.0, 192.0),
    ],
)
def test_an_accelerators_power_is_its_tdp_times_load_or_as_measured(
    name: str, low: float, central: float, high: float
) -> None:
    power = accelerator(name).power_w(LOAD)
    assert (power.low, power.central, power.high) == pytest.approx((low, central, high))


@pytest.mark.parametrize(
    ("name", "nearest"), [("A100 SXM4", "A100 SXM4 80GB"), ("H100", "H100 SXM"), ("TPU v5e", "TPU v2"), ("", None)]
)
def test_a_device_that_is_not_listed_is_refused_with_the_nearest_names(name: str, nearest: str | None) -> None:
    with pytest.raises(UnknownName) as refused:
        device(name)
    assert refused.value.exit_code == 2
    assert nearest is None or nearest in refused.value.nearest


def test_every_accelerator_has_a_power_a_source_and_bounds_in_order() -> None:
    assert len(accelerators()) >= 40
    for found in accelerators().values():
        power = found.power_w(LOAD)
        assert 0 < power.low <= power.central <= power.high == found.most_w, found
        assert found.source and found.factor.low <= found.factor.value <= found.factor.high, found


def test_ml_co2_devices_point_to_accelerators_that_we_know() -> None:
    for found in mlco2.devices().values():
        assert all(name in accelerators() for name in found.accelerators), found
        assert found.tdp_w > 0


def test_a_processor_and_an_accelerator_are_found_through_one_door() -> None:
    assert most_w("A100 SXM4 80GB") == 400
    assert most_w("AMD EPYC 7763") == 280
    assert device("AMD EPYC 7763").factor.source.startswith("codecarbon")
