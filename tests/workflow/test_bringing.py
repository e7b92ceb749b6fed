"""What an organizer brings beside bundles: the same bundle rises by an export, falls by an earlier year, is settled."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import ordered
from registry_files import SAMPLES

from neuclir_carbon.resources import schema_path
from neuclir_carbon.workflow.bundling import bundle

GS: dict[str, Any] = {
    "schema": "certificate-reference/1", "certificate_id": "G1", "programme": "gold-standard", "unit_type": "GS-VER",
    "quantity_kg": 12_139_000, "serials": [{"raw": "GS1-1-KE-GS11603-16-2024-30255-485-12623"}],
    "retired_on": "2026-04-10", "allocations": [{"scope_id": "neuclir-2024/lotus", "kg": 250}],
    "document": {"sha256": "a" * 64},
}  # fmt: skip
EXPORT = SAMPLES / "gold-standard-retirements.csv"
DECIDED = json.loads(schema_path("resolution/1").read_text(encoding="utf-8"))["examples"][0]


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    (tmp_path / "gs.json").write_text(json.dumps(GS))
    return bundle(ordered(tmp_path, certificates=(tmp_path / "gs.json",))).path.parent


def run(folder: Path, command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", command, *map(str, arguments), "--as-of", "2026-11-22"],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "NEUCLIR_CARBON_CACHE": str(folder / "cache")},
    )  # fmt: skip


def level(folder: Path, bundles: Path, *arguments: str | Path) -> tuple[str, float | None]:
    """The level of the one claim, and the share that is registry-verified."""
    told = run(folder, "coverage", bundles, *arguments, "--format", "json")
    assert told.returncode == 0, told.stderr
    data = json.loads(told.stdout)
    return data["certificates"][0]["level"], data["coverage"]["registry_verified"]["share"]


def test_an_export_verifies_what_an_earlier_year_may_dispute_and_a_person_settle(tmp_path: Path, bundles: Path) -> None:
    assert level(tmp_path, bundles) == ("serial_consistent", 0.0)
    assert level(tmp_path, bundles, "--registry", EXPORT) == ("registry_verified", 1.0)

    out = tmp_path / "2024"
    told = run(tmp_path, "aggregate", bundles, "--track", "neuclir-2024", "--out", out, "--registry", EXPORT)
    assert told.returncode == 0, told.stderr
    inventory = out / "organizer/inventory.json"
    found = json.loads(inventory.read_text())
    assert found["coverage"]["registry_verified"]["share"] == 1.0
    # The same year again: its allocations count once, and its work was counted then, so that nothing is left to cover.
    beside = ("--registry", EXPORT, "--earlier", inventory)
    assert level(tmp_path, bundles, *beside) == ("registry_verified", None)

    # As if another scope had used all of it before, for other work.
    found |= {"record_digests": [], "team_values": []}
    found["certificates"][0]["allocations"] = [{"scope_id": "ragtime-2025/x", "kg": 12_139_000, "period": None}]
    inventory.write_text(json.dumps(found))
    assert level(tmp_path, bundles, *beside) == ("declared", 0.0)

    decision = tmp_path / "decided.json"
    decision.write_text(json.dumps({**DECIDED, "certificate_id": "G1", "scope_id": "neuclir-2024/lotus"}))
    assert level(tmp_path, bundles, *beside, "--resolutions", decision) == ("registry_verified", 1.0)
    told = run(tmp_path, "coverage", bundles, *beside, "--resolutions", decision)
    assert "G1 for neuclir-2024/lotus: upheld by A. Organizer on 2024-12-01" in told.stdout


@pytest.mark.parametrize("option", ["--registry", "--earlier", "--resolutions"])
@pytest.mark.parametrize("command", ["coverage", "aggregate"])
def test_what_is_brought_and_broken_is_exit_3_and_writes_nothing(
    option: str, command: str, tmp_path: Path, bundles: Path
) -> None:
    (tmp_path / "broken").write_text("x")
    more = ("--track", "neuclir-2024", "--out", tmp_path / "out2") if command == "aggregate" else ()
    told = run(tmp_path, command, bundles, option, tmp_path / "broken", *more)
    assert told.returncode == 3
    assert "broken" in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "out2").exists()
