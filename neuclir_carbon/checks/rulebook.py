"""Rules and the book they are entered in.

A rule is a pure function of one frozen value that yields faults; it knows neither its code nor its severity. Entering
it in a `Rulebook` gives it both, and a one-line summary; its docstring is the explanation that `explain CODE` prints.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from attrs import evolve, field, frozen

from neuclir_carbon.model.finding import Fault, Finding, Location, Policy, Severity

Subject = TypeVar("Subject")
Rule = Callable[[Subject], Iterable[Fault]]


@frozen
class Entry(Generic[Subject]):
    """One rule as it stands in a book. `rule` is None for a code that the reader itself reports (it can't go on)."""

    code: str
    severity: Severity
    summary: str
    explanation: str
    rule: Rule[Subject] | None = None

    def finding(self, fault: Fault, policy: Policy) -> Finding | None:
        """The fault as a finding of this rule; None if the policy does not want it."""
        severity = policy.severity(self.code, self.severity)
        return None if severity is None else Finding(self.code, severity, fault.message, fault.location, fault.to_team)

    def reported(self, message: str, location: Location | None = None, *, to_team: str | None = None) -> Finding:
        """A finding of this entry at its usual severity, where no policy applies."""
        return Finding(self.code, self.severity, message, location or Location(), to_team)


@frozen
class Rulebook(Generic[Subject]):
    """The rules about one kind of value, in the order in which they are applied."""

    subject: str
    entries: dict[str, Entry[Subject]] = field(factory=dict)

    @classmethod
    def joined(cls, subject: str, *books: "Rulebook[Any]") -> "Rulebook[Any]":
        """The rules of several books as one, in the order of their codes; ValueError where two of them use one code."""
        whole: Rulebook[Any] = cls(subject)
        for book in books:
            for entry in book.entries.values():
                whole._enter(entry)
        return evolve(whole, entries=dict(sorted(whole.entries.items())))

    def rule(self, code: str, severity: Severity, summary: str) -> Callable[[Rule[Subject]], Rule[Subject]]:
        """Enters the decorated function under a code; the function itself stays as it is."""

        def enter(rule: Rule[Subject]) -> Rule[Subject]:
            self._enter(Entry(code, severity, summary, inspect.getdoc(rule) or "", rule))
            return rule

        return enter

    def note(self, code: str, severity: Severity, summary: str, explanation: str) -> Entry[Subject]:
        """Enters a code that is reported where a value is read, not by a rule."""
        entry: Entry[Subject] = Entry(code, severity, summary, inspect.cleandoc(explanation))
        self._enter(entry)
        return entry

    def _enter(self, entry: Entry[Subject]) -> None:
        if entry.code in self.entries:
            raise ValueError(f"{entry.code} is entered twice in the rulebook of {self.subject}")
        if not entry.explanation:
            raise ValueError(f"{entry.code} has no explanation")
        self.entries[entry.code] = entry

    def examine(self, subject: Subject, policy: Policy | None = None) -> Iterator[Finding]:
        """The findings of every rule about one value, in the order of the book."""
        chosen = policy or Policy()
        for entry in self.entries.values():
            if entry.rule is None or chosen.severity(entry.code, entry.severity) is None:
                continue
            for fault in entry.rule(subject):
                finding = entry.finding(fault, chosen)
                if finding is not None:
                    yield finding
