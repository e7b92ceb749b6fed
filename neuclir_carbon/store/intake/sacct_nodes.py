"""Which metered jobs of a dump shared a node: SLURM's counters count nodes, so each of them holds the energy of all."""

MOST_JOBS = 200_000


class NodeWatch:
    """The times of metered jobs by node; names of nodes are forgotten with it. It looks at `MOST_JOBS` jobs at most."""

    def __init__(self) -> None:
        self._times: list[tuple[str, float, float]] = []

    def take(self, nodes: str, start_s: float | None, duration_s: float | None) -> None:
        """A metered job; nothing where its nodes or its times are not told."""
        if nodes and start_s is not None and duration_s and len(self._times) < MOST_JOBS:
            self._times.append((nodes, start_s, start_s + duration_s))

    def overlapping(self) -> int:
        """How many jobs began while another one ran on the same nodes."""
        found, last, busy_until = 0, "", 0.0
        for nodes, start_s, end_s in sorted(self._times):
            if nodes != last:
                last, busy_until = nodes, start_s
            found += start_s < busy_until
            busy_until = max(busy_until, end_s)
        return found
