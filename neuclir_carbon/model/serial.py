"""Serial numbers of carbon credits: what one encodes, and what may be wrong with it."""

from datetime import date
from enum import StrEnum

from attrs import frozen


class Verdict(StrEnum):
    """What can be said about a serial from its text alone. The order is the order of the checks: the first one that
    applies is the verdict. An `E_` is refused; a `W_` is well-formed but unusual."""

    E_LENGTH = "E_LENGTH"
    E_NONASCII = "E_NONASCII"
    E_SYNTAX = "E_SYNTAX"
    E_MIXED = "E_MIXED"
    E_REVERSED = "E_REVERSED"
    E_ZERO = "E_ZERO"
    E_COUNTRY = "E_COUNTRY"
    E_DATE = "E_DATE"
    E_VINTAGE_ORDER = "E_VINTAGE_ORDER"
    E_VINTAGE_FUTURE = "E_VINTAGE_FUTURE"
    E_VINTAGE_OLD = "E_VINTAGE_OLD"
    W_TEMPORARY_UNIT = "W_TEMPORARY_UNIT"
    E_CP_ORDER = "E_CP_ORDER"
    W_CP3 = "W_CP3"
    W_COMPLIANCE_UNIT = "W_COMPLIANCE_UNIT"
    W_HUGE_BLOCK = "W_HUGE_BLOCK"
    W_EX_ANTE_UNIT = "W_EX_ANTE_UNIT"
    W_LEADING_ZERO = "W_LEADING_ZERO"
    OK = "OK"

    @property
    def is_error(self) -> bool:
        return self.value.startswith("E_")


@frozen
class Block:
    """A closed interval of serial numbers: `start` and `end` both belong to it."""

    start: int
    end: int

    @property
    def units(self) -> int:
        """How many credits the block holds (of 1000 kg CO2e each, where the programme issues whole tonnes)."""
        return self.end - self.start + 1


@frozen(kw_only=True)
class Vintage:
    """When the reductions happened. `whole_years` is True where the serial names years only, not days."""

    first: date
    last: date
    whole_years: bool = False

    @classmethod
    def of_year(cls, year: int) -> "Vintage":
        return cls(first=date(year, 1, 1), last=date(year, 12, 31), whole_years=True)


@frozen(kw_only=True)
class Serial:
    """What a well-formed serial encodes, whether or not it makes sense.

    `key` is the range within which numbers are unique: two blocks of one key that overlap hold the same credits.
    `loose_key` is a wider one, under which equal blocks are suspicious. `details` are further facts in words, `issued`
    the day of the issuance, which few serials tell. An id that names a retirement as a whole has no `start` and `end`;
    then `key` is the id's. `order_only` is True for old
    forms of which nothing but the order of the ends is judged.
    """

    programme: str
    unit: str
    start: int | None = None
    end: int | None = None
    key: str
    loose_key: str
    country: str | None = None
    project: str | None = None
    vintage: Vintage | None = None
    commitment_periods: tuple[int, int] | None = None
    issued: date | None = None
    details: tuple[str, ...] = ()
    order_only: bool = False

    @property
    def block(self) -> Block | None:
        """The interval; None without ends, or where they can't be ends of one (`end` < `start`, or below 1)."""
        if self.start is None or self.end is None:
            return None
        least = 0 if self.order_only else 1
        return Block(self.start, self.end) if least <= self.start <= self.end else None


@frozen
class SerialFault:
    """One thing about a serial that is wrong or unusual: its name, and in words what was found and wanted."""

    verdict: Verdict
    message: str


@frozen(kw_only=True)
class Reading:
    """One serial text as read: normalised, with its faults in the order of `Verdict`; `serial` None if none fits."""

    text: str
    faults: tuple[SerialFault, ...] = ()
    serial: Serial | None = None

    @property
    def verdict(self) -> Verdict:
        return self.faults[0].verdict if self.faults else Verdict.OK

    @property
    def is_valid(self) -> bool:
        return not self.verdict.is_error

    @property
    def block(self) -> Block | None:
        """The block of a valid serial; None otherwise."""
        return self.serial.block if self.serial is not None and self.is_valid else None
