"""What check-neuclir-report.py says to a run of reports, line by line, in its order."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from neuclir_carbon.checks.official_log import Errlog, Stopped
from neuclir_carbon.model.json_lines import NotRead, TooDeep, read_json

MOST_CHARACTERS = 2000
MOST_CITATIONS = 2
MAX_DEPTH = 994
COLLECTIONS = ("neuclir/1/zho", "neuclir/1/rus", "neuclir/1/fas")
FIELDS = ("request_id", "run_id", "collection_ids", "sentences")
SENTENCE_FIELDS = ("text", "citations")
CITED = re.compile(r"[a-f0-9]{8}-?[a-f0-9]{4}-?4[a-f0-9]{3}-?[89ab][a-f0-9]{3}-?[a-f0-9]{12}", re.IGNORECASE)


def stop_text(line: int) -> str:
    """What the checker says after its last error."""
    return f"{line} Stopping, too many errors"


def check_reports(lines: Iterable[str], requests: Iterable[str], log: Errlog) -> None:
    """Goes through a run as that checker does. What breaks it down is raised, with the words in which it says so.

    Call it inside `room_for(MAX_DEPTH)`. It leaves out one thing: the checker also appends each report that it takes to
    a file RUN.normalized.
    """
    answers = dict.fromkeys(requests, 0)
    tag: Any = None
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            entry = read(line, MAX_DEPTH)
        except NotRead as fault:
            log.error(number, f"Error parsing JSON line at {fault.column}")
            continue
        if not all(field in entry for field in FIELDS):
            log.error(number, "Entry is missing a required field.")
            continue
        request = entry["request_id"]
        if tag is None:
            tag = entry["run_id"]
        elif tag != entry["run_id"]:
            log.error(number, f'Run tag inconsistent ("{entry["run_id"]}" instead of "{tag}")')
        if request not in answers:
            log.error(number, f"Unknown request ({request})")
            continue
        if any(collection not in COLLECTIONS for collection in entry["collection_ids"]):
            raise Stopped("name 'error' is not defined")
        _check_sentences(number, request, entry["sentences"], log)
        answers[request] += 1
    _count_answers(number, answers, log)


def _count_answers(number: int, answers: Mapping[str, int], log: Errlog) -> None:
    for request, times in answers.items():
        if times == 0:
            log.warn(number, f"No report returned for request {request}")
        elif times > 1:
            log.error(number, f"Too many reports ({times}) generated for request {request}")


def read(line: str, max_depth: int) -> Any:
    """A line's value; `NotRead` where the checkers' reader names a column, and what it raises for anything else."""
    try:
        return read_json(line, max_depth=max_depth).value
    except TooDeep as fault:
        raise RecursionError(
            f"maximum recursion depth exceeded while decoding a JSON {fault.kind} from a unicode string"
        ) from None
    except NotRead as fault:
        if fault.column is None:
            raise ValueError(fault.in_full) from None
        raise


def _check_sentences(number: int, request: str, sentences: Any, log: Errlog) -> None:
    if not sentences:
        log.warn(number, f"No report sentences for request {request}")
        return
    length = 0
    for sentence in sentences:
        if not all(field in sentence for field in SENTENCE_FIELDS):
            log.error(number, "Entry sentence is missing a field")
            continue
        length += len(unicodedata.normalize("NFKC", sentence["text"]))
        if length <= MOST_CHARACTERS:
            _check_citations(number, sentence["citations"], log)
    if length > MOST_CHARACTERS:
        log.warn(number, f"Report is too long ({length} chars), sentences dropped")


def _check_citations(number: int, citations: Any, log: Errlog) -> None:
    if len(citations) > MOST_CITATIONS:
        log.error(number, f"Too many citations (max {MOST_CITATIONS} per sentence)")
    seen = set()
    for cited in citations:
        if CITED.fullmatch(cited) is None:
            log.error(number, "Bogus docid in citation")
        if cited in seen:
            log.error(number, "Repeated citation")
        seen.add(cited)
