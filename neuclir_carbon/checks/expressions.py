"""Regular expressions of strangers: which of them surely end soon, whatever text they are held against."""

import re

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[*+]|\{[0-9]*,?[0-9]*\}|.", re.DOTALL)
# A bounded repeat up to here costs no more than its bound.
_FEW = 64


def ends_soon(expression: str) -> bool:
    """Whether matching takes time in proportion to the text: at most one part repeats without a small bound, and no
    part of it refers back. Expressions that repeat a group which itself varies are refused before (TRK002)."""
    open_ended = 0
    for token in _TOKEN.findall(expression):
        if token in ("*", "+") or (token.startswith("{") and _most(token) > _FEW):
            open_ended += 1
        elif re.fullmatch(r"\\[1-9]", token):
            return False
    return open_ended <= 1 and "(?P=" not in expression


def _most(token: str) -> float:
    """How often a `{n,m}` may repeat."""
    bounds = token[1:-1].split(",")
    return float(bounds[-1]) if bounds[-1] else float("inf")
