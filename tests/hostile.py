"""Hostile bundles, each named for its fault and built by code from a sound one; everything here is synthetic."""

import binascii
import bz2
import io
import json
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import evolve, frozen
from making import TAG, a_certificate, ordered

from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.json_text import record_digest
from neuclir_carbon.model.submission import DIGESTS, MANIFEST, MEMBERS, SIGNATURE, digests_text
from neuclir_carbon.store.archives import Source, digest_of
from neuclir_carbon.workflow.bundling import bundle

LOCAL, CENTRAL, END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
UTF8 = 0x0800
FULL = 0xFFFFFFFF
Members = dict[str, bytes]
Build = Callable[[Members], bytes]


@frozen(kw_only=True)
class Raw:
    """A member as a forger packs it: every field of both headers can be a lie. None means what is true."""

    name: bytes
    data: bytes
    flags: int = UTF8
    method: int = 0
    crc32: int | None = None
    compressed: int | None = None
    size: int | None = None
    mode: int = stat.S_IFREG | 0o644
    dos: int = 0
    extra: bytes = b""
    comment: bytes = b""
    offset: int | None = None
    gap: bytes = b""
    own: Mapping[str, Any] = attrs.field(factory=dict)
    """What the member's own header says otherwise than the directory."""

    def header(self, **lies: Any) -> tuple[Any, ...]:
        said = {
            "name": self.name, "flags": self.flags, "method": self.method, "extra": self.extra,
            "crc32": binascii.crc32(self.data) if self.crc32 is None else self.crc32,
            "compressed": len(self.data) if self.compressed is None else self.compressed,
            "size": len(self.data) if self.size is None else self.size, **lies,
        }  # fmt: skip
        return tuple(said[key] for key in ("name", "flags", "method", "crc32", "compressed", "size", "extra"))


def packed(
    members: Sequence[Raw],
    *,
    before: bytes = b"",
    shift: int = 0,
    between: bytes = b"",
    after_directory: bytes = b"",
    behind: bytes = b"",
    comment: bytes = b"",
    **end: int,
) -> bytes:
    """An archive of raw members; `end` are lies of the end record (count, length, start, disk)."""
    body, listed = before, b""
    for member in members:
        body += member.gap
        offset = (len(body) if member.offset is None else member.offset) - shift
        name, flags, method, crc32, compressed, size, extra = member.header(**member.own)
        body += LOCAL.pack(b"PK\3\4", 20, flags, method, 0, 0x21, crc32, compressed, size, len(name), len(extra))
        body += name + extra + member.data
        name, flags, method, crc32, compressed, size, extra = member.header()
        listed += CENTRAL.pack(
            b"PK\1\2", (3 << 8) | 20, 20, flags, method, 0, 0x21, crc32, compressed, size, len(name), len(extra),
            len(member.comment), 0, 0, (member.mode << 16) | member.dos, offset,
        ) + name + extra + member.comment  # fmt: skip
    body += between
    said = {"disk": 0, "count": len(members), "length": len(listed), "start": len(body) - shift, **end}
    tail = END.pack(
        b"PK\5\6", said["disk"], said["disk"], said["count"] & 0xFFFF, said["count"] & 0xFFFF, said["length"],
        said["start"], len(comment),
    )  # fmt: skip
    return body + listed + after_directory + tail + comment + behind


def sound_members(folder: Path) -> Members:
    """The members of a sound bundle of team lotus, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    made = bundle(ordered(folder, certificates=(a_certificate(folder),)))
    with zipfile.ZipFile(made.path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def raws(members: Members) -> list[Raw]:
    return [Raw(name=name.encode(), data=data) for name, data in members.items()]


def with_digests(members: Members) -> Members:
    """The members with every digest made anew, as a skilled forger would."""
    manifest = json.loads(members[MANIFEST])
    digests = {name: digest_of(Source.of(name, data)) for name, data in members.items()}
    manifest["files"] = [attrs.asdict(digests[name]) for name in members if name not in (MANIFEST, DIGESTS, SIGNATURE)]
    changed = {**members, MANIFEST: format_json(manifest)}
    digests[MANIFEST] = digest_of(Source.of(MANIFEST, changed[MANIFEST]))
    changed[DIGESTS] = digests_text(tuple(digests[name] for name in members if name not in (DIGESTS, SIGNATURE)))
    return changed


def canonical(members: Members) -> bytes:
    """The members in the one form that a bundle's archive has."""
    return packed(raws(members))


