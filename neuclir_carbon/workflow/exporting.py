"""`export`: the activity records of a ledger or a bundle, for other programs and for papers."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from attrs import frozen

from neuclir_carbon.errors import BadOption, Rejected, UnknownName, Unwritable
from neuclir_carbon.model import submission as names
from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import Manifest
from neuclir_carbon.report.activity_table import activity_table
from neuclir_carbon.report.codecarbon_csv import codecarbon_csv
from neuclir_carbon.report.huggingface import Card, front_matter
from neuclir_carbon.report.ir_metadata import About, ir_metadata
from neuclir_carbon.report.paper import paragraph
from neuclir_carbon.report.records import records_csv, records_json
from neuclir_carbon.report.work import Work, Written
from neuclir_carbon.store.archives import CHUNK, open_archive
from neuclir_carbon.store.files import beside_name, is_folder, is_there, take_away, write_bytes
from neuclir_carbon.store.settings import read_settings
from neuclir_carbon.workflow.answering import sound_submission
from neuclir_carbon.workflow.auditing import audit
from neuclir_carbon.workflow.ledgers import open_ledgers

TIRA, HUGGINGFACE = "tira", "huggingface"
# Written from the work as it counts, each activity once.
_OF_WORK: Mapping[str, Callable[[Work], Written]] = {
    "ir-metadata": lambda work: Written(ir_metadata(work.about, work.activities, work.whole)),
    "codecarbon-csv": codecarbon_csv,
    "latex": activity_table,
    "text": paragraph,
}
# Written from the records as they are, superseded ones excepted.
_OF_RECORDS: Mapping[str, Callable[[tuple[ActivityRecord, ...]], bytes]] = {
    "csv": records_csv,
    "json": records_json,
}
TARGETS = ("ir-metadata", HUGGINGFACE, "csv", "codecarbon-csv", "latex", "text", "json", TIRA)


@frozen
class Exported:
    """The text, as bytes, what was wrong with its source, and notes on what the format does not hold."""

    data: bytes
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def known_target(target: str) -> str:
    """The same, if it is one of `TARGETS`; `UnknownName` else."""
    if target not in TARGETS:
        raise UnknownName("export format", target, TARGETS, hint=f"known: {', '.join(TARGETS)}")
    return target


def export(source: Path, target: str, card: Card | None = None) -> Exported:
    """The records of a ledger (a folder) or of a bundle, in any of `TARGETS` but `tira`.

    `Unreadable` when the source is missing, `Rejected` when nothing sound is in it: what can't be read was tracked all
    the same. Damaged records are findings; the sound ones are exported. `card` is for `huggingface` only.
    """
    known_target(target)
    records, findings = _records(source)
    faults = [str(finding) for finding in findings if finding.severity is Severity.ERROR]
    if faults and not records:
        listed = "\n".join(f"  {fault}" for fault in faults[:20])
        raise Rejected(f"{source} holds nothing that can be exported:\n{listed}")
    if target in _OF_RECORDS:
        return Exported(_OF_RECORDS[target](records), findings)
    work = Work.of(counted(records), _about(source), is_incomplete=bool(faults))
    written = front_matter(work, card or Card()) if target == HUGGINGFACE else _OF_WORK[target](work)
    return Exported(written.data, findings, written.notes)


def export_for_tira(bundle: Path, out: Path) -> tuple[Finding, ...]:
    """Writes the folder that TIRA's `run-with-metadata` takes, `run.txt` and `ir-metadata.yml`, and gives the findings
    on the bundle.

    `BadOption` names what of the method's description is missing, or that a ledger has no run; `Rejected` when the
    bundle is not sound; `Unwritable` when something stands at `out` already.
    """
    if is_folder(bundle):
        raise BadOption(f"{bundle} is a ledger, and TIRA takes a run; give the run's bundle")
    submission, findings = sound_submission(bundle)
    manifest = submission.manifest
    missing = [option for option, value in _for_tira(manifest).items() if not value]
    if missing:
        raise BadOption(f"the bundle lacks what TIRA asks for: bundle it again with {', '.join(missing)}")
    kind = submission.track.task(manifest.task).format.kind
    if kind != "trec6":
        raise BadOption(f"TIRA's run format has six columns, and {manifest.task} of {manifest.track} is {kind}")
    archive = open_archive(bundle).value
    if archive is None:
        raise Rejected(f"{bundle} changed while it was read")
    with archive.open(manifest.run_tag) as run:
        chunks = iter(lambda: run.read(CHUNK), b"")
        _write_folder(out, {"run.txt": chunks, "ir-metadata.yml": archive.read(names.IR_METADATA)})
    return findings


def _for_tira(manifest: Manifest) -> dict[str, str | None]:
    return {
        "--method-name": manifest.method_name,
        "--method-description": manifest.method_description,
        "--repository": manifest.repository,
    }


def _write_folder(out: Path, files: Mapping[str, bytes | Iterable[bytes]]) -> None:
    """Writes files into a new folder, all or nothing."""
    staging = out.absolute().parent / beside_name()
    if is_there(out) and (not is_folder(out) or any(out.iterdir())):
        raise Unwritable(f"{out} is there already; give a new folder to --out")
    try:
        for name, data in files.items():
            write_bytes(staging / name, data)
        staging.replace(out)
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}; nothing was changed") from None
    finally:
        take_away(staging)


def _about(source: Path) -> About:
    """Who did what, as a bundle's manifest or a ledger's settings say it."""
    if not is_folder(source):
        return About.of(sound_submission(source)[0].manifest)
    settings = read_settings(source).value
    if settings is None:
        return About()
    return About(
        team=settings.team, method_name=settings.method_name, method_description=settings.method_description,
        repository=settings.repository,
    )  # fmt: skip


def _records(source: Path) -> tuple[tuple[ActivityRecord, ...], tuple[Finding, ...]]:
    """All sound records, superseded ones with them: what counts is told by who replaced whom."""
    if is_folder(source):
        ledger = open_ledgers(source)
        return ledger.records, ledger.findings
    audited = audit(source)
    return (audited.submission.records if audited.submission else ()), audited.findings
