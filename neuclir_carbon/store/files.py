"""How files are read and written. Standard library only, so that a command that reads one run pays for no more.

Whatever is written goes beside its place first and is renamed into it after fsync, so that a full disk or a crash
leaves the old file or none, never half of one.
"""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from neuclir_carbon.errors import Unreadable, Unwritable

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path, *, most: int = MAX_DOCUMENT_BYTES) -> bytes:
    """A regular file's bytes; `Unreadable` with the reason otherwise."""
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            raise Unreadable(f"{path} has {size:,} bytes, more than the {most:,} that it may have")
        return stream.read(most + 1)


@contextlib.contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading; `Unreadable` when it is none or reading it fails."""
    if "\0" in str(path):
        raise Unreadable(f"can't read {path}: a path holds no NUL byte")
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise Unreadable(f"{path} is {kind_of_file(mode)}; give a file")
            yield stream
    except IsADirectoryError:
        raise Unreadable(f"{path} is a folder; give a file") from None
    except OSError as error:
        raise Unreadable(f"can't read {path}: {error.strerror}") from None


def lines_of(path: Path, *, most: int = MAX_DOCUMENT_BYTES) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, bytes) of each line of a regular file that is not blank; None for one of more than `most` bytes.

    The file may be of any size. `Unreadable` when it can't be read.
    """
    with open_file(path) as stream:
        number = 0
        while line := stream.readline(most + 1):
            number += 1
            if len(line) <= most:
                if line.strip():
                    yield number, line
                continue
            while line and not line.endswith(b"\n"):
                line = stream.readline(most)
            yield number, None


def is_there(path: Path) -> bool:
    """Whether anything stands at a path, a link that leads nowhere included; `Unreadable` where nobody can tell.

    `Path.exists` calls a dangling link nothing, and raises or not by the version of Python where a folder is closed.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise Unreadable(f"can't look at {path}: {getattr(error, 'strerror', None) or error}") from None
    return True


def is_folder(path: Path) -> bool:
    """Whether a folder stands at a path, or a link to one; `Unreadable` where nobody can tell."""
    if not is_there(path):
        return False
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise Unreadable(f"can't look at {path}: {error.strerror}") from None


def folder_of_files(folder: Path) -> list[Path]:
    """The regular files of a folder by name, without hidden ones; `Unreadable` when it can't be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.name[0] != "." and path.is_file())
    except OSError as error:
        raise Unreadable(f"can't read the folder {folder}: {error.strerror}") from None


def _without_waiting(path: str, flags: int) -> int:
    """Opens a FIFO without waiting for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))


def kind_of_file(mode: int) -> str:
    """What a file mode says in words: `a folder`, `a FIFO` …"""
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    return next((words for test, words in kinds if test(mode)), "a device" if not stat.S_ISREG(mode) else "a file")


def write_bytes(path: Path, chunks: bytes | Iterable[bytes]) -> None:
    """Writes a file whole or not at all, with the permissions the umask gives; `Unwritable` says why it could not.

    What is no file but takes bytes (`/dev/null`, `/dev/stdout`, a FIFO) is written into and never replaced.
    """
    parts = (chunks,) if isinstance(chunks, bytes) else chunks
    if _takes_bytes(path):
        _write_into(path, parts)
        return
    # The name is known before the file is: an interrupt at any moment finds what to take away.
    beside = path.parent / beside_name()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as stream:
            for part in parts:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        raise Unwritable(f"can't write {path}: {error.strerror}; nothing was changed") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def write_into_new(folder: Path, files: Sequence[tuple[Path, bytes]]) -> None:
    """Writes files, by their paths in it, into a folder that nobody else uses and that is to be moved into its place.

    All are on the disk in the end. They are asked for there when all are written: the disk then takes them together.
    OSError when one can't be written.
    """
    for place in {folder / path.parent for path, _ in files}:
        place.mkdir(parents=True, exist_ok=True)
    for path, data in files:
        with (folder / path).open("xb") as stream:
            stream.write(data)
    for path, _ in files:
        # Open for writing: Windows asks nothing of the disk for a file that is only read.
        with (folder / path).open("r+b") as stream:
            os.fsync(stream.fileno())


def take_away(folder: Path) -> None:
    """Removes a folder of ours with all that is in it, if it is there; who interrupts that is heard when it is done."""
    import shutil

    try:
        shutil.rmtree(folder, ignore_errors=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _takes_bytes(path: Path) -> bool:
    """Whether a device, a FIFO or a socket stands at a path, or a link to one."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _write_into(path: Path, parts: Iterable[bytes]) -> None:
    try:
        with path.open("wb") as stream:
            for part in parts:
                stream.write(part)
    except OSError as error:
        raise Unwritable(f"can't write into {path}: {error.strerror}") from None


def beside_name() -> str:
    """A hidden name that nothing has yet, for what is made beside its place and then moved in."""
    return f".neuclir-carbon-{os.urandom(8).hex()}.part"
