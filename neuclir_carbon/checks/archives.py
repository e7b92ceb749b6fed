"""SUB: bundles' archives. What a ZIP archive must be so that every program sees the same in it, and nothing else.

Nothing is unpacked: the directory, the members' own headers and the bytes as they lie are looked at.
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.archive import ENCRYPTED, STORED, Entry, Listing
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.member_names import skeleton, unsafe
from neuclir_carbon.model.run import listed, shown
from neuclir_carbon.model.submission import MAX_MEMBER_BYTES, MEMBERS, SIGNATURE

BOOK: Rulebook[Listing] = Rulebook("bundles' archives")
MOST_MEMBERS = len(MEMBERS) + 2
_WANTED_FLAGS, WANTED_TIME, WANTED_DATE = 0x0800, 0, 0x21
_WINDOWS_FOLDER, _WINDOWS_LINK = 0x10, 0x400
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"), (stat.S_ISSOCK, "a socket"),
)  # fmt: skip

NO_ARCHIVE = BOOK.note(
    "SUB001", Severity.ERROR, "is no bundle",
    """The file does not end with a ZIP end record that fits its length: it is empty, was cut on its way, or is
    something else. Send the bundle again; `sha256sum` on both sides tells whether it arrived whole.""",
)  # fmt: skip

OTHER_FORM = BOOK.note(
    "SUB002", Severity.ERROR, "the archive does not have a bundle's form",
    """A bundle's archive has one form only: members stored in a fixed order, with fixed times and attributes, one
    behind the other. This one differs in a header, so it was altered or packed by another program. Bundles are made by
    `neuclir-carbon bundle`; unpacking and packing again with a ZIP program does not give a bundle.""",
)  # fmt: skip


def _at(entry: Entry) -> Location:
    return Location(path=shown(entry.name)[1:-1])


@BOOK.rule("SUB028", Severity.ERROR, "the archive has too many members")
def has_few_members(listing: Listing) -> Iterator[Fault]:
    """A bundle has the run and nine documents, and a signature if it is signed. Good: 10 members. Bad: 100,000."""
    found = max(listing.members, listing.promised)
    if found > MOST_MEMBERS:
        yield Fault(f"has {found:,} members, a bundle has {len(MEMBERS) + 1}; send what 'neuclir-carbon bundle' wrote")


@BOOK.rule("SUB004", Severity.ERROR, "members are missing, unknown or out of order")
def members_are_a_bundle_s(listing: Listing) -> Iterator[Fault]:
    """A bundle holds the run first, under its run tag, then the documents that belong to it in their fixed order, its
    signature last if it is signed, and nothing else."""
    names = [entry.name for entry in listing.entries]
    known = (*MEMBERS, SIGNATURE)
    if not names:
        yield Fault("is empty; wanted the run and the documents that belong to it")
        return
    for name in MEMBERS:
        if name not in names:
            yield Fault("is missing", Location(path=name))
    for name in dict.fromkeys(names[1:]):
        if name not in known:
            yield Fault("is no member of a bundle", Location(path=shown(name)[1:-1]))
    found = list(dict.fromkeys(name for name in names if name in known))
    if names[0] in known:
        yield Fault("stands first, where the run must stand", Location(path=names[0]))
    elif found != [name for name in known if name in found]:
        yield Fault(f"has its members in the order {listed(names)}; wanted the run, then {', '.join(MEMBERS)}")


@BOOK.rule("SUB005", Severity.ERROR, "a member's name is unsafe")
def names_are_safe(listing: Listing) -> Iterator[Fault]:
    """A member's name must be one plain file name on every system: no slashes or backslashes in any spelling, no drive,
    no `..`, no device, no control or invisible characters, no letters that look like others, no blank or dot at its
    end, at most 200 bytes of UTF-8.

    Good: fas-lotus-bm25. Bad: ../fas-lotus-bm25, C:run, AUX, run%2f.., a name with a Cyrillic letter among Latin ones.
    """
    for entry in listing.entries:
        if (fault := unsafe(entry.name)) is not None:
            yield Fault(f"has an unsafe name: {fault}", _at(entry))


@BOOK.rule("SUB025", Severity.ERROR, "two members' names can't be told apart")
def names_differ(listing: Listing) -> Iterator[Fault]:
    """Names must differ on every file system, also on one that knows no case or rewrites Unicode: else one member takes
    the other's place when it is unpacked, and programs disagree on which.

    Good: fas-lotus-bm25, README.txt. Bad: README.txt twice, or README.txt and readme.TXT.
    """
    seen: dict[str, str] = {}
    for entry in listing.entries:
        other = seen.get(skeleton(entry.name))
        if other is None:
            seen[skeleton(entry.name)] = entry.name
        elif other == entry.name:
            yield Fault("stands in the archive more than once", _at(entry))
        else:
            yield Fault(f"can't be told from {shown(other)} on every system", _at(entry))


@BOOK.rule("SUB024", Severity.ERROR, "a member is no regular file")
def members_are_files(listing: Listing) -> Iterator[Fault]:
    """A member must be a regular file: no link, folder, device, FIFO or socket, in Unix's attributes or in Windows'."""
    for entry in listing.entries:
        kind = next((words for test, words in _KINDS if test(entry.mode)), None)
        if kind is None and (entry.dos_attributes & _WINDOWS_FOLDER or entry.name.endswith("/")):
            kind = "a folder"
        if kind is None and entry.dos_attributes & _WINDOWS_LINK:
            kind = "a link"
        if kind is not None:
            yield Fault(f"is {kind}, wanted a regular file", _at(entry))


@BOOK.rule("SUB026", Severity.ERROR, "a member is encrypted")
def members_are_open(listing: Listing) -> Iterator[Fault]:
    """A bundle is read by organizers who have no password of the team's. Nothing private belongs in it."""
    for entry in listing.entries:
        if (entry.said.flags | (entry.own.flags if entry.own else 0)) & ENCRYPTED:
            yield Fault("is encrypted, wanted an open member", _at(entry))


