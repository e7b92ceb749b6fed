"""Reads a ZIP archive's end, directory and headers, whatever they say, in bounded memory and time.

This is for archives that are not bundles to the last byte: it finds out what is wrong with them. Nothing is unpacked,
no size that the archive states is believed, and what is read into memory is bounded. The one member that is read
(`read_member`) says whose a refused bundle is.
"""

import binascii
import re
import struct
import zlib
from typing import BinaryIO, NamedTuple

from neuclir_carbon.model.archive import MAX_LISTED, STORED, Described, Entry, Listing
from neuclir_carbon.model.member_names import unsafe

_CHUNK = 1024 * 1024
MAX_DIRECTORY_BYTES = 8 * _CHUNK
MAX_MEMBERS_COUNTED = 1_000_000
_MAX_COMMENT = 0xFFFF
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_LOCATOR, _END64 = struct.Struct("<4sIQI"), struct.Struct("<4sQ2H2I4Q")
_UTF8, _ENCRYPTED, _ZIP64_FIELD = 0x0800, 0x0001, 0x0001
_DEFLATED = 8
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_SEPARATOR = re.compile(r"[/\\]")


class _End(NamedTuple):
    """Where the directory ends, and what the end record (or the zip64 one) says of it."""

    directory_end: int
    promised: int
    length: int
    start: int
    behind: int
    comment: bytes
    ends: int
    zip64_fault: str | None


def read_listing(stream: BinaryIO, size: int) -> Listing | None:
    """What an archive of `size` bytes says of itself; None where it has no end record at all."""
    end = _end(stream, size)
    if end is None:
        return None
    directory, shifted = _directory_place(stream, end)
    stream.seek(directory)
    data = stream.read(min(end.directory_end - directory, MAX_DIRECTORY_BYTES))
    headers, members, length = _headers(data)
    entries = [_entry(stream, header, shifted, directory) for header in headers]
    if sum(max(entry.ends - entry.begins, 0) for entry in entries) <= size:
        entries = [_with_checksum(stream, entry, directory) for entry in entries]
    return Listing(
        size=size, promised=end.promised, members=members, entries=tuple(entries), directory=directory,
        directory_end=end.directory_end, length=length, length_said=end.length, ends=end.ends, behind=end.behind,
        shifted=shifted, comment=end.comment, zip64_fault=end.zip64_fault,
    )  # fmt: skip


def read_member(stream: BinaryIO, size: int, name: str, most: int) -> bytes | None:
    """One member's bytes of an archive that may be damaged or packed anew by another program, if they are whole.

    The member may lie in a folder, as it does where a bundle was unpacked and packed again. None where it is not there
    once, has more than `most` bytes (no more are read or made), or does not have its checksum: then nobody knows what
    it said.
    """
    end = _end(stream, size)
    if end is None:
        return None
    directory, shifted = _directory_place(stream, end)
    stream.seek(directory)
    headers, members, _ = _headers(stream.read(min(end.directory_end - directory, MAX_DIRECTORY_BYTES)))
    named = [header for header in headers if header.said.name == name]
    named = named or [header for header in headers if _is_in_a_folder(header.said.name, name)]
    if members > len(headers) or len(named) != 1:
        return None
    entry = _entry(stream, named[0], shifted, directory)
    said = entry.said
    if (
        entry.own is None
        or entry.own.name != said.name
        or entry.ends > directory
        or max(said.size, said.compressed) > most
    ):
        return None
    stream.seek(entry.ends - said.compressed)
    data = _unpacked(stream.read(said.compressed), said, most)
    return data if data is not None and binascii.crc32(data) == said.crc32 else None


def _is_in_a_folder(path: str, name: str) -> bool:
    folder, *rest = _SEPARATOR.split(path)
    return rest == [name] and unsafe(folder) is None


def _unpacked(data: bytes, said: Described, most: int) -> bytes | None:
    """A member's bytes, at most one more than `most`; None where they are encrypted, damaged, or packed otherwise."""
    if said.flags & _ENCRYPTED:
        return None
    if said.method == _DEFLATED:
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, most + 1)
        except zlib.error:
            return None
    return data if said.method in (STORED, _DEFLATED) and len(data) == said.size else None


