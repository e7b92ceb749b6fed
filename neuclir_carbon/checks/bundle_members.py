"""SUB: a bundle's texts as other programs and people read them: the list of digests, the crate, the YAML, the README.

These rules need no document to be right, so that they speak also where `submission.json` is broken.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from attrs import frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.json_text import NotJson, parse_json
from neuclir_carbon.model.run import shown
from neuclir_carbon.model.submission import CRATE, DIGESTS, IR_METADATA, README, SIGNATURE, FileDigest, digests_text

MAX_YAML_PARTS = 50_000
MAX_YAML_DEPTH = 20
# The type of the crate's entities that state a number.
_VALUE = "PropertyValue"


@frozen(kw_only=True)
class Texts:
    """The members' true digests, in their order, and the bytes of those that no schema describes."""

    digests: tuple[FileDigest, ...]
    digests_text: bytes
    crate: bytes
    ir_metadata: bytes
    readme: bytes

    @cached_property
    def crate_said(self) -> "CrateSaid":
        """What the crate says, read once."""
        return _crate_said(self.crate)


class CrateSaid(NamedTuple):
    """What is wrong with a crate (None: nothing), and the values that its entities state, by their ids."""

    fault: str | None
    values: Mapping[str, Any]


BOOK: Rulebook[Texts] = Rulebook("texts of bundles")


@BOOK.rule("SUB010", Severity.ERROR, "the digests' file is wrong")
def digests_are_true(texts: Texts) -> Iterator[Fault]:
    """`manifest-sha256.txt` must list every member but itself (and its signature), in the archive's order, with the
    SHA-256 of its bytes: then `sha256sum -c manifest-sha256.txt` works for everybody."""
    members = tuple(digest for digest in texts.digests if digest.path not in (DIGESTS, SIGNATURE))
    if texts.digests_text == digests_text(members):
        return
    stated = _listed(texts.digests_text)
    true = {digest.path: digest.sha256 for digest in members}
    for name in (name for name in (DIGESTS, SIGNATURE) if name in stated):
        yield Fault(f"lists {shown(name)}, which it can't know", Location(path=DIGESTS))
    for name, sha256 in true.items():
        if name not in stated:
            yield Fault(f"does not list {shown(name)}", Location(path=DIGESTS))
        elif stated[name] != sha256:
            yield Fault(f"gives {shown(stated[name])} for {shown(name)}, which has {sha256}", Location(path=DIGESTS))
    unknown = [name for name in stated if name not in (*true, DIGESTS, SIGNATURE)]
    for name in unknown[:10]:
        yield Fault(f"lists {shown(name)}, which is no member", Location(path=DIGESTS))
    if {name: stated.get(name) for name in true} == true and not unknown:
        text = "must give the SHA-256 of every other member, each once, in the archive's order, and nothing else"
        yield Fault(text, Location(path=DIGESTS))


def _listed(text: bytes) -> dict[str, str]:
    """Name → digest as a list of digests has them, whatever it is."""
    lines = text.decode("utf-8", "replace").split("\n")[:1000]
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines) if name}


@BOOK.rule("SUB033", Severity.ERROR, "a file for other programs is not safe to read")
def others_can_read_them(texts: Texts) -> Iterator[Fault]:
    """`ro-crate-metadata.json` must be strict JSON with a graph; `ir-metadata.yml` plain YAML in UTF-8: one document
    without anchors, aliases, tags or keys that stand twice, at most 20 levels deep; `README.txt` plain text in UTF-8.
    Whoever reads them with another program is otherwise open to what the team's machine wrote there.

    Good: `emissions: {tracked: true}`. Bad: `!!python/object/apply:os.system [id]`, or nine lines that grow to 10 GB.
    """
    if (fault := texts.crate_said.fault) is not None:
        yield Fault(fault, Location(path=CRATE))
    if (fault := fault_of_yaml(texts.ir_metadata)) is not None:
        yield Fault(fault, Location(path=IR_METADATA))
    try:
        text = texts.readme.decode("utf-8")
    except UnicodeDecodeError:
        yield Fault("is not UTF-8", Location(path=README))
        return
    hidden = next((c for c in text if not (c.isprintable() or c == "\n")), None)
    if hidden is not None:
        yield Fault(f"holds U+{ord(hidden):04X}, a control or invisible character", Location(path=README))


def _crate_said(data: bytes) -> CrateSaid:
    try:
        value = parse_json(data, kept=_stated)
    except NotJson as fault:
        return CrateSaid(f"is not strict JSON: {fault.reason}", {})
    graph = value.get("@graph") if isinstance(value, dict) else None
    if not isinstance(graph, list):
        return CrateSaid("has no @graph, so it is no crate", {})
    entities = (entity for entity in graph if isinstance(entity, dict) and entity.get("@type") == _VALUE)
    return CrateSaid(None, {str(entity.get("@id")): entity.get("value") for entity in entities})


def _stated(entity: dict[str, Any]) -> dict[str, Any] | None:
    """What of an entity is needed to know which values are stated; None where it is none: crates are long."""
    if "@graph" in entity or "@type" not in entity:
        return entity
    if entity["@type"] != _VALUE:
        return None
    return {key: entity[key] for key in ("@id", "@type", "value") if key in entity}


def fault_of_yaml(data: bytes) -> str | None:
    """Why YAML is not plain data that any program may load; None if it is. Nothing is built from it."""
    import yaml

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "is not UTF-8"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    levels: list[_Level] = []
    documents = 0
    try:
        for parts, event in enumerate(yaml.parse(text, Loader=loader)):
            documents += isinstance(event, yaml.DocumentStartEvent)
            fault = _fault_of_event(event, levels)
            if fault is None and parts > MAX_YAML_PARTS:
                fault = f"has more than {MAX_YAML_PARTS:,} parts"
            if fault is None and documents > 1:
                fault = "has more than one document"
            if fault is not None:
                return fault
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return f"is not YAML: {' '.join(str(error).split())[:200]}"
    return None if documents else "is empty"


class _Level:
    """A mapping or sequence that is open: the keys that were seen in it, and whether a key comes next."""

    def __init__(self, mapping: bool) -> None:
        self.mapping, self.keys, self.key_next = mapping, set[str](), mapping


def _fault_of_event(event: Any, levels: list[_Level]) -> str | None:
    import yaml

    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        return "has an anchor or an alias, wanted plain values"
    if getattr(event, "tag", None) is not None:
        return f"has the tag {shown(str(event.tag))}, wanted plain values"
    if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
        levels.pop()
        return None
    if not isinstance(event, yaml.NodeEvent):
        return None
    fault = _entered(event, levels[-1]) if levels else None
    if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
        levels.append(_Level(isinstance(event, yaml.MappingStartEvent)))
        if len(levels) > MAX_YAML_DEPTH:
            return f"is nested deeper than {MAX_YAML_DEPTH} levels"
    return fault


def _entered(event: Any, level: _Level) -> str | None:
    """Notes a node in the mapping that it stands in, as a key or as a value."""
    if not level.mapping:
        return None
    is_key, level.key_next = level.key_next, not level.key_next
    if not is_key:
        return None
    key = getattr(event, "value", None)
    if key is None:
        return "has a key that is no plain text"
    if key in level.keys:
        return f"has the key {shown(key)} twice in one mapping"
    level.keys.add(key)
    return None
