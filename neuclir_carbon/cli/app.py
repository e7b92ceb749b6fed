"""The command line: every command's place in the tree, and the one place that catches `CarbonError`."""

import sys
from collections.abc import Sequence
from typing import Any

import typer

from neuclir_carbon import __version__
from neuclir_carbon.cli import console
from neuclir_carbon.errors import CarbonError

PROGRAM = "neuclir-carbon"
INTERRUPTED = 130
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


def build() -> typer.Typer:
    """The whole command tree; the order here is the order in the help."""
    app = typer.Typer(
        name=PROGRAM,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
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
