"""YAML from strangers as plain text in mappings and lists: no tag makes anything of it, and an alias copies nothing.

What is read is bounded in bytes, depth, nodes and aliases. Where the text ends in a fault, what stood before it is
kept and the fault is told with its line.
"""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

MOST_BYTES = 8 * 1024 * 1024
MOST_DEPTH = 40
MOST_NODES = 1_000_000
MOST_ALIASES = 100

# Every scalar is its text; `null`, `~` and nothing are None, whatever tag stands before them.
Node = dict[str, "Node"] | list["Node"] | str | None
_NOTHING = frozenset({"", "~", "null"})


@frozen
class Outline:
    """The first document of a YAML text, and the fault at which reading ended: (line from 1, what was found)."""

    value: Node
    fault: tuple[int, str] | None = None

    def at(self, *keys: str) -> Node:
        """What stands under keys, one inside the other; None where there is nothing."""
        found = self.value
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def text_at(self, *keys: str) -> str | None:
        """The same where it is a text of at least one character; else None."""
        found = self.at(*keys)
        return found if isinstance(found, str) else None


class _TooMuch(ValueError):
    """A limit is passed."""


def outline(text: str) -> Outline:
    """The outline of a YAML text, which may end in a fault."""
    import yaml

    if len(text) > MOST_BYTES:
        return Outline(None, (1, f"is longer than {MOST_BYTES:,} characters"))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    build = _Builder()
    line = 1
    try:
        for event in yaml.parse(text, loader):
            line = event.start_mark.line + 1 if event.start_mark else line
            if isinstance(event, yaml.DocumentEndEvent):
                break
            build.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            line = mark.line + 1
        return Outline(build.root, (line, f"is no YAML: {error.problem or error.context}"))
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error) if isinstance(error, _TooMuch) else f"is no YAML: {str(error).splitlines()[0][:100]}"
        return Outline(build.root, (line, reason))
    return Outline(build.root)


class _Builder:
    """Puts events together. An alias is the very node it names, so that nothing grows by it."""

    def __init__(self) -> None:
        self.root: Node = None
        self._open: list[tuple[dict[str, Node] | list[Node], list[str]]] = []
        self._named: dict[str, Node] = {}
        self._nodes = 0
        self._aliases = 0

    def take(self, event: Any) -> None:
        """One more event of `yaml.parse`."""
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            value = event.value.strip()
            self._add(None if value.lower() in _NOTHING else value, event.anchor)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin({}, event.anchor)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > MOST_ALIASES:
                raise _TooMuch(f"has more than {MOST_ALIASES} aliases")
            self._add(self._named.get(event.anchor or ""), None)

    def _begin(self, node: dict[str, Node] | list[Node], anchor: str | None) -> None:
        if len(self._open) >= MOST_DEPTH:
            raise _TooMuch(f"is nested deeper than {MOST_DEPTH} levels")
        self._add(node, anchor)
        self._open.append((node, []))

    def _add(self, node: Node, anchor: str | None) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _TooMuch(f"has more than {MOST_NODES:,} values")
        if anchor is not None:
            self._named[anchor] = node
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1]
        if isinstance(parent, list):
            parent.append(node)
        elif key:
            parent[key.pop()] = node
        else:
            key.append(node if isinstance(node, str) else "")


def entries(node: Node) -> Iterator[tuple[str, Node]]:
    """The entries of a mapping; none of anything else."""
    if isinstance(node, dict):
        yield from node.items()
