"""`aggregate` and `coverage`: the whole track."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.errors import BadOption

if TYPE_CHECKING:
    from neuclir_carbon.model.inventory import Inventory
    from neuclir_carbon.workflow.gathering import Found, Means

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE…", help="Bundles, folders of bundles, or addresses of a store (s3://bucket/prefix)."
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Let the workers of a Dask cluster of yours examine them (tcp://host:8786)."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, metavar="N", help="Processes that examine bundles. Default: one for each core."),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Take the results of bundles that were examined before and did not change."),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Judge dates as of this day. Default: SOURCE_DATE_EPOCH, else today."),
]

GO_ON = "The bundles that were examined are kept: go on with --resume"
Registry = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="A registry's export (CSV) to look certificates up in; repeatable."),
]
Earlier = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="INVENTORY",
        help="An earlier year's organizer/inventory.json: what it counted is shown apart; repeatable.",
    ),
]
Resolutions = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="People's decisions on disputed claims (resolution/1); repeatable."),
]


def aggregate(
    sources: Sources,
    track: str = typer.Option(..., help="Track id (tracks list), or a track schema's path."),
    out: Path = typer.Option(..., metavar="DIR", help="Where to write organizer/ and public/."),
    evaluation: list[Path] | None = typer.Option(
        None, metavar="LEDGER", help="Ledger of the organizers' own compute; repeatable."
    ),
    scores: Path | None = typer.Option(
        None, metavar="CSV", help="Effectiveness of the runs: columns run_tag, measure, value."
    ),
    min_group: int = typer.Option(3, min=2, max=1000, help="Teams that a figure of the public edition needs at least."),
    registry: Registry = None,
    earlier: Earlier = None,
    resolutions: Resolutions = None,
    since: Path | None = typer.Option(
        None, metavar="INVENTORY", help="Compare with an earlier year's organizer/inventory.json."
    ),
    published: Path | None = typer.Option(
        None, metavar="INVENTORY", help="The organizer/inventory.json whose public edition is out already."
    ),
    roster: Path | None = typer.Option(
        None, metavar="CSV", help="Teams that took part: columns team, aliases (names to merge, separated by ;)."
    ),
    forms: Path | None = typer.Option(
        None, metavar="CSV", help="Answers on the submission form: columns team, tracked, offset."
    ),
    withdrawn: Path | None = typer.Option(None, metavar="FILE", help="Bundles to leave out: one SHA-256 a line."),
    as_of: AsOf = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    resume: Resume = False,
    strict: bool = typer.Option(False, "--strict", help="Exit with 1 when any submission has an error."),
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Sum up all teams' bundles into two reports.

    One in full for the organizers, and a public one that gives no team away.

    Every activity counts once, also when several bundles carry it. A bundle with errors does not count and is listed.
    """
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.aggregating import Request
    from neuclir_carbon.workflow.aggregating import aggregate as sum_up
    from neuclir_carbon.workflow.dates import as_of_date
    from neuclir_carbon.workflow.editions import look_ahead, write_editions

    look_ahead(out)
    request = Request(
        sources=_sources(sources), track=track, as_of=as_of_date(as_of), evaluation=tuple(evaluation or ()),
        scores=scores, min_group=min_group, registry=tuple(registry or ()), earlier=tuple(earlier or ()),
        resolutions=tuple(resolutions or ()), since=since, published=published, roster=roster, forms=forms,
        withdrawn=withdrawn, means=_means(workers, scheduler, resume=resume),
    )  # fmt: skip
    # What is read stays to the end and holds no circles: looking for some all the time takes a quarter of it.
    gc.set_threshold(1_000_000, 50, 100)
    with _told_if_stopped(out):
        result = sum_up(request, _shown)
        gc.freeze()
        pages = write_editions(result, out)
    console.findings(result.details.findings)
    inventory = result.inventory
    value = {
        "organizer": str(pages["organizer"]),
        "public": str(pages["public"]),
        **{key: plain(getattr(inventory, key)) for key in ("track", "teams", "runs", "submissions", "activities")},
        "emissions_kg_co2e": plain(inventory.emissions_kg_co2e),
        "harmonized": plain(inventory.harmonized),
        "counted_earlier": inventory.counted_earlier,
        "since": plain(inventory.since),
        "answers": plain(inventory.answers),
        "coverage": plain(inventory.coverage),
        "findings": plain(inventory.findings),
        "as_of": inventory.as_of,
    }

    def text() -> str:
        paths = f"for the organizers: {pages['organizer']}\nfor the public: {pages['public']}"
        return "\n".join((*_said(inventory), paths))

    console.result(value, format, text)
    console.note(f"next: open {pages['organizer']}; only {pages['public'].parent} is meant to leave your hands")
    if strict and inventory.findings.error:
        raise typer.Exit(1)


