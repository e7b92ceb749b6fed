"""Which format a file is of, told by its content and never by its name."""

import codecs
from pathlib import Path

from neuclir_carbon.checks.file_kinds import kind_of_data
from neuclir_carbon.errors import UnknownName, Unreadable
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.intake import (
    carbontracker,
    codecarbon,
    eco2ai,
    model_card,
    own,
    own_table,
    sacct,
    tirex,
    zeus,
)
from neuclir_carbon.store.intake.form import HEAD_BYTES, Form, Head

# In the order in which they are asked: what has the most certain mark comes first.
FORMS: tuple[Form, ...] = (
    own.FORM, own_table.FORM, codecarbon.FORM, eco2ai.FORM, zeus.FORM, sacct.FORM, carbontracker.FORM,
    model_card.FORM, tirex.FORM, tirex.OTHER_FORM,
)  # fmt: skip
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def recognise(path: Path) -> Form | None:
    """The format of a file; None where it is of none of them. `Unreadable` when it can't be read, or is no text."""
    head = read_head(path)
    if other := kind_of_data(head.data):
        kind, remedy = other
        raise Unreadable(f"{path} is {kind}, and of no format that is known; {remedy}. Known: {known_forms()}")
    return next((form for form in FORMS if form.looks_like(head)), None)


def form_named(name: str) -> Form:
    """The format that `--from` names; `UnknownName` with the nearest ones."""
    for form in FORMS:
        if form.name == name:
            return form
    raise UnknownName("format", name, [form.name for form in FORMS], hint=f"known: {known_forms()}")


def read_head(path: Path) -> Head:
    """The beginning of a file; `Unreadable` when it is empty or no file."""
    with open_file(path) as stream:
        data = stream.read(HEAD_BYTES)
    if not data.strip():
        raise Unreadable(f"{path} is empty")
    if data.startswith(_UTF_16):
        raise Unreadable(f"{path} is text in UTF-16; save it again as UTF-8 (CSV UTF-8 in a spreadsheet's list)")
    return Head(path, data, _text(data))


def known_forms() -> str:
    """All formats in words."""
    return ", ".join(f"{form.name} ({form.title})" for form in FORMS)


def _text(data: bytes) -> str:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the end of the head cuts in two is none of the file's faults.
        if error.start > len(data) - 4:
            return data[: error.start].decode("utf-8")
        return data.decode("cp1252", "replace")
