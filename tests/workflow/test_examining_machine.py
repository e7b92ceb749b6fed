"""What `doctor` says: true of this machine, and following from what was found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from neuclir_carbon.factors.versions import version
from neuclir_carbon.metering.sensors import Gpus, Rapl
from neuclir_carbon.workflow import examining_machine
from neuclir_carbon.workflow.examining_machine import Ability, examine_machine

DOCTOR = (
    "import typer; from neuclir_carbon.cli.measuring import doctor; app = typer.Typer(); app.command()(doctor); app()"
)


def found(ledger: Path, **environment: str) -> dict[str, Ability]:
    return {ability.name: ability for ability in examine_machine(ledger, environment)}


def test_what_is_missing_says_what_that_costs(tmp_path: Path) -> None:
    abilities = found(tmp_path)
    assert len(abilities) >= 12
    for name in ("place", "PUE", "memory energy"):
        assert abilities[name].state != "yes" and abilities[name].costs
    assert {ability.state for ability in abilities.values()} <= {"yes", "partly", "no"}
    assert f"version {version('codecarbon')}" in abilities["meter (CodeCarbon)"].found
    assert "data of 2025" in abilities["grid data (central)"].found


def test_a_place_that_was_said_is_shown(tmp_path: Path) -> None:
    (tmp_path / "ledger.toml").write_text('country = "USA"\nregion = "vermont"\nsite = "laptop"\n')
    abilities = found(tmp_path)
    assert (abilities["place"].state, abilities["place"].found) == ("yes", "USA vermont")
    assert (abilities["PUE"].state, abilities["PUE"].found) == ("yes", "laptop")
    assert found(tmp_path, NEUCLIR_CARBON_INTENSITY="50")["place"].found == "50 g CO2e/kWh"
    in_cloud = found(tmp_path / "none", NEUCLIR_CARBON_CLOUD="aws", NEUCLIR_CARBON_CLOUD_REGION="us-east-1")
    assert (in_cloud["place"].found, in_cloud["PUE"].found) == ("aws us-east-1", "as published for aws")


@pytest.mark.parametrize("settings", ['country = "Germany"\n', "country = \n"])
def test_settings_that_are_wrong_are_named(tmp_path: Path, settings: str) -> None:
    (tmp_path / "ledger.toml").write_text(settings)
    abilities = found(tmp_path)
    assert "ledger.toml" in abilities["place and PUE"].found
    assert abilities["place"].state == "no"


def test_a_ledger_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert found(tmp_path / "file")["ledger"].state == "no"
    assert found(tmp_path / "file" / "below")["ledger"].state == "no"
    assert found(tmp_path / "new" / "below")["ledger"].state == "yes"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("rapl", "is_virtual", "state", "mends"),
    [
        (Rapl(2, 2), False, "yes", None),
        (Rapl(2, 0), False, "no", "chmod"),
        (Rapl(2, 1), False, "partly", "chmod"),
        (Rapl(0, 0), False, "no", "modprobe"),
        (Rapl(0, 0), True, "no", None),
    ],
)
def test_counters_that_may_not_be_read_are_opened_by_a_command(
    rapl: Rapl, is_virtual: bool, state: str, mends: str | None
) -> None:
    ability = examining_machine._rapl(rapl, is_virtual=is_virtual)
    assert ability.state == state
    assert (ability.mend is None) if mends is None else (mends in str(ability.mend))
    assert (ability.costs is None) == (state == "yes")


@pytest.mark.parametrize(
    ("gpus", "has_device", "state"),
    [
        (Gpus(2, 2, 2, None), True, "yes"),
        (Gpus(2, 1, 2, None), True, "partly"),
        (Gpus(0, 0, 0, "NVIDIA's library does not start: Insufficient Permissions"), True, "no"),
        (Gpus(0, 0, 0, "NVIDIA's library libnvidia-ml.so.1 is not there"), False, "no"),
    ],
)
def test_a_gpu_that_is_not_read_costs_the_whole(gpus: Gpus, has_device: bool, state: str) -> None:
    ability = examining_machine._gpus({"has_nvidia_device": has_device}, gpus)
    assert ability.state == state
    assert bool(ability.mend) == (has_device and state == "no")


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DOCTOR, "--ledger", str(tmp_path)]
    table = subprocess.run(command, capture_output=True, text=True, check=True)
    assert table.stderr == ""
    assert f"to mend: neuclir-carbon init --ledger {tmp_path} --country DEU" in table.stdout
    data = json.loads(subprocess.run([*command, "--format", "json"], capture_output=True, check=True).stdout)
    assert {"name", "state", "found", "costs", "mend"} == set(data["checks"][0])
    assert list(tmp_path.iterdir()) == []
