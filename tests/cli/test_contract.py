"""Bad input to every command: the contract's exit code, a short message that names the thing, nothing changed.

Each case is a real process. `{…}` in an argument stands for a prepared path.
"""

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from making import CERTIFICATE, a_ledger, a_record, a_run

BUNDLE = ["--track", "neuclir-2024", "--task", "clir", "--team", "lotus"]
VALIDATE = ["--track", "neuclir-2024", "--task", "clir"]
MLCO2 = ["estimate", "mlco2", "--count", "1", "--hours", "1", "--provider", "aws", "--region", "us-east-1", "--device"]
CLOUD = ["estimate", "cloud", "--provider", "aws", "--region", "us-east-1", "--instance"]
DOCUMENTS = ("empty", "noise", "torn", "deep", "nan", "other_json")
AGGREGATE = ["--track", "neuclir-2024", "--out", "{out}"]
DEEP = b'{"a":' * 100_000


def program(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEUCLIR_CARBON_")}
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *arguments],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120, **options,  # type: ignore[call-overload]
    )  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths of good and bad inputs, each bad one named for its fault."""
    folder = tmp_path_factory.mktemp("a folder with blanks")
    paths = {
        "run": a_run(folder / "fas-lotus-bm25"),
        "ledger": a_ledger(folder / "ledger", a_record("a"), a_record("b")),
        "empty_folder": folder / "empty-folder",
        "missing": folder / "missing",
        "out": folder / "out",
    }
    paths["empty_folder"].mkdir()
    torn = a_ledger(folder / "ledger-with-a-torn-record", a_record("a"), a_record("torn"))
    victim = torn / "records" / "torn.json"
    victim.write_bytes(victim.read_bytes()[:150])
    paths["torn_ledger"] = torn
    toml = a_ledger(folder / "ledger-with-a-broken-toml", a_record("a"))
    (toml / "ledger.toml").write_text("country = [")
    paths["toml_ledger"] = toml
    bad = {
        "empty": b"",
        "noise": bytes(range(256)) * 20,
        "torn": json.dumps(CERTIFICATE).encode()[:-30],
        "deep": DEEP,
        "nan": json.dumps({**CERTIFICATE, "quantity_kg": float("nan")}).encode(),
        "other_json": b'{"hello": "world"}',
    }
    for name, data in bad.items():
        paths[name] = folder / f"{name}.json"
        paths[name].write_bytes(data)
    good = folder / "certificate.json"
    good.write_text(json.dumps(CERTIFICATE))
    paths["certificate"] = good
    return {name: str(path) for name, path in paths.items()}


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


CASES = [
    # what is not known: 2
    (["frobnicate"], 2, "frobnicate"),
    (["log", "--frob"], 2, "--frob"),
    (["run", "--frob", "--", "true"], 2, "--frob"),
    (["run", "--country", "Germany", "--", "true"], 2, "Germany"),
    (["run", "--country", "DEX", "--", "true"], 2, "DEX"),
    (["run", "--activity", "mining", "--", "true"], 2, "mining"),
    (["run", "--pue", "0.5", "--", "true"], 2, "pue"),
    (["run", "--intensity", "nan", "--", "true"], 2, "intensity"),
    (["run", "--cloud", "aws", "--cloud-region", "us-east-9", "--", "true"], 2, "us-east-9"),
    (["run"], 2, "COMMAND"),
    (["init", "--ledger", "{out}", "--country", "Germany"], 2, "Germany"),
    ([*MLCO2, "A1000"], 2, "A1000"),
    ([*CLOUD, "p4d.24xlarg", "--hours", "1"], 2, "p4d.24xlarge"),
    ([*CLOUD, "p4d.24xlarge", "--hours", "nan"], 2, "hours"),
    ([*CLOUD, "p4d.24xlarge", "--hours", "1", "--load", "101"], 2, "load"),
    (["estimate", "upper-bound", "--processors", "0.5", "--hours", "1"], 2, "processors"),
    (["estimate", "upper-bound", "--processors", "1", "--hours", "1e300"], 2, "hours"),
    (["validate", "{run}", "--track", "neuclir-2042", "--task", "clir"], 2, "neuclir-2024"),
    (["validate", "{run}", "--track", "neuclir-2024", "--task", "dance"], 2, "dance"),
    (["bundle", "{run}", "--track", "neuclir-2042", "--task", "clir", "--team", "x"], 2, "neuclir-2042"),
    (["bundle", "{run}", *VALIDATE, "--ledger", "{ledger}"], 2, "--team"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{ledger}", "--run-tag", "submission.json"], 2, "submission.json"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{ledger}", "--replaces", "abc"], 2, "abc"),
    (["verify", "{run}", "--track", "neuclir-2042"], 2, "neuclir-2042"),
    (["aggregate", "{empty_folder}", "--track", "neuclir-2042", "--out", "{out}"], 2, "neuclir-2042"),
    (["aggregate", "{empty_folder}", *AGGREGATE, "--as-of", "yesterday"], 2, "yesterday"),
    (["explain", "RUN999"], 2, "RUN999"),
    (["tracks", "show", "neuclir-2042"], 2, "neuclir-2024"),
    (["export", "{ledger}", "--to", "parchment"], 2, "parchment"),
    # what is not there or can't be examined: 3
    (["log", "--ledger", "{missing}"], 3, "missing"),
    (["log", "--ledger", "{run}"], 3, "fas-lotus-bm25"),
    (["validate", "{missing}", *VALIDATE], 3, "missing"),
    (["validate", "{empty_folder}", *VALIDATE], 3, "empty-folder"),
    (["validate", "{run}", "--track", "{missing}.json", "--task", "clir"], 3, "missing.json"),
    (["validate", "{run}", "--track", "{noise}", "--task", "clir"], 3, "noise.json"),
    (["validate", "{run}", "--track", "{deep}", "--task", "clir"], 3, "deep.json"),
    (["validate", "{run}", *VALIDATE, "--topics", "{missing}"], 3, "missing"),
    (["bundle", "{missing}", *BUNDLE, "--ledger", "{ledger}"], 3, "missing"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{missing}"], 3, "missing"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{ledger}", "--certificate", "{missing}"], 3, "missing"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{toml_ledger}"], 3, "ledger.toml"),
    (["verify", "{missing}"], 3, "missing"),
    (["verify", "{empty_folder}"], 3, "empty-folder"),
    (["certificate", "check", "{missing}"], 3, "missing"),
    (["tracks", "check", "{missing}"], 3, "missing"),
    (["aggregate", "{missing}", *AGGREGATE], 3, "missing"),
    (["aggregate", "{empty_folder}", *AGGREGATE], 3, "empty-folder"),
    (["coverage", "{missing}"], 3, "missing"),
    (["export", "{missing}", "--to", "csv"], 3, "missing"),
    (["estimate", "upper-bound", "--processors", "1", "--hours", "1", "--ledger", "{run}"], 3, "fas-lotus-bm25"),
    # what is bad: 1
    (["validate", "{empty}", *VALIDATE], 1, "empty.json"),
    (["validate", "{noise}", *VALIDATE], 1, "noise.json"),
    (["validate", "{deep}", *VALIDATE], 1, "deep.json"),
    (["verify", "{empty}"], 1, "empty.json"),
    (["verify", "{noise}"], 1, "noise.json"),
    (["verify", "{deep}"], 1, "deep.json"),
    *((["certificate", "check", f"{{{name}}}"], 1, f"{name}.json") for name in DOCUMENTS),
    *((["tracks", "check", f"{{{name}}}"], 1, f"{name}.json") for name in DOCUMENTS),
    (["certificate", "serial", "VCS-VCU-1529"], 1, "OFF010"),
    (["certificate", "serial", "x" * 5000], 1, "OFF010"),
    (["log", "--ledger", "{torn_ledger}"], 1, "torn.json"),
    (["export", "{torn_ledger}", "--to", "csv"], 1, "torn.json"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{torn_ledger}"], 1, "torn.json"),
    (["bundle", "{noise}", *BUNDLE, "--ledger", "{ledger}", "--run-tag", "noise"], 1, "noise"),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{ledger}", "--certificate", "{torn}"], 1, "torn.json"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "named"), CASES, ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None
)
def test_bad_input_is_told_and_changes_nothing(
    prepared: dict[str, str], tmp_path: Path, arguments: list[str], code: int, named: str
) -> None:
    folder = Path(prepared["missing"]).parent
    before = snapshot(folder)
    done = program(*(argument.format(**prepared) for argument in arguments), cwd=tmp_path)
    told = done.stderr + done.stdout
    assert done.returncode == code, told
    assert "Traceback" not in told
    assert named in told
    assert len(done.stderr.splitlines()) < 60
    assert snapshot(folder) == before
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_record_is_named_and_the_rest_of_the_ledger_is_shown(
    prepared: dict[str, str], tmp_path: Path
) -> None:
    done = program("log", "--ledger", prepared["torn_ledger"], "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    assert [record["record_id"] for record in json.loads(done.stdout)["records"]] == ["a"]


@pytest.mark.parametrize("toml", ["country = [", 'country = "XXX"\n', "\x00"])
def test_a_damaged_ledger_toml_never_stops_the_pipeline(tmp_path: Path, toml: str) -> None:
    (tmp_path / "carbon").mkdir()
    (tmp_path / "carbon" / "ledger.toml").write_text(toml)
    done = program("run", "--", "sh", "-c", "echo out; exit 7", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert "ledger.toml" in done.stderr
    record = json.loads(next((tmp_path / "carbon" / "records").iterdir()).read_text())
    assert record["grid"]["basis"] == "unspecified"


def without_file_powers() -> None:
    """For a child: no permission bit is bypassed, although the tests may run as root."""
    if os.geteuid() == 0:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        prctl_capbset_drop, dac_override, dac_read_search = 24, 1, 2
        for capability in (dac_override, dac_read_search):
            if libc.prctl(prctl_capbset_drop, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")


READ_ONLY = [
    (["init", "--ledger", "{here}/new", "--country", "DEU"], 3),
    (["estimate", "upper-bound", "--processors", "1", "--hours", "1", "--ledger", "{here}/new"], 3),
    (["bundle", "{run}", *BUNDLE, "--ledger", "{ledger}", "--out", "{here}"], 3),
    (["demo", "--out", "{here}/demo"], 3),
]


@pytest.mark.parametrize(
    ("arguments", "code"), READ_ONLY, ids=lambda value: value[0] if isinstance(value, list) else None
)
def test_a_folder_that_may_not_be_written_is_told(
    prepared: dict[str, str], tmp_path: Path, arguments: list[str], code: int
) -> None:
    here = tmp_path / "read-only"
    here.mkdir()
    here.chmod(0o555)
    done = program(
        *(argument.format(here=here, **prepared) for argument in arguments),
        cwd=tmp_path,
        preexec_fn=without_file_powers,
    )
    assert done.returncode == code, done.stderr
    assert "read-only" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(here.iterdir()) == []


def test_a_ledger_that_may_not_be_written_never_stops_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / "carbon").mkdir()
    (tmp_path / "carbon").chmod(0o555)
    done = program("run", "--", "sh", "-c", "echo out; exit 7", cwd=tmp_path, preexec_fn=without_file_powers)
    assert (done.returncode, done.stdout) == (7, "out\n"), done.stderr
    assert "carbon" in done.stderr
    assert list((tmp_path / "carbon").iterdir()) == []


def a_small_disk() -> None:
    """For a child: no file may grow beyond 2 KiB, as on a full disk, and the signal for it is ignored."""
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["bundle", "{run}", *BUNDLE, "--ledger", "{ledger}", "--out", "{here}"], 3),
        (["estimate", "upper-bound", "--processors", "1", "--hours", "1", "--ledger", "{here}/new"], 3),
    ],
)
def test_a_full_disk_leaves_no_half_written_output(
    prepared: dict[str, str], tmp_path: Path, arguments: list[str], code: int
) -> None:
    here = tmp_path / "full"
    here.mkdir()
    done = program(
        *(argument.format(here=here, **prepared) for argument in arguments), cwd=tmp_path, preexec_fn=a_small_disk
    )
    assert done.returncode == code, done.stderr
    assert "full" in done.stderr
    assert [path for path in here.rglob("*") if path.is_file()] == []


def test_a_full_disk_never_stops_the_pipeline(tmp_path: Path) -> None:
    def tiny() -> None:
        a_small_disk()
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    done = program("run", "--", "sh", "-c", "echo out; exit 7", cwd=tmp_path, preexec_fn=tiny)
    assert (done.returncode, done.stdout) == (7, "out\n"), done.stderr
    assert "Traceback" not in done.stderr


def test_results_go_to_stdout_and_everything_else_to_stderr(prepared: dict[str, str], tmp_path: Path) -> None:
    for arguments in (
        ["log", "--ledger", prepared["ledger"], "--format", "json"],
        ["validate", prepared["run"], *VALIDATE, "--format", "json"],
        ["estimate", "upper-bound", "--processors", "1", "--hours", "1", "--format", "json"],
        ["certificate", "serial", "KE-5-10000001-2-2-0-5336", "--format", "json"],
        ["certificate", "check", prepared["certificate"], "--format", "json"],
        ["tracks", "list", "--format", "json"],
    ):
        done = program(*arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        json.loads(done.stdout)


def test_help_is_plain_through_a_pipe_and_names_every_command(tmp_path: Path) -> None:
    done = program("--help", cwd=tmp_path)
    assert "\x1b[" not in done.stdout
    for command in ("run", "estimate", "validate", "certificate", "bundle", "verify", "aggregate", "coverage", "demo"):
        assert f"\n  {command} " in done.stdout


HEAVY = ("pandas", "matplotlib", "codecarbon", "ecologits", "wattson", "pydantic", "jinja2", "msgspec", "jsonschema")


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        *(([*command.split(), "--help"], HEAVY) for command in (
            "", "run", "init", "log", "estimate", "estimate cloud", "validate", "certificate", "certificate check",
            "bundle", "form", "verify", "aggregate", "coverage", "export", "tracks", "explain", "demo",
        )),
        (["validate", "{run}", *VALIDATE], HEAVY),
        (["explain", "RUN101"], ("pandas", "matplotlib", "codecarbon")),
        (["certificate", "serial", "KE-5-10000001-2-2-0-5336"], ("pandas", "matplotlib", "codecarbon")),
        (["certificate", "check", "{certificate}"], ("pandas", "matplotlib", "codecarbon")),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)  # fmt: skip
def test_nothing_heavy_is_imported_where_it_is_not_used(
    prepared: dict[str, str], tmp_path: Path, arguments: list[str], heavy: tuple[str, ...]
) -> None:
    probe = (
        "import sys; from neuclir_carbon.cli.entry import main; main(sys.argv[1:]); "
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *(argument.format(**prepared) for argument in arguments)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "LOADED []" in done.stderr, done.stderr
