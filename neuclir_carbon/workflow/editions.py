"""Both editions of a track's report on disk: everything is made in a folder beside and moved in at the end."""

import csv
import hashlib
import os
from collections.abc import Container
from pathlib import Path

from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.inventory import SCHEMA
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.store.files import beside_name, take_away, write_into_new
from neuclir_carbon.workflow.aggregating import Aggregate
from neuclir_carbon.workflow.edition_files import INDEX, LETTERS, ORGANIZER, PUBLIC, RECEIPTS, edition_files

EDITIONS = (ORGANIZER.name, PUBLIC.name)
# Files whose names change with tasks and measures: an earlier edition may hold others than this one.
FILES_OF_ANY_NAME = ("figures/*.svg", "figures/*.pdf")


def write_editions(result: Aggregate, out: Path) -> dict[str, Path]:
    """Writes both editions under `out` and gives the paths of their pages; earlier ones of ours are replaced.

    Everything is made in a folder beside and moved in at the end, both or none. `Unwritable` when an `organizer` or
    `public` stands there that holds anything not ours, when something can't be written, and when a file of the public
    edition names what it must not (checks/giveaways.py).
    """
    files = edition_files(result)
    try:
        for edition in EDITIONS:
            _refuse_foreign(out / edition, {path.relative_to(edition) for path, _ in files if path.parts[0] == edition})
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}; nothing was changed") from None
    staging = out / beside_name()
    try:
        staging.mkdir(mode=0o700)
        write_into_new(staging, files)
        _move_in(staging, out)
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}; nothing was changed") from None
    finally:
        take_away(staging)
    return {edition: out / edition / "index.html" for edition in EDITIONS}


def look_ahead(out: Path) -> None:
    """`Unwritable` where it is plain, before any work is done, that `write_editions` could write nothing there."""
    place = next(path for path in (out, *out.absolute().parents) if os.path.lexists(path))
    if not place.is_dir():
        raise Unwritable(f"can't write {out}: {place} is no folder; give another --out")
    if not os.access(place, os.W_OK | os.X_OK):
        raise Unwritable(f"can't write {out}: {place} may not be written into; give another --out")
    try:
        for edition in EDITIONS:
            _refuse_foreign(out / edition, None)
    except OSError as error:
        raise Unwritable(f"can't look at {out}: {error.strerror}; nothing was changed") from None


def standing(out: Path) -> tuple[tuple[int, int] | None, ...]:
    """Which folders stand in the places of the editions (device and number), None where none does."""
    return tuple(_folder_at(out / edition) for edition in EDITIONS)


def _folder_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _refuse_foreign(place: Path, ours: Container[Path] | None) -> None:
    """`Unwritable` unless nothing stands at the place, or an edition and nothing else: it is going to be deleted.

    Letters that an earlier edition wrote are ours as long as nobody has changed them. Which other files are ours is not
    asked where that is not known yet (`None`).
    """
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise Unwritable(f"{place} is no folder; give another --out")
    found = {path.relative_to(place) for path in place.rglob("*") if path.is_symlink() or not path.is_dir()}
    letters = _letters_before(place)
    changed = sorted(path for path in found & letters.keys() if not _has_digest(place / path, letters[path]))
    if changed:
        raise Unwritable(f"{place / changed[0]} was changed since we wrote it; move it away, or give another --out")
    foreign = [] if ours is None else sorted(path for path in found if not _is_known(path, ours, letters))
    if foreign or (found and not _is_inventory(place / "inventory.json")):
        what = f"holds {foreign[0]}, which is" if foreign else "is"
        raise Unwritable(f"{place} {what} no part of an edition of ours; move it away, or give another --out")


def _is_known(path: Path, ours: Container[Path], letters: Container[Path]) -> bool:
    """Whether a file is a part of this edition or was one of the earlier one, whose letters stand in its index."""
    if path.parent == LETTERS:
        return path == INDEX or path in letters
    receipt_of = LETTERS / path.with_suffix(".txt").name
    earlier = path.parent == RECEIPTS and receipt_of in letters
    return earlier or path in ours or any(map(path.match, FILES_OF_ANY_NAME))


def _letters_before(place: Path) -> dict[Path, str]:
    """The letters that an earlier edition wrote, with their digests; none where its index can't be read."""
    try:
        lines = (place / INDEX).read_text(encoding="utf-8").splitlines()
        return {LETTERS / row["letter"]: row["sha256"] for row in csv.DictReader(lines)}
    except (OSError, ValueError, LookupError, TypeError, csv.Error):
        return {}


def _has_digest(path: Path, sha256: str) -> bool:
    return not path.is_symlink() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _is_inventory(path: Path) -> bool:
    """Whether a file begins as ours do: a large one takes long to read."""
    begins = format_json({"schema": SCHEMA}).removesuffix(b"\n}\n")
    try:
        with path.open("rb") as stream:
            return stream.read(len(begins)) == begins
    except OSError:
        return False


def _move_in(staging: Path, out: Path) -> None:
    """Puts both editions in their places; whatever interrupts it, those that stood there come back."""
    try:
        for edition in EDITIONS:
            if (out / edition).exists():
                (out / edition).rename(staging / f"old-{edition}")
            (staging / edition).rename(out / edition)
    except BaseException:
        for edition in EDITIONS:
            if not (staging / edition).exists():
                (out / edition).rename(staging / edition)
            if (staging / f"old-{edition}").exists():
                (staging / f"old-{edition}").rename(out / edition)
        raise
