"""`validate`: one run under one task's rules, and what the track's official checker says to it."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from neuclir_carbon.checks.run_files import NOT_TEXT
from neuclir_carbon.checks.run_walk import Walked, walk
from neuclir_carbon.checks.runs import BOOK, official_policy, own_policy
from neuclir_carbon.checks.tally import Tally
from neuclir_carbon.model.finding import Counts, Fault, Finding, Policy, Severity
from neuclir_carbon.model.run import Block, CodeCount, Grammar, RunVerdict, name_of
from neuclir_carbon.model.track import Track
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.runs import Unpacked, blocks, digests_of, is_gzip, read_topics, rewindable, scratch_file
from neuclir_carbon.workflow.sharing_out import gather_in_parts

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
    track.task(task)
    ids = None if topics is None else read_topics(topics)
    with open_file(source) as stream:
        return judge_run(
            stream,
            name=str(source),
            track=track,
            task=task,
            run_tag=run_tag,
            official=official,
            topics=ids,
            max_findings=max_findings,
            digests=digests,
            processes=processes,
        )


def judge_run(
    stream: BinaryIO,
    *,
    name: str,
    track: Track,
    task: str,
    run_tag: str | None,
    official: bool = False,
    topics: Sequence[str] | None = None,
    max_findings: int | None = None,
    digests: bool = True,
    processes: int = 1,
) -> RunVerdict:
    """As `validate_run`, for a stream that begins at the run's first byte; `name` is what findings call it.

    A stream that can't be rewound is copied: into memory while it is small, else into a temporary file.
    """
    chosen = track.task(task)
    most = MAX_FINDINGS if max_findings is None else min(max_findings, MOST_FINDINGS)
    own, by_checker = own_policy(chosen), official_policy(chosen)
    checker = track.official_checker_of(chosen)
    policy = by_checker if official and checker is not None else own
    off = _unwanted(own, by_checker)
    with rewindable(stream) as run:
        if is_gzip(run):
            grammar = Grammar.of(chosen, run_tag or name_of(name).removesuffix(".gz"), topics)
            walked = _walked_in_gzip(run, grammar, most, off)
        else:
            grammar = Grammar.of(chosen, run_tag or name_of(name), topics)
            gathered = gather_in_parts(run, grammar, most=most, off=off, processes=processes)
            read = partial(_from_the_beginning, run)
            walked = walk(read, grammar, most=most, off=off, gathered=gathered, scratch=scratch_file)
        found = digests_of(run) if digests else None
    by_code = _by_code(walked.tally, policy)
    return RunVerdict(
        path=_document_text(name),
        tag=walked.facts.tag,
        topics=len(walked.facts.documents_by_topic),
        lines=walked.facts.lines,
        track=track.track,
        track_version=track.version,
        task=task,
        official_verdict=None if checker is None else _official_verdict(walked.tally, by_checker),
        official_checker=None if checker is None else str(checker),
        by_official_rules=official and checker is not None,
        counts=_counts(by_code),
        by_code=by_code,
        findings=_findings(walked.tally, policy, most, _document_text(name)),
        sha256=found.sha256 if found else None,
        md5=found.md5 if found else None,
    )


def _from_the_beginning(run: BinaryIO) -> Iterable[Block]:
    run.seek(0)
    return blocks(run)


def _walked_in_gzip(run: BinaryIO, grammar: Grammar, most: int, off: frozenset[str]) -> Walked:
    """What is in a gzip file as a walk finds it, and that it is gzip."""
    opened: list[Unpacked] = []

    def read() -> Iterable[Block]:
        opened.append(Unpacked(run))
        return blocks(opened[-1])

    walked = walk(read, grammar, most=most, off=off, scratch=scratch_file)
    fault = opened[0].fault
    looked = f"was looked at up to here: {fault}" if fault else "was looked at all the same"
    walked.tally.add(
        NOT_TEXT.code, Fault(f"looks like gzip, wanted plain text in UTF-8; gunzip it (what is in it {looked})")
    )
    return walked


def _document_text(name: str) -> str:
    """A path as text that a document can hold."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unwanted(*policies: Policy) -> frozenset[str]:
    """The codes that no policy wants to hear of."""
    return frozenset(
        code
        for code, entry in BOOK.entries.items()
        if all(policy.severity(code, entry.severity) is None for policy in policies)
    )


def _official_verdict(tally: Tally, policy: Policy) -> str:
    """`reject` if anything was found that the official checker calls an error: it, too, needs no more than one."""
    levels = (policy.severity(code, BOOK.entries[code].severity) for code in tally.counts)
    return "reject" if Severity.ERROR in levels else "accept"


def _by_code(tally: Tally, policy: Policy) -> tuple[CodeCount, ...]:
    """How often each wanted rule was broken, errors first."""
    counted = [
        CodeCount(code, severity, count, tuple(tally.causes[code].values()))
        for code, count in tally.counts.items()
        if (severity := policy.severity(code, BOOK.entries[code].severity)) is not None
    ]
    return tuple(sorted(counted, key=lambda item: (_ORDER.index(item.severity), item.code)))


def _counts(by_code: Iterable[CodeCount]) -> Counts:
    totals = dict.fromkeys(Severity, 0)
    for item in by_code:
        totals[item.severity] += item.times
    return Counts(totals[Severity.ERROR], totals[Severity.WARNING], totals[Severity.NOTE])


def _findings(tally: Tally, policy: Policy, most: int, path: str) -> tuple[Finding, ...]:
    """At most `most` findings, errors first, each severity in the order of the file, what concerns the whole file last.

    Every rule that was broken keeps its first one as long as `most` allows.
    """
    found = [
        (number, finding.inside(path))
        for code, faults in tally.kept.items()
        for number, fault in enumerate(faults)
        if (finding := BOOK.entries[code].finding(fault, policy)) is not None
    ]
    found.sort(key=lambda item: (item[0] > 0, _weight(item[1])))
    return tuple(sorted((finding for _, finding in found[:most]), key=_weight))


def _weight(finding: Finding) -> tuple[int, float, str]:
    line = finding.location.line
    return _ORDER.index(finding.severity), float("inf") if line is None else line, finding.code
