"""`import`: what other trackers wrote, into the ledger. Each stretch of work counts once, whatever the files repeat.

Files are read as streams of statements into a store of their own, in which each statement stands once. From there the
totals of runs are counted beside what earlier imports have counted, and only what is new becomes a record.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from attrs import field, frozen

from neuclir_carbon.checks import intake
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.errors import Rejected, Unreadable
from neuclir_carbon.model.counting import Totals, counted, totals
from neuclir_carbon.model.finding import Counts, Fault, Finding, Location, Policy, Severity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import total
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.reported import Dropped, OwnRecord, Remark, Reported, Statement
from neuclir_carbon.model.row_counting import Counted as Total
from neuclir_carbon.store.files import is_folder, is_there, write_bytes
from neuclir_carbon.store.intake.form import Form
from neuclir_carbon.store.intake.own_table import digest_in_table
from neuclir_carbon.store.intake.recognising import form_named, known_forms, recognise
from neuclir_carbon.store.intake.rows import RowStore
from neuclir_carbon.store.ledger import RECORDS, Ledger
from neuclir_carbon.store.walking import files_below
from neuclir_carbon.workflow.counting_runs import totals_of_import
from neuclir_carbon.workflow.known_statements import known_of, statement_of
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.reported_records import Bringing, record_of

KEPT_FINDINGS = 1000
# So many records are shown; the ledger has them all.
SHOWN_RECORDS = 10_000
_BATCH = 1_000
Progress = Callable[[int], None]


@frozen(kw_only=True)
class Imported:
    """What an import came to.

    records          the new records, the first `SHOWN_RECORDS` of them; `imported` is how many there are
    skipped          totals that the ledger had already
    totals           of the new records
    findings         the first of each kind; `counts` are in full
    rows, repeated   statements read, and how many of these stood there before
    files, passed_by files that were read, and files of a folder that are of no known format
    path             the new file in the ledger; None where nothing was new
    """

    imported: int
    skipped: int
    records: tuple[ActivityRecord, ...]
    totals: Totals
    findings: tuple[Finding, ...]
    counts: Counts
    rows: int
    repeated: int
    files: int
    passed_by: int
    dropped: Dropped
    path: Path | None

    @property
    def passed(self) -> bool:
        """Whether nothing that was read was in error."""
        return self.counts.error == 0


def import_files(
    paths: Sequence[Path], ledger: Path, bringing: Bringing, *, now_s: float, form: str | None = None,
    progress: Progress = lambda rows: None,
) -> Imported:  # fmt: skip
    """Writes `LEDGER/records/<import_id>.jsonl` with a record for each total that is new, whole or not at all.

    `Unreadable` when no file could be read, or is of no known format; `Rejected` when the ledger has damaged records:
    what they counted could count twice. Everything else that is wrong is a finding, and the rest is imported.
    """
    chosen = form_named(form) if form is not None else None
    before = _ledger(ledger)
    with RowStore() as store:
        store.add_known(known_of(before.records))
        importing = _Importing(store, bringing, now_s, before)
        importing.read(paths, chosen, progress)
        importing.count()
        return importing.write(ledger)


def _ledger(ledger: Path) -> Ledger:
    if not is_there(ledger):
        return Ledger(())
    opened = open_ledgers(ledger)
    faults = [str(finding) for finding in opened.findings if finding.severity is Severity.ERROR]
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:20])
        raise Rejected(
            f"{ledger} has damaged records, and what they counted could count twice; mend or move them first:\n{listed}"
        )
    return opened


@frozen
class _Files:
    """The files of an import by number, as findings name them."""

    shown: list[str] = field(factory=list)
    read: set[Path] = field(factory=set)


class _Importing:
    """One import, step by step: files in, totals counted, records out."""

    def __init__(self, store: RowStore, bringing: Bringing, now_s: float, before: Ledger) -> None:
        self._store = store
        # The digests of records by id, those of the ledger and our own that are met; and those that are new.
        self._sealed = {record.record_id: record.record_sha256 for record in before.records}
        self._own: list[ActivityRecord] = []
        self._from_tables = {statement_of(record) for record in before.records}
        self._bringing = bringing
        self._now_s = now_s
        self._tally = Tally(KEPT_FINDINGS, frozenset())
        self._files = _Files()
        self._dropped = Dropped()
        self._counts: Counter[str] = Counter()

    def read(self, paths: Sequence[Path], form: Form | None, progress: Progress) -> None:
        """Reads every file that the paths name; a folder gives all files in it and below."""
        unreadable: list[str] = []
        for path in dict.fromkeys(paths):
            try:
                if is_folder(path):
                    self._read_folder(path, form, progress)
                else:
                    self._read_file(path, form or _recognised(path), progress)
            except Unreadable as error:
                unreadable.append(str(error))
                self._report(intake.NOT_RECOGNISED.code, str(error), str(path))
        if not self._counts["files"]:
            raise Unreadable("\n".join(unreadable) or "no file to import was found")
        self._hint_at_neighbours()
        self._store.settle_files()

    def count(self) -> None:
        """Notes which statements count, beside what is known already."""
        self._store.count(self._new_totals())
        for key, other, seconds in self._store.overlaps():
            _, line = self._store.place_of(other)
            where = "" if line is None else f" (the other one: {self._place(other)})"
            self._report_at(
                key, intake.SAME_MACHINE.code, f"overlaps another row of the same machine by {seconds:,.0f} s{where}"
            )

    def write(self, ledger: Path) -> Imported:
        """Writes the new records, and gives what came of it all."""
        shown: list[ActivityRecord] = []
        sums: list[Totals] = []
        import_id = self._import_id()
        path = ledger / RECORDS / f"{import_id}.jsonl"
        if self._counts["imported"]:
            write_bytes(path, self._lines(shown, sums))
        findings, counts = self._findings()
        return Imported(
            imported=self._counts["imported"],
            skipped=self._counts["skipped"] + self._store.met_again(),
            records=tuple(shown),
            totals=_added(sums),
            findings=findings,
            counts=counts,
            rows=self._counts["rows"],
            repeated=self._counts["repeated"],
            files=self._counts["files"],
            passed_by=self._counts["passed_by"],
            dropped=self._dropped,
            path=path if self._counts["imported"] else None,
        )

    # --- reading

    def _read_folder(self, folder: Path, form: Form | None, progress: Progress) -> None:
        for path in files_below(folder):
            found = form
            try:
                found = form or recognise(path)
                if found is None:
                    self._counts["passed_by"] += 1
                else:
                    self._read_file(path, found, progress)
            except Unreadable as error:
                self._counts["passed_by"] += found is None
                if found is not None:
                    self._report(intake.NOT_RECOGNISED.code, str(error), str(path))
        if not self._counts["files"]:
            raise Unreadable(f"{folder} holds no file of a known format; known: {known_forms()}")

    def _read_file(self, path: Path, form: Form, progress: Progress) -> None:
        number = len(self._files.shown)
        self._files.shown.append(str(path))
        try:
            self._counts["repeated"] += self._store.add(number, self._reported(path, form, progress))
        finally:
            self._files.read.add(path)
        self._counts["files"] += 1

    def _reported(self, path: Path, form: Form, progress: Progress) -> Iterator[Reported]:
        """A file's statements; all else that it says is noted on the way."""
        told_zone = self._bringing.zone is not None
        for statement in form.read(path):
            match statement:
                case Reported():
                    self._counts["rows"] += 1
                    if (fault := intake.impossible_figure(statement)) is not None:
                        self._report(intake.IMPOSSIBLE.code, fault, str(path), statement.line)
                        continue
                    if not told_zone and statement.written_s is not None and not statement.has_zone:
                        told_zone = True
                        self._report(intake.NO_ZONE.code, "tells local times and no zone; read as UTC", str(path))
                    if self._counts["rows"] % _BATCH == 0:
                        progress(self._counts["rows"])
                    yield statement
                case _:
                    self._note(statement, path)

    def _note(self, statement: Statement, path: Path) -> None:
        match statement:
            case Remark(code, message, line):
                self._report(code, message, str(path), line)
            case Dropped():
                self._dropped = self._dropped.plus(statement)
            case OwnRecord(line, record):
                self._take_own(record, str(path), line)

    def _take_own(self, record: ActivityRecord, path: str, line: int | None) -> None:
        """A record of ours, as it is: new, there already, or there with another content."""
        self._counts["rows"] += 1
        there = self._sealed.get(record.record_id)
        if there is None and digest_in_table(record).hex() in self._from_tables:
            self._counts["skipped"] += 1
            self._report(intake.LEFT_OUT.code, "its row of an exported table is in the ledger already", path, line)
        elif there is None:
            self._sealed[record.record_id] = record.record_sha256
            self._own.append(record)
            self._store.add_known(known_of([record]))
            self._counts["imported"] += 1
        elif there == record.record_sha256:
            self._counts["skipped"] += 1
        else:
            message = f"record {record.record_id} is there already with another content; keep one of them, or amend it"
            self._report(intake.OWN_RECORD.code, message, path, line)

    def _hint_at_neighbours(self) -> None:
        for path in sorted(self._files.read):
            beside = [other for other in _backups_beside(path) if other not in self._files.read]
            if beside:
                names = ", ".join(other.name for other in beside[:5])
                self._report(intake.NEIGHBOURS.code, f"has neighbours that were not imported: {names}", str(path))

    # --- counting

    def _new_totals(self) -> Iterator[Total]:
        for found in totals_of_import(self._store, self._assume):
            if found.assumed:
                self._assume(found.row.key, f"{found.assumed} ({_rows(found.rows)})")
            if found.is_nothing_new:
                self._counts["skipped"] += 1
            else:
                self._counts["imported"] += 1
                yield found

    def _assume(self, key: int, message: str) -> None:
        self._report_at(key, intake.ASSUMED.code, message)

    # --- records

    def _lines(self, shown: list[ActivityRecord], sums: list[Totals]) -> Iterator[bytes]:
        """The new records as lines of JSON; on the way the first of them are kept, and their totals."""
        records = self._records()
        # Our own may be nested in each other, and are added up together.
        batch = tuple(self._own) or tuple(islice(records, _BATCH))
        while batch:
            sums.append(totals(counted(batch)))
            shown.extend(batch[: max(0, SHOWN_RECORDS - len(shown))])
            yield b"".join(map(_line, batch))
            batch = tuple(islice(records, _BATCH))

    def _records(self) -> Iterator[ActivityRecord]:
        for new in self._store.new():
            at = Location(path=self._files.shown[new.file], line=new.reported.line)
            if new.reported.energy_kwh is None:
                self._tell_unknown(new.reported, at)
            for finding in intake.BOOK.examine(intake.Examined(reported=new.reported, now_s=self._now_s)):
                self._report(finding.code, finding.message, at.path, at.line)
            yield record_of(new, self._bringing)

    def _tell_unknown(self, reported: Reported, at: Location) -> None:
        """What becomes of a statement without energy."""
        if reported.allocation is not None:
            told = "meters no energy; it is estimated from what was allocated"
            self._report(intake.MODELLED.code, told, at.path, at.line)
        elif reported.emissions_kg is None:
            self._report(intake.UNKNOWN_ENERGY.code, "tells no energy and no emissions", at.path, at.line)

    def _import_id(self) -> str:
        """The same for the same records, whatever the files were called."""
        digest = hashlib.sha256()
        for record in self._own:
            digest.update(f"{record.record_id} {record.record_sha256}\n".encode())
        for new in self._store.new():
            digest.update(new.digest)
        return f"import-{digest.hexdigest()[:20]}"

    # --- findings

    def _report(self, code: str, message: str, path: str | None, line: int | None = None) -> None:
        self._tally.add(code, Fault(message, Location(path=path, line=line)))

    def _report_at(self, key: int, code: str, message: str) -> None:
        file, line = self._store.place_of(key)
        self._report(code, message, self._files.shown[file] if file >= 0 else None, line)

    def _place(self, key: int) -> str:
        file, line = self._store.place_of(key)
        return str(Location(path=self._files.shown[file] if file >= 0 else None, line=line))

    def _findings(self) -> tuple[tuple[Finding, ...], Counts]:
        if self._counts["repeated"]:
            told = f"{_rows(self._counts['repeated'])} stood in a file before, or in its other half; each counts once"
            self._report(intake.TWICE.code, told, None)
        kept, every = [], dict.fromkeys(Severity, 0)
        for code, faults in self._tally.kept.items():
            entry = intake.BOOK.entries[code]
            every[entry.severity] += self._tally.counts[code]
            kept += [found for fault in faults if (found := entry.finding(fault, Policy())) is not None]
        kept.sort(key=lambda finding: (finding.location.path or "", finding.location.line or 0, finding.code))
        return tuple(kept), Counts(every[Severity.ERROR], every[Severity.WARNING], every[Severity.NOTE])


