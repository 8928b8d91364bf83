"""Who left a design, and why."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate.mix.design import Design
from curate.mix.kinds import Draw
from curate.mix.solve import Ints


def attrition(
    inside: pl.DataFrame,
    draws: Sequence[Draw],
    design: Design,
    able: Ints,
    kept: Ints,
    strata: Sequence[str],
    misfit: str,
) -> pl.DataFrame:
    """How many problems of each stratum stayed (reason null), and why the others left."""
    names = {draw: name for name, kind in reversed(design.kinds.items()) for draw in [kind.draw]}
    has = inside.group_by("problem").agg(pl.col("^draw-.*$").any()).sort("problem")
    reason = np.full(len(strata), misfit, dtype=object)
    reason[able] = "not needed for the numbers or the balance"
    reason[kept] = None
    for number, draw in reversed(list(enumerate(draws))):
        lacking = ~has[f"draw-{number}"].to_numpy()
        reason[lacking] = f"no trace for `{names[draw]}`"
    told = pl.DataFrame(
        {"stratum": strata, "reason": reason.tolist()}, schema_overrides={"reason": pl.String}
    )
    return (
        told.group_by("stratum", "reason")
        .len("problems")
        .sort("stratum", "reason", nulls_last=False)
    )
