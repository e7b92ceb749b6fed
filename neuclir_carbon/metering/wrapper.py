"""One wrapped command from its order to its exit code: journal, child, meter, end. Standard library only."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neuclir_carbon.metering import machine
from neuclir_carbon.metering.journal import JournalWriter
from neuclir_carbon.metering.launch import (
    PARENT_VARIABLE,
    CannotStart,
    HeldSignals,
    Terminal,
    adopt_orphans,
    callers_environment,
    let_go_of_the_callers_files,
    start_child,
)
from neuclir_carbon.metering.order import Order, shown
from neuclir_carbon.model.journal_format import NOT_STARTED, is_record_id, new_record_id

_MOST_PROGRAM = 255
# As in the schema of an activity record.
_MOST_ARGUMENTS = 100_000
_MOST_ARGUMENT = 131_072


class Outcome:
    """How it ended: the exit code to give back, and the journal, if there is one, from which the record is made."""

    def __init__(self, exit_code: int, journal: JournalWriter | None) -> None:
        self.exit_code = exit_code
        self.journal = journal


def wrap(command: Sequence[str], order: Order, held: HeldSignals, warn: Callable[[str], None]) -> Outcome:
    """Runs a command to its end. `warn` hears what can't be recorded; the command runs in any case."""
    environment = callers_environment()
    record_id = new_record_id()
    begin = order.first_line(record_id, parent_of(os.environ))
    journal, trouble = open_journal(order.ledger, begin)
    environment[PARENT_VARIABLE.encode()] = record_id.encode()
    terminal = Terminal()
    adopt_orphans()
    try:
        child = start_child(command, environment, held, in_own_group=not terminal.is_ours)
    except CannotStart as error:
        warn(error.reason)
        _journal_quietly(journal, {"kind": NOT_STARTED, **machine.clocks(), "exit_code": error.exit_code})
        return Outcome(error.exit_code, journal)
    begun = {**machine.clocks(), **machine.cpu_times()}
    if trouble:
        warn(trouble)
    # What watching over it needs is imported only now.
    from neuclir_carbon.metering.control_group import ControlGroup
    from neuclir_carbon.metering.neighbours import Neighbours
    from neuclir_carbon.metering.supervise import Watch, wait_plainly

    group = None
    try:
        if journal is not None:
            group = ControlGroup.around(child.pid, record_id, os.environ)
        neighbours = None if journal is None else Neighbours(order.ledger, begin)
        watch = Watch(
            child, journal, held=held, terminal=terminal, interval_s=order.interval_s,
            neighbours=neighbours, group=group, warn=warn,
        )  # fmt: skip
        let_go_of_the_callers_files(watch.descriptors)
        watch.started(begun, os.environ)
        if journal is not None and order.options["meter"] != "cpu-time":
            watch.plan_meter(os.environ)
        return Outcome(watch.until_the_end(), journal)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with us, the command must not suffer
        warn(f"the command is no longer measured ({type(error).__name__}: {error}); it goes on")
        return Outcome(wait_plainly(child, held), journal)
    finally:
        if group is not None:
            group.remove()


def open_journal(ledger: str, begin: Mapping[str, Any]) -> tuple[JournalWriter | None, str | None]:
    """The journal with its first line on disk; or None, and in words why nothing can be recorded."""
    try:
        return JournalWriter.create(ledger, begin), None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, f"can't write to the ledger {shown(ledger)}: {reason}; the work goes on, nothing is recorded"


def parent_of(environment: Mapping[str, str]) -> str | None:
    """The record id of the wrapper around us, if there is one."""
    parent = environment.get(PARENT_VARIABLE, "")
    return parent if is_record_id(parent) else None


def program_name(argv0: str) -> str:
    """A program's name without its path, as text that a document may hold."""
    name = argv0.rpartition("/")[2] or argv0
    return name.encode("utf-8", "replace").decode("utf-8")[:_MOST_PROGRAM]


def kept_arguments(command: Sequence[str]) -> tuple[str, ...]:
    """A command's words as text that a document may hold: what is no UTF-8 in them is replaced, the rest cut off where
    the schema of a record ends."""
    words = command[:_MOST_ARGUMENTS]
    return tuple(os.fsencode(word).decode("utf-8", "replace")[:_MOST_ARGUMENT] for word in words)


def _journal_quietly(journal: JournalWriter | None, entry: Mapping[str, Any]) -> None:
    """Adds a line; where the disk does not take it, the journal keeps it in memory."""
    if journal is not None:
        try:
            journal.append(entry)
        except OSError:
            return
