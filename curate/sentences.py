"""Models of sentence-transformers, loaded in one way."""

from typing import Any

from curate.errors import InputError, MissingExtra


def sentence_model(name: str, *, needed_for: str, device: str | None = None) -> Any:  # noqa: ANN401
    """The sentence model in that folder or of that name; on the GPU where there is one.

    Raises:
        MissingExtra: sentence-transformers is not installed.
        InputError: there is no such model.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtra("sentence-transformers", extra="embed", needed_for=needed_for) from error
    try:
        return SentenceTransformer(name, device=device)
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{name}` is no sentence model that can be loaded",
            why=" ".join(str(error).split())[:200],
            fix="give a folder made by `SentenceTransformer.save`, or a name on the Hub",
        ) from error
