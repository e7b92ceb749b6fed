"""An organizer's lists on disk: roster, answers to the form, withdrawn bundles, scores."""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.roster import FormAnswer, Lists, Roster, Score
from neuclir_carbon.store.files import read_bytes
from neuclir_carbon.store.tables import read_table, wrong

MAX_NAME = 200
MAX_LIST_BYTES = 64 * 1024 * 1024
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_ANSWERS: Mapping[str, bool | None] = {
    "yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False, "": None,
}  # fmt: skip


def read_lists(
    *,
    roster: Path | None = None,
    forms: Path | None = None,
    withdrawn: Path | None = None,
    scores: Path | None = None,
) -> Lists:
    """What the files say, each if it is given; `Unreadable` tells what is wrong with one, and where."""
    known = read_roster(roster) if roster else Roster()
    return Lists(
        roster=known,
        has_roster=roster is not None,
        forms=read_forms(forms, known) if forms else (),
        withdrawn=read_withdrawn(withdrawn) if withdrawn else (),
        scores=read_scores(scores) if scores else (),
        forms_path=str(forms or ""),
        withdrawn_path=str(withdrawn or ""),
        scores_path=str(scores or ""),
    )


def read_roster(path: Path) -> Roster:
    """The teams of a CSV with the columns team and aliases (separated by `;`), each name once in the whole file.

    A name is whatever a bundle may give as its team's, a formula too: a team that counts can be written down.
    """
    stands: dict[str, int] = {}
    teams: list[str] = []
    aliases: dict[str, str] = {}
    for line, cells in read_table(path, ("team", "aliases"), names=(), what="team,aliases"):
        team = _name(path, line, "team", cells["team"])
        others = [part for alias in cells["aliases"].split(";") if (part := alias.strip()) not in ("", team)]
        for name in (team, *dict.fromkeys(others)):
            _name(path, line, "alias", name)
            before = stands.setdefault(name, line)
            if before != line:
                found = f"names {name!r:.80}, which stands in line {before} already"
                raise wrong(path, line, found, "each team and alias once in the file: merge the rows")
        teams.append(team)
        aliases.update(dict.fromkeys(others, team))
    return Roster(teams=tuple(teams), aliases=aliases)


def read_forms(path: Path, roster: Roster) -> tuple[FormAnswer, ...]:
    """The answers of a CSV with the columns team, tracked and offset (yes, no, or empty: not answered), by team."""
    stands: dict[str, FormAnswer] = {}
    for line, cells in read_table(path, ("team", "tracked", "offset"), names=(), what="team,tracked,offset"):
        said = _name(path, line, "team", cells["team"])
        team = roster.name_of(said)
        answer = FormAnswer(
            team=team, tracked=_answer(path, line, "tracked", cells), offset=_answer(path, line, "offset", cells),
            line=line,
        )  # fmt: skip
        before = stands.setdefault(team, answer)
        if before is not answer:
            alias = f" (an alias of {team!r:.80})" if said != team else ""
            found = f"is a second row of team {said!r:.80}{alias}, after line {before.line}"
            raise wrong(path, line, found, "one row a team: keep the answers that hold")
    return tuple(stands.values())


def read_withdrawn(path: Path) -> tuple[str, ...]:
    """The digests of a list, one SHA-256 (hex) a line, in lower case; blank lines and what stands after a # aside."""
    data = read_bytes(path, most=MAX_LIST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is no text in UTF-8; wanted one SHA-256 of a bundle a line") from None
    digests: dict[str, None] = {}
    for line, whole in enumerate(text.split("\n"), 1):
        said = whole.partition("#")[0].strip()
        if said and not _SHA256.fullmatch(said):
            hint = "the 64 hex digits of a bundle's SHA-256 alone on a line, as runs.csv has them"
            raise wrong(path, line, f"is {said[:80]!a}", hint)
        if said:
            digests[said.lower()] = None
    return tuple(digests)


def read_scores(path: Path) -> tuple[Score, ...]:
    """The scores of a CSV with the columns run_tag, measure and value, each run and measure once."""
    stands: dict[tuple[str, str], Score] = {}
    columns = ("run_tag", "measure", "value")
    for line, cells in read_table(path, columns, names=columns[:2], what="run_tag, measure and a number"):
        tag, measure = (_name(path, line, column, cells[column]) for column in columns[:2])
        score = Score(run_tag=tag, measure=measure, value=_number(path, line, cells["value"]), line=line)
        before = stands.setdefault((tag, measure), score)
        if before is not score and before.value != score.value:
            row = f"gives {measure!r:.60} of {tag!r:.80} as {score.value:g}"
            found = f"{row}; line {before.line} has {before.value:g}"

            raise wrong(path, line, found, "each run and measure once: keep the value that holds")
    return tuple(stands.values())


def _name(path: Path, line: int, column: str, cell: str) -> str:
    if not cell or len(cell) > MAX_NAME:
        a = "an" if column == "alias" else "a"
        found = f"has {a} {column} of {len(cell):,} characters" if cell else f"has no {column}"
        fix = "write it as the bundles do" if cell else "write it, or delete the row"
        raise wrong(path, line, found, f"a name of 1 to {MAX_NAME} characters: {fix}")
    return cell


def _answer(path: Path, line: int, column: str, cells: Mapping[str, str]) -> bool | None:
    said = cells[column].casefold()
    if said not in _ANSWERS:
        raise wrong(path, line, f"answers {column} with {cells[column][:40]!a}", "yes, no, or an empty cell")
    return _ANSWERS[said]


def _number(path: Path, line: int, cell: str) -> float:
    value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(value):
        hint = "; write a decimal point" if "," in cell else ""
        raise wrong(path, line, f"has the value {cell[:40]!a}", f"a number such as 0.412{hint}")
    return value
