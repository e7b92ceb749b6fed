"""`run`: from its arguments to the wrapped command's exit code, and the record behind it.

Imports neither Typer nor attrs before the child runs.
"""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuclir_carbon.cli.run_options import RunRequest
    from neuclir_carbon.metering.wrapper import Outcome
    from neuclir_carbon.workflow.recording import Recorded

_OTHER_PLATFORM = 3


def run(arguments: Sequence[str]) -> int | None:
    """Wraps a command: its own exit code, or 2 when the options before it can't be right (it is then not started).

    None when help was asked for.
    """
    if sys.platform == "win32":
        _note("error: 'run' needs Linux or macOS; estimate the work instead ('neuclir-carbon estimate --help')")
        return _OTHER_PLATFORM
    from neuclir_carbon.cli.run_options import parse_run
    from neuclir_carbon.errors import CarbonError
    from neuclir_carbon.metering.launch import hold_signals, release_signals

    held = hold_signals()
    try:
        request = parse_run(arguments, os.environ)
        _check_place(request)
    except CarbonError as error:
        from neuclir_carbon.cli import console

        console.error(str(error))
        return error.exit_code
    if request.wants_help:
        release_signals(held)
        return None
    from neuclir_carbon.metering.order import Order, place_variables
    from neuclir_carbon.metering.wrapper import kept_arguments, program_name, wrap

    quiet = bool(request.options["quiet"])
    argv = kept_arguments(request.command) if request.options["keep_argv"] else None
    order = Order(request.options, place_variables(os.environ), program_name(request.command[0]), argv)
    outcome = wrap(request.command, order, held, _silent if quiet else _warn)
    recorded = _record(outcome, order.ledger, quiet=quiet)
    if recorded is not None and not quiet:
        _summarize(recorded)
    return outcome.exit_code


def _check_place(request: "RunRequest") -> None:
    """Refuses a place on the command line that is not known. Most command lines name none and pay nothing."""
    place = {name: request.options.get(name) for name in ("country", "region", "cloud", "cloud_region")}
    if any(value is not None for value in place.values()):
        from neuclir_carbon.factors.places import check_place

        check_place(**place)


def _record(outcome: "Outcome", ledger: str, *, quiet: bool) -> "Recorded | None":
    """Makes the record and then takes the journal away. Whatever goes wrong leaves the journal, and the exit code."""
    if outcome.journal is None:
        return None
    try:
        from pathlib import Path

        from neuclir_carbon.workflow.recording import conclude

        recorded = conclude(outcome.journal.read(), Path(ledger))
    except Exception as error:  # noqa: BLE001 - the command is over and has its exit code; a record can still be made
        if not quiet:
            _warn(f"the record is not written: {error}; its journal stays: 'neuclir-carbon recover --ledger {ledger}'")
        outcome.journal.close()
        return None
    outcome.journal.remove()
    return recorded


def _summarize(recorded: "Recorded") -> None:
    from neuclir_carbon.cli.run_summary import summary_lines

    for text in recorded.warnings:
        _warn(text)
    _note("\n".join(f"neuclir-carbon: {line}" for line in summary_lines(recorded)))


def _warn(text: str) -> None:
    _note(f"neuclir-carbon: {text}")


def _silent(text: str) -> None:
    """Hears a warning under `--quiet`."""


def _note(text: str) -> None:
    """A line of ours on stderr, if there is one; a reader who has left does not change how the command ended."""
    try:
        if sys.stderr is not None:
            os.write(sys.stderr.fileno(), text.encode(sys.stderr.encoding or "utf-8", "backslashreplace") + b"\n")
    except (OSError, ValueError):
        return
