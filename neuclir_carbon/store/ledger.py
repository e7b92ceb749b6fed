"""A team's ledger: a folder with `records/` (one JSON document a record, or JSONL for imports) and `ledger.toml`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from neuclir_carbon.checks import emissions
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import SCHEMA, ActivityRecord
from neuclir_carbon.store.documents import Parsed, parse_document, sealed
from neuclir_carbon.store.files import (
    MAX_DOCUMENT_BYTES,
    is_folder,
    is_there,
    lines_of,
    read_bytes,
    write_bytes,
)

RECORDS = "records"


@frozen
class Ledger:
    """What ledgers hold: the sound records by id, and what is wrong with the rest."""

    records: tuple[ActivityRecord, ...]
    findings: tuple[Finding, ...] = ()


def write_record(ledger: Path, record: ActivityRecord) -> Path:
    """Seals a record with its digest and writes `LEDGER/records/<record_id>.json`; gives back the path."""
    path = ledger / RECORDS / f"{record.record_id}.json"
    write_bytes(path, format_json(sealed(record)))
    return path


def read_ledger(*ledgers: Path) -> Ledger:
    """All sound records of ledgers, by id, and a finding for each that is not; `Unreadable` if a ledger is missing."""
    found: dict[str, ActivityRecord] = {}
    findings: list[Finding] = []
    for path in [path for ledger in ledgers for path in record_files(ledger)]:
        for parsed in _records_in(path):
            findings.extend(parsed.findings)
            if parsed.value is not None:
                findings.extend(_enter(parsed.value, found, path))
    return Ledger(tuple(found[record_id] for record_id in sorted(found)), tuple(findings))


def record_files(ledger: Path) -> Sequence[Path]:
    """The record files of a ledger, by name; none where it has no `records/` yet.

    `Unreadable` when the ledger is missing, or when what stands as its `records` is no folder that can be read: a
    ledger whose records are out of sight is not an empty one.
    """
    if not is_folder(ledger):
        kind = "is no folder" if is_there(ledger) else "does not exist"
        raise Unreadable(f"the ledger {ledger} {kind}; 'neuclir-carbon run --ledger {ledger} …' makes one")
    folder = ledger / RECORDS
    if not is_there(folder):
        return ()
    if not is_folder(folder):
        raise Unreadable(f"{folder} is no folder, so the ledger's records can't be read; put the folder back")
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in (".json", ".jsonl") and path.name[0] != ".")
    except OSError as error:
        raise Unreadable(f"can't read {folder}: {error.strerror}") from None


def parse_record(data: bytes, path: str) -> Parsed[ActivityRecord]:
    """A sound record, or None with findings: its schema first, then what its own numbers must agree on."""
    return judged(parse_document(SCHEMA, ActivityRecord, data, path), path)


def judged(parsed: Parsed[ActivityRecord], path: str) -> Parsed[ActivityRecord]:
    """The same, with the rules about activity records applied; a record with an error is None."""
    if parsed.value is None:
        return parsed
    findings = tuple(finding.inside(path) for finding in emissions.BOOK.examine(parsed.value))
    return Parsed(None if findings else parsed.value, findings)


def _records_in(path: Path) -> Iterator[Parsed[ActivityRecord]]:
    try:
        if path.suffix == ".json":
            yield parse_record(read_bytes(path), str(path))
            return
        for number, line in lines_of(path):
            if line is None:
                raise Unreadable(f"line {number} has more than {MAX_DOCUMENT_BYTES:,} bytes")
            yield parse_record(line, f"{path}:{number}")
    except Unreadable as error:
        yield Parsed(None, (emissions.UNREADABLE.reported(str(error), Location(path=str(path))),))


def _enter(record: ActivityRecord, found: dict[str, ActivityRecord], path: Path) -> Iterator[Finding]:
    known = found.setdefault(record.record_id, record)
    if known.record_sha256 != record.record_sha256:
        text = f"record {record.record_id} stands here with another content than in a file before it; keep one of them"
        yield emissions.TWO_CONTENTS.reported(text, Location(path=str(path)))
