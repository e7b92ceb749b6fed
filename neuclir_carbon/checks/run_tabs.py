"""Six columns separated by one tab each, in which a field may hold blanks: shown to the same rules as any six columns.

A blank inside a field is shown as `␣`, and a field that holds nothing as `∅`.
"""

from collections.abc import Iterable, Iterator

from neuclir_carbon.model.run import Block

BLANK_SHOWN = "␣"
NOTHING_SHOWN = "∅"


def one_word(field: str) -> str:
    """A field as one word."""
    return "".join(BLANK_SHOWN if c.isspace() else c for c in field) or NOTHING_SHOWN


def field_of(word: str) -> str:
    """The field that `one_word` shows, its blanks as spaces."""
    return "" if word == NOTHING_SHOWN else word.replace(BLANK_SHOWN, " ")


def as_words(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same lines with each field as one word; what is no text stays as it is."""
    for block in blocks:
        if block.too_long:
            yield block
        else:
            yield Block(b"".join(_in_words(line) for line in block.data.splitlines(keepends=True)))


def _in_words(line: bytes) -> bytes:
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return line
    end = line[len(line.rstrip(b"\r\n")) :]
    return "\t".join(one_word(field) for field in text.split("\t")).encode("utf-8") + end if text else end
