"""`validate`: one run under one task's rules, and what the track's official checker says to it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.checks.runs import book_of, official_policy, own_policy
from neuclir_carbon.model.finding import Counts, Finding, Policy, Severity
from neuclir_carbon.model.run import CodeCount, RunVerdict
from neuclir_carbon.model.track import LineFormat, Task, Track
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.runs import digests_of, read_topics, rewindable
from neuclir_carbon.store.topic_limits import read_limits
from neuclir_carbon.workflow.looking import Asked, Seen, look_at

__all__ = ["RunVerdict", "judge_run", "validate_run"]

# What a verdict lists of findings, unless it is told otherwise, and at most. They are counted in full.
MAX_FINDINGS = 1000
MOST_FINDINGS = 100_000
_ORDER = list(Severity)


def validate_run(
    source: Path,
    track: Track,
    task: str,
    *,
    run_tag: str | None = None,
    topics: Path | None = None,
    official: bool = False,
    max_findings: int | None = None,
    digests: bool = True,
    processes: int = 1,
) -> RunVerdict:
    """The verdict on a run file. `Unreadable` when a path is missing or no file, `UnknownName` for the task.

    The run tag must equal `run_tag`, or else the file's name. `topics` stand in for the task's own list. `official`
    weighs the findings as the official checker does, where there is one. A long run is shared out among `processes`,
    which are forked: leave it at 1 in a program with threads.
    """
    ids, limits = given_topics(topics, track.task(task))
    with open_file(source) as stream:
        return judge_run(
            stream,
            name=str(source),
            track=track,
            task=task,
            run_tag=run_tag,
            official=official,
            topics=ids,
            limits=limits,
            max_findings=max_findings,
            digests=digests,
            processes=processes,
        )


def given_topics(path: Path | None, task: Task) -> tuple[tuple[str, ...] | None, Mapping[str, int] | None]:
    """The ids of a list of topics, and their limits where the task's texts have any; None for what is not given."""
    if path is None:
        return None, None
    return read_topics(path), read_limits(path) if isinstance(task.format, LineFormat) else None


def judge_run(
    stream: BinaryIO,
    *,
    name: str,
    track: Track,
    task: str,
    run_tag: str | None,
    official: bool = False,
    topics: Sequence[str] | None = None,
    limits: Mapping[str, int] | None = None,
    max_findings: int | None = None,
    digests: bool = True,
    processes: int = 1,
) -> RunVerdict:
    """As `validate_run`, for a stream that begins at the run's first byte; `name` is what findings call it.

    `limits` are the longest texts of the `topics` that were given, None where the track's hold. A stream that can't be
    rewound is copied: into memory while it is small, else into a temporary file.
    """
    chosen = track.task(task)
    most = MAX_FINDINGS if max_findings is None else min(max_findings, MOST_FINDINGS)
    own, by_checker = own_policy(chosen), official_policy(chosen)
    checker = track.official_checker_of(chosen)
    policy = by_checker if official and checker is not None else own
    asked = Asked(
        task=chosen, run_tag=run_tag, file_name=name, topics=topics, limits=limits, most=most,
        off=_unwanted(book_of(chosen), own, by_checker),
    )  # fmt: skip
    with rewindable(stream) as run:
        seen = look_at(run, asked, processes=processes)
        found = digests_of(run) if digests else None
    by_code = _by_code(seen, policy)
    return RunVerdict(
        path=_document_text(name),
        tag=seen.tag,
        topics=seen.topics,
        lines=seen.lines,
        track=track.track,
        track_version=track.version,
        task=task,
        official_verdict=None if checker is None else _official_verdict(seen, by_checker),
        official_checker=None if checker is None else str(checker),
        by_official_rules=official and checker is not None,
        counts=_counts(by_code),
        by_code=by_code,
        findings=_findings(seen, policy, most, _document_text(name)),
        sha256=found.sha256 if found else None,
        md5=found.md5 if found else None,
    )


def _document_text(name: str) -> str:
    """A path as text that a document can hold."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unwanted(book: Rulebook[Any], *policies: Policy) -> frozenset[str]:
    """The codes that no policy wants to hear of."""
    return frozenset(
        code
        for code, entry in book.entries.items()
        if all(policy.severity(code, entry.severity) is None for policy in policies)
    )


def _official_verdict(seen: Seen, policy: Policy) -> str:
    """`reject` if anything was found that the official checker calls an error: it, too, needs no more than one."""
    levels = (policy.severity(code, seen.book.entries[code].severity) for code in seen.tally.counts)
    return "reject" if Severity.ERROR in levels else "accept"


def _by_code(seen: Seen, policy: Policy) -> tuple[CodeCount, ...]:
    """How often each wanted rule was broken, errors first."""
    counted = [
        CodeCount(code, severity, count, tuple(seen.tally.causes[code].values()))
        for code, count in seen.tally.counts.items()
        if (severity := policy.severity(code, seen.book.entries[code].severity)) is not None
    ]
    return tuple(sorted(counted, key=lambda item: (_ORDER.index(item.severity), item.code)))


def _counts(by_code: Iterable[CodeCount]) -> Counts:
    totals = dict.fromkeys(Severity, 0)
    for item in by_code:
        totals[item.severity] += item.times
    return Counts(totals[Severity.ERROR], totals[Severity.WARNING], totals[Severity.NOTE])


def _findings(seen: Seen, policy: Policy, most: int, path: str) -> tuple[Finding, ...]:
    """At most `most` findings, errors first, each severity in the order of the file, what concerns the whole file last.

    Every rule that was broken keeps its first one as long as `most` allows.
    """
    found = [
        (number, finding.inside(path))
        for code, faults in seen.tally.kept.items()
        for number, fault in enumerate(faults)
        if (finding := seen.book.entries[code].finding(fault, policy)) is not None
    ]
    found.sort(key=lambda item: (item[0] > 0, _weight(item[1])))
    return tuple(sorted((finding for _, finding in found[:most]), key=_weight))


def _weight(finding: Finding) -> tuple[int, float, str]:
    line = finding.location.line
    return _ORDER.index(finding.severity), float("inf") if line is None else line, finding.code
