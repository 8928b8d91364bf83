"""How many tokens a text has: by a named tokenizer, or estimated from its words.

The estimate adds weights set by hand for the byte-pair tokenizers of current models: a word is one
token, a long one more; a number and the space before it about one and a half; docs/score.md has
its error against three real tokenizers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from curate.errors import InputError
from curate.quality.words import DIGIT, LETTER, MARK, STOP, WORD_BYTES, Numbers, Words
from curate.stage import digest

WIDE_TOKENS = 0.95
"""A Chinese, Japanese or Korean character."""
LINE_TOKENS = 1.0
"""White space with a line end."""


def weights() -> NDArray[np.float32]:
    """Tokens of a word by its kind and its length in bytes."""
    sizes = np.arange(WORD_BYTES + 1)
    found = np.zeros((6, WORD_BYTES + 1), np.float32)
    found[LETTER] = np.where(sizes <= 10, 1.0, np.where(sizes <= 13, 1.4, 2.0))
    found[DIGIT] = 1.4 + 0.1 * sizes
    found[MARK] = found[STOP] = 0.5 + 0.15 * sizes
    return found.reshape(-1)


WEIGHTS = weights()


def estimated_tokens(words: Words, window: bytes, cuts: Numbers) -> list[float]:
    """Tokens between neighbouring cuts, which are places in the window in order."""
    found = WEIGHTS[words.kinds * (WORD_BYTES + 1) + (words.ends - words.starts)]
    if not window.isascii():
        found[np.frombuffer(window, np.uint8)[words.starts] >= 0xE0] = WIDE_TOKENS
    places = np.searchsorted(words.starts, cuts)
    lines = np.searchsorted(words.starts[words.lines], cuts)
    return [
        # In double precision, so that the sum of many words does not depend on how it is taken.
        float(found[first:last].sum(dtype=np.float64)) + LINE_TOKENS * int(ends - begins)
        for first, last, begins, ends in zip(
            places[:-1], places[1:], lines[:-1], lines[1:], strict=True
        )
    ]


class Encoding(Protocol):
    """A text in tokens."""

    @property
    def ids(self) -> Sequence[int]:
        """The numbers of its tokens."""
        ...


class Loaded(Protocol):
    """A tokenizer of the package `tokenizers`."""

    def encode_batch(self, texts: Sequence[str], *, add_special_tokens: bool) -> Sequence[Encoding]:
        """The tokens of each text."""
        ...


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A tokenizer in a file, as Hugging Face writes `tokenizer.json`."""

    path: str
    seal: str
    """Hash of the file."""

    @classmethod
    def at(cls, path: Path) -> "Tokenizer":
        """The one at a path, a file or a model folder with one.

        Raises:
            InputError: there is none, or the package that reads it is missing.
        """
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            content = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"`{path}` is no tokenizer",
                why=f"`{file}` cannot be read: {error}",
                fix="give a `tokenizer.json`, or a model folder that holds one",
            ) from error
        found = cls(str(file.absolute()), digest(content))
        found.load()
        return found

    def load(self) -> Loaded:
        """The tokenizer itself.

        Raises:
            InputError: the file is of another kind, or the package is missing.
        """
        try:
            from tokenizers import Tokenizer as Reader
        except ImportError as error:
            raise InputError(
                "`--tokenizer` needs the package `tokenizers`",
                why="it is not installed",
                fix="pip install 'curate-traces[tokens]', or leave the option out for an estimate",
            ) from error
        try:
            loaded = Reader.from_file(self.path)
        except Exception as error:  # the package raises nothing more exact
            raise InputError(
                f"`{self.path}` is no tokenizer",
                why=f"{error}",
                fix="give a `tokenizer.json` as Hugging Face writes it",
            ) from error
        loaded.no_truncation()
        loaded.no_padding()
        return cast("Loaded", loaded)


def counted_tokens(loaded: Loaded, pieces: Sequence[bytes]) -> list[float]:
    """Tokens of each piece of a text."""
    texts = [piece.decode("utf-8", "replace") for piece in pieces]
    encoded = loaded.encode_batch(texts, add_special_tokens=False)
    return [float(len(found.ids)) for found in encoded]
