"""The command line: every command's place in the tree, and the one place that catches `CarbonError`."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from neuclir_carbon.cli import (
    bundling,
    certificates,
    console,
    demonstrating,
    estimating,
    ledgers,
    measuring,
    organizing,
    validating,
)
from neuclir_carbon.errors import CarbonError
from neuclir_carbon.version import __version__

PROGRAM = "neuclir-carbon"
INTERRUPTED = 130
# Every command in the order of the help, and for whom it is.
PANELS = {
    **dict.fromkeys(("demo", "init", "run", "recover", "log", "estimate", "validate", "certificate"), "Participant"),
    **dict.fromkeys(("bundle", "export"), "Participant"),
    **dict.fromkeys(("verify", "aggregate", "coverage"), "Organizer"),
    **dict.fromkeys(("tracks", "explain"), "Both"),
}
# What Typer raises for a bad command line: the base class has no public name that holds from 0.24 to 0.28.
UsageFault: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if issubclass(base, Exception) and base.__name__ == "ClickException"
)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.out(f"{PROGRAM} {__version__}")
        raise typer.Exit


def root(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Carbon reporting for benchmark submissions: measure, estimate, validate, bundle, and aggregate a whole track."""


class InOrder(TyperGroup):
    """Lists commands in the order of the work, not commands before groups of commands."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=list(PANELS).index)


def build() -> typer.Typer:
    """The whole command tree."""
    app = typer.Typer(
        name=PROGRAM,
        cls=InOrder,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    app.command("run", rich_help_panel=PANELS["run"], context_settings=measuring.RUN_CONTEXT)(measuring.run)
    commands: dict[str, Callable[..., int | None]] = {
        "init": measuring.init,
        "recover": measuring.recover,
        "log": ledgers.log,
        "validate": validating.validate,
        "bundle": bundling.bundle,
        "export": ledgers.export,
        "verify": bundling.verify,
        "aggregate": organizing.aggregate,
        "coverage": organizing.coverage,
        "explain": validating.explain,
        "demo": demonstrating.demo,
    }
    for name, command in commands.items():
        app.command(name, rich_help_panel=PANELS[name])(command)
    groups = {"estimate": estimating.app, "certificate": certificates.app(), "tracks": validating.tracks}
    for name, group in groups.items():
        app.add_typer(group, name=name, rich_help_panel=PANELS[name])
    return app


def main(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code as the contract has it."""
    try:
        code = build()(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except CarbonError as error:
        console.error(str(error))
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain once more when it flushes at exit.
        sys.stdout = None
        return 0
    except UsageFault as error:
        return _show_usage(error)
    return code if isinstance(code, int) else 0


def _show_usage(error: Any) -> int:
    """Typer's own message for a bad command line."""
    error.show()
    return int(error.exit_code)
