"""Rules about track files: expressions, codes, checkers and forms that mean something."""

import json
from typing import Any

import attrs
import pytest

from neuclir_carbon.checks.tracks import BOOK
from neuclir_carbon.model.track import FormField, OfficialChecker, Topics, Track
from neuclir_carbon.store.tracks import load_track

PACKAGED = ("neuclir-2022", "neuclir-2023", "neuclir-2024")


def changed(track: str = "neuclir-2024", *, task: dict[str, Any] | None = None, **of_format: object) -> Track:
    loaded = load_track(track).track
    clir = attrs.evolve(loaded.tasks["clir"], **(task or {}))
    return attrs.evolve(loaded, tasks={"clir": attrs.evolve(clir, format=attrs.evolve(clir.format, **of_format))})


def faults(track: Track) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.location.pointer) for finding in BOOK.examine(track)]


@pytest.mark.parametrize("name", PACKAGED)
def test_the_packaged_tracks_break_no_rule(name: str) -> None:
    assert faults(load_track(name).track) == []


@pytest.mark.parametrize("pattern", ["[0-9a-f-{36}", "(", "*", "a{99999999999}", "(" * 5000 + ")" * 5000])
def test_an_expression_must_be_readable(pattern: str) -> None:
    assert faults(changed(docid_pattern=pattern)) == [("TRK001", "/tasks/clir/format/docid_pattern")]


def test_every_expression_of_a_task_is_looked_at() -> None:
    topics = {"topics": Topics(pattern="(", require_all=False)}
    assert faults(changed(task=topics, docid_pattern=")", run_tag_pattern="[")) == [
        ("TRK001", "/tasks/clir/format/docid_pattern"),
        ("TRK001", "/tasks/clir/format/run_tag_pattern"),
        ("TRK001", "/tasks/clir/topics/pattern"),
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(?:a|aa)*",
        "([0-9a-f]+-?)+",
        "(a*)*",
        "(a?){2,}",
        "((ab)+c?)*",
        "(x+x+)+y",
        "(a{1,9})*",
        "(a*)*b",
        "a*a*a*b",
        "(.*,){20}",
    ],
)
def test_an_expression_that_may_take_for_ever_is_refused(pattern: str) -> None:
    assert faults(changed(docid_pattern=pattern)) == [("TRK002", "/tasks/clir/format/docid_pattern")]


@pytest.mark.parametrize(
    "pattern",
    ["[0-9a-f-]{36}", r"[0-9]+_[0-9]+", r"(?:zho|fas)-.+", r"msmarco_v2\.1_doc_\d+_\d+#\d+_\d+", "(ab)+", "[(+)*]{3}",
     r"\(a+\)+", "([0-9a-f]{4}-){3}x", r"(?!(?:submit|list)\Z)[a-z]{0,19}", "(a+)?"],
)  # fmt: skip
def test_an_expression_that_ends_soon_is_taken(pattern: str) -> None:
    assert faults(changed(docid_pattern=pattern)) == []


def test_levels_are_given_to_rules_that_exist() -> None:
    track = changed(task={"rules": {"RUN999": "error", "official": {"RUN101": "error", "OFF001": "error"}}})
    assert faults(track) == [("TRK003", "/tasks/clir/rules"), ("TRK003", "/tasks/clir/rules/official")]


def test_an_official_checker_and_its_rules_come_together() -> None:
    assert faults(changed(task={"rules": {}})) == [("TRK004", "/tasks/clir/rules")]
    older = changed("neuclir-2023", task={"rules": {"official": {"RUN101": "error"}}})
    assert faults(older) == [("TRK004", "/tasks/clir/rules/official")]
    checker = OfficialChecker(name="check.py", commit="0" * 40, date="2025-01-01")
    its_own = {"rules": {"official": {"RUN101": "error"}}, "official_checker": checker}
    assert faults(changed("neuclir-2023", task=its_own)) == []


def test_a_forms_key_stands_once() -> None:
    row = FormField(key="carbon-tracked", question="?", type="YESNO")
    assert faults(changed(task={"form": (row, row)})) == [("TRK005", "/tasks/clir/form")]


def test_messages_show_no_control_characters() -> None:
    track = changed(task={"rules": {"\x1b[2J": "error", "official": {"RUN101": "error"}}}, docid_pattern="(\x1b[2J")
    found = list(BOOK.examine(track))
    assert len(found) == 2
    assert all(json.dumps(finding.message, ensure_ascii=False) and "\x1b" not in finding.message for finding in found)
