"""The reference to an offset certificate: what was retired, where that is written, and what part serves which scope.

Field names are the document's keys (`certificate-reference/1`, schemas/certificate-reference-1.schema.json). All
quantities are whole kg of CO2e (one credit is 1000 kg). Dates are kept as the ISO text of the document.
"""

from collections.abc import Container
from datetime import date

from attrs import field, frozen

SCHEMA = "certificate-reference/1"
POOL = "pool"
KG_PER_CREDIT = 1000


@frozen(kw_only=True)
class Period:
    """A span of days, both ends included, as ISO dates (`2024-01-31`)."""

    start: str
    end: str

    @property
    def first(self) -> date:
        return date.fromisoformat(self.start)

    @property
    def last(self) -> date:
        return date.fromisoformat(self.end)


@frozen(kw_only=True)
class SerialText:
    """One serial number or block as printed; `end_raw` where the document prints start and end apart."""

    raw: str
    end_raw: str | None = None


@frozen(kw_only=True)
class Project:
    """The project that the credits come from; `host_country` is ISO 3166-1 alpha-2."""

    id: str | None = None
    title: str | None = None
    host_country: str | None = None
    project_type: str | None = None


@frozen(kw_only=True)
class Beneficiary:
    """For whom the credits were retired, and by whom. `public` False keeps the name out of every output."""

    name: str | None = None
    public: bool = False
    retired_by: str | None = None


@frozen(kw_only=True)
class Document:
    """The certificate's file: its digest, never the file itself."""

    sha256: str
    media_type: str | None = None
    bytes: int | None = None
    shared_with_organizer: bool | None = None


@frozen(kw_only=True)
class Price:
    """What was paid for the whole certificate: a decimal amount as text, and an ISO 4217 currency."""

    amount: str
    currency: str


@frozen(kw_only=True)
class Attestation:
    """Somebody's word that nobody else claims the same retirement."""

    sole_claim: bool
    signed_by: str
    date: str | None = None


@frozen(kw_only=True)
class Allocation:
    """The part of a certificate (kg CO2e) that serves one scope.

    A scope is `<track id>/<team>`, `<track id>/<team>/<run tag>`, or `<track id>/pool` for a part that covers the
    whole track and no team of its own.
    """

    scope_id: str
    kg: int
    period: Period | None = None

    @property
    def track(self) -> str:
        """The track id: what stands before the first slash."""
        return self.scope_id.partition("/")[0]

    @property
    def is_pooled(self) -> bool:
        """Whether it covers the whole track rather than a team."""
        return self.scope_id.partition("/")[2] == POOL

    def team(self, known: Container[str] = ()) -> str:
        """The team's name: the longest of the `known` teams that the scope names, else what stands before a run tag.

        Knowing the teams matters where a team's name itself holds a slash.
        """
        parts = self.scope_id.split("/")[1:]
        prefixes = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next((prefix for prefix in prefixes if prefix in known), parts[0])


@frozen(kw_only=True)
class Certificate:
    """One certificate reference. Read it through `store.certificates`, which validates it first."""

    schema: str = SCHEMA
    certificate_id: str
    programme: str
    unit_type: str
    action: str = "unknown"
    quantity_kg: int
    quantity_as_printed: str | None = None
    serials: tuple[SerialText, ...] = ()
    project: Project | None = None
    vintage: Period | None = None
    retired_on: str
    beneficiary: Beneficiary | None = None
    purpose: str | None = None
    registry_url: str | None = None
    document: Document | None = None
    labels: tuple[str, ...] = ()
    corresponding_adjustment: str = "unknown"
    price: Price | None = None
    allocations: tuple[Allocation, ...]
    other_uses_declared: bool | None = None
    attestation: Attestation | None = None

    @property
    def retired(self) -> date:
        """The day of the retirement or cancellation."""
        return date.fromisoformat(self.retired_on)


@frozen(kw_only=True)
class Claimed:
    """A certificate reference as somebody brought it: the file or bundle, the place in it, and the team if known."""

    certificate: Certificate
    path: str
    team: str | None = None
    pointer: str = field(default="")
