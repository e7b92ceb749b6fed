"""Which version of each outside table is installed: it goes into every record beside the number taken from it."""

import os
import re
import sys
from collections.abc import Iterator
from functools import cache

# The year of the data in ecologits' mixes, by release; the file itself does not tell it.
_ECOLOGITS_DATA_YEARS = {"0.11": 2025}
# The headers of a METADATA file, of which the version is the third line: the description comes after them.
_HEADER_BYTES = 4096
_VERSION = re.compile(rb"^Version:[ \t]*(\S+)[ \t]*\r?$", re.MULTILINE)


@cache
def version(distribution: str) -> str | None:
    """The installed version of a distribution, e.g. `3.3.2`; None if it is not installed.

    Read from its METADATA file (PyPA core metadata): importlib.metadata, which is asked where there is no such file,
    takes 35 ms to import, and every `run` waits for it.
    """
    for folder in _metadata_folders(distribution):
        found = _version_in(folder)
        if found is not None:
            return found
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(distribution)
    except PackageNotFoundError:
        return None


def ecologits_data_year() -> int | None:
    """The year of the electricity data in the installed ecologits; None for a release that we have not read."""
    installed = version("ecologits") or ""
    return _ECOLOGITS_DATA_YEARS.get(".".join(installed.split(".")[:2]))


def _metadata_folders(distribution: str) -> Iterator[str]:
    """The `NAME-VERSION.dist-info` folders of a distribution, in the order of the module path."""
    wanted = _normal(distribution)
    for path in sys.path:
        try:
            entries = os.listdir(path or ".")
        except OSError:
            continue
        for entry in entries:
            name, dash, _ = entry.removesuffix(".dist-info").partition("-")
            if dash and entry.endswith(".dist-info") and _normal(name) == wanted:
                yield f"{path or '.'}/{entry}"


def _normal(name: str) -> str:
    """A distribution's name as names are compared (PyPA: normalized names), with underscores as in folders' names."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _version_in(folder: str) -> str | None:
    """The version that a METADATA file tells; None where there is no such file or it does not tell."""
    try:
        with open(f"{folder}/METADATA", "rb") as stream:
            headers = stream.read(_HEADER_BYTES)
    except OSError:
        return None
    found = _VERSION.search(headers)
    return found[1].decode("ascii", "replace") if found else None
