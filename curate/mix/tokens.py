"""How many tokens a trace trains: by a tokenizer, by the score, or estimated from its length.

The estimate is a token for every 4 characters. It is for matching, where only ratios count, and is
named in every output.
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from curate.errors import InputError, MissingExtra
from curate.mix.specs import RenderSpec
from curate.pool import TRACES, Pool
from curate.verify.thinking import find_thinking

CHARS_PER_TOKEN = 4
ESTIMATE = f"estimated, {CHARS_PER_TOKEN} characters to a token"
LENGTHS = ("response_chars", "thinking_start", "thinking_end")
Count = Callable[[str], int]


def tokenizer_of(folder: str) -> Any:  # noqa: ANN401  transformers has no types
    """The tokenizer in a local folder.

    Raises:
        MissingExtra: transformers is not installed.
        InputError: the folder holds none.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtra("transformers", extra="train", needed_for="a tokenizer") from error
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{folder}` is no tokenizer",
            why=str(error).partition("\n")[0],
            fix="name a local folder with `tokenizer.json` and `tokenizer_config.json`",
        ) from error


def estimated(frame: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The rows with estimated tokens."""
    chars, share = pl.col("response_chars"), thinking_share()
    tokens = pl.max_horizontal(chars / CHARS_PER_TOKEN, 1).ceil().cast(pl.Int64)
    return with_parts(frame.with_columns(tokens=tokens), share), ESTIMATE


def thinking_share() -> pl.Expr:
    """The share of the characters that is thinking, in [0, 1]."""
    inside = (pl.col("thinking_end") - pl.col("thinking_start")).fill_null(0)
    return (inside / pl.max_horizontal("response_chars", 1)).clip(0, 1)


def with_parts(frame: pl.DataFrame, share: pl.Expr) -> pl.DataFrame:
    """The rows with their tokens split into thinking and answer, without the lengths."""
    thinking = (pl.col("tokens") * share).round().cast(pl.Int64)
    return frame.with_columns(
        tokens_thinking=thinking, tokens_answer=pl.col("tokens") - thinking
    ).drop(*LENGTHS, strict=False)


def from_score(frame: pl.DataFrame, entry: Mapping[str, Any]) -> tuple[pl.DataFrame, str]:
    """The rows with the tokens of `curate score`, which says how it counted."""
    rule = str(entry["config"].get("tokenizer_path") or "its estimate")
    known = frame.with_columns(
        pl.col("tokens")
        .fill_null((pl.col("response_chars") / CHARS_PER_TOKEN).ceil())
        .cast(pl.Int64),
    )
    filled = known.with_columns(
        pl.col("tokens_thinking", "tokens_answer").fill_null(0).cast(pl.Int64)
    )
    return filled.drop(*LENGTHS, strict=False), f"by `curate score`: {rule}"


def counted(
    frame: pl.DataFrame,
    pool: Pool,
    tokenizer: Any,  # noqa: ANN401
    render: RenderSpec,
) -> tuple[pl.DataFrame, str]:
    """The rows with tokens counted by a tokenizer, a part at a time."""
    names = pool.part_names()
    done = []
    for (number,), rows in frame.group_by("part", maintain_order=True):
        texts = pool.read_part(names[int(str(number))], [TRACES], ["response"])["response"]
        counts = count_texts(tokenizer, texts.gather(rows["place"]).to_list())
        done.append(rows.with_columns(tokens=pl.Series(counts, dtype=pl.Int64)))
    whole = pl.concat(done) if done else frame.with_columns(tokens=pl.lit(0))
    return with_parts(whole, thinking_share()), f"by the tokenizer `{render.tokenizer}`"


def count_texts(tokenizer: Any, texts: list[str]) -> list[int]:  # noqa: ANN401
    """The tokens of each text, without special ones."""
    if not texts:
        return []
    found = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return [max(1, len(ids)) for ids in found]


def split_count(text: str, tokens: int) -> tuple[int, int]:
    """Tokens of a text in its thinking and after it, by their characters."""
    found = find_thinking(text)
    if found.start is None or found.end is None or not text:
        return 0, tokens
    thinking = round(tokens * (found.end - found.start) / len(text))
    return thinking, tokens - thinking
