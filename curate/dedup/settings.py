"""What counts as a duplicate."""

from dataclasses import dataclass, field
from enum import StrEnum

from curate.dedup.bands import Bands, bands_for
from curate.dedup.signatures import Shingling


class Level(StrEnum):
    """What of a trace is a copy, and of what."""

    PROBLEM = "problem"
    """Its problem, of another problem in the pool."""
    TRACE = "trace"
    """Its response, of the response to another problem."""
    ROLLOUT = "rollout"
    """Its response, of another response to the same problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupSettings:
    """How duplicates are found."""

    levels: frozenset[Level] = frozenset(Level)
    threshold: float = 0.8
    """Jaccard's similarity, in (0, 1], from which two sets of shingles are near-copies."""
    shingling: Shingling = field(default_factory=Shingling)
    verify: bool = True
    """Whether the true similarity of candidates is taken, not the estimate of their signatures."""
    meaning: str | None = None
    """The sentence encoder that compares problems by meaning, if one does."""
    cosine: float = 0.95
    """From which on two problems mean the same."""

    @property
    def bands(self) -> Bands:
        """The bands for the threshold."""
        return bands_for(self.threshold)

    @property
    def config(self) -> dict[str, object]:
        """As plain values."""
        meaning = {"meaning": self.meaning, "cosine": self.cosine} if self.meaning else {}
        return meaning | {
            "levels": sorted(self.levels),
            "threshold": self.threshold,
            "words": self.shingling.words,
            "characters": self.shingling.characters,
            "bands": self.bands.bands,
            "rows": self.bands.rows,
            "verify": self.verify,
        }
