"""Both editions of a track's report on disk: everything is made in a folder beside and moved in at the end."""

import json
import os
import shutil
from collections.abc import Container, Iterable
from pathlib import Path

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.inventory import SCHEMA
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.slugs import slugs
from neuclir_carbon.store.files import beside_name, write_bytes
from neuclir_carbon.workflow.aggregating import Aggregate

EDITIONS = ("organizer", "public")
# Files whose names change with the teams and the measures: an earlier edition may hold others than this one.
FILES_OF_ANY_NAME = ("figures/*.svg", "figures/*.pdf", "letters/*.txt", "receipts/*.json")


def write_editions(result: Aggregate, out: Path) -> dict[str, Path]:
    """Writes both editions under `out` and gives the paths of their pages; earlier ones of ours are replaced.

    Everything is made in a folder beside and moved in at the end, both or none. `Unwritable` when an `organizer` or
    `public` stands there that holds anything not ours, or when something can't be written.
    """
    files = list(_files(result))
    try:
        for edition in EDITIONS:
            _refuse_foreign(out / edition, {path.relative_to(edition) for path, _ in files if path.parts[0] == edition})
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}; nothing was changed") from None
    staging = out / beside_name()
    try:
        staging.mkdir(mode=0o700)
        for path, data in files:
            write_bytes(staging / path, data)
        _move_in(staging, out)
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}; nothing was changed") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return {edition: out / edition / "index.html" for edition in EDITIONS}


def _refuse_foreign(place: Path, ours: Container[Path]) -> None:
    """`Unwritable` unless nothing stands at the place, or an edition and nothing else: it is going to be deleted."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise Unwritable(f"{place} is no folder; give another --out")
    found = [path.relative_to(place) for path in place.rglob("*") if path.is_symlink() or not path.is_dir()]
    foreign = sorted(path for path in found if path not in ours and not any(map(path.match, FILES_OF_ANY_NAME)))
    if foreign or (found and not _is_inventory(place / "inventory.json")):
        what = f"holds {foreign[0]}, which is" if foreign else "is"
        raise Unwritable(f"{place} {what} no part of an edition of ours; move it away, or give another --out")


def _is_inventory(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes())["schema"] == SCHEMA)
    except (OSError, ValueError, LookupError, TypeError):
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


def _files(result: Aggregate) -> Iterable[tuple[Path, bytes]]:
    from neuclir_carbon.report import charts, letters, pages, tables

    organizer, public = (Path(edition) for edition in EDITIONS)
    inventory, details = result.inventory, result.details
    drawings = charts.organizer_drawings(inventory, details)
    page = pages.organizer_page(inventory, details, rules=entries(), drawings=drawings)
    yield organizer / "index.html", page.encode()
    yield organizer / "inventory.json", format_json(inventory)
    yield organizer / "findings.json", format_json(details.findings)
    yield organizer / "teams.csv", tables.teams_csv(details)
    yield organizer / "runs.csv", tables.runs_csv(details)
    yield organizer / "activities.csv", tables.activities_csv(details)
    yield organizer / "certificates.csv", tables.certificates_csv(details)
    for drawing in drawings:
        yield organizer / "figures" / f"{drawing.name}.svg", drawing.svg.encode()
        yield organizer / "figures" / f"{drawing.name}.pdf", drawing.pdf()
    names = slugs(letter.team for letter in result.letters)
    for letter in result.letters:
        yield organizer / "letters" / f"{names[letter.team]}.txt", letters.format_letter(letter, entries()).encode()
    drawings = charts.public_drawings(result.public)
    yield public / "index.html", pages.public_page(result.public, drawings=drawings).encode()
    yield public / "inventory.json", format_json(result.public)
    yield public / "table.tex", tables.latex_table(result.public).encode()
    yield public / "sentence.txt", (tables.sentence(result.public).rstrip("\n") + "\n").encode()
    for drawing in drawings:
        yield public / "figures" / f"{drawing.name}.svg", drawing.svg.encode()
