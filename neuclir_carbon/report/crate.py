"""RO-Crate metadata of a bundle: a Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5) on RO-Crate 1.1.

Each activity is a CreateAction with its instrument, its result (the run) and its resource usage; plain JSON-LD that
ro-crate-py, runcrate and Zenodo read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import CRATE, DIGESTS, MANIFEST, FileDigest, Manifest

CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"resourceUsage": "https://w3id.org/ro/terms/workflow-run#resourceUsage"},
]
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_TYPES = {".json": "application/json", ".yml": "application/yaml", ".txt": "text/plain"}
_USAGE: tuple[tuple[str, str, str, Callable[[ActivityRecord], float | None]], ...] = (
    ("it_energy", "IT energy", "kWh", lambda record: record.energy.it_kwh),
    ("emissions", "Emissions (CO2 equivalent)", "kg", lambda record: record.emissions.total_kg_co2e),
    ("duration", "Duration", "s", lambda record: record.duration_s),
)


def crate_metadata(manifest: Manifest, records: Sequence[ActivityRecord], files: Iterable[FileDigest]) -> bytes:
    """The text of `ro-crate-metadata.json`; `files` are the members that it may describe by their digest."""
    parts = [*_files(files), {"@id": MANIFEST, "@type": "File", "name": MANIFEST, "encodingFormat": _TYPES[".json"]}]
    actions = [_action(manifest, record) for record in records]
    instruments = {entity["@id"]: entity for record in records for entity in (_instrument(record),)}
    graph = [
        {"@id": CRATE, "@type": "CreativeWork", "conformsTo": {"@id": SPECIFICATION}, "about": {"@id": "./"}},
        _root(manifest, parts, actions),
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": "#team", "@type": "Organization", "name": manifest.team},
        {"@id": "#license", "@type": "CreativeWork", "name": manifest.license or "No licence was given."},
        *parts,
        *(instruments[name] for name in sorted(instruments)),
        *actions,
        *(usage for record in records for usage in _usages(record)),
    ]
    return format_json({"@context": CONTEXT, "@graph": graph})


def _root(manifest: Manifest, parts: Sequence[Mapping[str, Any]], actions: Sequence[Mapping[str, Any]]) -> Any:
    return {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROFILE},
        "name": f"Run {manifest.run_tag} with its carbon report",
        "description": f"Submission of team {manifest.team} to {manifest.track}, task {manifest.task}",
        "datePublished": manifest.created_at,
        "license": {"@id": "#license"},
        "author": {"@id": "#team"},
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "mentions": [{"@id": action["@id"]} for action in actions],
    }


def _files(files: Iterable[FileDigest]) -> list[dict[str, Any]]:
    return [
        {
            "@id": file.path,
            "@type": "File",
            "name": file.path,
            "contentSize": str(file.bytes),
            "sha256": file.sha256,
            "encodingFormat": next((kind for end, kind in _TYPES.items() if file.path.endswith(end)), "text/plain"),
        }
        for file in files
        if file.path not in (CRATE, MANIFEST, DIGESTS)
    ]


def _action(manifest: Manifest, record: ActivityRecord) -> dict[str, Any]:
    failed = record.status != "complete" or (record.command is not None and record.command.exit_code not in (0, None))
    action: dict[str, Any] = {
        "@id": f"#activity-{record.record_id}",
        "@type": "CreateAction",
        "name": record.label or record.activity,
        "description": f"{record.activity} ({record.method})",
        "actionStatus": {"@id": f"http://schema.org/{'Failed' if failed else 'Completed'}ActionStatus"},
        "agent": {"@id": "#team"},
        "instrument": {"@id": _instrument(record)["@id"]},
        "result": [{"@id": manifest.run_tag}],
        "resourceUsage": [{"@id": usage["@id"]} for usage in _usages(record)],
    }
    if record.started_at:
        action["startTime"] = record.started_at
    if record.ended_at:
        action["endTime"] = record.ended_at
    return action


def _instrument(record: ActivityRecord) -> dict[str, Any]:
    """What did the work, as far as the record tells: the program, else the tool that recorded it."""
    if record.command and record.command.program:
        name = record.command.program
        return {"@id": f"#program-{_fragment(name)}", "@type": "SoftwareApplication", "name": name}
    tool = record.tool
    entity = {"@id": f"#tool-{_fragment(tool.name)}-{_fragment(tool.version)}", "@type": "SoftwareApplication"}
    return {**entity, "name": tool.name, "version": tool.version}


def _usages(record: ActivityRecord) -> list[dict[str, Any]]:
    return [
        {
            "@id": f"#usage-{record.record_id}-{key}",
            "@type": "PropertyValue",
            "propertyID": key,
            "name": name,
            "value": value,
            "unitText": unit,
        }
        for key, name, unit, read in _USAGE
        if (value := read(record)) is not None
    ]


def _fragment(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
