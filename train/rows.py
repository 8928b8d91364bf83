"""The rows of an arm as tokens: what is trained, what is only read, and what was refused.

    prompt      What is 2 + 2?      read        labels -100
    completion  It is 4.            trained
    <eos>                           trained

The prompt is tokenised apart from the completion, so no token reaches across the border and the
model is trained on exactly what it must say after the prompt as it will be asked. Nothing is ever
cut: a row that is too long is refused and named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xxhash

from curate.errors import InputError
from curate.train.arm import read_arm
from curate.train.templates import Rendering

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

Overlong = Literal["refuse", "drop"]
IGNORED = -100
"""The label of a token that is read and not trained (PyTorch's and TRL's)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that was not trained, and why."""

    id: str
    reason: Literal["too_long", "nothing_to_train"]
    length: int
    """Tokens of the whole row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Tokens of all rows, one after the other."""

    ids: tuple[str, ...]
    tokens: "NDArray[np.int32]"
    """(all tokens,)"""
    trained: "NDArray[np.bool_]"
    """(all tokens,); the first token of a row is never trained: nothing predicts it."""
    starts: "NDArray[np.int64]"
    """(rows + 1,): where each row begins, and the end."""
    targets: "NDArray[np.int64]"
    """(rows,): trained tokens of each row."""
    weights: "NDArray[np.float64]"
    """(rows,): what a token of the row counts beside others; 1 unless the arm says otherwise."""
    refused: tuple[Refusal, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> "NDArray[np.int64]":
        """(rows,): tokens of each row."""
        return np.diff(self.starts)

    def row(self, index: int) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        """Tokens and labels (-100 where only read) of one row."""
        place = slice(int(self.starts[index]), int(self.starts[index + 1]))
        tokens, trained = self.tokens[place], self.trained[place]
        return tokens, np.where(trained, tokens, IGNORED).astype(np.int64)

    def key(self) -> str:
        """Hash of everything that training reads of them."""
        digest = xxhash.xxh3_128()
        for part in (self.tokens, self.trained, self.starts, self.weights):
            digest.update(np.ascontiguousarray(part).tobytes())
        return str(digest.hexdigest())

    def account(self) -> dict[str, object]:
        """What there is and what was refused, as plain values."""
        return {
            "rows": len(self),
            "tokens": int(self.starts[-1]),
            "trained_tokens": int(self.targets.sum()),
            "longest": int(self.lengths.max()),
            "refused": [
                {"id": each.id, "reason": each.reason, "length": each.length}
                for each in self.refused
            ],
        }


def load_rows(
    path: Path,
    tokenizer: Any,  # noqa: ANN401 - transformers is imported by nobody who only reads types
    *,
    max_length: int,
    rendering: Rendering | None = None,
    overlong: Overlong = "refuse",
) -> Rows:
    """The rows of an arm, tokenised and checked.

    Raises:
        InputError: a row is longer than `max_length` and `overlong` is not `drop`, or a row has
            nothing to train, or no row is left.
    """
    table = read_arm(path)
    if {"input_ids", "completion_mask"} <= set(table.columns):
        pairs = ready_pairs(table)
    else:
        pairs = tokenised_pairs(table, tokenizer, rendering or Rendering())
    ids = (
        table["id"].cast(str).fill_null("").to_list()
        if "id" in table.columns
        else [str(n) for n in range(table.height)]
    )
    weights = table["weight"].fill_null(1.0).to_list() if "weight" in table.columns else None
    return checked(
        ids, list(pairs), weights=weights, max_length=max_length, overlong=overlong, name=str(path)
    )


def ready_pairs(table: "pl.DataFrame") -> Iterator[tuple[Sequence[int], Sequence[bool]]]:
    """Tokens and what is trained, of rows that were tokenised before."""
    columns = (table["input_ids"].to_list(), table["completion_mask"].to_list())
    for tokens, mask in zip(*columns, strict=True):
        if len(tokens) != len(mask):
            why = f"{len(tokens)} tokens have a mask of {len(mask)}"
            raise InputError("a mask does not fit its row", why=why, fix="make the arm again")
        yield tokens, [bool(each) for each in mask]


def tokenised_pairs(
    table: "pl.DataFrame",
    tokenizer: Any,  # noqa: ANN401
    rendering: Rendering,
) -> Iterator[tuple[Sequence[int], Sequence[bool]]]:
    """Tokens and what is trained, of rows of text."""
    if table["prompt"].null_count() or table["completion"].null_count():
        raise InputError(
            "a row has no prompt or no completion",
            why="nothing can be trained on it",
            fix="leave such rows out of the arm",
        )
    prompts = [rendering.prompt(text) for text in table["prompt"]]
    start, end = start_ids(tokenizer), end_ids(tokenizer, rendering)
    for prompt, reply in zip(
        tokenised(tokenizer, prompts),
        tokenised(tokenizer, table["completion"].to_list()),
        strict=True,
    ):
        first = [] if prompt[: len(start)] == start else start
        last = [] if end and reply[-len(end) :] == end else end
        yield (
            [*first, *prompt, *reply, *last],
            [False] * (len(first) + len(prompt)) + [True] * (len(reply) + len(last)),
        )


def tokenised(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:  # noqa: ANN401
    """Texts as tokens, with nothing added and nothing cut."""
    if not texts:
        return []
    # verbose: a row longer than the tokenizer's own limit is no reason for a warning here
    return list(
        tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)[
            "input_ids"
        ]
    )


def start_ids(tokenizer: Any) -> list[int]:  # noqa: ANN401
    """What the tokenizer puts before every text: its beginning of text, or nothing."""
    first = tokenizer("a", verbose=False)["input_ids"][:1]
    bos = tokenizer.bos_token_id
    return [bos] if bos is not None and first == [bos] else []


def end_ids(tokenizer: Any, rendering: Rendering) -> list[int]:  # noqa: ANN401
    """What is trained after every completion."""
    if rendering.end == "none":
        return []
    ending = rendering.ending()
    number = tokenizer.eos_token_id if ending is None else tokenizer.get_vocab().get(ending)
    if number is None:
        raise InputError(
            f"the tokenizer has no `{ending or 'eos_token'}`",
            why="without a last token the model never learns to stop",
            fix='give the tokenizer one, or set `end = "none"`',
        )
    return [int(number)]


def checked(
    ids: Sequence[str],
    pairs: Sequence[tuple[Sequence[int], Sequence[bool]]],
    *,
    weights: Sequence[float] | None,
    max_length: int,
    overlong: Overlong,
    name: str,
) -> Rows:
    """The rows that can be trained; the others are an error, or counted."""
    if weights is not None and not all(0 <= weight < float("inf") for weight in weights):
        raise InputError(
            f"`{name}` has a weight that is no weight",
            why="the column `weight` must hold numbers from 0",
            fix="correct the column, or leave it out",
        )
    refusals = [refusal(*each, max_length) for each in zip(ids, pairs, strict=True)]
    refused = tuple(each for each in refusals if each is not None)
    fatal = [each for each in refused if not (overlong == "drop" and each.reason == "too_long")]
    if fatal:
        raise refused_rows(name, fatal, max_length)
    kept = [number for number, each in enumerate(refusals) if each is None]
    if not kept:
        raise InputError(
            f"`{name}` has no row to train",
            why=f"all of its {len(ids)} rows are longer than {max_length} tokens",
            fix="raise `max_length`",
        )
    return joined(
        [ids[number] for number in kept],
        [pairs[number] for number in kept],
        weights=[1.0 if weights is None else float(weights[number]) for number in kept],
        refused=refused,
    )


def refusal(
    name: str, pair: tuple[Sequence[int], Sequence[bool]], max_length: int
) -> Refusal | None:
    """Why a row cannot be trained; None where it can."""
    length = len(pair[0])
    if length > max_length:
        return Refusal(id=name, reason="too_long", length=length)
    if not any(pair[1][1:]):
        return Refusal(id=name, reason="nothing_to_train", length=length)
    return None


def refused_rows(name: str, fatal: Sequence[Refusal], max_length: int) -> InputError:
    """The error that names the rows."""
    some = ", ".join(f"{each.id} ({each.length:,} tokens)" for each in fatal[:5])
    more = f" and {len(fatal) - 5:,} more" if len(fatal) > 5 else ""
    if fatal[0].reason == "too_long":
        return InputError(
            f"{len(fatal):,} rows of `{name}` cannot be trained whole",
            why=f"they are longer than {max_length:,} tokens: {some}{more}",
            fix='raise `max_length`, or say `overlong = "drop"`, which counts and records them',
        )
    return InputError(
        f"{len(fatal):,} rows of `{name}` have no token to train",
        why=f"their completions are empty: {some}{more}",
        fix="leave them out of the arm",
    )


def joined(
    ids: Sequence[str],
    pairs: Sequence[tuple[Sequence[int], Sequence[bool]]],
    *,
    weights: Sequence[float],
    refused: tuple[Refusal, ...] = (),
) -> Rows:
    """Rows end to end."""
    starts = np.cumsum([0, *(len(tokens) for tokens, _ in pairs)], dtype=np.int64)
    trained = np.concatenate([np.asarray(mask, dtype=np.bool_) for _, mask in pairs])
    trained[starts[:-1]] = False
    return Rows(
        ids=tuple(ids),
        tokens=np.concatenate([np.asarray(tokens, dtype=np.int32) for tokens, _ in pairs]),
        trained=trained,
        starts=starts,
        targets=np.add.reduceat(trained, starts[:-1], dtype=np.int64),
        weights=np.asarray(weights, dtype=np.float64),
        refused=refused,
    )


def some_rows(rows: Rows, places: "NDArray[np.int64]") -> Rows:
    """The rows at some places, in that order."""
    pieces = [slice(int(rows.starts[at]), int(rows.starts[at + 1])) for at in places]
    return Rows(
        ids=tuple(rows.ids[at] for at in places),
        tokens=np.concatenate([rows.tokens[piece] for piece in pieces]),
        trained=np.concatenate([rows.trained[piece] for piece in pieces]),
        starts=np.concatenate([[0], np.cumsum(rows.lengths[places])]).astype(np.int64),
        targets=rows.targets[places],
        weights=rows.weights[places],
    )
