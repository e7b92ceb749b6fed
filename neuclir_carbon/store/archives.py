"""Bundles as ZIP archives that have one form only.

A bundle's members are stored, in one order, with fixed times and attributes, one behind the other without gaps. So
the archive follows from its members' names, sizes and checksums to the last byte; the reader makes every header anew
and compares. Whatever hides in an archive (a second directory, a gap, a lying header, a link, an extra field, data in
front or behind) makes it differ, and nothing has to be unpacked to see it.
"""

import binascii
import hashlib
import io
import os
import re
import stat
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from attrs import frozen

from neuclir_carbon.checks import submissions as rules
from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.submission import DIGESTS, MEMBERS, FileDigest
from neuclir_carbon.store.documents import Parsed
from neuclir_carbon.store.files import open_file, write_bytes

CHUNK = 1024 * 1024
MAX_RUN_BYTES = 2**32 - 1
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MAX_NAME_BYTES = 200
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
# Version 2.0 is enough for stored members; bit 11 says that names are UTF-8; 1980-01-01 00:00 is the format's zero.
_VERSION, _UTF8_NAMES, _NO_TIME, _NO_DATE = 20, 0x0800, 0, 0x21
_MADE_BY_UNIX, _REGULAR_644 = (3 << 8) | _VERSION, (stat.S_IFREG | 0o644) << 16
_SAFE_NAME = re.compile(
    r"[^\s./\\:*?\"<>|\x00-\x1f\x7f](?:[^/\\:*?\"<>|\x00-\x1f\x7f]*[^\s./\\:*?\"<>|\x00-\x1f\x7f])?"
)


@frozen
class Source:
    """A member to be written: its name and a function that gives its bytes anew at each call."""

    name: str
    chunks: Callable[[], Iterable[bytes]]

    @classmethod
    def of(cls, name: str, data: bytes) -> "Source":
        return cls(name, lambda: (data,))

    @classmethod
    def file(cls, name: str, path: Path) -> "Source":
        def chunks() -> Iterator[bytes]:
            with open_file(path) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk

        return cls(name, chunks)


@frozen
class Member:
    """A member as it lies in an archive: where its bytes begin, how many there are, and their digests."""

    name: str
    offset: int
    size: int
    crc32: int
    sha256: str

    @property
    def digest(self) -> FileDigest:
        return FileDigest(path=self.name, sha256=self.sha256, bytes=self.size)


@frozen
class Archive:
    """A bundle's archive that has the one form: its digests and its members, in order."""

    path: Path
    sha256: str
    md5: str
    members: tuple[Member, ...]

    def read(self, name: str) -> bytes:
        """A document member's bytes."""
        with self.open(name) as stream:
            return stream.read()

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A member as a stream that can be rewound; nothing is unpacked."""
        member = next(member for member in self.members if member.name == name)
        with open_file(self.path) as stream:
            yield cast("BinaryIO", _MemberStream(stream, member))


class _MemberStream(io.RawIOBase):
    """The bytes of one member of an open archive, as a file of its own."""

    def __init__(self, archive: BinaryIO, member: Member) -> None:
        self._archive, self._member, self._at = archive, member, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._member.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._member.size - self._at)
        if wanted <= 0:
            return 0
        self._archive.seek(self._member.offset + self._at)
        found = self._archive.read(wanted)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def digest_of(source: Source) -> FileDigest:
    """Name, SHA-256 and size of a member to be written."""
    sha256, size = hashlib.sha256(), 0
    for chunk in source.chunks():
        sha256.update(chunk)
        size += len(chunk)
    return FileDigest(path=source.name, sha256=sha256.hexdigest(), bytes=size)


def write_archive(path: Path, sources: Sequence[Source]) -> tuple[str, str]:
    """Writes a bundle, whole or not at all; gives its SHA-256 and MD5 (hex)."""
    for source in sources:
        must_be_safe(source.name)
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def counted() -> Iterator[bytes]:
        for piece in _archive_bytes(sources):
            sha256.update(piece)
            md5.update(piece)
            yield piece

    write_bytes(path, counted())
    return sha256.hexdigest(), md5.hexdigest()


def must_be_safe(name: str) -> None:
    """`BadOption` for a name that some system could take for a path, hide, or not store."""
    if fault := unsafe(name):
        raise BadOption(f"'{name[:80]}' can't be the name of a file in a bundle: {fault}")


def unsafe(name: str) -> str | None:
    """Why a member's name is not safe on every system; None when it is."""
    if not _SAFE_NAME.fullmatch(name) or not name.isprintable():
        return "it must be one plain name without slashes, colons, wildcards, or blanks and dots at its end"
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        return f"it has more than {MAX_NAME_BYTES} bytes"
    return None


def open_archive(path: Path) -> Parsed[Archive]:
    """A bundle's archive, or None with findings if it is not one to the last byte; `Unreadable` if it can't be read.

    Reads the file once, in pieces, and unpacks nothing.
    """
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        entries, findings = _read_members(stream, size)
        if findings:
            return Parsed(None, tuple(finding.inside(str(path)) for finding in findings))
        return _read_archive(path, stream, entries, size)


def _archive_bytes(sources: Sequence[Source]) -> Iterator[bytes]:
    """The archive, piece by piece; each source is gone through twice, for its checksum and for its bytes."""
    entries: list[tuple[str, int, int]] = []
    for source in sources:
        size, crc = _measured(source)
        entries.append((source.name, size, crc))
        yield _local_header(source.name, size, crc)
        again = 0
        for chunk in source.chunks():
            again = binascii.crc32(chunk, again)
            yield chunk
        if again != crc:
            raise Unreadable(f"{source.name} changed while it was read; try again when nothing writes to it")
    yield _directory(entries)


