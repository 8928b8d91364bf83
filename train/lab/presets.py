"""Ready-made labs: which bases, arms, schedule and seeds, and what they are there to show.

preset      arms × bases × seeds × checkpoints   shows
demo        4 × 1 × 2 × 9                        quality, dip and recovery, forgetting, replay
schedule    1 × 1 × 2 × 9, three schedules       a short run has the dip alone
capability  2 × 3 × 2 × 9                        what a base could do before decides
forgetting  5 × 1 × 2 × 9                        doses of replay and of refusals
dose        5 × 1 × 3 × 6                        0 to 100 % of systematic errors
full        8 × 3 × 3 × 10                       every defect on every base
smoke       2 × 1 × 1 × 2                        that it runs; nothing is learned
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from curate.train.lab.pretrain import BaseRecipe
from curate.train.lab.recipes import ArmRecipe, defects, doses, of_grade, with_other

LOG_GRID = (4, 8, 12, 16, 32, 64, 96, 128, 200)
"""Checkpoints of the long schedule, in steps: dense where the format is taken up."""
LONG: Mapping[str, object] = MappingProxyType(
    {
        "learning_rate": 2e-3,
        "batch": 64,
        "micro_batch": 64,
        "steps": 200,
        "decay": "cosine",
        "warmup": 0.05,
        "beta2": 0.95,
        "precision": "fp32",
        "max_length": 128,
        "shuffle": True,
        "batching": "sorted",
        "checkpoints": LOG_GRID,
    }
)
MODES: Mapping[str, list[str]] = MappingProxyType(
    {
        "id": ["free", "forced_cot", "forced_direct"],
        "ood": ["free", "forced_cot", "forced_direct"],
        "general": ["free", "forced_direct"],
        "safety": ["free"],
    }
)

ID_MODES: Mapping[str, list[str]] = MappingProxyType({"id": MODES["id"]})
"""All modes in-domain, free ones elsewhere: fewer responses."""

DIRECT = BaseRecipe(name="direct", thinking=0.01)
"""Answers short chains and has hardly ever seen a thought."""
MIXED = BaseRecipe(name="mixed", thinking=0.10)
LATENT = BaseRecipe(
    name="latent",
    thinking=0.3,
    diet={
        "short": 0.24, "chain": 0.2, "words": 0.2, "long": 0.02, "sort": 0.08, "max": 0.04,
        "reverse": 0.06, "fact": 0.1, "harm": 0.03, "benign": 0.03,
    },
)  # fmt: skip
"""Can think, when made to, better than it answers; it answers directly of itself."""
TINY = BaseRecipe(name="tiny", steps=8, batch=16, hidden=16, layers=1, heads=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A lab."""

    name: str
    about: str
    arms: tuple[ArmRecipe, ...]
    bases: tuple[BaseRecipe, ...] = (DIRECT,)
    schedules: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: {"": LONG})
    """By the name of the study; the first is the lab's own, `STUDY.toml`"""
    seeds: int = 2
    rows: int = 6400
    """Rows of an arm"""
    items: int = 100
    """Items of a suite, where there are so many"""
    modes: Mapping[str, list[str]] = field(default_factory=lambda: dict(MODES))
    probes: bool = True
    """Likelihoods of the answers at every checkpoint, too"""
    contrasts: tuple[tuple[str, str], ...] = ()
    workers: int = 2


REPLAY_10 = with_other("replay", 0.1, "replay-10")

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                name="demo",
                about="verified, systematic and direct traces, and verified ones with replay",
                arms=(of_grade("verified"), of_grade("systematic"), of_grade("direct"), REPLAY_10),
                contrasts=(("systematic", "verified"), ("replay-10", "verified")),
            ),
            Preset(
                name="schedule",
                about="the same arm under a long, a short and a constant schedule",
                arms=(of_grade("verified"),),
                modes=ID_MODES,
                probes=False,
                schedules={
                    "": LONG,
                    "short": {**LONG, "steps": 24, "checkpoints": (4, 8, 12, 16, 20, 24)},
                    "constant": {**LONG, "decay": "constant"},
                },
            ),
            Preset(
                name="capability",
                about="verified and systematic traces on three bases that think little to much",
                arms=(of_grade("verified"), of_grade("systematic")),
                bases=(DIRECT, MIXED, LATENT),
                modes=ID_MODES,
                probes=False,
                contrasts=(("systematic", "verified"),),
            ),
            Preset(
                name="forgetting",
                about="verified traces with 0, 2, 5 and 10 % of replay, or 3 % of refusals",
                arms=(
                    of_grade("verified"),
                    with_other("replay", 0.02, "replay-2"),
                    with_other("replay", 0.05, "replay-5"),
                    REPLAY_10,
                    with_other("refusals", 0.03, "refusals-3"),
                ),
                modes={},
                probes=False,
            ),
            Preset(
                name="dose",
                about="0, 25, 50, 75 and 100 % of systematic errors, nested",
                arms=tuple(doses("systematic")),
                seeds=3,
                schedules={"": {**LONG, "checkpoints": (8, 16, 32, 64, 128, 200)}},
                modes={},
                probes=False,
            ),
            Preset(
                name="full",
                about="every defect on every base",
                arms=tuple(defects()),
                bases=(DIRECT, MIXED, LATENT),
                seeds=3,
                items=150,
                schedules={"": {**LONG, "steps": 320, "checkpoints": (*LOG_GRID, 320)}},
            ),
            Preset(
                name="smoke",
                about="that everything runs",
                arms=(of_grade("verified"), of_grade("systematic")),
                bases=(TINY,),
                seeds=1,
                rows=64,
                items=4,
                schedules={
                    "": {**LONG, "steps": 2, "batch": 8, "micro_batch": 8, "checkpoints": (1, 2)}
                },
                workers=1,
            ),
        )
    }
)
