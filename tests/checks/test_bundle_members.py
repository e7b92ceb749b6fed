"""What a bundle's crate says, of which little is held: crates of many records are long."""

import json
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.checks.bundle_members import Texts

KEYS = st.sampled_from(("@id", "@type", "value", "name", "@graph", "unitText"))
VALUES = st.sampled_from(("PropertyValue", "CreateAction", "#usage-1", "#usage-2", 1.5, 0, None, "", ["x"]))
ENTITIES = st.dictionaries(KEYS, VALUES, max_size=5)


def texts_with(crate: bytes) -> Texts:
    return Texts(digests=(), digests_text=b"", crate=crate, ir_metadata=b"", readme=b"")


@given(st.lists(ENTITIES | st.none(), max_size=6), st.dictionaries(st.sampled_from(("@type", "a")), VALUES, max_size=2))
def test_the_values_that_a_crate_states_are_found_whatever_stands_beside_them(
    graph: list[dict[str, object] | None], beside: dict[str, object]
) -> None:
    said = texts_with(json.dumps({**beside, "@graph": graph}).encode()).crate_said
    stating = [entity for entity in graph if entity is not None and entity.get("@type") == "PropertyValue"]
    assert said.fault is None
    assert said.values == {str(entity.get("@id")): entity.get("value") for entity in stating}


def test_what_is_no_crate_is_told() -> None:
    faults = {data: texts_with(data).crate_said.fault for data in (b"", b"[]", b"{}", b'{"@graph": {}}', b'{"@graph"')}
    assert faults[b""] == "is not strict JSON: empty" and str(faults[b'{"@graph"']).startswith("is not strict JSON")
    assert {faults[data] for data in (b"[]", b"{}", b'{"@graph": {}}')} == {"has no @graph, so it is no crate"}


def test_a_long_crate_takes_less_memory_than_twice_its_text() -> None:
    action = {"@type": "CreateAction", "name": "a step", "resourceUsage": [{"@id": f"#{n}"} for n in range(8)]}
    data = json.dumps({"@graph": [{**action, "@id": f"#activity-{n}"} for n in range(10_000)]}).encode()
    texts = texts_with(data)
    tracemalloc.start()
    try:
        assert texts.crate_said.fault is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(data)
