"""The ways in which figures came about, in words and with the tools: measured, imported from others, estimated."""

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.report.citations import known_tool
from neuclir_carbon.report.words import visible

_MOST_TEXT, _MOST_VERSIONS = 60, 3
VERBS = {"measured": "measured with", "imported": "imported from", "estimated": "estimated with"}


@frozen
class ToolUsed:
    """A tool by its name, its versions as far as they are known, the key of what is cited for it, and whether we know
    it: for some, such as a scheduler, nothing is cited."""

    name: str
    versions: tuple[str, ...] = ()
    key: str | None = None
    is_known: bool = True

    @classmethod
    def of(cls, name: str, version: object) -> "ToolUsed":
        """Under the name that its makers write, where we know it."""
        known = known_tool(name)
        said = (visible(version, most=_MOST_TEXT),) if isinstance(version, str) and version.strip() else ()
        if known is None:
            return cls(visible(name, most=_MOST_TEXT), said, is_known=False)
        return cls(known.name, said, known.key)

    @property
    def words(self) -> str:
        """`CodeCarbon 3.3.2`; `CodeCarbon (2.3.5, 3.0.8)`, or `CodeCarbon (7 versions)` where there are several."""
        if len(self.versions) < 2:
            return " ".join((self.name, *self.versions))
        told = len(self.versions) <= _MOST_VERSIONS
        return f"{self.name} ({', '.join(self.versions) if told else f'{len(self.versions)} versions'})"

    def together(self, others: Iterable["ToolUsed"]) -> "ToolUsed":
        """The same tool with the versions of others of its name."""
        versions = {*self.versions, *(version for other in others for version in other.versions)}
        return evolve(self, versions=tuple(sorted(versions)))


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
    """The different ways, the most used first; the versions of a tool make one way."""
    found: dict[tuple[str, ...], list[tuple[ToolUsed, ...]]] = {}
    for activity in activities:
        tools = _tools(activity.record)
        found.setdefault((activity.record.method, *(tool.name for tool in tools)), []).append(tools)
    ways = (
        Way(
            method=method,
            tools=tuple(first.together(others) for first, *others in zip(*every, strict=True)),
            activities=len(every),
        )
        for (method, *_), every in found.items()
    )
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
