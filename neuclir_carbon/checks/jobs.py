"""JOB: logs of jobs. What is wrong with a row is found where it is read; the other rows count."""

from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Severity

BOOK: Rulebook[Any] = Rulebook("job logs")

NO_TIMES = BOOK.note(
    "JOB001", Severity.ERROR, "the log does not say how long jobs ran",
    """A log of jobs has the columns `start` and `end`, or `seconds`. Without them nothing can be counted.

    Good: `start,end,device,count`. Bad: `begin,finish,device,count`.
    """,
)  # fmt: skip
BAD_ROW = BOOK.note(
    "JOB002", Severity.ERROR, "a row can't be read",
    """Each row has as many cells as the header, in UTF-8, on a line of at most 64 KiB. The row does not count.

    Good: `2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,T4,1`. Bad: a row that lacks a cell.
    """,
)  # fmt: skip
BAD_TIME = BOOK.note(
    "JOB003", Severity.ERROR, "a row's time is no time",
    """`start` and `end` are dates with times (ISO 8601; UTC where no zone is given), the end not before the start;
    `seconds` is a number from 0 on. The row does not count.

    Good: `2026-01-01T10:00:00+01:00`, `90.5`. Bad: `yesterday`, `-3`, `nan`.
    """,
)  # fmt: skip
BAD_HARDWARE = BOOK.note(
    "JOB004", Severity.ERROR, "a row's hardware is not known",
    """A row names `processors`, a `device` with its `count`, or a `provider` with an `instance`; what it leaves out,
    options fill in. Names are exact. The row does not count.

    Good: `device` `A100 SXM4 80GB`. Bad: `A100-80`.
    """,
)  # fmt: skip
BAD_PLACE = BOOK.note(
    "JOB005", Severity.ERROR, "a row's place is not known",
    """`country` is an ISO 3166 alpha-3 code and `region` its state, province or zone; beside a `provider`, `region` is
    the provider's. The row does not count.

    Good: `DEU`. Bad: `Germany`.
    """,
)  # fmt: skip
OUT_OF_ORDER = BOOK.note(
    "JOB006", Severity.WARNING, "a row is out of order on its machine",
    """Jobs on one `machine` are sorted by start, so that time in which several ran there counts once. A row that starts
    before the one above it on its machine counts whole.

    Good: a log sorted by start. Bad: two logs of one machine put together.
    """,
)  # fmt: skip
