"""A log of jobs: sums redone by hand, overlaps counted once, bad rows named, and memory that does not grow."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import UnknownName, Unreadable
from neuclir_carbon.estimate import cloud
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.workflow.estimating import Purpose
from neuclir_carbon.workflow.estimating_jobs import JobDefaults, JobsEstimated, check_defaults, estimate_jobs

HOUR = "2026-01-05T10:00:00Z,2026-01-05T11:00:00Z"
T4_KWH = 0.0525
AT_HOME = JobDefaults(place=Place(country="DEU"), pue=PueChoice(pue=1.0))


def counted(tmp_path: Path, text: str | bytes, defaults: JobDefaults = AT_HOME) -> JobsEstimated:
    log = tmp_path / "jobs.csv"
    log.write_bytes(text.encode() if isinstance(text, str) else text)
    return estimate_jobs(log, defaults, Purpose(activity="evaluation"))


def codes(found: JobsEstimated) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.location.line) for finding in found.findings]


def test_jobs_are_summed_by_place_and_month(tmp_path: Path) -> None:
    text = (
        "start,end,device,count,country,region\n"
        f"{HOUR},T4,2,DEU,\n"
        "2026-01-31T23:30:00Z,2026-02-01T00:30:00Z,T4,1,DEU,\n"
        "2026-02-03T10:00:00+01:00,2026-02-03T10:30:00+01:00,T4,1,DEU,\n"
        f"{HOUR},T4,1,USA,vermont\n"
    )
    found = counted(tmp_path, text)
    assert found.findings == () and (found.rows, found.jobs) == (4, 4)
    told = {(r.source or {})["inputs"]["month"] + " " + str(r.grid and r.grid.country): r for r in found.records}
    assert set(told) == {"2026-01 DEU", "2026-02 DEU", "2026-01 USA"}
    # A T4 draws 70 W × 0.75 = 52.5 W where nobody knows its load.
    assert told["2026-01 DEU"].energy.it_kwh == pytest.approx(3 * T4_KWH)
    assert told["2026-02 DEU"].energy.it_kwh == pytest.approx(0.5 * T4_KWH)
    assert told["2026-01 DEU"].emissions.operational_kg_co2e == pytest.approx(3 * T4_KWH * 0.32965)
    assert told["2026-01 USA"].grid is not None and told["2026-01 USA"].grid.region == "vermont"
    assert told["2026-01 DEU"].started_at == "2026-01-05T10:00:00.000Z"
    assert told["2026-01 DEU"].ended_at == "2026-02-01T00:30:00.000Z"
    assert found.totals.it_energy_kwh == pytest.approx(4.5 * T4_KWH)


def test_processors_count_at_the_organizers_bound(tmp_path: Path) -> None:
    found = counted(tmp_path, "seconds,processors\n" + "3600,2\n" * 1080)
    (record,) = found.records
    assert record.energy.it_kwh == pytest.approx(2 * 0.150 * 1080)
    (part,) = record.energy.components
    assert (part.low_kwh, part.high_kwh) == (pytest.approx(0.3 * 324), pytest.approx(324))
    assert record.started_at is None


def test_options_fill_columns_that_are_not_there(tmp_path: Path) -> None:
    defaults = JobDefaults(processors=1, watts=100.0, place=Place(intensity_g_co2e_per_kwh=455.4))
    found = counted(tmp_path, "seconds\n3600\n", defaults)
    (record,) = found.records
    assert record.emissions.operational_kg_co2e == pytest.approx(0.1 * 0.4554)
    assert record.grid is not None and record.grid.basis == "given"


def test_a_cloud_instance_brings_its_region_and_its_manufacture(tmp_path: Path) -> None:
    text = f"start,end,provider,instance,count,region\n{HOUR},aws,p3.2xlarge,2,eu-central-1\n"
    (record,) = counted(tmp_path, text, JobDefaults()).records
    assert record.energy.it_kwh == pytest.approx(2 * 0.2793, rel=1e-3)
    assert record.grid is not None and (record.grid.country, record.grid.region) == ("DEU", "eu-central-1")
    assert record.pue is not None and record.pue.value == 1.35
    assert record.embodied is not None and record.embodied.kg_co2e == pytest.approx(2 * 0.0114, rel=0.01)


def test_an_instance_that_is_composed_of_parts_counts_like_its_own_estimate(tmp_path: Path) -> None:
    text = f"start,end,provider,instance,region\n{HOUR},azure,Standard_ND96asr_v4,westeurope\n"
    (record,) = counted(tmp_path, text, JobDefaults()).records
    alone = cloud.estimate(provider="azure", instance="Standard_ND96asr_v4", region="westeurope", hours=1.0)
    assert record.energy.it_kwh == pytest.approx(alone.energy.it_kwh)
    assert record.emissions.total_kg_co2e == pytest.approx(alone.emissions.total_kg_co2e)


OVERLAPPING = (
    "start,end,device,machine\n"
    "2026-01-05T10:00:00Z,2026-01-05T11:00:00Z,T4,m1\n"
    "2026-01-05T10:30:00Z,2026-01-05T11:30:00Z,T4,m1\n"
    "2026-01-05T10:45:00Z,2026-01-05T11:00:00Z,T4,m1\n"
    "2026-01-05T10:30:00Z,2026-01-05T11:30:00Z,T4,m2\n"
)


def test_time_in_which_several_jobs_ran_on_one_machine_counts_once(tmp_path: Path) -> None:
    found = counted(tmp_path, OVERLAPPING)
    assert found.findings == ()
    assert found.totals.it_energy_kwh == pytest.approx((1.5 + 1.0) * T4_KWH)
    assert found.shared_s == pytest.approx(0.75 * 3600)


def test_a_row_out_of_order_is_told_and_counts_whole(tmp_path: Path) -> None:
    found = counted(tmp_path, OVERLAPPING + "2026-01-05T09:00:00Z,2026-01-05T10:30:00Z,T4,m1\n")
    assert codes(found) == [("JOB006", 6)] and found.passed
    assert found.totals.it_energy_kwh == pytest.approx((1.5 + 1.0 + 1.5) * T4_KWH)


def test_without_machines_every_job_counts_whole(tmp_path: Path) -> None:
    found = counted(tmp_path, OVERLAPPING.replace(",m1\n", ",\n").replace(",m2\n", ",\n"))
    assert found.totals.it_energy_kwh == pytest.approx(3.25 * T4_KWH)


HEADER = "start,end,device,count,country\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2026-01-05,2026-01-04,T4,1,DEU", "JOB003"),
        ("yesterday,2026-01-04,T4,1,DEU", "JOB003"),
        ("0001-01-01T00:00:00Z,2026-01-04T00:00:00Z,T4,1,DEU", "JOB003"),
        ("1970-01-01T00:00:00Z,2099-01-04T00:00:00Z,T4,1,DEU", "JOB003"),
        (",,T4,1,DEU", "JOB003"),
        (f"{HOUR},T44,1,DEU", "JOB004"),
        (f"{HOUR},T4,0,DEU", "JOB004"),
        (f"{HOUR},T4,1.5,DEU", "JOB004"),
        (f"{HOUR},T4,99999999999,DEU", "JOB004"),
        (f"{HOUR},,1,DEU", "JOB004"),
        (f"{HOUR},T4,1,Germany", "JOB005"),
        (f"{HOUR},T4,1", "JOB002"),
        (f"{HOUR},T4,1,DEU,more", "JOB002"),
        (f'{HOUR},"T4"x,1,DEU', "JOB002"),
        ("x" * 70_000, "JOB002"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_rest_counts(tmp_path: Path, row: str, code: str) -> None:
    good = f"{HOUR},T4,1,DEU\n"
    found = counted(tmp_path, HEADER + good + row + "\n" + good)
    assert codes(found) == [(code, 3)]
    assert not found.passed and (found.rows, found.jobs) == (3, 2)
    assert found.totals.it_energy_kwh == pytest.approx(2 * T4_KWH)


@pytest.mark.parametrize("bad", [b"\xff\xfe\n", b"a\x00b,c\n"])
def test_bytes_that_are_no_text_cost_their_row_only(tmp_path: Path, bad: bytes) -> None:
    good = f"{HOUR},T4,1,DEU\n".encode()
    found = counted(tmp_path, HEADER.encode() + good + bad + good)
    assert found.jobs == 2 and codes(found)[0] == ("JOB002", 3)


@pytest.mark.parametrize("text", ["", "begin,finish\n1,2\n", "start,device\n"])
def test_a_log_without_times_counts_nothing(tmp_path: Path, text: str) -> None:
    found = counted(tmp_path, text)
    assert codes(found) == [("JOB001", 1)] and found.records == ()


def test_findings_are_counted_in_full_and_kept_in_part(tmp_path: Path) -> None:
    found = counted(tmp_path, HEADER + "x,y,T4,1,DEU\n" * 2500)
    assert found.counts.error == 2500 and len(found.findings) == 1000


def test_a_log_that_is_not_there_can_t_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nowhere"):
        estimate_jobs(tmp_path / "nowhere.csv", AT_HOME, Purpose())


@pytest.mark.parametrize(
    "defaults",
    [JobDefaults(device="T44"), JobDefaults(place=Place(country="XXX")), JobDefaults(provider="aws", instance="p9.x",
     place=Place(cloud_region="us-east-1"))],
)  # fmt: skip
def test_options_that_no_row_could_use_are_refused_before_the_log_is_read(defaults: JobDefaults) -> None:
    with pytest.raises(UnknownName):
        check_defaults(defaults)


JOBS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 200)), min_size=1, max_size=12)


@given(jobs=JOBS)
def test_overlaps_count_as_the_union_of_the_intervals(tmp_path_factory: pytest.TempPathFactory, jobs: Any) -> None:
    ordered = sorted(jobs)
    rows = "".join(f"{moment(start)},{moment(start + length)},T4,m\n" for start, length in ordered)
    found = counted(tmp_path_factory.mktemp("jobs"), "start,end,device,machine\n" + rows)
    union = len({second for start, length in ordered for second in range(start, start + length)})
    assert found.totals.duration_s == pytest.approx(union, abs=1e-6)
    assert found.shared_s == pytest.approx(sum(length for _, length in ordered) - union, abs=1e-6)


def moment(seconds: int) -> str:
    return f"2026-01-05T10:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_seconds_add_up(tmp_path_factory: pytest.TempPathFactory, seconds: list[float]) -> None:
    found = counted(tmp_path_factory.mktemp("jobs"), "seconds,processors\n" + "".join(f"{s!r},1\n" for s in seconds))
    assert found.totals.it_energy_kwh == pytest.approx(0.150 * math.fsum(seconds) / 3600, rel=1e-12)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from neuclir_carbon.workflow.estimating import Purpose\n"
        "from neuclir_carbon.workflow.estimating_jobs import JobDefaults, estimate_jobs\n"
        "print(estimate_jobs(Path(sys.argv[1]), JobDefaults(), Purpose()).jobs)\n"
        # Not ru_maxrss, in which the process that forked this one may stand.
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    peaks = []
    for rows in (1000, 60_000):
        log = tmp_path / f"{rows}.csv"
        log.write_text("start,end,device,machine\n" + f"{HOUR},T4,m\n" * rows)
        done = subprocess.run([sys.executable, "-c", program, str(log)], capture_output=True, text=True, check=True)
        jobs, peak_kib = map(int, done.stdout.split())
        assert jobs == rows
        peaks.append(peak_kib)
    assert peaks[1] - peaks[0] < 4096
