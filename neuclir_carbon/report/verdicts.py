"""Verdicts on runs and track files as text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.plain_text import on_one_line
from neuclir_carbon.model.run import Cause, CodeCount, RunVerdict
from neuclir_carbon.model.track import Format, LineFormat, Task, Track
from neuclir_carbon.report.words import counted

CAUSES_SHOWN = 5
HEADINGS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}


def format_verdict(verdict: RunVerdict) -> str:
    """The verdict in a few lines, then the findings: errors first, by rule, the first places of each."""
    counts = verdict.counts
    head = (
        f"{on_one_line(verdict.path)}: {'accepted' if verdict.passed else 'REJECTED'} "
        f"({counted(counts.error, 'error')}, {counted(counts.warning, 'warning')}, {counted(counts.note, 'note')})"
    )
    size = f"{counted(verdict.lines, 'line')}, {counted(verdict.topics, 'topic')} with documents"
    lines = [
        head,
        f"  {verdict.track} {verdict.task}, version {verdict.track_version}; {size}",
        f"  {_official(verdict)}",
    ]
    for severity, heading in HEADINGS.items():
        groups = [group for group in verdict.by_code if group.severity is severity]
        if groups:
            lines += ["", heading]
            for group in groups:
                lines += _group(group, verdict)
    if verdict.by_code:
        lines += ["", f"'neuclir-carbon explain {verdict.by_code[0].code}' tells what the rule wants, and why"]
    return "\n".join(lines)


def _official(verdict: RunVerdict) -> str:
    if verdict.official_verdict is None:
        return "no official checker is public for this task; these are the track's written rules"
    does = "accepts" if verdict.official_verdict == "accept" else "rejects"
    weighed = ", and the findings are weighed as it weighs them" if verdict.by_official_rules else ""
    return f"the official checker, {verdict.official_checker}, {does} it{weighed}"


def _group(group: CodeCount, verdict: RunVerdict) -> Iterator[str]:
    """One line for each cause: where it is first, what it is, how often and where else."""
    listed = sum(finding.code == group.code for finding in verdict.findings)
    shown = group.causes[: min(CAUSES_SHOWN, listed)]
    for cause in shown:
        place = Location(verdict.path, cause.lines[0])
        yield f"  {on_one_line(str(Finding(group.code, group.severity, cause.message, place)))}{_again(cause)}"
    rest = group.times - sum(cause.times for cause in shown)
    if rest:
        yield f"  … and {rest:,} more of {group.code}"


def _again(cause: Cause) -> str:
    if cause.times == 1:
        return ""
    lines = [f"{line:,}" for line in cause.lines if line is not None]
    more = ", …" if cause.times > len(lines) else ""
    return f" ({cause.times:,} times: lines {', '.join(lines)}{more})" if lines else f" ({cause.times:,} times)"


def format_explanation(entry: Entry[object]) -> str:
    """A rule's code, what it says in a line, how much it usually weighs, and its whole text."""
    return f"{entry.code}: {entry.summary}\nusually {_article(entry.severity)}\n\n{entry.explanation}"


def _article(severity: Severity) -> str:
    return f"{'an' if severity is Severity.ERROR else 'a'} {severity.value}"


def format_track_list(tracks: list[Track]) -> str:
    """A line a track: its id, its tasks, and which checker is the official one."""
    width = max((len(track.track) for track in tracks), default=0)
    return "\n".join(f"{track.track:<{width}}  {', '.join(track.tasks)}  ({_checker(track)})" for track in tracks)


def _checker(track: Track) -> str:
    return f"checker {track.official_checker}" if track.official_checker else "no public checker"


def format_track_checks(checked: Mapping[str, Sequence[Finding]]) -> str:
    """For each track file whether it is sound, and what was found in it."""
    return "\n".join(
        on_one_line(line)
        for path, findings in checked.items()
        for line in (f"{path}: {_soundness(findings)}", *(f"  {finding}" for finding in findings))
    )


def _soundness(findings: Sequence[Finding]) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return f"REJECTED ({counted(errors, 'error')})" if errors else "a sound track file"


def format_track(track: Track) -> str:
    """A track readably: where its rules come from, and what each task asks of a run."""
    lines = [
        f"{track.track}: {track.title or track.track}, version {track.version}, from {track.valid_from}",
        f"official checker: {track.official_checker or 'none is public'}",
        f"source: {track.source}",
    ]
    for name, task in track.tasks.items():
        lines += ["", f"task {name}", *(f"  {line}" for line in _task_lines(task))]
    return "\n".join(lines)


def _columns(form: Format) -> Iterator[str]:
    blanks = "one tab each" if form.kind == "tsv" else "blanks"
    yield f"format: six columns (topic Q0 document rank score tag), separated by {blanks}"
    yield f"field 2: {'anything' if form.any_q0 else 'Q0'}"
    yield f"document ids: {form.docid_pattern}{' (case does not matter)' if form.docid_flags else ''}"
    yield f"documents per topic: at most {form.max_per_topic:,} (more: {form.over_max})"


def _line_format(form: LineFormat) -> Iterator[str]:
    yield "format: JSONL, a JSON object a line, a line a topic (its JSON Schema: --format json)"
    yield f"topic at {form.topic_path}, run tag at {form.tag_path}"
    most = "any number" if form.max_citations is None else f"at most {form.max_citations}"
    listed = f", listed at {form.references_path}" if form.references_path else ""
    yield f"texts at {form.texts_path}; citations at {form.citations_path}, {most} of each text{listed}"
    if form.citation_pattern is not None:
        yield f"cited ids: {form.citation_pattern}{' (case does not matter)' if form.citation_flags else ''}"
    if form.length is not None:
        limit = "each topic's own limit" if form.length.limit is None else f"at most {form.length.limit:,}"
        strict = "longer is an error" if form.length.strict else "longer is a warning"
        yield f"length: {limit}, in {form.length.unit}, texts joined by {form.length.joiner!r}; {strict}"


def _task_lines(task: Task) -> Iterator[str]:
    form = task.format
    yield from _line_format(form) if isinstance(form, LineFormat) else _columns(form)
    named = "; the file is named as the tag" if form.tag_equals_file_name else ""
    yield f"run tag: {form.run_tag_pattern or 'anything'}{named}"
    if task.topics.ids is None:
        yield f"topics: as {task.topics.pattern}; no list is public (--topics FILE gives one)"
    else:
        ids = task.topics.ids
        need = "each needs a document" if task.topics.require_all else "not all need a document"
        yield f"topics: {len(ids):,}, {ids[0]} … {ids[-1]}; {need}"
    for title, levels in (("own levels", task.levels), ("official levels", task.official_levels)):
        if levels:
            by_level = Counter(levels.values())
            parts = (f"{level}: {', '.join(sorted(c for c in levels if levels[c] == level))}" for level in by_level)
            yield f"{title}: {'; '.join(parts)}"
    if task.form:
        yield f"form: {', '.join(row.key for row in task.form)}"
