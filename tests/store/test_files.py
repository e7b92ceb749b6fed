"""Files are read only when they are regular files of sensible size, and written whole or not at all."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from neuclir_carbon.errors import Unreadable, Unwritable
from neuclir_carbon.store.files import read_bytes, take_away, write_bytes, write_into_new


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "file.json"
    write_bytes(path, [b"one ", b"two"])
    assert read_bytes(path) == b"one two"
    assert list(path.parent.iterdir()) == [path]


def test_permissions_are_those_the_umask_gives(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        write_bytes(tmp_path / "file", b"x")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(Unreadable, match=kind):
        read_bytes(path)


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    with pytest.raises(Unreadable, match="more than the 10"):
        read_bytes(tmp_path / "large", most=10)


def test_what_takes_bytes_is_written_into_and_stays_what_it_is(tmp_path: Path) -> None:
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    for path in (fifo, link):
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            write_bytes(path, [b"one ", b"two"])
            assert os.read(reader, 100) == b"one two"
        finally:
            os.close(reader)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [fifo, link]


def test_a_source_that_fails_midway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def pieces() -> object:
        yield b"new"
        raise Unreadable("the source is gone")

    with pytest.raises(Unreadable):
        write_bytes(path, pieces())  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for the full disk: the write fails in the middle."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    program = (
        "import sys, signal; from pathlib import Path\n"
        "from neuclir_carbon.errors import Unwritable\n"
        "from neuclir_carbon.store.files import write_bytes\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n    write_bytes(Path(sys.argv[1]), [b'x' * 4096] * 100)\n"
        "except Unwritable as error:\n    print(error); sys.exit(3)\n"
    )
    limit = 8192
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 3, done.stderr
    assert "nothing was changed" in done.stdout
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(Unwritable, match="taken"):
        write_bytes(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_many_files_are_written_into_a_folder_that_is_new(tmp_path: Path) -> None:
    files = [(Path("a"), b"1"), (Path("b/c"), b""), (Path("b/d/e f"), b"3" * 70_000)]
    write_into_new(tmp_path / "new", files)
    found = {path.relative_to(tmp_path / "new"): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == dict(files)
    with pytest.raises(FileExistsError):
        write_into_new(tmp_path / "new", files[:1])


def test_the_disk_is_asked_for_files_that_are_open_for_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to bring to the disk what is open for reading only."""
    fcntl = pytest.importorskip("fcntl")
    asked: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: asked.append(fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE))
    write_into_new(tmp_path, [(Path("one"), b"1"), (Path("a/two"), b"2")])
    assert asked == [os.O_RDWR, os.O_RDWR]


def test_a_folder_of_ours_is_taken_away_whole_also_when_that_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        write_bytes(tmp_path / "ours" / name / "file", b"x")
    rmdir, interrupts = os.rmdir, [KeyboardInterrupt]

    def interrupted(*arguments: object, **options: object) -> None:
        rmdir(*arguments, **options)  # type: ignore[arg-type]
        if interrupts:
            raise interrupts.pop()

    monkeypatch.setattr(os, "rmdir", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take_away(tmp_path / "ours")
    assert list(tmp_path.iterdir()) == []
    take_away(tmp_path / "ours")
