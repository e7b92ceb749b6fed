"""Where work ran, as a user says it: never guessed, taken whole from one level (command line, environment, file)."""

from attrs import frozen

SITES = ("laptop", "machine-room")


@frozen(kw_only=True)
class Place:
    """The place of an activity. `intensity_g_co2e_per_kwh` may stand with `country`, which is then kept beside it."""

    country: str | None = None
    region: str | None = None
    cloud: str | None = None
    cloud_region: str | None = None
    intensity_g_co2e_per_kwh: float | None = None

    @property
    def is_given(self) -> bool:
        """Whether any part of it was named."""
        return self != Place()


@frozen(kw_only=True)
class PueChoice:
    """What was said about the PUE: a number, or a kind of site; nothing is `PueChoice()`."""

    pue: float | None = None
    site: str | None = None

    @property
    def is_given(self) -> bool:
        return self != PueChoice()
