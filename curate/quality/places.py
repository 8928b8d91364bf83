"""From characters to bytes of a text in UTF-8 and back, without decoding it."""

from collections.abc import Iterable

import numpy as np

BLOCK = 2**16


class Places:
    """A text whose places are counted in characters as well as in bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_ascii = data.isascii()
        self._octets = np.frombuffer(data, np.int8)

    def byte(self, character: int) -> int:
        """Where a character begins, in bytes."""
        if self.is_ascii:
            return min(character, len(self.data))
        seen = 0
        for start in range(0, len(self.data), BLOCK):
            # A character has one octet that is no continuation (10xxxxxx, up to -65 when signed).
            heads = self._octets[start : start + BLOCK] > -65
            count = int(np.count_nonzero(heads))
            if seen + count > character:
                return start + int(np.flatnonzero(heads)[character - seen])
            seen += count
        return len(self.data)

    def characters(self, places: Iterable[int]) -> dict[int, int]:
        """The number of the character that begins at each of these bytes."""
        wanted = sorted(set(places))
        if self.is_ascii:
            return {place: place for place in wanted}
        found, last, count = {}, 0, 0
        for place in wanted:
            count += int(np.count_nonzero(self._octets[last:place] > -65))
            last = place
            found[place] = count
        return found
