"""Where bundles lie: every kind of source, against a real S3 API server on loopback; names in a store are hostile."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import s3fs
from object_store import BUCKET, object_store, speak_to, uploaded

from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.store import objects
from neuclir_carbon.store.sources import Bundle, bundles_at, on_disk


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_to(server, monkeypatch)


def a_folder(tmp_path: Path) -> Path:
    (tmp_path / "here" / "lotus").mkdir(parents=True)
    (tmp_path / "here" / "lotus" / "one.crate.zip").write_bytes(b"one" * 1000)
    (tmp_path / "here" / "two words.crate.zip").write_bytes(b"two")
    (tmp_path / "here" / "notes.txt").write_bytes(b"no bundle")
    return tmp_path / "here"


def told(findings: list[Finding]) -> list[tuple[str | None, str]]:
    return [(finding.location.path, finding.message) for finding in findings]


def names(bundles: list[Bundle]) -> list[str]:
    return [bundle.name for bundle in bundles]


@pytest.mark.usefixtures("store")
def test_a_prefix_gives_every_bundle_under_it_and_a_copy_holds_its_bytes(tmp_path: Path) -> None:
    address = uploaded(a_folder(tmp_path), "year")
    uploaded(tmp_path / "here", "year-before")
    bundles, findings = bundles_at([address])
    assert names(bundles) == [f"{address}/lotus/one.crate.zip", f"{address}/two words.crate.zip"]
    assert findings == []
    with on_disk(bundles[0]) as path:
        assert path.read_bytes() == b"one" * 1000
    assert not path.exists()
    assert not path.parent.exists()
    assert bundles[0].bytes == 3000


@pytest.mark.usefixtures("store")
def test_one_object_files_folders_and_prefixes_may_be_mixed_and_count_once(tmp_path: Path) -> None:
    address = uploaded(a_folder(tmp_path), "mixed")
    one = f"{address}/lotus/one.crate.zip"
    file = tmp_path / "here" / "two words.crate.zip"
    bundles, findings = bundles_at([one, address, f"{address}/", file, tmp_path / "here"])
    wanted = [one, f"{address}/two words.crate.zip", str(tmp_path / "here" / "lotus" / "one.crate.zip"), str(file)]
    assert names(bundles) == sorted(wanted)
    assert findings == []


NOT_TAKEN = "was not read, for its name does not end in .crate.zip; rename it or name it as a source, if it is a bundle"


@pytest.mark.parametrize("name", ["run-x-1.crate (1).zip", "run-x-1.zip", "RUN.CRATE.ZIP", "lotus/a\u202eb.zip"])
def test_an_archive_without_a_bundle_s_name_is_told_and_not_read(tmp_path: Path, name: str) -> None:
    folder = a_folder(tmp_path)
    (folder / name).write_bytes(b"bundle")
    bundles, findings = bundles_at([folder, folder / "lotus"])
    assert len(bundles) == 2
    assert [finding.code for finding in findings] == ["SUB007"]
    assert told(findings) == [(str(folder / name), NOT_TAKEN)]


def test_an_archive_that_is_named_as_a_source_is_read_whatever_its_name_and_not_told_by_its_folder(
    tmp_path: Path,
) -> None:
    folder = a_folder(tmp_path)
    (folder / "run.zip").write_bytes(b"bundle")
    bundles, findings = bundles_at([folder, f"{folder}/lotus/../run.zip"])
    assert len(bundles) == 3
    assert findings == []


def test_of_many_archives_without_a_bundle_s_name_twenty_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    for number in range(1023):
        (folder / f"{number:04}.zip").touch()
    _, findings = bundles_at([folder])
    assert told(findings)[:20] == [(str(folder / f"{number:04}.zip"), NOT_TAKEN) for number in range(20)]
    rest = "was not read, and neither were 1,002 more whose names do not end in .crate.zip"
    assert told(findings)[20:] == [(str(folder / "0020.zip"), rest)]


def test_a_folder_with_archives_and_no_bundle_tells_both(tmp_path: Path) -> None:
    (tmp_path / "run.zip").write_bytes(b"bundle")
    bundles, findings = bundles_at([tmp_path])
    assert bundles == []
    assert [path for path, _ in told(findings)] == [str(tmp_path), str(tmp_path / "run.zip")]


@pytest.mark.usefixtures("store")
def test_an_object_without_a_bundle_s_name_is_told_unless_it_is_named(tmp_path: Path) -> None:
    (a_folder(tmp_path) / "run.zip").write_bytes(b"bundle")
    address = uploaded(tmp_path / "here", "renamed")
    bundles, findings = bundles_at([address])
    assert len(bundles) == 2
    assert told(findings) == [(f"{address}/run.zip", NOT_TAKEN)]
    bundles, findings = bundles_at([address, f"{address}/run.zip"])
    assert (len(bundles), findings) == (3, [])
    with on_disk(bundles[1]) as path:
        assert path.read_bytes() == b"bundle"


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", ["../../etc/x", "-x", "a b&c=d?e", "%2e%2e", "[a-z]*", "<script>", "ü\u202e", "a::b"])
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    prefix = f"{BUCKET}/hostile-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    s3fs.S3FileSystem().pipe_file(f"{prefix}/{name}.crate.zip", b"content")
    (found,), _ = bundles_at([f"s3://{prefix}"])
    assert found.name == f"s3://{prefix}/{name}.crate.zip"
    with on_disk(found) as path:
        assert path.read_bytes() == b"content"
        assert path.name == "bundle"


@pytest.mark.usefixtures("store")
def test_a_name_that_s3fs_reads_as_another_object_s_version_is_told_and_never_taken_for_that(server: str) -> None:
    uploads = boto3.client("s3", endpoint_url=server)
    s3fs.S3FileSystem().mkdir("versions")
    for key in ("a.crate.zip", "a.crate.zip?versionId=b.crate.zip"):
        uploads.put_object(Bucket="versions", Key=key, Body=key.encode())
    one, other = bundles_at(["s3://versions"])[0]
    with on_disk(one) as path:
        assert path.read_bytes() == b"a.crate.zip"
    with pytest.raises(Unreadable), on_disk(other):
        pass


@pytest.mark.usefixtures("store")
def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    address = uploaded(a_folder(tmp_path), "told")
    for source, said in (
        ("s3://nobodys-bucket/x", "can't be listed"),
        (f"{address}/nothing", "names no bundle"),
        (f"{address}/notes.txt", "names no bundle"),
    ):
        bundles, (finding,) = bundles_at([source])
        assert bundles == []
        assert finding.code == "SUB007"
        assert said in finding.message
        assert finding.location.path == source


@pytest.mark.usefixtures("store")
def test_an_object_that_is_written_anew_after_the_listing_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    address = uploaded(a_folder(tmp_path), "moving")
    bundles, _ = bundles_at([address])
    (tmp_path / "here" / "lotus" / "one.crate.zip").write_bytes(b"another")
    uploaded(tmp_path / "here", "moving")
    with pytest.raises(Unreadable, match="changed after it was listed"), on_disk(bundles[0]):
        pass


@pytest.mark.usefixtures("store")
def test_an_object_that_is_too_large_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = uploaded(a_folder(tmp_path), "large")
    bundles, _ = bundles_at([address])
    monkeypatch.setattr(objects, "MOST_BYTES", 2000)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(Unreadable, match=r"more than 2,000 bytes"), on_disk(bundles[0]):
        pass


def test_a_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_to("http://127.0.0.1:9", monkeypatch)
    bundles, (finding,) = bundles_at([f"s3://{BUCKET}/x"])
    assert bundles == []
    assert "can't be listed" in finding.message


def test_an_address_of_a_kind_that_nobody_knows_is_a_bad_option() -> None:
    with pytest.raises(BadOption, match="s4://"):
        bundles_at(["s4://bucket/prefix"])


WITHOUT = """
import sys
for name in {names!r}:
    sys.modules[name] = None
