"""Refusing a name: exact or nothing, with the names that contain it and those that look most like it."""

from collections.abc import Iterable

from neuclir_carbon.errors import UnknownName

MOST_SHOWN = 4


def unknown(kind: str, name: str, known: Iterable[str], *, hint: str) -> UnknownName:
    """The error for a name that is not known. `A100` is told `A100 SXM4 80GB`, which looks unlike it to a diff."""
    names = tuple(known)
    said = name.strip().casefold()
    within = [candidate for candidate in names if said in candidate.casefold()] if len(said) > 1 else []
    if within:
        more = ", …" if len(within) > MOST_SHOWN else ""
        hint = f"names with it: {', '.join(within[:MOST_SHOWN])}{more}; {hint}"
    return UnknownName(kind, name, names, hint=hint)
