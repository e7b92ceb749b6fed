"""Faults counted by code: what a walk over a long file keeps of what it finds."""

from collections.abc import Mapping, Set
from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault
from neuclir_carbon.model.run import Cause

# Of each rule so many different messages are counted apart, and so many places of each are kept.
CAUSES_COUNTED = 50
PLACES_KEPT = 5


class Tally:
    """Faults by code: how many there are, the first `most` of each, and how often the same was said.

    Codes in `off` are not asked for.
    """

    def __init__(self, most: int, off: frozenset[str]) -> None:
        self.most, self.off = most, off
        self.counts: dict[str, int] = {}
        self.kept: dict[str, list[Fault]] = {}
        self.causes: dict[str, dict[str, Cause]] = {}

    @property
    def sizes(self) -> dict[str, int]:
        """How many faults of each code are kept."""
        return {code: len(faults) for code, faults in self.kept.items()}

    def add(self, code: str, fault: Fault) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        kept = self.kept.setdefault(code, [])
        if len(kept) < self.most:
            kept.append(fault)
        self._count(code, Cause(fault.message, 1, (fault.location.line,)))

    def _count(self, code: str, cause: Cause) -> None:
        causes = self.causes.setdefault(code, {})
        known = causes.get(cause.message)
        if known is not None:
            places = known.lines
            if len(places) < PLACES_KEPT:
                places = (*places, *cause.lines)[:PLACES_KEPT]
            causes[cause.message] = Cause(cause.message, known.times + cause.times, places)
        elif len(causes) < CAUSES_COUNTED:
            causes[cause.message] = cause

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
            for cause in other.causes[code].values():
                self._count(code, cause)

    def trim(self, room: Mapping[str, int]) -> None:
        """Keeps no more of each code than there is room for; all stay counted."""
        for code, faults in self.kept.items():
            del faults[max(room[code], 0) :]
            if not faults:
                self.causes[code] = {}
