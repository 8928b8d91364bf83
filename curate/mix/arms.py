"""The rows of every arm: which trace, as which kind, at which place, with which weight.

A row of an arm's frame, in the order in which it is written:

    at       row of the candidates            key     place in the order, the same in all arms
    kind     grade, `replay` or `canary`      weight  1, or what evens out the shares of sources
    tokens, tokens_thinking, tokens_answer    of the text as it is written
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from curate.errors import InputError
from curate.mix.design import Arm, Design
from curate.mix.kinds import REPLAY, Kind
from curate.mix.line import Place, size_shares
from curate.mix.match import Matched
from curate.mix.own import own_rows
from curate.mix.recipe import Recipe
from curate.mix.solve import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How an arm is meant to be trained on, where the recipe says so."""

    epochs: float
    batch: int | None
    steps: float | None


def arm_frames(found: Matched, design: Design, recipe: Recipe) -> dict[str, pl.DataFrame]:
    """The rows of every arm, tokens as of the traces; see `texts` for those of spoilt ones."""
    rng = np.random.default_rng([recipe.seeds.order, 3])
    keys = rng.random((found.problems.size, recipe.per_problem))
    shares = size_shares(design, found.problems.size)
    frames = {}
    for arm in design.arms:
        size = size_number(arm, shares, found.problems.size)
        rows = own_arm(arm, found, design, recipe, keys)
        frames[arm.name] = rows if rows is not None else paired_arm(arm, found, size, keys)
        need_rows(arm, frames[arm.name], found)
    weighted = {name: with_weights(rows, found, recipe) for name, rows in frames.items()}
    return with_replay(weighted, found, recipe)


def need_rows(arm: Arm, rows: pl.DataFrame, found: Matched) -> None:
    """Nothing, when an arm has a row.

    Raises:
        InputError: so few problems are left that its share of them is none.
    """
    if rows.height:
        return
    raise InputError(
        f"the arm `{arm.name}` has no row",
        why=f"{found.problems.size:,} problems can be matched, and its share of them is none",
        fix="widen `caliper`, loosen the grades, or give the arm a larger share",
    )


def size_number(arm: Arm, shares: list[float], total: int) -> int:
    """The number of the size at which an arm stops."""
    if arm.problems is None:
        return len(shares) - 1
    share = arm.problems / total if isinstance(arm.problems, int) else arm.problems
    return min(range(len(shares)), key=lambda number: abs(shares[number] - share))


def paired_arm(arm: Arm, found: Matched, size: int, keys: Floats) -> pl.DataFrame:
    """The rows of an arm on the common problems."""
    pieces = []
    for number, place in enumerate(found.places):
        if place.size <= size:
            kind = kind_at(arm, place)
            inside = found.place == number
            pieces.append(frame_of(found.rows[kind.draw][inside], kind.name, keys[inside]))
    return pl.concat(pieces).sort("key")


def kind_at(arm: Arm, place: Place) -> Kind:
    """The kind of an arm in a block."""
    return next(
        piece.kind
        for piece in arm.pieces
        if piece.start <= place.start + 1e-9 and place.stop <= piece.stop + 1e-9
    )


def frame_of(rows: Ints, kind: str, keys: Floats) -> pl.DataFrame:
    """Rows of the candidates as rows of an arm."""
    return pl.DataFrame({"at": rows.ravel(), "key": keys.ravel()}).with_columns(
        kind=pl.lit(kind, dtype=pl.String)
    )


def own_arm(
    arm: Arm, found: Matched, design: Design, recipe: Recipe, keys: Floats
) -> pl.DataFrame | None:
    """The rows of an arm that has its own problems; None for another."""
    kinds = [piece.kind for piece in arm.pieces]
    if not any(kind.draw.own_problems for kind in kinds):
        return None
    if len(kinds) != 1 or arm.problems is not None:
        raise InputError(
            f"the arm `{arm.name}` mixes problems of its own with the common ones",
            why="a grade with `own_problems` has no trace of the common problems",
            fix="give it an arm of its own",
        )
    tokens = found.frame["tokens"].to_numpy()
    budget = float(np.mean([tokens[rows].sum() for rows in found.rows.values()]))
    rows = own_rows(found, design.draws.index(kinds[0].draw), recipe, budget)
    return frame_of(rows, kinds[0].name, keys).sort("key")


# --- weights and replay ---------------------------------------------------------------------------


