"""A Dask cluster: the same inventory byte for byte as on this machine, also when a worker is killed in mid-run."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from cluster import Cluster, cluster
from object_store import object_store, speak_to, uploaded
from test_aggregating import AS_OF, a_track
from test_pooling import written

from neuclir_carbon.errors import BadOption, Unreadable
from neuclir_carbon.workflow.aggregating import Request, aggregate
from neuclir_carbon.workflow.editions import write_editions
from neuclir_carbon.workflow.gathering import Found, Means, unshown

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def running(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    speak_to(server, monkeypatch)
    folder = tmp_path / "cluster"
    folder.mkdir()
    with cluster(folder) as found:
        yield found


def editions(out: Path, *sources: object, scheduler: str | None = None, progress: object = unshown) -> dict[str, bytes]:
    means = Means(scheduler=scheduler, workers=None if scheduler else 1)
    request = Request(sources=tuple(sources), track="neuclir-2024", as_of=AS_OF, means=means)  # type: ignore[arg-type]
    write_editions(aggregate(request, progress), out)  # type: ignore[arg-type]
    return written(out)


def test_a_cluster_finds_what_this_machine_finds_also_when_a_worker_is_killed(tmp_path: Path, running: Cluster) -> None:
    a_track(tmp_path)
    (tmp_path / "bundles" / "torn.crate.zip").write_bytes(b"PK\3\4 and no more")
    for number in range(6):
        shutil.copytree(tmp_path / "bundles" / "lotus-1", tmp_path / "bundles" / f"again-{number}")
    address = uploaded(tmp_path / "bundles", "year")
    running.add(2)
    seen = []

    def killing(found: Iterable[Found], total: int) -> Iterable[Found]:
        for item in found:
            seen.append(item.bundle.name)
            if len(seen) == 4:
                running.workers[0].kill()
            yield item

    local = editions(tmp_path / "local", address, tmp_path / "bundles" / "lotus-1")
    there = editions(
        tmp_path / "there", address, tmp_path / "bundles" / "lotus-1", scheduler=running.address, progress=killing
    )
    assert there == local
    assert len(local) > 10
    assert running.workers[0].wait() == -9
    assert len(seen) == len(set(seen)) == 8 + 1 + 12 + 2


def test_a_worker_that_does_not_see_a_file_or_sees_another_is_not_believed(tmp_path: Path, running: Cluster) -> None:
    a_track(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    names = [path.name for path in sorted((tmp_path / "bundles" / "lotus-1").iterdir())]
    (elsewhere / names[0]).write_bytes(b"another file under the same name")
    # The worker lives in another folder, where these paths lead elsewhere.
    running.workers.clear()
    running.folder = elsewhere
    running.add(1)
    paths = [f"/proc/self/cwd/{name}" for name in names]
    here = tmp_path / "bundles" / "lotus-1"
    script = (
        "from test_distributing import editions\nfrom pathlib import Path\n"
        f"a = editions(Path({str(tmp_path / 'a')!r}), *{paths!r}, scheduler={running.address!r})\n"
        f"b = editions(Path({str(tmp_path / 'b')!r}), *{paths!r})\n"
        "assert a == b and len(a) > 10\n"
    )
    folders = [str(ROOT / "tests"), str(Path(__file__).parent)]
    program = f"import sys\nsys.path[:0] = {folders!r}\nif __name__ == '__main__':\n"
    (tmp_path / "script.py").write_text(program + "".join(f"    {line}\n" for line in script.splitlines()))
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], cwd=here, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_worker_that_is_another_version_is_refused(tmp_path: Path, running: Cluster) -> None:
    a_track(tmp_path)
    other = tmp_path / "other"
    for name in ("neuclir_carbon", "schemas", "templates"):
        shutil.copytree(ROOT / name, other / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", other)
    (other / "neuclir_carbon" / "version.py").write_text('__version__ = "0.0.1"\n')
    running.add(1, {"PYTHONPATH": str(other)})
    with pytest.raises(Unreadable, match=r"is not this program: .*version is 0\.0\.1 there"):
        editions(tmp_path / "out", tmp_path / "bundles", scheduler=running.address)
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_told(tmp_path: Path) -> None:
    a_track(tmp_path)
    with pytest.raises(Unreadable, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        editions(tmp_path / "out", tmp_path / "bundles", scheduler="tcp://127.0.0.1:9")
    for address in ("localhost", "tcp:/x", ""):
        with pytest.raises(BadOption, match="wanted an address"):
            editions(tmp_path / "out", tmp_path / "bundles", scheduler=address)


def test_a_missing_extra_is_said_with_the_command_that_installs_it(tmp_path: Path) -> None:
    a_track(tmp_path)
    words = ["aggregate", str(tmp_path / "bundles"), "--track", "neuclir-2024", "--out", str(tmp_path / "out")]
    program = (
        "import sys\nsys.modules['distributed'] = None\nfrom neuclir_carbon.cli.app import main\n"
        f"sys.exit(main({[*words, '--scheduler', 'tcp://127.0.0.1:9']!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install 'neuclir-carbon[cluster]'" in done.stderr
