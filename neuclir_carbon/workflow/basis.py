"""What an audit rests on beside the bundle: this program to the byte, its tables and libraries, the track.

Registries' exports, decisions, earlier years and the day as of which dates are judged are no part of it: they are
applied anew each time, to the results of all bundles together.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.resources import shelf
from neuclir_carbon.store.tracks import LoadedTrack

_PACKAGE = Path(__file__).resolve().parent.parent
# Whatever a bundle's members are checked, or made anew, by.
_DISTRIBUTIONS = (
    "attrs", "codecarbon", "ecologits", "jsonschema", "jsonschema-rs", "msgspec", "pycountry", "pyyaml", "rfc8785",
    "valohai-wattson",
)  # fmt: skip


def basis_of(published: LoadedTrack | None) -> str:
    """The digest (hex) of all that decides about a bundle's audit beside its own bytes."""
    track = None if published is None else hashlib.sha256(published.raw).hexdigest()
    return hashlib.sha256(json.dumps({"program": program(), "track": track}, sort_keys=True).encode()).hexdigest()


@cache
def program() -> dict[str, str | None]:
    """This program: its version, the digest of its files, the versions of what it uses."""
    return {
        "version": THIS_TOOL.version,
        "files": _digest_of_files(),
        **{name: version(name) for name in _DISTRIBUTIONS},
    }


def _digest_of_files() -> str:
    whole = hashlib.sha256()
    folders = {"package": (_PACKAGE, "*.py"), "data": (_PACKAGE, "*.csv")}
    folders |= {name: (shelf(name), "*") for name in ("schemas", "templates")}
    for name, (folder, pattern) in sorted(folders.items()):
        for path in sorted(path for path in folder.rglob(pattern) if path.is_file()):
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{found} {name}/{path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()
