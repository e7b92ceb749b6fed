"""Certificates as earlier years' organizer inventories (`track-inventory/1`) keep them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.inventory import SCHEMA
from neuclir_carbon.model.outside import EarlierCertificate
from neuclir_carbon.store.files import MAX_DOCUMENT_BYTES, read_bytes


def read_earlier(paths: Sequence[Path]) -> tuple[EarlierCertificate, ...]:
    """The certificates of all inventories. `Unreadable` when a file is missing, broken, or a public edition."""
    return tuple(certificate for path in dict.fromkeys(paths) for certificate in _read(path))


def _read(path: Path) -> tuple[EarlierCertificate, ...]:
    value, findings = examine_bytes(SCHEMA, read_bytes(path, most=MAX_DOCUMENT_BYTES))
    if findings or value is None:
        told = "; ".join(str(finding.inside(str(path))) for finding in findings[:5])
        raise Unreadable(f"{told}: give an earlier year's organizer/inventory.json")
    if value["edition"] != "organizer":
        raise Unreadable(f"{path} is a public edition, which names no certificates: give organizer/inventory.json")
    try:
        return tuple(_certificate(item, path, value["track"]) for item in value.get("certificates", []))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(
            f"{path}#/certificates has no id, quantity_kg, blocks and allocations as `aggregate` writes them ({error})"
        ) from None


def _certificate(item: Mapping[str, Any], path: Path, track: str) -> EarlierCertificate:
    return EarlierCertificate(
        inventory=str(path),
        track=track,
        certificate_id=str(item["id"]),
        quantity_kg=int(item["quantity_kg"]),
        blocks=tuple((str(b["overlap_key"]), int(b["start"]), int(b["end"])) for b in item["blocks"]),
        allocated=tuple((_identity(part), int(part["kg"])) for part in item["allocations"]),
    )


def _identity(part: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    period = part.get("period") or {}
    return str(part["scope_id"]), period.get("start"), period.get("end")
