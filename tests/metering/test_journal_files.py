"""The journal on disk: locked while its writer lives, free afterwards, and never half believed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neuclir_carbon.metering.journal import JournalWriter, OrphanedJournal

FIRST = {"kind": "begin", "record_id": "20241115T093000Z-4f1c2a9e"}


def test_a_journal_is_held_while_its_writer_lives(tmp_path: Path) -> None:
    writer = JournalWriter.create(str(tmp_path), FIRST)
    writer.append({"kind": "started"})
    assert OrphanedJournal.take(writer.path) is None
    writer.close()
    orphan = OrphanedJournal.take(writer.path)
    assert orphan is not None
    assert [line["kind"] for line in orphan.journal.lines] == ["begin", "started"]
    assert OrphanedJournal.take(writer.path) is None
    orphan.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_crash_of_the_writer_frees_it(tmp_path: Path) -> None:
    program = (
        "import os, sys; from neuclir_carbon.metering.journal import JournalWriter as W; "
        f"w = W.create(sys.argv[1], {FIRST!r}); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    assert OrphanedJournal.take(str(tmp_path / "journal" / "20241115T093000Z-4f1c2a9e.jsonl")) is not None


def test_one_id_is_one_journal(tmp_path: Path) -> None:
    JournalWriter.create(str(tmp_path), FIRST).close()
    with pytest.raises(FileExistsError):
        JournalWriter.create(str(tmp_path), FIRST)


def test_a_full_disk_is_told_once_and_the_rest_is_kept_in_memory(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
from neuclir_carbon.metering.journal import JournalWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = JournalWriter.create(sys.argv[1], {"kind": "begin", "record_id": "r"})
resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
told = 0
for number in range(20):
    try:
        writer.append({"kind": "reading", "number": number})
    except OSError:
        told += 1
writer.append({"kind": "ended"})
journal = writer.read()
print(told, journal.torn, [line.get("number", line["kind"]) for line in journal.lines][-2:])
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 True [19, 'ended']"


@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
def test_what_is_no_regular_file_is_no_journal(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "20241115T093000Z-4f1c2a9e.jsonl"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to("/etc/passwd")
    with pytest.raises(OSError):
        OrphanedJournal.take(str(path))


def test_a_journal_lands_on_no_stream_that_the_caller_closed(tmp_path: Path) -> None:
    program = (
        "import os, sys; from neuclir_carbon.metering.journal import JournalWriter as W; "
        f"w = W.create(sys.argv[1], {FIRST!r}); os._exit(w.descriptor)"
    )
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" "$2" <&- >&- 2>&-', sys.executable, program, str(tmp_path)], check=False
    )
    assert done.returncode >= 3
