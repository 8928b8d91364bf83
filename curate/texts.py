"""Long texts in an Arrow column, of which only what is wanted becomes Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from curate.verify import HEAD_BYTES, TAIL_BYTES


@dataclass(frozen=True, slots=True)
class Text:
    """One text, as UTF-8 in the column's own memory."""

    data: memoryview
    length: int
    """In characters."""

    def whole(self) -> str:
        """All of it."""
        return str(self.data, "utf-8")

    def ends(self) -> tuple[str, str] | None:
        """Its first and last characters, as `extract_ends` wants them; None of a short text."""
        if len(self.data) <= HEAD_BYTES + TAIL_BYTES:
            return None
        head, tail = self.data[:HEAD_BYTES], self.data[-TAIL_BYTES:]
        return str(head, "utf-8", "ignore"), str(tail, "utf-8", "ignore")


def texts_of(column: pa.ChunkedArray) -> Iterator[Text]:
    """The texts of a column of large strings without nulls."""
    for chunk in column.chunks:
        _, offsets, data = chunk.buffers()
        places = np.frombuffer(offsets, np.int64)[chunk.offset :][: len(chunk) + 1].tolist()
        octets = np.frombuffer(data or b"", np.int8)
        view = memoryview(data or b"").cast("B")
        for start, stop in pairwise(places):
            # A character has one octet that is no continuation (10xxxxxx, up to -65 when signed).
            length = int(np.count_nonzero(octets[start:stop] > -65))
            yield Text(view[start:stop], length)
