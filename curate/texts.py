"""Long texts in an Arrow column, of which only what is wanted becomes Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curate.verify import ends_of


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
        return ends_of(self.data)


def texts_of(column: pa.ChunkedArray) -> Iterator[Text]:
    """The texts of a column of large strings without nulls."""
    for chunk in column.chunks:
        _, offsets, data = chunk.buffers()
        places = np.frombuffer(offsets, np.int64)[chunk.offset :][: len(chunk) + 1].tolist()
        octets = np.frombuffer(data or b"", np.int8)
        view = memoryview(data or b"").cast("B")
        for start, stop in pairwise(places):
            yield Text(view[start:stop], characters(octets[start:stop]))


def characters(octets: npt.NDArray[np.int8]) -> int:
    """How many characters a text in UTF-8 has."""
    if not len(octets) or octets.min() >= 0:  # nothing beyond ASCII
        return len(octets)
    # A character has one octet that is no continuation (10xxxxxx, up to -65 when signed).
    return int(np.count_nonzero(octets > -65))
