"""Track files: the packaged ones against their schema, and what is said about a broken one."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neuclir_carbon.errors import UnknownName, Unreadable
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.resources import track_paths
from neuclir_carbon.store.tracks import load_track, parse_track

NAMES = [name for name, _ in track_paths()]


def of_2024() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(load_track("neuclir-2024").raw)
    return copy.deepcopy(document)


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_track_follows_its_schema_and_its_rules(name: str) -> None:
    loaded = load_track(name)
    parsed = parse_track(loaded.raw, name)
    assert parsed.findings == ()
    assert parsed.value == loaded.track
    assert loaded.track.track == name


@pytest.mark.parametrize("name", NAMES)
def test_a_track_holds_all_that_its_document_says(name: str) -> None:
    def holds(value: Any, said: Any) -> bool:
        if isinstance(said, list):
            return len(value) == len(said) and all(map(holds, value, said))
        if not isinstance(said, dict):
            return bool(value == said)
        return all(holds(value.get(key), item) for key, item in said.items())

    loaded = load_track(name)
    document, track = json.loads(loaded.raw), plain(loaded.track)
    assert holds(track, document)
    assert track["tasks"].keys() == document["tasks"].keys()
    document["tasks"][next(iter(document["tasks"]))]["topics"]["count"] = -1
    assert not holds(track, document)


def test_neuclir_2024_has_the_public_lists_of_topics() -> None:
    track = load_track("neuclir-2024").track
    assert list(track.tasks) == ["clir", "mlir", "tech", "report"]
    assert track.task("clir").topics.ids == tuple(str(number) for number in range(300, 393))
    assert track.task("mlir").topics.ids == track.task("clir").topics.ids
    assert track.task("tech").topics.ids == tuple(str(number) for number in range(200, 306))
    assert track.official_checker is not None
    assert track.official_checker.name == "check-stdtrec-run.py"


def test_a_name_that_is_not_known_gives_the_nearest() -> None:
    with pytest.raises(UnknownName, match="there is no track 'neuclir24'; did you mean 'neuclir-2024'"):
        load_track("neuclir24")
    with pytest.raises(UnknownName, match=r"no task 'CLIR'.*did you mean 'clir'"):
        load_track("neuclir-2024").track.task("CLIR")


def test_a_value_with_a_slash_or_json_at_its_end_is_a_path(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    document = of_2024()
    document["track"] = "mine-2025"
    mine.write_text(json.dumps(document))
    loaded = load_track(str(mine))
    assert loaded.track.track == "mine-2025"
    assert loaded.raw == mine.read_bytes()
    for missing in (str(tmp_path / "none"), "none.json"):
        with pytest.raises(Unreadable, match="No such file"):
            load_track(missing)


def changed(path: str, value: object) -> bytes:
    """The packaged track of 2024 with one value changed, or removed where it is None."""
    document = of_2024()
    *above, last = path.split(".")
    place = document
    for key in above:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "code", "pointer", "message"),
    [
        (b"", "DOC001", None, "empty"),
        (b"\x00\xff noise", "DOC001", None, "not UTF-8"),
        (b'{"schema": "track-', "DOC001", None, "not JSON"),
        (b"[" * 100_000, "DOC001", None, "nested deeper"),
        (b"[]", "DOC002", "", "wanted object"),
        (changed("version", None), "DOC002", "", 'lacks "version"'),
        (changed("tasks.clir.format.kind", "xml"), "DOC002", "/tasks/clir/format/kind", 'wanted one of "trec6"'),
        (changed("tasks.clir.format.kind", "jsonl"), "DOC002", "/tasks/clir/format", 'lacks "topic_path"'),
        (changed("tasks.clir.format.max_per_topic", -1), "DOC002", "/tasks/clir/format/max_per_topic", "minimum"),
        (changed("tasks.clir.topics.pattern", "x"), "DOC002", "/tasks/clir/topics", "fits none"),
        (changed("tasks.clir.rules.RUN203", "fatal"), "DOC002", "/tasks/clir/rules/RUN203", "wanted one of"),
        (changed("tasks.clir.rules.official.RUN203", 1), "DOC002", "/tasks/clir/rules/official/RUN203", "is 1"),
        (changed("tasks.clir.rules.oficial", {}), "DOC002", "/tasks/clir/rules", ""),
        (changed("tasks.clir.rules.RUN999", "error"), "TRK003", "/tasks/clir/rules", "no rule 'RUN999'"),
        (changed("tasks.clir.format.docid_pattern", "("), "TRK001", "/tasks/clir/format/docid_pattern", "'('"),
    ],
)
def test_a_broken_track_file_is_named_with_its_place(
    tmp_path: Path, data: bytes, code: str, pointer: str | None, message: str
) -> None:
    parsed = parse_track(data, "mine.json")
    assert parsed.value is None
    finding = parsed.findings[0]
    assert (finding.code, finding.location.path, finding.location.pointer) == (code, "mine.json", pointer)
    assert message in finding.message
    path = tmp_path / "mine.json"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=code):
        load_track(str(path))


def test_a_packaged_track_is_loaded_without_jsonschema_msgspec_or_pandas() -> None:
    program = (
        "import sys, io\n"
        "from neuclir_carbon.store.tracks import load_track\n"
        "from neuclir_carbon.workflow.validating import judge_run\n"
        "track = load_track('neuclir-2024').track\n"
        "judge_run(io.BytesIO(b'300 Q0 x 1 1 t'), name='t', track=track, task='clir', run_tag=None).document()\n"
        "print([name for name in ('jsonschema', 'msgspec', 'pandas', 'matplotlib') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
