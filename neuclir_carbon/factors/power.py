"""What processors and memory draw where no counter tells, and the bounds of what was metered.

One place for measured work with a meter and without one, so that a short command counts like a long one. Figures that
are judged and not published say "assumption" in their source.
"""

import math

from neuclir_carbon.factors.devices import cpu_tdp_w
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor
from neuclir_carbon.version import __version__

# TDP per thread: AMD EPYC 9754 (360 W, 256 threads), codecarbon's default, Intel Xeon E5-2637 v4 (135 W, 8 threads).
W_PER_THREAD = Spread(360 / 256, 4.0, 135 / 8)
LOAD_SHARE = Spread(0.1, 0.5, 1.0)
RAM_W_PER_GIB = Spread(0.04, 0.37, 0.9)
SENSOR_SHARE = Spread(0.85, 1.0, 1.15)

# CodeCarbon's model of memory (external/ram.py, 3.x). It guesses a number of modules from the size: (GiB up to which,
# modules); in larger machines they are as large as fit eight times. Each draws as much as the last figures say, the
# later ones of many somewhat less: (up to which module, share of a module's power).
_MODULES = ((2.0, 1), (16.0, 2), (64.0, 4), (128.0, 8))
_MODULE_SIZES_GIB = (128, 64, 32, 16)
_MOST_MODULES = 32
_SHARES = ((4, 1.0), (8, 0.9), (16, 0.8), (_MOST_MODULES, 0.7))
_W_PER_MODULE, _W_PER_ARM_MODULE, _LEAST_MODULES = 5.0, 1.5, 2


def sockets_tdp_w(cpu_model: str, sockets: float) -> float | None:
    """The TDP of all sockets in W, by the processor's exact name; None where the name is not listed."""
    tdp_w = cpu_tdp_w(cpu_model)
    return None if tdp_w is None else tdp_w * sockets


def modelled_ram_w(ram_gib: float, *, is_arm: bool) -> float:
    """The power in W of a machine's memory by its size in GiB, as CodeCarbon's model has it."""
    modules = max(_LEAST_MODULES, _modules(ram_gib))
    whole, before = 0.0, 0
    for last, share in _SHARES:
        whole += share * max(0, min(modules, last) - before)
        before = last
    return whole * (_W_PER_ARM_MODULE if is_arm else _W_PER_MODULE)


def _modules(ram_gib: float) -> int:
    for most_gib, modules in _MODULES:
        if ram_gib <= most_gib:
            return modules
    size = next(size for size in _MODULE_SIZES_GIB if size <= ram_gib / 8)
    return min(math.ceil(ram_gib / size), _MOST_MODULES)


# As they stand in a record's `factors[]`.


def tdp_factor(tdp_w: float, cpu_model: str, how: str) -> Factor:
    """The TDP of a machine's processors; `how` says by which way the name was found."""
    return Factor(
        id="cpu_tdp_w", value=tdp_w, unit="W",
        source=f"codecarbon (cpu_power.csv): {cpu_model[:120] or 'unknown processor'}, {how}",
        version=version("codecarbon"),
    )  # fmt: skip


def thread_factor() -> Factor:
    """What a thread of an unknown processor draws at most."""
    return Factor(
        id="cpu_w_per_thread", value=W_PER_THREAD.central, unit="W", low=W_PER_THREAD.low, high=W_PER_THREAD.high,
        source="codecarbon's default for a processor that it does not know; bounds (assumption): TDP per thread of AMD "
        "EPYC 9754 (360 W, 256 threads) and Intel Xeon E5-2637 v4 (135 W, 8 threads), both TDPs as codecarbon lists "
        "them",
        version=version("codecarbon"),
    )  # fmt: skip


def load_factor() -> Factor:
    """Between which shares of its TDP a processor's power lies."""
    return Factor(
        id="cpu_load_share", value=LOAD_SHARE.central, unit="1", low=LOAD_SHARE.low, high=LOAD_SHARE.high,
        source="assumption: a processor draws 10 % of its TDP at least and 100 % at most; by load, codecarbon's model "
        "TDP × (0.1 + 0.9 × load³) gives the central value",
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


def ram_factor(power_w: float) -> Factor:
    """What a machine's memory draws."""
    return Factor(
        id="ram_w", value=power_w, unit="W", source="codecarbon's model of memory power, by memory size",
        version=version("codecarbon"),
    )  # fmt: skip


def ram_bounds_factor() -> Factor:
    """Between which powers per GiB memory lies."""
    return Factor(
        id="ram_w_per_gib", value=RAM_W_PER_GIB.central, unit="W/GiB", low=RAM_W_PER_GIB.low, high=RAM_W_PER_GIB.high,
        source="bounds (assumption) from three sources: codecarbon's model on a large server (0.04), Green Algorithms "
        "(0.37), Teads Engineering (0.9)",
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


def sensor_factor() -> Factor:
    """Between which shares of a counter's reading the truth lies."""
    return Factor(
        id="sensor_share", value=SENSOR_SHARE.central, unit="1", low=SENSOR_SHARE.low, high=SENSOR_SHARE.high,
        source="assumption: error of the counters, and power supplies and fans that they do not see",
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


# Trackers that read counters of energy and nothing else.
_READ_COUNTERS = frozenset({"tirex-tracker", "zeus", "sacct"})


def reported_factor(tool: str, part: str) -> Factor:
    """Between which shares of what another tracker reported the truth lies, for a part of the machine (`cpu`, `gpu`,
    `ram`, `machine`). No tracker says in its file which of its ways it took."""
    if part == "gpu" or tool in _READ_COUNTERS:
        share, why = SENSOR_SHARE, "assumption: error of the counters, and power supplies and fans that they do not see"
    elif part == "ram":
        share = RAM_W_PER_GIB.times(1 / RAM_W_PER_GIB.central)
        why = "assumption: memory was modelled; bounds as for memory here (codecarbon, Green Algorithms, Teads)"
    else:
        share = LOAD_SHARE.times(1 / LOAD_SHARE.central)
        why = "assumption: may have been modelled as half the TDP, where the truth lies between 10 % and 100 % of it"
    kind = "counter" if share is SENSOR_SHARE else part
    return Factor(
        id=f"reported_share.{kind}", value=1.0, unit="1", low=share.low, high=share.high, source=why,
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip
