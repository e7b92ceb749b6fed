"""People's decisions about claims (`resolution/1`) on disk: one object, or an array of them."""

from collections.abc import Sequence
from pathlib import Path

from neuclir_carbon.checks.documents import examine_array, examine_bytes
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.outside import Decision, Resolution
from neuclir_carbon.store.documents import structured
from neuclir_carbon.store.files import read_bytes

SCHEMA = "resolution/1"
MAX_BYTES = 16 * 1024 * 1024


def read_resolutions(paths: Sequence[Path]) -> tuple[Resolution, ...]:
    """The decisions of all files, in their order.

    `Unreadable` when a file is missing or broken, or when two of one day decide differently about one claim.
    """
    found = tuple(resolution for path in dict.fromkeys(paths) for resolution in _read(path))
    _refuse_contradictions(found)
    return found


def _read(path: Path) -> tuple[Resolution, ...]:
    data = read_bytes(path, most=MAX_BYTES)
    if data.lstrip()[:1] == b"[":
        values, findings = examine_array(SCHEMA, data)
    else:
        value, findings = examine_bytes(SCHEMA, data)
        values = [value]
    if findings or values is None:
        raise Unreadable(_broken(path, findings))
    return tuple(structured(value, Resolution) for value in values)


def _broken(path: Path, findings: Sequence[Finding]) -> str:
    told = "; ".join(str(finding.inside(str(path))) for finding in findings[:5])
    return f"{told}: correct it (schema {SCHEMA})"


def _refuse_contradictions(resolutions: Sequence[Resolution]) -> None:
    decided: dict[tuple[str, str, str], str] = {}
    for one in resolutions:
        if one.decision == Decision.SEEN:
            continue
        before = decided.setdefault((one.certificate_id, one.scope_id, one.on), one.decision)
        if before != one.decision:
            raise Unreadable(
                f"{one.certificate_id} for {one.scope_id} is both {before} and {one.decision} on {one.on}: keep one"
            )
