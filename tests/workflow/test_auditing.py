"""verify: a sound bundle passes, and every way to forge one is found."""

import contextlib
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from making import TAG, a_certificate, ordered

from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.submission import DIGESTS, MANIFEST, MEMBERS, FileDigest, digests_text
from neuclir_carbon.store.archives import Source, digest_of, open_archive, write_archive
from neuclir_carbon.workflow.auditing import audit
from neuclir_carbon.workflow.bundling import bundle


def errors(path: Path) -> list[str]:
    result = audit(path)
    found = sorted({finding.code for finding in result.findings if finding.severity == "error"})
    assert bool(found) == (result.submission is None)
    return found


def forged(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with members changed and every digest and checksum made anew, as a skilled forger would."""
    archive = open_archive(path).value
    assert archive is not None
    members = {member.name: archive.read(member.name) for member in archive.members}
    run = archive.members[0].name
    change(members)
    order = [run, *MEMBERS]
    digests = {name: digest_of(Source.of(name, data)) for name, data in members.items()}
    manifest = json.loads(members[MANIFEST])
    manifest["files"] = [attrs.asdict(digests[name]) for name in order if name not in (MANIFEST, DIGESTS)]
    members[MANIFEST] = format_json(manifest)
    digests[MANIFEST] = digest_of(Source.of(MANIFEST, members[MANIFEST]))
    members[DIGESTS] = digests_text(tuple(digests[name] for name in order if name != DIGESTS))
    out = path.with_name("forged.crate.zip")
    write_archive(out, [Source.of(name, members[name]) for name in order])
    return out


def json_member(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        value = json.loads(members[name])
        members[name] = format_json(change(value) or value)

    return apply


def raw_member(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.__setitem__(name, data)


def test_a_sound_bundle_passes_without_a_finding(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path))
    result = audit(made.path)
    assert result.findings == ()
    assert result.submission is not None
    assert result.submission.sha256 == made.sha256
    assert [record.record_id[-1] for record in result.submission.records] == ["1", "2"]


def test_a_bundle_with_a_damaged_run_is_refused_and_still_says_whose_it_is(tmp_path: Path) -> None:
    path = bundle(ordered(tmp_path)).path
    whole, data = audit(path), bytearray(path.read_bytes())
    assert open_archive(path).value is not None
    data[len(TAG) + 60] ^= 1
    path.write_bytes(data)
    result = audit(path)
    assert errors(path) == ["SUB003"]
    assert result.submission is None
    assert result.manifest == whole.manifest is not None


def test_a_bundle_that_another_program_packed_anew_still_says_whose_it_is(tmp_path: Path) -> None:
    path = bundle(ordered(tmp_path)).path
    whole = audit(path)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "anew.zip", "w", zipfile.ZIP_DEFLATED) as anew:
        for name in archive.namelist():
            anew.writestr(name, archive.read(name))
    result = audit(tmp_path / "anew.zip")
    assert result.submission is None
    assert result.manifest == whole.manifest is not None


def test_forty_random_byte_flips_and_ten_truncations_are_refused(tmp_path: Path) -> None:
    data = bundle(ordered(tmp_path)).path.read_bytes()
    victim = tmp_path / "victim.crate.zip"
    chosen = random.Random(2024)
    for _ in range(40):
        flipped = bytearray(data)
        flipped[chosen.randrange(len(data))] ^= 1 << chosen.randrange(8)
        victim.write_bytes(flipped)
        assert errors(victim)
    for _ in range(10):
        victim.write_bytes(data[: chosen.randrange(len(data))])
        assert errors(victim)


def edit_energy(records: list[dict[str, Any]]) -> None:
    records[1]["energy"]["it_kwh"] = 0.001


def edit_label(records: list[dict[str, Any]]) -> None:
    records[1]["label"] = "something else"


def reverse(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return records[::-1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (json_member("verdict.json", lambda v: v.update(passed=False)), "SUB012"),
        (json_member("verdict.json", lambda v: v["run"].update(lines=1)), "SUB012"),
        (json_member("verdict.json", lambda v: v.update(task="mlir")), "SUB012"),
        (json_member("submission.json", lambda v: v.update(tracked=False)), "SUB014"),
        (json_member("submission.json", lambda v: v.update(task="mlir")), "SUB012"),
        (json_member("submission.json", lambda v: v.update(task="dance")), "SUB017"),
        (json_member("submission.json", lambda v: v.update(track="neuclir-2023")), "SUB014"),
        (json_member("submission.json", lambda v: v.update(run_tag="another")), "SUB011"),
        (json_member("submission.json", lambda v: v.update(extra=1)), "DOC002"),
        (json_member("submission.json", lambda v: v.update(created_at="2024-13-45T99:99:99Z")), "SUB019"),
        (json_member("submission.json", lambda v: v.update(created_at="0000-01-01T00:00:00Z")), "SUB019"),
        (json_member("submission.json", lambda v: v.update(created_at="2024-11-15T10:30:60Z")), "SUB019"),
        (json_member("submission.json", lambda v: v.update(created_at="2024-11-15T10:30:00Z\n")), "DOC002"),
        (json_member("submission.json", lambda v: v.update(team="maple")), "SUB016"),
        (json_member("activities.json", edit_energy), "EMI002"),
        (json_member("activities.json", edit_label), "EMI005"),
        (json_member("activities.json", reverse), "SUB015"),
        (json_member("activities.json", lambda v: [*v, v[-1]]), "SUB015"),
        (json_member("activities.json", lambda v: v[:1]), "SUB016"),
        (json_member("activities.json", lambda v: {"records": v}), "DOC001"),
        (json_member("track-schema.json", lambda v: v.update(source="my own rules")), "SUB013"),
        (raw_member("track-schema.json", b"{}"), "DOC002"),
        (raw_member("activities.json", b"[" * 100_000), "DOC001"),
        (raw_member("certificates.json", b'[{"a": 1, "a": 2}]'), "OFF001"),
        (raw_member("verdict.json", b'{"passed": NaN}'), "DOC001"),
        (raw_member("README.txt", b"All is well, 0 kg\n"), "SUB016"),
        (raw_member("ir-metadata.yml", b"emissions: 0\n"), "SUB016"),
        (raw_member("ro-crate-metadata.json", b"{}"), "SUB016"),
        (raw_member(TAG, b"300 Q0 d 1 1.0 fas-lotus-bm25\n"), "SUB012"),
    ],
)
def test_a_forger_who_makes_every_digest_anew_is_still_found(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], code: str
) -> None:
    assert code in errors(forged(bundle(ordered(tmp_path)).path, change))


def test_wrong_digests_are_found(tmp_path: Path) -> None:
    archive = open_archive(bundle(ordered(tmp_path)).path).value
    assert archive is not None
    members = [Source.of(member.name, archive.read(member.name)) for member in archive.members]
    wrong = digests_text((FileDigest(path=TAG, sha256="0" * 64, bytes=1),))
    out = tmp_path / "wrong.crate.zip"
    write_archive(out, [*members[:-1], Source.of(DIGESTS, wrong)])
    assert errors(out) == ["SUB010"]


def test_a_track_id_that_is_a_path_is_looked_up_and_never_opened(tmp_path: Path) -> None:
    """The frozen schema names a file of the reader's as its id; no such file may be touched."""
    schema = json.loads(bundle_member(tmp_path, "track-schema.json"))
    schema["track"] = f"{tmp_path}/secret.json"
    change = raw_member("track-schema.json", format_json(schema))
    codes = {finding.code for finding in audit(forged(tmp_path / "out" / f"{TAG}.crate.zip", change)).findings}
    assert codes & {"SUB014", "SUB018", "DOC002"}


def bundle_member(tmp_path: Path, name: str) -> bytes:
    archive = open_archive(bundle(ordered(tmp_path)).path).value
    assert archive is not None
    return archive.read(name)


def test_a_run_that_was_bundled_with_errors_is_a_warning_since_the_bundle_says_so(tmp_path: Path) -> None:
    order = ordered(tmp_path, allow_invalid=True)
    order.run.write_text(order.run.read_text().replace(" Q0 ", " q0 "))
    result = audit(bundle(order).path)
    assert result.submission is not None
    assert "SUB009" in [finding.code for finding in result.findings]


def test_a_certificate_s_error_is_told_and_the_rest_still_counts(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path, certificates=(a_certificate(tmp_path, quantity_kg=200),)))
    result = audit(made.path)
    assert result.submission is not None
    assert "OFF003" in [finding.code for finding in result.findings]