@BOOK.rule("SUB027", Severity.ERROR, "a member is compressed")
def members_are_stored(listing: Listing) -> Iterator[Fault]:
    """Members are stored as they are, so that what an archive takes is what it holds: a bundle can't be a bomb.
    Compressed members are refused without being unpacked, whatever the method.

    Good: method 0 (stored). Bad: 42 kB that claim to become 4 GB.
    """
    for entry in listing.entries:
        said = entry.said
        if said.method != STORED:
            ratio = f", {said.size / said.compressed:,.0f} times as many" if said.compressed else ""
            yield Fault(
                f"is compressed by method {said.method}: {said.compressed:,} bytes that claim to become "
                f"{said.size:,}{ratio}; wanted it stored",
                _at(entry),
            )


@BOOK.rule("SUB006", Severity.ERROR, "a document is too large")
def documents_are_small(listing: Listing) -> Iterator[Fault]:
    """A document may have only so many bytes: 64 MiB for the activity records and for the crate, less for the others.
    A ledger with so many records should be bundled by run: give each record the run tags that it serves."""
    for entry in listing.entries[1:]:
        most = MAX_MEMBER_BYTES.get(entry.name)
        if most is not None and entry.said.size > most:
            yield Fault(f"has {entry.said.size:,} bytes; it may have {most:,}", _at(entry))


@BOOK.rule("SUB030", Severity.ERROR, "a member's header differs from the directory")
def headers_agree(listing: Listing) -> Iterator[Fault]:
    """What the directory says of a member must stand in the member's own header too: programs that read the one see
    another archive than programs that read the other."""
    for entry in listing.entries:
        if entry.own is None:
            yield Fault(f"has no header where the directory says, at byte {entry.begins:,}", _at(entry))
            continue
        differing = [key for key in _COMPARED if getattr(entry.own, key) != getattr(entry.said, key)]
        if differing:
            found, wanted = (
                ", ".join(f"{key} {_value(getattr(header, key))}" for key in differing)
                for header in (entry.own, entry.said)
            )
            yield Fault(f"has {found} in its own header, but {wanted} in the directory", _at(entry))


_COMPARED = ("name", "flags", "method", "time", "date", "crc32", "compressed", "size", "version")


@BOOK.rule("SUB031", Severity.ERROR, "a member's size is wrong")
def sizes_are_right(listing: Listing) -> Iterator[Fault]:
    """A stored member takes as many bytes as it has, and they lie between its header and the directory."""
    for entry in listing.entries:
        said = entry.said
        if said.method == STORED and said.compressed != said.size:
            yield Fault(f"is stored, but takes {said.compressed:,} bytes and has {said.size:,}", _at(entry))
        if entry.ends > listing.directory:
            yield Fault(
                f"ends at byte {entry.ends:,}, behind the beginning of the directory at {listing.directory:,}",
                _at(entry),
            )


