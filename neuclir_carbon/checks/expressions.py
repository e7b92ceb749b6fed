"""Whether a regular expression is quick on every text: decided on the parsed expression, not by trying texts.

A backtracking matcher is slow where one text can be taken in many ways. The expression becomes an automaton of its
characters; a text that leads around a loop in two ways makes them double with each turn (exponential), a text that
leads around two loops, and from the first to the second, makes them grow with the length (polynomial). Both are found
by walking along two or three paths at once (Weber and Seidl, On the degree of ambiguity of finite automata, 1991).
"""

import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from re import _constants as kinds  # type: ignore[attr-defined]  # Python's own parser: no other reads what `re` reads
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

# Counted repeats are written out up to so many times; what may repeat more often counts as if it may for ever.
_WRITTEN_OUT = (12, 4, 2)
# In so few ways a text can be taken by an expression without endless repeats that it can't be slow.
_FEW_WAYS = 100_000
_MOST_CHARACTERS = 600
_MOST_STEPS = 300_000
# One bit for each Latin-1 character, and one for all others.
_CODES = range(256)
_OTHERS = 1 << 256
_ALL = (1 << 257) - 1
_NEWLINE = 1 << 10
_LETTERS = {
    kinds.CATEGORY_DIGIT: "d",
    kinds.CATEGORY_NOT_DIGIT: "D",
    kinds.CATEGORY_SPACE: "s",
    kinds.CATEGORY_NOT_SPACE: "S",
    kinds.CATEGORY_WORD: "w",
    kinds.CATEGORY_NOT_WORD: "W",
}
_EMPTY_REPEAT = "it repeats a group that may be empty"
_EMPTY_CHOICES = "two choices begin alike and then are the same, or both may be empty"
_EXPONENTIAL = "a group that repeats can take the same text in more than one way"
_POLYNOMIAL = "two parts that repeat can take the same text, so that it can be divided between them in many ways"
_TOO_LARGE = "it is too complicated to be judged"


class _Slow(Exception):
    """The expression may be slow, or is too large to tell."""


def fault_of(expression: str) -> str | None:
    """Why an expression is no regular expression of Python's; None if it is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "possible nested set": what it means today is what counts
            re.compile(expression)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)
    return None


def slowness_of(expression: str) -> str | None:
    """Why matching whole texts by an expression that can be read may take for ever; None if it surely ends soon."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        parsed = _parser.parse(expression)
    try:
        few = _ways(parsed, endless_from=max(_WRITTEN_OUT)) <= _FEW_WAYS
        if not few and _ways(parsed, endless_from=1) > _FEW_WAYS:
            return _TOO_LARGE
        for most in _WRITTEN_OUT:
            automaton = _Automaton(most, endless_from=most if few else 1)
            try:
                automaton.read(parsed)
            except OverflowError:
                continue
            automaton.judge()
            return None
    except _Slow as reason:
        return str(reason)
    except RecursionError:
        pass
    return _TOO_LARGE


def _ways(items: Iterable[Any], *, endless_from: int) -> int:
    """In how many ways the parts of an expression can be chosen at most, whatever the text; endless repeats aside.

    What may repeat so many times more than it must counts as endless.
    """
    ways = 1
    for kind, value in items:
        ways = min(ways * _ways_of(kind, value, endless_from), _FEW_WAYS + 1)
    return ways


def _choices(kind: Any, value: Any) -> list[Any] | None:
    """What stands in a group, one sequence for each choice; None for what is no group."""
    if kind is kinds.BRANCH:
        return list(value[1])
    if kind is kinds.GROUPREF_EXISTS:
        return [value[1], value[2] or []]
    if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
        return [value[1]]
    if kind is kinds.SUBPATTERN:
        return [value[-1]]
    return [value] if kind is kinds.ATOMIC_GROUP else None


def _ways_of(kind: Any, value: Any, endless_from: int) -> int:
    choices = _choices(kind, value)
    if choices is not None:
        return sum(_ways(choice, endless_from=endless_from) for choice in choices)
    if kind not in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        return 1
    least, most, inside = value
    once = _ways(inside, endless_from=endless_from)
    if most is kinds.MAXREPEAT or most - least > endless_from:
        least = most = max(least, 1)
    # 2 ** 20 is more than few.
    return int(sum(min(once ** min(times, 20), _FEW_WAYS + 1) for times in range(least, min(most, least + 20) + 1)))


