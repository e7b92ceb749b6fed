"""`bundle`: one run, the activity records that serve it, its certificate references and its verdict, in one archive.

Same inputs, same bytes: the only time inside is the latest one found in the inputs (or SOURCE_DATE_EPOCH).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import evolve, frozen

from neuclir_carbon.checks import documents, submissions
from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.errors import BadOption, Rejected, Unreadable
from neuclir_carbon.model import submission as names
from neuclir_carbon.model.certificate import Certificate, Claimed
from neuclir_carbon.model.counting import Totals, counted, current, totals
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.settings import Settings
from neuclir_carbon.model.submission import FileDigest, Manifest, digests_text
from neuclir_carbon.model.times import from_timestamp, parse_time
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.report.crate import crate_metadata
from neuclir_carbon.report.ir_metadata import ir_metadata
from neuclir_carbon.report.readme import bundle_readme
from neuclir_carbon.store.archives import Source, digest_of, must_be_safe, write_archive
from neuclir_carbon.store.certificates import read_certificate
from neuclir_carbon.store.settings import read_settings
from neuclir_carbon.store.tracks import LoadedTrack, load_track
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.settling import must_be_plain_text
from neuclir_carbon.workflow.validating import RunVerdict, validate_run

# What users say of a submission, and where they say it.
_SAID = {
    "team": "the team's name (--team, or team in ledger.toml)",
    "run_tag": "the run tag (--run-tag, or the run file's name)",
    "license": "the licence (--license, or license in ledger.toml)",
    "method_name": "method_name in ledger.toml",
    "method_description": "method_description in ledger.toml",
    "repository": "repository in ledger.toml",
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
    allow_invalid: bool = False
    source_date_epoch: int | None = None


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


def bundle(order: Order) -> Bundled:
    """Validates the run, gathers what belongs to it, and writes `<run tag>.crate.zip`.

    `Rejected` when the run has errors (unless allowed), when the ledger has a damaged record (emissions must not vanish
    in silence) or when a certificate reference fails its schema; then nothing is written.
    """
    loaded = load_track(order.track)
    loaded.track.task(order.task)
    settings = _settings(order.ledgers)
    must_be_plain_text({"--team": order.team, "--run-tag": order.run_tag, "--license": order.license})
    team = order.team or settings.team
    if not team:
        raise BadOption("no team is named; give --team, or write it into ledger.toml with 'neuclir-carbon init --team'")
    run_tag = order.run_tag or order.run.name
    must_be_safe(run_tag)
    if run_tag in (*names.MEMBERS, f"{names.DIGESTS}.sig"):
        raise BadOption(f"the run tag '{run_tag}' is the name of another file in a bundle; give the run another tag")
    verdict = validate_run(order.run, loaded.track, order.task, run_tag=run_tag)
    _refuse_errors(order, verdict)
    records = _records(order.ledgers, run_tag)
    certificates = _certificates(order.certificates)
    manifest = Manifest(
        team=team, track=loaded.track.track, task=order.task, run_tag=run_tag, revision=order.revision,
        replaces=order.replaces, tracked=bool(records), created_at=_created_at(order, loaded, records, certificates),
        license=order.license or settings.license, method_name=settings.method_name,
        method_description=settings.method_description, repository=settings.repository, files=(), tool=THIS_TOOL,
    )  # fmt: skip
    _must_follow_its_schema(manifest)
    claims = tuple(Claimed(certificate=item, path=str(path), team=team) for path, item in certificates)
    sources = _sources(
        order.run, manifest, records, certificates=[item for _, item in certificates], verdict=verdict, loaded=loaded
    )
    path = order.out / f"{run_tag}{names.SUFFIX}"
    sha256, md5 = write_archive(path, sources)
    whole = totals(counted(records))
    as_of = parse_time(manifest.created_at).date()
    certified = coverage_of(claims, {team: whole.emissions_kg_co2e.central}, manifest.track, as_of)
    return Bundled(
        path=path, sha256=sha256, md5=md5, run_tag=run_tag, totals=whole,
        coverage=certified, findings=_findings(verdict, certified, records),
    )  # fmt: skip


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


def derived_members(
    manifest: Manifest, records: Sequence[ActivityRecord], files: Iterable[FileDigest]
) -> Mapping[str, bytes]:
    """The members that follow from the other documents: `verify` makes them anew and compares."""
    activities: tuple[CountedActivity, ...] = counted(records)
    whole = totals(activities)
    texts = {
        names.IR_METADATA: ir_metadata(manifest, activities, whole),
        names.README: bundle_readme(manifest, whole),
    }
    described = [
        *(file for file in files if file.path not in (*texts, names.CRATE)),
        *(digest_of(Source.of(name, text)) for name, text in texts.items()),
    ]
    return {names.CRATE: crate_metadata(manifest, records, described), **texts}


def _sources(
    run: Path,
    manifest: Manifest,
    records: Sequence[ActivityRecord],
    *,
    certificates: Sequence[Certificate],
    verdict: RunVerdict,
    loaded: LoadedTrack,
) -> list[Source]:
    """All members in their order; the manifest lists every other one but the digests' file."""
    document = verdict.document()
    document["run"]["path"] = manifest.run_tag
    by_id = sorted(certificates, key=lambda certificate: (certificate.certificate_id, certificate.programme))
    members = {
        manifest.run_tag: Source.file(manifest.run_tag, run),
        names.ACTIVITIES: Source.of(names.ACTIVITIES, format_json([plain(record) for record in records])),
        names.CERTIFICATES: Source.of(names.CERTIFICATES, format_json([plain(item) for item in by_id])),
        names.VERDICT: Source.of(names.VERDICT, format_json(document)),
        names.TRACK_SCHEMA: Source.of(names.TRACK_SCHEMA, loaded.raw),
    }
    digests = {name: digest_of(source) for name, source in members.items()}
    for name, text in derived_members(manifest, records, digests.values()).items():
        members[name] = Source.of(name, text)
        digests[name] = digest_of(members[name])
    order = (manifest.run_tag, *names.MEMBERS)
    listed = tuple(digests[name] for name in order if name in digests)
    members[names.MANIFEST] = Source.of(names.MANIFEST, format_json(evolve(manifest, files=listed)))
    digests[names.MANIFEST] = digest_of(members[names.MANIFEST])
    members[names.DIGESTS] = Source.of(names.DIGESTS, digests_text(tuple(digests[n] for n in order if n in digests)))
    return [members[name] for name in order]


