"""What a machine can draw at most, generously: it is only asked whether a figure's unit can be right at all."""

# Each GPU, each logical processor, each GiB of memory, and the rest of it (W). The largest GPUs are rated at 1,000 to
# 1,400 W and the largest processors at 500 W for 100 threads and more; twice as much is allowed.
W_PER_GPU, W_PER_CPU, W_PER_GIB, W_REST = 2_800.0, 50.0, 2.0, 500.0
# A whole node whatever stands in it: 8 GPUs were seen to draw 10.6 kW.
W_PER_NODE = 30_000.0


def most_w(*, cpus: int | None, gpus: int = 0, ram_gib: float = 0.0) -> float | None:
    """The most that such a machine draws, W; None where the processors are not told."""
    if not cpus:
        return None
    return W_REST + cpus * W_PER_CPU + gpus * W_PER_GPU + ram_gib * W_PER_GIB
