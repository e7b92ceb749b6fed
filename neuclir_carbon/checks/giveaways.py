"""OFF: the last look at the public edition, as text: nothing in it may name a team or what belongs to one.

Texts and names are compared as sequences of words (runs of letters and digits), in every spelling that a file of ours
can have: as it is, and with HTML entities, JSON and LaTeX escapes and URL escapes undone, without case, accents and
compatibility forms. What the templates and the track say themselves gives nobody away: names that stand there can't be
told apart from it, and neither can a single letter or a short number.
"""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

from attrs import field, frozen

from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity

SHORTEST_NUMBER = 6
SHORTEST_WORD = 2
SHORTEST_JOINED = 4
_MARKS = frozenset(map(chr, range(0x300, 0x370)))
_WORD = re.compile(r"[^\W_]+")
_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# A sign by name, an accent over a letter, a letter by a short name, and a sign that is led by a backslash.
_LATEX = re.compile(r"\\text[a-z]+\{\}|\\(?:[a-zA-Z]|[^\w\s])\{(\w)\}|\\([a-zA-Z]{1,2})(?:\{\}| )|\\([_%&#${}~^])")
# Letters that plain LaTeX has not, as our tables write them: `[U+5317 U+4EAC]`.
_CODE_POINTS = re.compile(r"\[(U\+[0-9A-F]{4,6}(?: U\+[0-9A-F]{4,6})*)\]")
# Hashes of style and script in a page's own content policy, and the strokes of a drawing: no words of anybody.
_NO_WORDS = re.compile(r"'sha256-[A-Za-z0-9+/]{43}='|\bd=\"[MLCQZHVmlcqzhv0-9eE .,+-]*\"")


@frozen
class PublicText:
    """One public file: kind of thing → the names that it must not hold, and those of all names that stand in it and
    not among the own words of templates and track."""

    path: str
    names: Mapping[str, frozenset[str]] = field(repr=False)
    standing: frozenset[str] = field(repr=False)


@frozen
class Names:
    """Names to look for: as words by their first one, and those that are looked for wherever they stand."""

    by_first: Mapping[str, Sequence[tuple[tuple[str, ...], str]]] = field(repr=False)
    anywhere: Sequence[tuple[str, str]] = field(repr=False)

    @classmethod
    def of(cls, names: Iterable[str]) -> "Names":
        by_first: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        anywhere: list[tuple[str, str]] = []
        for name in set(names):
            plain = folded(name).strip()
            if not can_be_found(plain):
                continue
            words = (plain,) if plain.isalnum() else tuple(_WORD.findall(plain))
            if not words or not plain.isascii():
                # Scripts without gaps between words, and names of signs alone.
                anywhere.append((plain, name))
                continue
            by_first[words[0]].append((words, name))
            joined = "".join(words)
            if len(words) > 1 and len(joined) >= SHORTEST_JOINED:
                by_first[joined].append(((joined,), name))
        return cls(by_first, anywhere)

    def standing_in(self, texts: Iterable[str]) -> frozenset[str]:
        """Those names that stand in a text, in any spelling."""
        found: set[str] = set()
        spelled = dict.fromkeys(folded(spelling) for text in texts for spelling in spellings(text))
        for text in spelled:
            words = _WORD.findall(text)
            for at, word in enumerate(words):
                for wanted, name in self.by_first.get(word, ()):
                    if name not in found and tuple(words[at : at + len(wanted)]) == wanted:
                        found.add(name)
            found.update(name for plain, name in self.anywhere if plain in text)
        return frozenset(found)


BOOK: Rulebook[PublicText] = Rulebook("a file of the public edition")


@BOOK.rule("OFF083", Severity.ERROR, "the public edition names a team or what belongs to one")
def nobody_is_named(public: PublicText) -> Iterator[Fault]:
    """The finished files of the public edition are read once more before any is written: no team, run tag, person,
    certificate id, serial number, beneficiary, host, record or bundle may stand in them, in whatever spelling. If one
    does, nothing is written (exit 3). Mostly the name of a task or of a group holds a team's name: rename it.

    Good: by_task/clir. Bad: by_task/team-lotus-special.
    """
    for kind, names in sorted(public.names.items()):
        if not names.isdisjoint(public.standing):
            yield Fault(f"holds {kind}", Location(public.path))


def can_be_found(plain: str) -> bool:
    """Whether a folded name can be told from ordinary text: no single letter, no short number, no rounded one."""
    if plain.isdigit():
        return len(plain) >= SHORTEST_NUMBER and len(plain.rstrip("0")) > SHORTEST_JOINED
    return len(plain) >= SHORTEST_WORD


def spellings(text: str) -> Iterator[str]:
    """The text as it is, and with each kind of escaping undone."""
    text = _NO_WORDS.sub(" ", text)
    yield text
    for undone in (
        html.unescape(text),
        html.unescape(html.unescape(text)),
        _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).encode("utf-16", "surrogatepass").decode(
            "utf-16", "replace"
        ),
        unquote(text),
        _CODE_POINTS.sub(_letters, _LATEX.sub(lambda found: found[1] or found[2] or found[3] or "", text)),
    ):  # fmt: skip
        if undone != text:
            yield undone


def _letters(found: re.Match[str]) -> str:
    points = (int(code.removeprefix("U+"), 16) for code in found[1].split())
    return "".join(chr(point) for point in points if point < 0x110000)


def folded(text: str) -> str:
    """The text without case, accents and compatibility forms."""
    if text.isascii() and text.isprintable():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in plain if letter.isspace() or (letter.isprintable() and letter not in _MARKS))
