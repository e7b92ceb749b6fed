"""A public edition that is out already, and what stood behind it."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from neuclir_carbon.model.parts import Part


@frozen(kw_only=True)
class Edition:
    """What was printed, with each team's parts and what its certificates covered (kg CO2e by level), and the SHA-256
    of the bundles that it counts.

    `states` are by team a digest of all else that a public edition counts of it: its answers and its bundles.
    """

    document: Mapping[str, Any]
    parts: tuple[Part, ...]
    covered: Mapping[str, Mapping[str, float]]
    bundles: tuple[str, ...] = ()
    states: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class EarlierYear:
    """An earlier year as the public edition is compared with it, by the teams' names of today.

    `emissions_kg` are the teams' as reported then (kg CO2e); `recomputed_kg` those of the teams with figures in both
    years, then and now, under one set of grid factors; None where that is not known. `editions` are the public
    editions of that year; None where its inventory does not keep them.
    """

    emissions_kg: Mapping[str, float]
    recomputed_kg: Mapping[str, tuple[float, float]] | None = None
    editions: tuple[Edition, ...] | None = None