def _end(stream: BinaryIO, size: int) -> _End | None:
    """The end record that fits the file's length; else the last one, with something behind it."""
    first = max(0, size - _END.size - _MAX_COMMENT)
    stream.seek(first)
    tail = stream.read(size - first)
    places = [place for place in _places(tail, b"PK\5\6") if place + _END.size <= len(tail)]
    if not places:
        return None
    fitting = [place for place in places if place + _END.size + _END.unpack_from(tail, place)[7] == len(tail)]
    place = (fitting or places)[-1]
    promised, length, start, comment_length = _END.unpack_from(tail, place)[4:]
    closes = place + _END.size + comment_length
    directory_end, fault = first + place, None
    if (zip64 := _zip64(stream, first + place)) is not None:
        directory_end, fault, (promised, length, start) = _agreed(zip64, (promised, length, start))
    elif _FULL16 in (promised,) or _FULL32 in (length, start):
        fault = "its end record points to a zip64 record, and there is none"
    return _End(
        directory_end=directory_end, promised=promised, length=length, start=start,
        behind=max(0, len(tail) - closes), comment=tail[place + _END.size : closes],
        ends=sum(_is_an_end(stream, tail, first, other) or other == place for other in places), zip64_fault=fault,
    )  # fmt: skip


def _places(data: bytes, magic: bytes) -> list[int]:
    """Where a signature stands, the last 64 times."""
    found: list[int] = []
    at = data.rfind(magic)
    while at >= 0 and len(found) < MAX_LISTED:
        found.append(at)
        at = data.rfind(magic, 0, at + len(magic) - 1) if at else -1
    return found[::-1]


def _is_an_end(stream: BinaryIO, tail: bytes, first: int, place: int) -> bool:
    """Whether an end record's signature is no accident: its directory lies where it says, or it says it is empty."""
    *_, promised, length, start, _ = _END.unpack_from(tail, place)
    if not promised:
        return not length
    stream.seek(min(start, first + len(tail)))
    return start + length <= first + place and stream.read(4) == b"PK\1\2"


class _Zip64(NamedTuple):
    place: int
    promised: int
    length: int
    start: int
    fault: str | None


def _zip64(stream: BinaryIO, end: int) -> _Zip64 | None:
    """The zip64 record before an end record; None where no locator stands there."""
    if end < _LOCATOR.size:
        return None
    stream.seek(end - _LOCATOR.size)
    magic, _, place, _ = _LOCATOR.unpack(stream.read(_LOCATOR.size))
    if magic != b"PK\6\7":
        return None
    locator = end - _LOCATOR.size
    if place + _END64.size > locator:
        return _Zip64(locator, 0, 0, 0, "its zip64 locator points past itself")
    stream.seek(place)
    found = _END64.unpack(stream.read(_END64.size))
    if found[0] != b"PK\6\6":
        return _Zip64(locator, 0, 0, 0, "its zip64 locator points to no zip64 record")
    fault = None if place + _END64.size == locator else "something lies between its zip64 record and the locator"
    return _Zip64(place, found[7], found[8], found[9], fault)


def _agreed(zip64: _Zip64, plain: tuple[int, int, int]) -> tuple[int, str | None, tuple[int, int, int]]:
    """Where the directory ends, what is wrong with the two records, and the numbers that hold: a plain one unless it
    says that zip64 has it."""
    large = (zip64.promised, zip64.length, zip64.start)
    most = (_FULL16, _FULL32, _FULL32)
    fault = zip64.fault
    if fault is None and plain == tuple(map(min, large, most)) and not any(map(int.__ge__, large, most)):
        fault = "has a zip64 record, and none of its numbers needs one"
    elif fault is None and plain != tuple(map(min, large, most)):
        fault = f"its end record says {plain} (members, directory's length and place), its zip64 record {large}"
    chosen = tuple(b if a == full and zip64.fault is None else a for a, b, full in zip(plain, large, most, strict=True))
    return zip64.place, fault, (chosen[0], chosen[1], chosen[2])


def _directory_place(stream: BinaryIO, end: _End) -> tuple[int, int]:
    """Where the directory really begins, and by how many bytes that is off from what the end record says."""
    by_length = end.directory_end - end.length
    for place in (by_length, end.start):
        if 0 <= place <= end.directory_end:
            stream.seek(place)
            if stream.read(4) == b"PK\1\2" or place == end.directory_end:
                return place, place - end.start
    return end.directory_end, end.directory_end - end.start


