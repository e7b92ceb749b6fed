"""What a SLURM job was given of the machine, from its environment and its control group. Standard library only.

scontrol is not asked: it would talk to the cluster's controller over the network. SLURM's variables: sbatch(1).
"""

import os
from collections.abc import Mapping
from typing import Any

from neuclir_carbon.metering.control_group import memory_limit_bytes

_JOB_SALT = b"neuclir-carbon/slurm-job/1\0"
_MIB_PER_GIB, _BYTES_PER_GIB = 1024, 1024**3


def job_in(environment: Mapping[str, str], secret: bytes | None) -> dict[str, Any]:
    """The job as a record's `hardware` has it: its CPUs and memory (GiB) on this node, None where not known, and a
    digest in place of its number. Empty outside a job.

    Job numbers are short and could be tried one by one: the digest is salted with `secret`, something that only this
    machine knows; without it there is no digest.
    """
    job_id = environment.get("SLURM_JOB_ID")
    if job_id is None:
        return {}
    return {
        "slurm_job": None if secret is None else _digest(job_id, secret),
        "job_logical_cpus": job_cpus(environment),
        "job_ram_gib": job_ram_gib(environment),
    }


def job_cpus(environment: Mapping[str, str]) -> int | None:
    """How many logical CPUs the job may use here: as SLURM says, else on how many we may run."""
    said = _number(environment, "SLURM_CPUS_ON_NODE")
    if said:
        return said
    try:
        return len(os.sched_getaffinity(0))
    except (OSError, AttributeError):
        return None


def job_ram_gib(environment: Mapping[str, str]) -> float | None:
    """The job's memory here in GiB: as asked for (`--mem`, `--mem-per-cpu`), else the limit on its control group."""
    for_node, for_cpu = _number(environment, "SLURM_MEM_PER_NODE"), _number(environment, "SLURM_MEM_PER_CPU")
    if for_node:
        return for_node / _MIB_PER_GIB
    cpus = job_cpus(environment)
    if for_cpu and cpus:
        return for_cpu * cpus / _MIB_PER_GIB
    limit = memory_limit_bytes()
    return None if limit is None else limit / _BYTES_PER_GIB


def _number(environment: Mapping[str, str], name: str) -> int | None:
    said = environment.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def _digest(job_id: str, secret: bytes) -> str:
    from hashlib import sha256

    return sha256(_JOB_SALT + secret + b"\0" + os.fsencode(job_id)).hexdigest()[:32]
