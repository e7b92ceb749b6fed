"""verify on strangers' files: every hostile bundle is refused with a code, the member's name, and an explanation."""

import tracemalloc
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hostile import HOSTILE, Hostile, Members, Raw, canonical, packed, raws, sound_members, with_digests

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.model.submission import MANIFEST
from neuclir_carbon.workflow.auditing import audit

MOST_BYTES = 32 * 1024 * 1024


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    return sound_members(tmp_path_factory.mktemp("sound"))


def errors_of(path: Path) -> Mapping[str, set[str | None]]:
    """Code → members named, of the errors in a bundle that did not pass."""
    result = audit(path)
    assert not result.passed
    found: dict[str, set[str | None]] = {}
    for finding in result.findings:
        if finding.severity == "error":
            assert finding.code in entries()
            found.setdefault(finding.code, set()).add((finding.location.path or "").partition("!")[2] or None)
    return found


def test_there_are_enough_of_them_and_each_has_its_own_name() -> None:
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE) >= 60


def test_the_bundle_that_they_are_made_from_passes(tmp_path: Path, members: Members) -> None:
    path = tmp_path / "sound.crate.zip"
    for data in (canonical(members), canonical(with_digests(members)), packed(raws(members))):
        path.write_bytes(data)
        assert audit(path).passed


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_bundle_is_refused_by_code_and_member(tmp_path: Path, members: Members, hostile: Hostile) -> None:
    path = tmp_path / "hostile.crate.zip"
    path.write_bytes(hostile.build(members))
    before = sorted(tmp_path.iterdir())
    found = errors_of(path)
    assert hostile.code in found
    if hostile.member is not None:
        assert hostile.member in found[hostile.code]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "name", ["a bomb by ratio", "100,000 members", "name: a name of 60 kB", "ir-metadata.yml: a bomb"]
)
def test_what_would_fill_the_memory_does_not(tmp_path: Path, members: Members, name: str) -> None:
    path = tmp_path / "hostile.crate.zip"
    path.write_bytes(next(hostile for hostile in HOSTILE if hostile.name == name).build(members))
    audit(path)
    tracemalloc.start()
    audit(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


def a_manifest(members: Members, **changes: Any) -> bytes:
    return packed([evolve(one, **changes) if one.name == MANIFEST.encode() else one for one in raws(members)])


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def test_a_refused_bundle_s_manifest_is_kept_only_whole_and_small(tmp_path: Path, members: Members) -> None:
    path, data = tmp_path / "refused.crate.zip", members[MANIFEST]
    bomb, crc = deflated(bytes(512 * 1024 * 1024)), zlib.crc32(data)
    twice = [*raws(members), *[one for one in raws(members) if one.name == MANIFEST.encode()]]
    for build in (
        a_manifest(members, crc32=1),
        a_manifest(members, flags=0x0801),
        a_manifest(members, method=12),
        a_manifest(members, method=8),
        a_manifest(members, method=8, data=bomb, size=len(data), crc32=crc),
        a_manifest(members, method=8, data=bomb, size=512 * 1024 * 1024, crc32=crc),
        a_manifest(members, size=len(data) - 1),
        a_manifest(members, compressed=2**31),
        a_manifest(members, offset=2**31),
        a_manifest(members, own={"name": b"submission.jsoN"}),
        a_manifest(members, data=b" " * (1024 * 1024) + data),
        a_manifest(members, data=b"{}"),
        packed(twice),
    ):
        path.write_bytes(build)
        tracemalloc.start()
        found = audit(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (found.submission, found.manifest) == (None, None)
        assert peak < MOST_BYTES
    path.write_bytes(a_manifest(members, method=8, data=deflated(data), size=len(data), crc32=crc))
    found = audit(path)
    assert found.submission is None
    assert found.manifest is not None and found.manifest.team == "lotus"


def test_all_faults_are_told_at_once(tmp_path: Path, members: Members) -> None:
    first, second, *rest = raws(members)
    path = tmp_path / "many-faults.crate.zip"
    path.write_bytes(
        packed([evolve(first, name=b"../run", mode=0o120777), evolve(second, crc32=1), *rest], behind=b"x")
    )
    assert set(errors_of(path)) >= {"SUB005", "SUB024", "SUB003", "SUB029"}
    broken = with_digests({**members, "README.txt": b"\xff", "verdict.json": b"{", "activities.json": b"[1]"})
    path.write_bytes(canonical(broken))
    assert set(errors_of(path)) >= {"SUB033", "DOC001", "DOC002"}


def in_a_folder(members: Members, folder: bytes = b"f/", **first: Any) -> bytes:
    """The members as a program packs them that was given their folder; `first` changes the run's entry."""
    run, *rest = (evolve(one, name=folder + one.name) for one in raws(members))
    return packed([evolve(run, **first), *rest])


def test_a_bundle_packed_again_is_one_error_and_its_manifest_is_read_from_its_folder(
    tmp_path: Path, members: Members
) -> None:
    path = tmp_path / "again.crate.zip"
    path.write_bytes(in_a_folder(members))
    assert errors_of(path) == {"SUB035": {None}}
    manifest = audit(path).manifest
    assert manifest is not None and manifest.team == "lotus"


@pytest.mark.parametrize("folder", [b"../", b"/", b"C:/", b"a/b/", b"AUX/", b"f\n/", b"\xff/"])
def test_a_folder_that_is_no_plain_one_is_not_looked_into(tmp_path: Path, members: Members, folder: bytes) -> None:
    path = tmp_path / "again.crate.zip"
    path.write_bytes(in_a_folder(members, folder))
    assert "SUB005" in errors_of(path) and "SUB035" not in errors_of(path)
    assert audit(path).manifest is None


@pytest.mark.parametrize(
    ("first", "code"), [({"mode": 0o120777}, "SUB024"), ({"flags": 0x0801}, "SUB026"), ({"crc32": 1}, "SUB003")]
)
def test_what_does_not_follow_from_packing_again_is_told_beside_it(
    tmp_path: Path, members: Members, first: Mapping[str, int], code: str
) -> None:
    path = tmp_path / "again.crate.zip"
    path.write_bytes(in_a_folder(members, **first))
    assert errors_of(path).keys() == {"SUB035", code}


def test_a_bundle_inside_another_archive_is_told_to_be_sent_itself(tmp_path: Path, members: Members) -> None:
    path = tmp_path / "outer.crate.zip"
    path.write_bytes(packed([Raw(name=b"mine/fas-lotus.crate.zip", data=canonical(members))]))
    (finding,) = audit(path).findings
    assert finding.code == "SUB035"
    assert finding.message == "holds the bundle 'fas-lotus.crate.zip' inside; send that file itself"
