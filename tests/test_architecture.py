"""docs/architecture.md against the code: its map has every module, and nothing that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "neuclir_carbon"
MODULES = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
# The two doors of the package are no rooms, and an empty `__init__.py` only makes a folder a package.
DOORS = {path for path in MODULES if path.endswith(("__init__.py", "__main__.py"))}


def mapped() -> list[str]:
    """The modules of the map: a heading "### `checks/`" and, in the table under it, a row a module."""
    found: list[str] = []
    folder = ""
    for line in TEXT.splitlines():
        if heading := re.match(r"### (?:`([a-z/]+/)`)?", line):
            folder = heading[1] or ""
        elif row := re.match(r"\| `(\w+\.py)` \| ", line):
            found.append(folder + row[1])
    return found


def test_the_map_has_every_module_once() -> None:
    found = mapped()
    lacking, too_many = sorted(MODULES - DOORS - set(found)), sorted(set(found) - MODULES)
    assert not lacking, f"give these a row in docs/architecture.md, under their package: {lacking}"
    assert not too_many, f"these stand in docs/architecture.md and are no more: {too_many}"
    assert len(found) == len(set(found))


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`((?:[a-z_]+/)+[a-z][\w.-]*\.\w+)", TEXT))))
def test_a_file_that_is_spoken_of_is_there(place: str) -> None:
    assert (PACKAGE / place).is_file() or (ROOT / place).is_file()


@pytest.mark.parametrize(("place", "name"), sorted(set(re.findall(r"`((?:[a-z_]+/)+\w+\.py): ([A-Za-z_]+)", TEXT))))
def test_a_name_that_is_spoken_of_is_defined_there(place: str, name: str) -> None:
    path = PACKAGE / place if (PACKAGE / place).is_file() else ROOT / place
    assert re.search(rf"^(def |class )?{name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
