"""What is kept of audits: found by the bundle's digest, believed only where it is whole and nobody else can write."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from neuclir_carbon.store import kept_results as store
from neuclir_carbon.store.kept_results import kept_results

BASIS, ONE, OTHER = "b" * 64, "1" * 64, "2" * 64


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "audits"


def kept(sha256: str = ONE, basis: str = BASIS) -> bytes | None:
    with kept_results(basis) as results:
        return results.find(sha256)


def keep(text: bytes = b"text", **more: str) -> None:
    with kept_results(BASIS) as results:
        results.keep(ONE, text, **more)


def file_in(cache: Path) -> Path:
    (found,) = cache.glob("*.sqlite")
    return found


def test_a_result_is_found_under_its_bundle_and_its_basis_only() -> None:
    keep()
    assert kept() == b"text"
    assert kept(OTHER) is None
    assert kept(basis="c" * 64) is None


def test_an_object_is_known_by_the_state_it_was_in() -> None:
    keep(state="s3://b/k 10 etag")
    with kept_results(BASIS) as results:
        assert results.digest_of_object("s3://b/k 10 etag") == ONE
        assert results.digest_of_object("s3://b/k 10 another") is None


def test_what_was_found_before_an_end_stays() -> None:
    with pytest.raises(KeyboardInterrupt), kept_results(BASIS) as results:
        results.keep(ONE, b"text")
        raise KeyboardInterrupt
    assert kept() == b"text"


def test_a_text_that_was_changed_is_not_believed(cache: Path) -> None:
    keep()
    database = sqlite3.connect(file_in(cache))
    database.execute("UPDATE results SET text = ?", (b"other",))
    database.commit()
    database.close()
    assert kept() is None


def test_a_result_under_another_bundle_s_digest_is_not_believed(cache: Path) -> None:
    keep()
    database = sqlite3.connect(file_in(cache))
    database.execute("UPDATE results SET sha256 = ?", (OTHER,))
    database.commit()
    database.close()
    assert kept(OTHER) is None


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(range(256)) * 40])
def test_a_damaged_file_is_made_anew(cache: Path, content: bytes) -> None:
    keep()
    for path in cache.iterdir():
        path.write_bytes(content)
    assert kept() is None
    keep()
    assert kept() == b"text"


def test_a_file_with_a_trigger_or_a_view_is_made_anew(cache: Path) -> None:
    keep()
    database = sqlite3.connect(file_in(cache))
    database.executescript("CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM objects; END;")
    database.close()
    assert kept() is None
    keep()
    assert kept() == b"text"


@pytest.mark.skipif(os.name == "nt", reason="modes")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_can_write_is_not_believed(cache: Path, what: str) -> None:
    keep()
    (file_in(cache) if what == "file" else cache).chmod(0o777)
    assert kept() is None


def test_a_link_is_not_followed(cache: Path, tmp_path: Path) -> None:
    keep()
    path = file_in(cache)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert kept() is None


def test_where_nothing_can_be_kept_all_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "file"))
    keep()
    assert kept() is None


def test_what_nobody_uses_any_more_and_what_has_grown_too_large_goes(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()
    old = cache / "old.v1.sqlite"
    old.write_bytes(b"x")
    long_ago = time.time() - store.UNUSED_S - 10
    os.utime(old, (long_ago, long_ago))
    assert kept() == b"text"
    assert not old.exists()
    monkeypatch.setattr(store, "MOST_BYTES", 10)
    assert kept() is None


def test_the_cache_is_its_user_s_own(cache: Path) -> None:
    keep()
    assert cache.stat().st_mode & 0o077 == 0
    assert file_in(cache).stat().st_mode & 0o077 == 0
