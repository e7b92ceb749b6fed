"""attrs values as JSON text."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.json_data import format_json, format_long_json, plain

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",))),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple), st.dictionaries(st.text(
            st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
    max_leaves=20,
)  # fmt: skip


@given(values)
def test_a_long_text_is_the_same_text(value: object) -> None:
    assert format_long_json(value) == format_json(value)
    assert json.loads(format_json(value)) == plain(value)


def test_a_finding_s_words_to_its_team_are_no_data() -> None:
    found = Finding("RUN001", Severity.ERROR, "of all", Location("run", 3), to_team="to one")
    assert plain([found, (found,)])[1] == [plain(found)]
    assert plain(found) == {
        "code": "RUN001", "severity": "error", "message": "of all",
        "location": {"path": "run", "line": 3, "pointer": None},
    }  # fmt: skip


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("form", [format_json, format_long_json])
def test_what_is_no_number_is_refused(form: object, value: float) -> None:
    with pytest.raises(ValueError):
        form({"x": value})  # type: ignore[operator]