def _settings(ledgers: Sequence[Path]) -> Settings:
    """The first ledger's settings; a broken `ledger.toml` is refused, since the team or licence may stand in it."""
    for ledger in ledgers:
        parsed = read_settings(ledger)
        if parsed.value is None:
            raise Unreadable("; ".join(str(finding) for finding in parsed.findings[:5]))
        return parsed.value
    return Settings()


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


def _records(ledgers: Sequence[Path], run_tag: str) -> tuple[ActivityRecord, ...]:
    """The current records that serve the run, by id; `Rejected` if a ledger has a damaged one."""
    if not ledgers:
        return ()
    ledger = open_ledgers(*ledgers)
    errors = [str(finding) for finding in ledger.findings if finding.severity is Severity.ERROR]
    if errors:
        listed = "\n".join(f"  {error}" for error in errors[:20])
        raise Rejected(
            f"the ledger has damaged records, so nothing was bundled (their emissions would vanish):\n{listed}"
        )
    return tuple(_without_arguments(record) for record in current(ledger.records) if record.serves(run_tag))


def _without_arguments(record: ActivityRecord) -> ActivityRecord:
    """The record without its command's arguments, which may hold secrets; they stand outside its digest."""
    if record.command is None or record.command.argv is None:
        return record
    return evolve(record, command=evolve(record.command, argv=None))


def _certificates(paths: Sequence[Path]) -> tuple[tuple[Path, Certificate], ...]:
    read = []
    for path in paths:
        parsed = read_certificate(path)
        if parsed.value is None:
            listed = "\n".join(f"  {finding}" for finding in parsed.findings[:20])
            raise Rejected(f"a certificate reference is not right, so nothing was bundled:\n{listed}")
        read.append((path, parsed.value))
    return tuple(read)


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


def _findings(verdict: RunVerdict, certified: TrackCoverage, records: Sequence[ActivityRecord]) -> tuple[Finding, ...]:
    found = [*verdict.findings, *certified.findings]
    if not records:
        found.append(submissions.UNTRACKED.reported("no record of the ledger serves this run"))
    if not verdict.passed:
        found.append(submissions.INVALID_RUN.reported("the run does not pass its track's rules"))
    return tuple(found)
