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
    `same_teams` are those whose change since an earlier year it tells; none where it tells no change.
    """

    document: Mapping[str, Any]
    parts: tuple[Part, ...]
    covered: Mapping[str, Mapping[str, float]]
    bundles: tuple[str, ...] = ()
    states: Mapping[str, str] = field(factory=dict)
    same_teams: tuple[str, ...] = ()


@frozen(kw_only=True)
class EarlierYear:
    """An earlier year as the public edition is compared with it, by the teams' names of today.

    `emissions_kg` are the teams' as reported then (kg CO2e); `recomputed_kg` those of the teams of either year, then
    and now, under one set of grid factors (None in a year in which a team has no figures), or None where that is not
    known of all. `editions` are the public editions of that year; None where its inventory does not keep them.
    """

    emissions_kg: Mapping[str, float]
    recomputed_kg: Mapping[str, tuple[float | None, float | None]] | None = None
    editions: tuple[Edition, ...] | None = None
