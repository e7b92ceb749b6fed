"""Many bundles: what is kept of each changes how long it takes, and nothing of what comes out."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest
import s3fs
from attrs import evolve
from hostile import HOSTILE, Hostile, Members, sound_members
from making import CERTIFICATE, a_ledger, a_record, ordered
from object_store import object_store, speak_to, uploaded
from test_aggregating import AS_OF, a_team, a_track, summed_up
from test_auditing import forged

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.resources import track_paths
from neuclir_carbon.store import kept_results
from neuclir_carbon.store.sources import Bundle
from neuclir_carbon.workflow.aggregating import Aggregate, Request, aggregate
from neuclir_carbon.workflow.bundling import bundle
from neuclir_carbon.workflow.examined import Reader, format_examined
from neuclir_carbon.workflow.examining import _examined, examine
from neuclir_carbon.workflow.gathering import Found, Means

KEEPING, RESUMING = Means(keep=True), Means(keep=True, resume=True)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "audits"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Members:
    return sound_members(tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as address:
        yield address


def examined_anew(
    tmp_path: Path, *sources: str | Path, means: Means = RESUMING, **changes: object
) -> tuple[Aggregate, list[str]]:
    """The aggregate, and the bundles that had to be examined for it."""
    anew: list[str] = []

    def progress(found: Iterable[Found], total: int) -> Iterable[Found]:
        for item in found:
            if not item.was_kept:
                anew.append(Path(item.bundle.name).name)
            yield item

    values = {"sources": sources or (tmp_path / "bundles",), "track": "neuclir-2024", "as_of": AS_OF, "means": means}
    return aggregate(Request(**{**values, **changes}), progress), anew  # type: ignore[arg-type]


def another_readme(members: dict[str, bytes]) -> None:
    members["README.txt"] = b"other"


def test_the_text_of_a_result_is_the_result(tmp_path: Path) -> None:
    records = [a_record(f"r-{number}", label="ü\u00ad", notes={"x": [1, 1.5, None]}) for number in range(3)]
    certificate = tmp_path / "certificate.json"
    certificate.write_text(json.dumps(CERTIFICATE))
    order = ordered(tmp_path, ledgers=(a_ledger(tmp_path / "own", *records),), certificates=(certificate,))
    good = bundle(order).path
    bad = forged(shutil.copy(good, tmp_path / "bad.crate.zip"), another_readme)
    for path in (good, Path(bad)):
        found = _examined(path, None)
        assert Reader().read(format_examined(found)) == found
    assert found.findings


def test_a_name_that_is_not_utf_8_and_a_number_of_any_length_stand_in_a_text(tmp_path: Path) -> None:
    unread = examine(Bundle(name=f"{tmp_path}/\udcff.crate.zip"), None)
    assert "\udcff" in str(Reader().read(unread).unread)
    found = _examined(bundle(ordered(tmp_path)).path, None)
    assert found.submission is not None
    long = evolve(found, submission=evolve(found.submission, verdict={"n": 10**29, "zero": -0.0, "e": 1e22}))
    assert Reader().read(format_examined(long)) == long


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"{}", b'{"submission": {}}', b"\xff", b'{"submission": null, "sha256": 1}']
)
def test_a_text_that_is_no_result_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        Reader().read(text)


def test_a_result_holds_for_equal_bytes_under_another_name(tmp_path: Path) -> None:
    path = forged(bundle(ordered(tmp_path)).path, another_readme)
    other = tmp_path / "a b!c.crate.zip"
    shutil.copy(path, other)
    texts = {name: examine(Bundle(name=str(name)), None) for name in (path, other)}
    assert texts[path] == texts[other]
    for name, text in texts.items():
        findings = Reader().read(text).at(str(name)).findings
        assert findings
        assert all((finding.location.path or "").startswith(f"{name}!") for finding in findings)


def test_what_did_not_change_is_not_examined_again_and_what_changed_costs_itself(tmp_path: Path) -> None:
    a_track(tmp_path)
    first, anew = examined_anew(tmp_path)
    assert len(anew) == 8
    again, anew = examined_anew(tmp_path)
    assert (anew, again) == ([], first)
    changed = next((tmp_path / "bundles").rglob("*birch-one*"))
    forged(changed, another_readme).replace(changed)
    third, anew = examined_anew(tmp_path)
    assert anew == [changed.name]
    assert third == summed_up(tmp_path)
    assert third != first


def test_bundles_that_moved_are_known_and_told_of_under_their_new_names(tmp_path: Path) -> None:
    a_track(tmp_path)
    changed = next((tmp_path / "bundles").rglob("*birch-one*"))
    forged(changed, another_readme).replace(changed)
    examined_anew(tmp_path)
    (tmp_path / "bundles").rename(tmp_path / "elsewhere")
    moved, anew = examined_anew(tmp_path, tmp_path / "elsewhere")
    assert anew == []
    assert moved == summed_up(tmp_path, tmp_path / "elsewhere")


def test_without_resume_all_is_examined_and_kept(tmp_path: Path) -> None:
    a_track(tmp_path)
    assert len(examined_anew(tmp_path, means=KEEPING)[1]) == 8
    assert len(examined_anew(tmp_path, means=KEEPING)[1]) == 8
    assert examined_anew(tmp_path)[1] == []


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    a_track(tmp_path)

    def stopped(found: Iterable[Found], total: int) -> Iterable[Found]:
        for number, item in enumerate(found):
            if number == 5:
                raise KeyboardInterrupt
            yield item

    request = Request(sources=(tmp_path / "bundles",), track="neuclir-2024", as_of=AS_OF, means=KEEPING)
    with pytest.raises(KeyboardInterrupt):
        aggregate(request, stopped)
    result, anew = examined_anew(tmp_path)
    assert len(anew) == 3
    assert result == summed_up(tmp_path)


def test_another_track_file_is_another_basis_and_another_day_is_none(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0, certificate=True)
    examined_anew(tmp_path)
    later, anew = examined_anew(tmp_path, as_of=date(2020, 1, 1))
    assert anew == []
    assert later == aggregate(Request(sources=(tmp_path / "bundles",), track="neuclir-2024", as_of=date(2020, 1, 1)))
    schema = json.loads(dict(track_paths())["neuclir-2024"].read_bytes())
    own = tmp_path / "own.json"
    own.write_text(json.dumps({**schema, "title": "the organizer's own"}))
    result, anew = examined_anew(tmp_path, track=str(own))
    assert len(anew) == 2
    assert {finding.code for finding in result.details.findings} >= {"SUB013"}


def test_a_kept_result_that_somebody_forged_to_be_no_result_costs_an_examination_and_changes_nothing(
    tmp_path: Path, cache: Path
) -> None:
    a_track(tmp_path)
    first, _ = examined_anew(tmp_path)
    (file,) = cache.glob("*.sqlite")
    database = sqlite3.connect(file)
    for (sha256,) in database.execute("SELECT sha256 FROM results").fetchall():
        text = b'{"submission": {"records": ["__import__"]}}'
        row = (text, kept_results._digest(sha256, text), sha256)
        database.execute("UPDATE results SET text = ?, digest = ? WHERE sha256 = ?", row)
    database.commit()
    database.close()
    assert examined_anew(tmp_path)[0] == first


def test_a_bundle_that_can_not_be_read_is_looked_at_again(tmp_path: Path) -> None:
    a_track(tmp_path)
    missing = tmp_path / "bundles" / "missing.crate.zip"
    examined_anew(tmp_path, tmp_path / "bundles", missing)
    made = bundle(ordered(tmp_path)).path
    made.replace(missing)
    result, anew = examined_anew(tmp_path, tmp_path / "bundles", missing)
    assert anew == [missing.name]
    assert result.inventory.runs == 9


def test_equal_records_of_a_team_are_one_value(tmp_path: Path) -> None:
    paths = a_team(tmp_path, "lotus", 1.0)
    reader = Reader()
    one, other = (reader.read(examine(Bundle(name=str(path)), None)).submission for path in paths)
    assert one is not None
    assert other is not None
    assert one.records[0] is other.records[0]
    assert evolve(one.records[0]) == one.records[0]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_what_is_found_in_a_hostile_bundle_goes_through_its_text_unchanged(
    tmp_path: Path, sound: Members, hostile: Hostile
) -> None:
    path = tmp_path / "hostile.crate.zip"
    path.write_bytes(hostile.build(sound))
    found = _examined(path, None)
    text = format_examined(found)
    assert Reader().read(text) == found
    # Small whatever the bundle holds: thousands of them must fit into memory.
    assert len(text) < 256 * 1024


def test_an_object_that_did_not_change_is_not_even_fetched_again(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_to(server, monkeypatch)
    a_track(tmp_path)
    address = uploaded(tmp_path / "bundles", "resumed")
    first, anew = examined_anew(tmp_path, address)
    assert len(anew) == 8
    assert examined_anew(tmp_path, address) == (first, [])
    changed = next((tmp_path / "bundles").rglob("*birch-one*"))
    forged(changed, another_readme).replace(changed)
    s3fs.S3FileSystem().put_file(str(changed), f"{address}/birch-1/{changed.name}")
    after, anew = examined_anew(tmp_path, address)
    assert anew == [changed.name]
    assert after == summed_up(tmp_path, address)
    # The same content from a folder is known by its digest.
    assert examined_anew(tmp_path)[1] == []
