"""Every kind of problem by its name."""

from collections.abc import Callable

from numpy.random import Generator

from curate.sample import algebra, numeric, worded
from curate.sample.task import Task

KINDS: dict[str, Callable[[Generator], Task]] = {
    maker.__name__: maker
    for maker in (
        numeric.integer,
        numeric.fraction,
        numeric.decimal,
        numeric.percent,
        numeric.currency,
        numeric.unit,
        algebra.point,
        algebra.roots,
        algebra.interval,
        algebra.expression,
        algebra.equation,
        algebra.matrix,
        algebra.radical,
        worded.choice,
        worded.name,
        worded.countdown,
    )
}
