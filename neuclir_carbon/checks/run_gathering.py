"""What is known of a run while it is walked over: the topic that is open, and a fold of all that came before."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from neuclir_carbon.checks.run_columns import Columns
from neuclir_carbon.checks.run_rankings import RANKINGS
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.run import Grammar, Ranking, Reopening, RunFacts, TagStretch

PLACES_KEPT = 20
# Of one rule; they wait until it is sure that their topic does not go on.
FAULTS_WAITING = 20_000


class Gathering:
    """What is known while walking: the topic that is open, the names of those that are closed, and the fold."""

    def __init__(self, grammar: Grammar, tally: Tally) -> None:
        self.grammar, self.tally = grammar, tally
        self.lines = self.lone_carriage_returns = 0
        self.unreadable = False
        self.open_topic: str | None = None
        self.open_columns: tuple[list[Any], ...] = ([], [], [], [])
        self.line_counts: dict[str, int] = {}
        self.by_topic: dict[str, Tally] = {}
        self.waiting: Counter[str] = Counter()
        self.reopened: dict[str, None] = {}
        self.places: list[Reopening] = []
        self.tags: list[TagStretch] = []
        self.last_tag: str | None = None
        self.tag_stretches = self.lines_with_first_tag = self.lines_with_another_tag = 0

    def take(self, columns: Columns) -> None:
        """Adds a block's lines to the topics that they belong to."""
        self._take_tags(columns.tags)
        parts = (columns.lines, columns.documents, columns.ranks, columns.scores)
        start = 0
        for topic, group in groupby(columns.topics):
            end = start + len(list(group))
            if topic != self.open_topic:
                self._open(topic, columns.lines[start])
            self.line_counts[topic] = self.line_counts.get(topic, 0) + end - start
            if topic not in self.reopened:
                for kept, column in zip(self.open_columns, parts, strict=True):
                    kept.extend(column[start:end])
            start = end

    def _take_tags(self, stretches: Iterable[TagStretch]) -> None:
        for stretch in stretches:
            if self.tags and stretch.tag != self.tags[0].tag:
                self.lines_with_another_tag += stretch.lines
            else:
                self.lines_with_first_tag += stretch.lines
            if stretch.tag != self.last_tag:
                self.last_tag = stretch.tag
                self.tag_stretches += 1
                if len(self.tags) < PLACES_KEPT:
                    self.tags.append(stretch)
            elif self.tag_stretches == len(self.tags):
                last = self.tags[-1]
                self.tags[-1] = TagStretch(last.tag, last.first_line, stretch.last_line, last.lines + stretch.lines)

    def _open(self, topic: str, line: int) -> None:
        self.close()
        self.open_topic = topic
        if topic in self.line_counts and topic not in self.reopened:
            self.reopened[topic] = None
            if topic in self.by_topic:
                self.waiting.subtract(self.by_topic.pop(topic).sizes)
            if len(self.places) < PLACES_KEPT:
                self.places.append(Reopening(topic, line))

    def close(self) -> None:
        """Shows the open topic's ranking to its rules, and forgets it."""
        topic = self.open_topic
        if topic is not None and topic not in self.reopened:
            self.show(topic, self.open_columns)
            self.open_columns = ([], [], [], [])
        self.open_topic = None

    def show(self, topic: str, columns: tuple[list[Any], ...]) -> None:
        """Shows a topic's ranking to its rules. The faults wait: the topic may go on later, and is then shown whole."""
        lines, documents, ranks, scores = columns
        found = Tally(self.tally.most, self.tally.off)
        found.ask(RANKINGS, Ranking(topic, lines, documents, ranks, scores, self.grammar))
        if found.counts:
            found.trim({code: FAULTS_WAITING - self.waiting[code] for code in found.counts})
            self.by_topic[topic] = found
            self.waiting.update(found.sizes)

    def groups_to_gather_again(self, most_lines: int) -> Iterator[frozenset[str]]:
        """The topics that did not stand together, in groups that are small enough to be held at once."""
        group: list[str] = []
        size = 0
        for topic in self.reopened:
            if group and size + self.line_counts[topic] > most_lines:
                yield frozenset(group)
                group, size = [], 0
            group.append(topic)
            size += self.line_counts[topic]
        if group:
            yield frozenset(group)

    def settle(self) -> None:
        """Counts the faults of every topic, in the order in which the topics first came."""
        for topic in self.line_counts:
            if topic in self.by_topic:
                self.tally.take(self.by_topic[topic])

    def facts(self) -> RunFacts:
        """What the rules about the whole file look at."""
        return RunFacts(
            grammar=self.grammar,
            lines=self.lines,
            readable=not self.unreadable,
            documents_by_topic=self.line_counts,
            tags=tuple(self.tags),
            tag_stretches=self.tag_stretches,
            lines_with_another_tag=self.lines_with_another_tag,
            lines_with_first_tag=self.lines_with_first_tag,
            reopenings=tuple(self.places),
            reopened_topics=len(self.reopened),
            lone_carriage_returns=self.lone_carriage_returns,
        )
