"""`log` and `export`: what a ledger holds, and the same for other programs."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.errors import BadOption, Unreadable

if TYPE_CHECKING:
    from neuclir_carbon.model.record import ActivityRecord

DEFAULT_LEDGER = Path("carbon")
LedgerOption = Annotated[
    list[Path] | None,
    typer.Option("--ledger", metavar="DIR", envvar="NEUCLIR_CARBON_LEDGER", help="Ledger; repeatable. Default: carbon"),
]


class LogFormat(StrEnum):
    """How `log` prints."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


def log(
    ledger: LedgerOption = None,
    tree: bool = typer.Option(False, "--tree", help="Show steps under the pipeline that ran them."),
    price_per_tonne: float | None = typer.Option(
        None, metavar="AMOUNT", help="Add what offsetting the total would cost at this price."
    ),
    currency: str = typer.Option("USD", metavar="CODE", help="Currency of that price."),
    in_: Annotated[
        list[str] | None,
        typer.Option(
            "--in", metavar="PLACE", help="The same work there: FRA, USA:vermont, aws:eu-north-1; repeatable."
        ),
    ] = None,
    format: LogFormat = typer.Option(LogFormat.TEXT, help="How to print."),
) -> None:
    """Show a ledger's records and their totals.

    Each activity counts once: a record that another one supersedes does not count, and a step inside another wrapped
    step counts under its own name. A damaged record is named on stderr, the rest is shown, and the exit code is 1.
    """
    from neuclir_carbon.cli.estimate_text import elsewhere_lines
    from neuclir_carbon.factors.equivalents import EQUIVALENTS
    from neuclir_carbon.model.counting import counted, current, outermost, totals
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.report.records import log_text, records_csv
    from neuclir_carbon.workflow.elsewhere import elsewhere
    from neuclir_carbon.workflow.estimating import Price
    from neuclir_carbon.workflow.ledgers import open_ledgers

    price = None if price_per_tonne is None else Price(per_tonne=price_per_tonne, currency=currency).checked()
    opened = open_ledgers(*(ledger or [DEFAULT_LEDGER]))
    records = current(opened.records)
    activities = counted(opened.records)
    whole, there = totals(activities), elsewhere(outermost(activities), in_ or ())
    console.findings(opened.findings)
    if format is LogFormat.CSV:
        console.data(records_csv(opened.records))
    elif format is LogFormat.JSON:
        value = {
            "records": [plain(record) for record in records],
            "totals": plain(whole),
            "equivalents": [
                {**plain(equivalent), "units": plain(equivalent.of(whole.emissions_kg_co2e))}
                for equivalent in EQUIVALENTS
            ],
        }
        if there:
            value["elsewhere"] = [plain(one) for one in there]
        if price is not None:
            value["offset_cost"] = price.told(whole.emissions_kg_co2e.central)
        console.result(value, console.Format.JSON, str)
    else:
        console.out("\n".join([log_text(opened.records, tree=tree), *elsewhere_lines(there)]))
        if price is not None:
            cost = f"{price.cost_of(whole.emissions_kg_co2e.central):,.2f} {price.currency}"
            console.out(f"At {price.per_tonne:g} {price.currency} per tonne, offsetting it would cost {cost}")
        console.note(f"next: {_next_step(records)}")
    if opened.findings:
        raise typer.Exit(1)


def _next_step(records: Sequence["ActivityRecord"]) -> str:
    """What to do now, as a command."""
    if not records:
        return "neuclir-carbon run --activity retrieval -- COMMAND, or neuclir-carbon estimate --help"
    if any(record.grid is not None and record.grid.basis == "unspecified" for record in records):
        return "say where the work runs: neuclir-carbon init --country DEU (or another), for the records to come"
    return "neuclir-carbon bundle RUN --track TRACK --task TASK --team TEAM"


def export(
    source: Path = typer.Argument(metavar="BUNDLE|LEDGER", help="A bundle (*.crate.zip) or a ledger's folder."),
    to: str = typer.Option(
        ..., "--to", metavar="FORMAT",
        help="ir-metadata, huggingface, csv, codecarbon-csv, latex, text, json, or tira.",
    ),
    out: Path | None = typer.Option(
        None, "--out", metavar="FILE", help="Write here instead of to stdout; tira: a folder."
    ),
    training_type: str | None = typer.Option(
        None, metavar="TYPE", help="huggingface: pre-training or fine-tuning, as the model card says it."
    ),
    activity: Annotated[
        list[str] | None,
        typer.Option("--activity", metavar="NAME", help="huggingface: these activities alone; repeatable."),
    ] = None,
) -> None:  # fmt: skip
    """Hand on records: for TIRA and TIREx, a model card, CodeCarbon's readers, spreadsheets, and papers.

    `text` is the paragraph for a paper with its BibTeX entries, `latex` a table that compiles alone. What a format
    can't hold is said on stderr. Each activity counts once. csv and json have the
    records as they are, a pipeline's with its steps' energy in it; csv's columns counted_… add up to the total.
    """
    from neuclir_carbon.report.huggingface import Card
    from neuclir_carbon.store.files import write_bytes
    from neuclir_carbon.workflow import exporting

    target = exporting.known_target(to)
    if target != exporting.HUGGINGFACE and (training_type is not None or activity):
        option = "--training-type" if training_type is not None else "--activity"
        raise BadOption(f"{option} is for --to huggingface, and the format is {target}")
    if target == exporting.TIRA:
        if out is None:
            raise BadOption("--to tira writes a folder; name it with --out DIR")
        console.findings(exporting.export_for_tira(source, out))
        console.note(f"wrote {out}; next: tira-cli upload --directory {out}")
        return
    card = Card(training_type=training_type, activities=tuple(activity or ())).checked()
    if out is not None and out.is_dir():
        raise Unreadable(f"{out} is a folder; give a file to --out")
    found = exporting.export(source, target, card)
    console.findings(found.findings)
    for told in found.notes:
        console.note(f"note: {console.safe(told.replace(console.NO_BREAK_SPACE, ' '))}")
    if out is None:
        console.data(found.data)
    else:
        write_bytes(out, found.data)
        console.note(f"wrote {out}")
    if not found.passed:
        raise typer.Exit(1)
