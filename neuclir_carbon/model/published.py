"""A public edition that is out already, and what stood behind it."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.model.parts import Part


@frozen(kw_only=True)
class Edition:
    """What was printed, with each team's parts and what its certificates covered (kg CO2e by level), and the SHA-256
    of the bundles that it counts."""

    document: Mapping[str, Any]
    parts: tuple[Part, ...]
    covered: Mapping[str, Mapping[str, float]]
    bundles: tuple[str, ...] = ()
