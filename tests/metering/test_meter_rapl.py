"""A processor whose energy the kernel counts: in a mount namespace of its own, /sys/class/powercap looks as it does
there, and two packages draw 100 and 40 W. The wrapper, its meter and CodeCarbon are the real ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from wrapping import PROGRAM, RUN, the_record

TREE = Path(__file__).parent / "rapl_tree.sh"
NAMESPACE = ["unshare", "--mount", "sh", str(TREE), "100", "40", sys.executable]


pytestmark = pytest.mark.needs_mounts


def test_counters_are_read_and_their_error_bounds_the_energy(tmp_path: Path) -> None:
    options = ["--quiet", "--scope", "machine", "--interval", "1", "--ledger", str(tmp_path / "l"), "--"]
    subprocess.run([*NAMESPACE, *RUN, *options, "sleep", "10"], check=True, timeout=120)
    record = the_record(tmp_path / "l")
    cpu = next(part for part in record["energy"]["components"] if part["component"] == "cpu")
    assert (cpu["method"], cpu["scope"]) == ("rapl", "machine")
    assert record["metered_s"] > 1
    assert cpu["kwh"] == pytest.approx(140 * record["duration_s"] / 3_600_000, rel=0.05)
    assert cpu["low_kwh"] < cpu["kwh"] < cpu["high_kwh"]
    assert "sensor_share" in {factor["id"] for factor in record["factors"]}


def test_doctor_sees_the_counters() -> None:
    done = subprocess.run(
        [*NAMESPACE, *PROGRAM, "doctor", "--format", "json"], capture_output=True, check=True, timeout=60
    )
    rapl = next(one for one in json.loads(done.stdout)["checks"] if "RAPL" in one["name"])
    assert (rapl["state"], rapl["found"]) == ("yes", "2 packages, counters readable")
