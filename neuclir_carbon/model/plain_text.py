"""Strangers' text made harmless to look at: what no one can see is written by its code point. Standard library only."""


def escaped(character: str) -> str:
    """A character by its code point: `\\u202e`, or `\\U000e0001` beyond the first 65,536."""
    point = ord(character)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def on_one_line(text: str) -> str:
    """The text with line ends, control and bidi characters made visible."""
    return text if text.isprintable() else "".join(c if c.isprintable() else escaped(c) for c in text)
