"""RUN: run files in six columns: every rule about them, and what a track's levels make of any run.

The rules stand in checks/run_lines.py, run_rankings.py and run_files.py; the walk that shows a run's parts to them is
in checks/run_walk.py. The usual severity of a rule is what it weighs where a track says nothing. A track's file says
what its official checker looks at (`rules.official`), and where its own written rules weigh otherwise.
"""

from typing import Any

from neuclir_carbon.checks.rulebook import Entry, Rulebook
from neuclir_carbon.checks.run_files import FILES, RUNS
from neuclir_carbon.checks.run_lines import LINES, RAW_LINES
from neuclir_carbon.checks.run_rankings import RANKINGS
from neuclir_carbon.model.finding import Policy, Severity
from neuclir_carbon.model.track import JSONL, Task

BOOK: Rulebook[Any] = Rulebook.joined("run files", FILES, RAW_LINES, LINES, RANKINGS, RUNS)


def own_policy(task: Task) -> Policy:
    """The track's own levels for a task."""
    return Policy(task.policy.select, task.policy.ignore, task.levels)


def book_of(task: Task) -> Rulebook[Any]:
    """The rules about runs of a task's kind."""
    if task.format.kind == JSONL:
        from neuclir_carbon.checks.reports import WITH_FILES

        return WITH_FILES
    return BOOK


def official_policy(task: Task) -> Policy:
    """The levels under the task's official checker: what it does not look at is at most a warning."""
    levels = {code: _at_most_warning(entry) for code, entry in book_of(task).entries.items()}
    return Policy(levels={**levels, **task.official_levels})


def _at_most_warning(entry: Entry[Any]) -> str:
    return Severity.WARNING if entry.severity is Severity.ERROR else entry.severity
