"""Energy from a journal's lines: figures redone by hand, ranges that hold them, and noise that counts as unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.factors.devices import cpu_tdp_w
from neuclir_carbon.model.journal_format import Journal
from neuclir_carbon.model.record import Component
from neuclir_carbon.workflow.readings import Found, energy_in
from neuclir_carbon.workflow.stretches import stretch_of

KNOWN = "Intel Xeon Platinum 8275CL"


def lines_of(
    *,
    seconds: float = 100.0,
    command_cpu_s: float | None = 50.0,
    busy_s: float | None = 60.0,
    threads: int = 4,
    model: str = "a processor that nobody lists",
    asked: dict[str, Any] | None = None,
    machine: dict[str, Any] | None = None,
    between: tuple[dict[str, Any], ...] = (),
    ended: bool = True,
) -> Journal:
    """A journal of a stretch of `seconds` on a machine of 16 GiB."""
    hardware = {"cpu_model": model, "logical_cpus": threads, "sockets": 1, "ram_gib": 16.0, **(machine or {})}
    start = {"at": 1731663000.0, "monotonic_s": 1000.0, "boottime_s": 5000.0}
    end = {"at": 1731663100.0, "monotonic_s": 1000.0 + seconds, "boottime_s": 5000.0 + seconds}
    cpu: dict[str, Any] = {} if busy_s is None else {"machine_busy_s": 200.0, "machine_total_s": 9000.0}
    cpu_end: dict[str, Any] = (
        {} if busy_s is None else {"machine_busy_s": 200.0 + busy_s, "machine_total_s": 9000.0 + threads * seconds}
    )
    used = {} if command_cpu_s is None else {"child_cpu_s": command_cpu_s}
    lines = [
        {"kind": "begin", "record_id": "r", "scope": "auto", "meter": "auto", **start, **(asked or {})},
        {"kind": "started", **start, **cpu, "hardware": hardware},
        *between,
        *([{"kind": "ended", **end, **cpu_end, **used, "exit_code": 0}] if ended else []),
    ]
    return Journal(tuple(lines), "0" * 64, torn=False, altered_at=None)


def metered(
    *,
    cpu_kwh: float = 0.001,
    ram_kwh: float = 0.0005,
    gpu_kwh: float | None = None,
    metered_s: float = 80.0,
    **ready: Any,
) -> tuple[dict[str, Any], ...]:
    return (
        {"kind": "meter-ready", "codecarbon": "3.3.2", "cpu_method": "tdp-load", "cpu_tdp_w": 100.0, **ready},
        {
            "kind": "reading", "cpu_kwh": cpu_kwh / 2, "ram_kwh": ram_kwh / 2, "gpu_kwh": 0.001, "metered_s": 40.0,
            "gpu_w": 120,
        },
        {
            "kind": "reading", "cpu_kwh": cpu_kwh, "ram_kwh": ram_kwh, "gpu_kwh": gpu_kwh, "metered_s": metered_s,
            "ram_w": 20.0, "gpu_w": 50.0,
        },
    )  # fmt: skip


def part(found: Found, name: str) -> Component:
    return next(component for component in found.components if component.component == name)


def test_seconds_without_a_meter_get_the_mean_power_of_the_others() -> None:
    found = energy_in(lines_of(between=metered()))
    assert found.metered_s == 80.0
    cpu, ram = part(found, "cpu"), part(found, "ram")
    assert cpu.kwh == pytest.approx(0.001 * 100 / 80)
    # A processor of 100 W draws 10 W at least and 100 W at most for 100 s.
    assert (cpu.low_kwh, cpu.high_kwh) == (pytest.approx(10 * 100 / 3.6e6), pytest.approx(100 * 100 / 3.6e6))
    assert (cpu.method, cpu.scope) == ("tdp-load", "machine")
    assert ram.kwh == pytest.approx(0.0005 * 100 / 80)
    assert (ram.low_kwh, ram.high_kwh) == (pytest.approx(0.04 * 16 * 100 / 3.6e6), pytest.approx(ram.kwh))
    assert "20.0 s without meter" in found.notes["unmetered"]
    assert {factor.id for factor in found.factors} == {"cpu_tdp_w", "cpu_load_share", "ram_w_per_gib", "ram_w"}


def test_counters_have_their_error_and_anything_where_nobody_read_them() -> None:
    found = energy_in(lines_of(between=metered(cpu_method="rapl", cpu_tdp_w=None), model=KNOWN))
    cpu = part(found, "cpu")
    assert cpu.kwh == pytest.approx(0.00125)
    tdp_w = cpu_tdp_w(KNOWN)
    assert tdp_w == 240.0
    assert (cpu.low_kwh, cpu.high_kwh) == (pytest.approx(0.00085), pytest.approx(0.00115 + 240 * 20 / 3.6e6))


def test_the_upper_bound_of_a_counter_is_never_below_its_own_mean_power() -> None:
    # A model that nobody lists, on one thread: at most 16.875 W by the table, and 180 W by the counter.
    readings = metered(cpu_method="rapl", cpu_tdp_w=None, cpu_kwh=0.004)
    cpu = part(energy_in(lines_of(between=readings, threads=1)), "cpu")
    assert cpu.kwh == pytest.approx(0.005)
    assert cpu.high_kwh == pytest.approx(0.005 * 1.15)


def test_an_unknown_processor_has_a_wide_range() -> None:
    found = energy_in(lines_of(between=metered(cpu_method="constant", cpu_tdp_w=16.0)))
    cpu = part(found, "cpu")
    assert cpu.low_kwh == pytest.approx(360 / 256 * 0.1 * 4 * 100 / 3.6e6)
    assert cpu.high_kwh == pytest.approx(135 / 8 * 4 * 100 / 3.6e6)


def test_without_a_meter_a_job_s_cpu_time_counts() -> None:
    found = energy_in(lines_of(model=KNOWN, threads=48, asked={"meter": "cpu-time"}))
    cpu, ram = part(found, "cpu"), part(found, "ram")
    per_thread_w = 240 / 48
    assert (cpu.method, cpu.scope) == ("cpu-time", "job")
    assert cpu.kwh == pytest.approx(per_thread_w * 50 / 3.6e6)
    assert cpu.low_kwh == pytest.approx(per_thread_w * 5 / 3.6e6)
    assert cpu.high_kwh == pytest.approx((per_thread_w * 50 + 24 * 100) / 3.6e6)
    # Two modules of 5 W, as codecarbon's model has it for 16 GiB.
    assert ram.kwh == pytest.approx(10 * 100 / 3.6e6)
    assert (ram.low_kwh, ram.high_kwh) == (
        pytest.approx(0.04 * 16 * 100 / 3.6e6),
        pytest.approx(0.9 * 16 * 100 / 3.6e6),
    )
    assert found.metered_s == 0.0
    assert found.notes["metering"] == "by CPU time, as asked for"


def test_without_a_meter_the_machine_s_energy_is_what_the_meter_s_model_gives() -> None:
    found = energy_in(lines_of(model=KNOWN, threads=4, busy_s=200.0, command_cpu_s=190.0))
    cpu = part(found, "cpu")
    assert (cpu.method, cpu.scope) == ("tdp-load", "machine")
    # Four threads were busy for half of the 100 s: 240 W × (0.1 + 0.9 × 0.5³).
    assert cpu.kwh == pytest.approx(240 * (0.1 + 0.9 * 0.125) * 100 / 3.6e6)
    assert (cpu.low_kwh, cpu.high_kwh) == (pytest.approx(24 * 100 / 3.6e6), pytest.approx(240 * 100 / 3.6e6))
    assert "before the meter was ready" in found.notes["metering"]


@pytest.mark.parametrize(
    ("kwargs", "scope"),
    [
        ({}, "machine"),
        ({"asked": {"meter": "cpu-time"}}, "job"),
        ({"asked": {"meter": "cpu-time", "scope": "machine"}}, "machine"),
        ({"seconds": 0.9, "busy_s": 1.0, "command_cpu_s": 0.8}, "job"),
        ({"seconds": 0.9, "busy_s": 1.0, "command_cpu_s": 0.8, "asked": {"scope": "machine"}}, "machine"),
        ({"busy_s": 400.0}, "job"),
        ({"busy_s": 400.0, "asked": {"scope": "machine"}}, "machine"),
        ({"busy_s": None, "asked": {"scope": "machine"}}, "job"),
    ],
)
def test_whose_processor_time_counts_without_a_meter(kwargs: dict[str, Any], scope: str) -> None:
    assert part(energy_in(lines_of(**kwargs)), "cpu").scope == scope


def test_memory_draws_the_same_with_a_meter_and_without() -> None:
    reading = metered(ram_kwh=10.0 * 80 / 3.6e6)
    with_one, without = energy_in(lines_of(between=reading)), energy_in(lines_of())
    assert part(with_one, "ram").kwh == pytest.approx(part(without, "ram").kwh)


def test_a_slurm_job_s_memory_is_what_it_was_given() -> None:
    node = {"in_slurm": True, "ram_gib": 512.0, "logical_cpus": 64}
    job = {**node, "job_ram_gib": 64.0, "job_logical_cpus": 8, "slurm_job": "a digest"}
    of_node = energy_in(lines_of(between=metered(), machine=node, asked={"scope": "machine"}))
    of_job = energy_in(lines_of(between=metered(), machine=job))
    assert part(of_job, "ram").kwh == pytest.approx((part(of_node, "ram").kwh or 0) / 8)
    assert part(of_job, "cpu").kwh == pytest.approx((part(of_node, "cpu").kwh or 0) * 50 / 60)
    assert of_job.notes["memory_share"] == 0.125
    assert (of_job.hardware["logical_cpus"], of_job.hardware["ram_gib"]) == (8, 64.0)
    assert (of_job.hardware["node_logical_cpus"], of_job.hardware["node_ram_gib"]) == (64, 512.0)
    assert "job_ram_gib" not in of_job.hardware


def test_two_sockets_have_twice_the_tdp() -> None:
    one = energy_in(lines_of(model=KNOWN, threads=96))
    two = energy_in(lines_of(model=KNOWN, threads=96, machine={"sockets": 2}))
    assert part(two, "cpu").kwh == pytest.approx(2 * (part(one, "cpu").kwh or 0))


@pytest.mark.parametrize(
    ("between", "why"),
    [
        (({"kind": "meter-ended", "reason": "RuntimeError: no sensors"},), "RuntimeError: no sensors"),
        (({"kind": "meter-ended", "reason": "the command was over"},), "before the meter was ready"),
        (metered(metered_s=0.5), "for less than 1 s"),
    ],
)
def test_why_nothing_was_metered_is_said(between: tuple[dict[str, Any], ...], why: str) -> None:
    found = energy_in(lines_of(between=between))
    assert found.metered_s == 0.0
    assert why in found.notes["metering"]


@pytest.mark.parametrize(
    ("kwargs", "scope"),
    [
        ({}, "machine"),
        ({"asked": {"scope": "machine"}, "busy_s": 400.0}, "machine"),
        ({"asked": {"scope": "job"}}, "job"),
        ({"asked": {"scope": "job"}, "busy_s": None}, "machine"),
        ({"asked": {"scope": "job"}, "command_cpu_s": None}, "machine"),
        ({"machine": {"in_slurm": True}}, "job"),
        # Of 400 s others used 350, 70, 41 (less than the command), and 39 (less than a tenth).
        ({"busy_s": 400.0}, "job"),
        ({"busy_s": 120.0}, "job"),
        ({"busy_s": 91.0}, "machine"),
        ({"busy_s": 49.0, "command_cpu_s": 10.0}, "machine"),
        ({"busy_s": 3.0, "command_cpu_s": 0.01, "seconds": 0.9}, "machine"),
    ],
)
def test_whose_energy_it_is(kwargs: dict[str, Any], scope: str) -> None:
    found = energy_in(lines_of(between=metered(), **kwargs))
    assert part(found, "ram").scope == scope
    assert found.notes["scope"].startswith(f"{scope}: ")


def test_a_job_bears_its_share_by_cpu_time_without_the_meter_s_own() -> None:
    meters_cost = ({"kind": "meter-ended", "reason": "the command was over", "meter_cpu_s": 10.0},)
    whole = energy_in(lines_of(between=metered(), asked={"scope": "machine"}))
    job = energy_in(lines_of(between=(*metered(), *meters_cost), busy_s=110.0, asked={"scope": "job"}))
    assert job.notes["cpu_time_share"] == pytest.approx(0.5)
    for name in ("cpu", "ram"):
        for bound in ("low_kwh", "kwh", "high_kwh"):
            assert getattr(part(job, name), bound) == pytest.approx(getattr(part(whole, name), bound) / 2)


def test_a_gpu_is_counted_whole_and_its_gap_at_the_most_it_drew() -> None:
    gpu = metered(gpu_kwh=0.002, gpu_method="nvml", hardware={"gpu_count": 1, "gpu_model": "1 x H200"})
    found = energy_in(lines_of(between=gpu, asked={"scope": "job"}))
    counted = part(found, "gpu")
    assert (counted.kwh, counted.method, counted.scope) == (pytest.approx(0.0025), "nvml", "machine")
    assert counted.low_kwh == pytest.approx(0.0017)
    assert counted.high_kwh == pytest.approx(0.0023 + 120 * 20 / 3.6e6)


@pytest.mark.parametrize(
    "between",
    [metered(hardware={"gpu_count": 2}, gpu_kwh=0.0), metered(hardware={"gpu_count": 1}), ()],
)
def test_a_gpu_that_could_not_be_read_is_unknown_and_not_zero(between: tuple[dict[str, Any], ...]) -> None:
    found = energy_in(lines_of(between=between, machine={"has_nvidia_device": True}))
    gpu = part(found, "gpu")
    assert (gpu.kwh, gpu.low_kwh, gpu.high_kwh, gpu.method) == (None, None, None, "none")
    assert found.notes["gpu"]


def test_a_gpu_that_is_not_the_command_s_own_is_unknown_with_the_reason() -> None:
    ready = metered(hardware={"gpu_count": 1}, gpu_kwh=0.002, gpu_trouble="GPU 0 is divided by MIG")
    found = energy_in(lines_of(between=ready))
    assert part(found, "gpu").kwh is None
    assert found.notes["gpu"] == "GPU 0 is divided by MIG"


def test_an_instance_whose_card_is_not_known_is_unknown_and_not_left_out() -> None:
    ready = metered(gpus_seen=0, gpu_trouble="an instance of a card that is divided by MIG")
    found = energy_in(lines_of(between=ready))
    assert part(found, "gpu").kwh is None
    assert found.notes["gpu"] == "an instance of a card that is divided by MIG"


def test_a_gpu_that_the_command_does_not_see_is_no_part() -> None:
    found = energy_in(lines_of(between=metered(gpus_seen=0), machine={"has_nvidia_device": True}))
    assert "gpu" not in {component.component for component in found.components}


def test_without_a_gpu_there_is_no_such_part() -> None:
    assert "gpu" not in {component.component for component in energy_in(lines_of(between=metered())).components}


def test_an_interrupted_stretch_ends_at_its_last_sign_of_life() -> None:
    checkpoint = {"kind": "checkpoint", "monotonic_s": 1030.0, "boottime_s": 5030.0, "child_cpu_s": 12.0}
    stretch = stretch_of(lines_of(between=(checkpoint,), ended=False))
    assert stretch is not None
    assert (stretch.duration_s, stretch.command_cpu_s) == (30.0, 12.0)


def test_a_suspended_machine_is_told_apart() -> None:
    sleep = {"kind": "ended", "monotonic_s": 1100.0, "boottime_s": 5700.0, "child_cpu_s": 1.0}
    stretch = stretch_of(lines_of(between=(sleep,), ended=False))
    assert stretch is not None
    assert (stretch.duration_s, stretch.elapsed_s) == (100.0, 700.0)


NOISE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
)
KEYS = st.sampled_from(
    [
        "kind", "at", "monotonic_s", "boottime_s", "machine_busy_s", "machine_total_s", "child_cpu_s", "cpu_kwh",
        "ram_kwh", "gpu_kwh", "metered_s", "cpu_tdp_w", "cpu_method", "gpu_method", "gpu_w", "ram_w", "hardware",
        "scope", "meter",
    ]
)  # fmt: skip
KINDS = st.sampled_from(["begin", "started", "meter-ready", "reading", "checkpoint", "meter-ended", "ended"])
LINES = st.dictionaries(KEYS, NOISE, max_size=8).flatmap(lambda line: KINDS.map(lambda kind: {**line, "kind": kind}))


@given(st.lists(LINES, max_size=8))
def test_whatever_stands_in_a_journal_gives_ordered_bounds_or_unknown(lines: list[dict[str, Any]]) -> None:
    found = energy_in(Journal(tuple(lines), "", torn=False, altered_at=None))
    for component in found.components:
        if component.kwh is not None:
            assert component.low_kwh is not None and component.high_kwh is not None
            assert 0 <= component.low_kwh <= component.kwh <= component.high_kwh


@given(st.floats(1, 1e6), st.floats(0, 1e5), st.floats(0.01, 1))
def test_energy_grows_with_time_and_not_with_how_much_was_metered(seconds: float, watts: float, share: float) -> None:
    metered_s = max(1.0, seconds * share)
    reading = metered(cpu_kwh=watts * metered_s / 3.6e6, metered_s=metered_s)
    found = energy_in(lines_of(seconds=seconds, between=reading, busy_s=None))
    if metered_s <= seconds:
        assert part(found, "cpu").kwh == pytest.approx(watts * seconds / 3.6e6, rel=1e-9)
