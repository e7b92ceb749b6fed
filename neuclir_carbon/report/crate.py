"""RO-Crate metadata of a bundle: a Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5) on RO-Crate 1.1.

Each activity is a CreateAction with its instrument, its object (the track's task), its result (the run) and its
resource usage; plain JSON-LD that ro-crate-py, runcrate and Zenodo read. Digests are not repeated here: the context of
RO-Crate 1.1 has no word for them, and `submission.json` and `manifest-sha256.txt` have them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import CRATE, DIGESTS, MANIFEST, FileDigest, Manifest
from neuclir_carbon.model.times import format_time, parse_time

CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"resourceUsage": "https://w3id.org/ro/terms/workflow-run#resourceUsage"},
]
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
NOT_RECORDED = "not recorded"
_TYPES = {".json": "application/json", ".yml": "application/yaml", ".txt": "text/plain"}
_USAGE: tuple[tuple[str, str, str, Callable[[ActivityRecord], float | None]], ...] = (
    ("it_energy", "IT energy", "kWh", lambda record: record.energy.it_kwh),
    ("emissions", "Emissions (CO2 equivalent)", "kg", lambda record: record.emissions.total_kg_co2e),
    ("duration", "Duration", "s", lambda record: record.duration_s),
)


def crate_metadata(
    manifest: Manifest, records: Sequence[ActivityRecord], files: Iterable[FileDigest]
) -> Iterator[bytes]:
    """The text of `ro-crate-metadata.json` in pieces; `files` are the members that it may describe by their size."""
    before, after = format_json({"@context": CONTEXT, "@graph": []}).split(b"[]")
    yield before + b"["
    between = b"\n    "
    for entity in _graph(manifest, records, files):
        yield between + format_json(entity).rstrip(b"\n").replace(b"\n", b"\n    ")
        between = b",\n    "
    yield b"\n  ]" + after


def _graph(
    manifest: Manifest, records: Sequence[ActivityRecord], files: Iterable[FileDigest]
) -> Iterator[Mapping[str, Any]]:
    parts = [*_files(files), {"@id": MANIFEST, "@type": "File", "name": MANIFEST, "encodingFormat": _TYPES[".json"]}]
    yield {"@id": CRATE, "@type": "CreativeWork", "conformsTo": {"@id": SPECIFICATION}, "about": {"@id": "./"}}
    yield _root(manifest, parts, records)
    yield {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    yield {"@id": "#team", "@type": "Organization", "name": manifest.team}
    yield {"@id": "#task", "@type": "CreativeWork", "name": f"{manifest.track}, task {manifest.task}"}
    yield {"@id": "#license", "@type": "CreativeWork", "name": manifest.license or "No licence was given."}
    yield from parts
    instruments = {entity["@id"]: entity for record in records for entity in (_instrument(record),)}
    yield from (instruments[name] for name in sorted(instruments))
    yield from (_action(manifest, record) for record in records)
    yield from (usage for record in records for usage in _usages(record))


def _root(manifest: Manifest, parts: Sequence[Mapping[str, Any]], records: Sequence[ActivityRecord]) -> dict[str, Any]:
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
        "mentions": [{"@id": _name(record)} for record in records],
    }


def _files(files: Iterable[FileDigest]) -> list[dict[str, Any]]:
    return [
        {
            "@id": _path(file.path),
            "@type": "File",
            "name": file.path,
            "contentSize": str(file.bytes),
            "encodingFormat": next((kind for end, kind in _TYPES.items() if file.path.endswith(end)), "text/plain"),
        }
        for file in files
        if file.path not in (CRATE, MANIFEST, DIGESTS)
    ]


def _action(manifest: Manifest, record: ActivityRecord) -> dict[str, Any]:
    failed = record.status != "complete" or (record.command is not None and record.command.exit_code not in (0, None))
    status = "Failed" if failed else "Completed"
    action: dict[str, Any] = {
        "@id": _name(record),
        "@type": "CreateAction",
        "name": record.label or record.activity,
        "description": f"{record.activity} ({record.method})",
        "actionStatus": f"http://schema.org/{status}ActionStatus",
        "agent": {"@id": "#team"},
        "instrument": {"@id": _instrument(record)["@id"]},
        "object": {"@id": "#task"},
        "result": {"@id": _path(manifest.run_tag)},
        "resourceUsage": [{"@id": usage["@id"]} for usage in _usages(record)],
    }
    if record.started_at:
        action["startTime"] = _time(record.started_at)
    if record.ended_at:
        action["endTime"] = _time(record.ended_at)
    return action


def _name(record: ActivityRecord) -> str:
    return f"#activity-{record.record_id}"


def _instrument(record: ActivityRecord) -> dict[str, Any]:
    """What did the work, as far as the record tells: the program, else the tool that recorded it."""
    if record.command and record.command.program:
        name, version = record.command.program, NOT_RECORDED
        identity = f"#program-{_fragment(name)}"
    else:
        name, version = record.tool.name, record.tool.version
        identity = f"#tool-{_fragment(name)}-{_fragment(version)}"
    return {"@id": identity, "@type": "SoftwareApplication", "name": name, "version": version}


def usage_values(records: Iterable[ActivityRecord]) -> dict[str, float]:
    """What the crate must say that each activity used: entity id → value (kWh, kg CO2e, s)."""
    return {usage["@id"]: usage["value"] for record in records for usage in _usages(record)}


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


def _time(text: str) -> str:
    """A record's time as the profile's own checker wants it: with its zone as an offset."""
    return format_time(parse_time(text)).replace("Z", "+00:00")


def _path(name: str) -> str:
    """A member's name as a relative URI."""
    return quote(name)


def _fragment(text: str) -> str:
    return quote(text, safe="")
