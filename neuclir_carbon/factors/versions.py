"""Which version of each outside table is installed: it goes into every record beside the number taken from it."""

from functools import cache

# The year of the data in ecologits' mixes, by release; the file itself does not tell it.
_ECOLOGITS_DATA_YEARS = {"0.11": 2025}


@cache
def version(distribution: str) -> str | None:
    """The installed version of a distribution, e.g. `3.3.2`; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(distribution)
    except PackageNotFoundError:
        return None


def ecologits_data_year() -> int | None:
    """The year of the electricity data in the installed ecologits; None for a release that we have not read."""
    installed = version("ecologits") or ""
    return _ECOLOGITS_DATA_YEARS.get(".".join(installed.split(".")[:2]))
