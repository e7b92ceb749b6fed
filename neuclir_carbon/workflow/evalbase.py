"""`check-evalbase`: a run in the upload system's way: options and a run tag in, an errlog and an exit code out."""

import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from neuclir_carbon.checks import official_columns, official_ragtime, official_reports
from neuclir_carbon.checks.official_log import Errlog, Stopped, ended
from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.model.json_lines import room_for
from neuclir_carbon.model.track import LineFormat, Task
from neuclir_carbon.resources import track_paths
from neuclir_carbon.store.files import open_file, write_bytes
from neuclir_carbon.store.tracks import load_track

LONGEST_LINE = 64 << 20
LOG_IN_MEMORY_BYTES = 16 << 20


class Kind(StrEnum):
    """The upload system's checkers that are known here."""

    TREC6 = "trec6"
    NEUCLIR_REPORT = "neuclir-report"
    RAGTIME = "ragtime"


RAGTIME_CHECKER = "rag_run_validator"


@frozen(kw_only=True)
class Call:
    """A call of a checker as the upload system makes it, in the folder of the run; None where nothing was said."""

    kind: Kind
    run_tag: str
    topic_file: str | None = None
    topic_pattern: str | None = None
    document_pattern: str | None = None
    most: int = 1000
    any_q0: bool = False
    limit: int | None = None
    unit: str = "characters"
    strict: bool = False
    stop_at_error: bool = False


def check_evalbase(call: Call) -> int:
    """Writes RUNTAG.errlog and returns the checker's exit code: 0, 255 on errors, 1 where the checker itself gives up.

    `Unwritable` if there is no room for the log; `BadOption` for an expression that is none.
    """
    check, stop_text = _CHECKS[call.kind](call)
    with tempfile.SpooledTemporaryFile(LOG_IN_MEMORY_BYTES, "w+", encoding="utf-8", newline="") as text:
        log = Errlog(text.write, stop_text, plain=call.kind is Kind.RAGTIME)
        with room_for(max(official_reports.MAX_DEPTH, official_ragtime.MAX_DEPTH)):
            code = ended(log, lambda: check(log), text.write)
        text.seek(0)
        write_bytes(Path(f"{call.run_tag}.errlog"), (line.encode("utf-8") for line in text))
    return code


Check = Callable[[Errlog], int | None]
Prepared = tuple[Check, Callable[[int], str]]


def _columns(call: Call) -> Prepared:
    documents = _expression("-d", call.document_pattern or r"\w+")
    pattern = _expression("-t", call.topic_pattern or r"\d+")

    def check(log: Errlog) -> None:
        topics = None
        if call.topic_file:
            topics = tuple(official_columns.topics_by_line(_reader(_topic_path(call.topic_file))()))
        options = official_columns.ColumnOptions(
            topics=topics, topic_pattern=pattern, document_pattern=documents, most=call.most, any_q0=call.any_q0
        )
        official_columns.check_columns(_reader(call.run_tag), call.run_tag, options, log)

    return check, official_columns.stop_text


def _reports(call: Call) -> Prepared:
    if call.topic_file is None:
        raise BadOption("this checker needs the list of requests; give it with -f FILE")
    topic_file = call.topic_file

    def check(log: Errlog) -> None:
        requests = official_columns.topics_by_line(_reader(_topic_path(topic_file))())
        official_reports.check_reports(_reader(call.run_tag)(), requests, log)

    return check, official_reports.stop_text


def _ragtime(call: Call) -> Prepared:
    task = _ragtime_task()
    packaged = {topic: {"limit": limit} for topic, limit in task.topics.limits.items()}

    def check(log: Errlog) -> int:
        options = official_ragtime.RagtimeOptions(
            schema=task.lines.line_schema, limit=call.limit, unit=call.unit, strict=call.strict,
            stop_at_error=call.stop_at_error,
        )  # fmt: skip
        topics = packaged if call.topic_file is None else _opened_late(call.topic_file)
        return official_ragtime.check_ragtime(_opened_late(call.run_tag), topics, options, log)

    return check, official_ragtime.stop_text


_CHECKS: Mapping[Kind, Callable[[Call], Prepared]] = {
    Kind.TREC6: _columns,
    Kind.NEUCLIR_REPORT: _reports,
    Kind.RAGTIME: _ragtime,
}


def _expression(option: str, text: str) -> re.Pattern[str]:
    """An expression as the checker takes it, whatever the case."""
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadOption(f"{option} {text!r} is no regular expression: {error}") from None


def _ragtime_task() -> Task:
    """The first packaged task whose official checker is rag_run_validator: its schema, its topics."""
    for name, _ in track_paths():
        track = load_track(name).track
        for task in track.tasks.values():
            checker = track.official_checker_of(task)
            if checker is not None and checker.name == RAGTIME_CHECKER and isinstance(task.format, LineFormat):
                return task
    raise Unreadable(f"no packaged track has {RAGTIME_CHECKER} as its official checker; install neuclir-carbon again")


def _topic_path(name: str) -> str:
    """A topic file's path; the checkers say it in these words when it is missing."""
    if not os.path.lexists(name):
        raise Stopped(f"{name} not found")
    return name


def _reader(name: str) -> Callable[[], Iterator[str]]:
    """A way to read a file's lines, more than once: as Python reads a text file in UTF-8, CR, LF and CRLF each ending
    one. What can't be opened is said in Python's words."""
    if not Path(name).is_file():
        raise _why_not(name)

    def read() -> Iterator[str]:
        with open_file(Path(name)) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8")
            while line := text.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise Stopped(f"a line has more than {LONGEST_LINE:,} characters")
                yield line

    return read


def _why_not(name: str) -> Exception:
    """What Python says where it can't open a file to read it."""
    try:
        Path(name).stat()
    except OSError as error:
        return error
    folder = IsADirectoryError(21, "Is a directory", name)
    return folder if Path(name).is_dir() else Unreadable(f"{name} is no regular file; give a file")


def _opened_late(name: str) -> Iterator[str]:
    """The lines of a file that is looked for when the first is asked for."""
    yield from _reader(name)()
