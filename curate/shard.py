"""Which part of a job is whose, where several processes share it: shard 2 of 8 is `2/8`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from curate.errors import InputError

Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several equal shares of the pieces of all sources."""

    number: int
    """From 1 to `count`."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The shard that `I/N` means.

        Raises:
            InputError: it means none.
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise InputError(
                f"`--shard {text}` is no shard",
                why="it is I/N, with I from 1 to N",
                fix="the second of eight is `--shard 2/8`",
            )
        return cls(number=int(found[1]), count=int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def of(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """Its own pieces: every N-th. The pieces must be the same in every shard."""
        return pieces[self.number - 1 :: self.count]
