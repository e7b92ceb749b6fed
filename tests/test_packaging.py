"""Wheel, sdist, wheel from sdist and editable install carry all schemas and templates."""

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent
SHELVES = ("schemas", "templates")
LIST = (
    "import json; from neuclir_carbon.resources import shelf; "
    "print(json.dumps({n: sorted(str(p.relative_to(shelf(n))) for p in shelf(n).rglob('*') if p.is_file()) "
    "for n in ('schemas', 'templates')}))"
)


def in_checkout() -> dict[str, list[str]]:
    return {
        name: sorted(str(path.relative_to(HERE / name)) for path in (HERE / name).rglob("*") if path.is_file())
        for name in SHELVES
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(HERE)]
    subprocess.run(command, check=True, capture_output=True)
    return out


def test_the_wheel_and_the_sdist_hold_every_schema_and_template(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        sources = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    for shelf, files in in_checkout().items():
        assert {f"neuclir_carbon/{shelf}/{file}" for file in files} <= names
        assert {f"{shelf}/{file}" for file in files} <= sources
    assert "neuclir_carbon/py.typed" in names
    assert not any(name.startswith(("tests/", "schemas/", "templates/")) for name in names)
    assert any(name.endswith("licenses/THIRD-PARTY.md") for name in names)


def editable_wheel(folder: Path) -> Path:
    """What `pip install -e` makes and installs."""
    make = "import sys, hatchling.build as build; print(build.build_editable(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", make, str(folder)], check=True, capture_output=True, text=True, cwd=HERE
    )
    return folder / done.stdout.split()[-1]


@pytest.mark.parametrize("editable", [False, True])
def test_an_installed_package_finds_them(built: Path, tmp_path: Path, editable: bool) -> None:
    """Installed without its dependencies, which `resources` does not need; from another folder than the checkout."""
    venv.create(tmp_path / "env", with_pip=False, system_site_packages=False)
    python = tmp_path / "env" / "bin" / "python"
    wheel = editable_wheel(tmp_path) if editable else next(built.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, env={**os.environ, "PIP_NO_INDEX": "1"})
    done = subprocess.run([str(python), "-c", LIST], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert json.loads(done.stdout) == in_checkout()
