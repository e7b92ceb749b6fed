"""The official six-column check, said plainly: what check-stdtrec-run.py looks at, in its order.

Written from a description of that program's behaviour (isoboroff/submit-system, evalbase/checkers, commit
21631276f0a74200f2b2cb5b38198ca0be1fa7b1), not from its text, so that two ways of saying the same can be held against
each other. Returns True for a run that it accepts. A crash is a rejection.
"""

import io
import re
from collections.abc import Sequence


class Stopped(Exception):
    """The check broke off: a critical error, or a crash."""


def accepts(
    data: bytes,
    file_name: str,
    *,
    topics: Sequence[str] | None = None,
    topic_pattern: str = r"\d+",
    docid_pattern: str = r"\w+",
    most: int = 1000,
    any_q0: bool = False,
) -> bool:
    options = {"topic_pattern": topic_pattern, "docid_pattern": docid_pattern, "most": most, "any_q0": any_q0}
    try:
        return _errors(data, file_name, topics=topics, **options) == 0
    except (Stopped, UnicodeDecodeError, ValueError, KeyError):
        return False


def _errors(  # noqa: C901 - said in one piece, in the program's own order
    data: bytes,
    file_name: str,
    *,
    topics: Sequence[str] | None,
    topic_pattern: str,
    docid_pattern: str,
    most: int,
    any_q0: bool,
) -> int:
    errors = 0
    first_tag = None
    said_q0 = False
    counted = dict.fromkeys(topics or (), 0)
    documents: dict[str, set[str]] = {topic: set() for topic in counted}
    for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=None):
        fields = line.split()
        if len(fields) != 6:
            raise Stopped
        topic, q0, document, rank, _, tag = fields
        if first_tag is None:
            first_tag = tag
        elif tag != first_tag:
            errors += 1
        elif tag != file_name:
            raise Stopped
        if topic not in counted:
            if topics is not None:
                errors += 1
                continue
            if re.match(topic_pattern, topic, re.IGNORECASE) is None:
                raise Stopped
            documents[topic] = set()
        if q0 != "Q0" and not any_q0 and not said_q0:
            said_q0 = True
            errors += 1
        number = int(rank)
        if number < 0 or str(number) != rank:
            errors += 1
        if re.fullmatch(docid_pattern, document, re.IGNORECASE) is None or document in documents[topic]:
            errors += 1
            continue
        documents[topic].add(document)
        counted[topic] = counted.get(topic, 0) + 1
    return errors + sum(count == 0 or count > most for count in counted.values())