@contextmanager
def _told_if_stopped(out: Path) -> Iterator[None]:
    """Says, when somebody stops the block, what became of the reports, as the disk has it."""
    from neuclir_carbon.workflow.editions import standing

    before = standing(out)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if standing(out) == before:
            console.note(f"stopped; nothing was written. {GO_ON}")
        else:
            console.note(f"stopped; both reports were written already, into {out}")
        raise


def _said(inventory: "Inventory") -> Iterable[str]:
    """The result in a few lines."""
    from neuclir_carbon.report.words import UNKNOWN, counted, hull, mass

    found, earlier, compared = inventory.emissions_kg_co2e, inventory.counted_earlier_group, inventory.harmonization
    what = (
        counted(inventory.teams, "team"),
        counted(inventory.runs, "run"),
        counted(inventory.activities, "activity", "activities"),
    )
    yield f"{inventory.track}: {', '.join(what)}"
    if inventory.activities == 0:
        yield "emissions: nothing counts"
    elif inventory.records_without_emissions == inventory.activities:
        yield f"emissions: {UNKNOWN}"
    else:
        yield f"emissions: {mass(found.central)} CO2e ({hull(found)})"
    if inventory.teams_without_number:
        yield f"{counted(inventory.teams_without_number, 'team')} without a number: not in the total"
    if earlier is not None:
        amount = mass(earlier.emissions_kg_co2e.central)
        how_many = counted(earlier.activities, "activity", "activities")
        yield f"counted in an earlier year, not in the total: {how_many}, {amount}"
    if compared is not None and inventory.harmonized is not None:
        yield f"under one set of grid factors: {mass(inventory.harmonized.central)} CO2e. {compared.sentence}"
    if inventory.since is not None:
        yield inventory.since.sentence


def coverage(
    sources: Sources,
    track: str | None = typer.Option(None, help="Track id or schema. Default: what the bundles name."),
    registry: Registry = None,
    earlier: Earlier = None,
    resolutions: Resolutions = None,
    as_of: AsOf = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    resume: Resume = False,
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Show by team what certificates cover, at which level of evidence.

    declared: named in a reference; documented: a document's digest or a registry's page is given; serial-consistent:
    the serial numbers parse, cover the quantity and overlap nobody's; registry-verified: retired in a registry's
    export (--registry). A disputed claim stays declared until a resolution settles it. Coverage does not measure
    credit quality.
    """
    from neuclir_carbon.cli.certificates import rows_read, show_coverage
    from neuclir_carbon.store.tracks import load_track
    from neuclir_carbon.workflow.bringing import brought
    from neuclir_carbon.workflow.collecting import collect
    from neuclir_carbon.workflow.dates import as_of_date

    published = load_track(track) if track is not None else None
    day = as_of_date(as_of)
    means = _means(workers, scheduler, resume=resume)
    with rows_read() as progress, brought(registry or (), earlier or (), resolutions or (), progress) as outside:
        try:
            collected = collect(_sources(sources), published, day, _shown, outside=outside, means=means)
        except (KeyboardInterrupt, SystemExit):
            console.note(f"stopped. {GO_ON}")
            raise
    console.findings(finding for finding in collected.findings if not finding.code.startswith("OFF"))
    show_coverage(collected.certified, format)


def _means(workers: int | None, scheduler: str | None, *, resume: bool) -> "Means":
    from neuclir_carbon.workflow.gathering import Means

    if workers is not None and scheduler is not None:
        raise BadOption("--workers is for this machine and --scheduler for a cluster; give one of them")
    return Means(workers=workers, scheduler=scheduler, keep=True, resume=resume)


def _sources(given: Sequence[str]) -> tuple[str, ...]:
    if "" in given:
        raise BadOption("a SOURCE is empty, wanted a path or an address")
    return tuple(given)


def _shown(found: Iterable["Found"], total: int) -> Iterable["Found"]:
    with console.results(found, "reading bundles", total) as counted:
        yield from counted
