"""pdfLaTeX as a reader of what we write: it stops at the first error, and may start nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PDFLATEX, BIBTEX = shutil.which("pdflatex"), shutil.which("bibtex")
needs_latex = pytest.mark.skipif(PDFLATEX is None or BIBTEX is None, reason="needs pdflatex and bibtex on the PATH")


def pdflatex(source: Path) -> str:
    """The log of a run over a file, in the file's folder; fails with the log's end where LaTeX does."""
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
    # `p`: LaTeX may read and write in and below this folder only.
    environment = {**os.environ, "openin_any": "p", "openout_any": "p"}
    done = subprocess.run(
        command, cwd=source.parent, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        env=environment,
    )  # fmt: skip
    log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    return log


def bibtex(source: Path) -> str:
    """What BibTeX says over a file's citations; fails where BibTeX does."""
    command = ["bibtex", source.stem]
    done = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout
