"""Learns which pieces of names stand for which: IBM's Model 1 (Brown et al., 1993) over character n-grams.

`python -m neuclir_carbon.demo.translation --pairs FILE --sizes 2,3 --foreign-sizes 2,3 --out TABLE.json` learns from
pairs of names that are not the topics' own. Nobody tells it the alphabet: which piece is which follows from how often
two stand in one pair, found by expectation maximisation. `--backward` learns the other way round.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from neuclir_carbon.demo.files import Pair, ending_politely, read_pairs, write_lines
from neuclir_carbon.demo.spelling import pieces

# What stands for a piece that nothing in the other name stands for.
NOTHING = ""
ROUNDS = 6
KEPT = 20


class Table(NamedTuple):
    """Piece → piece of the other language → probability, best first; and the sizes of both kinds of pieces."""

    sizes: tuple[int, ...]
    foreign_sizes: tuple[int, ...]
    chances: Mapping[str, Mapping[str, float]]


def learn(pairs: Iterable[tuple[Sequence[str], Sequence[str]]], rounds: int) -> dict[str, dict[str, float]]:
    """Source piece → target piece → probability, from pairs of (source pieces, target pieces).

    Each round shares every target piece out among its pair's source pieces by their present probabilities, and takes
    the shares, made to sum to 1, as the next ones. The first round starts from no preference.
    """
    known = list(pairs)
    chances: dict[str, dict[str, float]] = {}
    for sources, targets in known:
        for source in sources:
            chances.setdefault(source, {}).update(dict.fromkeys(targets, 1.0))
    for _ in range(rounds):
        shares = {source: dict.fromkeys(row, 0.0) for source, row in chances.items()}
        for sources, targets in known:
            rows = [(chances[source], shares[source]) for source in sources]
            for target in targets:
                whole = sum([row[target] for row, _ in rows])
                for row, share in rows:
                    share[target] += row[target] / whole
        chances = {source: _as_chances(row) for source, row in shares.items()}
    return chances


def _as_chances(row: Mapping[str, float]) -> dict[str, float]:
    """The shares over their sum; the smallest are kept above 0, so that no target is ever left without a source."""
    whole = sum(row.values()) or 1.0
    return {target: max(share / whole, 1e-12) for target, share in row.items()}


def learn_table(
    pairs: Iterable[Pair], sizes: Sequence[int], foreign_sizes: Sequence[int], *, backward: bool, rounds: int
) -> Table:
    """The table from English to the foreign language, or `backward`; the `KEPT` best translations of each piece."""
    cut = ((_once(pair.english, sizes), _once(pair.foreign, foreign_sizes)) for pair in pairs)
    turned = ((foreign, english) if backward else (english, foreign) for english, foreign in cut)
    learned = learn((([*source, NOTHING], target) for source, target in turned), rounds)
    return Table(tuple(sizes), tuple(foreign_sizes), {source: _best(row) for source, row in sorted(learned.items())})


def _once(name: str, sizes: Sequence[int]) -> list[str]:
    return list(dict.fromkeys(pieces(name, sizes)))


def _best(row: Mapping[str, float]) -> dict[str, float]:
    """The `KEPT` best targets, those that still have a chance when it is rounded."""
    ordered = sorted(((-round(chance, 6), target) for target, chance in row.items()))[:KEPT]
    return {target: -negative for negative, target in ordered if negative < 0}


def write_table(path: Path, table: Table) -> None:
    """Writes a table as JSON."""
    write_lines(path, [json.dumps(table._asdict(), ensure_ascii=False)])


def read_table(path: Path) -> Table:
    """The table of a JSON file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Table(tuple(data["sizes"]), tuple(data["foreign_sizes"]), data["chances"])


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="translation", description="Learn a table of translations from names.")
    parser.add_argument("--pairs", type=Path, required=True, help="English names and their translations (TSV)")
    parser.add_argument("--sizes", type=_sizes, default=(2, 3), help="lengths of the English pieces")
    parser.add_argument("--foreign-sizes", type=_sizes, default=(2, 3), help="lengths of the foreign pieces")
    parser.add_argument("--backward", action="store_true", help="from the foreign language into English")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of expectation maximisation")
    parser.add_argument("--out", type=Path, required=True, help="where the table is written")
    chosen = parser.parse_args(arguments)
    pairs = read_pairs(chosen.pairs)
    table = learn_table(pairs, chosen.sizes, chosen.foreign_sizes, backward=chosen.backward, rounds=chosen.rounds)
    write_table(chosen.out, table)


if __name__ == "__main__":
    ending_politely(main)
