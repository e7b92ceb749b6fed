"""Where schemas/ and templates/ lie: inside the package when installed from a wheel, beside it in a checkout."""

from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shelf(name: str) -> Path:
    """The folder `schemas` or `templates`.

    In a wheel it lies inside the package. Beside the package it counts only in a checkout (where `pyproject.toml`
    stands), so that a stranger's `site-packages/schemas` is never taken for ours.
    """
    inside = _PACKAGE / name
    if inside.is_dir():
        return inside
    beside = _PACKAGE.parent / name
    if beside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    raise FileNotFoundError(f"neuclir-carbon is installed without its '{name}' folder; install it again")


def schema_path(kind: str) -> Path:
    """The JSON Schema of a kind of document, e.g. `activity-record/1`."""
    name, _, version = kind.partition("/")
    return shelf("schemas") / f"{name}-{version}.schema.json"


def track_paths() -> Iterator[tuple[str, Path]]:
    """(track id, path) of each track schema that comes with the package, by id."""
    for path in sorted((shelf("schemas") / "tracks").glob("*.json")):
        yield path.stem, path


def template_text(name: str) -> str:
    """The text of one file of `templates/`."""
    return (shelf("templates") / name).read_text(encoding="utf-8")
