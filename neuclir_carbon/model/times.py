"""Times in documents: RFC 3339 in UTC, `2026-11-22T09:36:00.123Z`."""

from datetime import UTC, datetime


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds; the moment must know its zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone has no place in a document")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_timestamp(seconds: float) -> str:
    """RFC 3339 in UTC of a Unix time."""
    return format_time(datetime.fromtimestamp(seconds, UTC))


def parse_time(text: str) -> datetime:
    """The moment that an RFC 3339 text names, in UTC; ValueError if it names none or has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' has no zone")
    return moment.astimezone(UTC)