from neuclir_carbon.cli.app import main
sys.exit(main(["aggregate", {source!r}, "--track", "neuclir-2024", "--out", {out!r}]))
"""


@pytest.mark.parametrize(
    ("missing", "source", "said"),
    [
        (["fsspec", "fsspec.core"], "s3://bucket/prefix", "pip install 'neuclir-carbon[s3]'"),
        (["s3fs"], "s3://bucket/prefix", "pip install 'neuclir-carbon[s3]'"),
        (["gcsfs"], "gs://bucket/prefix", "gcsfs"),
    ],
)
def test_a_missing_extra_is_said_with_the_command_that_installs_it(
    tmp_path: Path, missing: list[str], source: str, said: str
) -> None:
    program = WITHOUT.format(names=missing, source=source, out=str(tmp_path / "out"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_bundle_that_is_reached_in_several_ways_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_folder(tmp_path)
    bundle = folder / "lotus" / "one.crate.zip"
    link, folder_link = tmp_path / "link.crate.zip", tmp_path / "by another way"
    link.symlink_to(bundle)
    folder_link.symlink_to(folder)
    monkeypatch.chdir(bundle.parent)
    ways = ("one.crate.zip", f"{folder}/lotus/../lotus/one.crate.zip", link, folder_link / "lotus" / "one.crate.zip")
    for way in ways:
        bundles, findings = bundles_at([folder, way])
        assert (len(bundles), findings) == (2, []), way
    gone = tmp_path / "gone.crate.zip"
    gone.symlink_to(tmp_path / "nowhere")
    assert len(bundles_at([gone, f"{tmp_path}/no\0name"])[0]) == 2