class _Header(NamedTuple):
    """A member's entry in the directory."""

    said: Described
    comment: bytes
    mode: int
    dos_attributes: int
    offset: int


def _headers(data: bytes) -> tuple[list[_Header], int, int]:
    """The first `MAX_LISTED` entries of a directory, how many there are in what was read of it, and their bytes."""
    headers: list[_Header] = []
    at = members = 0
    while data[at : at + 4] == b"PK\1\2" and at + _CENTRAL.size <= len(data) and members < MAX_MEMBERS_COUNTED:
        name_length, extra_length, comment_length = struct.unpack_from("<3H", data, at + 28)
        ends = at + _CENTRAL.size + name_length + extra_length + comment_length
        if members < MAX_LISTED:
            headers.append(_header(data, at))
        members += 1
        at = ends
    return headers, members, at


def _header(data: bytes, at: int) -> _Header:
    fields = _CENTRAL.unpack_from(data, at)
    version, flags, method, time, date, crc32, compressed, size = fields[2:10]
    name_length, extra_length, comment_length, _, _, attributes, offset = fields[10:]
    begins = at + _CENTRAL.size
    raw = data[begins : begins + name_length]
    extra = data[begins + name_length : begins + name_length + extra_length]
    comment = data[begins + name_length + extra_length :][:comment_length]
    wide = _wide(extra, {"size": size, "compressed": compressed, "offset": offset})
    said = Described(
        name=_name(raw, flags), flags=flags, method=method, time=time, date=date, crc32=crc32,
        compressed=wide["compressed"], size=wide["size"], extra=extra, version=version,
    )  # fmt: skip
    return _Header(said, comment, attributes >> 16, attributes & 0xFFFF, wide["offset"])


def _name(raw: bytes, flags: int) -> str:
    """A member's name as text; bytes that are not UTF-8 become lone surrogates, which no safe name holds."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape") if flags & _UTF8 else raw.decode("cp437")


def _wide(extra: bytes, values: dict[str, int]) -> dict[str, int]:
    """Sizes and place, taken from the zip64 field where a value says that it stands there (in the format's order)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == _ZIP64_FIELD:
            numbers = [n for (n,) in struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8])]
            wanting = [key for key, value in values.items() if value == _FULL32]
            return {**values, **dict(zip(wanting, numbers, strict=False))}
        at += 4 + length
    return values


def _entry(stream: BinaryIO, header: _Header, shifted: int, directory: int) -> Entry:
    begins = header.offset + max(shifted, 0)
    own, length = _own_header(stream, begins, directory)
    return Entry(
        said=header.said, own=own, comment=header.comment, mode=header.mode, dos_attributes=header.dos_attributes,
        begins=begins, ends=begins + length + header.said.compressed, found_crc32=None,
    )  # fmt: skip


def _own_header(stream: BinaryIO, begins: int, directory: int) -> tuple[Described | None, int]:
    """A member's own header and its length in bytes; none where none lies before the directory."""
    if begins + _LOCAL.size > directory:
        return None, 0
    stream.seek(begins)
    magic, version, flags, method, time, date, crc32, compressed, size, name_length, extra_length = _LOCAL.unpack(
        stream.read(_LOCAL.size)
    )
    if magic != b"PK\3\4":
        return None, 0
    rest = stream.read(name_length + extra_length)
    extra = rest[name_length:]
    wide = _wide(extra, {"size": size, "compressed": compressed})
    own = Described(
        name=_name(rest[:name_length], flags), flags=flags, method=method, time=time, date=date, crc32=crc32,
        compressed=wide["compressed"], size=wide["size"], extra=extra, version=version,
    )  # fmt: skip
    return own, _LOCAL.size + name_length + extra_length


def _with_checksum(stream: BinaryIO, entry: Entry, directory: int) -> Entry:
    """The entry with the CRC-32 of its bytes, where they are stored and lie before the directory."""
    from attrs import evolve

    if entry.own is None or entry.said.method != STORED or entry.ends > directory:
        return entry
    crc, left = 0, entry.said.compressed
    stream.seek(entry.ends - left)
    while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
        crc, left = binascii.crc32(chunk, crc), left - len(chunk)
    return evolve(entry, found_crc32=crc)
