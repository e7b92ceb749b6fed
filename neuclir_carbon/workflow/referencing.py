"""`certificate add`: what a person says of a certificate, as a reference in the team's ledger.

A document (PDF) only proposes: every candidate is listed, and nothing of it is taken over but by a person's word, an
option or an answer.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.offset_documents import BOOK as DOCUMENT_BOOK
from neuclir_carbon.checks.offset_documents import Candidates, Confirmed, candidates_in, quantity_kg
from neuclir_carbon.checks.offsets import examine
from neuclir_carbon.errors import BadOption, Rejected
from neuclir_carbon.model.certificate import SCHEMA, Claimed
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.serials.reading import read_list
from neuclir_carbon.store.certificates import parse_certificate, reference_path, write_certificate
from neuclir_carbon.store.files import read_bytes
from neuclir_carbon.store.pdf_text import PdfText, read_pdf

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MEDIA_TYPES = {
    ".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".html": "text/html",
    ".htm": "text/html", ".eml": "message/rfc822",
}  # fmt: skip
# What a reference can't be without, as the questions and the options have it.
REQUIRED = ("certificate_id", "programme", "unit_type", "quantity", "retired_on", "allocations")


@frozen(kw_only=True)
class Proposed:
    """A document as it was read: what it could say, its digest for the reference, and why it was refused, if it was."""

    candidates: Candidates
    document: Mapping[str, Any]
    findings: tuple[Finding, ...]


@frozen(kw_only=True)
class Added:
    """The reference as written, and what is unusual about it."""

    path: Path
    document: Mapping[str, Any]
    findings: tuple[Finding, ...]


def proposed(path: Path) -> Proposed:
    """What a PDF seems to say. A refused one (OFF063) proposes nothing; `Unreadable` when it can't be opened."""
    read: PdfText = read_pdf(path)
    if read.text is None:
        raise Rejected("\n".join(str(finding) for finding in read.findings))
    document = {"sha256": read.sha256, "media_type": "application/pdf", "bytes": read.bytes}
    return Proposed(candidates=candidates_in(read.text), document=document, findings=read.findings)


def document_entry(path: Path) -> dict[str, Any]:
    """The digest, kind and size of a certificate's file, which itself is not kept."""
    data = read_bytes(path, most=MAX_DOCUMENT_BYTES)
    entry: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    if (media_type := MEDIA_TYPES.get(path.suffix.lower())) is not None:
        entry["media_type"] = media_type
    return entry


def quantity_of(text: str) -> int:
    """The kg that a printed quantity means; `BadOption` where its unit is missing or could be several."""
    kg = quantity_kg(text)
    if kg is None:
        raise BadOption(
            f"the quantity is '{text[:40]}', wanted a number with its unit, such as '3 CERs', '3 t' or '3000 kg' "
            f"(a 'ton' could be 907 or 1000 kg)"
        )
    return kg


def allocation_of(text: str) -> dict[str, Any]:
    """One allocation from `SCOPE=KG`, e.g. `neuclir-2024/TEAM3=250`; or with its period, `SCOPE=KG@START/END`."""
    scope, _, part = text.rpartition("=")
    kg, _, period = part.partition("@")
    if not scope or not re.fullmatch(r"[0-9]{1,15}", kg):
        raise BadOption(
            f"the allocation is '{text[:80]}', wanted SCOPE=KG, such as neuclir-2024/TEAM3=250 (whole kg), or with a "
            f"period, …=250@2024-01-01/2024-12-31"
        )
    allocation: dict[str, Any] = {"scope_id": scope, "kg": int(kg)}
    return {**allocation, "period": _span(period)} if period else allocation


def price_of(text: str) -> dict[str, str]:
    """The price of the whole certificate from `AMOUNT CURRENCY`, e.g. `12.50 USD`."""
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,4})?) ?([A-Za-z]{3})", text.strip())
    if found is None:
        raise BadOption(f"the price is '{text[:40]}', wanted an amount and a currency, such as '12.50 USD'")
    return {"amount": found[1], "currency": found[2].upper()}


