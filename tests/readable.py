"""Files as text, whatever kind they are of: what a reader could find in them."""

import io
from pathlib import Path

from pypdf import PdfReader


def text_of(path: str | Path, data: bytes | None = None) -> str:
    """A file's text; of a PDF what stands on its pages and in its metadata."""
    found = Path(path).read_bytes() if data is None else data
    if Path(path).suffix != ".pdf":
        return found.decode("utf-8")
    reader = PdfReader(io.BytesIO(found))
    return "\n".join([*(page.extract_text() for page in reader.pages), str(dict(reader.metadata or {}))])
