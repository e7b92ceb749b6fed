"""What leaves with a bundle, for a person to look at before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.plain_text import on_one_line
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import SIGNATURE, FileDigest, Manifest

_WIDTH = 34


def leaving_text(
    manifest: Manifest,
    records: Sequence[ActivityRecord],
    certificates: Sequence[Certificate],
    verdict: Mapping[str, Any],
    members: Sequence[FileDigest],
    *,
    signed: bool,
) -> str:
    """Every value that would leave, in the words of the documents; sizes in bytes. What is unknown is not listed, for
    it does not leave."""
    lines = [f"would leave in {manifest.run_tag}.crate.zip ({len(members)} files, nothing is written yet)", ""]
    lines += [f"  {member.path:<{_WIDTH}} {member.bytes:>14,} bytes" for member in members]
    if signed:
        lines.append(f"  {SIGNATURE:<{_WIDTH}} the signature, with your public key and no comment")
    lines += ["", "submission.json", *_values({**plain(manifest), "files": None})]
    for number, record in enumerate(records, 1):
        lines += ["", f"activities.json, record {number} of {len(records)}", *_values(plain(record))]
    if not records:
        lines += ["", "activities.json: no record serves this run"]
    for number, certificate in enumerate(certificates, 1):
        lines += ["", f"certificates.json, reference {number} of {len(certificates)}", *_values(plain(certificate))]
    lines += ["", "verdict.json", *_values(dict(verdict))]
    lines += [
        "",
        "The run goes as it is, and track-schema.json is the track's own file. The crate, ir-metadata.yml, README.txt",
        "and the list of digests are made from what is listed above. Nothing else leaves: no host or user name, no",
        "path, no environment, no arguments, no certificate's document.",
    ]
    return "\n".join(lines)


def _values(document: Mapping[str, Any]) -> list[str]:
    """A document's values that are known, a line each, by their place in it."""
    return [f"  {place:<{_WIDTH}} {on_one_line(text)}" for place, text in _leaves(document, "")]


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, (list, tuple)):
        if all(isinstance(inner, (str, int, float)) for inner in value):
            if value:
                yield place, ", ".join(map(str, value))
        else:
            for number, inner in enumerate(value):
                yield from _leaves(inner, f"{place}[{number}]")
    elif value is not None:
        yield place, str(value).lower() if isinstance(value, bool) else str(value)
