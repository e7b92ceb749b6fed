"""The last look at the public edition before it is written: whom it could name, and which words are our own."""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from attrs import field, frozen

from neuclir_carbon.checks import giveaways
from neuclir_carbon.checks.disclosure import withheld
from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.inventory import GROUPINGS, LEVELS, TrackDetails
from neuclir_carbon.model.outside import Outside
from neuclir_carbon.resources import schema_path, shelf
from neuclir_carbon.workflow.collecting import Collected

Names = Mapping[str, frozenset[str]]
# Groups that tell of a time or a place by their form alone.
_MONTH_YEAR_OR_COUNTRY = re.compile(r"[0-9]{4}(-[0-9]{2})?|[A-Z]{3}")
SHOWN = 12
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"(\[[^\]]*\]\s*TJ|\((?:[^()\\]|\\.)*\)\s*Tj)")
_STRING = re.compile(rb"\(((?:[^()\\]|\\.)*)\)")
_OCTAL = re.compile(rb"\\([0-7]{3})")


def names_of(collected: Collected, details: TrackDetails, outside: Outside) -> Names:
    """Kind → everything of that kind that the public edition must not name."""
    submissions = collected.submissions
    certificates = [certificate for submission in submissions for certificate in submission.certificates]
    records = [one.record for one in (*details.activities, *details.earlier)]
    digests = [*(bundle.sha256 for bundle in collected.received), *(record.record_sha256 for record in records)]
    found: Mapping[str, Iterable[str | None]] = {
        "a team's name": [
            *(name for team in details.teams for name in (team.team, *team.aliases)),
            *(bundle.team for bundle in collected.received),
            *(submission.manifest.team for submission in submissions),
        ],
        "a run tag": [bundle.run_tag for bundle in collected.received],
        "a bundle's file name": [PurePath(bundle.path).name for bundle in collected.received],
        "a person's name": [
            *(c.attestation.signed_by for c in certificates if c.attestation),
            *(resolution.by for resolution in outside.resolutions),
        ],
        "a certificate's id": [c.certificate_id for c in certificates],
        "a certificate's serial number": [
            text for c in certificates for serial in c.serials for text in (serial.raw, serial.end_raw)
        ],
        "a certificate's address": [c.registry_url for c in certificates],
        "a beneficiary's name": [c.beneficiary.name for c in certificates if c.beneficiary],
        "a host's id": [record.host.id for record in records],
        "a record's id": [name for record in records for name in (record.record_id, record.parent_id)],
        "a digest": [text for digest in digests if digest for text in (digest, digest[:SHOWN])],
    }
    return {kind: frozenset(name for name in every if name) for kind, every in found.items()}


@frozen
class LastLook:
    """All names ready to be looked for."""

    names: Names = field(repr=False)
    every: giveaways.Names = field(repr=False)

    @classmethod
    def for_names(cls, names: Names) -> "LastLook":
        return cls(names, giveaways.Names.of(name for found in names.values() for name in found))

    def refuse_giveaways(self, files: Iterable[tuple[str, bytes]], own_texts: Iterable[str]) -> None:
        """`Unwritable` when a finished public file names what it must not; it says which kind of thing in which file.

        What stands in `own_texts` names nobody.
        """
        own = self.every.standing_in(own_texts)
        standing = ((path, self.every.standing_in([text_of(data)]) - own) for path, data in files)
        texts = (giveaways.PublicText(path, self.names, found) for path, found in standing)
        found = [finding for text in texts for finding in giveaways.BOOK.examine(text)]
        if found:
            said = "; ".join(f"{finding.location} {finding.message}" for finding in found[:5])
            raise Unwritable(
                f"the public edition would give a team away (OFF083): {said}; nothing was written. "
                f"Rename it in the track's file, or tell us ('neuclir-carbon explain OFF083' tells more)"
            )


