"""The command line: every command's place in the tree, and the one place that catches `CarbonError`."""

import io
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from neuclir_carbon.cli import console
from neuclir_carbon.errors import BadOption, CarbonError, Unwritable
from neuclir_carbon.version import __version__

PROGRAM = "neuclir-carbon"
INTERRUPTED = 130
# Every command in the order of the help, and for whom it is.
PANELS = {
    **dict.fromkeys(
        ("demo", "doctor", "init", "run", "recover", "import", "log", "amend", "estimate", "validate", "certificate"),
        "Participant",
    ),
    **dict.fromkeys(("bundle", "form", "export"), "Participant"),
    **dict.fromkeys(("verify", "aggregate", "coverage", "receipt", "check-evalbase"), "Organizer"),
    **dict.fromkeys(("tracks", "explain", "sources"), "Both"),
}
# Where each command and each group of commands stands. A call that names one loads no other.
COMMANDS = {
    "init": "measuring.init",
    "recover": "measuring.recover",
    "doctor": "measuring.doctor",
    "import": "importing.import_",
    "log": "ledgers.log",
    "amend": "importing.amend",
    "sources": "estimating.sources",
    "validate": "validating.validate",
    "bundle": "bundling.bundle",
    "form": "bundling.form",
    "export": "ledgers.export",
    "verify": "bundling.verify",
    "check-evalbase": "evalbase.check_evalbase",
    "aggregate": "organizing.aggregate",
    "coverage": "organizing.coverage",
    "explain": "validating.explain",
    "demo": "demonstrating.demo",
}
GROUPS = {
    "estimate": "estimating.app",
    "certificate": "certificates.app",
    "receipt": "receipts.app",
    "tracks": "validating.tracks",
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


def build(only: str | None = None) -> typer.Typer:
    """The whole command tree, or the tree with one command in it."""
    app = typer.Typer(
        name=PROGRAM,
        cls=InOrder,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown" if console.is_terminal(sys.stdout) else None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    if only in (None, "run"):
        from neuclir_carbon.cli import measuring

        app.command("run", rich_help_panel=PANELS["run"], context_settings=measuring.RUN_CONTEXT)(measuring.run)
    for name, place in COMMANDS.items():
        if only in (None, name):
            app.command(name, rich_help_panel=PANELS[name])(_standing_at(place))
    for name, place in GROUPS.items():
        if only in (None, name):
            group = _standing_at(place)
            app.add_typer(group if isinstance(group, typer.Typer) else group(), name=name, rich_help_panel=PANELS[name])
    return app


def _standing_at(place: str) -> Any:
    module, name = place.split(".")
    return getattr(import_module(f"neuclir_carbon.cli.{module}"), name)


def main(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code as the contract has it."""
    _end_in_order()
    try:
        command = get_command(build(arguments[0] if arguments and arguments[0] in PANELS else None))
        _settle_paths(command)
        code = command.main(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except CarbonError as error:
        console.error(str(error))
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except UsageFault as error:
        return _show_usage(error)
    except OSError as error:
        if not console.is_of_stdout(error):
            raise
        console.error(f"can't write to stdout: {error.strerror}")
        return Unwritable.exit_code
    if code == INTERRUPTED:
        # All of ours is cleaned up; a second Ctrl-C would break off what Python has to clean up, with a traceback.
        with suppress(ValueError):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code if isinstance(code, int) else 0


def _end_in_order() -> None:
    """Lets a TERM or a HUP end the command by way of its `finally`: a half-written file beside an output goes away."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        with suppress(ValueError):  # not the main thread: whoever called us has the signals
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)


def _show_usage(error: Any) -> int:
    """Typer's own message for a bad command line: what was typed may be long, or steer the terminal."""
    text = io.StringIO()
    error.show(file=text)
    console.note(console.shortened(console.safe(text.getvalue().rstrip("\n"))))
    return int(error.exit_code)


def _settle_paths(command: Any) -> None:
    """Makes every path of every command one path, as typed: not empty (the current folder by accident), not split at
    colons, and judged by who opens it (an unreadable file is exit 3, not a bad option)."""
    for inner in getattr(command, "commands", {}).values():
        _settle_paths(inner)
    for parameter in command.params:
        kind = parameter.type
        if hasattr(kind, "readable"):
            kind.readable = False
            kind.envvar_list_splitter = "\0"
            kind.convert = _not_empty(kind.convert)


def _not_empty(convert: Callable[..., Any]) -> Callable[..., Any]:
    def converted(value: Any, parameter: Any, context: Any) -> Any:
        if value == "":
            raise BadOption(f"{parameter.get_error_hint(context)} is empty, wanted a path")
        return convert(value, parameter, context)

    return converted
