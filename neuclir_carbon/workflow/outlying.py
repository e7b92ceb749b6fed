"""Figures that stand far out among those that count: what the rules about outliers are shown."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from neuclir_carbon.checks.outliers import Drawn, RunEnergy, examine
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.submission import Submission
from neuclir_carbon.workflow.rows import documents_of, shares_of_runs


def outliers(submissions: Sequence[Submission], activities: Sequence[CountedActivity]) -> tuple[Finding, ...]:
    """A finding on each activity whose mean power, and each run whose energy per document, stands far out."""
    return examine(_drawn(submissions, activities), _run_energies(submissions, activities))


def _drawn(submissions: Iterable[Submission], activities: Iterable[CountedActivity]) -> Iterator[Drawn]:
    paths = {(one.manifest.team, one.manifest.run_tag): one.path for one in submissions}
    for activity in activities:
        path = next((paths[activity.team, tag] for tag in activity.run_tags if (activity.team, tag) in paths), "")
        yield Drawn(record=activity.record, team=activity.team, path=path)


def _run_energies(submissions: Sequence[Submission], activities: Sequence[CountedActivity]) -> Iterator[RunEnergy]:
    shares = shares_of_runs(submissions, activities)
    for submission in submissions:
        manifest, documents = submission.manifest, documents_of(submission)
        kinds: dict[str, list[float]] = defaultdict(list)
        for activity, part in shares.get((manifest.team, manifest.run_tag), ()):
            if activity.it_energy_kwh is not None:
                kinds[activity.record.activity].append(activity.it_energy_kwh * part)
        for kind in sorted(kinds) if documents else ():
            yield RunEnergy(
                team=manifest.team, task=manifest.task, run_tag=manifest.run_tag, activity=kind,
                it_kwh=math.fsum(kinds[kind]), documents=documents or 0, path=submission.path,
            )  # fmt: skip
