"""Where what can be made again is kept: the user's cache."""

import os
from pathlib import Path

_VARIABLES = (("NEUCLIR_CARBON_CACHE", ""), ("XDG_CACHE_HOME", "neuclir-carbon"))


def cache_folder(name: str) -> Path:
    """The folder of that name in `NEUCLIR_CARBON_CACHE`, else in `neuclir-carbon` in the user's cache."""
    for variable, below in _VARIABLES:
        if value := os.environ.get(variable):
            return Path(value) / below / name
    return Path("~/.cache/neuclir-carbon").expanduser() / name
