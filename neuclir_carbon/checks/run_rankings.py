"""RUN: rules about one topic's ranking: its documents, depth, scores and ranks."""

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.run import Ranking, ScoreForm, shown

RANKINGS: Rulebook[Ranking] = Rulebook("one topic's ranking")


@RANKINGS.rule("RUN201", Severity.ERROR, "a document stands twice in a topic's ranking")
def documents_stand_once(ranking: Ranking) -> Iterator[Fault]:
    """A document may stand once in a topic's ranking. Ids are compared as they are written: the same id in capitals is
    another document to every checker. The same document may stand under several topics.

    Good: 300 d1, 300 d2, 301 d1. Bad: 300 d1, 300 d1.
    """
    if len(set(ranking.documents)) == len(ranking.documents):
        return
    first: dict[str, int] = {}
    for line, document in zip(ranking.lines, ranking.documents, strict=True):
        if first.setdefault(document, line) != line:
            yield Fault(
                f"document {shown(document)} stands in topic {shown(ranking.topic)} already (line {first[document]}); "
                "keep one of the two",
                Location(line=line),
            )


@RANKINGS.rule("RUN202", Severity.ERROR, "a topic has too many documents")
def depth_is_kept(ranking: Ranking) -> Iterator[Fault]:
    """A topic may have as many documents as the task says (NeuCLIR: 1000); each document counts once.

    In 2022 longer rankings were rejected, in 2023 cut off; the official checker of 2024 rejects. Good: 1000. Bad: 1001.
    """
    most = ranking.grammar.most_per_topic
    if len(ranking.documents) <= most:
        return
    counted = len(set(ranking.documents))
    if counted > most:
        rest = "the track cuts the rest off" if ranking.grammar.over_max == "truncate" else f"keep the best {most:,}"
        yield Fault(
            f"topic {shown(ranking.topic)} has {counted:,} documents, at most {most:,} are wanted; {rest}",
            Location(line=ranking.lines[most]),
        )


@RANKINGS.rule("RUN203", Severity.WARNING, "scores increase within a topic")
def scores_do_not_increase(ranking: Ranking) -> Iterator[Fault]:
    """From line to line of a topic, scores must not increase: trec_eval orders by score and ignores rank and line.

    Where they increase, what is evaluated is another ranking than the one that the file shows. Good: 9.5, 9.0, 9.0.
    Bad: 9.0, 9.5. Scores that are no numbers are passed over.
    """
    scores = ranking.scores
    if _in_order(operator.ge, scores):
        return
    known = [(line, score) for line, score in zip(ranking.lines, scores, strict=True) if score is not None]
    for (_, above), (line, score) in pairwise(known):
        if score > above:
            yield Fault(
                f"score {score:g} of topic {shown(ranking.topic)} is higher than {above:g} on the line before it; "
                "sort each topic by score",
                Location(line=line),
            )


@RANKINGS.rule("RUN204", Severity.WARNING, "ranks do not increase within a topic")
def ranks_increase(ranking: Ranking) -> Iterator[Fault]:
    """From line to line of a topic, ranks should increase. Nobody rejects a run for it, accepted runs start at 0 or
    leave gaps; but ranks that repeat or fall show that the file was put together in another order than it was made.

    Good: 1, 2, 3 or 0, 1, 5. Bad: 1, 1, 1 or 2, 1, 3.
    """
    ranks = ranking.ranks
    if _in_order(operator.lt, ranks):
        return
    known = [(line, rank) for line, rank in zip(ranking.lines, ranks, strict=True) if rank is not None]
    falls = [(line, above, rank) for (_, above), (line, rank) in pairwise(known) if rank <= above]
    if falls:
        line, above, rank = falls[0]
        more = f" ({len(falls):,} such places in this topic)" if len(falls) > 1 else ""
        yield Fault(
            f"rank {shown(str(rank))} of topic {shown(ranking.topic)} follows rank {shown(str(above))}{more}",
            Location(line=line),
        )


@RANKINGS.rule("RUN205", Severity.NOTE, "scores are tied within a topic")
def scores_are_not_tied(ranking: Ranking) -> Iterator[Fault]:
    """Documents of a topic with the same score are put in an order of trec_eval's own (by document id, descending),
    not in the order of the file. That is allowed and common; give different scores if the order matters to you.

    Good: 9.5, 9.0, 8.5. Noted: 9.5, 9.5, 8.5.
    """
    scores = ranking.scores
    if len(set(scores)) == len(scores):
        return
    times = Counter(score for score in scores if score is not None)
    tied = sum(count for count in times.values() if count > 1)
    if tied:
        again = {score for score, count in times.items() if count > 1}
        line = next(line for line, score in zip(ranking.lines, scores, strict=True) if score in again)
        yield Fault(f"{tied:,} documents of topic {shown(ranking.topic)} share a score", Location(line=line))


def settled_rules(ranking: Ranking) -> frozenset[str]:
    """The codes of rules that surely find nothing in a ranking, by a quick look at its columns as they were read."""
    settled = set()
    if len(set(ranking.raw_documents)) == len(ranking.raw_documents):
        settled.add("RUN201")
    if len(ranking.raw_documents) <= ranking.grammar.most_per_topic:
        settled.add("RUN202")
    if _ranks_increase(ranking.ranks):
        settled.add("RUN204")
    scores = _comparable(ranking.raw_scores, ranking.score_form)
    if scores is not None:
        above, level = (operator.lt, operator.le) if _is_negative(ranking) else (operator.gt, operator.ge)
        if all(map(above, scores, scores[1:])):
            settled |= {"RUN203", "RUN205"}
        elif all(map(level, scores, scores[1:])):
            settled.add("RUN203")
    return frozenset(settled)


def _is_negative(ranking: Ranking) -> bool:
    """Whether the scores are compared as the texts of negative numbers, of which the lowest is the longest."""
    return ranking.score_form is not None and ranking.score_form.negative


def _comparable(scores: Sequence[Any], form: ScoreForm | None) -> Sequence[Any] | None:
    """The scores as something that stands in their order, numbers or texts; None if one is unknown."""
    if form is None:
        return None if None in scores else scores
    if form.width is not None:
        return scores
    # Fewer digits before the point are less; the minus sign, if any, leads them all.
    width = max(map(len, scores), default=0)
    return [score.rjust(width) if not form.negative else score[1:].rjust(width) for score in scores]


def _ranks_increase(ranks: Sequence[int | None]) -> bool:
    return isinstance(ranks, range) or _in_order(operator.lt, ranks)


def _in_order(ordered: Callable[[Any, Any], bool], values: Sequence[float | None]) -> bool:
    """Whether nothing is unknown and each value stands to the next as it should; a quick look before a close one."""
    return None not in values and all(map(ordered, values, values[1:]))
