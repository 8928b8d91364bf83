"""Which runs and items of a panel a comparison can stand on; what it leaves out, and why."""

import numpy as np

from curate.analyze.panel import Flags, Floats, Panel
from curate.errors import InputError


def replicates(panel: Panel) -> tuple[Floats, tuple[str, ...]]:
    """(arm, run, step, item): runs, or the means of the runs of each mixture draw.

    Where an arm has several draws of its mixture and trains on some of them twice, a draw is what
    was replicated; runs on one draw share it, and counting them apart would claim too much.
    """
    absent: Flags = np.isnan(panel.values)
    known: Flags = ~np.all(absent, axis=(2, 3))
    draws = [np.unique(panel.mixes[a][known[a]]) for a in range(len(panel.arms))]
    drawn, counts = np.array([len(d) for d in draws]), known.sum(axis=1)
    if drawn.max(initial=0) < 2:
        note = "one draw of each mixture: the claim is about these training sets alone"
        return panel.values, (note,) if np.any(panel.mixes) else ()
    if np.array_equal(drawn, counts):
        return panel.values, ()
    out = np.full((len(draws), int(drawn.max()), *panel.values.shape[2:]), np.nan)
    for a, own in enumerate(draws):
        for place, draw in enumerate(own):
            out[a, place] = panel.values[a, known[a] & (panel.mixes[a] == draw)].mean(axis=0)
    return out, ("runs on one draw of a mixture are averaged: the draws are the replicates",)


def whole_runs(panel: Panel, values: Floats) -> tuple[Flags, tuple[str, ...]]:
    """(arm, run): which runs have every checkpoint; an arm without one is refused."""
    absent: Flags = np.isnan(values)
    there: Flags = ~np.all(absent, axis=3)
    whole: Flags = np.all(there, axis=2)
    for place, name in enumerate(panel.arms):
        if not whole[place].any():
            raise InputError(
                f"no run of arm `{name}` has all the checkpoints of `{panel.name}`",
                why=f"the panel has the steps {', '.join(map(str, panel.steps))}",
                fix="leave out the arm, or the steps that it lacks",
            )
    cut = int((there.any(axis=2) & ~whole).sum())
    uneven = len(set(whole.sum(axis=1).tolist())) > 1
    notes = (f"{cut} runs lack a checkpoint and are left out",) if cut else ()
    return whole, notes + (("arms have unequal numbers of runs",) if uneven else ())


def refuse_few_clusters(panel: Panel, scored: Flags) -> None:
    """Refuses a suite with fewer than two clusters of scored items."""
    for place, name in enumerate(panel.suites):
        number = len(np.unique(panel.clusters[scored & (panel.suite == place)]))
        if number < 2 and panel.suite_weights[place] > 0:
            raise InputError(
                f"suite `{name}` has {number} cluster(s) of items with every score",
                why="how far a mean over items can be trusted is told from two clusters or more",
                fix="judge the items that lack a score, or leave the suite out",
            )
