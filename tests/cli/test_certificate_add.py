"""`certificate add` as a user meets it: by options, at a real terminal, and from a PDF that only proposes."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pdf_files import HOSTILE, a_pdf, stream, text

COMMAND = [sys.executable, "-m", "neuclir_carbon", "certificate", "add"]
BLOCK = "KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336"
SAID = (
    "--id", "VC99998/2024", "--serial", BLOCK, "--quantity", "3 CERs", "--retired-on", "2024-11-15", "--allocate",
    "neuclir-2024/TEAM3=250", "--purpose", "NeuCLIR 2024", "--signed-by", "A. Person", "--as-of", "2026-11-22",
)  # fmt: skip


def add(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--ledger", "carbon", *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def at_a_terminal(folder: Path, arguments: list[str], answers: list[str | bytes]) -> tuple[int, str]:
    """Runs the command at a pseudo-terminal and types each answer when it has stopped to wait for it."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(COMMAND[0], [*COMMAND, "--ledger", "carbon", *arguments], {**os.environ, "TERM": "dumb"})
    shown, waiting = b"", list(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        if waiting and shown.rstrip(b" ").endswith(b":") and not select.select([terminal], [], [], 0.1)[0]:
            answer = waiting.pop(0)
            os.write(terminal, answer if isinstance(answer, bytes) else answer.encode() + b"\n")
            shown += b"\n"
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def written(folder: Path) -> dict[str, Any]:
    (path,) = (folder / "carbon/certificates").iterdir()
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_options_make_a_reference_that_check_accepts(tmp_path: Path) -> None:
    told = add(tmp_path, *SAID, "--format", "json")
    assert told.returncode == 0, told.stderr
    data = json.loads(told.stdout)
    assert data["path"] == "carbon/certificates/VC99998-2024.json"
    assert data["reference"] == written(tmp_path)
    assert written(tmp_path)["quantity_kg"] == 3000
    assert (written(tmp_path)["programme"], written(tmp_path)["unit_type"]) == ("cdm", "CER")
    check = [*COMMAND[:-1], "check", str(tmp_path / data["path"]), "--as-of", "2026-11-22"]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_options_say_what_else_is_known_of_it(tmp_path: Path) -> None:
    more = ("--allocate", "neuclir-2023/TEAM3=9@2023-01-01/2023-12-31", "--label", "CCP", "--price", "12.50 usd",
            "--corresponding-adjustment", "not-applicable", "--other-uses", "--beneficiary", "TEAM3", "--retired-by",
            "A Seller", "--vintage", "2016-01-01/2016-12-31")  # fmt: skip
    told = add(tmp_path, *SAID, *more)
    assert told.returncode == 0, told.stderr
    document = written(tmp_path)
    assert document["allocations"][-1] == {
        "scope_id": "neuclir-2023/TEAM3", "kg": 9, "period": {"start": "2023-01-01", "end": "2023-12-31"},
    }  # fmt: skip
    assert (document["labels"], document["price"]) == (["CCP"], {"amount": "12.50", "currency": "USD"})
    assert (document["other_uses_declared"], document["corresponding_adjustment"]) == (True, "not-applicable")
    assert document["beneficiary"] == {"name": "TEAM3", "retired_by": "A Seller"}


def test_the_same_again_changes_nothing_and_something_else_is_refused(tmp_path: Path) -> None:
    assert add(tmp_path, *SAID).returncode == 0
    before = written(tmp_path)
    assert add(tmp_path, *SAID).returncode == 0
    told = add(tmp_path, *SAID, "--beneficiary", "TEAM3")
    assert told.returncode == 3
    assert "is there already" in told.stderr
    assert written(tmp_path) == before


@pytest.mark.parametrize(
    ("option", "value", "code", "words"),
    [
        ("--quantity", "3 tons", 2, "'ton' could be 907 or 1000 kg"),
        ("--quantity", "4 CERs", 1, "OFF012"),
        ("--retired-on", "15.11.2024", 2, "wanted a date"),
        ("--retired-on", "2027-01-01", 1, "OFF030"),
        ("--allocate", "TEAM3", 2, "wanted SCOPE=KG"),
        ("--allocate", "neuclir-2024/TEAM3=9999", 1, "OFF003"),
        ("--allocate", "neuclir-2024/TEAM3=9@2024", 2, "wanted a date"),
        ("--allocate", "neuclir-2024/TEAM3=9@2024-12-31/2024-01-01", 1, "OFF030"),
        ("--price", "12,50 USD", 2, "an amount and a currency"),
        ("--label", "BEST", 1, "OFF001"),
        ("--corresponding-adjustment", "perhaps", 1, "OFF001"),
        ("--programme", "nonsense", 1, "OFF001"),
        ("--id", "\x1b[31m", 1, "OFF001"),
        ("--vintage", "2016", 2, "wanted a date"),
        ("--from-pdf", "missing.pdf", 3, "missing.pdf"),
        ("--document", "missing.pdf", 3, "missing.pdf"),
    ],
)
def test_what_cannot_be_right_is_told_and_nothing_is_written(
    option: str, value: str, code: int, words: str, tmp_path: Path
) -> None:
    told = add(tmp_path, *SAID, option, value)
    assert told.returncode == code, told.stderr
    assert words in told.stderr
    assert not {"\x1b"} & set(told.stderr)
    assert "Traceback" not in told.stderr
    assert not list(tmp_path.rglob("*.json")) and not list(tmp_path.rglob("*.part"))


def test_without_a_terminal_what_is_missing_is_named_and_a_pdf_only_listed(tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(a_pdf())
    told = add(tmp_path, "--from-pdf", "c.pdf")
    assert told.returncode == 2
    assert "missing are certificate_id" in told.stderr
    assert "VC99998/2024" in told.stderr
    assert "nothing of it is taken by itself" in told.stderr
    assert not (tmp_path / "carbon").exists()


def test_a_pdf_that_says_something_else_is_a_warning_beside_the_options(tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(a_pdf(stream(text(["3 CERs", "VC99998/2024"], hidden=["3000 CERs"]))))
    told = add(tmp_path, *SAID, "--from-pdf", "c.pdf", "--format", "json")
    assert told.returncode == 0, told.stderr
    assert "OFF062" in {finding["code"] for finding in json.loads(told.stdout)["findings"]}
    assert str(written(tmp_path)["document"]).count("sha256") == 1


@pytest.mark.parametrize("name", ["script", "bomb", "10,000-pages", "too-large", "encrypted"])
def test_a_hostile_pdf_is_exit_1_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(HOSTILE[name][0])
    told = add(tmp_path, *SAID, "--from-pdf", "c.pdf")
    assert told.returncode == 1
    assert "OFF063" in told.stderr
    assert not (tmp_path / "carbon").exists()


def test_at_a_terminal_a_person_accepts_or_types_each_value(tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(a_pdf(stream(text(["VC99998/2024", "3 CERs", BLOCK], hidden=["3000 CERs"]))))
    answers: list[str | bytes] = [
        "", "1", "1", "3 tons", "1", "soon", "2024-11-15", "", "NeuCLIR 2024", "", "TEAM3", "neuclir-2024/TEAM3=250",
        "A. Person", "y",
    ]  # fmt: skip
    code, shown = at_a_terminal(tmp_path, ["--from-pdf", "c.pdf", "--as-of", "2026-11-22"], answers)
    assert code == 0, shown
    assert "1) 3 CERs" in shown
    assert "2) 3000 CERs" in shown
    assert "this can't be left out" in shown
    assert "the serials say: unit_type CER" in shown
    document = written(tmp_path)
    assert document["certificate_id"] == "VC99998/2024"
    assert document["quantity_kg"] == 3000
    assert document["purpose"] == "NeuCLIR 2024"
    assert "beneficiary" not in document


@pytest.mark.parametrize("last", ["n", b"\x03", b"\x04"])
def test_without_a_yes_nothing_is_written(last: str | bytes, tmp_path: Path) -> None:
    rest = [one for one in SAID if one not in ("--retired-on", "2024-11-15")]
    code, shown = at_a_terminal(tmp_path, rest, ["2024-11-15", "", "", last])
    assert code == 130, shown
    assert not (tmp_path / "carbon").exists()
