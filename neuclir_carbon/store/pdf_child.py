"""Reads one PDF's text, as a program of its own: standard library and pypdf only, started by store/pdf_text.py.

It takes the file's bytes on stdin and prints one JSON object: `{"text"}`, or `{"refused"}` with the reason. Before
anything of the file is looked at it takes from itself memory, time and the right to write files, so that a hostile file
can end nothing but this process. Nothing is rendered, no link is followed, no script is run.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 5
MOST_PAGES = 10
MOST_OBJECTS = 20_000
MOST_CHARACTERS = 100_000
# ISO 32000: what acts by itself, starts programs, sends data, or carries files.
ACTIVE_KEYS = frozenset({"/JavaScript", "/JS", "/AA", "/Launch", "/XFA", "/RichMediaContent", "/RichMediaSettings"})
FILE_KEYS = frozenset({"/EmbeddedFile", "/EmbeddedFiles", "/EF"})
ACTIVE_KINDS = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Rendition", "/RichMedia", "/Movie", "/Sound"}
)
FILE_KINDS = frozenset({"/EmbeddedFile", "/FileAttachment", "/Filespec"})


class Refused(Exception):
    """Why the file is not read any further."""


def main() -> None:
    """Reads stdin, prints one JSON object."""
    limit_itself()
    try:
        answer = {"text": text_of(sys.stdin.buffer)}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except (MemoryError, RecursionError) as error:
        answer = {"refused": f"needs more than it may have ({type(error).__name__})"}
    except Exception as error:  # noqa: BLE001 - whatever a parser of hostile files may raise
        answer = {"refused": f"can't be read ({type(error).__name__})"}
    sys.stdout.write(json.dumps(answer))


def limit_itself() -> None:
    """Takes memory, time, and the right to write files or start processes from this process."""
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def text_of(stream: Any) -> str:
    """The text of all pages, at most `MOST_CHARACTERS`; `Refused` when the file may not be read."""
    import io
    import logging

    from pypdf import PdfReader

    logging.disable(logging.CRITICAL)
    reader = PdfReader(io.BytesIO(stream.read()), strict=False)
    if reader.is_encrypted:
        raise Refused("is encrypted")
    look_at(objects_of(reader))
    if len(reader.pages) > MOST_PAGES:
        raise Refused(f"has {len(reader.pages)} pages; a certificate has at most {MOST_PAGES}")
    texts, left = [], MOST_CHARACTERS
    for page in reader.pages:
        texts.append(page.extract_text()[:left])
        left -= len(texts[-1])
    return "\n".join(texts)


def look_at(values: Iterator[Any]) -> None:
    """Goes through a file's objects; `Refused` for too many, too many pages, files inside, or what acts by itself."""
    pages = 0
    for count, value in enumerate(values):
        if count >= MOST_OBJECTS:
            raise Refused(f"has more than {MOST_OBJECTS:,} objects")
        if not isinstance(value, dict) or not hasattr(value, "raw_get"):
            continue
        kinds = {str(value.raw_get(name)) for name in ("/Type", "/Subtype", "/S") if name in value}
        if FILE_KEYS.intersection(value) or FILE_KINDS & kinds:
            raise Refused("has files embedded")
        if ACTIVE_KEYS.intersection(value) or ACTIVE_KINDS & kinds:
            raise Refused("has active content (a script, or an action that starts or sends something)")
        pages += "/Page" in kinds
        if pages > MOST_PAGES:
            raise Refused(f"has more than {MOST_PAGES} pages; a certificate has at most that many")


def objects_of(reader: Any) -> Iterator[Any]:
    """Every object that the trailer reaches, each once, without following Python's own recursion."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [reader.trailer]
    while waiting:
        value = waiting.pop()
        if isinstance(value, IndirectObject):
            place = (value.idnum, value.generation)
            if place in seen:
                continue
            seen.add(place)
            value = value.get_object()
        yield value
        if isinstance(value, DictionaryObject):
            waiting.extend(value.raw_get(key) for key in value)
        elif isinstance(value, ArrayObject):
            waiting.extend(list.__iter__(value))
        if len(waiting) > MOST_OBJECTS * 10:
            raise Refused(f"has more than {MOST_OBJECTS:,} objects")


if __name__ == "__main__":
    main()