def _line(record: ActivityRecord) -> bytes:
    """A record as a line of JSON."""
    return json.dumps(plain(record), ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def _recognised(path: Path) -> Form:
    found = recognise(path)
    if found is None:
        raise Unreadable(
            f"{path} is of no format that is known; known: {known_forms()}. --from names one where the content does "
            "not show it"
        )
    return found


def _backups_beside(path: Path) -> list[Path]:
    """CodeCarbon's other pieces of a file: `emissions.csv.bak`, `emissions.csv_0.bak`, … and the file itself."""
    stem = path.name.split(".csv")[0] + ".csv"
    if ".csv" not in path.name:
        return []
    try:
        names = sorted(other.name for other in path.parent.iterdir() if other.name.startswith(stem))
    except OSError:
        return []
    pieces = [name for name in names if name == stem or name.endswith(".bak")]
    return [path.parent / name for name in pieces if name != path.name] if len(pieces) > 1 else []


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _added(sums: Sequence[Totals]) -> Totals:
    """The totals of batches of records that share no nesting."""
    return Totals(
        records=sum(one.records for one in sums),
        duration_s=math.fsum(one.duration_s for one in sums),
        it_energy_kwh=math.fsum(one.it_energy_kwh for one in sums),
        facility_energy_kwh=math.fsum(one.facility_energy_kwh for one in sums),
        emissions_kg_co2e=total(one.emissions_kg_co2e for one in sums),
        operational_kg_co2e=math.fsum(one.operational_kg_co2e for one in sums),
        embodied_kg_co2e=math.fsum(one.embodied_kg_co2e for one in sums),
        records_without_embodied=sum(one.records_without_embodied for one in sums),
        records_without_emissions=sum(one.records_without_emissions for one in sums),
    )
