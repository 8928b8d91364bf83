"""The words that an estimate allows. "No difference" has to be shown like any other claim.

- different: the two-sided test, adjusted for its family, rejects no difference;
- equivalent within ±m: two one-sided tests (TOST, Schuirmann 1987) reject a difference of m;
- not worse by more than m: one one-sided test rejects a loss of m (non-inferiority);
- undetermined (MDE x): none of these; x is what would have been found with 80 % chance.
"""

from enum import StrEnum

import numpy as np
from scipy.special import stdtr

from curate.analyze.effects import Effect
from curate.analyze.interval import NOTHING
from curate.analyze.multiplicity import Finding


class Word(StrEnum):
    """What may be said of two arms."""

    DIFFERENT = "different"
    EQUIVALENT = "equivalent"
    NOT_WORSE = "not worse"
    UNDETERMINED = "undetermined"


def equivalence_p(effect: Effect, margin: float) -> float:
    """P of TOST: the larger of the two one-sided ones, of a difference of ±`margin` or more."""
    return max(non_inferiority_p(effect, margin), _below_p(effect, margin))


def non_inferiority_p(effect: Effect, margin: float) -> float:
    """P of a loss of `margin` or more (higher values of the measure are better)."""
    return _above_p(effect, -margin)


def _above_p(effect: Effect, value: float) -> float:
    return _tail(effect.estimate - value, effect)


def _below_p(effect: Effect, value: float) -> float:
    return _tail(value - effect.estimate, effect)


def _tail(distance: float, effect: Effect) -> float:
    """One-sided p of an estimate so far on the right side of a bound."""
    if effect.error <= NOTHING:
        return unseen_p(distance, effect.clusters)
    return float(stdtr(effect.degrees, -distance / effect.error))


def unseen_p(share: float, clusters: int) -> float:
    """Chance that none of `clusters` differs if `share` of all do; for scores in [0, 1].

    Where no item differs the estimated error is 0, and yet not all items were seen: 149 clusters
    without a difference rule out one of 2 points at 5 %, 30 do not.
    """
    return float((1 - np.clip(share, 0, 1)) ** clusters)


def word(finding: Finding, margin: float) -> Word:
    """What may be said of a reasoning effect: different, equivalent, or undetermined.

    A difference that is shown and also shown to be smaller than the margin is equivalent: it is
    there, and by the declared measure it does not matter. Without seeds nothing may be said.
    """
    if not finding.effect.seeds_known:
        return Word.UNDETERMINED
    if equivalence_p(finding.effect, margin) <= finding.level:
        return Word.EQUIVALENT
    return Word.DIFFERENT if finding.different else Word.UNDETERMINED


def safety_word(finding: Finding, margin: float) -> Word:
    """What may be said of safety: different, not worse by more than `margin`, or undetermined."""
    effect = finding.effect
    if not effect.seeds_known:
        return Word.UNDETERMINED
    if non_inferiority_p(effect, margin) <= finding.level:
        return Word.NOT_WORSE
    return Word.DIFFERENT if finding.different else Word.UNDETERMINED


def phrase(finding: Finding, said: Word, margin: float) -> str:
    """The word with its number, in points of a score; nothing else may be printed of a test."""
    points = f"{100 * margin:g}"
    if said is Word.EQUIVALENT:
        return f"equivalent within ±{points} points"
    if said is Word.NOT_WORSE:
        return f"not worse by more than {points} points"
    if said is Word.DIFFERENT:
        return "different"
    if not finding.effect.seeds_known:
        return "undetermined (seeds unknown)"
    return f"undetermined (MDE {100 * finding.effect.detectable:.1f} points)"
