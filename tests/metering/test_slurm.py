"""What a SLURM job was given, from the variables that sbatch sets."""

import os

import pytest

from neuclir_carbon.metering import slurm


def test_outside_a_job_there_is_nothing() -> None:
    assert slurm.job_in({}, b"secret") == {}


@pytest.mark.parametrize(
    ("said", "cpus", "gib"),
    [
        ({"SLURM_CPUS_ON_NODE": "8", "SLURM_MEM_PER_NODE": "32768"}, 8, 32.0),
        ({"SLURM_CPUS_ON_NODE": "8", "SLURM_MEM_PER_CPU": "2048"}, 8, 16.0),
        ({"SLURM_CPUS_ON_NODE": "8", "SLURM_MEM_PER_NODE": "1024", "SLURM_MEM_PER_CPU": "2048"}, 8, 1.0),
    ],
)
def test_cpus_and_memory_are_the_job_s(said: dict[str, str], cpus: int, gib: float) -> None:
    found = slurm.job_in({"SLURM_JOB_ID": "4711", **said}, b"secret")
    assert (found["job_logical_cpus"], found["job_ram_gib"]) == (cpus, gib)


@pytest.mark.parametrize("said", ["", "0", "many", "-1", "9" * 40, "١٢"])
def test_what_is_no_number_is_not_believed(said: str) -> None:
    found = slurm.job_in({"SLURM_JOB_ID": "4711", "SLURM_CPUS_ON_NODE": said, "SLURM_MEM_PER_NODE": said}, None)
    assert found["job_logical_cpus"] == len(os.sched_getaffinity(0))
    # What is left is the limit of a control group, where there is one.
    assert found["job_ram_gib"] is None or found["job_ram_gib"] > 0


def test_the_job_s_number_leaves_in_a_digest_that_can_t_be_tried_out() -> None:
    job = {"SLURM_JOB_ID": "4711"}
    here, elsewhere = slurm.job_in(job, b"one machine"), slurm.job_in(job, b"another machine")
    assert here["slurm_job"] == slurm.job_in(job, b"one machine")["slurm_job"]
    assert len({here["slurm_job"], elsewhere["slurm_job"], slurm.job_in(job, None)["slurm_job"]}) == 3
    assert "4711" not in str(here)
    assert slurm.job_in(job, None)["slurm_job"] is None
