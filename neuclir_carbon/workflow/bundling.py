"""`bundle`: one run, the activity records that serve it, its certificate references and its verdict, in one archive.

Same inputs, same bytes: the only time inside is the latest one found in the inputs (or SOURCE_DATE_EPOCH). A bundle is
drafted first, which writes nothing, so that all that will leave can be looked at; several runs of one team share what
is gathered for them, and with it the bytes of their records.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from attrs import define, evolve, frozen

from neuclir_carbon.checks import documents, submissions
from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.errors import BadOption, Rejected, Unreadable
from neuclir_carbon.model import submission as names
from neuclir_carbon.model.certificate import Certificate, Claimed
from neuclir_carbon.model.counting import Totals, counted, current, totals
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.member_names import skeleton, unsafe
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.run import RunVerdict
from neuclir_carbon.model.settings import Settings
from neuclir_carbon.model.submission import Manifest
from neuclir_carbon.model.times import from_timestamp, parse_time
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.archives import Source, write_archive
from neuclir_carbon.store.certificates import read_certificate
from neuclir_carbon.store.files import folder_of_files
from neuclir_carbon.store.settings import read_settings
from neuclir_carbon.store.signatures import SigningKey
from neuclir_carbon.store.tracks import LoadedTrack, load_track
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.members import sources_of
from neuclir_carbon.workflow.settling import must_be_plain_text
from neuclir_carbon.workflow.validating import validate_run

# What users say of a submission, and where they say it.
_SAID = {
    "team": "the team's name (--team, or team in ledger.toml)",
    "run_tag": "the run tag (--run-tag, or the run file's name)",
    "license": "the licence (--license, or license in ledger.toml)",
    "method_name": "the method's name (--method-name, or method_name in ledger.toml)",
    "method_description": "the method's description (--method-description, or method_description in ledger.toml)",
    "repository": "the repository (--repository, or repository in ledger.toml)",
}


@frozen(kw_only=True)
class Order:
    """What a bundle is asked to hold; None where the ledger's settings or the run's name decide."""

    run: Path
    track: str
    task: str
    team: str | None = None
    ledgers: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()
    out: Path = Path()
    run_tag: str | None = None
    revision: int = 1
    replaces: str | None = None
    license: str | None = None
    method_name: str | None = None
    method_description: str | None = None
    repository: str | None = None
    sign: Path | None = None
    allow_invalid: bool = False
    source_date_epoch: int | None = None


@define
class Inputs:
    """What all runs of one order share: the track, the ledgers' settings and records, the certificate references.

    Each part is read once, when it is first asked for.
    """

    order: Order

    def gather(self) -> None:
        """Reads every part, so that what is wrong with all runs is told once and before any of them is looked at."""
        for part in ("loaded", "settings", "certificates", "key", "records"):
            getattr(self, part)

    @cached_property
    def loaded(self) -> LoadedTrack:
        """The track; `UnknownName` if there is none of that name, or no such task in it."""
        loaded = load_track(self.order.track)
        loaded.track.task(self.order.task)
        return loaded

    @cached_property
    def settings(self) -> Settings:
        """The first ledger's settings; a broken `ledger.toml` is refused, since the team may stand in it."""
        for ledger in self.order.ledgers:
            parsed = read_settings(ledger)
            if parsed.value is None:
                raise Unreadable("; ".join(str(finding) for finding in parsed.findings[:5]))
            return parsed.value
        return Settings()

    @cached_property
    def records(self) -> tuple[ActivityRecord, ...]:
        """The ledgers' current records by id, without their arguments; `Rejected` if a ledger has a damaged one."""
        if not self.order.ledgers:
            return ()
        ledger = open_ledgers(*self.order.ledgers)
        errors = [str(finding) for finding in ledger.findings if finding.severity is Severity.ERROR]
        if errors:
            listed = "\n".join(f"  {error}" for error in errors[:20])
            raise Rejected(
                f"the ledger has damaged records, so nothing was bundled (their emissions would vanish):\n{listed}"
            )
        return tuple(_without_arguments(record) for record in current(ledger.records))

    @cached_property
    def certificates(self) -> tuple[tuple[Path, Certificate], ...]:
        """The references that were named, with their paths; `Rejected` if one fails its schema."""
        read = []
        for path in self.order.certificates:
            parsed = read_certificate(path)
            if parsed.value is None:
                listed = "\n".join(f"  {finding}" for finding in parsed.findings[:20])
                raise Rejected(f"a certificate reference is not right, so nothing was bundled:\n{listed}")
            read.append((path, parsed.value))
        return tuple(read)

    @cached_property
    def key(self) -> SigningKey | None:
        """The key to sign with; `Unreadable` if it can't be one."""
        return None if self.order.sign is None else SigningKey.at(self.order.sign)


