"""The console script. `run` goes its own way, which imports neither Typer nor attrs before the child runs."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """The process's exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from neuclir_carbon.cli.app import main as run_app

    return run_app(arguments)
