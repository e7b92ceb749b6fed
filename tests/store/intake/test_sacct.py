"""SLURM's accounting."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_files import DATA, codes, dropped, only, remarks, reported

from neuclir_carbon.model.reported import Allocation, Dropped
from neuclir_carbon.store.intake import sacct, sacct_amounts
from neuclir_carbon.store.intake.recognising import recognise

FILES = DATA / "sacct"
KWH = 3_600_000


def read(name: str) -> list[sacct.Statement]:
    return list(sacct.read(FILES / name))


@pytest.mark.parametrize("path", sorted(FILES.iterdir()), ids=lambda path: path.stem)
def test_every_dump_is_recognised(path: Path) -> None:
    assert recognise(path) is sacct.FORM


def test_steps_are_parts_of_their_job_and_the_job_tells_its_energy() -> None:
    job, cancelled = reported(read("metered.txt"))
    assert job.energy_kwh == pytest.approx(720000 / KWH)
    assert job.allocation == Allocation(processors=8, processor_share=0.5, gpus=1, gpu_name="a100", memory_gib=64.0)
    assert (job.started_s, job.written_s, job.has_zone) == (1772359200.0, 1772362800.0, False)
    assert job.label == "index"
    assert cancelled.energy_kwh == pytest.approx(3600 / KWH)


def test_what_did_not_run_is_no_work_and_what_goes_on_is_left_out_until_its_energy_is_told() -> None:
    assert codes(read("metered.txt")) == ["INT021", "INT020"]


def test_what_goes_on_where_nobody_meters_is_work_up_to_then(tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    path.write_text("JobID|State|Start|End|Elapsed|NCPUS\n9|RUNNING|2026-03-01T10:00:00|Unknown|01:00:00|2\n")
    said = only(sacct.read(path))
    assert (said.duration_s, said.written_s, said.energy_kwh) == (3600.0, None, None)
    assert codes(sacct.read(path)) == ["INT021"]


def test_names_of_people_and_machines_are_dropped_and_counted() -> None:
    statements = read("metered.txt")
    assert dropped(statements) == Dropped(hosts=7, users=5)
    assert "anna" not in repr(statements)
    assert "gpu01" not in repr(statements)
    assert "1000" not in repr([said.label for said in reported(statements)])


def test_a_dump_without_start_and_end_keeps_durations_and_what_was_given() -> None:
    first, second = reported(read("unmetered-trailing-bars.txt"))
    assert (first.duration_s, first.started_s, first.energy_kwh) == (14425.0, None, None)
    assert first.allocation == Allocation(
        processors=1, processor_share=None, gpus=0, gpu_name=None, memory_gib=6760 / 1024
    )
    assert second.allocation == Allocation(processors=32, processor_share=0.5, gpus=1, gpu_name=None, memory_gib=250.0)
    assert second.duration_s == 10830.0


def test_array_tasks_requeues_and_parts_of_mixed_jobs_are_jobs_of_their_own() -> None:
    found = reported(read("array-and-requeues.txt"))
    assert [said.duration_s for said in found] == [600.0, 1200.0, 300.0, 3600.0, 60.0, 60.0]
    assert len({said.run for said in found}) == 6
    assert found[0].allocation == Allocation(processors=4, gpus=2, gpu_name="tesla_v100", memory_gib=16.0)
    assert found[1].allocation == Allocation(processors=4, gpus=2, memory_gib=16.0)


def test_a_job_that_is_told_by_its_steps_only_counts_once() -> None:
    statements = read("steps-only.txt")
    said = only(statements)
    assert said.duration_s == 3600.0
    assert said.energy_kwh == pytest.approx(550000 / KWH)
    assert codes(statements) == ["INT004", "INT004"]


def test_a_step_that_stands_apart_from_its_job_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    path.write_text("JobID|Elapsed|NCPUS\n1|00:10:00|2\n2|00:20:00|2\n1.batch|00:10:00|2\n", encoding="utf-8")
    assert [said.duration_s for said in reported(sacct.read(path))] == [600.0, 1200.0]


def test_metered_jobs_that_shared_a_node_are_told(tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    row = "{}|COMPLETED|2026-03-01T1{}:00:00|02:00:00|36000|{}\n"
    rows = [row.format(1, 0, "n1"), row.format(2, 1, "n1"), row.format(3, 2, "n1"), row.format(4, 0, "n2")]
    path.write_text("JobID|State|Start|Elapsed|ConsumedEnergyRaw|NodeList\n" + "".join(rows), encoding="utf-8")
    statements = list(sacct.read(path))
    assert len(reported(statements)) == 4
    (remark,) = remarks(statements)
    assert (remark.code, remark.message[:2]) == ("INT016", "2 ")


def test_columns_printed_for_people_are_read_as_far_as_they_were_not_cut_off() -> None:
    statements = read("printed-for-people.txt")
    said = only(statements)
    assert (said.energy_kwh, said.duration_s) == (pytest.approx(1.8e6 / KWH), 7200.0)
    assert [(remark.line, remark.code) for remark in remarks(statements)] == [(6, "INT002"), (None, "INT020")]


def test_energy_among_the_allocated_resources_is_the_job_s_where_no_column_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    rows = ["1|00:10:00|cpu=4,energy=36000,mem=4G", "2|00:10:00|cpu=4,energy=18446744073709551614,mem=4G"]
    path.write_text("JobID|Elapsed|AllocTRES\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert [said.energy_kwh for said in reported(sacct.read(path))] == [pytest.approx(0.01), None]


def test_damage_is_told_with_its_line() -> None:
    statements = read("damaged.txt")
    assert [(remark.line, remark.code) for remark in remarks(statements)] == [
        (2, "INT002"), (3, "INT002"), (4, "INT002"), (5, "INT002"), (7, "INT002"),
    ]  # fmt: skip
    no_value, endless = reported(statements)
    assert no_value.energy_kwh is None
    assert endless.allocation is None


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_every_duration_that_slurm_prints_is_read(
    days: int, hours: int, minutes: int, seconds: int, thousandths: int
) -> None:
    whole = (days * 24 + hours) * 3600 + minutes * 60 + seconds
    assert sacct_amounts.duration_s(f"{days}-{hours:02}:{minutes:02}:{seconds:02}") == whole
    assert sacct_amounts.duration_s(f"{days * 24 + hours}:{minutes:02}:{seconds:02}") == whole
    assert sacct_amounts.duration_s(f"{minutes:02}:{seconds:02}.{thousandths:03}") == pytest.approx(
        minutes * 60 + seconds + thousandths / 1000
    )
    assert sacct_amounts.duration_s(str(whole)) == whole


@given(st.text(max_size=40))
def test_no_text_makes_a_duration_below_zero_or_an_error_of_another_kind(text: str) -> None:
    for parse in (sacct_amounts.duration_s, sacct_amounts.joules):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert value is None or value >= 0
    assert sacct_amounts.resources(text).processors is None or "cpu" in text.lower()
    sacct_amounts.generic_gpus(text)
    sacct_amounts.memory_gib(text, processors=2, nodes=1)


@pytest.mark.parametrize(
    ("text", "joules"),
    [("12345", 12345.0), ("12.35K", 12350.0), ("1.5M", 1.5e6), ("0", None), ("", None), ("18446744073709551614", None),
     ("1.84e+19", None)],
)  # fmt: skip
def test_energies_in_thousands_and_missing_ones(text: str, joules: float | None) -> None:
    assert sacct_amounts.joules(text) == joules


@pytest.mark.parametrize(
    ("text", "gib"),
    [("6760Mc", 4 * 6760 / 1024), ("250Gn", 500.0), ("4G", 4.0), ("2048", 2.0), ("0", None), ("?", None)],
)  # fmt: skip
def test_memory_for_each_processor_or_each_node(text: str, gib: float | None) -> None:
    assert sacct_amounts.memory_gib(text, processors=4, nodes=2) == gib


@pytest.mark.parametrize(
    ("text", "gpus", "name"),
    [
        ("billing=1,cpu=1,gres/gpu:a100=2,gres/gpu=2,node=1", 2, "a100"), ("gres/gpu:a100=2,gres/gpu:t4=1", 3, None),
        ("cpu=4,mem=4G", None, None), ("", None, None), ("gres/gpu=4", 4, None),
    ],
)  # fmt: skip
def test_gpus_by_their_names(text: str, gpus: int | None, name: str | None) -> None:
    found = sacct_amounts.resources(text)
    assert (found.gpus, found.gpu_name) == (gpus, name)
