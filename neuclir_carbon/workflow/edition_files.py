"""The files of both editions as bytes: tables are written here while another process draws the figures."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.model.json_data import format_long_json
from neuclir_carbon.model.letter import TeamLetter
from neuclir_carbon.model.slugs import slugs
from neuclir_carbon.report.svg import FinishedFigure
from neuclir_carbon.workflow.aggregating import Aggregate
from neuclir_carbon.workflow.aside import aside
from neuclir_carbon.workflow.public_scan import LastLook, figures_of_nobody, own_texts

ORGANIZER, PUBLIC = Path("organizer"), Path("public")
# Within an edition.
LETTERS, RECEIPTS, INDEX = Path("letters"), Path("receipts"), Path("letters/index.csv")
File = tuple[Path, bytes]


class _Drawn(NamedTuple):
    """What is drawn for an edition; `own_texts` is what the figures of anybody's edition would say."""

    figures: Sequence[FinishedFigure]
    own_texts: Sequence[str] = ()


def edition_files(result: Aggregate) -> list[File]:
    """The files of both editions, with the edition in their paths. `Unwritable` when one of the public edition names
    what it must not (checks/giveaways.py)."""
    with aside([partial(_organizers_drawn, result), partial(_public_drawn, result)], in_turn=True) as (full, public):
        organizers = list(_organizers_files(result, full))
        look, own = LastLook.for_names(result.names), own_texts(result.public, result.track_file)
        drawn = public()
        for_all = list(_public_files(result, drawn.figures))
    look.refuse_giveaways(((path.as_posix(), data) for path, data in for_all), [*own, *drawn.own_texts])
    return [*organizers, *for_all]


def _organizers_drawn(result: Aggregate) -> _Drawn:
    from neuclir_carbon.report import charts

    drawings = charts.organizer_drawings(result.inventory, result.details)
    return _Drawn([drawing.finished() for drawing in drawings])


def _public_drawn(result: Aggregate) -> _Drawn:
    from neuclir_carbon.report import charts

    drawings = charts.public_drawings(result.public)
    return _Drawn([drawing.finished(for_print=True) for drawing in drawings], figures_of_nobody(result.public))


def _organizers_files(result: Aggregate, drawn: Callable[[], _Drawn]) -> Iterator[File]:
    """What needs no figures comes first: `drawn` waits for them."""
    from neuclir_carbon.report import letters, pages, tables

    inventory, details, receipts = result.inventory, result.details, result.release.receipts
    yield ORGANIZER / "inventory.json", format_long_json(inventory)
    yield ORGANIZER / "findings.json", format_long_json(details.findings)
    yield ORGANIZER / "teams.csv", tables.teams_csv(details)
    yield ORGANIZER / "runs.csv", tables.runs_csv(details)
    yield ORGANIZER / "activities.csv", tables.activities_csv(details)
    yield ORGANIZER / "certificates.csv", tables.certificates_csv(details)
    names = slugs(letter.team for letter in result.letters)
    written = list(_letters(result.letters, names, receipts.keys()))
    for _, name, text, _ in written:
        yield ORGANIZER / LETTERS / name, text
    yield ORGANIZER / INDEX, letters.letters_index(written)
    for team, receipt in receipts.items():
        yield ORGANIZER / RECEIPTS / f"{names[team]}.json", format_long_json(receipt)
    figures = drawn().figures
    yield from _figure_files(ORGANIZER, figures)
    beside = [(letter, (LETTERS / name).as_posix()) for letter, name, _, _ in written]
    page = pages.organizer_page(inventory, details, rules=entries(), figures=figures, letters=beside)
    yield ORGANIZER / "index.html", page.encode()


def _letters(
    letters: Iterable[TeamLetter], names: Mapping[str, str], with_receipt: Iterable[str]
) -> Iterator[tuple[TeamLetter, str, bytes, str | None]]:
    """Each letter with the name of its file, its text, and the name of the receipt that goes with it, if one does."""
    from neuclir_carbon.report.letters import format_letter

    rules, having = entries(), frozenset(with_receipt)
    for letter in letters:
        receipt = f"{names[letter.team]}.json" if letter.team in having else None
        text = format_letter(letter, rules, receipt=receipt).encode()
        yield letter, f"{names[letter.team]}.txt", text, receipt


def _public_files(result: Aggregate, figures: Sequence[FinishedFigure]) -> Iterator[File]:
    from neuclir_carbon.report import pages, tables

    yield PUBLIC / "index.html", pages.public_page(result.public, figures=figures).encode()
    yield PUBLIC / "inventory.json", format_long_json(result.public)
    yield PUBLIC / "table.tex", tables.latex_table(result.public).encode()
    yield PUBLIC / "sentence.txt", (tables.sentence(result.public).rstrip("\n") + "\n").encode()
    yield PUBLIC / "commitment.json", format_long_json(result.release.commitment)
    yield from _figure_files(PUBLIC, figures)


def _figure_files(edition: Path, figures: Iterable[FinishedFigure]) -> Iterator[File]:
    for figure in figures:
        yield edition / "figures" / f"{figure.name}.svg", figure.svg.encode()
        yield edition / "figures" / f"{figure.name}.pdf", figure.pdf
