"""A control group around the command, where the kernel lets us make one: its CPU time holds all that ran in it, also
processes that nobody waited for.

Only groups that are ours to divide are used: delegated to this user, or, for root, the top of what it sees. Inside a
SLURM job none is made: SLURM ends a job by the groups that it made itself. Nothing may be limited or shared out by
ours, only counted: where a group of ours would take part in the scheduling of CPUs, none is made.
Standard library only.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_NAME = "neuclir-carbon-"
_US_PER_S, _NS_PER_S = 1_000_000, 1_000_000_000
# What systemd writes to a group that it has delegated to root (systemd, "Control Group APIs and Delegation").
_DELEGATED = ("trusted.delegate", "user.delegate")
_MOST_BYTES = 256 * 1024
_MOST_MOVES = 10_000


class Hierarchy(NamedTuple):
    """Our own group in one hierarchy: its version (1: the one of `cpuacct`, or 2), where it is mounted, our path, and
    whether it only counts (version 1 often schedules CPUs by the same groups)."""

    version: int
    mounted_at: str
    own: str
    only_counts: bool = True

    @property
    def folder(self) -> str:
        return f"{self.mounted_at}{self.own}".rstrip("/")


class ControlGroup:
    """A group of our own with a process in it."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def around(cls, pid: int, record_id: str, environment: Mapping[str, str]) -> "ControlGroup | None":
        """A new group, named after the record, that the process has been moved to; None where none can be made."""
        if "SLURM_JOB_ID" in environment:
            return None
        for hierarchy in hierarchies():
            if may_divide(hierarchy):
                group = cls(f"{hierarchy.folder}/{_NAME}{record_id}")
                try:
                    os.mkdir(group.path)
                except OSError:
                    continue
                if _move(pid, group.path) and group.cpu_s() is not None:
                    return group
                group.remove()
        return None

    def cpu_s(self) -> float | None:
        """CPU seconds of all that has run in it; None where it is gone."""
        return cpu_s_of(self.path)

    def remove(self) -> None:
        """Takes it away; what still runs in it goes back to the group above."""
        above = self.path.rpartition("/")[0]
        for _ in range(_MOST_MOVES):
            left = _text(f"{self.path}/cgroup.procs").split()
            if not left or not all(_move(int(pid), above) for pid in left):
                break
        with contextlib.suppress(OSError):
            os.rmdir(self.path)


def remove_left_behind(path: object, record_id: str) -> None:
    """Takes away the group of a wrapper that was killed, if the path is one of ours for this record."""
    if isinstance(path, str) and path.endswith(f"/{_NAME}{record_id}") and "/../" not in path:
        group = ControlGroup(path)
        if (
            any(path.startswith(f"{hierarchy.mounted_at}/") for hierarchy in hierarchies())
            and group.cpu_s() is not None
        ):
            group.remove()


def cpu_s_of(path: str) -> float | None:
    """CPU seconds of all that has run in a group; None where it is none."""
    for line in _text(f"{path}/cpu.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == "usage_usec" and value.isdigit():
            return int(value) / _US_PER_S
    usage = _text(f"{path}/cpuacct.usage").strip()
    return int(usage) / _NS_PER_S if usage.isdigit() else None


def hierarchies(mounts: str = "/proc/self/mountinfo", own: str = "/proc/self/cgroup") -> Iterator[Hierarchy]:
    """Where we are in the hierarchies that count CPU time: version 2, then version 1's `cpuacct`."""
    places = dict(_places(_text(mounts)))
    for line in sorted(_text(own).splitlines(), key=lambda text: not text.startswith("0::")):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        version = 2 if line.startswith("0::") else 1
        if (version == 2 or "cpuacct" in controllers.split(",")) and version in places:
            root, mounted_at = places[version]
            if path == root or path.startswith(root.rstrip("/") + "/"):
                only_counts = "cpu" not in controllers.split(",")
                yield Hierarchy(version, mounted_at, path[len(root.rstrip("/")) :].rstrip("/"), only_counts)


def may_divide(hierarchy: Hierarchy) -> bool:
    """Whether the group is ours to make others below it, and they would do nothing but count."""
    if not hierarchy.only_counts or _text(f"{hierarchy.folder}/cgroup.subtree_control").strip():
        return False
    if not os.access(hierarchy.folder, os.W_OK | os.X_OK) or not os.access(f"{hierarchy.folder}/cgroup.procs", os.W_OK):
        return False
    return os.geteuid() != 0 or not hierarchy.own or _is_delegated(hierarchy.folder)


def memory_limit_bytes(mounts: str = "/proc/self/mountinfo", own: str = "/proc/self/cgroup") -> int | None:
    """The least memory limit of our group and of those above it, in bytes; None where there is none."""
    limits = [limit for folder in _memory_folders(_text(mounts), _text(own)) if (limit := _limit(folder)) is not None]
    return min(limits, default=None)


def _limit(folder: str) -> int | None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        said = _text(f"{folder}/{name}").strip()
        # Version 1 writes about 2^63 where there is no limit.
        if said.isdigit() and int(said) < 1 << 60:
            return int(said)
    return None


def _memory_folders(mounts: str, own: str) -> Iterator[str]:
    """Our group's folder, and those above it, in each hierarchy that limits memory."""
    for line in own.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        wanted = "" if line.startswith("0::") else "memory"
        if wanted and wanted not in controllers.split(","):
            continue
        for kind, options, root, mounted_at in _mounts(mounts):
            is_it = wanted in options.split(",") if wanted else kind == "cgroup2"
            if is_it and (path == root or path.startswith(root.rstrip("/") + "/")):
                inside = path[len(root.rstrip("/")) :].rstrip("/")
                while inside:
                    yield f"{mounted_at}{inside}"
                    inside = inside.rpartition("/")[0]
                yield mounted_at


def _places(mounts: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Version → (which group is mounted, where), of the hierarchies that count CPU time."""
    for kind, options, root, mounted_at in _mounts(mounts):
        if kind == "cgroup2":
            yield 2, (root, mounted_at)
        elif kind == "cgroup" and "cpuacct" in options.split(","):
            yield 1, (root, mounted_at)


def _mounts(text: str) -> Iterator[tuple[str, str, str, str]]:
    """(kind, options of the file system, root, mount point) of each line of mountinfo (proc(5))."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) >= 5 and len(kinds) >= 3:
            yield kinds[0], kinds[2], _plain(fields[3]), _plain(fields[4])


def _plain(path: str) -> str:
    return path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")


def _is_delegated(folder: str) -> bool:
    for name in _DELEGATED:
        with contextlib.suppress(OSError, AttributeError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False


def _move(pid: int, group: str) -> bool:
    try:
        with open(f"{group}/cgroup.procs", "wb", buffering=0) as stream:
            stream.write(b"%d" % pid)
    except OSError:
        return False
    return True


def _text(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return stream.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
