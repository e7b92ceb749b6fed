"""From a text to what it encodes: normalise, find the grammar that fits, collect the faults in their fixed order."""

from functools import lru_cache
from itertools import takewhile

from neuclir_carbon.model.serial import Reading, Serial, SerialFault, Verdict
from neuclir_carbon.serials import (
    accu,
    acr,
    allowances,
    biocarbon,
    car,
    cdm,
    cercarbono,
    ers,
    gold_standard,
    isometric,
    markit,
    puro,
    socialcarbon,
    undp,
    verra,
)
from neuclir_carbon.serials.grammar import Grammar, Parsed
from neuclir_carbon.serials.normal import MAX_LENGTH, normalised, split_list

GRAMMARS: tuple[Grammar, ...] = tuple(
    module.GRAMMAR
    for module in (
        cdm, verra, gold_standard, acr, car, puro, isometric, markit, cercarbono, biocarbon, socialcarbon, undp, ers,
        allowances, accu,
    )
)  # fmt: skip
_HEADS = frozenset(grammar.example.upper()[:end] for grammar in GRAMMARS for end in range(1, len(grammar.example) + 1))
# `1-1`: no serial is shorter, and a list of 200 characters may hold a hundred parts.
SHORTEST = 3
HUGE_UNITS = 5_000_000
MOST_EXAMPLES = 4
FIRST_VINTAGE_YEAR = 1990
_LAST_ASCII = "\u007e"
_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}


def grammars_of(programme: str) -> tuple[Grammar, ...]:
    """The grammars in which a programme's serials are written; empty where none is known here."""
    return tuple(grammar for grammar in GRAMMARS if programme in grammar.programmes)


def accepts(programme: str, serial: Serial) -> bool:
    """Whether a serial may belong to a programme: it is the programme's own, a CER that Gold Standard labelled, or one
    of a standard on S&P's registries whose code is not known here."""
    if programme == serial.programme or (programme, serial.programme) == ("gold-standard", "cdm"):
        return True
    return serial.programme == markit.UNKNOWN and programme in markit.PROGRAMMES.values()


def read_list(text: str, *, year: int, programme: str | None = None) -> tuple[Reading, ...]:
    """The readings of a text that may list several serials (see `normal.split_list`), at least one."""
    return tuple(read_serial(part, year=year, programme=programme) for part in split_list(text))


def read_serial(text: str, *, year: int, programme: str | None = None) -> Reading:
    """What one serial or block encodes. `year` is the one in which it is judged: a later vintage can't be.

    `programme` is the stated one, where it is known; some serials are bare numbers and mean nothing without it.
    """
    clean = normalised(text)
    fault = _unreadable(clean)
    if fault is not None:
        return Reading(text=clean[:MAX_LENGTH], faults=(fault,))
    parsed = _parsed(clean, programme)
    if parsed is None:
        return Reading(text=clean, faults=(_no_grammar(clean, programme),))
    faults = (*parsed.faults, *_block_faults(parsed.serial), *_vintage_faults(parsed.serial, year))
    return Reading(text=clean, faults=tuple(sorted(faults, key=lambda f: _ORDER[f.verdict])), serial=parsed.serial)


def _parsed(clean: str, programme: str | None) -> Parsed | None:
    if len(clean) < SHORTEST:
        return None
    for grammar in _usable(programme):
        parsed = grammar.read(clean)
        if parsed is not None:
            return parsed
    return None


@lru_cache(maxsize=64)
def _usable(programme: str | None) -> tuple[Grammar, ...]:
    """The grammars in the order in which they are tried: those of the stated programme first. No text fits two."""
    own = grammars_of(programme) if programme is not None else ()
    return (*own, *(grammar for grammar in GRAMMARS if grammar not in own and not grammar.only_if_stated))


def _unreadable(clean: str) -> SerialFault | None:
    if len(clean) > MAX_LENGTH:
        message = f"has more than {MAX_LENGTH} characters: give one serial or block, and several of them apart by ';'"
        return SerialFault(Verdict.E_LENGTH, message)
    if clean.isascii() and "\x7f" not in clean:
        return None
    strange = next((character for character in clean if character > _LAST_ASCII), None)
    if strange is not None:
        message = f"holds the character U+{ord(strange):04X}: a serial has ASCII letters, digits and '-' only"
        return SerialFault(Verdict.E_NONASCII, message)
    return None


def _no_grammar(clean: str, programme: str | None) -> SerialFault:
    shown = f"'{clean[:60]}…'" if len(clean) > 60 else f"'{clean}'" if clean else "an empty text"
    known = _shapes(programme, _known_head(clean.upper()))
    return SerialFault(
        Verdict.E_SYNTAX, f"{shown} has the shape of no serial known here (wanted, for example, {known})"
    )


def _known_head(text: str) -> str:
    """As much of a text's beginning as any grammar's example begins with too."""
    length = 0
    while length < len(text) and text[: length + 1] in _HEADS:
        length += 1
    return text[:length]


@lru_cache(maxsize=1024)
def _shapes(programme: str | None, head: str) -> str:
    """The shapes that may have been meant: a stated programme's own, else those that begin most like the text."""
    near = list(grammars_of(programme)) if programme is not None else []
    known = near or sorted(GRAMMARS, key=lambda grammar: 1 if grammar.only_if_stated else -_common(grammar, head))
    return "; ".join(f"{grammar.name}: {grammar.example}" for grammar in known[:MOST_EXAMPLES])


def _common(grammar: Grammar, head: str) -> int:
    """How many characters at its beginning an example shares with a text."""
    pairs = zip(grammar.example.upper(), head, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _block_faults(serial: Serial) -> tuple[SerialFault, ...]:
    if serial.start is None or serial.end is None:
        return ()
    faults = []
    units = serial.end - serial.start + 1
    if units < 1:
        message = f"the block ends at {serial.end}, before its start at {serial.start}: look whether they are swapped"
        faults.append(SerialFault(Verdict.E_REVERSED, message))
    if serial.start < 1 and not serial.order_only:
        faults.append(SerialFault(Verdict.E_ZERO, f"the block starts at {serial.start}; the first unit has number 1"))
    if units > HUGE_UNITS and not serial.order_only:
        message = f"the block holds {units:,} units, more than {HUGE_UNITS:,}: look at its ends"
        faults.append(SerialFault(Verdict.W_HUGE_BLOCK, message))
    return tuple(faults)


def _vintage_faults(serial: Serial, year: int) -> tuple[SerialFault, ...]:
    if serial.vintage is None:
        return ()
    first = serial.vintage.first.year
    if first > year:
        return (SerialFault(Verdict.E_VINTAGE_FUTURE, f"vintage is {first}, later than {year}"),)
    if first < FIRST_VINTAGE_YEAR:
        message = f"vintage is {first}; no carbon credit has one before {FIRST_VINTAGE_YEAR}"
        return (SerialFault(Verdict.E_VINTAGE_OLD, message),)
    return ()
