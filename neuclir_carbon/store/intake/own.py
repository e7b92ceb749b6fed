"""Records of this program: JSONL, one document, or an array of them, each taken over as it is, id and digest."""

import re
from collections.abc import Iterator
from pathlib import Path

from neuclir_carbon.checks.intake import OWN_RECORD
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.record import SCHEMA
from neuclir_carbon.model.reported import OwnRecord, Remark, Statement
from neuclir_carbon.store.files import lines_of, open_file, read_bytes
from neuclir_carbon.store.intake.form import Form, Head
from neuclir_carbon.store.ledger import parse_record

TOOL = "neuclir-carbon"
# A record has some 5 kB; one line longer than this is none.
MOST_LINE_BYTES = 1024 * 1024
# Strings whole, so that a brace in one is none; nothing is tried twice.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_MARK = re.compile(rf'"schema"\s*:\s*"{re.escape(SCHEMA)}"')


def _looks_like(head: Head) -> bool:
    return head.text.lstrip().startswith(("{", "[")) and bool(_MARK.search(head.text))


def read(path: Path) -> Iterator[Statement]:
    """Each sound record of a file, and a remark for each that is not."""
    for line, data in lines_of(path, most=MOST_LINE_BYTES) if _has_lines(path) else _documents(path):
        if data is None:
            yield Remark(OWN_RECORD.code, f"is longer than {MOST_LINE_BYTES:,} bytes", line)
            continue
        parsed = parse_record(data, str(path))
        if parsed.value is not None:
            yield OwnRecord(line, parsed.value)
        else:
            said = "; ".join(f"{finding.code}: {finding.message}" for finding in parsed.findings[:3])
            yield Remark(OWN_RECORD.code, said, line)


def _has_lines(path: Path) -> bool:
    """Whether the first line that is not blank is a whole object."""
    with open_file(path) as stream:
        while line := stream.readline(MOST_LINE_BYTES):
            if text := line.strip():
                return text.startswith(b"{") and (text.endswith(b"}") or len(line) >= MOST_LINE_BYTES)
    return False


def _documents(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The documents of an array, or the one that the file is."""
    data = read_bytes(path)
    if not data.lstrip().startswith(b"["):
        yield 1, data
        return
    depth = begins = seen = 0
    line = 1
    for token in _TOKEN.finditer(data):
        first = data[token.start() : token.start() + 1]
        if first in (b"{", b"["):
            if depth == 1:
                begins = token.start()
                line += data.count(b"\n", seen, begins)
                seen = begins
            depth += 1
        elif first in (b"}", b"]"):
            depth -= 1
            if depth == 1:
                yield line, data[begins : token.end()]
            elif depth < 1:
                return
    raise Unreadable(f"{path} is torn: its array of records has no end")


FORM = Form(name=TOOL, title="records of this program, JSONL or JSON", looks_like=_looks_like, read=read)
