"""What sacct prints for people: columns of fixed width under a line of dashes; what did not fit ends in `+`."""

import re
from collections.abc import Iterator
from pathlib import Path

from neuclir_carbon.checks.intake import BAD_ROW
from neuclir_carbon.model.reported import Remark
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.intake.table import Row

MOST_LINE_BYTES = 64 * 1024
_DASHES = re.compile(r"-+")
_RULER = re.compile(r"-+(?: +-+)*")


def is_ruler(line: str) -> bool:
    """Whether a line is dashes only, a column's width each."""
    return bool(_RULER.fullmatch(line.strip())) and len(line) <= MOST_LINE_BYTES


def read_columns(path: Path) -> Iterator[Row | Remark]:
    """The rows under each header and its ruler; a line that is too long is a `Remark`. What stands before is no row."""
    header = ""
    spans: list[tuple[int, int]] = []
    columns: dict[str, int] = {}
    with open_file(path) as stream:
        number = 0
        while data := stream.readline(MOST_LINE_BYTES + 1):
            number += 1
            if len(data) > MOST_LINE_BYTES:
                yield Remark(BAD_ROW.code, f"is longer than {MOST_LINE_BYTES:,} bytes", number)
                while data and not data.endswith(b"\n"):
                    data = stream.readline(MOST_LINE_BYTES)
                continue
            text = data.decode("utf-8", "replace").replace("\0", "\ufffd").rstrip("\r\n")
            if is_ruler(text):
                spans = [found.span() for found in _DASHES.finditer(text)]
                columns = {name.lower(): place for place, name in enumerate(_cells(header, spans)) if name}
            elif "jobid" in text.lower():
                header = text
            elif columns and text.strip():
                yield Row(number, columns, len(spans), _cells(text, spans))


def _cells(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end].strip() for start, end in spans]
