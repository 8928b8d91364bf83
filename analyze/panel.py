"""A long table of results as arrays: one base, one suite or domain, one mode, one measure.

A row of the long table is one item and sample of one checkpoint, for example::

    arm "verified"  base "small"  seed 1  step 40  suite "sums"  domain "id"  item "sums-17"
    cluster "sums-17"  sample 0  mode "free"  score 1.0

Rows with arm null, or of step 0, are the untrained base; every arm of that base starts from them.
Tables without `mode`, `cluster`, `sample` or `mix_seed` (probes, scores of public checkpoints)
do as well: one mode, every item its own cluster, one mixture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
AXES = ("arm", "seed", "step")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """Scores of arms × seeds × checkpoints × items, and of the base on the same items."""

    name: str
    """The suite or the domain."""
    measure: str
    """The column that was averaged: `score` in [0, 1], or `n_tokens`, `truncated`, ..."""
    base_name: str
    mode: str
    values: Floats
    """(arm, seed, step, item): mean over samples; NaN where no sample was judged."""
    base: Floats
    """(item,): the untrained base; NaN where it was not evaluated."""
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    steps: tuple[int, ...]
    """The checkpoints, ascending, without step 0."""
    items: tuple[str, ...]
    clusters: Ints
    """(item,): items with the same number came from one template, passage or generator."""
    suites: tuple[str, ...]
    suite: Ints
    """(item,): the place of the item's suite in `suites`; suites are strata with fixed weights."""
    suite_weights: Floats
    """(suite,): sums to 1."""
    mixes: Ints
    """(arm, seed): which draw of the mixture the run was trained on; 0 where not recorded."""

    @property
    def weights(self) -> Floats:
        """(item,): weight of every item, summing to 1: its suite's weight shared out evenly."""
        counts = np.bincount(self.suite, minlength=len(self.suites))
        share: Floats = (self.suite_weights / np.maximum(counts, 1))[self.suite]
        return share

    def arm(self, name: str) -> int:
        """Place of an arm along the first axis."""
        if name not in self.arms:
            raise InputError(
                f"no arm `{name}` in `{self.name}`",
                why=f"its arms are {', '.join(self.arms)}",
                fix="name one of them",
            )
        return self.arms.index(name)


def panel(
    table: pl.DataFrame,
    scope: str,
    *,
    base: str | None = None,
    by: str = "domain",
    mode: str = "free",
    measure: str = "score",
    weights: Mapping[str, float] | None = None,
    arms: Sequence[str] | None = None,
) -> Panel:
    """The arrays of one suite (`by="suite"`) or domain (`by="domain"`) of one base and mode.

    `weights` says how much each suite of a domain counts (default: all the same); `arms` picks
    and orders the arms (default: all, sorted). Rows with a null measure are not counted.
    """
    table = _with_defaults(table)
    base = base if base is not None else _only(table, "base")
    rows = table.filter((pl.col(by) == scope) & (pl.col("base") == base) & (pl.col("mode") == mode))
    _refuse_empty(rows, table, scope, base=base, by=by, mode=mode)
    untrained = pl.col("arm").is_null() | (pl.col("step") == 0)
    _refuse_unknown_steps(rows.filter(~untrained | pl.col("step").is_null()))
    if arms is not None:
        rows = rows.filter(untrained | pl.col("arm").is_in(list(arms)))
    rows, keys = _with_item_places(rows.with_columns(_value=pl.col(measure).cast(pl.Float64)))
    trained, start = rows.filter(~untrained), rows.filter(untrained)
    axes = (
        tuple(arms) if arms is not None else _values(trained, "arm"),
        _values(trained, "seed"),
        _values(trained, "step"),
    )
    shape = (*map(len, axes), keys.height)
    places = [_places(trained[name], axis) for name, axis in zip(AXES, axes, strict=True)]
    place = np.ravel_multi_index((*places, trained["_item"].to_numpy()), shape)
    mixes = np.zeros(shape[:2], np.int64)
    mixes[places[0], places[1]] = trained["mix_seed"].to_numpy()
    suites = _values(keys, "suite")
    return Panel(
        name=scope,
        measure=measure,
        base_name=base,
        mode=mode,
        values=_means(trained["_value"], place, shape),
        base=_means(start["_value"], start["_item"].to_numpy(), (keys.height,)),
        arms=axes[0],
        seeds=axes[1],
        steps=axes[2],
        items=tuple(keys["item"]),
        clusters=_cluster_numbers(keys),
        suites=suites,
        suite=_places(keys["suite"], suites),
        suite_weights=_suite_weights(suites, weights),
        mixes=mixes,
    )


def _with_defaults(table: pl.DataFrame) -> pl.DataFrame:
    """The table with the columns that a foreign one may lack, and no null among the keys."""
    needed = {"arm", "base", "step", "suite", "item"}
    if missing := needed - set(table.columns):
        raise InputError(
            f"the table has no {', '.join(f'`{name}`' for name in sorted(missing))}",
            why=f"its columns are {', '.join(table.columns)}",
            fix="map its columns to those of a study's results",
        )
    defaults = {"mode": "free", "seed": 0, "mix_seed": 0, "cluster": None, "domain": "all"}
    table = table.with_columns(
        pl.lit(value).alias(name) for name, value in defaults.items() if name not in table.columns
    )
    return table.with_columns(
        pl.col("cluster").cast(pl.String).fill_null(pl.col("item").cast(pl.String)),
        pl.col("seed").cast(pl.Int64).fill_null(0),
        pl.col("mix_seed").cast(pl.Int64).fill_null(0),
        pl.col("mode").fill_null("free"),
    )


def _refuse_unknown_steps(trained: pl.DataFrame) -> None:
    if unknown := trained.filter(pl.col("arm").is_not_null())["step"].null_count():
        raise InputError(
            f"{unknown} rows of trained arms have no step",
            why="a trajectory is scores in the order of their checkpoints",
            fix="give each row the optimizer step of its checkpoint",
        )


def _only(table: pl.DataFrame, column: str) -> str:
    """The single value of a column, or an error that lists them."""
    found = _values(table, column)
    if len(found) != 1:
        raise InputError(
            f"the table has {len(found)} values of `{column}`",
            why=f"they are {', '.join(map(str, found)) or 'none'}, and a panel holds one",
            fix=f"say which `{column}`",
        )
    return str(found[0])


def _refuse_empty(
    rows: pl.DataFrame, table: pl.DataFrame, scope: str, *, base: str, by: str, mode: str
) -> None:
    if rows.height == 0:
        have = {name: ", ".join(map(str, _values(table, name))) for name in (by, "base", "mode")}
        raise InputError(
            f"no row of {by} `{scope}`, base `{base}`, mode `{mode}`",
            why="; ".join(f"`{name}` holds {text}" for name, text in have.items()),
            fix="name what the table holds",
        )


def _values(table: pl.DataFrame, column: str) -> tuple[Any, ...]:
    """Distinct values of a column but null, ascending."""
    return tuple(table[column].drop_nulls().unique().sort().to_list())


def _with_item_places(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with `_item`, the place of their item, and the items in order: suite, item, cluster.

    The same item name in two suites is two items. An item with two clusters is refused.
    """
    rows = rows.with_columns(pl.col("suite", "item").cast(pl.String))
    keys = rows.select("suite", "item", "cluster").unique().sort("suite", "item", "cluster")
    double = keys.filter(pl.struct("suite", "item").is_duplicated())
    if double.height:
        raise InputError(
            f"item `{double['item'][0]}` of `{double['suite'][0]}` has more than one cluster",
            why=f"it is in {', '.join(double['cluster'][:2])}",
            fix="give each item one cluster",
        )
    numbered = keys.select("suite", "item", _item=pl.int_range(pl.len()))
    return rows.join(numbered, on=["suite", "item"], how="left", maintain_order="left"), keys


def _places(column: pl.Series, names: Sequence[object]) -> Ints:
    """Where each value stands in `names`."""
    new = {name: place for place, name in enumerate(names)}
    return column.replace_strict(new, return_dtype=pl.Int64).to_numpy().astype(np.int64)


def _means(column: pl.Series, place: Ints, shape: tuple[int, ...]) -> Floats:
    """Mean of the known values at every place of an array of `shape`; NaN where none is known."""
    known = column.is_not_null().to_numpy() & ~np.isnan(column.fill_null(np.nan).to_numpy())
    at, value = place[known], column.to_numpy()[known]
    size = int(np.prod(shape))
    total = np.bincount(at, value, size)
    count = np.bincount(at, minlength=size)
    means = np.full(size, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means.reshape(shape)


def _cluster_numbers(keys: pl.DataFrame) -> Ints:
    """Clusters numbered from 0 in the order of their items; one name in two suites is two."""
    named = keys.select(pl.struct("suite", "cluster").rank("dense").alias("_n") - 1)["_n"]
    return named.to_numpy().astype(np.int64)


def _suite_weights(suites: Sequence[str], weights: Mapping[str, float] | None) -> Floats:
    """Weights of the suites, in their order, summing to 1."""
    if weights is None:
        return np.full(len(suites), 1 / len(suites))
    given = np.array([weights.get(name, np.nan) for name in suites])
    if not (np.all(given >= 0) and given.sum() > 0):
        raise InputError(
            f"the weights do not fit the suites {', '.join(suites)}",
            why=f"they are {dict(weights)}, and each suite needs one of 0 or more",
            fix="give every suite a weight",
        )
    scaled: Floats = given / given.sum()
    return scaled
