"""Both editions of a track's report on disk: everything is made in a folder beside and moved in at the end."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.store.files import write_bytes
from neuclir_carbon.workflow.aggregating import Aggregate

EDITIONS = ("organizer", "public")


def write_editions(result: Aggregate, out: Path) -> dict[str, Path]:
    """Writes both editions under `out` and gives the paths of their pages; earlier ones of ours are replaced.

    Everything is made in a folder beside and moved in at the end. `Unwritable` when an `organizer` or `public` folder
    stands there that is not ours, or when something can't be written.
    """
    for edition in EDITIONS:
        there = out / edition
        if there.exists() and not (there / "inventory.json").is_file() and any(there.iterdir()):
            raise Unwritable(f"{there} holds something else than an edition of ours; give another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".aggregate-", dir=out))
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}; nothing was changed") from None
    try:
        for path, data in _files(result):
            write_bytes(staging / path, data)
        for edition in EDITIONS:
            _replace(staging / edition, out / edition, staging / f"old-{edition}")
    except OSError as error:
        raise Unwritable(f"can't write {out}: {error.strerror}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return {edition: out / edition / "index.html" for edition in EDITIONS}


def _replace(new: Path, place: Path, old: Path) -> None:
    if place.exists():
        place.rename(old)
    new.chmod(0o755)
    new.rename(place)


def _files(result: Aggregate) -> Iterable[tuple[Path, bytes]]:
    from neuclir_carbon.report import charts, pages, tables

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
    drawings = charts.public_drawings(result.public)
    yield public / "index.html", pages.public_page(result.public, drawings=drawings).encode()
    yield public / "inventory.json", format_json(result.public)
    yield public / "table.tex", tables.latex_table(result.public).encode()
    yield public / "sentence.txt", (tables.sentence(result.public).rstrip("\n") + "\n").encode()
    for drawing in drawings:
        yield public / "figures" / f"{drawing.name}.svg", drawing.svg.encode()