class _Part(NamedTuple):
    """A part of the expression: at which characters it begins and ends, and whether it may be empty."""

    first: frozenset[int]
    last: frozenset[int]
    nullable: bool


_NOTHING = _Part(frozenset(), frozenset(), True)


class _Automaton:
    """The characters of an expression, each a set of them as bits, and how often each may follow which."""

    def __init__(self, written_out: int, *, endless_from: int) -> None:
        self.written_out, self.endless_from = written_out, endless_from
        self.characters: list[int] = []
        self.follows: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.apart: list[_Automaton] = []

    def read(self, items: Iterable[Any]) -> _Part:
        """Adds a sequence; `OverflowError` if the expression becomes too large."""
        whole = _NOTHING
        for kind, value in items:
            whole = self._then(whole, self._one(kind, value))
        return whole

    def _one(self, kind: Any, value: Any) -> _Part:
        if kind in (kinds.LITERAL, kinds.NOT_LITERAL, kinds.IN, kinds.ANY):
            return self._character(_set_of(kind, value))
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            return self._repeat(*value)
        choices = _choices(kind, value)
        if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            ahead = _Automaton(self.written_out, endless_from=self.endless_from)
            ahead.read(value[1])
            self.apart.append(ahead)
            return _NOTHING
        if choices is not None:
            return self._either([self.read(choice) for choice in choices])
        if kind is kinds.AT:
            return _NOTHING
        # What an earlier group took may be anything, of any length.
        return self._loop(self._character(_ALL))

    def _character(self, allowed: int) -> _Part:
        if len(self.characters) >= _MOST_CHARACTERS:
            raise OverflowError
        self.characters.append(allowed)
        here = frozenset([len(self.characters) - 1])
        return _Part(here, here, False)

    def _then(self, before: _Part, after: _Part) -> _Part:
        self._join(before.last, after.first)
        return _Part(
            before.first | after.first if before.nullable else before.first,
            before.last | after.last if after.nullable else after.last,
            before.nullable and after.nullable,
        )

    def _join(self, lasts: frozenset[int], firsts: frozenset[int]) -> None:
        for last in lasts:
            for first in firsts:
                self.follows[last][first] += 1

    @staticmethod
    def _either(parts: list[_Part]) -> _Part:
        if sum(part.nullable for part in parts) > 1:
            raise _Slow(_EMPTY_CHOICES)
        return _Part(
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
            any(part.nullable for part in parts),
        )

    def _repeat(self, least: int, most: int, items: Any) -> _Part:
        whole = _NOTHING
        for _ in range(min(least, self.written_out)):
            whole = self._then(whole, self.read(items))
        if most == least:
            return whole
        if most is kinds.MAXREPEAT or most - least > self.endless_from:
            return self._then(whole, self._loop(self.read(items)))
        rest = _NOTHING
        for _ in range(most - least):
            rest = self._optional(self._then(self.read(items), rest))
        return self._then(whole, rest)

    @staticmethod
    def _optional(part: _Part) -> _Part:
        return part._replace(nullable=True)

    def _loop(self, part: _Part) -> _Part:
        if part.nullable and part.first:
            raise _Slow(_EMPTY_REPEAT)
        self._join(part.last, part.first)
        return self._optional(part)

    def judge(self) -> None:
        """Raises `_Slow` if a text can be taken in many ways."""
        for ahead in self.apart:
            ahead.judge()
        self._budget = _MOST_STEPS
        loops = self._loops()
        for loop in loops:
            self._judge_loop(loop)
        for one in loops:
            reached = self._reached(one)
            for other in loops:
                if other is not one and other & reached:
                    self._judge_two(one, other, reached)

    def _loops(self) -> list[frozenset[int]]:
        """The characters that lead back to themselves, those together that lead to each other."""
        reached = {place: self._reached([place]) for place in range(len(self.characters))}
        loops = {
            frozenset(other for other in reached[place] if place in reached[other])
            for place in reached
            if place in reached[place]
        }
        return sorted(loops, key=min)

    def _reached(self, places: Iterable[int]) -> set[int]:
        """The characters that may come anywhere after these."""
        reached: set[int] = set()
        open_places = list(places)
        while open_places:
            for after in self.follows.get(open_places.pop(), ()):
                if after not in reached:
                    reached.add(after)
                    open_places.append(after)
        return reached

    def _steps(self, *places: int) -> Iterator[tuple[tuple[int, ...], int]]:
        """Where several paths may go with one and the same character, and in how many ways each."""
        found: list[tuple[tuple[int, ...], int, int]] = [((), _ALL, 1)]
        for place in places:
            found = [
                ((*done, after), common, ways * times)
                for done, allowed, ways in found
                for after, times in self.follows.get(place, {}).items()
                if (common := allowed & self.characters[after])
            ]
            self._budget -= len(found) + 1
            if self._budget < 0:
                raise _Slow(_TOO_LARGE)
        for done, _, ways in found:
            yield done, ways

    def _judge_loop(self, loop: frozenset[int]) -> None:
        """Two paths that part in a loop and meet again took the same text in two ways."""
        start = min(loop)
        if any(ways > 1 and {place, after} <= loop for place in loop for after, ways in self.follows[place].items()):
            raise _Slow(_EXPONENTIAL)
        onward: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
        open_pairs = [(start, start)]
        while open_pairs:
            pair = open_pairs.pop()
            if pair in onward:
                continue
            onward[pair] = {after for after, _ in self._steps(*pair) if set(after) <= loop}
            open_pairs += [(after[0], after[1]) for after in onward[pair]]
        parted = {pair for pair in onward if pair[0] != pair[1]}
        met = _leading_to((start, start), onward)
        if parted & met:
            raise _Slow(_EXPONENTIAL)

    def _judge_two(self, one: frozenset[int], other: frozenset[int], reached: set[int]) -> None:
        """A text that leads around the first loop, around the second, and from the first to the second."""
        for first in one:
            for second in other & reached:
                seen = set()
                open_triples: list[tuple[int, ...]] = [(first, first, second)]
                while open_triples:
                    triple = open_triples.pop()
                    for after, _ in self._steps(*triple):
                        if after in seen or after[0] not in one or after[2] not in other:
                            continue
                        if after == (first, second, second):
                            raise _Slow(_POLYNOMIAL)
                        seen.add(after)
                        open_triples.append(after)


