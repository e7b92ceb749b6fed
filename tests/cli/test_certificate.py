"""`certificate serial` and `certificate check` as a user meets them: streams, exit codes, and harmless output."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from registry_files import SAMPLES

from neuclir_carbon.cli.certificates import coverage_text
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.certificates import parse_certificate
from neuclir_carbon.workflow.covering import claims_of, cover
from neuclir_carbon.workflow.dates import as_of_date

PROGRAM = """
import sys, typer
from neuclir_carbon.cli import certificates, console
from neuclir_carbon.errors import CarbonError
app = typer.Typer()
app.add_typer(certificates.app(), name="certificate")
try:
    code = app(args=sys.argv[1:], standalone_mode=False)
except CarbonError as error:
    console.error(str(error))
    code = error.exit_code
loaded = {name.partition(".")[0] for name in sys.modules}
print("LOADED", *sorted(loaded & {"pandas", "matplotlib", "codecarbon", "jinja2"}), file=sys.stderr)
sys.exit(code if isinstance(code, int) else 0)
"""
EXAMPLE: dict[str, Any] = json.loads(schema_path("certificate-reference/1").read_text(encoding="utf-8"))["examples"][0]
BLOCK = "KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a child of its own, through a Typer app and the exit codes of the real one."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "certificate", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1795305600", **environment},
    )  # fmt: skip


def written(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**EXAMPLE, **changes}), encoding="utf-8")
    return path


def test_a_serial_is_told_in_words_or_as_json() -> None:
    told = run("serial", BLOCK)
    assert told.returncode == 0
    assert told.stdout.startswith("3 units of CDM project 5336 (Kenya), ")
    assert "2026-11-22" in told.stdout
    data = json.loads(run("serial", BLOCK, "--format", "json").stdout)
    assert (data["valid"], data["units"], data["overlap_key"]) == (True, 3, "cdm:KE:CER")


@pytest.mark.parametrize(
    ("text", "code"),
    [("KE-6-1-2-2-0-5336", 0), ("5336", 1), ("", 1), ("x" * 5000, 1), ("KE-5\u202e", 1), ("\x1b[31m", 1)],
)
def test_a_serial_that_can_be_right_is_0_and_one_that_cannot_is_1(text: str, code: int) -> None:
    told = run("serial", text)
    assert told.returncode == code
    assert "Traceback" not in told.stderr
    assert not {"\x1b", "\u202e"} & set(told.stdout + told.stderr)
    assert len(told.stderr) < 5000


def test_the_year_of_a_vintage_is_judged_as_of_the_day_given() -> None:
    text = "GS1-1-KE-GS11603-16-2029-30256-110-5463"
    assert run("serial", text, "--format", "json").returncode == 1
    assert run("serial", text, "--as-of", "2030-01-01").returncode == 0
    assert run("serial", text, SOURCE_DATE_EPOCH="1900000000").returncode == 0


def test_a_good_reference_passes(tmp_path: Path) -> None:
    told = run("check", str(written(tmp_path / "c.json")))
    assert told.returncode == 0
    assert "3000 kg, 650 kg allocated" in told.stdout
    assert "as of 2026-11-22" in told.stdout


def test_findings_come_with_place_code_and_message(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json", quantity_kg=4000, quantity_as_printed=None)
    told = run("check", str(path))
    assert told.returncode == 1
    assert f"error: {path}#/serials OFF012 the serials hold 3 units, 3000 kg" in told.stderr
    data = json.loads(run("check", str(path), "--format", "json").stdout)
    assert data["passed"] is False
    assert data["counts"]["error"] == 1


def test_bad_input_has_the_contracts_exit_code_and_a_short_message(tmp_path: Path) -> None:
    good = str(written(tmp_path / "good.json"))
    for name, content in {
        "empty": b"",
        "noise": os.urandom(2000),
        "torn": b'{"schema": ',
        "deep": b"[" * 100_000,
    }.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "fifo")
    cases = [("empty", 1), ("noise", 1), ("torn", 1), ("deep", 1), ("missing", 3), ("fifo", 3), ("", 3)]
    for name, code in cases:
        told = run("check", str(tmp_path / name))
        assert told.returncode == code, (name, told.stderr)
        assert "Traceback" not in told.stderr
        assert len(told.stderr.splitlines()) < 60
        assert name in told.stderr
    assert run("check", str(tmp_path / "missing"), good).returncode == 1
    assert run("check", good, "--as-of", "soon").returncode == 2


def test_hostile_texts_reach_the_terminal_harmlessly(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json", serials=[{"raw": "\x1b]0;owned\x07\u202eKE"}], project={"id": "\x1b[2J"})
    told = run("check", str(path))
    assert told.returncode == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(told.stdout + told.stderr)


def test_help_and_checks_load_no_heavy_package(tmp_path: Path) -> None:
    path = str(written(tmp_path / "c.json"))
    for arguments in (("--help",), ("serial", BLOCK), ("check", path)):
        assert run(*arguments).stderr.splitlines()[-1] == "LOADED"


def test_an_output_that_nobody_can_encode_is_no_traceback(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json", purpose="für Übung", certificate_id="VC99998/2024")
    told = run("check", str(path), LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert told.returncode == 0


def test_coverage_at_the_terminal_is_gross_first_and_says_what_it_cannot_see() -> None:
    value = parse_certificate(json.dumps({**EXAMPLE, "document": {"sha256": "a" * 64}}).encode(), "c.json").value
    assert value is not None
    claims = claims_of([value], "b.zip", "TEAM3")
    emissions = {"TEAM3": 500.0, "evil\x1b[31m\nname": 500.0}
    text = coverage_text(cover(claims, emissions, "neuclir-2024", as_of_date("2026-11-22")))
    lines = text.splitlines()
    assert lines[0] == "neuclir-2024, as of 2026-11-22: 1,000 kg CO2e of 2 teams"
    assert "serial-consistent 250 kg          25.0 %" in lines
    assert "registry-verified 0 kg            0.0 %" in lines
    assert any("##########.........." in line and line.startswith("TEAM3") for line in lines)
    assert "does not measure credit quality" in lines[-1]
    assert "\x1b" not in text
    assert "net" not in text.lower().split()


def gs_reference(path: Path, serial: str) -> Path:
    document = {
        "schema": "certificate-reference/1", "certificate_id": "G1", "programme": "gold-standard",
        "unit_type": "GS-VER", "quantity_kg": 12_139_000, "serials": [{"raw": serial}], "retired_on": "2026-04-10",
        "allocations": [{"scope_id": "neuclir-2024/TEAM3", "kg": 250}],
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def test_a_registrys_export_verifies_a_real_row_and_not_the_one_beside_it(tmp_path: Path) -> None:
    export = SAMPLES / "gold-standard-retirements.csv"
    cache = {"NEUCLIR_CARBON_CACHE": str(tmp_path / "cache")}
    true = gs_reference(tmp_path / "true.json", "GS1-1-KE-GS11603-16-2024-30255-485-12623")
    told = run("check", str(true), "--registry", str(export), **cache)
    assert told.returncode == 0, told.stderr
    assert "250 kg allocated, registry-verified" in told.stdout
    digest = hashlib.sha256(export.read_bytes()).hexdigest()
    assert f"retired in line 2 of gold-standard-retirements.csv (sha256 {digest}), as of 2026-04-13" in told.stdout
    assert "can't show double issuance or double claiming" in told.stdout
    moved = gs_reference(tmp_path / "moved.json", "GS1-1-KE-GS11603-16-2024-30255-486-12624")
    data = json.loads(run("check", str(moved), "--registry", str(export), "--format", "json", **cache).stdout)
    assert data["certificates"][0]["level"] != "registry_verified"
    assert data["registry"][0]["sha256"] == digest
    assert "OFF053" in {finding["code"] for finding in data["findings"]}


def test_what_is_brought_and_broken_is_exit_3(tmp_path: Path) -> None:
    good = str(written(tmp_path / "good.json"))
    (tmp_path / "noise").write_bytes(os.urandom(2000))
    for option in ("--registry", "--earlier", "--resolutions"):
        for name in ("noise", "missing"):
            told = run("check", good, option, str(tmp_path / name), NEUCLIR_CARBON_CACHE=str(tmp_path / "cache"))
            assert told.returncode == 3, (option, name, told.stderr)
            assert name in told.stderr
            assert "Traceback" not in told.stderr
