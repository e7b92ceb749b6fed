"""How long a text each topic allows, where a list of topics says so."""

from collections.abc import Mapping
from pathlib import Path

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.run import shown


def read_limits(path: Path) -> Mapping[str, int] | None:
    """Topic → the longest text that it allows, out of JSONL with `topic_id` or `request_id` and `limit`.

    None for a plain list of ids, which says nothing of limits; a topic without one is not named. `Unreadable` for a
    limit that is no whole number from 0.
    """
    from neuclir_carbon.model.json_text import NotJson, parse_json
    from neuclir_carbon.store.files import read_bytes

    data = read_bytes(path)
    if not data.lstrip().startswith(b"{"):
        return None
    limits = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            topic = parse_json(line)
        except NotJson as error:
            raise Unreadable(f"{path}:{number} is no line of JSONL: {error}") from None
        if not isinstance(topic, dict) or (limit := topic.get("limit")) is None:
            continue
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise Unreadable(f"{path}:{number} limit is {shown(str(limit))}, wanted a whole number from 0, or null")
        limits[str(topic.get("topic_id", topic.get("request_id")))] = limit
    return limits