@frozen
class Hostile:
    """An archive with a fault: the code of the finding that must come, and the member that it must name."""

    name: str
    build: Build
    code: str
    member: str | None = None


def _first(**changes: Any) -> Build:
    """The run's entry with something changed."""

    def build(members: Members) -> bytes:
        first, *rest = raws(members)
        return packed([evolve(first, **changes), *rest])

    return build


def _named(name: bytes, *, flags: int = UTF8) -> Build:
    return _first(name=name, flags=flags)


def _compressed(method: int, compress: Callable[[bytes], bytes]) -> Build:
    def build(members: Members) -> bytes:
        first, *rest = raws(members)
        data = compress(first.data)
        true = {"crc32": binascii.crc32(first.data), "size": len(first.data)}
        return packed([evolve(first, data=data, method=method, **true), *rest])

    return build


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


def _bomb_by_ratio(members: Members) -> bytes:
    first, *rest = raws(members)
    return packed([evolve(first, data=_bomb(64 << 20), method=8, size=64 << 20), *rest])


def _bomb_in_all(members: Members) -> bytes:
    data = _bomb(8 << 20)
    return packed([evolve(member, data=data, method=8, size=FULL - 1) for member in raws(members)])


def _nested_bomb(members: Members) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(32 << 20))
    return packed([*raws(members), Raw(name=b"inner.zip", data=inner.getvalue())])


def _nested_bomb_as_run(members: Members) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(32 << 20))
    return canonical(with_digests({**members, TAG: inner.getvalue()}))


def _many_members(members: Members) -> bytes:
    raw = [Raw(name=b"%05d" % number, data=b"") for number in range(100_000)]
    body = b"".join(_empty_header(member.name) for member in raw)
    listed = b"".join(_empty_entry(member.name, index * (LOCAL.size + 5)) for index, member in enumerate(raw))
    return body + listed + END.pack(b"PK\5\6", 0, 0, 100_000 & 0xFFFF, 100_000 & 0xFFFF, len(listed), len(body), 0)


def _empty_header(name: bytes) -> bytes:
    return LOCAL.pack(b"PK\3\4", 20, UTF8, 0, 0, 0x21, 0, 0, 0, len(name), 0) + name


def _empty_entry(name: bytes, offset: int) -> bytes:
    return CENTRAL.pack(
        b"PK\1\2", 788, 20, UTF8, 0, 0, 0x21, 0, 0, 0, len(name), 0, 0, 0, 0, 0o100644 << 16, offset
    ) + name  # fmt: skip


def _added(*more: Raw) -> Build:
    return lambda members: packed([*raws(members), *more])


def _packed(**how: Any) -> Build:
    return lambda members: packed(raws(members), **how)


def _all_at_one_place(members: Members) -> bytes:
    """Every member's entry points to the first member's bytes."""
    first, *rest = raws(members)
    return packed([first, *(evolve(member, offset=0) for member in rest)])


def _overlapping(members: Members) -> bytes:
    """The run claims the header of the member behind it as its own bytes."""
    first, second, *rest = raws(members)
    longer = first.data + LOCAL.pack(
        b"PK\3\4", 20, UTF8, 0, 0, 0x21, *second.header()[3:6], len(second.name), 0
    )  # fmt: skip
    return packed(
        [evolve(first, crc32=binascii.crc32(longer), compressed=len(longer), size=len(longer)), second, *rest]
    )


def _two_archives(members: Members) -> bytes:
    other = {**members, TAG: b"another run\n"}
    return packed(raws(other)) + packed(raws(members))


def _end_in_comment(members: Members) -> bytes:
    inner = END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    return packed(raws(members), comment=inner)


def _zip64(
    *, place: int | None = None, count: int | None = None, magic: bytes = b"PK\6\6", sentinel: bool = True
) -> Build:
    """A zip64 record and its locator before an end record that points to them."""

    def build(members: Members) -> bytes:
        plain = packed(raws(members))
        promised, length, start = END.unpack(plain[-END.size :])[4:7]
        found = start + length
        record = struct.pack(
            "<4sQ2H2I4Q", magic, 44, 788, 45, 0, 0, count or promised, count or promised, length, start
        )  # fmt: skip
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, found if place is None else place, 1)
        shown = (0xFFFF, 0xFFFF, FULL, FULL) if sentinel else (promised, promised, length, start)
        return plain[:found] + record + locator + END.pack(b"PK\5\6", 0, 0, *shown, 0)

    return build


