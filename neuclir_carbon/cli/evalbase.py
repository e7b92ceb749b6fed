"""`check-evalbase`: the judge behind the upload system's checker interface."""

from enum import StrEnum

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.errors import Unreadable, Unwritable

GAVE_UP = 1


class Kind(StrEnum):
    """Whose checker is called."""

    TREC6 = "trec6"
    NEUCLIR_REPORT = "neuclir-report"
    RAGTIME = "ragtime"


class Unit(StrEnum):
    """What a length is counted in."""

    CHARACTERS = "characters"
    WORDS = "words"


def check_evalbase(
    run_tag: str = typer.Argument(..., metavar="RUNTAG", help="The run tag: the run's file in this folder."),
    kind: Kind = typer.Option(Kind.TREC6, "--kind", help="Which of the upload system's checkers."),
    topic_file: str | None = typer.Option(
        None,
        "-f",
        "--topicfile",
        metavar="FILE",
        help="Topic ids, one a line; for ragtime JSONL with topic_id and limit.",
    ),
    topics: str | None = typer.Option(
        None, "-t", "--topics", metavar="REGEX", help="trec6: how a topic begins, where no list is given. Default \\d+."
    ),
    docnos: str | None = typer.Option(
        None, "-d", "--docnos", metavar="REGEX", help="trec6: what a document id must be. Default \\w+."
    ),
    maxret: int = typer.Option(1000, "-m", "--maxret", metavar="N", help="trec6: most documents for a topic."),
    any_q0: bool = typer.Option(False, "--q0", help="trec6: take anything in field 2."),
    limit: int | None = typer.Option(
        None, "--limit", metavar="N", help="ragtime: longest text of a topic without limit."
    ),
    length_limit_mode: Unit = typer.Option(
        Unit.CHARACTERS, "--length_limit_mode", help="ragtime: what a length counts."
    ),
    strict_on_length: bool = typer.Option(False, "--strict_on_length", help="ragtime: a longer text is an error."),
    stop_at_error: bool = typer.Option(False, "--stop_at_error", help="ragtime: end at the first error."),
) -> int:
    """Check a run as TREC's upload system does: writes RUNTAG.errlog into this folder.

    Exit code 0: no errors; 255: errors; 1: more than 25 errors, where the checker itself gives up.
    """
    from neuclir_carbon.workflow import evalbase

    call = evalbase.Call(
        kind=evalbase.Kind(kind), run_tag=run_tag, topic_file=topic_file, topic_pattern=topics,
        document_pattern=docnos, most=maxret, any_q0=any_q0, limit=limit, unit=length_limit_mode.value,
        strict=strict_on_length, stop_at_error=stop_at_error,
    )  # fmt: skip
    try:
        return evalbase.check_evalbase(call)
    except (Unreadable, Unwritable) as error:
        console.error(str(error))
        return GAVE_UP
