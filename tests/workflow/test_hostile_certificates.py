"""Certificates whose every text is out to harm, through check, coverage and aggregate: harmless wherever shown."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import a_ledger, a_record, ordered

from neuclir_carbon.store.certificates import read_certificate
from neuclir_carbon.workflow.bundling import bundle

TEXTS = (
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    r"\input{/etc/passwd} \write18{id} $x_1$ 100% & #1 {~^",
    "[x](javascript:alert(1)) | `a` **b**",
)
# Not in names and numbers, which the schema keeps clean, but in what is copied from a document.
UNSEEN = "a\x1b[31mRED\x1b[0m\rb\x07 \u202egnp.exe \u2066x"
TEAMS = ("=cmd|x", "<b>t</b>", r"\input{x}")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
LIVE = ("<script>alert", "<img src=x", "<b>t</b>", 'href="javascript', 'href="https://evil')


def a_reference(path: Path, number: int, text: str, team: str) -> Path:
    reference = {
        "schema": "certificate-reference/1", "certificate_id": f"{text[:58]}{number}", "programme": "other",
        "unit_type": "other", "quantity_kg": 5000, "quantity_as_printed": f"{text[:20]}{UNSEEN[:15]}",
        "serials": [{"raw": text[:100]}, {"raw": UNSEEN}], "retired_on": "2024-11-15", "purpose": f"{text}{UNSEEN}",
        "project": {"id": text[:40], "title": f"{text}{UNSEEN}", "host_country": "KE"},
        "beneficiary": {"name": f"{text}{UNSEEN}", "public": True, "retired_by": UNSEEN},
        "registry_url": "https://evil.example/x", "attestation": {"sole_claim": True, "signed_by": text},
        "allocations": [{"scope_id": f"neuclir-2024/{team}", "kg": 100}],
    }  # fmt: skip
    path.write_text(json.dumps(reference), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bundles/` of three teams, each with every hostile certificate; the references lie in `references/`."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "references").mkdir()
    (root / "bundles").mkdir()
    for i, team in enumerate(TEAMS):
        own = root / f"team{i}"
        own.mkdir()
        a_ledger(own / "ledger", a_record(f"20241115T093000Z-0000000{i}"))
        named = [a_reference(root / f"references/{i}{j}.json", i, text, team) for j, text in enumerate(TEXTS)]
        made = bundle(ordered(own, team=team, certificates=tuple(named)))
        made.path.rename(root / f"bundles/{i}.crate.zip")
    return root


def shown(*arguments: str | Path) -> str:
    """All that a command prints; it may find faults, and may not fail."""
    told = subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *map(str, arguments), "--as-of", "2026-11-22"],
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert told.returncode in (0, 1), told.stderr
    return told.stdout.decode() + told.stderr.decode()


def test_the_texts_pass_the_schema_or_this_would_show_nothing(folder: Path) -> None:
    for path in (folder / "references").iterdir():
        assert read_certificate(path).value is not None


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_acts_reaches_the_terminal(folder: Path, form: str) -> None:
    references = sorted((folder / "references").iterdir())
    for text in (
        shown("certificate", "check", *references, "--format", form),
        shown("coverage", folder / "bundles", "--format", form),
        shown("certificate", "serial", UNSEEN, "--format", form),
    ):
        assert text.strip()
        assert not CONTROLS.search(text)


def test_nothing_that_acts_is_in_any_file_of_the_report(folder: Path) -> None:
    shown("aggregate", folder / "bundles", "--track", "neuclir-2024", "--out", folder / "report")
    files = [path for path in (folder / "report").rglob("*") if path.is_file()]
    names: dict[str, Any] = {path.suffix: path for path in files}
    assert {".html", ".csv", ".json", ".tex", ".txt", ".svg"} <= set(names)
    for path in files:
        if path.suffix == ".pdf":
            continue
        text = path.read_text(encoding="utf-8")
        assert not CONTROLS.search(text.replace("\r\n", "\n")), path
        if path.suffix in (".html", ".svg"):
            assert not [live for live in LIVE if live in text], path
        if path.suffix == ".tex":
            assert r"\input{" not in text and r"\write18" not in text
        if path.suffix == ".csv":
            cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
            assert not [cell for cell in cells if re.match(r"[=+@\t]|-(?![0-9.])", cell)], path
    assert "evil.example" not in "".join(path.read_text() for path in files if path.parent.name == "public")
