"""`run` as the help shows it, `recover`, `doctor` and `init`. The wrapper is entered in `running.py`, before Typer."""

import inspect
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.run_options import OPTIONS, RunOption

if TYPE_CHECKING:
    from neuclir_carbon.workflow.examining_machine import Ability

# So that the child's own options are not taken for ours. For whoever enters `run` in a Typer app.
RUN_CONTEXT = {"ignore_unknown_options": True, "allow_interspersed_args": False}
LedgerOption = Annotated[
    Path, typer.Option("--ledger", metavar="DIR", envvar="NEUCLIR_CARBON_LEDGER", help="The team's ledger.")
]


def run(**values: Any) -> None:
    """Run a command, untouched, and record its emissions.

    The command starts at once; its streams, signals, exit code and terminal are as without this word before it. One
    record goes to LEDGER/records. Everything after the first word that is no option belongs to the command.

    Example: run --activity indexing --country DEU -- python3 index.py --shards 8
    """
    from neuclir_carbon.cli import running

    raise typer.Exit(running.run(_arguments(values)) or 0)


def _arguments(values: dict[str, Any]) -> list[str]:
    """The command line that the values came from, for the wrapper's own parser."""
    arguments: list[str] = []
    for option in OPTIONS:
        value = values.get(option.key)
        if option.is_flag:
            arguments += [option.name] if value else []
        else:
            given = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
            arguments += [f"{option.name}={item}" for item in given]
    return [*arguments, "--", *values["command"]]


def _parameter(option: RunOption) -> inspect.Parameter:
    kind: Any = StrEnum(option.key, list(option.choices)) if option.choices else str
    kind = bool if option.is_flag else list[str] | None if option.is_repeatable else kind | None
    shown = typer.Option(
        option.name,
        metavar=None if option.choices else option.metavar,
        help=option.text,
        envvar=option.environment,
        show_default=False if option.default is None or option.is_flag else str(option.default),
    )
    return inspect.Parameter(
        option.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if option.is_flag else None,
        annotation=Annotated[kind, shown],
    )


def _declare(command: Any) -> None:
    """Gives `run` the signature that its declaration in `run_options.py` says, which is what Typer reads."""
    words = inspect.Parameter(
        "command",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[list[str], typer.Argument(metavar="COMMAND [ARG]...", help="What to run.")],
    )
    parameters = [words, *(_parameter(option) for option in OPTIONS)]
    command.__signature__ = inspect.Signature(parameters, return_annotation=None)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


_declare(run)


def recover(
    ledger: LedgerOption = Path("carbon"),
    format: Annotated[console.Format, typer.Option("--format", help="How to print the result.")] = console.Format.TEXT,
) -> None:
    """Make records of what killed wrappers have left behind.

    A wrapper that was killed leaves its checkpoints; they become an 'interrupted' record, once. Every command that
    reads a ledger does so by itself. Exit code 1 when there are checkpoints that nothing can be made of.
    """
    from neuclir_carbon.errors import Unreadable
    from neuclir_carbon.store.files import is_folder
    from neuclir_carbon.workflow.recovering import recover as recover_journals
    from neuclir_carbon.workflow.recovering import unrecoverable

    if not is_folder(ledger):
        raise Unreadable(f"there is no ledger {ledger}; give its folder with --ledger")
    records = recover_journals(ledger)
    troubles = unrecoverable(ledger)
    for text in troubles:
        console.note(console.safe(text))
    shown = [{"record_id": record.record_id, "status": record.status} for record in records]
    console.result(
        {"recovered": shown, "unrecoverable": list(troubles)},
        format,
        lambda: "\n".join(f"{item['record_id']} {item['status']}" for item in shown) or "nothing to recover",
    )
    if troubles:
        raise typer.Exit(1)


def doctor(
    ledger: LedgerOption = Path("carbon"),
    format: Annotated[console.Format, typer.Option("--format", help="How to print the result.")] = console.Format.TEXT,
) -> None:
    """Say what can be measured on this machine, what not, why, and how to change that.

    Everything is tried for real; nothing is changed, and nothing goes over the network. The exit code is 0 whatever is
    found: a machine that measures little still gives records, with wider ranges.
    """
    from attrs import asdict

    from neuclir_carbon.workflow.examining_machine import examine_machine

    found = examine_machine(ledger, os.environ)
    shown = {"checks": [asdict(ability) for ability in found]}
    console.result(shown, format, lambda: console.safe("\n".join(_ability_lines(found))))


def _ability_lines(abilities: "Sequence[Ability]") -> list[str]:
    """A line for each, and below it what its lack costs and what would change it; a command stays on one line."""
    lines = []
    width = max(len(ability.name) for ability in abilities)
    for ability in abilities:
        lines.append(f"{ability.state:7} {ability.name:{width}}  {ability.found}")
        more = (("costs:", ability.costs), ("to mend:", ability.mend))
        lines += [f"{'':{width + 10}}{word:8} {text}" for word, text in more if text is not None]
    return lines


def init(
    ledger: LedgerOption = Path("carbon"),
    country: Annotated[str | None, typer.Option(metavar="DEU", help="Country, ISO 3166 alpha-3.")] = None,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="US state, Canadian or Chinese province, Nordic zone.")
    ] = None,
    cloud: Annotated[str | None, typer.Option(metavar="PROVIDER", help="aws, azure or gcp.")] = None,
    cloud_region: Annotated[str | None, typer.Option(metavar="NAME", help="The provider's region.")] = None,
    intensity: Annotated[
        str | None, typer.Option(metavar="G_PER_KWH", help="Carbon intensity, if you know it, g CO2e/kWh.")
    ] = None,
    pue: Annotated[str | None, typer.Option(metavar="X", help="PUE, if you know it; at least 1.")] = None,
    site: Annotated[str | None, typer.Option(metavar="KIND", help="laptop or machine-room.")] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="The team's name in submissions.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write it anew, and lose what was there.")] = False,
    format: Annotated[console.Format, typer.Option("--format", help="How to print the result.")] = console.Format.TEXT,
) -> None:
    """Write down where a ledger's work runs: place, PUE and team.

    Example: init --country DEU --site machine-room --team TEAM3
    """
    from neuclir_carbon.metering.order import checked_choice, checked_number
    from neuclir_carbon.model.place import SITES
    from neuclir_carbon.workflow.settling import write_settings

    said = {
        "country": country,
        "region": region,
        "cloud": cloud,
        "cloud_region": cloud_region,
        "intensity_g_co2e_per_kwh": None if intensity is None else checked_number("--intensity", intensity, 0, 100_000),
        "pue": None if pue is None else checked_number("--pue", pue, 1, 100),
        "site": None if site is None else checked_choice("--site", site, SITES),
        "team": team,
    }
    path = write_settings(ledger, said, overwrite=force)
    console.result({"path": str(path)}, format, lambda: f"wrote {path}")
    if all(value is None for value in said.values()):
        console.note("Nothing was said: every line is a comment. Edit it, or give --country and --site, with --force.")