@frozen(kw_only=True)
class Draft:
    """A bundle that can be written: everything that will leave, and what was found on the way."""

    order: Order
    manifest: Manifest
    records: tuple[ActivityRecord, ...]
    certificates: tuple[Certificate, ...]
    verdict: RunVerdict
    sources: tuple[Source, ...]
    totals: Totals
    coverage: TrackCoverage
    findings: tuple[Finding, ...]
    key: SigningKey | None

    @property
    def path(self) -> Path:
        """Where the bundle goes."""
        return self.order.out / f"{self.manifest.run_tag}{names.SUFFIX}"


@frozen(kw_only=True)
class Bundled:
    """A bundle that was written: where, its digests (hex), what it sums up to, and what was found on the way."""

    path: Path
    sha256: str
    md5: str
    run_tag: str
    totals: Totals
    coverage: TrackCoverage
    findings: tuple[Finding, ...]


def runs_in(folder: Path) -> tuple[Path, ...]:
    """The runs of a folder: its files by name, without hidden ones and bundles; `Unreadable` when there is none."""
    runs = tuple(path for path in folder_of_files(folder) if not path.name.endswith(names.SUFFIX))
    if not runs:
        raise Unreadable(f"the folder {folder} holds no run; a run is a file in it, named as its run tag")
    return runs


def bundle(order: Order, inputs: Inputs | None = None) -> Bundled:
    """Validates the run, gathers what belongs to it, and writes `<run tag>.crate.zip`, signed where that was asked for.

    Raises as `draft` does; then nothing is written. `Unwritable` when the bundle can't be written.
    """
    drafted = draft(order, inputs)
    sources = drafted.sources
    if drafted.key is not None:
        digests = b"".join(sources[-1].chunks())
        sources = (*sources, Source.of(names.SIGNATURE, drafted.key.signature_of(digests)))
    sha256, md5 = write_archive(drafted.path, sources)
    return Bundled(
        path=drafted.path, sha256=sha256, md5=md5, run_tag=drafted.manifest.run_tag, totals=drafted.totals,
        coverage=drafted.coverage, findings=drafted.findings,
    )  # fmt: skip


def draft(order: Order, inputs: Inputs | None = None) -> Draft:
    """The bundle that an order asks for, not yet written. `inputs` are those of an order that differs in its run only.

    `Rejected` when the run has errors (unless allowed), when the ledger has a damaged record (emissions must not vanish
    in silence) or when a certificate reference fails its schema.
    """
    shared = inputs or Inputs(order)
    loaded, settings = shared.loaded, shared.settings
    must_be_plain_text({"--team": order.team, "--run-tag": order.run_tag, "--license": order.license})
    team = order.team or settings.team
    if not team:
        raise BadOption("no team is named; give --team, or write it into ledger.toml with 'neuclir-carbon init --team'")
    run_tag = order.run_tag or order.run.name
    _must_be_a_member_of_its_own(run_tag)
    key = shared.key
    verdict = validate_run(order.run, loaded.track, order.task, run_tag=run_tag)
    _refuse_errors(order, verdict)
    records = tuple(record for record in shared.records if record.serves(run_tag))
    manifest = Manifest(
        team=team, track=loaded.track.track, task=order.task, run_tag=run_tag, revision=order.revision,
        replaces=order.replaces, tracked=bool(records),
        created_at=_created_at(order, loaded, records, shared.certificates),
        license=order.license or settings.license, method_name=order.method_name or settings.method_name,
        method_description=order.method_description or settings.method_description,
        repository=order.repository or settings.repository, files=(), tool=THIS_TOOL,
    )  # fmt: skip
    _must_follow_its_schema(manifest)
    certificates = tuple(item for _, item in shared.certificates)
    sources = sources_of(
        order.run, manifest, records, certificates=certificates, verdict=verdict, track_schema=loaded.raw
    )
    whole = totals(counted(records))
    certified = _coverage(shared.certificates, manifest, whole)
    return Draft(
        order=order, manifest=manifest, records=records, certificates=certificates, verdict=verdict, sources=sources,
        totals=whole, coverage=certified, findings=_findings(verdict, certified, records), key=key,
    )  # fmt: skip


