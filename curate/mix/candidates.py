"""The traces that a design may draw, with what the matching needs of each; no text is read.

A row per distinct trace (by its id, the first in the order of the sources):

    from       name of the source in the recipe     file, row, rollout   where it came from
    part, place  where it lies in the pool          tokens, tokens_thinking, tokens_answer
    stratum    of its problem, in words             draw-0, draw-1, …    whether it may be drawn
    leak_problem, leak_trace   what `curate decontaminate` found in its problem, and in it at all
    first-GRADE, second-GRADER-GRADE   what it is by the recipe, and by a second grader
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import polars as pl

from curate.errors import InputError
from curate.export import groups_of, is_true, known_column, read_condition
from curate.frames import concatenated
from curate.groups import stages_of
from curate.mix.design import Design
from curate.mix.kinds import Draw
from curate.mix.labels import FLAGS, graded, hit_columns, with_leaks
from curate.mix.recipe import Recipe
from curate.mix.specs import SourceSpec
from curate.mix.tokens import counted, estimated, from_score, tokenizer_of
from curate.pool import TRACES, Pool
from curate.progress import Progress
from curate.selections import kept
from curate.store import path_of, scan_parquet

RENAMED = {"source": "file", "pool": "from"}
"""What a recipe calls the file of a trace, and the source of the recipe that it is from."""
TAKEN = frozenset({"file", "from", "part", "place", "replay", "stratum", "problem", "at", "key",
                   "kind", "weight", "leak_problem", "leak_trace"})  # fmt: skip
"""Names of columns of the candidates and of the arms."""
OWN = ("id", "problem_id", "source", "row", "rollout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """All traces that some draw may take."""

    frame: pl.DataFrame
    pools: dict[str, Pool]
    """By the name of the source."""
    token_rule: str
    """How tokens were counted, in words."""


def candidates(recipe: Recipe, design: Design, progress: Progress) -> Candidates:
    """The candidates of a design.

    Raises:
        InputError: a condition or a column does not fit a pool, or no source is named.
    """
    need_sources(recipe)
    pools = {name: Pool.open(path_of(spec.pool)) for name, spec in recipe.sources.items()}
    frames, rules = [], []
    sizes = {name: traces_of(pool) for name, pool in pools.items()}
    with progress.phase("reading the pools", sum(sizes.values()), "traces") as phase:
        for name, pool in pools.items():
            frame = rows_of(name, pool, recipe, design.draws)
            frame, rule = with_tokens(frame, pool, recipe)
            frames.append(frame.lazy())
            rules.append(rule)
            phase.advance(sizes[name])
    whole = with_one_pass_rate(distinct(concatenated(frames).collect()))
    return Candidates(
        frame=with_strata(whole, recipe), pools=pools, token_rule=one_rule(rules, pools)
    )


def traces_of(pool: Pool) -> int:
    """How many traces a pool holds."""
    return sum(source["traces"] for source in pool.manifest["sources"])


def distinct(frame: pl.DataFrame) -> pl.DataFrame:
    """Every trace once, where it comes first; what may draw it anywhere may draw it there."""
    flags = pl.col(FLAGS)
    return frame.with_columns(flags.any().over("id")).unique(
        "id", keep="first", maintain_order=True
    )


def with_one_pass_rate(frame: pl.DataFrame) -> pl.DataFrame:
    """The candidates with the pass rate of their problem: that of the first source that has one.

    How hard a problem is does not depend on who solved it in which pool; people's solutions, for
    one, are all right, and would have it that all their problems are easy.
    """
    if "pass_rate" not in frame.columns:
        return frame
    return frame.with_columns(pl.col("pass_rate").drop_nulls().first().over("problem_id"))


def need_sources(recipe: Recipe) -> None:
    """Nothing, when there is a source and the replay's is among them."""
    replay = recipe.replay.source if recipe.replay else None
    used = {spec.source for spec in recipe.grades.values() if spec.source} | {replay}
    missing = sorted(name for name in used if name and name not in recipe.sources)
    if recipe.sources and not missing:
        return
    raise InputError(
        f"unknown source `{missing[0]}`" if missing else "the recipe has no source",
        why=f"the sources are {', '.join(recipe.sources) or 'none'}",
        fix='add `[sources.NAME]` with `pool = "…"`',
    )


