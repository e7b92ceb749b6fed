"""The day as of which dates are judged."""

from datetime import UTC, date, datetime

import pytest

from neuclir_carbon.errors import BadOption
from neuclir_carbon.workflow.dates import as_of_date


def test_the_day_is_given_or_that_of_source_date_epoch_or_today() -> None:
    assert as_of_date("2024-02-29", {"SOURCE_DATE_EPOCH": "0"}) == date(2024, 2, 29)
    assert as_of_date(None, {"SOURCE_DATE_EPOCH": "86400"}) == date(1970, 1, 2)
    before = datetime.now(UTC).date()
    assert before <= as_of_date(None, {}) <= datetime.now(UTC).date()


@pytest.mark.parametrize("text", ["yesterday", "2023-02-29", "22.11.2026", "", "2026-11-22T00:00:00Z", "9" * 500])
def test_a_day_that_is_none_is_a_bad_option(text: str) -> None:
    with pytest.raises(BadOption, match="--as-of is"):
        as_of_date(text)


@pytest.mark.parametrize("epoch", ["x", "1e9", "9" * 30, "-9" * 20])
def test_a_source_date_epoch_that_is_none_is_named(epoch: str) -> None:
    with pytest.raises(BadOption, match="SOURCE_DATE_EPOCH"):
        as_of_date(None, {"SOURCE_DATE_EPOCH": epoch})
