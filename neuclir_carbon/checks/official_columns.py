"""What check-stdtrec-run.py says to a run in six columns, error by error, in its order."""

import re
from collections.abc import Callable, Iterable, Mapping

from attrs import frozen

from neuclir_carbon.checks.official_log import Errlog
from neuclir_carbon.model.run import FIELDS

Lines = Callable[[], Iterable[str]]


@frozen(kw_only=True)
class ColumnOptions:
    """That checker's options. `topics` None: a topic must begin as `topic_pattern` says."""

    topics: tuple[str, ...] | None = None
    topic_pattern: re.Pattern[str]
    document_pattern: re.Pattern[str]
    most: int = 1000
    any_q0: bool = False


def stop_text(line: int) -> str:
    """What the checker says after its last error, whatever the line."""
    return "Too many errors"


def check_columns(read: Lines, run_name: str, options: ColumnOptions, log: Errlog) -> None:
    """Goes through a run as that checker does. `read` gives the lines from the beginning, as often as it is called.

    Memory holds the documents of one topic, and of topics that do not stand together.
    """
    state = _State(run_name, options, log, _interleaved(read))
    for number, line in enumerate(read(), 1):
        state.line = number
        fields = line.split()
        if len(fields) != FIELDS:
            log.error(number, f"Wrong number of fields (expecting {FIELDS})")
            return
        if not state.tag_is_right(fields[5]):
            return
        state.take(*fields[:4])
    for topic, count in state.counts.items():
        if count == 0:
            log.error(state.line, f"No documents retrieved for topic {topic}")
        elif count > options.most:
            log.error(state.line, f"Too many documents ({count}) retrieved for topic {topic}")


def _interleaved(read: Lines) -> frozenset[str]:
    """The topics that go on after another one, as far as the run can be read."""
    closed: set[str] = set()
    again: set[str] = set()
    last = None
    try:
        for line in read():
            topic = next(iter(line.split(maxsplit=1)), "")
            if topic != last:
                if topic in closed:
                    again.add(topic)
                closed.add(topic)
                last = topic
    except UnicodeDecodeError:
        pass
    return frozenset(again)


class _State:
    """What the checker remembers between lines."""

    def __init__(self, run_name: str, options: ColumnOptions, log: Errlog, interleaved: frozenset[str]) -> None:
        self.run_name, self.options, self.log, self.interleaved = run_name, options, log, interleaved
        self.line = 0
        self.tag: str | None = None
        self.last_topic: str | None = None
        self.told_of_q0 = False
        self.counts: dict[str, int] = dict.fromkeys(options.topics or (), 0)
        self.documents: dict[str, set[str]] = {topic: set() for topic in self.counts}

    def tag_is_right(self, tag: str) -> bool:
        """Whether the check goes on. The first line's tag is compared with nothing."""
        if self.tag is None:
            self.tag = tag
        elif tag != self.tag:
            self.log.error(self.line, f'Run tag inconsistent ("{tag}" instead of "{self.tag}")')
        elif tag != self.run_name:
            self.log.error(self.line, "Runtag does not match file")
            return False
        return True

    def take(self, topic: str, q0: str, document: str, rank: str) -> None:
        if topic not in self.counts and not self._opens(topic):
            return
        self._forget_closed(topic)
        if not self.options.any_q0 and q0 != "Q0" and not self.told_of_q0:
            self.log.error(self.line, f'Field 2 is "{q0}" and not Q0')
            self.told_of_q0 = True
        number = int(rank)
        if number < 0 or str(number) != rank:
            self.log.error(self.line, f"Column 4 (rank) {rank} must be a positive integer")
        if self.options.document_pattern.fullmatch(document) is None:
            self.log.error(self.line, f"Unrecognized docno {document}")
            return
        seen = self.documents[topic]
        if document in seen:
            self.log.error(self.line, f"{document} retrieved more than once for topic {topic}")
            return
        seen.add(document)
        self.counts[topic] = self.counts.get(topic, 0) + 1

    def _opens(self, topic: str) -> bool:
        """Whether a line of a topic that was not counted yet is looked at further."""
        if self.options.topics is not None:
            self.log.error(self.line, f"Unknown test topic ({topic})")
            return False
        if self.options.topic_pattern.match(topic):
            self.documents[topic] = set()
        else:
            self.log.error(self.line, f"Unknown tests topic ({topic})")
        return True

    def _forget_closed(self, topic: str) -> None:
        last, self.last_topic = self.last_topic, topic
        if last is not None and last != topic and last not in self.interleaved and last in self.documents:
            self.documents[last] = set()


def topics_by_line(lines: Iterable[str]) -> Mapping[str, None]:
    """The ids of a topic file as the checkers read it: one a line, a blank line is an id without a name."""
    return dict.fromkeys(line.strip() for line in lines)