def _document(name: str, data: bytes) -> Build:
    return lambda members: canonical(_relisted({**members, name: data}))


def _relisted(members: Members) -> Members:
    """Every digest anew; as far as that can be, where `submission.json` is what was broken."""
    try:
        return with_digests(members)
    except (ValueError, RecursionError, TypeError):
        digests = tuple(digest_of(Source.of(name, data)) for name, data in members.items() if name != DIGESTS)
        return {**members, DIGESTS: digests_text(digests)}


def _changed(name: str, change: Callable[[Any], Any]) -> Build:
    """A JSON member changed by a forger who makes every digest anew."""

    def build(members: Members) -> bytes:
        value = json.loads(members[name])
        data = format_json(change(value) or value)
        return canonical(with_digests({**members, name: data}))

    return build


def _digests(change: Callable[[bytes], bytes]) -> Build:
    return lambda members: canonical({**members, DIGESTS: change(members[DIGESTS])})


def _of_another_version(change: Callable[[Members], None]) -> Build:
    """A forgery in a file that this version can't make anew, because the bundle says that another one made it."""

    def build(members: Members) -> bytes:
        manifest = json.loads(members[MANIFEST])
        manifest["tool"]["version"] = "0.0.9"
        forged = {**members, MANIFEST: format_json(manifest)}
        change(forged)
        return canonical(with_digests(forged))

    return build


def _less_energy(members: Members) -> None:
    members["ir-metadata.yml"] = members["ir-metadata.yml"].replace(b"it_energy_kwh: 2.1", b"it_energy_kwh: 0.21")


def _no_emissions(members: Members) -> None:
    members["README.txt"] = members["README.txt"].replace(b"Emissions:  0.692265 kg", b"Emissions:  0.000692 kg")


def _less_usage(members: Members) -> None:
    members[MEMBERS[0]] = members[MEMBERS[0]].replace(b'"value": 2.0,', b'"value": 0.2,')


def _replaced(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda members: members.__setitem__(name, data)


def _resealed(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], Any]:
    """The second record changed, and its own digest made anew."""

    def apply(records: Any) -> None:
        change(records[1])
        records[1]["record_sha256"] = record_digest(records[1])

    return apply


def _emissions_without_grid(record: dict[str, Any]) -> None:
    record["emissions"]["operational_kg_co2e"] = record["emissions"]["total_kg_co2e"] = 0.4


def _total_without_parts(record: dict[str, Any]) -> None:
    record["emissions"]["total_kg_co2e"] = 0.5


def _rejected_run(members: Members) -> bytes:
    return canonical(with_digests({**members, TAG: members[TAG].replace(b" Q0 ", b" q0 ", 1)}))


def _rejected_by_its_own_rules(members: Members) -> bytes:
    """A track that nobody here knows, a run that its frozen schema rejects, and a verdict that says passed."""
    documents = {name: json.loads(members[name]) for name in ("track-schema.json", MANIFEST, "verdict.json")}
    documents["track-schema.json"]["tasks"]["clir"]["format"]["docid_pattern"] = "[0-9]{1,9}"
    for document in documents.values():
        document["track"] = "a-track-of-ours"
    return canonical(with_digests({**members, **{n: format_json(d) for n, d in documents.items()}}))


def _deep(data: bytes) -> bytes:
    return data * 100_000


YAML_BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 9)) for i in range(9)
)
EXTRA_PATH = struct.pack("<2HBI", 0x7075, 15, 1, 0) + b"README.txt"