def _must_be_a_member_of_its_own(run_tag: str) -> None:
    """`BadOption` for a run tag that some system could take for a path, for another member, hide, or not store."""
    if fault := unsafe(run_tag):
        raise BadOption(f"the run tag '{run_tag[:80]}' can't be the name of a file in a bundle: {fault}")
    if skeleton(run_tag) in map(skeleton, (*names.MEMBERS, names.SIGNATURE)):
        raise BadOption(f"the run tag '{run_tag}' is the name of another file in a bundle; give the run another tag")


def _must_follow_its_schema(manifest: Manifest) -> None:
    """`BadOption` for what the user said (an option, the run's name, `ledger.toml`) and no bundle can hold: it would
    be refused by whoever gets it."""
    said = plain(manifest)
    # A description may run over several lines.
    must_be_plain_text({name: said[key] for key, name in _SAID.items() if key != "method_description"})
    faults = [
        f"{_SAID[key]} {finding.message}"
        for finding in documents.BOOK.examine(documents.Document(names.SCHEMA, said))
        if (key := (finding.location.pointer or "").removeprefix("/")) in _SAID
    ]
    if faults:
        raise BadOption("; ".join(faults))


def _refuse_errors(order: Order, verdict: RunVerdict) -> None:
    if verdict.passed or order.allow_invalid:
        return
    errors = [str(finding) for finding in verdict.findings if finding.severity is Severity.ERROR]
    shown = "\n".join(f"  {error}" for error in errors[:20]) + (
        f"\n  … and {len(errors) - 20} more" if len(errors) > 20 else ""
    )
    raise Rejected(
        f"the run has errors, so nothing was bundled (mend it, or bundle it with --allow-invalid, which then stands "
        f"inside):\n{shown}"
    )


def _without_arguments(record: ActivityRecord) -> ActivityRecord:
    """The record without its command's arguments, which may hold secrets; they stand outside its digest."""
    if record.command is None or record.command.argv is None:
        return record
    return evolve(record, command=evolve(record.command, argv=None))


def _created_at(
    order: Order,
    loaded: LoadedTrack,
    records: Iterable[ActivityRecord],
    certificates: Iterable[tuple[Path, Certificate]],
) -> str:
    """The latest time in the inputs, so that a bundle does not depend on when it was made."""
    if order.source_date_epoch is not None:
        return from_timestamp(order.source_date_epoch)
    times = [time for record in records for time in (record.started_at, record.ended_at) if time]
    dates = [str(loaded.track.valid_from), *(str(item.retired_on) for _, item in certificates)]
    return max([*times, *(f"{day}T00:00:00.000Z" for day in dates)], key=parse_time)


def _coverage(certificates: Iterable[tuple[Path, Certificate]], manifest: Manifest, whole: Totals) -> TrackCoverage:
    claims = tuple(Claimed(certificate=item, path=str(path), team=manifest.team) for path, item in certificates)
    known = whole.records_without_emissions < whole.records
    emissions = {manifest.team: whole.emissions_kg_co2e.central} if known else {}
    return coverage_of(claims, emissions, manifest.track, parse_time(manifest.created_at).date())


def _findings(verdict: RunVerdict, certified: TrackCoverage, records: Sequence[ActivityRecord]) -> tuple[Finding, ...]:
    found = [*verdict.findings, *certified.findings]
    if not records:
        found.append(submissions.UNTRACKED.reported("no record of the ledger serves this run"))
    if not verdict.passed:
        found.append(submissions.INVALID_RUN.reported("the run does not pass its track's rules"))
    return tuple(found)
