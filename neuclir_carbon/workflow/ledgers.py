"""Opening ledgers: checkpoints of wrappers that are gone become records first, then everything is read."""

from contextlib import suppress
from pathlib import Path

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.store.ledger import Ledger, read_ledger
from neuclir_carbon.workflow.recovering import recover


def open_ledgers(*ledgers: Path) -> Ledger:
    """All sound records of ledgers, orphaned checkpoints recovered, and findings on the rest.

    A ledger that may not be written to is read all the same: its checkpoints then wait for someone who may.
    """
    for ledger in ledgers:
        # A ledger that is missing or closed is told of by `read_ledger`.
        with suppress(CarbonError, OSError):
            if ledger.is_dir():
                recover(ledger)
    return read_ledger(*ledgers)
