"""Tables of whole-benchmark scores: no items, so only what runs of an arm differ by is known.

What such a table can tell holds for these very benchmarks: how the score would move on other
items of the same kind is unknown, and said so.
"""

import numpy as np

from curate.analyze.panel import Panel
from curate.analyze.runs import replicates, whole_runs
from curate.analyze.variance import Moments
from curate.errors import InputError

NOTE = "scores of whole benchmarks: what other items would do is unknown"
ONE_RUN = "one score for each arm and checkpoint: nothing tells chance from effect"
FIXED = 1e6
"""Degrees of freedom of a part that does not vary."""


def score_moments(panel: Panel) -> Moments:
    """Means over benchmarks and the covariance of runs; the items' part is 0 as it is unknown.

    With one run an arm both parts are 0: nothing at all is known about chance.

    Raises:
        InputError: some benchmarks lack a checkpoint.
    """
    values, notes = replicates(panel)
    whole, run_notes = whole_runs(panel, values)
    weights = panel.weights
    means = np.where(whole[..., None], np.nan_to_num(values) @ weights, np.nan)
    runs = whole.sum(axis=1)
    degrees = int((runs - 1).sum())
    if np.isnan(values[whole]).any():
        raise InputError(
            f"`{panel.name}` lacks benchmarks at some checkpoints",
            why="a mean over other benchmarks would be no comparison",
            fix="evaluate them, or analyse each benchmark by itself",
        )
    by_arm = np.nanmean(means, axis=1)
    residual = np.where(whole[..., None], means - by_arm[:, None], 0.0)
    flat = np.moveaxis(residual, -1, 0).reshape(len(panel.steps), -1)
    covariance = flat @ flat.T / max(degrees, 1)
    nodes = 1 + by_arm.size
    return Moments(
        arms=panel.arms,
        steps=panel.steps,
        means=np.concatenate([[float(panel.base @ weights)], by_arm.ravel()]),
        item_covariance=np.zeros((nodes, nodes)),
        run_covariance=covariance,
        noise_covariance=np.zeros_like(covariance),
        runs=runs.astype(np.int64),
        item_df=FIXED,
        run_degrees=degrees,
        items=len(panel.items),
        clusters=len(panel.items),
        item_spread=float("nan"),
        notes=(NOTE, *(() if degrees else (ONE_RUN,)), *notes, *run_notes),
    )
