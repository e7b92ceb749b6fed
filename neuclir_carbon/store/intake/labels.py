"""Strangers' words as a record may hold them: short, without control characters, and no place on somebody's disk."""

MOST_TEXT = 200


def words(text: str) -> str | None:
    """The text shortened and without what no one can see; None where nothing is left."""
    return "".join(c for c in text[: 2 * MOST_TEXT] if c.isprintable()).strip()[:MOST_TEXT] or None


def is_path(text: str) -> bool:
    """Whether a name is a place on a disk."""
    return "/" in text or "\\" in text or text.startswith("~")


def label(text: str) -> str | None:
    """A name as a label; None where it is a path."""
    return None if is_path(text) else words(text)
