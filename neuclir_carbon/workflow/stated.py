"""What a bundle's members for other programs and people say of energy and emissions, beside what its records give.

Whoever claims that another version of the tool made the bundle may word these members as he likes; the numbers hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neuclir_carbon.checks.bundle_members import Texts, fault_of_yaml
from neuclir_carbon.model.counting import Totals, counted, totals
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.submission import CRATE, IR_METADATA, README, Stated
from neuclir_carbon.report.crate import usage_values
from neuclir_carbon.report.ir_metadata import emissions_block
from neuclir_carbon.report.readme import bundle_readme_numbers, numbers_in


def stated_numbers(texts: Texts, records: Sequence[ActivityRecord]) -> tuple[Stated, ...]:
    """Every number that ir-metadata.yml, the crate and the README must state, as found and as wanted."""
    whole = totals(counted(records))
    return (
        *_in_metadata(texts.ir_metadata, whole),
        *_in_crate(texts.crate_said.values, records),
        *_in_readme(texts.readme, whole),
    )


def _in_metadata(data: bytes, whole: Totals) -> Iterator[Stated]:
    found = _emissions_of(data)
    for key, wanted in emissions_block(whole).items():
        yield Stated(IR_METADATA, f"/emissions/{key}", found.get(key), wanted)


def _emissions_of(data: bytes) -> Mapping[str, Any]:
    """The block `emissions`; empty where there is none, or the text is not plain YAML."""
    import yaml

    if fault_of_yaml(data) is not None:
        return {}
    try:
        value = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe, in C
    except (yaml.YAMLError, ValueError):  # a date that no calendar has
        return {}
    block = value.get("emissions") if isinstance(value, dict) else None
    return block if isinstance(block, dict) else {}


def _in_crate(found: Mapping[str, Any], records: Sequence[ActivityRecord]) -> Iterator[Stated]:
    wanted = usage_values(records)
    for name in dict.fromkeys((*wanted, *found)):
        yield Stated(CRATE, f"/@graph/{name}"[:200], found.get(name), wanted.get(name))


def _in_readme(data: bytes, whole: Totals) -> Iterator[Stated]:
    found = numbers_in(data)
    for key, wanted in bundle_readme_numbers(whole).items():
        yield Stated(README, f"/{key}", found[key], wanted)
