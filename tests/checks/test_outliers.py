"""Figures that stand far out are pointed out, and honest ones are left in peace."""

import random

import attrs
import pytest
from making import a_record

from neuclir_carbon.checks.outliers import Drawn, RunEnergy, examine, mean_power_w, most_power_w
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.record import Component

SERVER = {"cpu_model": "Intel Xeon Platinum 8275CL", "sockets": 2, "ram_gib": 256.0, "gpu_count": 0}
EIGHT_GPUS = {**SERVER, "gpu_count": 8, "gpu_model": "NVIDIA A100-SXM4-80GB"}


def powers(kwh: float, seconds: float = 3600.0, **changes: object) -> tuple[Finding, ...]:
    record = a_record("work", kwh=kwh, duration_s=seconds, **changes)  # type: ignore[arg-type]
    return examine([Drawn(record=record, team="lotus", path="lotus.zip")], [])


def runs(*wh_per_document: float, task: str = "clir", documents: int = 1000, first: int = 0) -> list[RunEnergy]:
    """A run of a team each, with so many Wh per document."""
    return [
        RunEnergy(
            team=f"team{place}", task=task, run_tag=f"run{place}", activity="retrieval",
            it_kwh=wh / 1000 * documents, documents=documents, path=f"team{place}.zip",
        )
        for place, wh in enumerate(wh_per_document, first)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kwh", "hardware", "far"),
    [
        (0.9, SERVER, False),
        (900.0, SERVER, True),  # Wh taken for kWh
        (6.5, EIGHT_GPUS, False),
        (6500.0, EIGHT_GPUS, True),
        (0.8, {"device": "A100 SXM4 80GB", "count": 2}, False),
        (800.0, {"device": "A100 SXM4 80GB", "count": 2}, True),
        (100.0, {}, False),  # nothing is told: up to a full rack
        (200.0, {}, True),
        (600.0, {"provider": "aws", "instance": "p4d.24xlarge", "count": 100}, False),
        (300.0, {"processors": 2000}, False),
        (300_000.0, {"processors": 2000}, True),
    ],
)
def test_a_mean_power_beyond_what_the_hardware_can_draw_is_told(
    kwh: float, hardware: dict[str, object], far: bool
) -> None:
    found = powers(kwh, hardware=hardware)
    assert [finding.code for finding in found] == (["INV020"] if far else [])
    if far:
        assert "record work (retrieval) of team 'lotus' has a mean power of" in found[0].message
        assert "lotus" not in found[0].in_a_letter
        assert str(found[0].location) == "lotus.zip"


@pytest.mark.parametrize(
    "junk", [{"sockets": "two"}, {"gpu_count": -3}, {"sockets": 1e300}, {"cpu_model": ["x"]}, {"count": True}]
)
def test_what_a_stranger_writes_as_hardware_is_taken_for_what_it_is(junk: dict[str, object]) -> None:
    most, why = most_power_w({**SERVER, **junk, "device": 7})
    assert 1000 < most < 200_000
    assert why


def test_a_machine_that_draws_next_to_nothing_is_told_unless_the_energy_is_a_job_s_or_an_estimate() -> None:
    small = 0.0001
    assert [finding.code for finding in powers(small)] == ["INV021"]
    job = (Component(component="cpu", kwh=small, low_kwh=small, high_kwh=small, method="rapl", scope="job"),)
    energy = a_record("x", kwh=small).energy
    assert powers(small, energy=attrs.evolve(energy, components=job)) == ()
    assert powers(small, method="estimated") == ()
    assert powers(small, shared_with=("other",)) == ()
    assert powers(small / 1000, seconds=30.0) == ()


def test_a_record_without_energy_or_duration_has_no_power() -> None:
    assert mean_power_w(a_record("x", kwh=None)) is None
    assert mean_power_w(a_record("x", duration_s=None)) is None
    assert mean_power_w(a_record("x", duration_s=0.0)) is None
    assert mean_power_w(a_record("x", kwh=2.0, duration_s=7200.0)) == pytest.approx(1000.0)


def test_a_run_that_took_a_thousand_times_the_others_energy_per_document_is_told() -> None:
    (found,) = examine([], runs(1.0, 1.2, 0.8, 1.1, 0.9, 1000.0))
    assert found.code == "INV022"
    assert "run run5 of team 'team5' took 1e+03 Wh of retrieval per line, 1,000 times the median of 5" in found.message
    assert found.in_a_letter.startswith("run run5 took 1e+03 Wh of retrieval per line, far more than")
    assert "team" not in found.in_a_letter.replace("other teams'", "")


def test_a_run_that_took_a_thousandth_is_told_too() -> None:
    (found,) = examine([], runs(1.0, 1.2, 0.8, 1.1, 0.9, 0.001))
    assert "1/1,000 of the median" in found.message


def test_runs_within_a_factor_of_ten_are_no_outliers_however_close_the_others_lie() -> None:
    assert examine([], runs(1.0, 1.0, 1.0, 1.0, 1.0, 9.0)) == ()


def test_where_methods_differ_widely_nobody_stands_out() -> None:
    """Half search by words, half by networks: a factor of a thousand is usual here."""
    assert examine([], runs(0.001, 0.002, 0.0015, 1.0, 2.0, 1.5, 3.0)) == ()


def test_two_teams_that_lie_far_out_together_have_a_method_of_their_own() -> None:
    assert examine([], runs(1.0, 1.2, 0.8, 1.1, 0.9, 800.0, 1000.0)) == ()
    assert len(examine([], runs(1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1000.0))) == 1


def test_too_few_other_teams_set_no_standard() -> None:
    assert examine([], runs(1.0, 1.0, 1.0, 1000.0)) == ()
    assert len(examine([], runs(1.0, 1.0, 1.0, 1.0, 1000.0))) == 1


def test_a_team_with_many_wrong_runs_does_not_set_the_standard_and_each_is_told() -> None:
    wrong = [
        RunEnergy(
            team="team9", task="clir", run_tag=f"w{n}", activity="retrieval", it_kwh=1000.0, documents=1000, path="w"
        )
        for n in range(30)
    ]
    assert len(examine([], [*runs(1.0, 1.2, 0.8, 1.1, 0.9), *wrong])) == 30


def test_other_tasks_are_no_standard() -> None:
    assert examine([], [*runs(1.0, 1.2, 0.8, 1.1, 0.9), *runs(1000.0, task="report", first=9)]) == ()


def test_runs_without_energy_or_lines_are_left_out() -> None:
    silent = [*runs(0.0, 1.0, 1.0, 1.0, 1.0), *runs(1.0, documents=0, first=8)]
    assert examine([], silent) == ()


def test_the_findings_are_bounded_and_large_tracks_are_judged_soon() -> None:
    chance = random.Random(7)
    many = runs(*(chance.lognormvariate(0, 0.5) for _ in range(5000)))
    wrong = runs(*(1e6 for _ in range(300)), first=6000)
    assert len(examine([], [*many, *wrong])) == 200