@BOOK.rule("SUB029", Severity.ERROR, "members overlap, or something lies between them")
def nothing_is_hidden(listing: Listing) -> Iterator[Fault]:
    """Members lie one behind the other from the file's first byte to the directory, and the end record closes the
    file. What lies before, between or behind them is in no list of members, and two members that share bytes can
    unpack to more than the file holds."""
    if listing.shifted:
        yield Fault(f"has {listing.shifted:,} bytes more before its directory than its end record says")
    behind_directory = listing.directory_end - listing.directory - listing.length
    if behind_directory > 0:
        yield Fault(f"has {behind_directory:,} bytes between its directory and its end")
    if listing.behind:
        yield Fault(f"has {listing.behind:,} bytes behind its end")
    if listing.members > len(listing.entries):
        return  # the members that are not listed lie somewhere, too
    ordered = sorted(listing.entries, key=lambda entry: (entry.begins, entry.ends))
    if ordered and ordered[0].begins:
        yield Fault(f"has {ordered[0].begins:,} bytes before the first member", _at(ordered[0]))
    for before, after in pairwise(ordered):
        if after.begins < before.ends:
            yield Fault(f"overlaps {shown(before.name)} in {before.ends - after.begins:,} bytes", _at(after))
        elif after.begins > before.ends:
            yield Fault(f"lies {after.begins - before.ends:,} bytes behind {shown(before.name)}", _at(after))
    if ordered and ordered[-1].ends < listing.directory:
        yield Fault(f"has {listing.directory - ordered[-1].ends:,} bytes between the last member and the directory")


@BOOK.rule("SUB032", Severity.ERROR, "the archive's end is not one end")
def has_one_end(listing: Listing) -> Iterator[Fault]:
    """An archive has one end record, which tells how many members there are and where the directory lies; a zip64
    record stands before it only where numbers are too large for it. Programs that take another end see other members.
    """
    if listing.ends > 1:
        yield Fault(f"has {listing.ends} end records, wanted one")
    if listing.promised != listing.members:
        yield Fault(f"promises {listing.promised:,} members, but its directory has {listing.members:,}")
    if listing.length_said != listing.length:
        yield Fault(f"promises a directory of {listing.length_said:,} bytes, and it has {listing.length:,}")
    if listing.zip64_fault is not None:
        yield Fault(listing.zip64_fault)


@BOOK.rule("SUB003", Severity.ERROR, "a member's checksum is wrong")
def checksums_are_right(listing: Listing) -> Iterator[Fault]:
    """The bytes of a member do not have the CRC-32 that the archive gives for them: they were altered, or damaged on
    their way. Send the bundle again, or make it anew."""
    for entry in listing.entries:
        if entry.found_crc32 is not None and entry.found_crc32 != entry.said.crc32:
            yield Fault(
                "its checksum is wrong: it was altered or damaged on its way; send the bundle again", _at(entry)
            )


def other_form(listing: Listing) -> Sequence[Fault]:
    """In what else an archive departs from the one form, once it is known to depart from it (SUB002)."""
    found = [Fault(f"carries a comment of {len(listing.comment):,} bytes")] if listing.comment else []
    for entry in listing.entries:
        odd = _oddities(entry)
        if odd:
            found.append(Fault(f"is not packed as 'neuclir-carbon bundle' packs it: {', '.join(odd)}", _at(entry)))
    return found or [Fault("differs from what 'neuclir-carbon bundle' writes; make the bundle anew")]


def _oddities(entry: Entry) -> list[str]:
    said = entry.said
    odd = []
    if said.flags & ~ENCRYPTED != _WANTED_FLAGS:
        odd.append(f"flags 0x{said.flags:04x}")
    if (said.time, said.date) != (WANTED_TIME, WANTED_DATE):
        odd.append("a time of its own")
    if said.extra:
        odd.append(f"an extra field of {len(said.extra):,} bytes")
    if entry.comment:
        odd.append(f"a comment of {len(entry.comment):,} bytes")
    if stat.S_ISREG(entry.mode) and entry.mode != stat.S_IFREG | 0o644:
        odd.append(f"permissions {stat.S_IMODE(entry.mode):o}")
    return odd


def _value(value: str | int) -> str:
    return shown(value) if isinstance(value, str) else str(value)
