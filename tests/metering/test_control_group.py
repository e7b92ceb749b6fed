"""Control groups: where we are, read from files as the kernel writes them, and real ones where we may make them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuclir_carbon.metering import control_group
from neuclir_carbon.metering.control_group import ControlGroup, Hierarchy, hierarchies, may_divide

V2_MOUNT = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n"
HYBRID = (
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
)
IN_A_CONTAINER = "33 31 0:30 /docker/a1 /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
OURS = [hierarchy for hierarchy in hierarchies() if may_divide(hierarchy)]


@pytest.mark.parametrize(
    ("mounts", "own", "wanted"),
    [
        (V2_MOUNT, "0::/user.slice/u.scope\n", [Hierarchy(2, "/sys/fs/cgroup", "/user.slice/u.scope")]),
        (
            HYBRID,
            "4:cpu,cpuacct:/jobs\n1:name=systemd:/x\n0::/\n",
            [
                Hierarchy(2, "/sys/fs/cgroup/unified", ""),
                Hierarchy(1, "/sys/fs/cgroup/cpu,cpuacct", "/jobs", only_counts=False),
            ],
        ),
        (IN_A_CONTAINER, "2:cpuacct:/docker/a1/work\n", [Hierarchy(1, "/sys/fs/cgroup/cpuacct", "/work")]),
        (IN_A_CONTAINER, "2:cpuacct:/docker/a1\n", [Hierarchy(1, "/sys/fs/cgroup/cpuacct", "")]),
        # Of a group outside of what is mounted here nothing can be read.
        (IN_A_CONTAINER, "2:cpuacct:/docker/a12\n", []),
        (V2_MOUNT.replace("cgroup rw,r", "c\\040d rw,r"), "0::/\n", [Hierarchy(2, "/sys/fs/c d", "")]),
        ("", "0::/\n", []),
        (V2_MOUNT, "", []),
        ("nonsense\n\n - \n", ":\n::\n", []),
    ],
)
def test_our_place_is_read_from_the_kernel_s_files(
    tmp_path: Path, mounts: str, own: str, wanted: list[Hierarchy]
) -> None:
    (tmp_path / "mountinfo").write_text(mounts)
    (tmp_path / "cgroup").write_text(own)
    assert list(hierarchies(str(tmp_path / "mountinfo"), str(tmp_path / "cgroup"))) == wanted


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ({"": "max\n", "a": "max\n", "a/b": "1073741824\n"}, 1 << 30),
        ({"": "max\n", "a": "536870912\n", "a/b": "1073741824\n"}, 1 << 29),
        ({"": "max\n", "a": "max\n", "a/b": "max\n"}, None),
        ({"a/b": "no number\n"}, None),
    ],
)
def test_the_tightest_memory_limit_above_us_holds(tmp_path: Path, limits: dict[str, str], wanted: int | None) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for folder, said in limits.items():
        (tmp_path / folder / "memory.max").write_text(said)
    (tmp_path / "mountinfo").write_text(f"41 31 0:38 / {tmp_path} rw - cgroup2 cgroup2 rw\n")
    (tmp_path / "own").write_text("0::/a/b\n")
    found = control_group.memory_limit_bytes(str(tmp_path / "mountinfo"), str(tmp_path / "own"))
    assert found == wanted


def test_an_unlimited_group_of_version_1_has_no_limit(tmp_path: Path) -> None:
    (tmp_path / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (tmp_path / "mountinfo").write_text(f"35 31 0:32 / {tmp_path} rw - cgroup cgroup rw,memory\n")
    (tmp_path / "own").write_text("4:memory:/\n")
    assert control_group.memory_limit_bytes(str(tmp_path / "mountinfo"), str(tmp_path / "own")) is None


@pytest.mark.parametrize(
    ("hierarchy", "handed_down", "is_ours"),
    [
        (Hierarchy(2, "", ""), "", True),
        # A group of ours would take part in the sharing of CPUs.
        (Hierarchy(2, "", ""), "cpu memory", False),
        (Hierarchy(1, "", "", only_counts=False), "", False),
    ],
)
def test_only_where_a_group_does_nothing_but_count_it_is_made(
    tmp_path: Path, hierarchy: Hierarchy, handed_down: str, is_ours: bool
) -> None:
    (tmp_path / "cgroup.procs").write_text("")
    (tmp_path / "cgroup.subtree_control").write_text(handed_down + "\n")
    assert may_divide(hierarchy._replace(mounted_at=str(tmp_path))) is is_ours


def test_inside_a_slurm_job_no_group_is_made() -> None:
    assert ControlGroup.around(os.getpid(), "in-a-job", {"SLURM_JOB_ID": "1"}) is None


@pytest.mark.needs_groups
def test_all_that_runs_in_a_group_counts_and_it_goes_away_with_processes_in_it() -> None:
    burn = "import time; e = time.process_time() + 0.3\nwhile time.process_time() < e: pass\nprint(1, flush=True)\n"
    child = subprocess.Popen(
        [sys.executable, "-c", f"input()\n{burn}time.sleep(60)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    name = f"test-{os.getpid()}-{time.monotonic_ns()}"
    group = ControlGroup.around(child.pid, name, {})
    assert group is not None
    try:
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.stdout.readline()
        used_s = group.cpu_s()
        assert used_s is not None and 0.3 <= used_s < 2
    finally:
        group.remove()
        child.kill()
        child.wait()
    assert not Path(group.path).exists()
    assert group.cpu_s() is None


@pytest.mark.needs_groups
def test_only_a_group_of_the_record_s_own_name_is_taken_away(tmp_path: Path) -> None:
    name = f"test-{os.getpid()}-{time.monotonic_ns()}"
    path = Path(OURS[0].folder) / f"neuclir-carbon-{name}"
    path.mkdir()
    try:
        control_group.remove_left_behind(str(path), "another")
        control_group.remove_left_behind(None, name)
        assert path.exists()
        control_group.remove_left_behind(str(path), name)
        assert not path.exists()
    finally:
        if path.exists():
            path.rmdir()
    elsewhere = tmp_path / f"neuclir-carbon-{name}"
    elsewhere.mkdir()
    control_group.remove_left_behind(str(elsewhere), name)
    assert elsewhere.exists()
