"""What a job's allocation draws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.estimate.allocation import cards_named, components_of, gpu_power_w
from neuclir_carbon.factors import devices
from neuclir_carbon.model.reported import Allocation

HOUR = 3600.0


def test_the_hull_of_each_part_is_computed_by_hand() -> None:
    allocation = Allocation(processors=32, processor_share=0.5, gpus=1, gpu_name="h100_sxm", memory_gib=250.0)
    components, factors = components_of(allocation, 2 * HOUR)
    cpu, gpu, ram = components
    assert [part.component for part in components] == ["cpu", "gpu", "ram"]
    assert cpu.kwh == pytest.approx(32 * 4.0 * (0.1 + 0.9 * 0.5**3) * 2 / 1000)
    assert (cpu.low_kwh, cpu.high_kwh) == (
        pytest.approx(32 * 360 / 256 * 0.1 * 2 / 1000), pytest.approx(32 * 135 / 8 * 2 / 1000),
    )  # fmt: skip
    assert (gpu.low_kwh, gpu.kwh, gpu.high_kwh) == (
        pytest.approx(0.7 * 0.3 * 2), pytest.approx(0.7 * 0.75 * 2), pytest.approx(0.7 * 2),
    )  # fmt: skip
    assert (ram.low_kwh, ram.kwh, ram.high_kwh) == (
        pytest.approx(250 * 0.04 * 2 / 1000), pytest.approx(250 * 0.37 * 2 / 1000), pytest.approx(250 * 0.9 * 2 / 1000),
    )  # fmt: skip
    assert [factor.id for factor in factors] == [
        "cpu_w_per_thread", "cpu_load_share", "device.H100-SXM.tdp_w", "accelerator_load_share", "ram_w_per_gib",
    ]  # fmt: skip


def test_an_unknown_use_of_processors_has_the_middle_of_the_range() -> None:
    (cpu,), _ = components_of(Allocation(processors=8), HOUR)
    assert cpu.kwh == pytest.approx(8 * 4.0 * 0.5 / 1000)


def test_a_gpu_without_a_name_may_be_any_that_is_known() -> None:
    power_w, (factor,) = gpu_power_w(None)
    known = [card for card in devices.accelerators().values() if card.kind == "gpu"]
    assert power_w.low == pytest.approx(0.3 * min(card.tdp_w or card.most_w for card in known))
    assert power_w.high == max(card.most_w for card in known)
    assert "all" in factor.source
    assert gpu_power_w("no-such-card")[0] == power_w


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("h200_nvl", ["H200 NVL"]),
        ("nvidia_a100_80gb_pcie", ["A100 PCIe 80GB"]),
        ("tesla_v100", ["V100 SXM2", "V100 PCIe"]),
        ("rtx6000", ["RTX 6000 Ada", "RTX 6000"]),
        ("NVIDIA GeForce RTX 3090", ["RTX 3090", "RTX 3090 Ti"]),
        ("a10", ["A10"]),
        ("gpu", []),
        ("", []),
        ("s:0-1", []),
    ],
)
def test_names_of_schedulers_mean_known_cards(said: str, names: list[str]) -> None:
    assert [card.name for card in cards_named(said)] == names


def test_slices_of_a_card_draw_their_share_and_at_most_the_whole() -> None:
    whole, _ = gpu_power_w("a100")
    part, _ = gpu_power_w("a100_3g.20gb")
    assert part.central == pytest.approx(whole.central * 3 / 7)
    assert part.high == whole.high


def test_what_nobody_tells_is_left_out_and_nothing_makes_nothing() -> None:
    assert components_of(Allocation(), HOUR) == ((), ())
    assert components_of(Allocation(processors=0, gpus=0), HOUR) == ((), ())


@given(
    st.builds(
        Allocation, processors=st.none() | st.integers(0, 10_000), processor_share=st.none() | st.floats(0, 1),
        gpus=st.none() | st.integers(0, 1000), gpu_name=st.none() | st.text(max_size=30),
        memory_gib=st.none() | st.floats(0, 1e5),
    ),
    st.floats(0, 1e8),
)  # fmt: skip
def test_the_range_is_always_in_order(allocation: Allocation, duration_s: float) -> None:
    for part in components_of(allocation, duration_s)[0]:
        assert part.low_kwh is not None
        assert part.kwh is not None
        assert part.high_kwh is not None
        assert 0 <= part.low_kwh <= part.kwh <= part.high_kwh
