"""Made-up records, ledgers and runs for the tests; everything here is synthetic."""

import hashlib
import json
from pathlib import Path
from typing import Any

import attrs

from neuclir_carbon.model.record import (
    ActivityRecord,
    Component,
    Embodied,
    Grid,
    Pue,
    emissions_of,
    energy_of,
    it_spread,
)
from neuclir_carbon.model.submission import Manifest, Submission
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.documents import sealed
from neuclir_carbon.store.ledger import write_record
from neuclir_carbon.workflow.bundling import Order

TAG = "fas-lotus-bm25"
CERTIFICATE = {
    "schema": "certificate-reference/1",
    "certificate_id": "VC99998/2024",
    "programme": "cdm",
    "unit_type": "CER",
    "action": "voluntary-cancellation",
    "quantity_kg": 3000,
    "serials": [{"raw": "KE-5-71234501-2-2-0-5336", "end_raw": "KE-5-71234503-2-2-0-5336"}],
    "retired_on": "2024-11-16",
    "allocations": [{"scope_id": "neuclir-2024/lotus", "kg": 250}],
}
GERMANY = Grid(
    g_co2e_per_kwh=329.65, low=329.65, high=380.95, country="DEU", year=2025, source="a made-up table", basis="location"
)


def a_record(
    record_id: str = "20241115T093000Z-00000001",
    *,
    kwh: float | None = 0.1,
    grid: Grid | None = GERMANY,
    pue: Pue | None = None,
    embodied: Embodied | None = None,
    **changes: Any,
) -> ActivityRecord:
    """A sealed, sound record of `kwh` of CPU energy; any field can be set by name."""
    chosen_pue = pue or Pue(value=1.0, low=1.0, high=2.0, source="not given")
    parts = (
        (Component(component="cpu", kwh=kwh, low_kwh=kwh / 2, high_kwh=kwh * 2, method="tdp-load", scope="machine"),)
        if kwh is not None
        else ()
    )
    emissions, dominant = ActivityRecord(record_id="x", method="measured", tool=THIS_TOOL).emissions, None
    if kwh is not None and grid is not None:
        emissions, dominant = emissions_of({"it_energy_kwh": it_spread(parts)}, chosen_pue, grid, embodied)
    record = ActivityRecord(
        record_id=record_id,
        activity="retrieval",
        method="measured",
        started_at="2024-11-15T09:30:00.000Z",
        ended_at="2024-11-15T10:30:00.000Z",
        duration_s=3600.0,
        energy=energy_of(parts, chosen_pue),
        pue=chosen_pue,
        grid=grid,
        embodied=embodied,
        emissions=emissions,
        dominant_factor=dominant,
        tool=THIS_TOOL,
    )
    return sealed(attrs.evolve(record, **changes))


def a_ledger(folder: Path, *records: ActivityRecord) -> Path:
    """A ledger with these records."""
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        write_record(folder, record)
    return folder


def a_run(path: Path, *, topics: range = range(300, 393), depth: int = 2) -> Path:
    """A run that neuclir-2024's checker accepts: every topic, `depth` documents each, the file's name as its tag."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{topic} Q0 {topic:08x}-0000-4000-8000-{rank:012x} {rank} {10.0 - rank} {path.name}\n"
        for topic in topics
        for rank in range(1, depth + 1)
    ]
    path.write_text("".join(lines))
    return path


def ordered(tmp_path: Path, **changes: object) -> Order:
    """An order for a sound bundle of team lotus, with anything changed."""
    ledger = tmp_path / "ledger"
    if not ledger.exists():
        a_ledger(
            ledger,
            a_record("20241115T093000Z-00000001", run_tags=(TAG,)),
            a_record("20241115T093000Z-00000002", activity="training", kwh=2.0),
            a_record("20241115T093000Z-00000003", run_tags=("another-run",)),
        )
    run = tmp_path / TAG
    if not run.exists():
        a_run(run)
    values: dict[str, object] = {
        "run": run, "track": "neuclir-2024", "task": "clir", "team": "lotus", "ledgers": (ledger,),
        "out": tmp_path / "out",
    }  # fmt: skip
    return Order(**{**values, **changes})  # type: ignore[arg-type]


def a_certificate(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps({**CERTIFICATE, **changes}))
    return path


def a_submission(team: str, run_tag: str, *records: ActivityRecord, **changes: Any) -> Submission:
    """A sound submission as counting sees it; any field of it or of its manifest can be set by name."""
    manifest = Manifest(
        team=team, track="neuclir-2024", task="clir", run_tag=run_tag, revision=1, replaces=None,
        tracked=bool(records), created_at="2024-11-20T12:00:00.000Z", files=(), tool=THIS_TOOL,
    )  # fmt: skip
    own = {key: value for key, value in changes.items() if key in ("certificates", "verdict", "path", "sha256")}
    manifest = attrs.evolve(manifest, **{key: value for key, value in changes.items() if key not in own})
    name = f"{team}|{run_tag}|{manifest.task}|{manifest.revision}|{[record.record_sha256 for record in records]}"
    values: dict[str, Any] = {
        "path": f"{team}-{run_tag}-{manifest.revision}.crate.zip",
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "certificates": (),
        "verdict": {"passed": True, "run": {"lines": 186, "topics": 93}},
        **own,
    }
    return Submission(manifest=manifest, records=records, **values)
