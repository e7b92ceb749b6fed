"""Findings as SARIF 2.1.0, which code scanning and editors show at their places."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.run import RunVerdict
from neuclir_carbon.version import __version__

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
INFORMATION_URI = "https://neuclir.github.io"


def sarif_of_verdict(verdict: RunVerdict, entries: Mapping[str, Entry[Any]]) -> dict[str, Any]:
    """A run's verdict as a SARIF log. `entries` are the rules that findings may name, by code."""
    artifact: dict[str, Any] = {"location": {"uri": _uri(verdict.path)}, "roles": ["analysisTarget"]}
    hashes = {"sha-256": verdict.sha256, "md5": verdict.md5}
    if verdict.sha256 is not None:
        artifact["hashes"] = hashes
    properties = {
        "passed": verdict.passed,
        "official_verdict": verdict.official_verdict,
        "track": verdict.track,
        "track_version": verdict.track_version,
        "task": verdict.task,
        "counts": {"error": verdict.counts.error, "warning": verdict.counts.warning, "note": verdict.counts.note},
    }
    return sarif_log(verdict.findings, entries, artifacts=[artifact], properties=properties)


def sarif_log(
    findings: Sequence[Finding],
    entries: Mapping[str, Entry[Any]],
    *,
    artifacts: Sequence[Mapping[str, Any]] = (),
    properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A SARIF log of one run of this tool, with the rules that its findings name, each with its whole text."""
    codes = sorted({finding.code for finding in findings})
    index = {code: number for number, code in enumerate(codes)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "neuclir-carbon",
                "version": __version__,
                "informationUri": INFORMATION_URI,
                "rules": [_rule(code, entries.get(code)) for code in codes],
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index, said) for finding, said in _told_apart(findings)],
    }
    if artifacts:
        run["artifacts"] = list(artifacts)
    if properties:
        run["properties"] = dict(properties)
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


def _rule(code: str, entry: Entry[Any] | None) -> dict[str, Any]:
    if entry is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": entry.summary},
        "fullDescription": {"text": entry.explanation},
        "help": {"text": entry.explanation},
        "defaultConfiguration": {"level": entry.severity.value},
    }


def _told_apart(findings: Iterable[Finding]) -> Iterable[tuple[Finding, str]]:
    """Each finding with a fingerprint of what it says, which no other has: places move when a file is edited."""
    times: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (finding.code, finding.message)
        times[key] = times.get(key, 0) + 1
        yield finding, hashlib.sha256(f"{finding.code}\n{finding.message}\n{times[key]}".encode()).hexdigest()[:32]


def _result(finding: Finding, index: Mapping[str, int], fingerprint: str) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": finding.severity.value,
        "message": {"text": finding.message},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"whatIsSaid/v1": fingerprint},
    }


def _location(place: Location) -> dict[str, Any]:
    """A place as SARIF has it. What is about a whole file stands at its first line: code scanning wants a line."""
    physical: dict[str, Any] = {"region": {"startLine": place.line or 1}}
    physical["artifactLocation"] = {"uri": _uri(place.path or "")}
    found: dict[str, Any] = {"physicalLocation": physical}
    if place.pointer:
        found["logicalLocations"] = [{"fullyQualifiedName": place.pointer}]
    return found


def _uri(path: str) -> str:
    """A path as a URI: relative to the current folder where it lies in it, as code scanning wants it."""
    if path == "-":
        return "stdin"
    if Path(path).is_absolute():
        try:
            path = str(Path(path).relative_to(Path.cwd()))
        except (ValueError, OSError):
            return "file://" + quote(Path(path).as_posix())
    # A colon in the first part of a relative path would make a scheme of it.
    return quote(Path(path).as_posix())
