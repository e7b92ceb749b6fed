"""The day as of which dates are judged, and SOURCE_DATE_EPOCH (reproducible-builds.org) behind it."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from neuclir_carbon.errors import BadOption


def as_of_date(text: str | None, environment: Mapping[str, str] | None = None) -> date:
    """The day on which dates are judged: as given (ISO), else that of SOURCE_DATE_EPOCH, else today (UTC)."""
    if text is not None:
        try:
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise BadOption(f"--as-of is '{text[:40]}', wanted a date such as 2026-11-22") from None
    epoch = source_date_epoch(environment)
    return datetime.now(UTC).date() if epoch is None else datetime.fromtimestamp(epoch, UTC).date()


def source_date_epoch(environment: Mapping[str, str] | None = None) -> int | None:
    """SOURCE_DATE_EPOCH in seconds since 1970; None when it is not set."""
    text = (os.environ if environment is None else environment).get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,11}", text):
        raise BadOption(f"SOURCE_DATE_EPOCH is '{text[:40]}', wanted whole seconds since 1970 (or unset it)")
    return int(text)
