"""Right responses of a study as rows of tokens: what a trace is asked to have made likelier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.train.cells import Cell, key_of
from curate.train.eval.items import read_items
from curate.train.eval.prompts import problem_text, prompt_frame
from curate.train.rows import Rows, end_ids, joined, tokenised
from curate.train.templates import Rendering
from curate.train.work import suites_of

LEAST_QUERIES = 8


def right_responses(
    study: Path,
    cell: Cell,
    names: Sequence[str],
    most: int,
    tokenizer: Any,  # noqa: ANN401
    rendering: Rendering,
) -> Rows:
    """One right response for each item that has one in the study, as tokens with its prompt.

    The latest checkpoint's, of those the first arm's; items in the order of a hash of their names.
    """
    keys = ["cell", "step", "suite", "item", "sample", "mode"]
    right = pl.scan_parquet(study / "results.parquet").filter(
        pl.col("suite").is_in(list(names)) & (pl.col("mode") == "free") & (pl.col("score") == 1)
    )
    texts = pl.scan_parquet(study / "responses.parquet").select(*keys, "response")
    found = (
        right.select(*keys, "arm", "seed")
        .sort(["step", "arm", "seed", "sample"], descending=[True, False, False, False])
        .unique(["suite", "item"], keep="first", maintain_order=True)
        .join(texts, on=keys, how="inner")
        .collect()
    )
    said = {(row["suite"], row["item"]): row["response"] for row in found.iter_rows(named=True)}
    pairs: list[tuple[Sequence[int], Sequence[bool]]] = []
    ids = []
    for suite in suites_of(cell.suites):
        before, after = ("", "") if suite.name not in names else prompt_frame(suite, tokenizer)
        for item in read_items(suite) if suite.name in names else []:
            if (suite.name, item.id) not in said:
                continue
            prompt, reply = tokenised(
                tokenizer,
                [before + problem_text(suite, item) + after, said[suite.name, item.id]],
            )
            reply = [*reply, *end_ids(tokenizer, rendering)]
            pairs.append(([*prompt, *reply], [False] * len(prompt) + [True] * len(reply)))
            ids.append(f"{suite.name}/{item.id}")
    if len(ids) < LEAST_QUERIES:
        raise InputError(
            f"{len(ids)} items of {', '.join(names) or 'no suite'} have a right response",
            why=f"traces are judged by whether they make right ones likelier; {LEAST_QUERIES} are "
            "the least",
            fix="name other suites with `--suite`, or evaluate more items",
        )
    some = sorted(range(len(ids)), key=lambda at: key_of(ids[at]))[:most]
    weights = [1.0] * len(some)
    return joined([ids[at] for at in some], [pairs[at] for at in some], weights=weights)
