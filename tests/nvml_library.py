"""Builds a small library with NVML's names, to be loaded as NVIDIA's own is: tests/metering/nvml_shim.c."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "metering" / "nvml_shim.c"
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler to build the library")


def build(library: Path, **says: int) -> Path:
    """The library at that path, saying what `says` chooses: INIT, DEVICES, ENERGY, POWER, MIG, APART, NAME."""
    chosen = {"INIT": 0, "DEVICES": 1, "ENERGY": 0, "POWER": 0, **says}
    options = [f"-D{name}={value}" for name, value in chosen.items()]
    subprocess.run(["cc", "-shared", "-fPIC", *options, "-o", str(library), str(SOURCE)], check=True)
    return library
