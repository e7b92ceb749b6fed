"""bundle, verify, form and export as real processes: signatures, what leaves and what does not, folders, TIRA."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from making import CERTIFICATE, TAG, a_ledger, a_record, a_run

TASK = ["--track", "neuclir-2024", "--task", "clir"]
METHOD = ["--method-name", "BM25", "--method-description", "ranks by BM25", "--repository", "https://example.org/x"]


def program(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=120, **options,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a run, a ledger and a certificate reference of team lotus."""
    records = (a_record("a", run_tags=(TAG,)), a_record("b", activity="training", kwh=2.0))
    a_ledger(tmp_path / "carbon", *records)
    (tmp_path / "certificate.json").write_text(json.dumps(CERTIFICATE))
    a_run(tmp_path / TAG)
    return tmp_path


def bundled(place: Path, *more: str) -> Path:
    done = program("bundle", TAG, *TASK, "--team", "lotus", "--format", "json", *more, cwd=place)
    assert done.returncode == 0, done.stderr
    return place / json.loads(done.stdout)["path"]


def keys(place: Path) -> Path:
    for name in ("lotus-key", "birch-key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(place / name)]
        subprocess.run(command, check=True)
    lines = [f"{name} {(place / f'{name}-key.pub').read_text()}" for name in ("lotus", "birch")]
    (place / "signers").write_text("".join(lines))
    return place / "signers"


def test_a_signed_bundle_is_its_team_s(place: Path) -> None:
    signers = keys(place)
    path = bundled(place, "--sign", "lotus-key")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[-1] == "manifest-sha256.txt.sig"
    for more in ([], ["--allowed-signers", str(signers)]):
        assert program("verify", path.name, *more, cwd=place).returncode == 0
    first = path.read_bytes()
    assert bundled(place, "--sign", "lotus-key").read_bytes() == first
    unpacked = place / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(unpacked)
    subprocess.run(["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=unpacked, check=True)


def test_another_team_s_key_a_missing_signature_and_a_missing_list_are_told(place: Path) -> None:
    signers = keys(place)
    done = program("verify", bundled(place, "--sign", "birch-key").name, "--allowed-signers", "signers", cwd=place)
    assert (done.returncode, "SUB021" in done.stderr, "birch" in done.stderr) == (1, True, True)
    path = bundled(place)
    done = program("verify", path.name, "--allowed-signers", str(signers), cwd=place)
    assert (done.returncode, "SUB022" in done.stderr) == (1, True)
    done = program("verify", path.name, "--allowed-signers", "nobody", cwd=place)
    assert (done.returncode, "nobody" in done.stderr) == (3, True)


@pytest.mark.parametrize("key", ["missing", "carbon", "certificate.json"])
def test_a_key_that_can_not_sign_leaves_nothing(place: Path, key: str) -> None:
    done = program("bundle", TAG, *TASK, "--team", "lotus", "--sign", key, "--out", "out", cwd=place)
    assert done.returncode == 3
    assert key in done.stderr and "Traceback" not in done.stderr
    assert not (place / "out").exists()


def test_show_lists_every_value_and_writes_nothing(place: Path) -> None:
    before = sorted(place.rglob("*"))
    asked = ["bundle", TAG, *TASK, "--team", "lotus", "--certificate", "certificate.json", "--show"]
    done = program(*asked, cwd=place)
    assert done.returncode == 0, done.stderr
    for value in (
        "lotus",
        "2.0",
        "DEU",
        "KE-5-71234501-2-2-0-5336",
        "activities.json",
        "12,090",
        "manifest-sha256.txt",
    ):
        assert value in done.stdout
    found = json.loads(program(*asked, "--format", "json", cwd=place).stdout)
    assert sorted(place.rglob("*")) == before
    path = bundled(place, "--certificate", "certificate.json")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert [member["path"] for member in found["members"]] == list(members)
    for member in found["members"]:
        assert member["sha256"] == hashlib.sha256(members[member["path"]]).hexdigest()
    assert found["activities"] == json.loads(members["activities.json"])
    assert found["verdict"] == json.loads(members["verdict.json"])


def test_a_folder_of_runs_gives_a_bundle_each_and_shared_records_are_the_same_bytes(place: Path) -> None:
    for number in range(3):
        a_run(place / "runs" / f"lotus-{number}")
    (place / "runs" / ".hidden").write_text("x")
    (place / "runs" / "deeper").mkdir()
    done = program("bundle", "runs", *TASK, "--team", "lotus", "--out", "out", "--format", "json", cwd=place)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["run_tag"] for row in rows] == ["lotus-0", "lotus-1", "lotus-2"]
    activities = set()
    for row in rows:
        with zipfile.ZipFile(place / row["path"]) as archive:
            activities.add(archive.read("activities.json"))
    assert len(activities) == 1
    assert program("verify", *(row["path"] for row in rows), cwd=place).returncode == 0
    done = program("bundle", "runs", *TASK, "--team", "lotus", "--out", "runs", cwd=place)
    again = program("bundle", "runs", *TASK, "--team", "lotus", "--out", "runs", "--format", "json", cwd=place)
    assert (done.returncode, len(json.loads(again.stdout))) == (0, 3)


def test_a_bad_run_of_a_folder_is_told_and_the_others_are_bundled(place: Path) -> None:
    a_run(place / "runs" / "good")
    a_run(place / "runs" / "short", topics=range(300, 301))
    done = program("bundle", "runs", *TASK, "--team", "lotus", "--out", "out", "--format", "json", cwd=place)
    assert done.returncode == 1
    assert [row["path"] for row in json.loads(done.stdout)] == [str(Path("out", "good.crate.zip")), None]
    assert "short" in done.stderr
    assert [path.name for path in (place / "out").iterdir()] == ["good.crate.zip"]


@pytest.mark.parametrize(
    ("more", "code", "named"),
    [
        ([], 3, "holds no run"),
        (["--run-tag", "x"], 2, "--run-tag"),
        (["--replaces", "0" * 64], 2, "--replaces"),
        (["--task", "dance"], 2, "dance"),
    ],
)
def test_an_order_that_fits_no_folder_is_told(place: Path, more: list[str], code: int, named: str) -> None:
    (place / "empty").mkdir()
    done = program("bundle", "empty", *TASK, "--team", "lotus", *more, cwd=place)
    assert (done.returncode, named in done.stderr) == (code, True), done.stderr


def test_a_folder_whose_order_is_wrong_fails_with_the_order_s_code(place: Path) -> None:
    for number in range(2):
        a_run(place / "runs" / f"lotus-{number}")
    done = program("bundle", "runs", "--track", "neuclir-2042", "--task", "clir", "--team", "x", cwd=place)
    assert (done.returncode, done.stdout) == (2, "")


def test_form_prints_rows_of_key_and_value(place: Path) -> None:
    path = bundled(place)
    done = program("form", path.name, "--format", "json", "--url", "https://example.org/b", cwd=place)
    assert done.returncode == 0, done.stderr
    found = {row["key"]: row["value"] for row in json.loads(done.stdout)}
    assert (found["carbon-tracked"], found["carbon-g-co2e"]) == ("yes", "692")
    assert found["carbon-bundle-url"] == "https://example.org/b"
    text = program("form", path.name, cwd=place)
    assert text.stdout.isascii()
    assert "carbon-bundle-url" in text.stderr
    assert program("form", "missing", cwd=place).returncode == 3
    assert program("form", TAG, cwd=place).returncode == 1


def test_tira_gets_its_folder_or_is_told_what_is_missing(place: Path) -> None:
    done = program("export", bundled(place).name, "--to", "tira", "--out", "tira", cwd=place)
    assert done.returncode == 2
    assert all(option in done.stderr for option in METHOD[::2])
    assert not (place / "tira").exists()
    path = bundled(place, *METHOD)
    assert program("export", path.name, "--to", "tira", cwd=place).returncode == 2
    assert program("export", "carbon", "--to", "tira", "--out", "tira", cwd=place).returncode == 2
    done = program("export", path.name, "--to", "tira", "--out", "tira", cwd=place)
    assert done.returncode == 0, done.stderr
    assert sorted(found.name for found in (place / "tira").iterdir()) == ["ir-metadata.yml", "run.txt"]
    assert (place / "tira" / "run.txt").read_bytes() == (place / TAG).read_bytes()
    done = program("export", path.name, "--to", "tira", "--out", "tira", cwd=place)
    assert (done.returncode, "tira" in done.stderr) == (3, True)


def test_ir_metadata_of_a_bundle_is_the_bundle_s_and_of_a_ledger_names_no_run(place: Path) -> None:
    path = bundled(place)
    with zipfile.ZipFile(path) as archive:
        assert program("export", path.name, "--to", "ir-metadata", cwd=place).stdout.encode() == archive.read(
            "ir-metadata.yml"
        )
    done = program("export", "carbon", "--to", "ir-metadata", cwd=place)
    assert (done.returncode, "tag:" in done.stdout, "it_energy_kwh: 2.1" in done.stdout) == (0, False, True)


TELLING = {"home": "ada-lovelace-home", "user": "adalovelace", "host": "difference-engine", "secret": "hunter2-hunter2"}


def test_nothing_private_leaves_with_a_real_pipeline(tmp_path: Path) -> None:
    """A pipeline under a telling home and user, with secrets in its arguments and environment, is wrapped and bundled;
    no member holds any of them, nor the machine's own name."""
    home = tmp_path / TELLING["home"]
    work = home / "work"
    work.mkdir(parents=True)
    a_run(work / TAG)
    environment = {
        **os.environ, "HOME": str(home), "USER": TELLING["user"], "LOGNAME": TELLING["user"],
        "HOSTNAME": TELLING["host"], "EMAIL": f"{TELLING['user']}@{TELLING['host']}", "API_KEY": TELLING["secret"],
        "NEUCLIR_CARBON_COUNTRY": "DEU",
    }  # fmt: skip
    script = work / "search.py"
    script.write_text("import sys, os; print(sys.argv, os.environ['API_KEY'])\n")
    wrapped = program(
        "run", "--activity", "retrieval", "--run-tag", TAG, "--keep-argv", "--",
        sys.executable, str(script), "--password", TELLING["secret"], str(home), cwd=work, env=environment,
    )  # fmt: skip
    assert wrapped.returncode == 0 and TELLING["secret"] in wrapped.stdout, wrapped.stderr
    (work / TAG).write_text((work / TAG).read_text() + f"392 Q0 x 9 0.1 {TAG}\n")
    done = program("bundle", str(work / TAG), *TASK, "--team", "lotus", "--allow-invalid", cwd=work, env=environment)
    assert done.returncode == 0, done.stderr
    assert b"hunter2" in b"".join(path.read_bytes() for path in (work / "carbon" / "records").iterdir())
    private = [*TELLING.values(), str(tmp_path), os.uname().nodename, str(script), "search.py", str(Path.cwd())]
    with zipfile.ZipFile(work / f"{TAG}.crate.zip") as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8").lower()
            found = [word for word in private if len(word) > 3 and word.lower() in text]
            assert not found, (name, found)
