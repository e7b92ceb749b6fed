"""What a job's allocation draws, where its scheduler meters no energy: processors, GPUs by name, memory.

The hardware is hardly ever told, so every part has the range of what it may have been.
"""

import re
from statistics import median_low

from neuclir_carbon.estimate.assumptions import LOAD, LOAD_SAID
from neuclir_carbon.factors import devices
from neuclir_carbon.factors.devices import Accelerator
from neuclir_carbon.factors.power import (
    LOAD_SHARE,
    RAM_W_PER_GIB,
    W_PER_THREAD,
    load_factor,
    ram_bounds_factor,
    thread_factor,
)
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Component, Factor
from neuclir_carbon.model.reported import Allocation
from neuclir_carbon.version import __version__

METHOD = "allocation"
_WS_PER_KWH = 3_600_000
# A partition of a card as NVIDIA names it: `a100_3g.20gb` has three of its seven slices.
_SLICES = re.compile(r"[_.:-]?(?P<slices>[1-7])g[._]\d{1,3}gb")
_ALL_SLICES = 7
_MAKERS = frozenset({"nvidia", "tesla", "geforce", "quadro", "amd", "instinct", "gpu"})


def components_of(allocation: Allocation, duration_s: float) -> tuple[tuple[Component, ...], tuple[Factor, ...]]:
    """The IT energy of what was allocated for so many seconds, by part, and the outside numbers behind it.

    A part of which nobody tells how much there was is left out; both are empty where nothing is told.
    """
    components: list[Component] = []
    factors: list[Factor] = []
    if allocation.processors:
        components.append(
            _component("cpu", _threads_w(allocation.processor_share).times(allocation.processors), duration_s)
        )
        factors += [thread_factor(), load_factor()]
    if allocation.gpus:
        power_w, found = gpu_power_w(allocation.gpu_name)
        components.append(_component("gpu", power_w.times(allocation.gpus), duration_s))
        factors += [*found, _gpu_load_factor()]
    if allocation.memory_gib:
        components.append(_component("ram", RAM_W_PER_GIB.times(allocation.memory_gib), duration_s))
        factors.append(ram_bounds_factor())
    return tuple(components), tuple(factors)


def _threads_w(share: float | None) -> Spread:
    """Mean power in W of a thread in use for such a share of the time (None: unknown), as CodeCarbon models load."""
    load = LOAD_SHARE
    if share is not None:
        load = Spread(LOAD_SHARE.low, LOAD_SHARE.low + (1 - LOAD_SHARE.low) * share**3, LOAD_SHARE.high)
    return Spread(W_PER_THREAD.low * load.low, W_PER_THREAD.central * load.central, W_PER_THREAD.high * load.high)


def gpu_power_w(name: str | None) -> tuple[Spread, tuple[Factor, ...]]:
    """Mean power in W of a GPU as a scheduler names it, and its factor: the range of all known ones that it may be.

    A name that fits none of them, or none at all, may be any.
    """
    slices, plain = _slices_in(name or "")
    fitting = cards_named(plain)
    cards = fitting or [card for card in devices.accelerators().values() if card.kind == "gpu"]
    spreads = [card.power_w(LOAD) for card in cards]
    whole = Spread(
        min(spread.low for spread in spreads),
        median_low(spread.central for spread in spreads),
        max(spread.high for spread in spreads),
    )
    power_w = Spread(whole.low * slices, whole.central * slices, whole.high)
    if len(cards) == 1:
        return power_w, (cards[0].factor,)
    return power_w, (_range_factor(cards, plain if fitting else None),)


def cards_named(name: str) -> list[Accelerator]:
    """The known GPUs that a scheduler may mean by a name such as `a100`, `nvidia_a100_80gb` or `rtx6000`."""
    said = [part for part in re.split(r"[^a-z0-9]+", name.lower()) if part and part not in _MAKERS]
    if not said:
        return []
    together = "".join(said)
    return [
        card
        for card in devices.accelerators().values()
        if card.kind == "gpu" and _fits(said, together, card.name.lower().split())
    ]


def _fits(said: list[str], together: str, words: list[str]) -> bool:
    joined = ["".join(words[:count]) for count in range(1, len(words) + 1)]
    return set(said) <= set(words) or together in joined


def _slices_in(name: str) -> tuple[float, str]:
    """(share of a card, its name) that a name of a partition means; 1 for a whole card."""
    found = _SLICES.search(name.lower())
    if found is None:
        return 1.0, name
    return int(found["slices"]) / _ALL_SLICES, name[: found.start()] + name[found.end() :]


def _range_factor(cards: list[Accelerator], name: str | None) -> Factor:
    ratings = sorted(card.tdp_w if card.tdp_w is not None else card.most_w for card in cards)
    which = f"the {len(cards)} known GPUs that '{name[:40]}' may be" if name else f"all {len(cards)} known GPUs"
    return Factor(
        id="gpu_tdp_w", value=median_low(ratings), unit="W", low=ratings[0], high=max(card.most_w for card in cards),
        source=f"assumption: the scheduler does not tell the GPU for certain; {which}",
        version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


def _gpu_load_factor() -> Factor:
    return Factor(
        id="accelerator_load_share", value=LOAD.central, unit="1", low=LOAD.low, high=LOAD.high,
        source=f"assumption: {LOAD_SAID}", version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


def _component(name: str, power_w: Spread, duration_s: float) -> Component:
    kwh = power_w.times(duration_s / _WS_PER_KWH)
    return Component(
        component=name, kwh=kwh.central, low_kwh=kwh.low, high_kwh=kwh.high, method=f"estimate-{METHOD}", scope="job"
    )
