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


API = ["api", "--provider", "openai", "--model", "gpt-4o", "--requests", "1000", "--output-tokens", "400"]


def test_calls_of_a_model_are_recorded_with_the_provider_s_place(tmp_path: Path) -> None:
    done = estimate(*API, "--ledger", str(tmp_path), "--activity", "generation", "--format", "json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["grid"]["country"], record["activity"]) == ("USA", "generation")
    assert len(list((tmp_path / "records").glob("*.json"))) == 1
    assert "has not been published" in done.stderr


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    done = estimate(*API[:3], "--model", "gpt-4oo", *API[5:])
    assert done.returncode == 2
    assert "did you mean 'gpt-4o'" in done.stderr


@pytest.mark.parametrize("arguments", [MLCO2, BOUND, CLOUD, [*DEVICE, "--country", "DEU"], API])
def test_the_same_work_is_shown_elsewhere(arguments: list[str]) -> None:
    there = ["--in", "FRA", "--in", "aws:eu-north-1"]
    text = estimate(*arguments, *there)
    assert text.returncode == 0, text.stderr
    assert "aws:eu-north-1" in text.stdout and "FRA" in text.stdout
    record = json.loads(estimate(*arguments, *there, "--format", "json").stdout)
    kilograms = [one["emissions_kg_co2e"]["central"] for one in record["notes"]["elsewhere"]]
    assert kilograms == sorted(kilograms) and len(kilograms) == 2
    assert examine_bytes("activity-record/1", json.dumps(record).encode())[1] == ()


def test_a_place_that_is_none_is_refused_and_nothing_is_recorded(tmp_path: Path) -> None:
    done = estimate(*BOUND, "--in", "France", "--ledger", str(tmp_path / "l"))
    assert done.returncode == 2 and "FRA" in done.stderr
    assert not (tmp_path / "l").exists()


def test_equivalents_are_shown_on_request_with_their_source() -> None:
    assert "US EPA" in estimate(*BOUND, "--equivalents").stdout
    assert "US EPA" not in estimate(*BOUND).stdout


LOG = "start,end,device,country\n2026-01-05T10:00:00Z,2026-01-05T11:00:00Z,T4,{country}\n"


@pytest.mark.parametrize(("country", "code"), [("DEU", 0), ("Germany", 1)])
def test_a_log_of_jobs_is_counted_and_a_bad_row_fails(tmp_path: Path, country: str, code: int) -> None:
    log = tmp_path / "jobs.csv"
    log.write_text(LOG.format(country="FRA") + LOG.format(country=country).splitlines()[1] + "\n")
    done = estimate("jobs", str(log), "--ledger", str(tmp_path / "l"), "--format", "json", "--activity", "evaluation")
    assert done.returncode == code, done.stderr
    told = json.loads(done.stdout)
    assert (told["rows"], told["jobs"]) == (2, 2 - code)
    assert len(list((tmp_path / "l" / "records").glob("*.json"))) == len(told["records"]) == 2 - code
    for record in told["records"]:
        assert examine_bytes("activity-record/1", json.dumps(record).encode())[1] == ()
    if code:
        assert "jobs.csv:3 JOB005" in done.stderr and "DEU" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["nowhere.csv"], 3), (["x.csv", "--device", "T44"], 2), (["x.csv", "--watts", "-1"], 2)]
)
def test_a_log_that_can_t_be_read_and_bad_options(tmp_path: Path, arguments: list[str], code: int) -> None:
    (tmp_path / "x.csv").write_text("seconds,device\n1,T4\n")
    done = estimate("jobs", str(tmp_path / arguments[0]), *arguments[1:])
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_models_are_listed_with_their_source() -> None:
    items = json.loads(estimate("list", "models", "gpt-4o", "--format", "json").stdout)["items"]
    assert "gpt-4o" in {item["name"] for item in items}
    assert all(item["source"].startswith("EcoLogits") for item in items)


def test_sources_are_printed_with_their_terms() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", "sources", "--format", "json"], capture_output=True, check=True
    )
    told = json.loads(done.stdout)["sources"]
    assert {"Teads Engineering", "EPA eGRID2023"} <= {source["attribution"] for source in told}


def test_a_ledger_s_work_is_shown_elsewhere(tmp_path: Path) -> None:
    estimate(*DEVICE, "--country", "DEU", "--ledger", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", "log", "--ledger", str(tmp_path), "--in", "FRA", "--format", "json"],
        capture_output=True, check=True,
    )  # fmt: skip
    (there,) = json.loads(done.stdout)["elsewhere"]
    assert there["emissions_kg_co2e"]["central"] == pytest.approx(0.525 * 0.04144)
