"""Faults counted by code: what a walk over a long file keeps of what it finds."""

from collections.abc import Mapping, Set
from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault


class Tally:
    """Faults by code: how many there are, and the first `most` of each. Codes in `off` are not asked for."""

    def __init__(self, most: int, off: frozenset[str]) -> None:
        self.most, self.off = most, off
        self.counts: dict[str, int] = {}
        self.kept: dict[str, list[Fault]] = {}

    @property
    def sizes(self) -> dict[str, int]:
        """How many faults of each code are kept."""
        return {code: len(faults) for code, faults in self.kept.items()}

    def add(self, code: str, fault: Fault) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        kept = self.kept.setdefault(code, [])
        if len(kept) < self.most:
            kept.append(fault)

    def ask(self, book: Rulebook[Any], subject: Any, *, settled: Set[str] = frozenset()) -> None:
        """Shows a value to every rule of a book but those that are known to find nothing in it."""
        for code, entry in book.entries.items():
            if entry.rule is not None and code not in self.off and code not in settled:
                for fault in entry.rule(subject):
                    self.add(code, fault)

    def take(self, other: "Tally") -> None:
        """Adds what another tally counted."""
        for code, count in other.counts.items():
            self.counts[code] = self.counts.get(code, 0) + count
            kept = self.kept.setdefault(code, [])
            kept.extend(other.kept[code][: self.most - len(kept)])

    def trim(self, room: Mapping[str, int]) -> None:
        """Keeps no more of each code than there is room for; all stay counted."""
        for code, faults in self.kept.items():
            del faults[max(room[code], 0) :]
