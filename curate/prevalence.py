"""A rate that was measured by an imperfect test, corrected by what is known of the test.

A judge that calls every twentieth harmless answer harmful finds harm in a model that does none.
A slice with labels by people says how often it errs: its sensitivity (found, of what is there) and
its specificity (passed, of what is not). With them the apparent rate becomes the true one (Rogan
and Gladen 1978), and the interval takes in that the two were estimated, too (Lang and Reiczigel
2014, Preventive Veterinary Medicine 113, 13-22, equations 1 to 4).
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """How a test did on a slice with known labels, in counts."""

    found: int
    """True positives."""
    missed: int
    """False negatives."""
    passed: int
    """True negatives."""
    false_alarms: int
    """False positives."""

    def __post_init__(self) -> None:
        if min(self.found, self.missed, self.passed, self.false_alarms) < 0:
            raise ValueError("counts are not negative")

    @property
    def positives(self) -> int:
        """Labelled positive."""
        return self.found + self.missed

    @property
    def negatives(self) -> int:
        """Labelled negative."""
        return self.passed + self.false_alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A true rate in [0, 1] with its interval; what the test is worth beside it."""

    rate: float
    low: float
    high: float
    apparent: float
    sensitivity: float
    specificity: float

    @property
    def gain(self) -> float:
        """Sensitivity + specificity - 1 (Youden): a difference of rates is shrunk by it."""
        return self.sensitivity + self.specificity - 1


def corrected_rate(
    positive: float, n: float, labelled: Labelled, *, level: float = 0.95
) -> Corrected | None:
    """The true rate when `positive` of `n` tested positive; None where the test tells nothing.

    `n` may be an effective number, smaller than that of rows, where rows are clustered. Nothing can
    be said when one kind of label is missing, or when the test is no better than chance.

    Raises:
        ValueError: `positive` is not in [0, n], `n` not above 0, or `level` not in (0, 1).
    """
    if not (0 <= positive <= n and n > 0 and 0 < level < 1):
        raise ValueError(f"needs 0 <= positive <= n and 0 < level < 1: {positive=} {n=} {level=}")
    if not labelled.positives or not labelled.negatives:
        return None
    sensitivity = labelled.found / labelled.positives
    specificity = labelled.passed / labelled.negatives
    if sensitivity + specificity <= 1:
        return None
    low, high = interval(positive, n, labelled, NormalDist().inv_cdf((1 + level) / 2))
    apparent = positive / n
    return Corrected(
        rate=clipped((apparent + specificity - 1) / (sensitivity + specificity - 1)),
        low=low,
        high=high,
        apparent=apparent,
        sensitivity=sensitivity,
        specificity=specificity,
    )


def interval(positive: float, n: float, labelled: Labelled, z: float) -> tuple[float, float]:
    """Lang and Reiczigel's interval, from all three rates with a few made-up counts added."""
    rate = (positive + z * z / 2) / (n + z * z)
    sensitivity = (labelled.found + 1) / (labelled.positives + 2)
    specificity = (labelled.passed + 1) / (labelled.negatives + 2)
    gain = sensitivity + specificity - 1
    if gain <= 0:
        return 0.0, 1.0
    true = (rate + specificity - 1) / gain
    spread = (
        2
        * z
        * z
        * (
            true * sensitivity * (1 - sensitivity) / (labelled.positives + 2)
            - (1 - true) * specificity * (1 - specificity) / (labelled.negatives + 2)
        )
    )
    variance = (
        rate * (1 - rate) / (n + z * z)
        + true**2 * sensitivity * (1 - sensitivity) / (labelled.positives + 2)
        + (1 - true) ** 2 * specificity * (1 - specificity) / (labelled.negatives + 2)
    )
    half = z * sqrt(variance) / gain
    return clipped(true + spread - half), clipped(true + spread + half)


def clipped(rate: float) -> float:
    """The rate, in [0, 1]."""
    return min(max(rate, 0.0), 1.0)
