"""`estimate` on the command line, as real processes: figures, exit codes, messages, streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.cli.app import main

MLCO2 = [
    "mlco2",
    "--count",
    "8",
    "--hours",
    "336",
    "--provider",
    "aws",
    "--region",
    "us-east-1",
    "--device",
    "A100 PCIe 40/80GB",
]
BOUND = ["upper-bound", "--processors", "1", "--hours", "2160"]
CLOUD = ["cloud", "--provider", "aws", "--instance", "p4d.24xlarge", "--hours", "336", "--region", "us-east-1"]
DEVICE = ["device", "--device", "T4", "--hours", "10"]


def estimate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEUCLIR_CARBON")}
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", "estimate", *arguments],
        capture_output=True, text=True, timeout=60, env=clean | {"PYTHONUTF8": "1"} | environment, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "operational", "embodied"),
    [
        (MLCO2, 248.64, None),
        (BOUND, 147.5496, None),
        ([*CLOUD, "--load", "50", "--as-published"], 633.9522708, 45.4608),
        ([*DEVICE, "--country", "DEU"], 0.525 * 0.32965, None),
    ],
)
def test_json_is_the_activity_record(arguments: list[str], operational: float, embodied: float | None) -> None:
    done = estimate(*arguments, "--format", "json", "--activity", "training")
    assert done.returncode == 0, done.stderr
    record, findings = examine_bytes("activity-record/1", done.stdout.encode())
    assert findings == ()
    assert record["emissions"]["operational_kg_co2e"] == pytest.approx(operational, rel=1e-9)
    assert record["emissions"]["embodied_kg_co2e"] == (None if embodied is None else pytest.approx(embodied))
    assert record["activity"] == "training"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*MLCO2, "--price-per-tonne", "16.1"], ["8 × 250 W × 336 h / 1000 = 672 kWh", "248.64 kg CO2e", "4.00 USD"]),
        (BOUND, ["324 kWh", "147.55 kg CO2e", "AIcrowd"]),
        (
            [*CLOUD, "--load", "50", "--as-published"],
            ["PUE 1.2", "415.755 g/kWh", "633.952 kg CO2e", "45.4608 kg CO2e", "Teads Engineering"],
        ),
        (CLOUD, ["244.758", "ecologits", "codecarbon", "of the spread is the power", "--load"]),
    ],
)
def test_the_text_shows_the_formula_with_its_values_and_sources(arguments: list[str], words: list[str]) -> None:
    done = estimate(*arguments)
    assert done.returncode == 0
    assert [word for word in words if word not in done.stdout] == []


def test_a_ledger_gets_the_record_that_is_printed(tmp_path: Path) -> None:
    ledger = tmp_path / "carbon"
    done = estimate(
        *MLCO2, "--ledger", str(ledger), "--format", "json", "--label", "fine-tuning", "--run-tag", "fas-T-1"
    )
    assert done.returncode == 0, done.stderr
    (path,) = (ledger / "records").iterdir()
    assert json.loads(path.read_text()) == json.loads(done.stdout)
    assert str(path) in done.stderr
    assert "--activity" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cloud", *CLOUD[1:4], "p4d.24xlarg", *CLOUD[5:]], "p4d.24xlarge"),
        (["cloud", *CLOUD[1:4], "p5.48xlarge", *CLOUD[5:], "--as-published"], "leave --as-published out"),
        (["cloud", *CLOUD[1:4], "trn1.2xlarge", *CLOUD[5:]], "in no table that we know"),
        ([*CLOUD, "--lifetime-years", "0"], "--lifetime-years"),
        ([*CLOUD, "--lifetime-years", "3", "--as-published"], "leave one of them out"),
        ([*MLCO2[:-1], "A100"], "A100 PCIe 40/80GB"),
        ([*DEVICE, "--country", "DUE"], "DEU"),
        ([*DEVICE, "--region", "vermont"], "--country"),
        ([*DEVICE, "--cloud", "aws"], "--cloud-region"),
        ([*DEVICE, "--pue", "0.5"], "--pue"),
        ([*DEVICE, "--pue", "1.2", "--site", "laptop"], "give one of them"),
        ([*DEVICE, "--site", "cellar"], "machine-room"),
        ([*DEVICE, "--intensity", "nan"], "--intensity"),
        ([*DEVICE, "--utilization", "50"], "--utilization"),
        ([*CLOUD, "--load", "101"], "--load"),
        ([*CLOUD, "--count", "0.5"], "--count"),
        ([*BOUND[:-1], "1e300"], "--hours"),
        ([*BOUND[:-1], "-5"], "--hours"),
        ([*BOUND, "--activity", "trainig"], "training"),
        ([*BOUND, "--price-per-tonne", "inf"], "--price-per-tonne"),
        ([*BOUND, "--currency", "dollars", "--price-per-tonne", "1"], "--currency"),
        ([*BOUND, "--no-such-option"], "--no-such-option"),
        (["clod"], "clod"),
        (["list", "device"], "devices"),
    ],
)
def test_bad_options_and_unknown_names_exit_2_with_what_to_give(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "carbon"
    recorded = [] if arguments[0] in ("clod", "list") else ["--ledger", str(ledger)]
    # In this process: a process each would cost half a second a case, and no case depends on one.
    assert main(["estimate", *arguments, *recorded]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert len(printed.err.splitlines()) < 60
    assert printed.out == ""
    assert not ledger.exists()


def test_a_refused_option_ends_the_process_with_2_and_one_line() -> None:
    done = estimate(*CLOUD, "--load", "101")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --load is 101; the mean load in % must be a number from 0 to 100\n"


def test_a_place_from_the_environment_holds_and_a_bad_one_is_refused() -> None:
    done = estimate(*DEVICE, "--format", "json", NEUCLIR_CARBON_COUNTRY="FRA")
    assert json.loads(done.stdout)["grid"]["country"] == "FRA"
    assert estimate(*DEVICE, NEUCLIR_CARBON_COUNTRY="FRX").returncode == 2


def test_a_ledger_that_can_not_be_written_exits_3(tmp_path: Path) -> None:
    (tmp_path / "carbon").write_text("mine")
    done = estimate(*MLCO2, "--ledger", str(tmp_path / "carbon"))
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert (tmp_path / "carbon").read_text() == "mine"


def test_a_list_shows_names_and_sources() -> None:
    done = estimate("list", "instances", "p4d.", "--format", "json")
    (item,) = json.loads(done.stdout)["items"]
    assert (item["name"], item["w_at_50_percent"]) == ("p4d.24xlarge", 3781.8)
    assert "Teads" in item["source"]
    text = estimate("list", "devices", "TPU").stdout.splitlines()
    assert [line.split("  ")[0] for line in text] == ["TPU v2", "TPU v3", "TPU v4"]