def named_by_another_tool(team: str) -> Callable[[dict[str, bytes]], None]:
    """Our `bundle` refuses such names; another program may not."""
    return json_member("submission.json", lambda v: v.update(team=team, tool={"name": "other", "version": "1"}))


def test_hostile_names_travel_safely(tmp_path: Path) -> None:
    team = "A&B_50% <script>alert(1)</script> \u202eevil\n=cmd()"
    result = audit(forged(bundle(ordered(tmp_path)).path, named_by_another_tool(team)))
    assert result.submission is not None
    assert result.submission.manifest.team == team


@pytest.mark.parametrize("team", [" ", "\u200b", "lotus ", "\u202esutol", "lotus\n"])
def test_a_team_s_name_that_looks_like_another_is_told(tmp_path: Path, team: str) -> None:
    found = audit(forged(bundle(ordered(tmp_path)).path, named_by_another_tool(team))).findings
    assert [finding.code for finding in found] == ["SUB020"]


def test_a_finding_names_bundle_and_member_whatever_the_bundle_is_called(tmp_path: Path) -> None:
    """Here the bundle's path is how the member's name begins."""
    change = json_member("submission.json", lambda v: v.update(extra=1))
    forged(bundle(ordered(tmp_path)).path, change).rename(tmp_path / "s")
    with contextlib.chdir(tmp_path):
        assert {finding.location.path for finding in audit(Path("s")).findings} == {"s!submission.json"}
