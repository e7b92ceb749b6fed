"""A check's outcome, in SARIF's words: findings with a code, a severity and a place; a verdict over all of them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from attrs import evolve, field, frozen

# Metadata of a field that stays out of the JSON data of its value.
NOT_IN_DATA = {"in_data": False}


class Severity(StrEnum):
    """How much a finding weighs: an `error` fails what was examined, a `warning` and a `note` do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@frozen(order=True)
class Location:
    """A place: a file or archive member, a line in it (from 1), a JSON pointer (RFC 6901) in that. Unknown is None."""

    path: str | None = None
    line: int | None = None
    pointer: str | None = None

    def __str__(self) -> str:
        place = self.path or ""
        if self.line is not None:
            place += f":{self.line}"
        if self.pointer:
            place += f"#{self.pointer}"
        return place

    def inside(self, path: str) -> "Location":
        """The same place, said to lie in `path`."""
        return evolve(self, path=path)


@frozen
class Fault:
    """What a rule yields: what was found, what was wanted, how to mend it, and where. It knows no code or severity.

    `to_team` says the same without other teams' names, files and numbers, where `message` has any.
    """

    message: str
    location: Location = Location()
    to_team: str | None = None


@frozen
class Finding:
    """A fault with the code and the severity that the rulebook and the policy give it."""

    code: str
    severity: Severity
    message: str
    location: Location = Location()
    to_team: str | None = field(default=None, metadata=NOT_IN_DATA)

    @property
    def in_a_letter(self) -> str:
        """What may be said of it to one team: nothing of any other."""
        return self.message if self.to_team is None else self.to_team

    def __str__(self) -> str:
        place = f"{self.location} " if str(self.location) else ""
        return f"{place}{self.code} {self.message}"

    def inside(self, path: str) -> "Finding":
        """The same finding, said to lie in `path`."""
        return evolve(self, location=self.location.inside(path))


@frozen
class Counts:
    """How many findings there are of each severity."""

    error: int = 0
    warning: int = 0
    note: int = 0

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Counts":
        tally = dict.fromkeys(Severity, 0)
        for finding in findings:
            tally[finding.severity] += 1
        return cls(tally[Severity.ERROR], tally[Severity.WARNING], tally[Severity.NOTE])


@frozen
class Policy:
    """Which findings count and how much: codes are chosen by prefix, levels by exact code (`off` drops the finding)."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(factory=dict)

    def severity(self, code: str, usual: Severity) -> Severity | None:
        """The severity of a code under this policy; None when the finding is not wanted."""
        level = self.levels.get(code, usual)
        if level == "off" or any(code.startswith(prefix) for prefix in self.ignore):
            return None
        if self.select and not any(code.startswith(prefix) for prefix in self.select):
            return None
        return Severity(level)
