"""Pairs of answer and reference, and the deciding of a chunk of them on a worker.

Imports no more than deciding needs, so that a worker that does nothing else starts at once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple, Self, cast

import orjson
import xxhash

from curate.stage import code_hash
from curate.verify import Decision, Policy, Reference, decide, read_reference

BACKSTOP_S = 60.0
"""For a chunk, or a pair alone, on top of the time limit; no decision should come near it."""
PAIR_COLUMNS = ["answer", "reference", "reference_form", "options"]


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
    def of_row(cls, row: Mapping[str, object]) -> Self:
        """The pair of a trace."""
        answer, reference, form, options = (row[name] for name in PAIR_COLUMNS)
        return cls(
            cast("str | None", answer),
            cast("str | None", reference),
            cast("str", form),
            None if options is None else tuple(cast("list[str]", options)),
        )

    def read_reference(self) -> Reference:
        """The reference, read."""
        return read_reference(self.reference, self.form, self.options)

    @property
    def hash(self) -> str:
        """32 hex digits that stand for the pair."""
        return str(xxhash.xxh3_128_hexdigest(orjson.dumps(tuple(self))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Pairs for one worker to decide."""

    pairs: tuple[Pair, ...]
    rules: Rules


def decide_chunk(chunk: Chunk) -> list[Decision]:
    """The decisions on the pairs of a chunk, in their order."""
    rules = chunk.rules
    return [
        decide(pair.answer or "", pair.read_reference(), rules.policy, rules.time_limit_s)
        for pair in chunk.pairs
    ]
