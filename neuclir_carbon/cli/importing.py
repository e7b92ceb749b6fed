"""`import` and `amend`: what other trackers wrote, and what a record says wrongly."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.estimate_options import Format, placed, purpose_of
from neuclir_carbon.cli.ledgers import DEFAULT_LEDGER
from neuclir_carbon.errors import BadOption

if TYPE_CHECKING:
    from neuclir_carbon.model.record import ActivityRecord
    from neuclir_carbon.workflow.amending import Amended
    from neuclir_carbon.workflow.importing import Imported
    from neuclir_carbon.workflow.placing import Settled

# As in store/intake/recognising.py, which reads them; a test holds them together.
FORMATS = (
    "codecarbon", "carbontracker", "eco2ai", "tirex", "ir-metadata", "zeus", "sacct", "model-card",
)  # fmt: skip
Ledger = Annotated[
    Path, typer.Option("--ledger", metavar="DIR", envvar="NEUCLIR_CARBON_LEDGER", help="The ledger that it goes to.")
]
Activity = Annotated[str, typer.Option("--activity", metavar="NAME", help="What the work was for.")]
RunTag = Annotated[
    list[str] | None, typer.Option("--run-tag", metavar="TAG", help="A run that it serves (none: all the team's).")
]


@placed()
def import_(
    *,
    settled: "Settled",
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, or folders of files.")],
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="The format, where the content does not show it: " + ", ".join(FORMATS) + ".",
        ),
    ] = "auto",
    ledger: Ledger = DEFAULT_LEDGER,
    activity: Activity = "other",
    label: Annotated[
        str | None, typer.Option("--label", metavar="TEXT", help="The step's name. Default: as the file has it.")
    ] = None,
    run_tag: RunTag = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--time-zone", metavar="ZONE", help="Zone of times that tell none, such as Europe/Berlin."),
    ] = None,
    format: Format = console.Format.TEXT,
) -> None:
    """Bring in what other trackers recorded: CodeCarbon, carbontracker, eco2AI, tirex-tracker, Zeus, SLURM and more.

    Files are recognised by their content; a folder is walked. What a run wrote several times counts once, and what the
    ledger has already is not added again: import a file as often as it grows. Place and PUE are for files that tell
    none. Coordinates, paths, hosts and users stay out.
    """
    import time

    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.importing import import_files
    from neuclir_carbon.workflow.reported_records import Bringing, zone_named

    bringing = Bringing(
        purpose=purpose_of(activity, label, run_tag), settled=settled, zone=zone_named(time_zone) if time_zone else None
    )
    with console.counting("rows read") as progress:
        found = import_files(
            paths, ledger, bringing, now_s=time.time(), form=None if from_ == "auto" else from_, progress=progress
        )
    console.findings(found.findings)
    console.result(plain(found), format, lambda: _text(found))
    for hint in _hints(found):
        console.note(hint)
    if not found.passed:
        raise typer.Exit(1)


def _text(found: "Imported") -> str:
    from neuclir_carbon.report.words import counted, energy, hull, mass

    read = f"{counted(found.rows, 'row')} in {counted(found.files, 'file')}"
    lines = [f"imported {counted(found.imported, 'record')} from {read}; {found.skipped:,} were there already"]
    unknown = found.totals.records_without_emissions
    if found.imported > unknown:
        emissions = found.totals.emissions_kg_co2e
        lines.append(
            f"{energy(found.totals.it_energy_kwh)} of IT energy, {mass(emissions.central)} CO2e ({hull(emissions)})"
        )
    if unknown:
        lines.append(f"{counted(unknown, 'record')} of unknown emissions, in no sum")
    return "\n".join(lines)


def _hints(found: "Imported") -> list[str]:
    """What was left out, and what to do next."""
    kinds = ("coordinates", "paths", "hosts", "users")
    dropped = {kind: number for kind in kinds if (number := getattr(found.dropped, kind))}
    hints = []
    if dropped:
        hints.append("left out: " + ", ".join(f"{kind} of {number:,} rows" for kind, number in dropped.items()))
    if found.passed_by:
        hints.append(f"passed by: {found.passed_by:,} files of no known format")
    if any(record.grid is not None and record.grid.basis == "unspecified" for record in found.records):
        hints.append("hint: no place is told, so the range is the whole world's; give --country, or write it by init")
    if any(record.activity == "other" for record in found.records):
        hints.append("hint: --activity says what the work was for; it is now recorded as 'other' (amend changes it)")
    if found.path is not None:
        hints.append(f"recorded in {found.path}; next: neuclir-carbon log --ledger {found.path.parent.parent}")
    return hints


@placed(here_only=True)
def amend(
    *,
    settled: "Settled",
    record_id: Annotated[str, typer.Argument(metavar="RECORD_ID", help="The record, as `log` shows it.")],
    ledger: Ledger = DEFAULT_LEDGER,
    activity: Annotated[str | None, typer.Option("--activity", metavar="NAME", help="What the work was for.")] = None,
    label: Annotated[str | None, typer.Option("--label", metavar="TEXT", help="The step's name.")] = None,
    run_tag: Annotated[
        list[str] | None,
        typer.Option("--run-tag", metavar="TAG", help="A run that it serves, in place of those before; repeatable."),
    ] = None,
    all_runs: Annotated[bool, typer.Option("--all-runs", help="It serves all the team's runs.")] = False,
    format: Format = console.Format.TEXT,
) -> None:
    """Correct a record: a new one takes its place, the old one stays and no longer counts.

    What is not named stays as it was. Another place or PUE gives the same energy other emissions.
    """
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.amending import Change
    from neuclir_carbon.workflow.amending import amend as amended

    if all_runs and run_tag:
        raise BadOption("--all-runs and --run-tag are both given; give one of them")
    tags = () if all_runs else tuple(run_tag) if run_tag else None
    found = amended(ledger, record_id, Change(activity=activity, label=label, run_tags=tags, surroundings=settled))
    console.result(plain(found.record), format, lambda: _amended_text(found))
    console.note(f"recorded in {found.path}; {found.before.record_id} stays and no longer counts")


def _amended_text(found: "Amended") -> str:
    from neuclir_carbon.report.words import hull, mass

    def told(record: "ActivityRecord") -> str:
        whole = record.emissions.range
        emissions = "unknown emissions" if whole is None else f"{mass(whole.central)} CO2e ({hull(whole)})"
        runs = " ".join(record.run_tags) or "all runs"
        return f"{record.activity}, {record.label or '(no label)'}, {runs}: {emissions}"

    return f"{found.before.record_id}  {told(found.before)}\n{found.record.record_id}  {told(found.record)}"
