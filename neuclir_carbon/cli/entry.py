"""The console script. `run` goes its own way, which imports neither Typer nor attrs before the child runs."""

import os
import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """The process's exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["run"]:
        _forget_current_folder()
        from neuclir_carbon.cli.running import run

        code = run(arguments[1:])
        if code is not None:
            return code
        arguments = ["run", "--help"]
    try:
        from neuclir_carbon.cli.app import main as run_app

        return run_app(arguments)
    except KeyboardInterrupt:
        # While the commands were still being imported.
        return INTERRUPTED


def _forget_current_folder() -> None:
    """Under `python -m` the current folder stands first in the module path: a `json.py` of the user's would be ours."""
    package_lies_in = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if sys.path and sys.path[0] not in ("", package_lies_in) and sys.path[0] == _current_folder():
        del sys.path[0]


def _current_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None
