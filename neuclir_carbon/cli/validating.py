"""`validate`, `explain`, and `tracks list|show|check`."""

import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.console import Format
from neuclir_carbon.errors import BadOption, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuclir_carbon.model.run import RunVerdict
    from neuclir_carbon.workflow.fixing import Fixed

STDIN = "-"


class OrderBy(StrEnum):
    """What counts where ranks and scores disagree."""

    SCORE = "score"
    RANK = "rank"


class VerdictFormat(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


tracks = typer.Typer(no_args_is_help=True, help="Tracks: which there are, and what they ask.")


def validate(
    run: str = typer.Argument(..., metavar="RUN", help="The run file; - reads it from stdin and needs --run-tag."),
    track: str = typer.Option(..., "--track", metavar="ID|FILE", help="A track's id ('tracks list') or a track file."),
    task: str = typer.Option(..., "--task", metavar="TASK", help="The task of that track, e.g. clir."),
    official: bool = typer.Option(
        False, "--official", help="Weigh as the official checker does: what it does not check is at most a warning."
    ),
    topics: Path | None = typer.Option(
        None, "--topics", metavar="FILE", help="Topic ids to use: one a line, or JSONL with topic_id or request_id."
    ),
    run_tag: str | None = typer.Option(None, "--run-tag", metavar="TAG", help="The run tag; default: the file's name."),
    max_findings: int | None = typer.Option(
        None, "--max-findings", min=0, metavar="N", help="List at most N findings; all are counted. Default 1000."
    ),
    fix: Path | None = typer.Option(
        None, "--fix", metavar="OUT", help="Write a copy in which is mended what needs no judgement."
    ),
    order_by: OrderBy | None = typer.Option(
        None, "--order-by", help="With --fix: what counts where ranks and scores disagree."
    ),
    fix_tag: bool = typer.Option(
        False, "--fix-tag", help="With --fix: write the run tag (--run-tag, else OUT's name)."
    ),
    format: VerdictFormat = typer.Option(
        VerdictFormat.TEXT, "--format", help="How the verdict is printed; sarif: SARIF 2.1.0 for code scanning."
    ),
) -> int:
    """Tell whether a track's own checker will accept a run.

    Exit code 0: no errors; 1: errors, or an empty file; 2: an unknown track or task; 3: the file can't be read.
    """
    if run_tag == "":
        raise BadOption("--run-tag is empty; give the run's tag, or leave it out and the file's name counts")
    if fix is None and (order_by is not None or fix_tag):
        raise BadOption(f"{'--fix-tag' if fix_tag else '--order-by'} belongs to --fix OUT; name the file to be written")
    if not run:
        raise BadOption("RUN is empty, wanted a file")
    from neuclir_carbon.store.tracks import load_track

    chosen = load_track(track).track
    chosen.task(task)
    with _opened(run, run_tag) as stream:
        from neuclir_carbon.workflow.aside import processors
        from neuclir_carbon.workflow.validating import given_topics, judge_run

        ids, limits = given_topics(topics, chosen.task(task))
        verdict = judge_run(
            stream, name=run if run == STDIN else str(Path(run)), track=chosen, task=task, run_tag=run_tag,
            official=official, topics=ids, limits=limits, max_findings=max_findings,
            digests=format is not VerdictFormat.TEXT,
            processes=1 if run == STDIN else processors(),
        )  # fmt: skip
        if fix is not None:
            from neuclir_carbon.model.run import name_of
            from neuclir_carbon.workflow.fixing import fix_run

            fixed = fix_run(
                stream, fix, chosen.task(task), tag=run_tag or name_of(fix), fix_tag=fix_tag,
                order_by=None if order_by is None else order_by.value,
            )  # fmt: skip
    if official and verdict.official_verdict is None:
        console.note("no official checker is public for this task: the verdict is that of the track's written rules")
    _print_verdict(verdict, format)
    if fix is not None:
        again = None
        if fixed is not None:
            with _opened(str(fix), run_tag) as stream:
                again = judge_run(
                    stream, name=str(fix), track=chosen, task=task, run_tag=run_tag, official=official, topics=ids,
                    limits=limits, digests=False,
                )  # fmt: skip
        _tell_of_fix(fix, fixed, again)
    return 0 if verdict.passed else 1


@contextmanager
def _opened(run: str, run_tag: str | None) -> "Iterator[BinaryIO]":
    """The run, from a file or from stdin, so that it can be read more than once."""
    from neuclir_carbon.store.files import open_file
    from neuclir_carbon.store.runs import rewindable

    if run != STDIN:
        with open_file(Path(run)) as stream:
            yield stream
        return
    if run_tag is None:
        raise BadOption("a run from stdin has no file name; give its tag with --run-tag")
    if sys.stdin is None:
        raise Unreadable("there is no run to read: stdin is closed; give a file, or pipe the run in")
    with rewindable(sys.stdin.buffer) as stream:
        yield stream


def _tell_of_fix(out: Path, fixed: "Fixed | None", again: "RunVerdict | None") -> None:
    """Says on stderr what was mended, what was left, and what the checks say to the copy."""
    if fixed is None or again is None:
        console.note("nothing was written: the file is no text in lines that could be mended")
        return
    for said in fixed.done or ("nothing had to be mended",):
        console.note(console.safe(f"{out}: {said}"))
    for said in fixed.left:
        console.note(console.safe(f"{out}: {said}"))
    counts = again.counts
    still = ", ".join(f"{group.code} ({group.times:,})" for group in again.by_code if group.severity == "error")
    found = f"{counts.error:,} errors, {counts.warning:,} warnings, {counts.note:,} notes"
    verdict = f"accepted ({found})" if again.passed else f"still REJECTED ({found}): {still}"
    console.note(console.safe(f"{out}: checked again, {verdict}"))


def _print_verdict(verdict: "RunVerdict", format: VerdictFormat) -> None:
    if format is VerdictFormat.SARIF:
        from neuclir_carbon.checks.catalogue import entries
        from neuclir_carbon.report.sarif import sarif_of_verdict

        console.out(console.json_text(sarif_of_verdict(verdict, entries()), ascii_only=True))
        return
    from neuclir_carbon.report.verdicts import format_verdict

    value = verdict.document() if format is VerdictFormat.JSON else None
    console.result(value, Format(format.value), lambda: console.safe(format_verdict(verdict)))


def explain(
    code: str = typer.Argument(..., metavar="CODE", help="A rule's code as findings show it, e.g. RUN201."),
    format: Format = typer.Option(Format.TEXT, "--format", help="How the text is printed."),
) -> None:
    """Print what a rule wants and why, with good and bad examples."""
    from neuclir_carbon.checks.catalogue import explained
    from neuclir_carbon.report.verdicts import format_explanation

    entry = explained(code)
    value = {
        "code": entry.code,
        "severity": entry.severity.value,
        "summary": entry.summary,
        "explanation": entry.explanation,
    }
    console.result(value, format, lambda: format_explanation(entry))


@tracks.command("list")
def list_tracks(format: Format = typer.Option(Format.TEXT, "--format", help="How the list is printed.")) -> None:
    """List the tracks that come with the package."""
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.report.verdicts import format_track_list
    from neuclir_carbon.resources import track_paths
    from neuclir_carbon.store.tracks import load_track

    found = [load_track(name).track for name, _ in track_paths()]
    value = [
        {
            "track": track.track,
            "title": track.title,
            "version": track.version,
            "tasks": list(track.tasks),
            "official_checker": plain(track.official_checker),
        }
        for track in found
    ]
    console.result(value, format, lambda: format_track_list(found))


@tracks.command("show")
def show_track(
    track: str = typer.Argument(..., metavar="ID|FILE", help="A track's id or a track file."),
    format: Format = typer.Option(Format.TEXT, "--format", help="text: readably; json: the whole track file."),
) -> None:
    """Show what a track asks of a run, task by task."""
    import json

    from neuclir_carbon.report.verdicts import format_track
    from neuclir_carbon.store.tracks import load_track

    loaded = load_track(track)
    console.result(json.loads(loaded.raw), format, lambda: console.safe(format_track(loaded.track)))


@tracks.command("template")
def print_template(
    plain: bool = typer.Option(False, "--plain", help="Without the comments: a track file to change."),
) -> None:
    """Print a commented track file to begin a track of your own with."""
    from neuclir_carbon.resources import template_text

    lines = template_text("new-track.jsonc").splitlines()
    console.out("\n".join(line for line in lines if not (plain and line.lstrip().startswith("//"))))


@tracks.command("check")
def check_tracks(
    files: list[Path] = typer.Argument(..., metavar="FILE...", help="Track files of your own."),
    format: Format = typer.Option(Format.TEXT, "--format", help="How the findings are printed."),
) -> int:
    """Check track files: their schema, their regular expressions, the rules that they name."""
    from neuclir_carbon.model.finding import Counts
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.report.verdicts import format_track_checks
    from neuclir_carbon.store.files import read_bytes
    from neuclir_carbon.store.tracks import MAX_TRACK_BYTES, parse_track

    rows, unreadable = [], []
    for path in files:
        try:
            data = read_bytes(path, most=MAX_TRACK_BYTES)
        except Unreadable as error:
            unreadable.append(str(error))
            continue
        parsed = parse_track(data, str(path))
        rows.append((path, parsed.value is not None, parsed.findings))
    for text in unreadable:
        console.error(console.safe(text))
    if not rows:
        return Unreadable.exit_code
    value = [
        {
            "path": str(path),
            "passed": passed,
            "counts": plain(Counts.of(findings)),
            "findings": [plain(finding) for finding in findings],
        }
        for path, passed, findings in rows
    ]
    console.result(value, format, lambda: format_track_checks({str(path): found for path, _, found in rows}))
    return 0 if all(passed for _, passed, _ in rows) and not unreadable else 1
