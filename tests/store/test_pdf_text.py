"""PDFs of strangers: an ordinary one gives its text, a hostile one is refused in time and harms nobody."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pdf_files import HOSTILE, LINES, a_pdf, stream, text

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.pdf_text import read_pdf

SECONDS = 10
BYTES = 512 * 1024 * 1024
# "Refused" for some of these would be one right answer and an empty text another: nothing in them is a certificate.
EITHER = {"pages-in-a-circle", "tables-in-a-circle", "form-in-itself", "torn", "noise", "deep"}
PROGRAM = """
import json, re, resource, sys
from pathlib import Path
from neuclir_carbon.store.pdf_text import read_pdf
read = read_pdf(Path(sys.argv[1]))
own = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
most = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps([read.text, [finding.code for finding in read.findings], [f.message for f in read.findings], most]))
"""


def test_an_ordinary_certificate_gives_its_text(tmp_path: Path) -> None:
    path = tmp_path / "c.pdf"
    path.write_bytes(a_pdf())
    read = read_pdf(path)
    assert read.findings == ()
    assert read.text is not None
    assert read.text.splitlines() == list(LINES)
    assert read.bytes == path.stat().st_size


def test_what_can_not_be_seen_is_read_too_so_that_it_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "c.pdf"
    path.write_bytes(a_pdf(stream(text(["3 CERs"], hidden=["3000 CERs"]))))
    assert (read_pdf(path).text or "").split() == ["3", "CERs", "3000", "CERs"]


def test_a_link_is_allowed_and_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "c.pdf"
    path.write_bytes(a_pdf(page=b"/Annots [<< /Subtype /Link /A << /S /URI /URI (https://x.example/) >> >>] "))
    assert read_pdf(path).text is not None


def test_text_comes_without_control_characters_and_no_longer_than_needed(tmp_path: Path) -> None:
    path = tmp_path / "c.pdf"
    path.write_bytes(a_pdf(stream(text(["\\033[31m" + "x" * 200_000, "KE-5-1-2-2-0-", "5336"]))))
    read = read_pdf(path)
    assert read.text is not None
    assert len(read.text) <= 100_000
    assert "\x1b" not in read.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pdf_is_refused_in_time_and_in_bounded_memory(name: str, tmp_path: Path) -> None:
    data, words = HOSTILE[name]
    path = tmp_path / "x.pdf"
    path.write_bytes(data)
    before = set(tmp_path.iterdir())
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, cwd=tmp_path, check=True)
    assert time.monotonic() - start < SECONDS
    text_found, codes, messages, most_kib = json.loads(done.stdout)
    # Of the process that asks and of the one that reads; rusage of a test's own child would tell the test's size.
    assert most_kib * 1024 < BYTES
    if name not in EITHER or text_found is None:
        assert (text_found, codes) == (None, ["OFF063"])
        assert words in messages[0]
    else:
        assert "CER" not in text_found or name == "tables-in-a-circle"
    assert set(tmp_path.iterdir()) == before


def test_what_is_no_file_is_unreadable(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("missing", "fifo", ""):
        with pytest.raises(Unreadable):
            read_pdf(tmp_path / name)
