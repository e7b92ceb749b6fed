"""A ZIP archive's directory as its rules see it: what it says of each member, and what lies where it says so."""

from attrs import frozen

STORED = 0
ENCRYPTED = 0x0001
# The first members are looked at one by one; a bundle has a dozen.
MAX_LISTED = 64


@frozen(kw_only=True)
class Described:
    """What a header says of a member; the directory and the member's own header must say the same."""

    name: str
    flags: int
    method: int
    time: int
    date: int
    crc32: int
    compressed: int
    size: int
    extra: bytes
    version: int


@frozen(kw_only=True)
class Entry:
    """A member: what the directory says, what its own header says (None where none lies), and its bytes' CRC-32.

    `found_crc32` is None where the bytes were not read: they are compressed, or do not lie in the file.
    `begins` and `ends` are where its header begins and its bytes end, in bytes from the file's beginning.
    """

    said: Described
    own: Described | None
    comment: bytes
    mode: int
    dos_attributes: int
    begins: int
    ends: int
    found_crc32: int | None

    @property
    def name(self) -> str:
        return self.said.name


@frozen(kw_only=True)
class Listing:
    """An archive as its end, its directory and its headers describe it; sizes and places in bytes.

    `members` is how many the directory holds, `entries` the first `MAX_LISTED` of them, `promised` how many the end
    record says there are. The directory begins at `directory` and takes `length` bytes; the end record says
    `length_said`, and begins (or a zip64 record before it) at `directory_end`.
    """

    size: int
    promised: int
    members: int
    entries: tuple[Entry, ...]
    directory: int
    directory_end: int
    length: int
    length_said: int
    ends: int
    behind: int
    shifted: int
    comment: bytes
    zip64_fault: str | None
