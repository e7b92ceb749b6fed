"""Journals whose wrapper is gone become records: exactly once, under the id that the wrapper chose.

A wrapper that was killed leaves its journal; the lock on it is free. A record that already stands in the ledger (the
wrapper died between writing it and taking its journal away) is left as it is.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from neuclir_carbon.errors import CarbonError, Unreadable
from neuclir_carbon.metering import machine
from neuclir_carbon.metering.control_group import remove_left_behind
from neuclir_carbon.metering.journal import OrphanedJournal
from neuclir_carbon.model.journal_format import BEGIN, FOLDER, STARTED, SUFFIX, Journal, is_record_id
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.store.documents import sealed
from neuclir_carbon.store.files import is_folder
from neuclir_carbon.store.ledger import RECORDS, parse_record, write_record
from neuclir_carbon.workflow.recording import record_of
from neuclir_carbon.workflow.stretches import number

# Where a file system knows no locks, a journal counts as left behind when nothing was written for so long.
_LEAST_SILENCE_S = 3600.0
_SILENT_INTERVALS = 10


def recover(ledger: Path) -> tuple[ActivityRecord, ...]:
    """The records newly made from orphaned journals, by id. Journals of live wrappers are left alone, and so is one
    that tells nothing usable or can't be read (`unrecoverable` names those)."""
    found: dict[str, ActivityRecord] = {}
    for path in _journals(ledger):
        try:
            record = _recovered(path, ledger)
        except (OSError, CarbonError):
            continue
        if record is not None:
            found[record.record_id] = record
    return tuple(found[record_id] for record_id in sorted(found))


def unrecoverable(ledger: Path) -> tuple[str, ...]:
    """What is wrong with journals that no wrapper holds and that give no record: a line each, with what to do."""
    return tuple(text for path in _journals(ledger) if (text := _trouble_with(path, ledger)) is not None)


def _journals(ledger: Path) -> Iterator[Path]:
    folder = ledger / FOLDER
    if not is_folder(folder):
        return
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and is_record_id(path.stem))
    except OSError as error:
        raise Unreadable(f"can't read {folder}: {error.strerror}") from None


def _recovered(path: Path, ledger: Path) -> ActivityRecord | None:
    """The record of one journal, written, and the journal taken away; None where there is nothing new to tell."""
    orphan = OrphanedJournal.take(str(path))
    if orphan is None:
        return None
    try:
        if _may_still_be_written(orphan):
            return None
        stands_already = (ledger / RECORDS / f"{path.stem}.json").exists()
        record = None if stands_already else _record(orphan.journal, path, ledger)
        if record is not None:
            write_record(ledger, record)
        started = orphan.journal.first(STARTED) or {}
        remove_left_behind(started.get("group"), path.stem)
        orphan.remove()
        return record
    finally:
        orphan.close()


def _record(journal: Journal, path: Path, ledger: Path) -> ActivityRecord:
    """A journal's record, judged as any document from outside; `Unreadable` when it can't be one."""
    record = record_of(journal, ledger).record
    if record.record_id != path.stem:
        raise Unreadable(f"it is the journal of {record.record_id[:80]}")
    findings = parse_record(format_json(sealed(record)), path.name).findings
    if findings:
        raise Unreadable("; ".join(str(finding) for finding in findings[:3]))
    return record


def _may_still_be_written(orphan: OrphanedJournal) -> bool:
    """Whether a free lock means nothing, and the last line is young: where the wrapper could take no lock, or runs on
    another machine that shares the ledger by a file system whose locks may not reach us."""
    begin = orphan.journal.first(BEGIN)
    if begin is None or (begin.get("locked") is not False and _is_of_this_machine(orphan.journal, begin)):
        return False
    silence_s = max(_LEAST_SILENCE_S, _SILENT_INTERVALS * (number(begin, "interval_s") or 0.0))
    return time.time() - orphan.modified_at < silence_s


def _is_of_this_machine(journal: Journal, begin: Mapping[str, Any]) -> bool:
    boot = begin.get("boot_id")
    if boot is None or boot == machine.boot_id():
        return True
    host = (journal.first(STARTED) or {}).get("host_id")
    return host is not None and host == machine.host_id()


def _trouble_with(path: Path, ledger: Path) -> str | None:
    try:
        orphan = OrphanedJournal.take(str(path))
        if orphan is None:
            return None
        try:
            if not _may_still_be_written(orphan):
                _record(orphan.journal, path, ledger)
        finally:
            orphan.close()
    except OSError as error:
        return f"can't read the journal {path}: {error.strerror}"
    except CarbonError as error:
        return f"{path}: {error}; nothing can be recovered from this journal, remove it"
    return None
