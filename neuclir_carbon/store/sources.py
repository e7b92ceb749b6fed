"""Where bundles lie: files, folders of them, and object stores. The one door to what an organizer names as a source.

A place is text, as it was typed or listed: it is what findings name. An object is copied into a temporary file for as
long as it is read, so that a bundle's reader has one kind of thing to read, and memory stays what it is for a file.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from attrs import frozen

from neuclir_carbon.checks.submissions import NOT_READ
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.submission import SUFFIX
from neuclir_carbon.store.objects import copied, objects_at

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


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

    Findings on folders without bundles, on those that can't be read, and on links to folders, which are not followed:
    what lies there must not vanish in silence. `Unreadable` where an address needs a package that is not installed.
    """
    found: dict[str, Bundle] = {}
    findings: list[Finding] = []
    real_folder = lru_cache(maxsize=None)(os.path.realpath)
    for given in sources:
        source = os.fspath(given)
        inside, told = _objects(source) if is_address(source) else _files(source)
        findings.extend(NOT_READ.reported(text, Location(path=place)) for place, text in told)
        for bundle in inside:
            one = bundle.name if bundle.address is not None else _real(bundle.name, real_folder)
            found.setdefault(one, bundle)
    return sorted(found.values(), key=lambda bundle: bundle.name), findings


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


def _files(source: str) -> tuple[list[Bundle], list[tuple[str, str]]]:
    inside: list[str] = [source]
    told: list[tuple[str, str]] = []
    if os.path.isdir(source):  # noqa: PTH112 - unlike Path.is_dir, it has an answer for every path
        inside, told = _bundles_in(source)
    return [Bundle(name=os.fspath(Path(path)) if path else path) for path in inside], told


def _bundles_in(folder: str) -> tuple[list[str], list[tuple[str, str]]]:
    inside: list[str] = []
    told: list[tuple[str, str]] = []

    def unread(error: OSError) -> None:
        told.append((str(error.filename), f"can't be read: {error.strerror}; bundles in it are not counted"))

    for place, folders, files in os.walk(folder, onerror=unread):
        inside.extend(os.fspath(Path(place, name)) for name in (*files, *folders) if name.endswith(SUFFIX))
        links = (link for name in folders if (link := Path(place, name)).is_symlink())
        told.extend((str(link), "is a link to a folder and was not followed; name it as a source") for link in links)
    if not inside:
        told.append((folder, f"is a folder without bundles (*{SUFFIX})"))
    return inside, sorted(told)


def _objects(source: str) -> tuple[list[Bundle], list[tuple[str, str]]]:
    objects, told = objects_at(source)
    inside = [
        Bundle(name=item.name, address=source, key=item.key, size=item.size, state=item.state)
        for item in objects
        if item.key.endswith(SUFFIX)
    ]
    if not inside and not told:
        told = [f"names no bundle (*{SUFFIX})"]
    return inside, [(source, text) for text in told]
