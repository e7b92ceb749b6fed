"""`LEDGER/ledger.toml`: place, PUE and team of a ledger, written by `init` or by hand."""

import json
import tomllib
from pathlib import Path

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.finding import Location
from neuclir_carbon.model.settings import SCHEMA, Settings
from neuclir_carbon.store.documents import Parsed, structured
from neuclir_carbon.store.files import is_there, read_bytes

FILE_NAME = "ledger.toml"
_MOST_BYTES = 1024 * 1024


def read_settings(ledger: Path) -> Parsed[Settings]:
    """A ledger's settings; empty ones when there is no `ledger.toml`, None with findings when it is broken."""
    path = ledger / FILE_NAME
    try:
        if not is_there(path):
            return Parsed(Settings())
    except Unreadable as error:
        return _broken(path, str(error))
    # Late: most ledgers have no ledger.toml, and jsonschema takes 0.2 s to import.
    from neuclir_carbon.checks import documents

    try:
        text = read_bytes(path, most=_MOST_BYTES).decode("utf-8")
        value = tomllib.loads(text)
        json.dumps(value, allow_nan=False, default=str)
    except Unreadable as error:
        return _broken(path, str(error))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return _broken(path, f"is not TOML that settings can hold: {error}")
    findings = tuple(
        finding.inside(str(path))
        for finding in documents.BOOK.examine(documents.Document(SCHEMA, {"schema": SCHEMA, **value}))
    )
    return Parsed(None, findings) if findings else Parsed(structured({"schema": SCHEMA, **value}, Settings))


def _broken(path: Path, reason: str) -> Parsed[Settings]:
    from neuclir_carbon.checks import documents

    return Parsed(None, (documents.NOT_JSON.reported(reason[:500], Location(path=str(path))),))