def _leading_to(goal: tuple[int, ...], onward: dict[tuple[int, ...], set[tuple[int, ...]]]) -> set[tuple[int, ...]]:
    """The pairs from which the goal is reached."""
    back = defaultdict(set)
    for before, afters in onward.items():
        for after in afters:
            back[after].add(before)
    found: set[tuple[int, ...]] = set()
    open_pairs = [goal]
    while open_pairs:
        for before in back[open_pairs.pop()]:
            if before not in found:
                found.add(before)
                open_pairs.append(before)
    return found


def _set_of(kind: Any, value: Any) -> int:
    """The characters that one step may take, as bits; in whatever case."""
    if kind is kinds.ANY:
        return _ALL & ~_NEWLINE
    if kind is kinds.LITERAL:
        return _in_any_case(_bit(value))
    if kind is kinds.NOT_LITERAL:
        return _ALL & ~_bit(value) | _OTHERS
    found, negated = 0, False
    for part, inside in value:
        if part is kinds.NEGATE:
            negated = True
        elif part is kinds.LITERAL:
            found |= _bit(inside)
        elif part is kinds.RANGE:
            low, high = inside
            found |= sum(1 << code for code in range(low, min(high, 255) + 1)) | (_OTHERS if high > 255 else 0)
        else:
            found |= _category(inside)
    if negated:
        return _in_any_case(_ALL & ~found | _OTHERS)
    return _in_any_case(found)


def _bit(code: int) -> int:
    return 1 << code if code < 256 else _OTHERS


def _category(category: Any) -> int:
    """The characters of \\d, \\w, \\s and what is none of them; most have some beyond Latin-1."""
    one = re.compile(f"\\{_LETTERS[category]}")
    return sum(1 << code for code in _CODES if one.match(chr(code))) | _OTHERS


def _in_any_case(allowed: int) -> int:
    """With the other case of each ASCII letter: an expression may be used without regard to case."""
    for lower in range(ord("a"), ord("z") + 1):
        both = 1 << lower | 1 << (lower - 32)
        if allowed & both:
            allowed |= both
    return allowed
