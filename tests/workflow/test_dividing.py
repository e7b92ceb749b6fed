"""A machine's energy divided among wrappers beside each other: sums redone by hand, from journals as values."""

from typing import Any

import pytest

from neuclir_carbon.model.journal_format import Journal
from neuclir_carbon.workflow.dividing import division_of


def journal(*looks: dict[str, Any]) -> Journal:
    return Journal(looks, "0" * 64, torn=False, altered_at=None)


def look(
    kind: str, at: float, own: float | None, others: dict[str, float] | None = None, **more: Any
) -> dict[str, Any]:
    line = {"kind": kind, "monotonic_s": at, **({} if own is None else {"child_cpu_s": own}), **more}
    if others is None:
        return line
    return {**line, "others": {name: {"cpu_s": used, "same_gpus": name != "b"} for name, used in others.items()}}


def test_who_is_alone_divides_nothing() -> None:
    assert division_of(journal(look("started", 0, None), look("reading", 10, 3.0), look("ended", 20, 5.0))) is None
    assert division_of(journal()) is None


def test_each_bears_its_share_of_the_cpu_time() -> None:
    found = division_of(
        journal(look("started", 0, None, {"a": 100.0, "b": 0.0}), look("ended", 10, 2.0, {"a": 105.0, "b": 1.0}))
    )
    assert found is not None
    assert (found.among, found.others_cpu_s) == (("a", "b"), 6.0)
    assert found.share == pytest.approx(2 / 8)
    assert found.gpu_share == pytest.approx(1 / 2), "b sees other GPUs"


def test_where_none_works_all_bear_the_same() -> None:
    found = division_of(journal(look("started", 0, None, {"a": 7.0, "b": 7.0}), look("ended", 10, 0.0, {"a": 7.0})))
    assert found is not None
    assert found.share == pytest.approx(1 / 3)


def test_a_stretch_counts_by_the_energy_that_it_took() -> None:
    # 10 s alone at 1 W, then 10 s at 9 W, of which the neighbour worked half.
    found = division_of(
        journal(
            look("started", 0, None),
            look("reading", 10, 1.0, cpu_kwh=5.0, ram_kwh=5.0, metered_s=10.0),
            look("ended", 20, 6.0, {"a": 5.0}),
            look("reading", 20.1, None, cpu_kwh=95.0, ram_kwh=5.0, metered_s=20.0),
        )
    )
    assert found is not None
    assert found.share == pytest.approx((10 * 1 + 90 * 0.5) / 100)


def test_two_journals_of_one_stretch_add_up() -> None:
    first = division_of(journal(look("started", 0, None, {"b": 3.0}), look("ended", 10, 4.0, {"b": 5.0})))
    second = division_of(journal(look("started", 0, None, {"a": 0.0}), look("ended", 10, 2.0, {"a": 4.0})))
    assert first is not None and second is not None
    assert first.share + second.share == pytest.approx(1.0)


@pytest.mark.parametrize("others", [{"../x": {"cpu_s": 1}}, {"a": 3}, [], "a", {"a": {"cpu_s": "much"}}, None])
def test_noise_divides_nothing_by_itself(others: Any) -> None:
    found = division_of(journal(look("started", 0, None), {**look("ended", 10, 2.0), "others": others}))
    assert found is None or found.share == 1.0
