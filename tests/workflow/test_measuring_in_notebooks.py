"""`measure` in a notebook: a real kernel, which has a loop of its own running and handlers of its own."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from wrapping import the_record

BEFORE = """
import asyncio, signal, sys, threading, neuclir_carbon
handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
streams = (sys.stdout, sys.stderr)
threads = threading.active_count()
"""
AFTER = """
assert handlers == {number: signal.getsignal(number) for number in handlers}
assert streams == (sys.stdout, sys.stderr)
assert threading.active_count() == threads
"""


def run_cells(*cells: str) -> list[Any]:
    """The outputs of the cells of a notebook, run one after the other in one kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return [cell["outputs"] for cell in notebook.cells]


def test_a_cell_leaves_a_record_and_its_kernel_as_it_was(tmp_path: Path) -> None:
    measured = f"""
with neuclir_carbon.measure(ledger={str(tmp_path)!r}, activity="indexing", country="DEU") as measurement:
    total = sum(range(3_000_000))
    print("inside")
print(measurement.record.activity)
"""
    outputs = run_cells(BEFORE, measured, AFTER)
    (said,) = outputs[1]
    assert (said["name"], said["text"]) == ("stdout", "inside\nindexing\n")
    assert outputs[2] == []
    assert the_record(tmp_path)["activity"] == "indexing"


def test_a_cell_that_awaits_is_measured_in_the_kernel_s_own_loop(tmp_path: Path) -> None:
    awaiting = f"""
@neuclir_carbon.measure(ledger={str(tmp_path)!r}, label="a coroutine")
async def step():
    await asyncio.sleep(0.1)
    return "done"
print(await step())
"""
    assert run_cells(BEFORE, awaiting, AFTER)[1][0]["text"] == "done\n"
    assert the_record(tmp_path)["label"] == "a coroutine"


def test_an_error_in_a_cell_is_the_cell_s_and_on_record(tmp_path: Path) -> None:
    failing = f"import neuclir_carbon\nwith neuclir_carbon.measure(ledger={str(tmp_path)!r}):\n    1 / 0\n"
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run_cells(failing)
    assert the_record(tmp_path)["command"]["failed_in_body"] is True