def text_of(data: bytes) -> str:
    """A file's text. Of a figure as PDF its metadata and what it shows in letters: kerning takes words apart, and is
    left out. Letters that a PDF draws as shapes stand in the same figure's SVG."""
    if not data.startswith(b"%PDF-"):
        return data.decode("utf-8", "replace")
    # Outside streams only texts between brackets are anybody's words; a stream's packed bytes spell anything.
    texts = [_unescaped(text) for text in _STRING.findall(_STREAM.sub(b"", data))]
    for packed in _STREAM.findall(data):
        try:
            stream = zlib.decompress(packed)
        except zlib.error:
            continue
        shown = (b"".join(_STRING.findall(line)) for line in _SHOWN.findall(stream))
        texts += [_unescaped(one) for one in shown]
    return "\n".join(texts)


def _unescaped(text: bytes) -> str:
    """A PDF's string with its octal escapes undone."""
    return _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 255]), text).decode("latin-1")


def own_texts(public: Mapping[str, Any], track: bytes) -> list[str]:
    """What the templates, the vocabulary and the track bring: a public edition of nobody, told and withheld; without
    its figures."""
    texts = [track.decode("utf-8", "replace"), str(public["track"])]
    texts += [path.read_text(encoding="utf-8") for path in sorted(shelf("templates").iterdir()) if path.is_file()]
    texts += [schema_path(kind).read_text(encoding="utf-8") for kind in ("track-inventory/1", "activity-record/1")]
    texts += [schema_path("commitment/1").read_text(encoding="utf-8")]
    texts += [group for name in GROUPINGS for group in public[name] if _MONTH_YEAR_OR_COUNTRY.fullmatch(group)]
    texts += list(_fixed_sentences())
    for document in _of_nobody(public):
        texts += list(_rendered(document))
    return texts


def figures_of_nobody(public: Mapping[str, Any]) -> list[str]:
    """What the figures of such an edition say: the same words however their values are told."""
    from neuclir_carbon.report import charts

    return [drawing.svg for drawing in charts.public_drawings(next(_of_nobody(public)))]


def _fixed_sentences() -> Iterator[str]:
    from neuclir_carbon.checks import disclosure
    from neuclir_carbon.workflow import public_coverage, public_groups, public_since, publication

    for module in (disclosure, public_coverage, public_groups, public_since, publication):
        yield from (value for key, value in vars(module).items() if key.isupper() and isinstance(value, str))
    rule = disclosure.Rule(min_group=3)
    yield rule.too_few
    yield publication.ANSWER.format(rule.too_few)
    yield from publication.RULES


def _of_nobody(public: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Public documents in which every figure is told, is a band, and is withheld."""
    range_kg = dict.fromkeys(("low", "central", "high", "likely_low", "likely_high"), 1.0)
    group = {"emissions_kg_co2e": range_kg, "it_energy_kwh": 1.0, "activities": 1, "teams": 1}
    told: dict[str, Any] = {
        **public,
        **dict.fromkeys(("emissions_kg_co2e", "evaluation", "total_with_evaluation_kg_co2e", "harmonized"), range_kg),
        **dict.fromkeys(("operational_kg_co2e", "embodied_kg_co2e", "it_energy_kwh", "facility_energy_kwh"), 1.0),
        **dict.fromkeys(("records_without_embodied", "records_without_emissions", "counted_earlier"), 2),
        **{name: {"withheld": withheld("withheld"), "other": group} for name in GROUPINGS},
        "coverage": {level: {"kg": 1.0, "share": 0.5} for level in LEVELS}, "residual_kg": 1.0,
        "answers": {"tracked": 1, "offset": 1, "unanswered": 1}, "teams": 2, "runs": 2, "activities": 2,
        "withheld": [],
    }  # fmt: skip
    yield told
    for instead in (withheld("withheld"), {"band": [1, 2], "reason": "withheld"}):
        yield {key: instead if _is_figure(key, value) else value for key, value in told.items()}


def _is_figure(key: str, value: Any) -> bool:
    return isinstance(value, (int, float)) or key.endswith("_co2e")


def _rendered(document: Mapping[str, Any]) -> Iterator[str]:
    from neuclir_carbon.report import pages, tables

    yield pages.public_page(document, figures=[])
    yield tables.latex_table(document)
    yield tables.sentence(document)