def one_rule(rules: Sequence[str], pools: dict[str, Pool]) -> str:
    """How all tokens were counted.

    Raises:
        InputError: differently in different pools, so that their counts do not compare.
    """
    if len(set(rules)) == 1:
        return rules[0]
    raise InputError(
        "tokens are counted differently in the pools",
        why="; ".join(f"`{pool.path}`: {r}" for pool, r in zip(pools.values(), rules, strict=True)),
        fix="run `curate score` on all of them, or name a `tokenizer` in `[render]`",
    )


def own_draw(name: str, recipe: Recipe, draw: Draw) -> Draw | None:
    """The draw; None where it may not take from this source."""
    replay = recipe.replay is not None and recipe.replay.source == name
    others = any(source not in (None, name) for _, source in draw.conditions)
    return None if replay or others else draw


# --- rows -----------------------------------------------------------------------------------------


def rows_of(name: str, pool: Pool, recipe: Recipe, draws: Sequence[Draw]) -> pl.DataFrame:
    """The rows of one source that some draw, or the replay, may take."""
    spec, groups = recipe.sources[name], groups_of(pool)
    schema = pool.scan(groups).collect_schema()
    allowed = allowed_rows(spec, pool, schema)

    def truth(draw: Draw) -> pl.Series:
        return draw_rows(own_draw(name, recipe, draw), allowed, pool, schema)

    truths = [truth(draw) for draw in draws]
    replay = recipe.replay is not None and recipe.replay.source == name
    taken = allowed if replay else reduce(pl.Series.__or__, truths, allowed & False)
    extra = [known_column(column, schema) for column in extra_columns(recipe, schema)]
    need_numbers(recipe.match.covariates, schema)
    lengths = [c for c in ("response_chars", "thinking_start", "thinking_end") if c in schema]
    hits = hit_columns(pool)
    names = list(dict.fromkeys([*OWN, *extra, *lengths, *score_columns(pool), *hits]))
    frame = with_leaks(pool.scan(groups, names), hits, recipe).collect()
    places = pl.DataFrame(
        {
            "from": pl.repeat(name, frame.height, eager=True),
            **part_places(pool),
            **{f"draw-{number}": truth for number, truth in enumerate(truths)},
            **graded(recipe, truth),
            "replay": taken if replay else taken & False,
        }
    )
    return pl.concat([frame.rename({"source": "file"}), places], how="horizontal").filter(taken)


def column_of(name: str) -> str:
    """The column of the candidates that a recipe calls so."""
    return RENAMED.get(name, name)


def extra_columns(recipe: Recipe, schema: pl.Schema) -> list[str]:
    """The columns of the pool that the matching reads.

    Raises:
        InputError: one is called as a column of the candidates.
    """
    match = recipe.match
    strata = list(match.strata)
    if match.strata == ("pass_rate",) and "pass_rate" not in schema:
        strata = []
    wanted = [*strata, *match.exact, *match.identical, *match.covariates]
    taken = [name for name in wanted if name in TAKEN]
    if taken:
        raise InputError(
            f"`{taken[0]}` cannot be matched on",
            why="the matching has a column of its own that is called so",
            fix="rename the column in the dump",
        )
    return [name for name in dict.fromkeys(wanted) if name not in RENAMED]


def need_numbers(names: Sequence[str], schema: pl.Schema) -> None:
    """Nothing, when the columns hold numbers, or true and false.

    Raises:
        InputError: one does not.
    """
    for name in names:
        dtype = schema.get(name, pl.String())
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            raise InputError(
                f"`{name}` cannot be a covariate",
                why=f"it is of the type {dtype}, and means are of numbers",
                fix="take it to `exact`, `identical` or `strata`",
            )


