"""Certificate references on disk and in bundles: bytes in, validated values out."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuclir_carbon.checks.offsets import examine_document, examine_list
from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.store.documents import Parsed, structured
from neuclir_carbon.store.files import is_there, read_bytes, write_bytes

# 200 serials and 10,000 allocations with every text at its limit stay well below this.
FOLDER = "certificates"
MAX_REFERENCE_BYTES = 8 * 1024 * 1024


def read_certificate(path: Path) -> Parsed[Certificate]:
    """One reference from a file; OFF001 findings that name the file when it is broken.

    `Unreadable` when the file is missing, no file, too large or not readable.
    """
    return parse_certificate(read_bytes(path, most=MAX_REFERENCE_BYTES), str(path))


def parse_certificate(data: bytes, path: str) -> Parsed[Certificate]:
    """One reference from its bytes; findings name `path`."""
    value, findings = examine_document(data)
    if findings:
        return Parsed(None, tuple(finding.inside(path) for finding in findings))
    return Parsed(structured(value, Certificate))


def write_certificate(ledger: Path, certificate_id: str, document: Mapping[str, Any]) -> Path:
    """Writes `LEDGER/certificates/<id>.json` and gives back the path.

    A slash in the id becomes a dash. `Unwritable` where another reference stands already: it is somebody's word.
    """
    path = reference_path(ledger, certificate_id)
    data = format_json(document)
    if is_there(path) and read_bytes(path, most=MAX_REFERENCE_BYTES) != data:
        raise Unwritable(f"{path} is there already and says something else: remove it first, or change it by hand")
    write_bytes(path, data)
    return path


def reference_path(ledger: Path, certificate_id: str) -> Path:
    """Where a certificate's reference lies in a ledger: a name that every file system takes."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", certificate_id).strip("-.")
    if name != certificate_id.replace("/", "-"):
        name = f"{name[:40]}-{hashlib.sha256(certificate_id.encode()).hexdigest()[:8]}".strip("-")
    return ledger / FOLDER / f"{name}.json"


def parse_certificates(data: bytes, path: str) -> Parsed[tuple[Certificate, ...]]:
    """The references of a JSON array (a bundle's `certificates.json`), in its order; one broken one breaks them all."""
    values, findings = examine_list(data)
    if values is None:
        return Parsed(None, tuple(finding.inside(path) for finding in findings))
    return Parsed(tuple(structured(value, Certificate) for value in values))
