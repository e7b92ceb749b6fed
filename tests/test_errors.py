"""Names that are not known: the nearest ones are told, and what a stranger typed can't steer the terminal."""

import pytest

from neuclir_carbon.errors import UnknownName, nearest_names


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("p4d.24xlarg", ["p4d.24xlarge", "p3.2xlarge"], ("p4d.24xlarge",)),
        ("A100", ["A10G", "A100 SXM4 80GB", "V100"], ("A100 SXM4 80GB",)),
        ("NEUCLIR-2024", ["neuclir-2024", "neuclir-2023"], ("neuclir-2024", "neuclir-2023")),
        ("xyz", ["retrieval"], ()),
        ("", ["retrieval"], ()),
    ],
)
def test_the_nearest_names_come_first(name: str, known: list[str], nearest: tuple[str, ...]) -> None:
    assert nearest_names(name, known)[: len(nearest)] == nearest


def test_what_was_typed_is_shown_without_control_characters_and_cut() -> None:
    error = UnknownName("track", "\x1b[2J" + "x" * 500, ["neuclir-2024"], hint="tracks list")
    assert "\x1b" not in str(error)
    assert len(str(error)) < 200
