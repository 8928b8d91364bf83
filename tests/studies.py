"""Small studies for the tests of the analysis: long tables, and panels with planted truth."""

import numpy as np
import polars as pl

from curate.analyze.panel import Panel, panel
from curate.analyze.planted import World, as_panel, draw


def long_table(
    values: np.ndarray,
    base: np.ndarray | None = None,
    *,
    clusters: np.ndarray | None = None,
    mixes: np.ndarray | None = None,
) -> pl.DataFrame:
    """Rows of one suite from values (arm, seed, step, item); a row for every value but NaN."""
    places = np.argwhere(~np.isnan(values))
    rows = [
        {
            "arm": f"a{arm}",
            "base": "small",
            "seed": int(seed),
            "step": 10 * (int(step) + 1),
            "item": f"i{item:03}",
            "cluster": None if clusters is None else f"c{clusters[item]}",
            "mix_seed": None if mixes is None else int(mixes[arm, seed]),
            "score": float(values[arm, seed, step, item]),
        }
        for arm, seed, step, item in places
    ]
    for item, score in enumerate([] if base is None else base):
        cluster = None if clusters is None else f"c{clusters[item]}"
        rows.append(
            rows[0]
            | {
                "arm": None,
                "seed": None,
                "step": 0,
                "item": f"i{item:03}",
                "cluster": cluster,
                "mix_seed": None,
                "score": float(score),
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        suite=pl.lit("sums"), domain=pl.lit("id"), sample=pl.lit(0), mode=pl.lit("free")
    )


def panel_of(values: np.ndarray, base: np.ndarray | None = None, **more: np.ndarray) -> Panel:
    """A panel by way of the long table."""
    return panel(long_table(values, base, **more), "id")


def planted_panel(means: np.ndarray, world: World, seed: int, *, base: float = 0.5) -> Panel:
    """A panel with planted truth."""
    return as_panel(draw(world, means, base, np.random.default_rng([2026, 11, seed])))
