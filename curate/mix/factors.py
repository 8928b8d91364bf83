"""Cells of a factorial design: all of them, or a fraction of resolution IV with its aliases.

In resolution IV no main effect is confounded with another or with an interaction of two; some
interactions of two are confounded with each other, and these are said (Box, Hunter and Hunter,
"Statistics for Experimenters", table 6.22).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from curate.errors import InputError

GENERATORS = {
    4: ("ABC",),
    5: ("ABCD",),
    6: ("ABC", "BCD"),
    7: ("ABC", "BCD", "ACD"),
    8: ("BCD", "ACD", "ABC", "ABD"),
}
"""Number of two-level factors → what its last factors are products of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factorial:
    """The cells, each with its level of every factor, and what is confounded."""

    cells: tuple[Mapping[str, str], ...]
    aliases: tuple[str, ...]
    """Lines such as `quality x length = teacher x style`; none where all cells are there."""


def all_cells(factors: Mapping[str, Sequence[str]]) -> Factorial:
    """Every combination of levels."""
    cells = (dict(zip(factors, levels, strict=True)) for levels in product(*factors.values()))
    return Factorial(cells=tuple(cells), aliases=())


def fraction_iv(factors: Mapping[str, Sequence[str]]) -> Factorial:
    """The smallest regular fraction of resolution IV or better.

    Raises:
        InputError: a factor has not two levels, or there is no such fraction of so many factors.
    """
    many = [name for name, levels in factors.items() if len(levels) != 2]
    if many or len(factors) not in GENERATORS:
        raise InputError(
            "there is no such fraction of resolution IV",
            why=f"`{many[0]}` has not two levels" if many else f"there are {len(factors)} factors",
            fix='take `fraction = "full"`, or 4 to 8 factors of two levels each',
        )
    names, words = list(factors), GENERATORS[len(factors)]
    base = len(names) - len(words)
    signs = (
        [*run, *(sign_of(word, run) for word in words)] for run in product((-1, 1), repeat=base)
    )
    cells = (
        {name: factors[name][sign > 0] for name, sign in zip(names, run, strict=True)}
        for run in signs
    )
    return Factorial(cells=tuple(cells), aliases=tuple(alias_lines(names, words)))


def sign_of(word: str, run: Sequence[int]) -> int:
    """The product of the signs of the letters in a run."""
    sign = 1
    for letter in word:
        sign *= run[ord(letter) - ord("A")]
    return sign


def defining_words(count: int, words: Sequence[str]) -> list[frozenset[int]]:
    """All products of the generators, as sets of factor numbers: the defining relation."""
    first = count - len(words)
    generators = [
        frozenset(ord(letter) - ord("A") for letter in word) | {first + place}
        for place, word in enumerate(words)
    ]
    found: list[frozenset[int]] = []
    for size in range(1, len(generators) + 1):
        for chosen in combinations(generators, size):
            whole: frozenset[int] = frozenset()
            for word in chosen:
                whole ^= word
            found.append(whole)
    return found


def alias_lines(names: Sequence[str], words: Sequence[str]) -> list[str]:
    """The relation that defines the fraction, and the interactions of two that it confounds."""
    relation = defining_words(len(names), words)

    def said(effect: frozenset[int]) -> str:
        return " x ".join(names[place] for place in sorted(effect))

    lines = [f"defining relation: I = {' = '.join(said(word) for word in relation)}"]
    lines.append(f"resolution {min(map(len, relation))}: main effects are clear of each other")
    seen: set[frozenset[int]] = set()
    for pair in map(frozenset, combinations(range(len(names)), 2)):
        same = [pair, *(pair ^ word for word in relation if len(pair ^ word) == 2)]
        if pair not in seen and len(same) > 1:
            lines.append(f"confounded: {' = '.join(said(effect) for effect in same)}")
        seen.update(same)
    return lines
