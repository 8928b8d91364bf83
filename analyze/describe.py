"""A trajectory of bare scores described: trough, depth, when it was back. No test is possible.

For published tables, which give one number a checkpoint: without items there is no error of
sampling, without seeds none of training, so whatever the numbers look like, they decide nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.errors import InputError

NO_TEST = "one number a checkpoint and one seed: described, not tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the numbers look like, in their own unit."""

    base: float
    trough_step: int
    """The checkpoint with the lowest score, the first of equals."""
    depth: float
    """Base less the lowest score; below 0 if no checkpoint is under the base."""
    recovered_step: int | None
    """The first checkpoint after the trough at the base or above; None if there is none, or if
    nothing was lost."""
    net: float
    """Last score less base."""
    late_rise: float
    """Last score less the one before; 0 with a single checkpoint."""
    note: str = NO_TEST


def describe(base: float, steps: Sequence[int], scores: Sequence[float]) -> Description:
    """The trough and the way back of scores at ascending steps."""
    values = np.asarray(scores, float)
    if len(values) == 0 or len(values) != len(steps) or np.isnan([base, *values]).any():
        raise InputError(
            "the trajectory cannot be described",
            why=f"it has {len(steps)} steps and {len(values)} scores, or one is missing",
            fix="give one score for each checkpoint, and the base's",
        )
    low = int(values.argmin())
    back = [place for place in range(low + 1, len(values)) if values[place] >= base]
    lost = bool(values[low] < base)
    return Description(
        base=base,
        trough_step=steps[low],
        depth=float(base - values[low]),
        recovered_step=steps[back[0]] if lost and back else None,
        net=float(values[-1] - base),
        late_rise=float(values[-1] - values[-2]) if len(values) > 1 else 0.0,
    )