def _hostile() -> Iterator[Hostile]:
    long = b"n" * 60_000
    names = {
        "traversal": b"../run", "traversal with backslashes": b"..\\run", "traversal in the middle": b"a/../../run",
        "traversal in percent codes": b"%2e%2e%2frun", "traversal in percent codes twice": b"%252e%252e%252frun",
        "traversal in full-width signs": "．．／run".encode(), "traversal alone": b"..",
        "traversal in overlong UTF-8": b"\xc0\xae\xc0\xae/run", "an absolute path": b"/etc/passwd",
        "an absolute path with backslashes": b"\\\\server\\share", "a drive": b"C:run", "a backslash": b"a\\b",
        "a path": b"folder/run", "a line end": b"run\n", "a NUL": b"run\0.txt", "an escape sequence": b"run\x1b[2J",
        "a bidi character": "run\u202etxt.exe".encode(), "a zero-width character": "ru\u200bn".encode(),
        "a name of 60 kB": long, "a name that is not UTF-8": b"run\xff", "a device": b"AUX.txt",
        "an ending dot": b"run.", "an empty name": b"",
        "a wildcard": b"run*", "a Cyrillic letter among Latin ones": "r\u0443n".encode(),
        "full-width letters": "ｒｕｎ".encode(), "a stream of a file": b"run:hidden",
    }  # fmt: skip
    for name, raw in names.items():
        shown = raw.decode("utf-8", "surrogateescape")
        member = shown if shown.isprintable() and 0 < len(raw) < 200 else None
        yield Hostile(f"name: {name}", _named(raw), "SUB005", member)
    yield Hostile("name: code page 437", _named(b"\x81ber", flags=0), "SUB002", "über")

    yield Hostile("names: twice", _added(Raw(name=b"README.txt", data=b"other")), "SUB025", "README.txt")
    yield Hostile("names: case collides", _named(b"readme.TXT"), "SUB025", "README.txt")
    yield Hostile("names: look alike", _added(Raw(name="READM\u0415.txt".encode(), data=b"x")), "SUB005", "READMЕ.txt")
    yield Hostile("names: a path in an extra field", _first(extra=EXTRA_PATH), "SUB002", TAG)

    kinds = {
        "a link": stat.S_IFLNK | 0o777, "a folder": stat.S_IFDIR | 0o755, "a FIFO": stat.S_IFIFO | 0o644,
        "a character device": stat.S_IFCHR | 0o644, "a block device": stat.S_IFBLK | 0o644,
        "a socket": stat.S_IFSOCK | 0o644,
    }  # fmt: skip
    for name, mode in kinds.items():
        yield Hostile(f"kind: {name}", _first(mode=mode), "SUB024", TAG)
    yield Hostile("kind: a folder by Windows' attributes", _first(dos=0x10), "SUB024", TAG)
    yield Hostile("kind: a link by Windows' attributes", _first(dos=0x400), "SUB024", TAG)
    yield Hostile("kind: a folder by its slash", _named(b"folder/"), "SUB024", "folder/")
    yield Hostile("kind: set-user-id", _first(mode=stat.S_IFREG | 0o4755), "SUB002", TAG)

    yield Hostile("encrypted", _first(flags=UTF8 | 1), "SUB026", TAG)
    yield Hostile("encrypted strongly", _first(flags=UTF8 | 0x41), "SUB026", TAG)
    yield Hostile("encrypted in its own header only", _first(own={"flags": UTF8 | 1}), "SUB026", TAG)
    yield Hostile("compressed by deflate", _compressed(8, _deflated), "SUB027", TAG)
    yield Hostile("compressed by bzip2", _compressed(12, bz2.compress), "SUB027", TAG)
    yield Hostile("compressed by LZMA", _compressed(14, lzma.compress), "SUB027", TAG)
    yield Hostile("compressed by an unknown method", _first(method=250), "SUB027", TAG)
    yield Hostile("a bomb by ratio", _bomb_by_ratio, "SUB027", TAG)
    yield Hostile("a bomb by total", _bomb_in_all, "SUB027", TAG)
    yield Hostile("a nested bomb", _nested_bomb, "SUB004", "inner.zip")
    yield Hostile("a nested bomb as the run", _nested_bomb_as_run, "SUB012", "verdict.json")

    yield Hostile("100,000 members", _many_members, "SUB028")
    yield Hostile("an extra member", _added(Raw(name=b"extra.txt", data=b"x")), "SUB004", "extra.txt")
    yield Hostile("a missing member", lambda m: packed(raws(m)[:-2]), "SUB004", DIGESTS)
    yield Hostile("members out of order", lambda m: packed([*raws(m)[:1], *raws(m)[:0:-1]]), "SUB004")
    yield Hostile("a document in the run's place", lambda m: packed(raws(m)[1:]), "SUB004", MEMBERS[0])
    yield Hostile("no member at all", lambda m: packed([]), "SUB004")

    yield Hostile("all members at one place", _all_at_one_place, "SUB029", MEMBERS[0])
    yield Hostile("overlapping members", _overlapping, "SUB029", MEMBERS[0])
    yield Hostile("a gap with data", _first(gap=b"hidden" * 9), "SUB029", TAG)
    yield Hostile("data before, accounted for", _packed(before=b"#!/bin/sh\n"), "SUB029", TAG)
    yield Hostile("data before, not accounted for", _packed(before=b"#!/bin/sh\n", shift=10), "SUB029")
    yield Hostile("data before the directory", _packed(between=b"hidden"), "SUB029")
    yield Hostile("data behind the directory", _packed(after_directory=b"hidden"), "SUB029")
    yield Hostile("data behind the end", _packed(behind=b"hidden"), "SUB029")
    yield Hostile("a comment", _packed(comment=b"hidden"), "SUB002")
    yield Hostile("a member's comment", _first(comment=b"hidden"), "SUB002", TAG)

    for key, lie in {"name": b"other", "size": 1, "compressed": 1, "crc32": 1, "method": 8, "flags": 0}.items():
        yield Hostile(f"another {key} in its own header", _first(own={key: lie}), "SUB030", TAG)
    descriptor = {"flags": UTF8 | 8, "own": {"crc32": 0, "size": 0, "compressed": 0}}
    yield Hostile("sizes behind the data", _first(**descriptor), "SUB030", TAG)
    yield Hostile("no header at its place", _first(offset=7), "SUB030", TAG)
    yield Hostile("a place outside the file", _first(offset=FULL - 1), "SUB030", TAG)
    yield Hostile("a wrong checksum", _first(crc32=1), "SUB003", TAG)
    yield Hostile("a stored member of two sizes", _first(size=1, own={"size": 1}), "SUB031", TAG)
    large = {"size": FULL - 1, "compressed": FULL - 1}
    yield Hostile("a size beyond the file", _first(**large), "SUB031", TAG)

    yield Hostile("two archives in one", _two_archives, "SUB029")
    yield Hostile("an end record in the comment", _end_in_comment, "SUB029")
    yield Hostile("more members promised", _packed(count=11), "SUB032")
    yield Hostile("fewer members promised", _packed(count=9), "SUB032")
    yield Hostile("a directory's place that lies", _packed(start=3), "SUB029")
    yield Hostile("a directory's length that lies", _packed(length=46), "SUB032")
    yield Hostile("several disks", _packed(disk=1), "SUB002")
    yield Hostile("zip64 that is not needed", _zip64(), "SUB032")
    yield Hostile("zip64 that says otherwise", _zip64(count=3, sentinel=False), "SUB032")
    yield Hostile("zip64 that points past itself", _zip64(place=1 << 60), "SUB032")
    yield Hostile("zip64 that points to nothing", _zip64(place=0), "SUB032")
    yield Hostile("zip64 that is missing", _packed(start=FULL, length=FULL), "SUB032")

    yield Hostile(
        "a list that lists itself",
        _digests(lambda d: d + b"0" * 64 + b"  " + DIGESTS.encode() + b"\n"),
        "SUB010",
        DIGESTS,
    )
    yield Hostile("a list with a wrong digest", _digests(lambda d: b"0" * 64 + d[64:]), "SUB010", DIGESTS)
    yield Hostile("a list that lacks a member", _digests(lambda d: d[d.index(b"\n") + 1 :]), "SUB010", DIGESTS)
    yield Hostile(
        "a list of what is not there", _digests(lambda d: d + b"0" * 64 + b"  /etc/passwd\n"), "SUB010", DIGESTS
    )
    for name in (MANIFEST, "activities.json", "certificates.json", "verdict.json", "track-schema.json"):
        code = "OFF001" if name == "certificates.json" else "DOC001"
        yield Hostile(f"{name}: depth 100,000", _document(name, _deep(b"[")), code, name)
    yield Hostile("crate: depth 100,000", _document(MEMBERS[0], _deep(b'{"a":')), "SUB033", MEMBERS[0])
    bad = {
        "a huge integer": b'{"a": ' + b"9" * 100_000 + b"}", "a huge exponent": b'{"a": 1e400}', "NaN": b'{"a": NaN}',
        "infinity": b'{"a": -Infinity}', "a key twice": b'{"a": 1, "a": 2}', "not UTF-8": b'{"a": "\xff"}',
        "UTF-16": '{"a": 1}'.encode("utf-16"), "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
        "a lone surrogate": b'{"a": "\\ud800"}', "nothing": b"", "cut off": b'{"a": [1, 2',
    }  # fmt: skip
    for name, data in bad.items():
        yield Hostile(f"verdict.json: {name}", _document("verdict.json", data), "DOC001", "verdict.json")
    yield Hostile(
        "activities.json: millions of values",
        _document("activities.json", b"[" + b"0," * 5_000_000 + b"0]"),
        "DOC001",
        "activities.json",
    )
    yield Hostile(
        "submission.json: 2 MB", _document(MANIFEST, b'{"a": "' + b"x" * (2 << 20) + b'"}'), "SUB006", MANIFEST
    )
    yaml = {
        "a bomb": YAML_BOMB, "a tag that runs a command": b"!!python/object/apply:os.system [id]\n",
        "an alias": b"a: &x 1\nb: *x\n", "depth 100,000": _deep(b"["), "a key twice": b"a: 1\na: 2\n",
        "not UTF-8": b"a: \xff\n", "two documents": b"a: 1\n---\nb: 2\n", "a control character": b"a: \x07\n",
        "no YAML": b"{a: [\n", "nothing": b"",
    }  # fmt: skip
    for name, data in yaml.items():
        change = _of_another_version(_replaced("ir-metadata.yml", data))
        yield Hostile(f"ir-metadata.yml: {name}", change, "SUB033", "ir-metadata.yml")
    yield Hostile(
        "README.txt: escape sequences",
        _of_another_version(_replaced("README.txt", b"\x1b[2J0 kg\n")),
        "SUB033",
        "README.txt",
    )
    yield Hostile("crate: no crate", _of_another_version(_replaced(MEMBERS[0], b"[]")), "SUB033", MEMBERS[0])

    yield Hostile(
        "emissions that are not energy times grid",
        _changed("activities.json", _resealed(_emissions_without_grid)),
        "EMI001",
        "activities.json",
    )
    yield Hostile(
        "a total that is not the sum of its parts",
        _changed("activities.json", _resealed(_total_without_parts)),
        "EMI003",
        "activities.json",
    )
    yield Hostile(
        "a record's digest that is wrong",
        _changed("activities.json", lambda v: v[1].update(label="less")),
        "EMI005",
        "activities.json",
    )
    yield Hostile(
        "totals of another version that do not add up", _of_another_version(_less_energy), "SUB034", "ir-metadata.yml"
    )
    yield Hostile("a README of another version that lies", _of_another_version(_no_emissions), "SUB034", "README.txt")
    yield Hostile("a crate of another version with other usage", _of_another_version(_less_usage), "SUB034", MEMBERS[0])
    yield Hostile("totals that do not add up", _document("README.txt", b"Emissions: 0 kg\n"), "SUB016", "README.txt")
    yield Hostile("a rejected run with a verdict that says passed", _rejected_run, "SUB012", "verdict.json")
    yield Hostile("a run that its own rules reject", _rejected_by_its_own_rules, "SUB012", "verdict.json")
    yield Hostile(
        "a track schema that is not the published one",
        _changed("track-schema.json", lambda v: v.update(source="ours")),
        "SUB013",
        "track-schema.json",
    )
    yield Hostile("files listed that are not there", _document(MANIFEST, b"{}"), "DOC002", MANIFEST)
    yield Hostile(
        "a signature that is none", lambda m: canonical({**m, SIGNATURE: b"signed by me"}), "SUB021", SIGNATURE
    )
    yield Hostile("an empty file", lambda m: b"", "SUB001")
    yield Hostile("noise", lambda m: bytes(range(256)) * 99, "SUB001")
    yield Hostile("a gzip file", lambda m: zlib.compress(b"x" * 999, wbits=31), "SUB001")
    yield Hostile("an end record alone", lambda m: END.pack(b"PK\5\6", 0, 0, 1, 1, 46, 0, 0), "SUB032")


HOSTILE = tuple(_hostile())
