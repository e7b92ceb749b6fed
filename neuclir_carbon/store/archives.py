"""Bundles as ZIP archives that have one form only.

A bundle's members are stored, in one order, with fixed times and attributes, one behind the other without gaps. So
the archive follows from its members' names, sizes and checksums to the last byte; the reader makes every header anew
and compares. Whatever hides in an archive (a second directory, a gap, a lying header, a link, an extra field, data in
front or behind) makes it differ, and nothing has to be unpacked to see it. What is wrong with an archive that differs
is found out by `store/archive_listing.py`.
"""

import binascii
import hashlib
import io
import os
import stat
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from attrs import frozen

from neuclir_carbon.checks import archives as rules
from neuclir_carbon.checks.packed_again import without_consequences
from neuclir_carbon.errors import BadOption, Rejected, Unreadable
from neuclir_carbon.model.archive import STORED, Described, Entry, Listing
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.member_names import unsafe
from neuclir_carbon.model.submission import MAX_MEMBER_BYTES, MEMBERS, FileDigest
from neuclir_carbon.store.archive_listing import read_listing, read_member
from neuclir_carbon.store.documents import Parsed
from neuclir_carbon.store.files import open_file, write_bytes

CHUNK = 1024 * 1024
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_END64, _LOCATOR = struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
# Version 2.0 is enough for stored members, zip64 needs 4.5; bit 11 says that names are UTF-8; 1980-01-01 00:00 is the
# format's zero.
_VERSION, _VERSION64, _UTF8_NAMES, _NO_TIME, _NO_DATE = 20, 45, 0x0800, 0, 0x21
_UNIX, _MODE = 3 << 8, stat.S_IFREG | 0o644
# What does not fit into 32 bits stands in a zip64 field, and this in its place.
_FULL32 = 0xFFFFFFFF


class _Packed(NamedTuple):
    """A member as the archive's headers need to know it."""

    name: str
    size: int
    crc32: int


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
    found_crc32: int
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
        if fault := unsafe(source.name):
            raise BadOption(f"'{source.name[:80]}' can't be the name of a file in a bundle: {fault}")
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def counted() -> Iterator[bytes]:
        for piece in _archive_bytes(sources):
            sha256.update(piece)
            md5.update(piece)
            yield piece

    write_bytes(path, counted())
    return sha256.hexdigest(), md5.hexdigest()


def open_archive(path: Path) -> Parsed[Archive]:
    """A bundle's archive, or None with all findings if it is not one to the last byte.

    Reads the file once, in pieces, and unpacks nothing. Findings name the bundle and, behind `!`, the member.
    `Unreadable` if the file can't be read.
    """
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        packed = _packed_members(stream, size)
        archive = _read_archive(path, stream, packed, size) if packed is not None else None
        found = _form_findings(archive) if archive is not None else _diagnosed(stream, size)
    findings = tuple(_placed(finding, path) for finding in found)
    return Parsed(None if findings else archive, findings)


def read_of_refused(path: Path, name: str) -> bytes | None:
    """A document's bytes from an archive that `open_archive` refuses, where they are whole and no more than they may
    be. They say whose bundle it is, and prove nothing. `Unreadable` if the file can't be read."""
    with open_file(path) as stream:
        return read_member(stream, os.fstat(stream.fileno()).st_size, name, MAX_MEMBER_BYTES[name])


def _placed(finding: Finding, path: Path) -> Finding:
    member = finding.location.path
    return finding.inside(f"{path}!{member}" if member else str(path))


def _archive_bytes(sources: Sequence[Source]) -> Iterator[bytes]:
    """The archive, piece by piece; each source is gone through twice, for its checksum and for its bytes."""
    packed: list[_Packed] = []
    for source in sources:
        member = _measured(source)
        packed.append(member)
        yield _local_header(member)
        again = 0
        for chunk in source.chunks():
            again = binascii.crc32(chunk, again)
            yield chunk
        if again != member.crc32:
            raise Unreadable(f"{source.name} changed while it was read; try again when nothing writes to it")
    yield _directory(packed)


def _measured(source: Source) -> _Packed:
    size = crc = 0
    for chunk in source.chunks():
        size, crc = size + len(chunk), binascii.crc32(chunk, crc)
    most = MAX_MEMBER_BYTES.get(source.name)
    if most is not None and size > most:
        raise Rejected(f"{source.name} has {size:,} bytes, and may have {most:,}; bundle fewer records (--run-tag)")
    return _Packed(source.name, size, crc)


def _local_header(member: _Packed) -> bytes:
    raw, large = member.name.encode(), member.size >= _FULL32
    size = _FULL32 if large else member.size
    extra = _zip64_field(member.size, member.size) if large else b""
    version = _VERSION64 if large else _VERSION
    fields = (b"PK\3\4", version, _UTF8_NAMES, 0, _NO_TIME, _NO_DATE, member.crc32, size, size, len(raw), len(extra))
    return _LOCAL.pack(*fields) + raw + extra


def _zip64_field(*values: int) -> bytes:
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def _directory(packed: Sequence[_Packed]) -> bytes:
    """The central directory and the end of members that lie one behind the other from 0."""
    offset, listed = 0, b""
    for member in packed:
        listed += _central_header(member, offset)
        offset += len(_local_header(member)) + member.size
    end = b""
    if offset >= _FULL32:
        count = len(packed)
        end = _END64.pack(
            b"PK\6\6", _END64.size - 12, _UNIX | _VERSION64, _VERSION64, 0, 0, count, count, len(listed), offset
        ) + _LOCATOR.pack(b"PK\6\7", 0, offset + len(listed), 1)
    start = min(offset, _FULL32)
    return listed + end + _END.pack(b"PK\5\6", 0, 0, len(packed), len(packed), len(listed), start, 0)


