"""What a team wrote in its `ledger.toml` (`ledger-settings/1`)."""

from attrs import frozen

from neuclir_carbon.model.place import Place, PueChoice

SCHEMA = "ledger-settings/1"


@frozen(kw_only=True)
class Settings:
    """Defaults of one ledger; None where nothing is said. Field names are the document's keys."""

    schema: str = SCHEMA
    country: str | None = None
    region: str | None = None
    cloud: str | None = None
    cloud_region: str | None = None
    intensity_g_co2e_per_kwh: float | None = None
    pue: float | None = None
    site: str | None = None
    team: str | None = None
    license: str | None = None
    method_name: str | None = None
    method_description: str | None = None
    repository: str | None = None

    @property
    def place(self) -> Place:
        return Place(
            country=self.country,
            region=self.region,
            cloud=self.cloud,
            cloud_region=self.cloud_region,
            intensity_g_co2e_per_kwh=self.intensity_g_co2e_per_kwh,
        )

    @property
    def pue_choice(self) -> PueChoice:
        return PueChoice(pue=self.pue, site=self.site)
