"""Object stores (`s3://bucket/prefix` and what else fsspec knows): what lies under an address, and objects copied here.

fsspec and the packages for single stores are extras; each brings exceptions of its own, so that this one file turns
whatever they raise into `Unreadable`. Names in a store are strangers' text: an object is opened by the key that the
listing gave, never by an address made from it.
"""

import errno
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from neuclir_carbon.errors import BadOption, Unreadable

# A run of 100 million lines; who sends more is asked for another way.
MOST_BYTES = 16 * 1024**3
MOST_OBJECTS = 1_000_000
_CHUNK = 1024 * 1024
_BLOCK_BYTES = 8 * 1024 * 1024
# What stores call an object's content, by the names that their file systems give it.
_STATES = ("ETag", "etag", "md5Hash", "content_md5")
WITH_THE_EXTRA = ("s3", "s3a")


class Object(NamedTuple):
    """An object: its address, its key as the file system takes it, bytes, and the store's word for its content."""

    name: str
    key: str
    size: int | None
    state: str | None


def objects_at(address: str) -> tuple[list[Object], list[str]]:
    """All objects under an address (or the one that it names), and what is to be told where they can't be listed.

    `Unreadable` where a package is missing, `BadOption` for a kind of address that nobody knows.
    """
    files, root = _file_system(address)
    try:
        # What was listed before in this process may be no more.
        files.invalidate_cache()
        listed = files.find(root, detail=True)
        if not listed and files.exists(root):
            listed = {root: files.info(root)}
    except Exception as error:  # noqa: BLE001 - each store's package has exceptions of its own
        return [], [f"can't be listed: {reason_of(error)}"]
    if len(listed) > MOST_OBJECTS:
        return [], [f"holds {len(listed):,} objects, and may hold {MOST_OBJECTS:,}; name a longer prefix"]
    return [
        Object(files.unstrip_protocol(key), key, _size_of(info), _state_of(info))
        for key, info in listed.items()
        if info.get("type") != "directory"
    ], []


@contextmanager
def copied(address: str, key: str, *, name: str, state: str | None) -> Iterator[Path]:
    """An object in a temporary file, which goes with the end of the block; memory holds a few blocks of it.

    `Unreadable` where it can't be read, is too large, or is no more what `state` says.
    """
    with tempfile.TemporaryDirectory(prefix="neuclir-carbon-") as folder:
        place = Path(folder) / "bundle"
        _copy(address, key, place, name=name, state=state)
        yield place


def _copy(address: str, key: str, place: Path, *, name: str, state: str | None) -> None:
    files, _ = _file_system(address)
    copied_bytes = 0
    try:
        with files.open(key, "rb", block_size=_BLOCK_BYTES) as stream, place.open("wb") as copy:
            found = _state_of(getattr(stream, "details", None) or {})
            if state is not None and found is not None and found != state:
                raise OSError(errno.EBUSY, "another ETag")
            while chunk := stream.read(_CHUNK):
                copied_bytes += len(chunk)
                if copied_bytes > MOST_BYTES:
                    raise Unreadable(f"{name} has more than {MOST_BYTES:,} bytes; copy it and give its path")
                copy.write(chunk)
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - each store's package has exceptions of its own
        if isinstance(error, OSError) and error.errno == errno.EBUSY:
            raise Unreadable(f"{name} changed after it was listed; try again when nothing writes to it") from None
        raise Unreadable(f"can't read {name}: {reason_of(error)}") from None


def _file_system(address: str) -> tuple[Any, str]:
    """fsspec's file system for an address, and the address as a path in it."""
    kind = address.partition("://")[0].lower()
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import known_implementations

        if kind not in known_implementations:
            raise BadOption(f"'{kind}://' is no kind of address that is known; s3://bucket/prefix is one")
        files, root = url_to_fs(address)
    except ImportError as error:
        also = "" if kind in WITH_THE_EXTRA else f", and what serves {kind}:// ({reason_of(error)})"
        text = f"needs packages that are not installed: pip install 'neuclir-carbon[s3]'{also}"
        raise Unreadable(f"{address} {text}") from None
    except BadOption:
        raise
    except Exception as error:  # noqa: BLE001 - each store's package has exceptions of its own
        raise Unreadable(f"can't open {address}: {reason_of(error)}") from None
    return files, root


def reason_of(error: BaseException) -> str:
    """What an exception of somebody else's says, in one line."""
    said = re.sub(r"\s+", " ", str(error)).strip()
    return (said or type(error).__name__)[:300]


def _size_of(info: Mapping[str, Any]) -> int | None:
    size = info.get("size")
    return size if isinstance(size, int) else None


def _state_of(info: Mapping[str, Any]) -> str | None:
    return next((str(info[name]) for name in _STATES if info.get(name)), None)
