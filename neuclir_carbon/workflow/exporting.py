"""`export`: the activity records of a ledger or a bundle, for other programs and for papers."""

from pathlib import Path

from attrs import frozen

from neuclir_carbon.errors import Rejected
from neuclir_carbon.model.counting import counted, current, totals
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.report.records import paragraph, records_csv
from neuclir_carbon.store.files import is_folder
from neuclir_carbon.workflow.auditing import audit
from neuclir_carbon.workflow.ledgers import open_ledgers


@frozen
class Exported:
    """The text, as bytes, and what was wrong with its source."""

    data: bytes
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def export(source: Path, target: str) -> Exported:
    """The records of a ledger (a folder) or of a bundle, as `csv`, `text` or `json`.

    `Unreadable` when the source is missing, `Rejected` when nothing sound is in it: what can't be read was tracked all
    the same. Damaged records are findings; the sound ones are exported.
    """
    records, findings = _records(source)
    faults = [str(finding) for finding in findings if finding.severity is Severity.ERROR]
    if faults and not records:
        listed = "\n".join(f"  {fault}" for fault in faults[:20])
        raise Rejected(f"{source} holds nothing that can be exported:\n{listed}")
    if target == "csv":
        return Exported(records_csv(records), findings)
    if target == "json":
        return Exported(format_json([plain(record) for record in records]), findings)
    activities = counted(records)
    text = paragraph(activities, totals(activities))
    if faults:
        text += " It does not include records that could not be read."
    return Exported((text + "\n").encode("utf-8"), findings)


def _records(source: Path) -> tuple[tuple[ActivityRecord, ...], tuple[Finding, ...]]:
    if is_folder(source):
        ledger = open_ledgers(source)
        return current(ledger.records), ledger.findings
    audited = audit(source)
    return (audited.submission.records if audited.submission else ()), audited.findings
