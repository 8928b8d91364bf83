r"""Problems as they are compared.

`"Let $x=\dfrac12$.  Find x."` becomes `letx=\frac12.findx`.

Shingles are runs of characters, since a problem has too few words. Problems made from one template
share nearly all of them and are still different problems, so the numbers are compared apart.
"""

import re
from collections.abc import Sequence

import numpy as np
import xxhash

from curate.dedup.minhash import Signatures, signatures
from curate.dedup.words import Hashes, Places, mixed, token_shingles
from curate.verify.tidy import tidy

TIDIED_CHARS = 20_000
"""Longer problems, programs and tables mostly, are compared without regard to LaTeX."""
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+")


def normalized(problem: str) -> str:
    """A problem without white space, case and the cosmetics of LaTeX."""
    text = tidy(problem) if len(problem) <= TIDIED_CHARS else problem
    return _SPACE.sub("", text).lower().rstrip(".")


def fingerprint(text: str) -> int:
    """64 bits that stand for a text."""
    return xxhash.xxh3_64_intdigest(text.encode())


def numbers(text: str) -> int:
    """64 bits that stand for the numbers in a text, in any order."""
    return fingerprint(" ".join(sorted(_NUMBER.findall(text))))


def character_shingles(texts: Sequence[str], size: int) -> tuple[Hashes, Places]:
    """The hashes of all runs of `size` characters in each text, and how many each has."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    lengths = np.array([len(text) for text in texts], np.int64)
    return token_shingles(mixed(codes.astype(np.uint64) + np.uint64(1)), lengths, size)


def character_signatures(texts: Sequence[str], size: int) -> tuple[Signatures, Places]:
    """Signatures of short texts, and how many shingles each has."""
    hashes, counts = character_shingles(texts, size)
    return signatures(hashes, counts), counts
