"""Starts the child at once and untouched: its streams, descriptors, signals, umask, limits, folder and name are the
caller's own. Standard library only; everything else waits until the child runs.
"""

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.metering.journal import above_the_streams
from neuclir_carbon.metering.order import shown

PARENT_VARIABLE = "NEUCLIR_CARBON_PARENT"
NOT_FOUND = 127
NOT_EXECUTABLE = 126
SIGNALLED = 128
# What is handed on to the child (and never ends the wrapper before it).
FORWARDED = frozenset(
    {
        signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP,
        signal.SIGCONT, signal.SIGWINCH,
    }
)  # fmt: skip
# What Python itself ignores from its start on. How the caller had them can't be known; by default they are not ignored.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_PR_SET_CHILD_SUBREAPER = 36
_COERCED_LOCALES = (b"C.UTF-8", b"C.utf8", b"UTF-8")


def adopt_orphans() -> bool:
    """Has the kernel hand us, not init, the descendants whose parent has ended, so that the CPU time of double-forked
    work is known (PR_SET_CHILD_SUBREAPER); False where there is no such thing (macOS)."""
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        return int(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0
    except (ImportError, OSError, AttributeError):
        return False


class HeldSignals:
    """The caller's signal mask, and the signals that wait for us since then: those of `FORWARDED` that the caller did
    not ignore (`nohup` stays in force), SIGCHLD, and SIGIO, which tells that the meter has written."""

    def __init__(self, callers_mask: Iterable[int], forwarded: frozenset[signal.Signals]) -> None:
        self.callers_mask = frozenset(callers_mask)
        self.forwarded = forwarded
        self.all = forwarded | {signal.SIGCHLD, signal.SIGIO}


def hold_signals() -> HeldSignals:
    """Blocks what we hand on, so that nothing is lost between now and the child's start."""
    forwarded = frozenset(number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN)
    # SIGTTOU: we may give the terminal to the child's group without being stopped for it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*forwarded, signal.SIGCHLD, signal.SIGIO, signal.SIGTTOU})
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        # Under an ignored SIGCHLD the kernel throws the child's exit status away.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return HeldSignals(mask, forwarded)


def release_signals(held: HeldSignals) -> None:
    """Gives the caller's signal mask back."""
    signal.pthread_sigmask(signal.SIG_SETMASK, held.callers_mask)


class Terminal:
    """The controlling terminal, if there is one."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        with contextlib.suppress(OSError):
            self._descriptor = above_the_streams(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))

    @property
    def descriptor(self) -> int | None:
        return self._descriptor

    @property
    def foreground_group(self) -> int | None:
        """The process group that the terminal's keys and reads belong to."""
        if self._descriptor is None:
            return None
        try:
            return os.tcgetpgrp(self._descriptor)
        except OSError:
            return None

    @property
    def is_ours(self) -> bool:
        """Whether our process group is the foreground group."""
        return self.foreground_group == os.getpgrp()

    def give_to(self, group: int) -> bool:
        """Makes a group the foreground group; False where that is not possible."""
        if self._descriptor is None:
            return False
        try:
            os.tcsetpgrp(self._descriptor, group)
        except OSError:
            return False
        return True


class Child:
    """The child process: its id, and its process group if it leads one of its own (None: it shares ours)."""

    def __init__(self, pid: int, group: int | None) -> None:
        self.pid = pid
        self.group = group


class CannotStart(Exception):
    """The child could not be started: the exit code that says so (126 or 127) and the reason in words."""

    def __init__(self, exit_code: int, reason: str) -> None:
        super().__init__(reason)
        self.exit_code = exit_code
        self.reason = reason


def start_child(
    command: Sequence[str], environment: Mapping[bytes, bytes], held: HeldSignals, *, in_own_group: bool
) -> Child:
    """Starts a command, found in PATH as a shell would find it, in the current folder. `CannotStart` says why not."""
    try:
        pid = _spawned(command[0], command, environment, held, in_own_group=in_own_group)
    except OSError as error:
        code = NOT_FOUND if error.errno in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
        reason = "command not found" if error.errno == errno.ENOENT else (error.strerror or "can't be started").lower()
        raise CannotStart(code, f"{shown(command[0])}: {reason}") from None
    return Child(pid, pid if in_own_group else None)


def _spawned(
    program: str, command: Sequence[str], environment: Mapping[bytes, bytes], held: HeldSignals, *, in_own_group: bool
) -> int:
    def spawn(path: str, argv: Sequence[str]) -> int:
        signals: dict[str, Any] = {"setsigmask": held.callers_mask, "setsigdef": _IGNORED_BY_PYTHON}
        if in_own_group:
            signals["setpgroup"] = 0
        return os.posix_spawnp(path, list(argv), environment, **signals)

    try:
        return spawn(program, command)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        # A script without a #! line: shells and execvp(3) give it to /bin/sh.
        return spawn("/bin/sh", ["/bin/sh", _found(program), *command[1:]])


def _found(program: str) -> str:
    """The path of a program that PATH is known to hold."""
    if "/" in program:
        return program
    for folder in os.get_exec_path():
        path = f"{folder}/{program}"
        if os.access(path, os.X_OK):
            return path
    return program


def callers_environment() -> dict[bytes, bytes]:
    """The environment as the caller gave it. In the C locale Python's start-up adds LC_CTYPE (PEP 538), which the
    child would inherit; it is left out again."""
    environment = dict(os.environb)
    if environment.get(b"LC_CTYPE") in _COERCED_LOCALES:
        try:
            with open("/proc/self/environ", "rb") as stream:
                given = stream.read().split(b"\0")
        except OSError:
            return environment
        if not any(entry.startswith(b"LC_CTYPE=") for entry in given):
            del environment[b"LC_CTYPE"]
    return environment


def let_go_of_the_callers_files(ours: Iterable[int]) -> None:
    """Points our stdin and stdout to nothing and closes every inherited descriptor but stderr and `ours`: a pipe that
    the child closes must be closed, and not be kept open by us until the child ends."""
    nothing = above_the_streams(os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC))
    for stream in (0, 1):
        os.dup2(nothing, stream, inheritable=False)
    keep = {0, 1, 2, *ours}
    for descriptor in _open_descriptors():
        if descriptor not in keep:
            try:
                os.close(descriptor)
            except OSError:
                continue


def _open_descriptors() -> list[int]:
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    try:
        return [int(name) for name in os.listdir(folder)]
    except OSError:
        return []


def exit_code_of(status: int) -> tuple[int, int | None]:
    """(exit code as a shell gives it, number of the signal that ended it or None) of a wait status."""
    if os.WIFSIGNALED(status):
        return SIGNALLED + os.WTERMSIG(status), os.WTERMSIG(status)
    return os.WEXITSTATUS(status), None
