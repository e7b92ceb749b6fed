"""What is known of a run while it is walked over: the topic that is open, and a fold of all that came before."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from neuclir_carbon.checks.run_columns import Columns, Row, Stretch
from neuclir_carbon.checks.run_rankings import RANKINGS, settled_rules
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.run import Grammar, Ranking, Reopening, RunFacts, ScoreForm, TagStretch

PLACES_KEPT = 20
MOST_GROUPS = 100
# Of one rule; they wait until it is sure that their topic does not go on.
FAULTS_WAITING = 20_000


class Gathering:
    """What is known while walking: the topic that is open, the names of those that are closed, and the fold.

    A part of a run that begins at a later line, where another topic begins, may be gathered on its own and be added to
    what was gathered before it; it has to know the run's first tag.
    """

    def __init__(
        self, grammar: Grammar, tally: Tally, *, screen: bool, first_line: int = 1, first_tag: str | None = None
    ) -> None:
        self.grammar, self.tally, self.screen = grammar, tally, screen
        self.next_line = first_line
        self.lone_carriage_returns = 0
        self.unreadable = False
        self.open_topic: str | None = None
        self.open_stretches: list[Stretch] = []
        self.first_lines: dict[str, int] = {}
        self.line_counts: dict[str, int] = {}
        self.by_topic: dict[str, Tally] = {}
        self.waiting: Counter[str] = Counter()
        self.reopened: dict[str, int] = {}
        self.tags: list[TagStretch] = []
        self.first_tag = first_tag
        self.last_tag: str | None = None
        self.tag_stretches = self.lines_with_first_tag = self.lines_with_another_tag = 0

    def take(self, columns: Columns) -> None:
        """Adds a block's lines to the topics that they belong to."""
        self.next_line += columns.lines
        for tag in columns.tags:
            self._take_tag(tag)
        starts = columns.starts
        for place, topic in enumerate(columns.topics):
            if topic != self.open_topic:
                self._open(topic, columns.numbers[starts[place]])
            self.line_counts[topic] = self.line_counts.get(topic, 0) + starts[place + 1] - starts[place]
            if topic not in self.reopened:
                self.open_stretches.append(columns.stretch(place))

    def _take_tag(self, stretch: TagStretch) -> None:
        if self.first_tag is None:
            self.first_tag = stretch.tag
        if stretch.tag != self.first_tag:
            self.lines_with_another_tag += stretch.lines
        else:
            self.lines_with_first_tag += stretch.lines
        self._note_tag(stretch)

    def _note_tag(self, stretch: TagStretch) -> None:
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
        if topic in self.line_counts:
            self._note_reopening(topic, line)
        else:
            self.first_lines[topic] = line

    def _note_reopening(self, topic: str, line: int) -> None:
        if topic not in self.reopened:
            self.reopened[topic] = line
            if topic in self.by_topic:
                self.waiting.subtract(self.by_topic.pop(topic).sizes)

    def add(self, later: "Gathering") -> None:
        """Adds what was gathered of the lines that follow, from one at which another topic begins. Both are closed."""
        self.next_line = later.next_line
        self.lone_carriage_returns += later.lone_carriage_returns
        self.tally.take(later.tally)
        self.lines_with_first_tag += later.lines_with_first_tag
        self.lines_with_another_tag += later.lines_with_another_tag
        for tag in later.tags:
            self._note_tag(tag)
        if later.tag_stretches > len(later.tags):
            self.tag_stretches += later.tag_stretches - len(later.tags)
            self.last_tag = later.last_tag
        again = {topic: line for topic, line in later.first_lines.items() if topic in self.line_counts}
        for topic, line in sorted({**later.reopened, **again}.items(), key=lambda item: item[1]):
            self._note_reopening(topic, line)
        for topic, count in later.line_counts.items():
            self.first_lines.setdefault(topic, later.first_lines[topic])
            self.line_counts[topic] = self.line_counts.get(topic, 0) + count
        for topic, found in later.by_topic.items():
            if topic not in self.reopened:
                self._keep(topic, found)

    def close(self) -> None:
        """Shows the open topic's ranking to its rules, and forgets it."""
        topic = self.open_topic
        if topic is not None and topic not in self.reopened:
            self.show(topic, self.open_stretches)
        self.open_stretches = []
        self.open_topic = None

    def show(self, topic: str, stretches: Sequence[Stretch]) -> None:
        """Shows a topic's ranking to its rules. The faults wait: the topic may go on later, and is then shown whole."""
        ranking = _ranking(stretches[0] if len(stretches) == 1 else Pieces(stretches).whole(topic), self.grammar)
        found = Tally(self.tally.most, self.tally.off)
        found.ask(RANKINGS, ranking, settled=settled_rules(ranking) if self.screen else frozenset())
        if found.counts:
            self._keep(topic, found)

    def _keep(self, topic: str, found: Tally) -> None:
        found.trim({code: FAULTS_WAITING - self.waiting[code] for code in found.counts})
        self.by_topic[topic] = found
        self.waiting.update(found.sizes)

    def groups_to_gather_again(self, most_lines: int) -> Iterator[frozenset[str]]:
        """The topics that did not stand together, in groups that are small enough to be held at once.

        There are not more groups than files may be open.
        """
        whole = sum(self.line_counts[topic] for topic in self.reopened)
        most_lines = max(most_lines, whole // MOST_GROUPS)
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
            lines=self.next_line - 1,
            readable=not self.unreadable,
            documents_by_topic=self.line_counts,
            tags=tuple(self.tags),
            tag_stretches=self.tag_stretches,
            lines_with_another_tag=self.lines_with_another_tag,
            lines_with_first_tag=self.lines_with_first_tag,
            reopenings=tuple(Reopening(*place) for place in islice(self.reopened.items(), PLACES_KEPT)),
            reopened_topics=len(self.reopened),
            lone_carriage_returns=self.lone_carriage_returns,
        )


class Pieces:
    """What a topic's stretches or rows hold, piled up as columns."""

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self.lines: list[int] = []
        self.documents: list[bytes] = []
        self.ranks: list[int | None] = []
        self.scores: list[bytes | float | None] = []
        self.forms: set[ScoreForm | None] = set()
        for stretch in stretches:
            self.lines.extend(stretch.lines)
            self.documents.extend(stretch.documents)
            self.ranks.extend(stretch.ranks)
            self.scores.extend(stretch.scores)
            self.forms.add(stretch.score_form)

    def add(self, row: Row, form: ScoreForm | None) -> None:
        _, line, document, rank, score = row
        self.lines.append(line)
        self.documents.append(document)
        self.ranks.append(rank)
        self.scores.append(score)
        self.forms.add(form)

    def whole(self, topic: str) -> Stretch:
        """All as one stretch. Scores that are not written alike are turned into numbers."""
        form = self._form()
        scores = self.scores if form else [None if score is None else float(score) for score in self.scores]
        return Stretch(topic, self.lines, self.documents, self.ranks, scores, form)

    def _form(self) -> ScoreForm | None:
        """The form that all of them have; texts of another number of decimals can't be compared."""
        known = [form for form in self.forms if form is not None]
        if len(known) < len(self.forms) or len({(form.negative, form.decimals) for form in known}) != 1:
            return None
        return known[0] if len(known) == 1 else known[0]._replace(width=None)


def _ranking(stretch: Stretch, grammar: Grammar) -> Ranking:
    return Ranking(
        stretch.topic,
        grammar,
        lines=stretch.lines,
        raw_documents=stretch.documents,
        ranks=stretch.ranks,
        raw_scores=stretch.scores,
        score_form=stretch.score_form,
    )
