"""The files of a folder and below, as a program may take them: no link is followed, so no way leads in a circle."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from neuclir_carbon.errors import Unreadable


def files_below(folder: Path) -> Iterator[Path]:
    """The regular files of a folder and of those in it, by name. Hidden ones, links, FIFOs, sockets and devices are
    passed over. `Unreadable` when the folder itself can't be read; one in it that can't be is passed over too.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise Unreadable(f"can't read the folder {folder}: {error.strerror}") from None
    waiting = [(folder, entries)]
    while waiting:
        place, found = waiting.pop()
        for number, entry in enumerate(found):
            if entry.name.startswith("."):
                continue
            path = place / entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append((place, found[number + 1 :]))
                waiting.append((path, _inside(path)))
                break
            if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                yield path


def _inside(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
