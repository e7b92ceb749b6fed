"""The ways in which figures came about, in words and with the tools: measured, imported from others, estimated."""

from collections.abc import Sequence

from attrs import frozen

from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.report.citations import known_tool
from neuclir_carbon.report.words import visible

_MOST_TEXT = 60
VERBS = {"measured": "measured with", "imported": "imported from", "estimated": "estimated with"}


@frozen
class ToolUsed:
    """A tool by its name, its version as far as it is known, the key of what is cited for it, and whether we know it:
    for some, such as a scheduler, nothing is cited."""

    name: str
    version: str = ""
    key: str | None = None
    is_known: bool = True

    @classmethod
    def of(cls, name: str, version: object) -> "ToolUsed":
        """Under the name that its makers write, where we know it."""
        known = known_tool(name)
        said = visible(str(version), most=_MOST_TEXT) if isinstance(version, str) and version.strip() else ""
        if known is None:
            return cls(visible(name, most=_MOST_TEXT), said, is_known=False)
        return cls(known.name, said, known.key)

    @property
    def words(self) -> str:
        """`CodeCarbon 3.3.2`."""
        return f"{self.name} {self.version}" if self.version else self.name


@frozen(kw_only=True)
class Way:
    """A method with its tools, and how many activities came about so."""

    method: str
    tools: tuple[ToolUsed, ...]
    activities: int

    @property
    def words(self) -> str:
        """`measured with neuclir-carbon 0.1.0 and CodeCarbon 3.3.2`."""
        return f"{VERBS[self.method]} {' and '.join(tool.words for tool in self.tools)}"


def ways_of(activities: Sequence[CountedActivity]) -> tuple[Way, ...]:
    """The different ways, the most used first."""
    counts: dict[tuple[str, tuple[ToolUsed, ...]], int] = {}
    for activity in activities:
        way = activity.record.method, _tools(activity.record)
        counts[way] = counts.get(way, 0) + 1
    ways = (Way(method=method, tools=tools, activities=count) for (method, tools), count in counts.items())
    return tuple(sorted(ways, key=lambda way: -way.activities))


def how_found(activities: Sequence[CountedActivity]) -> str:
    """All ways in words, with how many activities each where there are several."""
    ways = ways_of(activities)
    if len(ways) == 1:
        return ways[0].words
    return ", ".join(f"{way.activities} {way.words}" for way in ways)


def _tools(record: ActivityRecord) -> tuple[ToolUsed, ...]:
    """What measured: this tool, and CodeCarbon where a meter was reading. What was imported: the tool that wrote it."""
    ours = ToolUsed.of(record.tool.name, record.tool.version)
    if record.method == "imported":
        source = record.source or {}
        name = source.get("tool")
        return (ToolUsed.of(name, source.get("version")),) if isinstance(name, str) and name.strip() else (ours,)
    if record.method == "measured" and record.metered_s:
        return ours, ToolUsed.of("codecarbon", record.notes.get("codecarbon"))
    return (ours,)
