"""The few ways in which a command gives up. `cli/app.py` catches `CarbonError` once and turns it into an exit code.

A fault in a document under examination is not an exception but a value (`model/finding.py`); an exception says that
the work asked for could not be done, where, and what to do about it.
"""

from collections.abc import Iterable


class CarbonError(Exception):
    """What a user can mend. The text says what happened, where, and what to do; `exit_code` is the contract's."""

    exit_code = 3


class BadOption(CarbonError):
    """An option or argument has a value that can't be right."""

    exit_code = 2


class UnknownName(BadOption):
    """A name (track, task, country, instance …) that is not known; the text gives the nearest known names."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        self.kind, self.name = kind, name
        self.nearest = nearest_names(name, known)
        text = f"there is no {kind} {_shown(name)}"
        if self.nearest:
            text += "; did you mean " + " or ".join(f"'{near}'" for near in self.nearest) + "?"
        super().__init__(text + (f" ({hint})" if hint else ""))


class Unreadable(CarbonError):
    """An input is missing, can't be read, or is not what an import or a settings file must be."""


class Unwritable(CarbonError):
    """An output could not be written; what stood there before still stands."""


class Rejected(CarbonError):
    """What was examined is bad, and the command can't go on without it."""

    exit_code = 1


def nearest_names(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """The up to `most` known names nearest to `name`: those that contain it, then those that look most like it.

    Case does not matter. `A100` is told `A100 SXM4 80GB`, which a comparison of letters alone would not find.
    """
    import difflib

    by_lower = {candidate.lower(): candidate for candidate in known}
    said = name[:200].strip().lower()
    within = [candidate for candidate in by_lower if len(said) > 1 and said in candidate]
    alike = difflib.get_close_matches(said, by_lower, n=most, cutoff=0.5)
    return tuple(by_lower[near] for near in dict.fromkeys([*within, *alike]))[:most]


def _shown(name: str) -> str:
    short = name if len(name) <= 80 else name[:77] + "…"
    return "'" + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in short) + "'"
