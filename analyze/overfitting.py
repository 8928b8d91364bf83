"""The symptom of overfitting: late, in-domain and out-of-domain scores fall and responses grow.

Ren et al. 2026 (arXiv:2604.06628, section 3.4) see all three together only under an aggressive
schedule. Here each must be shown at alpha, so the symptom is claimed wrongly with that chance at
most (intersection–union).
"""

from dataclasses import dataclass

from curate.analyze.phases import Phases
from curate.analyze.stopping import falls_late
from curate.analyze.variance import Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfitting:
    """Which of the three parts were shown."""

    arm: str
    in_domain_falls: bool
    """Some earlier window is above the last one, in domain."""
    out_of_domain_falls: bool
    lengths_rebound: bool
    """Responses grow again at the end, after having shrunk."""
    seeds_known: bool

    @property
    def shown(self) -> bool:
        """Whether all three were, and of training rather than of one run."""
        parts = (self.in_domain_falls, self.out_of_domain_falls, self.lengths_rebound)
        return self.seeds_known and all(parts)


def overfitting(
    in_domain: Moments,
    out_of_domain: Moments,
    lengths: Phases,
    arm: str,
    *,
    window: int = 2,
    alpha: float = 0.05,
) -> Overfitting:
    """The symptom in one arm; `lengths` are the phases of its log lengths (`phases.py`)."""
    return Overfitting(
        arm=arm,
        in_domain_falls=falls_late(in_domain, arm, window=window, alpha=alpha),
        out_of_domain_falls=falls_late(out_of_domain, arm, window=window, alpha=alpha),
        lengths_rebound=lengths.rebounds_at_the_end,
        seeds_known=in_domain.seeds_known and out_of_domain.seeds_known and lengths.seeds_known,
    )
