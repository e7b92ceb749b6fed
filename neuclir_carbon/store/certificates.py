"""Certificate references on disk and in bundles: bytes in, validated values out."""

from pathlib import Path

from neuclir_carbon.checks.offsets import examine_document, examine_list
from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.store.documents import Parsed, structured
from neuclir_carbon.store.files import read_bytes

# 200 serials and 10,000 allocations with every text at its limit stay well below this.
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


def parse_certificates(data: bytes, path: str) -> Parsed[tuple[Certificate, ...]]:
    """The references of a JSON array (a bundle's `certificates.json`), in its order; one broken one breaks them all."""
    values, findings = examine_list(data)
    if values is None:
        return Parsed(None, tuple(finding.inside(path) for finding in findings))
    return Parsed(tuple(structured(value, Certificate) for value in values))
