"""The members of a bundle: what they hold, and which of them follow from the others.

`bundle` writes them, `verify` makes the derived ones anew and compares.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import evolve

from neuclir_carbon.model import submission as names
from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.counting import counted, totals
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.run import RunVerdict
from neuclir_carbon.model.submission import FileDigest, Manifest, digests_text
from neuclir_carbon.report.crate import crate_metadata
from neuclir_carbon.report.ir_metadata import About, ir_metadata
from neuclir_carbon.report.readme import bundle_readme
from neuclir_carbon.store.archives import Source, digest_of


def sources_of(
    run: Path,
    manifest: Manifest,
    records: Sequence[ActivityRecord],
    *,
    certificates: Sequence[Certificate],
    verdict: RunVerdict,
    track_schema: bytes,
) -> tuple[Source, ...]:
    """All members in their order, the signature excepted; the manifest lists every other one but the digests' file."""
    by_id = sorted(certificates, key=lambda certificate: (certificate.certificate_id, certificate.programme))
    # The run is named by its tag: the path at which it lies is nobody else's business.
    document = verdict.inside(manifest.run_tag).document()
    members = {
        manifest.run_tag: Source.file(manifest.run_tag, run),
        names.ACTIVITIES: Source.of(names.ACTIVITIES, format_json([plain(record) for record in records])),
        names.CERTIFICATES: Source.of(names.CERTIFICATES, format_json([plain(item) for item in by_id])),
        names.VERDICT: Source.of(names.VERDICT, format_json(document)),
        names.TRACK_SCHEMA: Source.of(names.TRACK_SCHEMA, track_schema),
    }
    digests = {name: digest_of(source) for name, source in members.items()}
    for name, source in derived_members(manifest, records, digests.values()).items():
        members[name] = Source.of(name, b"".join(source.chunks()))
        digests[name] = digest_of(members[name])
    order = (manifest.run_tag, *names.MEMBERS)
    listed = tuple(digests[name] for name in order if name in digests)
    members[names.MANIFEST] = Source.of(names.MANIFEST, format_json(evolve(manifest, files=listed)))
    digests[names.MANIFEST] = digest_of(members[names.MANIFEST])
    members[names.DIGESTS] = Source.of(names.DIGESTS, digests_text(tuple(digests[n] for n in order if n in digests)))
    return tuple(members[name] for name in order)


def derived_members(
    manifest: Manifest, records: Sequence[ActivityRecord], files: Iterable[FileDigest]
) -> Mapping[str, Source]:
    """The members that follow from the other documents; `files` are the members that the crate may describe.

    The crate is made piece by piece: of many records it is too long to be held beside them.
    """
    activities = counted(records)
    whole = totals(activities)
    texts = {
        names.IR_METADATA: ir_metadata(About.of(manifest), activities, whole),
        names.README: bundle_readme(manifest, whole),
    }
    sources = {name: Source.of(name, text) for name, text in texts.items()}
    described = [
        *(file for file in files if file.path not in (*texts, names.CRATE)),
        *(digest_of(source) for source in sources.values()),
    ]
    return {names.CRATE: Source(names.CRATE, lambda: crate_metadata(manifest, records, described)), **sources}
