"""Bundles' archives: standard tools read them, their bytes follow from their members, and any other form is refused."""

import binascii
import io
import os
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.submission import DIGESTS, MANIFEST, MEMBERS, digests_text
from neuclir_carbon.store.archives import Source, digest_of, open_archive, read_of_refused, write_archive

RUN = "fas-made-up"


def members(run: bytes = b"300 Q0 d 1 1.0 fas-made-up\n") -> list[Source]:
    first = [Source.of(RUN, run), *(Source.of(name, f"{{}} {name}\n".encode()) for name in MEMBERS[:-1])]
    return [*first, Source.of(DIGESTS, digests_text(tuple(digest_of(source) for source in first)))]


def an_archive(folder: Path, run: bytes = b"300 Q0 d 1 1.0 fas-made-up\n") -> Path:
    path = folder / "made.crate.zip"
    write_archive(path, members(run))
    return path


def codes(path: Path) -> list[str]:
    parsed = open_archive(path)
    assert (parsed.value is None) == bool(parsed.findings)
    return [finding.code for finding in parsed.findings]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    archive = open_archive(an_archive(tmp_path)).value
    assert archive is not None
    assert [member.name for member in archive.members] == [RUN, *MEMBERS]
    assert archive.read("submission.json") == b"{} submission.json\n"
    assert [member.digest for member in archive.members] == [digest_of(source) for source in members()]


def test_digests_are_those_of_the_file(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "made.crate.zip"
    written = write_archive(path, members())
    data = path.read_bytes()
    assert written == (hashlib.sha256(data).hexdigest(), hashlib.md5(data, usedforsecurity=False).hexdigest())
    archive = open_archive(path).value
    assert archive is not None
    assert (archive.sha256, archive.md5) == written


def test_python_s_zipfile_reads_it_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(an_archive(tmp_path)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [RUN, *MEMBERS]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_unzip_and_sha256sum_agree(tmp_path: Path) -> None:
    if not (shutil.which("unzip") and shutil.which("sha256sum")):
        pytest.skip("needs unzip and sha256sum")
    subprocess.run(["unzip", "-q", str(an_archive(tmp_path)), "-d", str(tmp_path / "out")], check=True)
    subprocess.run(["sha256sum", "-c", "--quiet", DIGESTS], cwd=tmp_path / "out", check=True)


def test_every_flipped_bit_of_a_small_archive_is_refused(tmp_path: Path) -> None:
    path = an_archive(tmp_path)
    data = path.read_bytes()
    victim = tmp_path / "flipped.crate.zip"
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position % 8)
        victim.write_bytes(flipped)
        assert open_archive(victim).value is None, f"byte {position} of {len(data)}"


def test_what_is_read_of_a_refused_archive_is_whole_or_nothing(tmp_path: Path) -> None:
    path = an_archive(tmp_path)
    data, said = path.read_bytes(), next(b"".join(one.chunks()) for one in members() if one.name == MANIFEST)
    victim, read = tmp_path / "flipped.crate.zip", 0
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position % 8)
        victim.write_bytes(flipped)
        found = read_of_refused(victim, MANIFEST)
        assert found in (None, said), f"byte {position} of {len(data)}"
        read += found is not None
    assert read > len(data) / 2
    victim.write_bytes(data[:-1])
    assert read_of_refused(victim, MANIFEST) is None


def test_every_truncation_and_every_addition_is_refused(tmp_path: Path) -> None:
    data = an_archive(tmp_path).read_bytes()
    victim = tmp_path / "cut.crate.zip"
    chosen = random.Random(7)
    for length in [0, 1, 21, 22, 23, len(data) - 1, *(chosen.randrange(len(data)) for _ in range(200))]:
        victim.write_bytes(data[:length])
        assert codes(victim) == ["SUB001"], length
    for changed in (data + b"\0", b"\0" + data, data + data, b"#!/bin/sh\n" + data):
        victim.write_bytes(changed)
        assert open_archive(victim).value is None


