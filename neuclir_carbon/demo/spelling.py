"""Names as spelt and as they sound: words, pieces of words, and rough romanisation of Persian and Russian."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# Persian writes no short vowels: what is left is the consonants and the long vowels.
PERSIAN = {
    "ا": "a", "ب": "b", "پ": "p", "ت": "t", "ث": "s", "ج": "j", "چ": "ch", "ح": "h", "خ": "kh", "د": "d", "ذ": "z",
    "ر": "r", "ز": "z", "ژ": "zh", "س": "s", "ش": "sh", "ص": "s", "ض": "z", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh",
    "ف": "f", "ق": "gh", "ک": "k", "ك": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "و": "u", "ه": "h", "ی": "i",
    "ي": "i", "ء": "", "ة": "h",
}  # fmt: skip
RUSSIAN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
LETTERS = PERSIAN | RUSSIAN
# English spellings of one sound, in the order in which they are looked for.
SOUNDS = {
    "sch": "sh", "tch": "ch", "ch": "ch", "sh": "sh", "ph": "f", "ck": "k", "qu": "k", "th": "t",
    "ce": "se", "ci": "si", "cy": "si", "c": "k", "q": "k", "x": "ks", "w": "v",
}  # fmt: skip
_SOUND = re.compile("|".join(SOUNDS))
_REPEATED = re.compile(r"(.)\1+")
_VOWEL = re.compile("[aeiouy]")


def plain_words(text: str) -> list[str]:
    """The words of a text: lower case, without accents, letters and digits only."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in bare).split()


def pieces(text: str, sizes: Iterable[int]) -> list[str]:
    """The character n-grams of a text's words, `^` and `$` being a word's ends: `^ge`, `ger` …, `ny$`."""
    chosen = tuple(sizes)
    return [piece for word in plain_words(text) for piece in word_pieces(word, chosen)]


def word_pieces(word: str, sizes: Iterable[int]) -> Iterator[str]:
    """The character n-grams of one word; its ends alone are no pieces."""
    whole = f"^{word}$"
    for size in sizes:
        for start in range(len(whole) - size + 1):
            piece = whole[start : start + size]
            if piece not in ("^", "$"):
                yield piece


def romanised(word: str) -> str:
    """A plain word in Latin letters; letters of other scripts stay."""
    return "".join(LETTERS.get(letter, letter) for letter in word)


def sounded(word: str) -> str:
    """A word in Latin letters with one spelling for one sound and no doubled letters: `phillips` → `filips`."""
    return _REPEATED.sub(r"\1", _SOUND.sub(lambda found: SOUNDS[found[0]], word))


def skeleton(word: str) -> str:
    """A sounded word without the vowels behind its first letter; `u` and `v` are one, as in Persian: `iran` → `irn`."""
    return word[:1] + _VOWEL.sub("", word[1:].replace("v", "u"))