def score_columns(pool: Pool) -> list[str]:
    """The token columns of `curate score`, where it has run."""
    has = "score" in stages_of(pool)
    return ["tokens", "tokens_thinking", "tokens_answer"] if has else []


def allowed_rows(spec: SourceSpec, pool: Pool, schema: pl.Schema) -> pl.Series:
    """For every trace of the pool whether the source holds it."""
    rows = is_true(read_condition(spelled(spec.where, schema), schema), pool)
    return rows if spec.selection is None else rows & kept(pool, spec.selection)


def draw_rows(draw: Draw | None, allowed: pl.Series, pool: Pool, schema: pl.Schema) -> pl.Series:
    """For every trace of the pool whether the draw may take it."""
    if draw is None:
        return allowed & False
    wheres = (spelled(where, schema) for where, _ in draw.conditions)
    truths = (is_true(read_condition(where, schema), pool) for where in wheres)
    return reduce(pl.Series.__and__, truths, allowed)


def spelled(where: str, schema: pl.Schema) -> str:
    """The condition with `"word"` as a text where no column is called so, and `==` as `=`."""
    pieces = where.replace("==", "=").split('"')
    for place in range(1, len(pieces), 2):
        mark = '"' if pieces[place] in schema else "'"
        pieces[place] = f"{mark}{pieces[place]}{mark}"
    return "".join(pieces)


def part_places(pool: Pool) -> dict[str, pl.Series]:
    """For every trace the number of its part and its place there, from 0."""
    heights = [
        scan_parquet(pool.part(TRACES, part), ["row"]).select(pl.len()).collect().item()
        for part in pool.part_names()
    ]
    numbers = pl.Series("part", range(len(heights)), dtype=pl.Int32)
    parts = pl.DataFrame({"part": numbers, "height": pl.Series(heights, dtype=pl.Int64)})
    rows = parts.select("part", place=pl.int_ranges(0, "height")).explode(
        "place", empty_as_null=False
    )
    return {"part": rows["part"], "place": rows["place"]}


# --- tokens and strata ----------------------------------------------------------------------------


def with_tokens(frame: pl.DataFrame, pool: Pool, recipe: Recipe) -> tuple[pl.DataFrame, str]:
    """The rows with their tokens, and the rule by which they were counted."""
    if recipe.render.tokenizer is not None:
        tokenizer = tokenizer_of(recipe.render.tokenizer)
        return counted(frame, pool, tokenizer, recipe.render)
    if score_columns(pool):
        return from_score(frame, stages_of(pool)["score"])
    return estimated(frame)


def with_strata(frame: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The rows with the stratum of their problem: its values as first found, numbers in bins."""
    match = recipe.match
    columns = [column_of(name) for name in match.strata]
    columns = [name for name in columns if name in frame.columns]
    if not columns:
        return frame.with_columns(stratum=pl.lit("all"))
    first = frame.group_by("problem_id", maintain_order=True).agg(
        pl.col(columns).drop_nulls().first()
    )
    labels = [label(name, first.schema[name], match.bins) for name in columns]
    strata = first.select("problem_id", stratum=pl.concat_str(labels, separator=" | "))
    return frame.join(strata, on="problem_id", how="left", maintain_order="left")


def label(name: str, dtype: pl.DataType, bins: Sequence[float]) -> pl.Expr:
    """The words for a value of a column of the strata."""
    column = pl.col(name)
    if name == "file":
        return column.str.split("/").list.last()
    if not dtype.is_float():
        return column.cast(pl.String).fill_null("unknown")
    edges = ["0", *(f"{edge:g}" for edge in bins), "1"]
    words = pl.lit(f"{name} {edges[-2]}–{edges[-1]}")
    for place in range(len(bins) - 1, -1, -1):
        below = pl.lit(f"{name} {edges[place]}–{edges[place + 1]}")
        words = pl.when(column <= bins[place]).then(below).otherwise(words)
    return pl.when(column.is_null()).then(pl.lit(f"{name} unknown")).otherwise(words)