def _central_header(member: _Packed, offset: int) -> bytes:
    raw, size = member.name.encode(), min(member.size, _FULL32)
    wide = [*([member.size] * 2 if size == _FULL32 else []), *([offset] if offset >= _FULL32 else [])]
    extra = _zip64_field(*wide) if wide else b""
    version = _VERSION64 if wide else _VERSION
    return _CENTRAL.pack(
        b"PK\1\2", _UNIX | version, version, _UTF8_NAMES, 0, _NO_TIME, _NO_DATE, member.crc32, size, size,
        len(raw), len(extra), 0, 0, 0, _MODE << 16, min(offset, _FULL32),
    ) + raw + extra  # fmt: skip


def _packed_members(stream: BinaryIO, size: int) -> list[_Packed] | None:
    """The members as the directory says, if it is what `bundle` writes for them to the last byte; else None."""
    most = len(MEMBERS) + 2
    length = min(size, _END.size + _LOCATOR.size + _END64.size + most * (_CENTRAL.size + 1024))
    stream.seek(size - length)
    tail = stream.read(length)
    if len(tail) < _END.size or not tail.startswith(b"PK\5\6", len(tail) - _END.size):
        return None
    _, _, _, _, count, listed, start, _ = _END.unpack_from(tail, len(tail) - _END.size)
    begins = len(tail) - _END.size - (_LOCATOR.size + _END64.size if start == _FULL32 else 0) - listed
    if begins < 0 or not 0 < count <= most:
        return None
    packed = _entries(tail[begins:], count)
    return packed if packed is not None and _directory(packed) == tail[begins:] else None


def _entries(listed: bytes, count: int) -> list[_Packed] | None:
    packed, at = [], 0
    for _ in range(count):
        if at + _CENTRAL.size > len(listed):
            return None
        fields = _CENTRAL.unpack_from(listed, at)
        crc, size, length, extra = fields[7], fields[9], fields[10], fields[11]
        at += _CENTRAL.size
        if size == _FULL32 and extra >= 12 and at + length + 12 <= len(listed):
            (size,) = struct.unpack_from("<Q", listed, at + length + 4)
        try:
            packed.append(_Packed(listed[at : at + length].decode("utf-8"), size, crc))
        except UnicodeDecodeError:
            return None
        at += length + extra
    return packed


def _read_archive(path: Path, stream: BinaryIO, packed: Sequence[_Packed], size: int) -> Archive | None:
    """Goes through the members once and takes their digests; None where a header is not the one that is wanted."""
    whole, whole_md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def seen(piece: bytes) -> None:
        whole.update(piece)
        whole_md5.update(piece)

    members, offset = [], 0
    stream.seek(0)
    for wanted in packed:
        header = _local_header(wanted)
        found = stream.read(len(header))
        if found != header:
            return None
        seen(found)
        offset += len(header)
        sha256, crc = hashlib.sha256(), 0
        for chunk in _pieces(stream, wanted.size):
            sha256.update(chunk)
            seen(chunk)
            crc = binascii.crc32(chunk, crc)
        members.append(
            Member(wanted.name, offset, wanted.size, crc32=wanted.crc32, found_crc32=crc, sha256=sha256.hexdigest())
        )
        offset += wanted.size
    if offset > size or offset + len(_directory(packed)) != size:
        return None
    seen(stream.read(size - offset))
    return Archive(path, whole.hexdigest(), whole_md5.hexdigest(), tuple(members))


def _pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left > 0:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _form_findings(archive: Archive) -> tuple[Finding, ...]:
    """What the rules say of an archive whose headers have the one form: its names, sizes and checksums."""
    entries = tuple(_entry_of(member) for member in archive.members)
    ends = entries[-1].ends
    listing = Listing(
        size=ends, promised=len(entries), members=len(entries), entries=entries, directory=ends, directory_end=ends,
        length=0, length_said=0,
        ends=1, behind=0, shifted=0, comment=b"", zip64_fault=None,
    )  # fmt: skip
    return tuple(without_consequences(listing, rules.BOOK.examine(listing)))


def _entry_of(member: Member) -> Entry:
    said = Described(
        name=member.name, flags=_UTF8_NAMES, method=STORED, time=_NO_TIME, date=_NO_DATE, crc32=member.crc32,
        compressed=member.size, size=member.size, extra=b"", version=_VERSION,
    )  # fmt: skip
    header = len(_local_header(_Packed(member.name, member.size, member.crc32)))
    return Entry(
        said=said, own=said, comment=b"", mode=_MODE, dos_attributes=0, begins=member.offset - header,
        ends=member.offset + member.size, found_crc32=member.found_crc32,
    )  # fmt: skip


def _diagnosed(stream: BinaryIO, size: int) -> list[Finding]:
    """All that is wrong with an archive that does not have the one form."""
    listing = read_listing(stream, size)
    if listing is None:
        text = f"has {size:,} bytes and does not end as a bundle does; it was cut, or is something else: send it again"
        return [rules.NO_ARCHIVE.reported(text)]
    found = list(rules.BOOK.examine(listing))
    others = rules.other_form(listing)
    if any(fault.location != Location() for fault in others) or listing.comment or not found:
        found += [rules.OTHER_FORM.reported(fault.message, fault.location) for fault in others]
    return without_consequences(listing, found)
