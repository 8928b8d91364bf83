"""Problems that mean the same as an item, by a sentence model, where that is asked for."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.contamination.index import Index
from curate.contamination.rules import Rule
from curate.contamination.scan import Hit
from curate.sentences import sentence_model

NEAR = 0.95
"""Least cosine of two problems that are as good as equal; other numbers do not change it much."""
AT_ONCE = 256
"""Problems that are compared with all items at a time."""

Vectors = NDArray[np.float32]


@cache
def model_of(name: str) -> Any:  # noqa: ANN401 - a library without types
    """The sentence model of that name or in that folder.

    Raises:
        MissingExtra: `sentence-transformers` is not installed.
        InputError: there is no such model.
    """
    return sentence_model(name, needed_for="`--embed`", device="cpu")


def vectors(name: str, texts: Sequence[str]) -> Vectors:
    """A vector of length 1 for each text."""
    model = model_of(name)
    found: Vectors = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
    return found


def near(name: str, problems: Sequence[str], index: Index, items: Vectors) -> list[Hit]:
    """Every item that a problem as a whole is near to; equal problems are looked at once."""
    different = list(dict.fromkeys(problems))
    close: dict[str, list[tuple[int, float]]] = {}
    for first in range(0, len(different), AT_ONCE):
        some = different[first : first + AT_ONCE]
        cosine = vectors(name, some) @ items.T
        for place, item in zip(*np.nonzero(cosine >= NEAR), strict=True):
            close.setdefault(some[place], []).append((int(item), float(cosine[place, item])))
    return [
        Hit(
            text=text,
            item=item,
            rule=Rule.EMBEDDING,
            score=round(min(1.0, score), 4),
            start=0,
            stop=len(problem.encode()),
            item_start=0,
            item_stop=len(index.items[item].text.encode()),
        )
        for text, problem in enumerate(problems)
        for item, score in close.get(problem, [])
    ]
