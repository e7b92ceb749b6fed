"""Every rule there is, by its code: what `explain CODE` looks up."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from neuclir_carbon import checks
from neuclir_carbon.checks.rulebook import Entry, Rulebook
from neuclir_carbon.errors import UnknownName


def books() -> tuple[Rulebook[Any], ...]:
    """All rulebooks: the `BOOK` of each module in this package. They are loaded here, for most commands need few."""
    modules = (import_module(f"{checks.__name__}.{found.name}") for found in iter_modules(checks.__path__))
    return tuple(module.BOOK for module in modules if isinstance(getattr(module, "BOOK", None), Rulebook))


def entries() -> dict[str, Entry[Any]]:
    """Code → entry over all books, in the order of the codes; a code that two books use is a bug of ours."""
    return Rulebook.joined("every rule", *books()).entries


def explained(code: str) -> Entry[Any]:
    """The entry of a code, in whatever case it is written; `UnknownName` gives the nearest codes."""
    known = entries()
    wanted = code.strip().upper()
    if wanted not in known:
        raise UnknownName("code", code, known, hint="a finding shows its code after its place")
    return known[wanted]
