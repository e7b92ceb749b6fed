"""Opening ledgers: checkpoints of wrappers that are gone become records first, then everything is read."""

from pathlib import Path

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.store.ledger import Ledger, read_ledger
from neuclir_carbon.workflow.recovering import recover


def open_ledgers(*ledgers: Path) -> Ledger:
    """All sound records of ledgers, orphaned checkpoints recovered, and findings on the rest.

    A ledger that may not be written to is read all the same: its checkpoints then wait for someone who may.
    """
    for ledger in ledgers:
        if ledger.is_dir():
            try:
                recover(ledger)
            except CarbonError:
                continue
    return read_ledger(*ledgers)
