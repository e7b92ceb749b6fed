"""Where bundles lie: files, folders of them, and object stores. The one door to what an organizer names as a source.

A place is text, as it was typed or listed: it is what findings name. An object is copied into a temporary file for as
long as it is read, so that a bundle's reader has one kind of thing to read, and memory stays what it is for a file.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from attrs import frozen

from neuclir_carbon.checks.submissions import NOT_READ
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.submission import SUFFIX
from neuclir_carbon.store.objects import copied, objects_at

MOST_PASSED_OVER_TOLD = 20
_ZIP = ".zip"
_PASSED_OVER = (
    f"was not read, for its name does not end in {SUFFIX}; rename it or name it as a source, if it is a bundle"
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class _Inside(NamedTuple):
    """What a source holds: bundles, other ZIP archives, and what is to be told of places."""

    bundles: list["Bundle"]
    others: list["Bundle"]
    told: list[tuple[str, str]]


@frozen(kw_only=True)
class Bundle:
    """A bundle that a source names. `name` is its path or address; `size` in bytes where the listing told it.

    `address` is the source's, where it is an object store, and `key` the object in it; `state` is what the store calls
    the object's content (its ETag), so that one which did not change is known without reading it.
    """

    name: str
    address: str | None = None
    key: str = ""
    size: int | None = None
    state: str | None = None

    @property
    def bytes(self) -> int:
        """How large it is, as far as one look tells."""
        if self.address is not None:
            return self.size or 0
        try:
            return os.stat(self.name).st_size  # noqa: PTH116 - a name that is no path has an answer, too
        except (OSError, ValueError):
            return 0


def is_address(source: str | os.PathLike[str]) -> bool:
    """Whether a source is an address (`s3://…`) and not a path."""
    return bool(_ADDRESS.match(os.fspath(source)))


def bundles_at(sources: Iterable[str | os.PathLike[str]]) -> tuple[list[Bundle], list[Finding]]:
    """The bundles that sources name, sorted, each once; a folder gives every `*.crate.zip` in it and below.

    Findings on folders without bundles, on those that can't be read, on links to folders, which are not followed, and
    on ZIP archives of another name, which are not opened: what lies there must not vanish in silence. `Unreadable`
    where an address needs a package that is not installed.
    """
    found: dict[str, Bundle] = {}
    others: dict[str, Bundle] = {}
    told: list[tuple[str, str]] = []
    real_folder = lru_cache(maxsize=None)(os.path.realpath)

    def once(bundle: Bundle) -> str:
        return bundle.name if bundle.address is not None else _real(bundle.name, real_folder)

    for given in sources:
        source = os.fspath(given)
        inside = _objects(source) if is_address(source) else _files(source)
        told.extend(inside.told)
        for bundle in inside.bundles:
            found.setdefault(once(bundle), bundle)
        for bundle in inside.others:
            others.setdefault(once(bundle), bundle)
    told.extend(_passed_over(sorted(other.name for one, other in others.items() if one not in found)))
    findings = [NOT_READ.reported(text, Location(path=place)) for place, text in told]
    return sorted(found.values(), key=lambda bundle: bundle.name), findings


def _passed_over(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is told of ZIP archives that no source names: of the first each, of the rest how many there are."""
    yield from ((name, _PASSED_OVER) for name in names[:MOST_PASSED_OVER_TOLD])
    if len(rest := names[MOST_PASSED_OVER_TOLD:]) == 1:
        yield rest[0], _PASSED_OVER
    elif rest:
        yield rest[0], f"was not read, and neither were {len(rest) - 1:,} more whose names do not end in {SUFFIX}"


def _real(name: str, real_folder: Callable[[str], str]) -> str:
    """Where a file really lies; a folder of many is looked up once."""
    if os.path.islink(name):  # noqa: PTH114 - a name that is no path has an answer, too
        return os.path.realpath(name)
    folder, base = os.path.split(name)
    return os.path.join(real_folder(folder), base)  # noqa: PTH118


@contextmanager
def on_disk(bundle: Bundle) -> Iterator[Path]:
    """A bundle as a file: itself, or a copy for as long as the block lasts. `Unreadable` where it can't be had."""
    if bundle.address is None:
        yield Path(bundle.name)
        return
    with copied(bundle.address, bundle.key, name=bundle.name, state=bundle.state) as path:
        yield path


def _files(source: str) -> _Inside:
    if os.path.isdir(source):  # noqa: PTH112 - unlike Path.is_dir, it has an answer for every path
        return _inside_folder(source)
    return _Inside([_file(source)], [], [])


def _file(path: str) -> Bundle:
    return Bundle(name=os.fspath(Path(path)) if path else path)


def _inside_folder(folder: str) -> _Inside:
    inside = _Inside([], [], [])

    def unread(error: OSError) -> None:
        inside.told.append((str(error.filename), f"can't be read: {error.strerror}; bundles in it are not counted"))

    for place, folders, files in os.walk(folder, onerror=unread):
        bundles = (name for name in (*files, *folders) if name.endswith(SUFFIX))
        inside.bundles.extend(_file(os.fspath(Path(place, name))) for name in bundles)
        inside.others.extend(_file(os.fspath(Path(place, name))) for name in files if _is_another_zip(name))
        links = (link for name in folders if (link := Path(place, name)).is_symlink())
        not_followed = "is a link to a folder and was not followed; name it as a source"
        inside.told.extend((str(link), not_followed) for link in links)
    if not inside.bundles:
        inside.told.append((folder, f"is a folder without bundles (*{SUFFIX})"))
    inside.told.sort()
    return inside


def _is_another_zip(name: str) -> bool:
    return name.casefold().endswith(_ZIP) and not name.endswith(SUFFIX)


def _objects(source: str) -> _Inside:
    objects, told = objects_at(source)
    inside = _Inside([], [], [])
    for item in objects:
        bundle = Bundle(name=item.name, address=source, key=item.key, size=item.size, state=item.state)
        if item.key.endswith(SUFFIX) or (_is_another_zip(item.key) and item.name == source):
            inside.bundles.append(bundle)
        elif _is_another_zip(item.key):
            inside.others.append(bundle)
    if not inside.bundles and not told:
        told = [f"names no bundle (*{SUFFIX})"]
    inside.told.extend((source, text) for text in told)
    return inside