def day_of(text: str) -> str:
    """A day as it was typed; `BadOption` where it is none."""
    try:
        return date.fromisoformat(text).isoformat() if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else _no(text)
    except ValueError:
        return _no(text)


def told_by_serials(serials: Iterable[str], programme: str | None, as_of: date) -> dict[str, str]:
    """The programme and the kind of unit, where every serial tells the same: they are read, not guessed."""
    read = [reading for text in serials for reading in read_list(text, year=as_of.year, programme=programme)]
    found = {(one.serial.programme, one.serial.unit) for one in read if one.serial is not None}
    if len(found) != 1 or len(read) != sum(one.serial is not None for one in read):
        return {}
    said, unit = found.pop()
    return {"programme": said, "unit_type": unit}


def reference_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The reference's document from what a person said; what is unknown is left out."""
    quantity = str(values["quantity"])
    document = {
        "schema": SCHEMA,
        "certificate_id": values["certificate_id"],
        "programme": values["programme"],
        "unit_type": values["unit_type"],
        "action": values.get("action"),
        "quantity_kg": quantity_of(quantity),
        "quantity_as_printed": quantity,
        "serials": [{"raw": text} for text in values.get("serials", ())] or None,
        "project": _known(id=values.get("project"), host_country=values.get("host_country")),
        "vintage": None if values.get("vintage") is None else _span(str(values["vintage"])),
        "retired_on": day_of(str(values["retired_on"])),
        "beneficiary": _known(
            name=values.get("beneficiary"),
            public=values.get("public") or None,
            retired_by=values.get("retired_by"),
        ),
        "purpose": values.get("purpose"),
        "registry_url": values.get("registry_url"),
        "document": values.get("document"),
        "labels": list(values.get("labels", ())) or None,
        "corresponding_adjustment": values.get("corresponding_adjustment"),
        "price": None if values.get("price") is None else price_of(str(values["price"])),
        "allocations": [allocation_of(text) for text in values["allocations"]],
        "other_uses_declared": values.get("other_uses"),
        "attestation": _attestation(values.get("signed_by"), values.get("signed_on")),
    }
    return {key: value for key, value in document.items() if value is not None}


def add(values: Mapping[str, Any], ledger: Path, as_of: date, candidates: Candidates | None = None) -> Added:
    """Checks what was said as `certificate check` would, and writes it.

    `Rejected` with the findings where the reference does not follow its schema or has an error: nothing is written.
    """
    document = reference_of(values)
    place = reference_path(ledger, str(document["certificate_id"]))
    parsed = parse_certificate(format_json(document), str(place))
    if parsed.value is None:
        raise Rejected(_refusal(parsed.findings))
    found = list(examine([Claimed(certificate=parsed.value, path=str(place))], as_of))
    if candidates is not None:
        said = DOCUMENT_BOOK.examine(Confirmed(parsed.value, candidates))
        found.extend(finding.inside(str(place)) for finding in said)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise Rejected(_refusal(finding for finding in found if finding.severity is Severity.ERROR))
    return Added(
        path=write_certificate(ledger, parsed.value.certificate_id, document), document=document, findings=tuple(found)
    )


def _refusal(findings: Iterable[Finding]) -> str:
    told = [Finding(one.code, one.severity, one.message, Location(pointer=one.location.pointer)) for one in findings]
    lines = [f"#{one.location.pointer or '/'} {one.code} {one.message}" for one in told]
    return "\n".join(["nothing was written, for the reference has errors:", *lines])


def _no(text: str) -> str:
    raise BadOption(f"the day is '{text[:40]}', wanted a date such as 2024-11-15")


def _known(**values: Any) -> dict[str, Any] | None:
    return {key: value for key, value in values.items() if value is not None} or None


def _span(text: str) -> dict[str, str]:
    start, _, end = text.partition("/")
    return {"start": day_of(start), "end": day_of(end)}


def _attestation(signed_by: str | None, on: str | None) -> dict[str, Any] | None:
    if signed_by is None:
        return None
    return {"sole_claim": True, "signed_by": signed_by, **({"date": day_of(on)} if on else {})}
