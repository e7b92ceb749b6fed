"""Serial texts as people paste them, brought to one form before a grammar sees them."""

import re
import unicodedata

MAX_LENGTH = 200
# NFKC shortens a text by composing characters, but never to a tenth; beyond this, the length is decided without it.
_HOPELESS = 10 * MAX_LENGTH
_DASH = re.compile("[\u2010-\u2015]")
_WRAPPED = re.compile(r"-[ \t]*\r?\n[ \t]*")
_ITEM_END = re.compile(r"[;\n\r]|,(?=[ \t]*[^\W\d_])")


def normalised(text: str) -> str:
    """The text with compatibility forms resolved (NFKC), dashes U+2010 to U+2015 as `-`, and runs of blanks as one.

    Letters keep their case: some registries tell upper from lower. A text that is hopelessly long (see `MAX_LENGTH`)
    is only cut, since it is refused anyway.
    """
    collapsed = " ".join(text.split())
    if len(collapsed) > _HOPELESS:
        return collapsed[:_HOPELESS]
    if collapsed.isascii():
        return collapsed
    return " ".join(_DASH.sub("-", unicodedata.normalize("NFKC", collapsed)).split())


def split_list(text: str) -> tuple[str, ...]:
    """The serials of a list: parts between `;`, line ends, and commas before a letter (a comma between digits stays).

    A line that ends in `-` goes on in the next: documents wrap there. An empty text is one empty part, so that it is
    refused rather than passed over.
    """
    parts = [part for part in _ITEM_END.split(_WRAPPED.sub("-", text)) if part.strip()]
    return tuple(parts) or (text,)


def leading_zeros(*numbers: str) -> tuple[str, ...]:
    """Those of the digit texts that begin with a zero and are not just `0`."""
    return tuple(number for number in numbers if len(number) > 1 and number.startswith("0"))


def plain_number(digits: str) -> str:
    """A number's digits without leading zeros: project `0003` is project 3."""
    return digits.lstrip("0") or "0"
