"""Names of files in bundles: which are safe on every system, and which can be taken for one another."""

import re
import unicodedata
from urllib.parse import unquote

MAX_NAME_BYTES = 200
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = re.compile(r'[:*?"<>|]')
# What Windows takes for a device, whatever ending follows.
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE | re.DOTALL
)
# Scripts whose letters look like Latin ones.
_LIKE_LATIN = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GEORGIAN")


def unsafe(name: str) -> str | None:
    """Why a file of this name can't lie in a bundle; None when it is one plain name on every system."""
    for fault_of in (_empty_or_long, _invisible, _leads_elsewhere, _not_on_every_system, _ambiguous):
        if (fault := fault_of(name)) is not None:
            return fault
    return None


def skeleton(name: str) -> str:
    """What a file system that knows no case and one Unicode form takes the name for."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _empty_or_long(name: str) -> str | None:
    if not name:
        return "it is empty"
    size = len(name.encode("utf-8", "surrogateescape"))
    return f"it has {size:,} bytes, at most {MAX_NAME_BYTES} are wanted" if size > MAX_NAME_BYTES else None


def _invisible(name: str) -> str | None:
    hidden = next((c for c in name if not c.isprintable()), None)
    if hidden is None:
        return None
    if 0xDC80 <= ord(hidden) <= 0xDCFF:
        return "it is not UTF-8"
    return f"it holds U+{ord(hidden):04X}, a control or invisible character"


def _leads_elsewhere(name: str) -> str | None:
    """Every spelling of a path: slashes of either kind, their full-width forms, percent codes."""
    for spelled in dict.fromkeys((name, unicodedata.normalize("NFKC", name), unquote(name), unquote(unquote(name)))):
        parts = re.split(r"[/\\]", spelled)
        if any(part.strip() in ("..", ".") or set(part.strip()) == {"."} for part in parts):
            return "it leads to another folder"
        if spelled[:1] in ("/", "\\"):
            return "it is an absolute path"
        if _DRIVE.match(spelled):
            return "it names a drive"
        if len(parts) > 1:
            return "it is a path, one plain name is wanted"
    return None


def _not_on_every_system(name: str) -> str | None:
    if _DEVICE.fullmatch(name):
        return "it is a device's name on Windows"
    if found := _FORBIDDEN.search(name):
        return f"it holds {found[0]}, which some systems refuse"
    if name[0] in ". " or name[-1] in ". " or name != name.strip():
        return "it begins or ends with a dot or a blank"
    return None


def _ambiguous(name: str) -> str | None:
    if unicodedata.normalize("NFKC", name) != name:
        return "it has characters that look like others (it is not in Unicode's form NFKC)"
    scripts = {unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()}
    if "LATIN" in scripts and (others := sorted(scripts & set(_LIKE_LATIN))):
        return f"it mixes Latin letters with {others[0].capitalize()} ones, which look alike"
    return None
