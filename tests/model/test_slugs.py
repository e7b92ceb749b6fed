"""Slugs: safe names of files for strangers' names, different for different ones."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model import slugs as module
from neuclir_carbon.model.slugs import slug, slugs

HOSTILE = (
    "", ".", "..", "../../etc/passwd", "A/B", "A B", "a-b", "A\\B", "con", "CON", "nul", "lpt1", "<script>", "=cmd()",
    "evil\u202egnp", "a" * 300, "翻訳検索チーム", "İ", "ß", "SS", "ss", "\ud800", "name.txt", "-rf", "a--b", "-", " ",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_slug_is_a_safe_name_of_a_file(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 57
    assert made not in {"con", "nul", "lpt1"}


def test_different_names_have_different_slugs_whatever_else_is_there() -> None:
    found = slugs(HOSTILE)
    assert len(set(found.values())) == len(set(HOSTILE))
    assert all(found[name] == slug(name) for name in HOSTILE)


def test_a_safe_name_stands_for_itself_and_others_can_be_recognised() -> None:
    assert slug("fjordlab-2") == "fjordlab-2"
    assert slug("A/B").startswith("a-b-") and slug("A B").startswith("a-b-")
    assert slug("Équipe Zürich").startswith("equipe-zurich-")


def test_nobody_can_take_another_s_slug_as_a_name() -> None:
    assert slug(slug("A/B")) != slug("A/B")
    assert slug(slug("翻訳検索チーム")) != slug("翻訳検索チーム")


def test_two_names_made_to_have_one_digest_still_get_two_slugs(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = module.slug
    monkeypatch.setattr(module, "slug", lambda name, *, digits=1: whole(name, digits=digits if digits == 64 else 1))
    names = [f"A/{n}" for n in range(40)]
    assert len(set(module.slugs(names).values())) == len(names)


@given(st.lists(st.text(), unique=True, max_size=30))
def test_slugs_never_collide(names: list[str]) -> None:
    found = slugs(names)
    assert len(set(found.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+", made) for made in found.values())
