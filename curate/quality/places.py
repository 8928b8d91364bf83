"""From characters to bytes of a text in UTF-8 and back, without decoding it."""

from collections.abc import Iterable, Iterator

import numpy as np

from curate.quality.words import Numbers

BLOCK = 2**20


class Places:
    """A text whose places are counted in characters as well as in bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_ascii = data.isascii()
        self._octets = np.frombuffer(data, np.int8)
        self._known: tuple[int, Numbers] | None = None

    def bytes(self, characters: Iterable[int]) -> list[int]:
        """Where each of these characters begins, in bytes; the end for those behind it."""
        if self.is_ascii:
            return [min(character, len(self.data)) for character in characters]
        wanted = list(characters)
        found = [len(self.data)] * len(wanted)
        for seen, start, heads in self._blocks():
            for number, character in enumerate(wanted):
                if seen <= character < seen + len(heads):
                    found[number] = start + int(heads[character - seen])
        return found

    def characters(self, places: Iterable[int]) -> dict[int, int]:
        """The number of the character that begins at each of these bytes."""
        wanted = sorted(set(places))
        if self.is_ascii:
            return {place: place for place in wanted}
        found: dict[int, int] = {}
        for seen, start, heads in self._blocks():
            for place in wanted:
                if start <= place <= start + BLOCK:
                    found[place] = seen + int(np.searchsorted(heads, place - start))
        return found

    def _blocks(self) -> Iterator[tuple[int, int, Numbers]]:
        """For each block: characters before it, bytes before it, where characters begin in it."""
        seen = 0
        for start in range(0, max(1, len(self.data)), BLOCK):
            if self._known is None or self._known[0] != start:
                # No octet of a character but its first is a continuation (up to -65 when signed).
                block = self._octets[start : start + BLOCK]
                self._known = (start, np.flatnonzero(block > -65))
            yield seen, start, self._known[1]
            seen += len(self._known[1])
