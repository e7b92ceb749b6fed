"""What tests of the intake ask of the statements of a file."""

from collections.abc import Iterable
from pathlib import Path

from neuclir_carbon.model.reported import Dropped, Remark, Reported, Statement

DATA = Path(__file__).parent / "data" / "intake"


def reported(statements: Iterable[Statement]) -> list[Reported]:
    """The statements about energy or emissions."""
    return [statement for statement in statements if isinstance(statement, Reported)]


def only(statements: Iterable[Statement]) -> Reported:
    """The one statement about energy or emissions."""
    found = reported(statements)
    assert len(found) == 1, found
    return found[0]


def codes(statements: Iterable[Statement]) -> list[str]:
    """The codes of the remarks, in their order."""
    return [statement.code for statement in statements if isinstance(statement, Remark)]


def remarks(statements: Iterable[Statement]) -> list[Remark]:
    """The remarks, in their order."""
    return [statement for statement in statements if isinstance(statement, Remark)]


def dropped(statements: Iterable[Statement]) -> Dropped:
    """All that was left out."""
    whole = Dropped()
    for statement in statements:
        if isinstance(statement, Dropped):
            whole = whole.plus(statement)
    return whole
