"""Names of files and folders for strangers' names: safe on every system, and different for different names.

A name that is safe as it is stands for itself; any other is followed by the start of its own digest, so that a slug
depends on nothing but its name and tells nothing about others. Standard library only.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

MOST = 40
DIGITS = 16
_SAFE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ENDS_LIKE_A_DIGEST = re.compile(rf"(?:^|-)[0-9a-f]{{{DIGITS},}}$")
# What Windows keeps for devices, with or without an ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def slug(name: str, *, digits: int = DIGITS) -> str:
    """A file's name without ending: `[a-z0-9-]`, at most 57 characters with the usual 16 digits of the digest."""
    if len(name) <= MOST and _SAFE.fullmatch(name) and name not in _DEVICES and not _ENDS_LIKE_A_DIGEST.search(name):
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:digits]
    letters = unicodedata.normalize("NFKD", name[: 4 * MOST]).encode("ascii", errors="ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:MOST].strip("-")
    return f"{words}-{digest}" if words else digest


def slugs(names: Iterable[str]) -> dict[str, str]:
    """name → slug for distinct names; where somebody made two digests alike, both names get theirs in full."""
    every = sorted(set(names))
    found = {name: slug(name) for name in every}
    times = Counter(found.values())
    return {name: made if times[made] == 1 else slug(name, digits=64) for name, made in found.items()}
