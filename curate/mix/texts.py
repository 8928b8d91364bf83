"""The texts of the chosen traces, read once from the pools, a part at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from curate.errors import InputError
from curate.mix.candidates import Candidates
from curate.mix.defects import spoil
from curate.mix.design import Design
from curate.mix.recipe import Recipe
from curate.mix.tokens import count_texts, split_count, tokenizer_of
from curate.pool import TRACES
from curate.progress import Phase, Progress

Spoilt = tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class Read:
    """One chosen trace with its text."""

    at: int
    problem: str
    response: str


def chosen_texts(found: Candidates, wanted: pl.Series) -> Iterator[Read]:
    """Every wanted candidate once, in the order of the pools."""
    rows = found.frame.with_row_index("at")[wanted.unique().sort()]
    for name, pool in found.pools.items():
        names = pool.part_names()
        mine = rows.filter(pl.col("from") == name)
        for (part,), inside in mine.group_by("part", maintain_order=True):
            texts = pool.read_part(names[int(str(part))], [TRACES], ["problem", "response"])
            picked = texts[inside["place"]]
            for at, problem, response in zip(
                inside["at"].to_list(), picked["problem"], picked["response"], strict=True
            ):
                yield Read(at, problem, response)


def defects_of(design: Design) -> dict[str, Spoilt]:
    """The defects of every kind that has some."""
    return {name: kind.defects for name, kind in design.kinds.items() if kind.defects}


def with_spoilt_tokens(
    frames: Mapping[str, pl.DataFrame],
    found: Candidates,
    design: Design,
    recipe: Recipe,
    progress: Progress,
) -> dict[str, pl.DataFrame]:
    """The rows of the arms, with the tokens of spoilt texts counted on these texts.

    Raises:
        InputError: nothing is left of a text.
    """
    defects = defects_of(design)
    spoilt = pl.concat([f.filter(pl.col("kind").is_in(list(defects))) for f in frames.values()])
    if not spoilt.height:
        return dict(frames)
    wanted = spoilt.select("at", "kind").unique()
    with progress.phase("spoiling traces", wanted["at"].n_unique(), "traces") as phase:
        counts = spoilt_counts(wanted, found, defects, recipe, phase)
    return {name: corrected(rows, counts) for name, rows in frames.items()}


def spoilt_counts(
    wanted: pl.DataFrame,
    found: Candidates,
    defects: Mapping[str, Spoilt],
    recipe: Recipe,
    phase: Phase,
) -> pl.DataFrame:
    """at, kind, and the tokens of the spoilt text."""
    folder = recipe.render.tokenizer
    tokenizer = tokenizer_of(folder) if folder else None
    kinds = dict(wanted.group_by("at").agg("kind").iter_rows())
    ids, tokens = found.frame["id"], found.frame["tokens"]
    made = []
    for read in chosen_texts(found, wanted["at"]):
        for kind in sorted(kinds[read.at]):
            text = spoil(read.response, defects[kind], recipe.seeds.draw, ids[read.at])
            need_text(text, kind, ids[read.at])
            if tokenizer is not None:
                count = count_texts(tokenizer, [text])[0]
            else:
                count = max(1, round(tokens[read.at] * len(text) / max(1, len(read.response))))
            made.append((read.at, kind, count, *split_count(text, count)))
        phase.advance(1)
    names = {"at": pl.Int64, "kind": pl.String, "tokens": pl.Int64,
             "tokens_thinking": pl.Int64, "tokens_answer": pl.Int64}  # fmt: skip
    return pl.DataFrame(made, schema=names, orient="row")


def need_text(text: str, kind: str, trace_id: str) -> None:
    """Nothing, when something is left of a spoilt text.

    Raises:
        InputError: nothing is.
    """
    if text.strip():
        return
    raise InputError(
        f"nothing is left of the trace {trace_id} as `{kind}`",
        why="it has no answer part",
        fix="add `and thinking = 'closed'` to the `where` of its grade",
    )


def corrected(rows: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The rows with the counts in the place of their own, where there are some."""
    joined = rows.join(counts, on=["at", "kind"], how="left", maintain_order="left", suffix="_new")
    names = ("tokens", "tokens_thinking", "tokens_answer")
    return joined.with_columns(
        pl.coalesce(f"{name}_new", name).alias(name) for name in names
    ).select(rows.columns)
