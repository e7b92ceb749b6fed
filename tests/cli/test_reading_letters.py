"""Letters by the real command line, each read as the team that gets it."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hostile import canonical, with_digests
from making import a_ledger, a_record, a_run

from neuclir_carbon.model.json_data import format_json

EVIL = "evil\u202egnp\x1b[2J.exe"
Files = Mapping[str, bytes]


def program(place: Path, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "neuclir_carbon", *map(str, words)]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    return done


def handed_in(
    place: Path, team: str, tag: str, *, kwh: float = 1.0, revision: int = 1, track: str = "neuclir-2024",
    inbox: str = "inbox",
) -> Path:  # fmt: skip
    """A bundle that `bundle` wrote, in a folder of its own below the inbox."""
    ledger = a_ledger(place / f"ledger-{tag}-{revision}-{kwh}", a_record(f"rec-{tag}-{revision}-{kwh}", kwh=kwh))
    out = place / inbox / f"{team} {revision} {kwh}"
    run = a_run(place / "runs" / tag, depth=1)
    named = ("--track", track, "--task", "clir", "--team", team, "--revision", str(revision))
    program(place, "bundle", run, *named, "--ledger", ledger, "--out", out)
    return out / f"{tag}.crate.zip"


def aggregated(place: Path, out: str, *words: str, sources: tuple[str, ...] = ("inbox",)) -> str:
    """What `aggregate` says on stderr; the reports lie in `out`."""
    named = ("--track", "neuclir-2024", "--out", out, "--as-of", "2024-11-22", "--workers", "1")
    return program(place, "aggregate", *sources, *named, *words).stderr


def letter(place: Path, out: str, team: str) -> str:
    """A team's letter, with every run of blanks and line ends as one blank."""
    folder = place / out / "organizer" / "letters"
    rows = csv.DictReader((folder / "index.csv").read_text().splitlines())
    name = next(row["letter"] for row in rows if row["team"] == team)
    return " ".join((folder / name).read_text().split())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def zipped(files: Files, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive as any other program writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(path: Path, name: str, change: Callable[[Any], Any]) -> bytes:
    """The bundle with a document changed, and every digest made anew."""
    files = members(path)
    return canonical(with_digests({**files, name: format_json(change(json.loads(files[name])))}))


def put(place: Path, name: str, data: bytes) -> Path:
    path = place / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A track with something of everything, aggregated into `report`; and what the command said."""
    place = tmp_path_factory.mktemp("a track")
    for team in ("lotus", "maple", "cedar", "stranger"):
        handed_in(place, team, f"fas-{team}")
    out = handed_in(place, "lotus", "fas-lotus-out", kwh=3.0)
    (place / "withdrawn.txt").write_text(f"{sha256(out)}\n")
    handed_in(place, "maple", "fas-maple-23", track="neuclir-2023")
    handed_in(place, "cedar", "fas-two", kwh=1.0)
    handed_in(place, "cedar", "fas-two", kwh=2.0)
    birch = members(handed_in(place, "birch", "fas-birch", inbox="sent"))
    put(place, "birch/fas-birch.crate.zip", zipped({f"fas-birch.crate/{name}": data for name, data in birch.items()}))
    elm = members(handed_in(place, "elm", "fas-elm", inbox="sent"))
    put(place, "elm/fas-elm.crate.zip", zipped(elm))
    put(place, "nobody/notes.crate.zip", zipped({"notes.txt": b"our notes"}))
    evil = handed_in(place, "evil", "fas-evil", inbox="sent")
    put(place, f"{EVIL}/{EVIL}.crate.zip", forged(evil, "submission.json", lambda manifest: {**manifest, "team": EVIL}))
    names = ("lotus", "maple", "cedar", "birch", "elm", "on paper", "silent")
    (place / "roster.csv").write_text("team,aliases\n" + "".join(f"{name},\n" for name in names))
    (place / "forms.csv").write_text("team,tracked,offset\non paper,yes,no\nunheard of,yes,yes\n")
    lists = ("--roster", "roster.csv", "--forms", "forms.csv", "--withdrawn", "withdrawn.txt")
    return place, aggregated(place, "report", *lists)


def test_a_team_whose_bundle_was_packed_again_in_a_folder_is_told_to_send_it_as_it_was(
    track: tuple[Path, str],
) -> None:
    told = letter(track[0], "report", "birch")
    assert "fas-birch, task clir, revision 1: DOES NOT COUNT, it has errors (see below)" in told
    assert "holds the bundle's files in the folder 'fas-birch.crate': it was unpacked and packed again" in told
    assert "send the file that 'neuclir-carbon bundle' wrote, as it is, or make it anew" in told
    assert "fas-birch: once it comes as `bundle` wrote it, revision 1 counts; no other is needed." in told
    assert told.count("error ") == 1 and "--replaces" not in told


def test_a_team_whose_bundle_was_packed_again_without_a_folder_reads_one_error_and_not_twenty(
    track: tuple[Path, str],
) -> None:
    told = letter(track[0], "report", "elm")
    assert "holds the bundle's files as another program packed them" in told
    assert told.count("error ") == 1


def test_the_organizer_is_told_of_an_archive_of_nobody_and_what_to_write_to_its_sender(
    track: tuple[Path, str],
) -> None:
    place, said = track
    line = next(line for line in said.splitlines() if "INV018" in line)
    path = place / "inbox/nobody/notes.crate.zip"
    assert "inbox/nobody/notes.crate.zip INV018 does not say whose it is, so there is no letter" in line
    assert f"your file 'notes.crate.zip' (SHA-256 {sha256(path)}) can't be read as a bundle" in line
    assert "send the file that 'neuclir-carbon bundle' wrote" in line
    assert said.count("INV018") == 1


def test_of_two_bundles_of_one_revision_the_team_reads_which_counts_and_how_to_tell_them_apart(
    track: tuple[Path, str],
) -> None:
    place, _ = track
    told = letter(place, "report", "cedar")
    one, other = (sha256(place / "inbox" / f"cedar 1 {kwh}" / "fas-two.crate.zip") for kwh in (1.0, 2.0))
    loses, wins = (one, other) if f"sha256 {other} in the published total" in told else (other, one)
    assert f"(see below) fas-two.crate.zip ({loses[:12]}) sha256 {loses}" in told
    assert f"revision 1: counts fas-two.crate.zip ({wins[:12]}) sha256 {wins} in the published total" in told
    assert f"error INV002 fas-two.crate.zip ({loses[:12]}) is revision 1 of run fas-two" in told
    assert f"and so is the bundle with SHA-256 {wins}, which counts" in told
    assert f"fas-two: --revision 2 --replaces {wins}" in told
    assert "fas-cedar: --revision" not in told


def test_a_bundle_of_another_track_is_told_as_such_and_not_to_be_mended(track: tuple[Path, str]) -> None:
    told = letter(track[0], "report", "maple")
    assert "fas-maple-23, task clir, revision 1: DOES NOT COUNT, it is of another track (see below)" in told
    assert "is of track 'neuclir-2023', wanted 'neuclir-2024'; if it is meant for this one, make it with" in told
    assert told.count("error ") == 1 and "--replaces" not in told


def test_a_withdrawn_bundle_is_told_to_be_left_out_and_whom_to_write_to_otherwise(track: tuple[Path, str]) -> None:
    told = letter(track[0], "report", "lotus")
    assert "fas-lotus-out, task clir, revision 1: does not count, the organizers left it out as withdrawn" in told
    assert "is left out as if it had never been sent; if you did not ask for that, write to the organizers" in told
    assert "--replaces" not in told and "IT energy: 1.00 kWh" in told


def test_a_team_with_a_form_only_is_told_that_no_bundle_came_and_how_to_make_one(track: tuple[Path, str]) -> None:
    told = letter(track[0], "report", "on paper")
    assert "No bundle. Your form says that you tracked, and that counts as your answer." in told
    assert "Your emissions are in no total." in told and "If you sent one, tell the organizers" in told
    assert "neuclir-carbon bundle RUN --track neuclir-2024 --task TASK --team TEAM" in told
    silent = letter(track[0], "report", "silent")
    assert "Your form" not in silent and "If you sent one, tell the organizers" in silent


@pytest.mark.parametrize("team", ["stranger", "unheard of"])
def test_a_team_off_the_roster_is_asked_for_its_name_with_bundles_or_without(
    track: tuple[Path, str], team: str
) -> None:
    told = letter(track[0], "report", team)
    assert told.count("tell the organizers under which name your team is registered") == 1


def test_a_name_that_turns_the_terminal_or_the_page_stands_visible_in_its_letter(track: tuple[Path, str]) -> None:
    place, said = track
    files = [path for path in (place / "report/organizer/letters").iterdir() if "evil" in path.name]
    assert len(files) == 1 and files[0].name.isascii()
    text = files[0].read_text()
    assert r"Dear team evil\u202egnp\u001b[2J.exe," in text and r"evil\u202egnp\u001b[2J.exe.crate.zip" in text
    for everything in (text, said):
        assert "\u202e" not in everything and "\x1b" not in everything


def test_a_bundle_sent_again_waits_while_the_edition_stays_and_the_receipt_proves_the_old_one(tmp_path: Path) -> None:
    teams = {team: handed_in(tmp_path, team, f"fas-{team}") for team in ("lotus", "maple", "cedar", "birch")}
    aggregated(tmp_path, "first")
    newer = handed_in(tmp_path, "lotus", "fas-lotus", kwh=2.0, revision=2)
    assert "the edition that is out stays as it is" in aggregated(
        tmp_path, "second", "--published", "first/organizer/inventory.json"
    )
    told, older = letter(tmp_path, "second", "lotus"), teams["lotus"]
    still, waits = "the public edition that is out still contains it, until the next one", "not published yet"
    assert f"sha256 {sha256(older)} {still}" in told and f"sha256 {sha256(newer)} {waits}" in told
    assert "note INV003 fas-lotus.crate.zip" in told and "revision 1 of run fas-lotus was replaced" in told
    assert "A bundle of yours counts for the organizers and waits for the next public edition" in told
    assert checked(tmp_path, "second", older) == 0 and checked(tmp_path, "second", newer) == 1

    for team in ("maple", "cedar", "birch"):
        handed_in(tmp_path, team, f"fas-{team}", kwh=1.8, revision=2)
    said = aggregated(tmp_path, "third", "--published", "second/organizer/inventory.json")
    assert "stays as it is" not in said
    told = letter(tmp_path, "third", "lotus")
    assert f"sha256 {sha256(newer)} in the published total" in told and "waits" not in told and still not in told
    assert checked(tmp_path, "third", newer) == 0 and checked(tmp_path, "third", older) == 1
    assert checked(tmp_path, "third", newer, commitment="second") == 1


def checked(place: Path, out: str, bundle: Path, *, commitment: str | None = None) -> int:
    """The exit code of `receipt check` with team lotus' receipt and a public edition's commitment."""
    public = f"{commitment or out}/public/commitment.json"
    command = ["receipt", "check", f"{out}/organizer/receipts/lotus.json", "--commitment", public, "--bundle", bundle]
    done = subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *map(str, command)], cwd=place, capture_output=True, check=False
    )
    return done.returncode


Packer = Callable[[dict[str, bytes]], bytes]


def _in_a_folder(folder: str, **more: bytes) -> Packer:
    return lambda files: zipped({**{f"{folder}{name}": data for name, data in files.items()}, **more})


@pytest.mark.parametrize(
    "packer",
    [
        pytest.param(_in_a_folder("a folder/"), id="a folder with a blank"),
        pytest.param(_in_a_folder("folder\\"), id="with a backslash, as old Windows programs do"),
        pytest.param(lambda files: _in_a_folder("f/")(dict(sorted(files.items()))), id="in another order"),
        pytest.param(
            _in_a_folder("f/", **{"f/.DS_Store": b"x", "__MACOSX/f/._submission.json": b"x", "__MACOSX/._f": b"x"}),
            id="by macOS",
        ),
        pytest.param(lambda files: zipped({"f/": b"", **{f"f/{n}": d for n, d in files.items()}}), id="with an entry"),
        pytest.param(
            lambda files: zipped({f"f/{n}": d for n, d in files.items()}, method=zipfile.ZIP_STORED), id="stored"
        ),
    ],
)
def test_a_bundle_packed_again_in_a_folder_is_one_error_and_its_team_is_known(tmp_path: Path, packer: Packer) -> None:
    files = members(handed_in(tmp_path, "lotus", "fas-lotus", inbox="sent"))
    put(tmp_path, "x.crate.zip", packer(files))
    aggregated(tmp_path, "report")
    found = json.loads((tmp_path / "report/organizer/findings.json").read_text())
    assert [one["code"] for one in found if one["severity"] == "error"] == ["SUB035"]
    assert "packed again" in letter(tmp_path, "report", "lotus")


def test_a_newer_revision_that_counts_leaves_nothing_to_mend_of_an_older_one_with_errors(tmp_path: Path) -> None:
    old = handed_in(tmp_path, "lotus", "fas-lotus")
    old.write_bytes(forged(old, "activities.json", lambda records: [*records, *records]))
    handed_in(tmp_path, "lotus", "fas-lotus", kwh=2.0, revision=2)
    aggregated(tmp_path, "report")
    told = letter(tmp_path, "report", "lotus")
    assert "revision 1: DOES NOT COUNT, it has errors" in told
    assert "fas-lotus: revision 2 counts; there is nothing to mend." in told and "--replaces" not in told


def test_a_newer_revision_with_errors_is_mended_by_a_still_newer_one_and_the_older_counts(tmp_path: Path) -> None:
    old = handed_in(tmp_path, "lotus", "fas-lotus")
    new = handed_in(tmp_path, "lotus", "fas-lotus", kwh=2.0, revision=2)
    new.write_bytes(forged(new, "activities.json", lambda records: [*records, *records]))
    aggregated(tmp_path, "report")
    told = letter(tmp_path, "report", "lotus")
    assert "revision 1: counts" in told and "revision 2: DOES NOT COUNT, it has errors" in told
    assert f"fas-lotus: --revision 3 --replaces {sha256(old)}" in told