def with_weights(rows: pl.DataFrame, found: Matched, recipe: Recipe) -> pl.DataFrame:
    """The rows with tokens, and the weight that makes the shares of the sources exact."""
    facts = found.frame[["from", "tokens", "tokens_thinking", "tokens_answer"]]
    joined = pl.concat([rows, facts[rows["at"]]], how="horizontal")
    wanted = {name: spec.weight for name, spec in recipe.sources.items() if spec.weight is not None}
    if not wanted:
        return joined.drop("from").with_columns(weight=pl.lit(1.0))
    whole = sum(wanted.values())
    share = pl.col("tokens").sum().over("from") / pl.col("tokens").sum()
    target = pl.col("from").replace_strict(
        {name: weight / whole for name, weight in wanted.items()},
        default=None,
        return_dtype=pl.Float64,
    )
    return joined.with_columns(weight=(target / share).fill_null(1.0)).drop("from")


def with_replay(
    frames: Mapping[str, pl.DataFrame], found: Matched, recipe: Recipe
) -> dict[str, pl.DataFrame]:
    """Every arm with the rows of the replay, the same in arms of the same size."""
    replay = recipe.replay
    if replay is None:
        return {name: rows.select(sorted(rows.columns)) for name, rows in frames.items()}
    if not 0 < replay.share < 1:
        raise InputError(
            f"the share of the replay is {replay.share}",
            why="it is a share of the tokens of an arm",
            fix="give a number between 0 and 1",
        )
    rng = np.random.default_rng([recipe.seeds.draw, 4])
    used = pl.concat(rows["at"] for rows in frames.values()).unique()
    # A trace that some arm has already would come twice in it.
    mine = found.frame.with_row_index("at").filter("replay").cast({"at": pl.Int64})
    mine = mine.filter(~pl.col("at").is_in(used.implode()))
    mine = mine[rng.permutation(mine.height)].with_columns(key=pl.Series(rng.random(mine.height)))
    sums = mine["tokens"].cum_sum().to_numpy()
    mean = float(np.mean([int(rows["tokens"].sum()) for rows in frames.values()]))
    done = {}
    for name, rows in frames.items():
        # Arms differ by a trace at most; the replay does not, unless the arm is a smaller size.
        own = float(rows["tokens"].sum())
        total = mean if abs(own - mean) < 0.01 * mean else own
        done[name] = plus_replay(rows, mine, sums, total * replay.share / (1 - replay.share))
    return done


def plus_replay(rows: pl.DataFrame, mine: pl.DataFrame, sums: Ints, tokens: float) -> pl.DataFrame:
    """The rows with so many tokens of the replay, to the nearest trace.

    Raises:
        InputError: the source of the replay has not as many.
    """
    if not sums.size or sums[-1] < tokens - mine["tokens"].to_numpy().mean():
        raise InputError(
            f"the replay has {int(sums[-1]) if sums.size else 0:,} tokens",
            why=f"its share asks for {tokens:,.0f}",
            fix="lower `share`, or add traces to its source",
        )
    count = int(np.searchsorted(sums, tokens)) + 1
    if count > 1 and (
        count > sums.size or abs(sums[count - 2] - tokens) <= abs(sums[count - 1] - tokens)
    ):
        count -= 1
    extra = mine.head(count).select(
        pl.col("at").cast(pl.Int64),
        "key",
        "tokens",
        "tokens_thinking",
        "tokens_answer",
        kind=pl.lit(REPLAY),
        weight=pl.lit(1.0),
    )
    names = sorted(rows.columns)
    return pl.concat([rows.select(names), extra.select(names)]).sort("key")


def trainings(
    frames: Mapping[str, pl.DataFrame], design: Design, recipe: Recipe
) -> dict[str, Training]:
    """How each arm is meant to be trained on."""
    sized = [frames[arm.name].height for arm in design.arms if arm.role == "size"]
    smallest, by_name = min(sized, default=0), {arm.name: arm for arm in design.arms}
    made = {}
    for arm in design.arms:
        twin = by_name[arm.twin or arm.name]
        rows = frames[twin.name].height
        one = training_of(twin, rows, smallest, recipe)
        # A copy has more rows, and takes as many steps as what it is a copy of.
        made[arm.name] = replace(one, epochs=one.epochs * rows / frames[arm.name].height)
    return made


def training_of(arm: Arm, rows: int, smallest: int, recipe: Recipe) -> Training:
    """Epochs, batch and steps of an arm; of a size, the epochs that give the smallest's steps."""
    sizes = recipe.sizes
    if arm.role == "size" and sizes is not None:
        steps = smallest * sizes.epochs / sizes.batch
        return Training(epochs=sizes.epochs * smallest / rows, batch=sizes.batch, steps=steps)
    epochs = arm.epochs or 1.0
    planned = None if arm.batch is None else rows * epochs / arm.batch
    return Training(epochs=epochs, batch=arm.batch, steps=planned)
