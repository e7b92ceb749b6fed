"""A certificate's PDF as text, read by a process that may little (store/pdf_child.py); or refused, OFF063.

PDF parsers fail on hostile files in ways that no `except` holds: they take all memory or never end. So a file is read
by a child with an empty environment and hard limits, and all that comes back is text, cut and made harmless.
"""

import hashlib
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

from neuclir_carbon.checks.offset_documents import REFUSED
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.store import pdf_child
from neuclir_carbon.store.files import open_file

MAX_BYTES = 5 * 1000 * 1000
WALL_SECONDS = 8
MAGIC = b"%PDF-"
INSTALL = "install it with: pip install 'neuclir-carbon[pdf]'"


@frozen(kw_only=True)
class PdfText:
    """A document's digest and size, and its text; None with the finding that says why it is refused."""

    sha256: str
    bytes: int
    text: str | None
    findings: tuple[Finding, ...] = ()


def read_pdf(path: Path) -> PdfText:
    """The text of a PDF, at most 100,000 characters. `Unreadable` when there is no such file, or no pypdf."""
    with open_file(path) as stream:
        data = stream.read(MAX_BYTES + 1)
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > MAX_BYTES:
        return _refused(path, data, f"has more than {MAX_BYTES:,} bytes")
    if not data.startswith(MAGIC):
        return _refused(path, data, "is no PDF: it does not begin with %PDF-")
    if find_spec("pypdf") is None:
        raise Unreadable(f"can't read {path}: reading PDFs needs pypdf; {INSTALL}")
    if find_spec("resource") is None:
        raise Unreadable(f"can't read {path}: this platform can't limit the process that reads it; type the values")
    answer = _answer(data)
    if "refused" in answer:
        return _refused(path, data, str(answer["refused"])[:200])
    return PdfText(sha256=digest, bytes=len(data), text=_harmless(str(answer["text"])))


def _answer(data: bytes) -> dict[str, str]:
    """What the child says of the bytes; a child that fails, is killed or takes too long refuses them."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", pdf_child.__file__],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": f"takes more than {WALL_SECONDS} s to read"}
    except OSError as error:
        raise Unreadable(f"can't start a process to read a PDF: {error.strerror}") from None
    try:
        answer = json.loads(done.stdout[: 20 * pdf_child.MOST_CHARACTERS])
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not {"text", "refused"} & set(answer):
        return {"refused": f"ends the process that reads it (exit code {done.returncode})"}
    return answer


def _harmless(text: str) -> str:
    """The text with nothing but what can be printed; words that a hyphen breaks over lines are joined."""
    plain = "".join(c if c.isprintable() or c == "\n" else " " for c in text[: pdf_child.MOST_CHARACTERS])
    return re.sub(r"-[ ]*\n[ ]*", "-", plain)


def _refused(path: Path, data: bytes, reason: str) -> PdfText:
    finding = REFUSED.reported(f"{reason}: type the values from the document instead", Location(path=str(path)))
    digest = hashlib.sha256(data).hexdigest()
    return PdfText(sha256=digest, bytes=len(data), text=None, findings=(finding,))