def rezipped(change: object) -> bytes:
    """The same members packed by Python's zipfile, with something changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for source in members():
            info = zipfile.ZipInfo(source.name)
            info.external_attr = 0o100644 << 16
            change(info)  # type: ignore[operator]
            archive.writestr(info, b"".join(source.chunks()))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda info: None,
        lambda info: setattr(info, "compress_type", zipfile.ZIP_DEFLATED),
        lambda info: setattr(info, "date_time", (2024, 1, 1, 0, 0, 0)),
        lambda info: setattr(info, "external_attr", 0o120777 << 16),
        lambda info: setattr(info, "comment", b"hidden"),
        lambda info: setattr(info, "extra", b"\x99\x99\x04\x00abcd"),
        lambda info: setattr(info, "filename", "../" + info.filename),
    ],
)
def test_an_archive_of_another_program_is_refused(tmp_path: Path, change: object) -> None:
    victim = tmp_path / "other.crate.zip"
    victim.write_bytes(rezipped(change))
    assert open_archive(victim).value is None
    with zipfile.ZipFile(victim) as archive:
        assert read_of_refused(victim, MANIFEST) == (archive.read(MANIFEST) if MANIFEST in archive.namelist() else None)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([RUN, *MEMBERS[:-1]], "SUB004"),
        ([RUN, *reversed(MEMBERS)], "SUB004"),
        (["submission.json", *MEMBERS], "SUB004"),
        ([RUN, RUN, *MEMBERS], "SUB004"),
        ([RUN, *MEMBERS, "extra.txt"], "SUB004"),
        (["../escape", *MEMBERS], "SUB005"),
        (["C:evil", *MEMBERS], "SUB005"),
        (["a\\b", *MEMBERS], "SUB005"),
        (["run\u202egpj.exe", *MEMBERS], "SUB005"),
        (["..", *MEMBERS], "SUB005"),
        (["a" * 201, *MEMBERS], "SUB005"),
    ],
)
def test_members_must_be_a_bundle_s_and_have_safe_names(tmp_path: Path, names: list[str], code: str) -> None:
    from neuclir_carbon.store import archives

    sources = [Source.of(name, b"x") for name in names]
    victim = tmp_path / "names.crate.zip"
    victim.write_bytes(b"".join(archives._archive_bytes(sources)))
    assert code in codes(victim)


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a b ", "a\tb", "a\x00", "nul:", "a*", "x" * 201])
def test_unsafe_names_are_never_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadOption):
        write_archive(tmp_path / "x.crate.zip", [Source.of(name, b"x")])
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    answers = iter([[b"first"], [b"other"]])
    with pytest.raises(Unreadable, match="changed"):
        write_archive(tmp_path / "x.crate.zip", [Source(RUN, lambda: next(answers))])
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=400))
def test_no_bytes_at_all_end_in_a_traceback(tmp_path: Path, data: bytes) -> None:
    victim = tmp_path / "noise.crate.zip"
    victim.write_bytes(data)
    assert codes(victim)


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
def test_what_is_no_file_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(Unreadable, match=kind):
        open_archive(path)


def test_a_member_beyond_4_gib_gets_zip64_headers_that_python_s_zipfile_reads(tmp_path: Path) -> None:
    """A sparse file: a hole stands for the bytes of the run, whose checksum nobody looks at here."""
    from neuclir_carbon.store import archives

    large = 2**32 + 7
    packed = [archives._Packed(RUN, large, 0), archives._Packed("after", 5, binascii.crc32(b"after"))]
    path = tmp_path / "large.zip"
    with path.open("wb") as stream:
        stream.write(archives._local_header(packed[0]))
        stream.seek(large, os.SEEK_CUR)
        stream.write(archives._local_header(packed[1]) + b"after" + archives._directory(packed))
        size = stream.tell()
    with zipfile.ZipFile(path) as archive:
        assert [info.file_size for info in archive.infolist()] == [large, 5]
        assert archive.read("after") == b"after"
    with path.open("rb") as stream:
        assert archives._packed_members(stream, size) == packed


@pytest.mark.parametrize("size", [0, 1, 2**32 - 2])
def test_no_zip64_header_stands_where_none_is_needed(size: int) -> None:
    from neuclir_carbon.store import archives

    packed = [archives._Packed(RUN, size, 0)]
    assert len(archives._local_header(packed[0])) == 30 + len(RUN)
    assert (b"PK\6\6" in archives._directory(packed)) == (30 + len(RUN) + size >= 2**32 - 1)