def _measured(source: Source) -> tuple[int, int]:
    size = crc = 0
    for chunk in source.chunks():
        size, crc = size + len(chunk), binascii.crc32(chunk, crc)
    if size > MAX_RUN_BYTES:
        raise BadOption(f"{source.name} has {size:,} bytes; a bundle's member may have {MAX_RUN_BYTES:,}")
    return size, crc


def _local_header(name: str, size: int, crc: int) -> bytes:
    raw = name.encode()
    fields = (b"PK\3\4", _VERSION, _UTF8_NAMES, 0, _NO_TIME, _NO_DATE, crc, size, size, len(raw), 0)
    return _LOCAL.pack(*fields) + raw


def _directory(entries: Sequence[tuple[str, int, int]]) -> bytes:
    """The central directory and the end record of members (name, size, CRC-32) that lie one behind the other from 0."""
    offset, listed = 0, b""
    for name, size, crc in entries:
        raw = name.encode()
        listed += _CENTRAL.pack(
            b"PK\1\2", _MADE_BY_UNIX, _VERSION, _UTF8_NAMES, 0, _NO_TIME, _NO_DATE, crc, size, size,
            len(raw), 0, 0, 0, 0, _REGULAR_644, offset,
        ) + raw  # fmt: skip
        offset += _LOCAL.size + len(raw) + size
    return listed + _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(listed), offset, 0)


def _read_members(stream: BinaryIO, size: int) -> tuple[list[tuple[str, int, int]], list[Finding]]:
    """(name, size, CRC-32) of each member as the directory says, once the directory is known to have the one form."""
    if size < _END.size:
        return [], [rules.NO_ARCHIVE.reported(f"has {size} bytes, too few for an archive; send the bundle again")]
    stream.seek(size - _END.size)
    magic, *_, count, length, start, _ = _END.unpack(stream.read(_END.size))
    if magic != b"PK\5\6" or start + length + _END.size != size or not 0 < count <= len(MEMBERS) + 2:
        text = "does not end as a bundle does; it was cut, or something was added or altered: send the bundle again"
        return [], [rules.NO_ARCHIVE.reported(text)]
    stream.seek(start)
    tail = stream.read(length + _END.size)
    entries = _entries(tail[:length], count)
    if entries is None or _directory(entries) != tail:
        text = "its directory is not as 'neuclir-carbon bundle' writes it; it was altered, or made by another program"
        return [], [rules.OTHER_FORM.reported(text)]
    return entries, _name_findings([name for name, _, _ in entries])


def _entries(listed: bytes, count: int) -> list[tuple[str, int, int]] | None:
    entries, at = [], 0
    for _ in range(count):
        if at + _CENTRAL.size > len(listed):
            return None
        fields = _CENTRAL.unpack_from(listed, at)
        crc, size, length = fields[7], fields[9], fields[10]
        at += _CENTRAL.size + length
        try:
            entries.append((listed[at - length : at].decode("utf-8"), size, crc))
        except UnicodeDecodeError:
            return None
    return entries


def _name_findings(names: Sequence[str]) -> list[Finding]:
    findings = [
        rules.UNSAFE_NAME.reported(f"has an unsafe name: {fault}", Location(pointer=ascii(name)[:100]))
        for name in names
        if (fault := unsafe(name)) is not None
    ]
    found, wanted = tuple(names[1:]), MEMBERS
    signed = (*MEMBERS, f"{DIGESTS}.sig")
    if not findings and (found not in (wanted, signed) or names[0] in signed):
        text = f"holds {', '.join(names)[:300]}; wanted the run, then {', '.join(MEMBERS)}"
        findings.append(rules.OTHER_MEMBERS.reported(text))
    return findings


def _read_archive(path: Path, stream: BinaryIO, entries: Sequence[tuple[str, int, int]], size: int) -> Parsed[Archive]:
    """Goes through the members once: headers against their one form, checksums against the directory."""
    whole, whole_md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    members, findings, offset = [], [], 0
    stream.seek(0)
    for index, (name, length, crc) in enumerate(entries):
        if index and length > MAX_DOCUMENT_BYTES:
            text = f"has {length:,} bytes; a document may have {MAX_DOCUMENT_BYTES:,}"
            return Parsed(None, (rules.TOO_LARGE.reported(text, Location(path=f"{path}!{name}")),))
        wanted = _local_header(name, length, crc)
        header = stream.read(len(wanted))
        whole.update(header)
        whole_md5.update(header)
        offset += len(wanted)
        sha256, found = hashlib.sha256(), 0
        for chunk in _pieces(stream, length):
            sha256.update(chunk)
            whole.update(chunk)
            whole_md5.update(chunk)
            found = binascii.crc32(chunk, found)
        place = Location(path=f"{path}!{name}")
        if header != wanted:
            findings.append(rules.OTHER_FORM.reported("its header differs from what the directory says", place))
        if found != crc:
            text = "its checksum is wrong: it was altered or damaged on its way; send the bundle again"
            findings.append(rules.DAMAGED.reported(text, place))
        members.append(Member(name, offset, length, crc, sha256.hexdigest()))
        offset += length
    rest = stream.read(size - offset)
    whole.update(rest)
    whole_md5.update(rest)
    if findings:
        return Parsed(None, tuple(findings))
    return Parsed(Archive(path, whole.hexdigest(), whole_md5.hexdigest(), tuple(members)))


def _pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left > 0:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk
