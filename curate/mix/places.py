"""Where the traces of a manifest lie: in which pool, part and place, and where they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.groups import group_seal
from curate.mix.canaries import canary_items, canary_places
from curate.mix.recipe import Recipe
from curate.pool import TRACES, Pool
from curate.store import path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The traces that are to be written."""

    frame: pl.DataFrame
    """id, problem_id, pool (its name in the recipe), source, row, rollout, part, place"""
    pools: Mapping[str, Pool]


def checked_pools(manifest: Mapping[str, Any], recipe: Recipe) -> dict[str, Pool]:
    """The pools of a manifest, their traces as they were.

    Raises:
        InputError: the traces of one are others.
    """
    pools = {name: Pool.open(path_of(spec.pool)) for name, spec in recipe.sources.items()}
    for name, pool in pools.items():
        was = manifest["inputs"][name]["traces_seal"]
        if (now := group_seal(pool, TRACES)) != was:
            raise InputError(
                f"`{pool.path}` is not the pool that the arms were made from",
                why=f"the seal of its traces is {now[:12]}…, and was {was[:12]}…",
                fix="replay with the old pool, or run `curate mix` with the recipe",
            )
    return pools


def locate(manifest: Mapping[str, Any], arms: Sequence[str], pools: Mapping[str, Pool]) -> Places:
    """The places of all traces of some arms, each in the first pool that has it.

    Raises:
        InputError: no pool has one of them.
    """
    ids = pl.concat(pl.Series("id", manifest["arms"][arm]["data"]["id"]) for arm in arms).unique()
    ids = ids.filter(~ids.is_in(list(canary_items(manifest))))
    frames = [in_pool(name, pool, ids) for name, pool in pools.items()]
    found = pl.concat(frames).unique("id", keep="first", maintain_order=True)
    if found.height < ids.len():
        missing = ids.filter(~ids.is_in(found["id"].implode())).sort()
        raise InputError(
            f"the trace {missing[0]} is in none of the pools",
            why="the manifest was edited, or names other pools",
            fix="run `curate mix` with the recipe",
        )
    canaries = canary_places(manifest).cast(found.schema).select(found.columns)
    return Places(frame=pl.concat([found, canaries]), pools=pools)


def in_pool(name: str, pool: Pool, ids: pl.Series) -> pl.DataFrame:
    """The places of those traces that a pool has."""
    frames = []
    for number, part in enumerate(pool.part_names()):
        columns = ["id", "problem_id", "source", "row", "rollout"]
        rows = pool.read_part(part, [TRACES], columns).with_row_index("place")
        mine = rows.join(ids.to_frame(), on="id", how="semi", maintain_order="left")
        frames.append(
            mine.with_columns(part=pl.lit(number, dtype=pl.Int64), pool=pl.lit(name)).cast(
                {"place": pl.Int64, "row": pl.Int64, "rollout": pl.Int64}
            )
        )
    return pl.concat(frames)
