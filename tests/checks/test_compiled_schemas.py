"""The compiled schemas and the validator that can say what is wrong give the same verdict on every document."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import CERTIFICATE, a_record

from neuclir_carbon.checks import documents
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.resources import schema_path

KINDS = (
    "activity-record/1", "certificate-reference/1", "ledger-settings/1", "submission-manifest/1", "track-inventory/1",
    "track-schema/1", "verdict/1",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -0.0, 1.0, 1.5, -1, 2**53, 2**63, 2**64, 10**29, -(10**29), 1e300, 5e-324, "", " ", "x",
    "x\n", "2024-11-15T10:30:00Z\n", "0" * 64, "0" * 64 + "\n", "ä" * 200, "😀" * 100, "😀" * 101, "😀" * 201,
    "\u2028", "\x7f", "a\u0000b", "DEU", "DEU\n", [], {}, [1, 1], ["x", "x"], {"x": 1}, [[]], "1.0",
)  # fmt: skip


def examples() -> dict[str, list[Any]]:
    found = {kind: json.loads(schema_path(kind).read_text())["examples"] for kind in KINDS}
    found["activity-record/1"] += [plain(a_record()), plain(a_record(label="x", run_tags=("a", "b")))]
    found["certificate-reference/1"].append(CERTIFICATE)
    return found


EXAMPLES = examples()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with one place changed; `KeyError` stands for taken away."""
    if not path:
        return new
    whole = copy.deepcopy(value)
    at = whole
    for key in path[:-1]:
        at = at[key]
    if new is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return whole


def verdicts(kind: str, value: Any) -> tuple[bool, bool]:
    """What the compiled schema says (False where it can't say), and what the other validator says."""
    return documents._passes(documents.Document(kind, value)), documents._validator(kind).is_valid(value)


@pytest.mark.parametrize("kind", KINDS)
def test_both_take_the_examples_and_agree_on_each_of_their_places_changed(kind: str) -> None:
    for example in EXAMPLES[kind]:
        assert verdicts(kind, example) == (True, True)
        for path in list(places(example))[::2][:60]:
            for new in (*ODD[:: 1 + len(path) % 3], KeyError):
                if path or new is not KeyError:
                    value = changed(example, path, new)
                    quick, thorough = verdicts(kind, value)
                    # What the compiled one can't hold it leaves to the other; it never takes what the other refuses.
                    assert quick == thorough or (not quick and not _held(value)), (path, new)


def _held(value: Any) -> bool:
    """Whether a value has no integer beyond 64 bits."""
    return all(-(2**63) <= n < 2**64 for n in _integers(value))


def _integers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _integers(item)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS), new=JSON)
def test_the_compiled_one_never_takes_what_the_other_refuses(data: st.DataObject, kind: str, new: Any) -> None:
    example = data.draw(st.sampled_from(EXAMPLES[kind]))
    value = changed(example, data.draw(st.sampled_from(list(places(example)))), new)
    quick, thorough = verdicts(kind, value)
    assert not quick or thorough


def test_the_compiled_one_is_the_one_that_is_asked_first() -> None:
    assert isinstance(documents._compiled("activity-record/1"), jsonschema_rs.Draft202012Validator)
