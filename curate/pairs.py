"""Pairs of answer and reference, and the deciding of a chunk of them on a worker.

Imports no more than deciding needs, so that a worker that does nothing else starts at once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, Self

import orjson
import xxhash

from curate.stage import code_hash
from curate.verify import (
    Decision,
    Extraction,
    Policy,
    Reference,
    decide,
    read_reference,
    settle,
)

BACKSTOP_S = 60.0
"""For a chunk, or a pair alone, on top of the time limit; no decision should come near it."""
PAIR_COLUMNS = ["answer", "reference", "reference_form", "options"]
PAIR_KEY = "pair_key"
"""Column of the `extract` group: the key of a pair that is to be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All that a decision depends on, but the pair."""

    policy: Policy
    time_limit_s: float

    @property
    def config(self) -> dict[str, object]:
        """The rules as plain values, with the code that follows them."""
        return {
            "policy": asdict(self.policy),
            "time_limit_s": self.time_limit_s,
            "code": code_hash("curate.verify"),
        }

    @property
    def backstop_s(self) -> float:
        """When a chunk is given up."""
        return BACKSTOP_S + 2 * self.time_limit_s


class Pair(NamedTuple):
    """An answer and the reference to compare it with."""

    answer: str | None
    reference: str | None
    form: str
    options: tuple[str, ...] | None

    @classmethod
    def of_values(
        cls, answer: str | None, reference: str | None, form: str, options: Sequence[str] | None
    ) -> Self:
        """The pair of a trace, from its values in the order of `PAIR_COLUMNS`."""
        return cls(answer, reference, form, None if options is None else tuple(options))

    def read_reference(self) -> Reference:
        """The reference, read."""
        return read_reference(self.reference, self.form, self.options)

    @property
    def key(self) -> str:
        """32 hex digits that stand for the pair."""
        return str(xxhash.xxh3_128_hexdigest(orjson.dumps(tuple(self))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Pairs for one worker to decide."""

    pairs: tuple[Pair, ...]
    rules: Rules


Row = tuple[str, str, str]
"""Verdict, method and reason: a decision as it goes through pipes and into files."""


def row_of(found: Decision) -> Row:
    """A decision as a row."""
    return str(found.verdict), found.method, found.reason


def decide_chunk(chunk: Chunk) -> list[Row]:
    """The decisions on the pairs of a chunk, in their order."""
    return [row_of(decide_pair(pair, chunk.rules)) for pair in chunk.pairs]


def decide_pair(pair: Pair, rules: Rules) -> Decision:
    """The decision on one pair; `unverifiable` where the reference cannot be used."""
    reference, answer = pair.read_reference(), pair.answer or ""
    settled = settle(Extraction(answer=answer), reference)
    return settled or decide(answer, reference, rules.policy, rules.time_limit_s)
