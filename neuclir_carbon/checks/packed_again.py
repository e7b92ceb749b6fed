"""SUB: bundles that somebody unpacked and packed again, or packed once more: one finding instead of dozens.

Such an archive is refused as any other that has not the one form; what is told is what its sender should do.
"""

import re
import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from neuclir_carbon.checks.archives import WANTED_DATE, WANTED_TIME
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.archive import Entry, Listing
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.member_names import unsafe
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.submission import MANIFEST, MEMBERS, SIGNATURE, SUFFIX

BOOK: Rulebook[Listing] = Rulebook("bundles that were packed again")
PACKED_AGAIN = BOOK.note(
    "SUB035", Severity.ERROR, "the bundle was packed again",
    """The archive holds a bundle's files as another program packed them: in a folder, compressed, with times of their
    own, or as a bundle inside another archive. Mail programs and websites ask for that, and some browsers unpack what
    they load down. A bundle is sent as `neuclir-carbon bundle` wrote it; what else differs in such an archive follows
    from this and is not told.

    Good: fas-lotus-bm25.crate.zip as it was written. Bad: the same files in a ZIP of the folder fas-lotus-bm25.""",
)  # fmt: skip
# What tells of an archive's content, and not of the program that packed it: checksums, sizes, encryption.
_OF_THE_CONTENT = ("SUB003", "SUB006", "SUB026")
_NOT_A_FILE = "SUB024"
_SEND = "send the file that 'neuclir-carbon bundle' wrote, as it is, or make it anew"
# What systems leave beside the files that they pack.
_LEFT_BY_SYSTEMS = re.compile(r"__MACOSX/.*|(?:.*/)?(?:\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)", re.DOTALL)
_SEPARATORS = re.compile(r"[/\\]")
_NO_TIME = (WANTED_TIME, WANTED_DATE)


class _File(NamedTuple):
    """A member that is neither a folder nor a system's own: its folders, its plain name, what the directory has."""

    folders: tuple[str, ...]
    name: str
    entry: Entry


def without_consequences(listing: Listing, findings: Iterable[Finding]) -> list[Finding]:
    """An archive's findings; of one that was packed again, that it was, and only what does not follow from it."""
    found = list(findings)
    text = _packed_again(listing)
    if text is None:
        return found
    files = {shown(file.entry.name)[1:-1] for file in _files(listing)}
    kept = [
        one for one in found if one.code in _OF_THE_CONTENT or (one.code == _NOT_A_FILE and one.location.path in files)
    ]
    return [PACKED_AGAIN.reported(text), *kept]


def _packed_again(listing: Listing) -> str | None:
    """What became of the bundle, and what to do; None where the archive may be anything else."""
    files = list(_files(listing))
    if listing.members > len(listing.entries) or not files:
        return None
    inner = [file for file in files if file.name.endswith(SUFFIX) and unsafe(file.name) is None]
    if inner and len(inner) == len(files):
        which = f"the bundle {shown(inner[0].name)}" if len(inner) == 1 else f"{len(inner)} bundles"
        return f"holds {which} inside; send {'that file itself' if len(inner) == 1 else 'those files themselves'}"
    folders = {file.folders for file in files}
    if len(folders) != 1 or not _are_a_bundle_s([file.name for file in files]):
        return None
    (folder,) = folders
    if len(folder) == 1 and unsafe(folder[0]) is None:
        return f"holds the bundle's files in the folder {shown(folder[0])}: it was unpacked and packed again; {_SEND}"
    if not folder and all((file.entry.said.time, file.entry.said.date) != _NO_TIME for file in files):
        return f"holds the bundle's files as another program packed them: it was unpacked and packed again; {_SEND}"
    return None


def _files(listing: Listing) -> Iterator[_File]:
    for entry in listing.entries:
        *folders, name = _SEPARATORS.split(entry.name)
        if name and not stat.S_ISDIR(entry.mode) and not _LEFT_BY_SYSTEMS.fullmatch(entry.name):
            yield _File(tuple(folders), name, entry)


def _are_a_bundle_s(names: list[str]) -> bool:
    """Whether these are a run and the documents that belong to it, each once."""
    runs = [name for name in names if name not in (*MEMBERS, SIGNATURE)]
    return MANIFEST in names and len(set(names)) == len(names) and len(runs) == 1 and unsafe(runs[0]) is None
