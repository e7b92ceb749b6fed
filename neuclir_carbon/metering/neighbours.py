"""Other wrappers that measure on this machine for the same ledger, and how much CPU time their commands have used.

Each is known by its journal: whoever holds a journal's lock lives. Wrappers around us and inside us are no neighbours,
for their energy is ours or ours theirs; of several in each other the outermost stands for all. Standard library only.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from neuclir_carbon.metering import machine
from neuclir_carbon.model.journal_format import BEGIN, FOLDER, STARTED, SUFFIX

# The first two lines of a journal are shorter, unless someone keeps a very long command line.
_HEAD_BYTES = 64 * 1024
_MOST_RECORD_BYTES = 1024 * 1024
_MOST_JOURNALS = 1000


class _Neighbour:
    """A live wrapper: the wrapper around it, its command's process, which GPUs it sees, and its CPU time so far."""

    def __init__(self, begin: Mapping[str, Any], started: Mapping[str, Any]) -> None:
        self.parent_id = begin.get("parent_id")
        self.gpus = begin.get("gpus")
        self.pid: int = started["pid"]
        self._group = str(started.get("group") or "")
        # A block of Python is measured in a process that has worked before.
        self._before_s = (machine.tree_cpu_s(self.pid) or 0.0) if begin.get("program") is None else 0.0
        self.cpu_s = 0.0

    def look(self) -> bool:
        """Takes note of its CPU time; False where its command is over."""
        used = machine.tree_cpu_s(self.pid)
        if used is not None:
            self.cpu_s = max(self.cpu_s, used - self._before_s, self._in_its_group_s())
        return used is not None

    def _in_its_group_s(self) -> float:
        """The CPU seconds of its control group; 0 where it has none."""
        if not self._group:
            return 0.0
        from neuclir_carbon.metering.control_group import cpu_s_of

        return cpu_s_of(self._group) or 0.0


class Neighbours:
    """The neighbours of one record, over its whole time. `seen` never raises."""

    def __init__(self, ledger: str, begin: Mapping[str, Any]) -> None:
        self._ledger = ledger
        self._own_id = str(begin["record_id"])
        self._parent_id = begin.get("parent_id")
        self._boot_id = begin.get("boot_id")
        self._gpus = begin.get("gpus")
        self._known: dict[str, _Neighbour] = {}
        # Journals of other machines, or of wrappers that are gone.
        self._strange: set[str] = set()

    def seen(self) -> dict[str, Any]:
        """What a journal's line says of the neighbours since the line before it: `others`, by record id, with the CPU
        seconds that each has used so far and whether it sees the same GPUs. Empty where there are none."""
        try:
            found = self._others()
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}
        return {"others": found} if found else {}

    def _others(self) -> dict[str, Any]:
        live = {name for name in self._journals() if name not in self._strange and self._lives(name)}
        for record_id in live:
            if not self._known[record_id].look():
                self._known[record_id].cpu_s = self._in_its_journal(record_id)
        gone = {name for name in self._known if name not in live}
        for record_id in gone:
            self._known[record_id].cpu_s = self._in_its_record(record_id)
        shown = {name: self._shown(name) for name in self._outermost()}
        for record_id in gone:
            del self._known[record_id]
            self._strange.add(record_id)
        return shown

    def _shown(self, record_id: str) -> dict[str, Any]:
        neighbour = self._known[record_id]
        return {"cpu_s": round(neighbour.cpu_s, 6), "same_gpus": neighbour.gpus == self._gpus}

    def _outermost(self) -> list[str]:
        """The known ones that are neither around us nor inside us nor inside another."""
        around_us = set(self._around(self._parent_id))
        inside = {
            name for name in self._known
            if any(one in self._known or one == self._own_id for one in self._around(self._known[name].parent_id)
                   if one not in around_us)
        }  # fmt: skip
        return sorted(self._known.keys() - around_us - inside)

    def _around(self, parent_id: object) -> Iterator[str]:
        """A parent, its parent, and so on, as far as they are known."""
        met: set[str] = set()
        while isinstance(parent_id, str) and parent_id not in met:
            met.add(parent_id)
            yield parent_id
            parent_id = self._known[parent_id].parent_id if parent_id in self._known else None

    def _journals(self) -> list[str]:
        names = os.listdir(f"{self._ledger}/{FOLDER}")[:_MOST_JOURNALS]
        ids = {name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)}
        return sorted(ids - {self._own_id})

    def _lives(self, record_id: str) -> bool:
        """Whether a wrapper on this machine holds the journal, and its command runs; it is then known."""
        try:
            descriptor = os.open(f"{self._ledger}/{FOLDER}/{record_id}{SUFFIX}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            if not _is_locked(descriptor):
                return False
            if record_id not in self._known:
                self._meet(record_id, os.read(descriptor, _HEAD_BYTES))
        finally:
            os.close(descriptor)
        return record_id in self._known

    def _meet(self, record_id: str, head: bytes) -> None:
        lines = [json.loads(line) for line in head.split(b"\n")[:2] if line.startswith(b"{") and line.endswith(b"}")]
        begin = next((line for line in lines if line.get("kind") == BEGIN), None)
        started = next((line for line in lines if line.get("kind") == STARTED), None)
        if begin is not None and (self._boot_id is None or begin.get("boot_id") != self._boot_id):
            self._strange.add(record_id)
        elif begin is not None and started is not None and isinstance(started.get("pid"), int):
            self._known[record_id] = _Neighbour(begin, started)

    def _in_its_journal(self, record_id: str) -> float:
        """What a neighbour whose command is over, but whose record is not yet made, had used in all."""
        last_s = self._known[record_id].cpu_s
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            with open(f"{self._ledger}/{FOLDER}/{record_id}{SUFFIX}", "rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - _HEAD_BYTES))
                lines = [json.loads(line) for line in stream.read().split(b"\n") if line.startswith(b'{"kind":"ended"')]
            return max(last_s, *(float(line["child_cpu_s"]) for line in lines if "child_cpu_s" in line))
        return last_s

    def _in_its_record(self, record_id: str) -> float:
        """What a neighbour that has ended had used in all, as its record tells; else what was last seen."""
        last_s = self._known[record_id].cpu_s
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            with open(f"{self._ledger}/records/{record_id}.json", "rb") as stream:
                used = json.loads(stream.read(_MOST_RECORD_BYTES))["notes"]["command_cpu_s"]
            return max(last_s, float(used))
        return last_s


def _is_locked(descriptor: int) -> bool:
    """Whether someone holds the lock on an open file; False where the file system knows no locks."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
