"""What check-ragtime.py says to a run: the output of rag_run_validator, copied into the log.

rag_run_validator: github.com/hltcoe/rag-run-validator at 81c85655.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.line_schemas import line_validator
from neuclir_carbon.checks.official_log import ACCEPTED, REJECTED, Errlog
from neuclir_carbon.model.json_lines import NotRead, TooDeep, read_json

# A message shows all of the value that it is about; beyond this, it would be a log that nobody can open.
LINE_SHOWN_IN_FULL = 1 << 20
MAX_DEPTH = 993


@frozen(kw_only=True)
class RagtimeOptions:
    """rag_run_validator's options, and the JSON Schema that it holds each line against."""

    schema: Mapping[str, Any]
    limit: int | None = None
    unit: str = "characters"
    strict: bool = False
    stop_at_error: bool = False


class _Broken(Exception):
    """The validator breaks down; the text is the last line of its traceback."""


def stop_text(line: int) -> str:
    """What the checker says after its last error, whatever the line."""
    return "Too many errors"


Topics = Mapping[str, Mapping[str, Any]]


def check_ragtime(lines: Iterable[str], topics: Topics | Iterable[str], options: RagtimeOptions, log: Errlog) -> int:
    """Goes through a run as that checker does; its exit code. Call it inside `room_for(MAX_DEPTH)`.

    `topics`: topic id to what is said of it, or the lines of a file that says so; empty, no topic is asked for.
    Of a traceback, the first and the last line are logged; what stands between names files of another machine.
    """
    accepted = True
    try:
        known = topics if isinstance(topics, Mapping) else _topics_of(topics)
        for text, rejects in _output(lines, known, options):
            accepted = accepted and not rejects
            _copy(text, log)
    except _Broken as error:
        accepted = False
        _copy(f"Traceback (most recent call last):\n{error}", log)
    return ACCEPTED if accepted else REJECTED


def _copy(text: str, log: Errlog) -> None:
    for line in text.splitlines():
        if re.search(r"\[Error", line):
            log.error(-1, line)
        else:
            log.warn(-1, line)


def _topics_of(lines: Iterable[str]) -> Topics:
    try:
        return {topic["topic_id"]: topic for topic in _values(lines)}
    except (KeyError, TypeError) as error:
        raise _Broken(f"{type(error).__name__}: {error}") from None


def _output(lines: Iterable[str], topics: Topics, options: RagtimeOptions) -> Iterator[tuple[str, bool]]:
    """What the validator prints, and whether it rejects the run for it."""
    from jsonschema import ValidationError

    answered = set()
    for number, value in enumerate(_values(lines), 1):
        rejects = False
        try:
            topic = _topic_of(value, options.schema)
        except ValidationError as error:
            rejects = True
            yield f"[Error:{number}] Format -- {_in_full(error, value)}", rejects
        else:
            answered.add(topic)
            too_long = _too_long(value, topics.get(topic, {}), options)
            if too_long is not None:
                rejects = options.strict
                yield f"[{'Error' if rejects else 'Warning'}:{number}] {too_long}", rejects
        if options.stop_at_error and rejects:
            return
    missing = [topic for topic in topics if topic not in answered]
    if missing:
        yield f"[Error] Missing topics: {{{', '.join(repr(topic) for topic in missing)}}}", True


def _values(lines: Iterable[str]) -> Iterator[Any]:
    """The values of the lines; `_Broken` at the first that can't be read."""
    try:
        for line in lines:
            yield read_json(line, max_depth=MAX_DEPTH).value
    except TooDeep as fault:
        raise _Broken(
            f"RecursionError: maximum recursion depth exceeded while decoding a JSON {fault.kind} from a unicode string"
        ) from None
    except NotRead as fault:
        kind = "ValueError" if fault.column is None else "json.decoder.JSONDecodeError"
        raise _Broken(f"{kind}: {fault.in_full}") from None
    except (UnicodeDecodeError, OSError) as error:
        raise _Broken(f"{type(error).__name__}: {error}") from None


def _topic_of(value: Any, schema: Mapping[str, Any]) -> str:
    """The topic of a line that follows the schema; ValidationError otherwise, `_Broken` where no object stands.

    The validator takes a list apart, and a text for a path or for JSON, and breaks down on each of them in the end.
    """
    from jsonschema.exceptions import best_match

    if isinstance(value, str) and not value.startswith(("[", "{")):
        raise _Broken(f"FileNotFoundError: [Errno 2] No such file or directory: {value!r}")
    runs = list(_values(value.splitlines(keepends=True))) if isinstance(value, str) else value
    try:
        for run in [runs] if isinstance(runs, dict) else runs:
            error = best_match(line_validator(schema).iter_errors(run))
            if error is not None:
                raise error
        topic: str = value["metadata"]["topic_id"]
    except TypeError as error:
        raise _Broken(f"TypeError: {error}") from None
    return topic


def _in_full(error: Exception, value: Any) -> str:
    """The validator's message, which shows the schema and the value; `_Broken` where that is nested too deep."""
    if len(json.dumps(value)) > LINE_SHOWN_IN_FULL:
        return f"{str(getattr(error, 'message', ''))[:200]} (the line is too long to be shown)"
    try:
        return str(error)
    except RecursionError as deep:
        raise _Broken(f"RecursionError: {deep}") from None


def _too_long(value: Any, topic: Mapping[str, Any], options: RagtimeOptions) -> str | None:
    limit = topic.get("limit", options.limit)
    if limit is None:
        return None
    text = " ".join(response["text"] for response in value["responses"])
    length = len(text.split()) if options.unit == "words" else len(unicodedata.normalize("NFKC", text))
    if length <= limit:
        return None
    return f"Response in topic {value['metadata']['topic_id']} is too long ({options.unit}) -- {length} > {limit}"
