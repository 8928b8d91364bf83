"""Error rates of the attribution on planted truth: `python -m benchmarks.attribution --draws 2000`.

Every study is drawn, analysed and held against what was planted (`tests/planted_arms.py`); beside
each stands the usual, simpler way. Five arms or eight, 200 items with two samples, arm x item
spread 6 points, spread between runs 1.7 points, unless the line says otherwise.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from tests.planted_arms import (
    Outcome,
    behaviour_study,
    capability_study,
    decision_study,
    decision_truth,
    dose_study,
    exchange_study,
    factorial_study,
    grader_study,
    heterogeneity_study,
    monotone_study,
    nested_study,
    rates,
    shapley_study,
    swarm_study,
    threshold_study,
    verdict_study,
)

Study = Callable[[np.random.Generator], Outcome]
SLOW = 0.25
"""Share of the draws that slow studies get."""
STUDIES: list[tuple[str, Study, float]] = [
    *(
        (
            f"dose slope 0, {seeds} seeds, run sd {100 * sd:g}",
            partial(dose_study, seeds=seeds, seed_sd=sd),
            1.0,
        )
        for seeds in (1, 2, 3, 5)
        for sd in (0.0, 0.017, 0.028)
    ),
    ("dose slope -8 points, 3 seeds", partial(dose_study, truth=-0.08), 1.0),
    ("dose slope -8 points, 5 seeds", partial(dose_study, truth=-0.08, seeds=5), 1.0),
    ("nested draws, 3 seeds: slope by seed", partial(nested_study, seeds=3), 1.0),
    ("nested draws, 5 seeds: slope by seed", nested_study, 1.0),
    ("dose verdict, no effect", verdict_study, SLOW),
    ("dose verdict, -8 points", partial(verdict_study, truth=-0.08), SLOW),
    (
        "dose verdict, -8 points, A/A pair 15 points apart",
        partial(verdict_study, truth=-0.08, drift=0.15),
        SLOW,
    ),
    ("trend, flat", partial(monotone_study, shape=[0] * 5), SLOW),
    ("trend, step of 5 points", partial(monotone_study, shape=[0, 0, 0.05, 0.05, 0.05]), SLOW),
    ("trend, umbrella of 10 points", partial(monotone_study, shape=[0, 0.05, 0.1, 0.05, 0]), SLOW),
    (
        "threshold, step of 8 points at 75 %",
        partial(threshold_study, shape=[0, 0, 0, 0.08, 0.08]),
        1.0,
    ),
    ("slope corrected for grader error, 150 + 150 checked", grader_study, 0.5),
    ("factorial 2^3, 3 seeds", factorial_study, 1.0),
    ("factorial 2^3, 5 seeds", partial(factorial_study, seeds=5), 1.0),
    ("factorial 2^3, 1 seed (Lenth)", partial(factorial_study, seeds=1), 1.0),
    ("Shapley, 3 strata, 3 seeds", shapley_study, SLOW),
    ("Shapley, 3 strata, 5 seeds", partial(shapley_study, seeds=5), SLOW),
    ("swarm, 30 arms, 4 strata", swarm_study, SLOW),
    ("exchange rate, reasoning +12", partial(exchange_study, gain=0.12), 1.0),
    ("exchange rate, reasoning +5", partial(exchange_study, gain=0.05), 1.0),
    ("exchange rate, reasoning +1", partial(exchange_study, gain=0.01), 1.0),
    ("capability, no interaction, 6 bases alike", capability_study, 1.0),
    ("capability, no interaction, 10 bases", partial(capability_study, bases=10, spread=0.08), 1.0),
    (
        "capability, slope 0.5, 8 bases",
        partial(capability_study, truth=0.5, bases=8, spread=0.08),
        1.0,
    ),
    ("mean over 5 bases, true sd 2 points", heterogeneity_study, 1.0),
    ("mean over 5 bases, no true sd", partial(heterogeneity_study, tau=0.0), 1.0),
    *(
        (
            f"order of {arms} arms, {word}",
            partial(decision_study, truth=decision_truth(arms, noise), arms=arms, noise=noise),
            SLOW,
        )
        for arms in (4, 6, 10)
        for word, noise in (("alike", 0.0), ("half alike", 0.03), ("unrelated", 10.0))
    ),
    ("behaviour, nothing changes", behaviour_study, 0.5),
    (
        "behaviour, longer alone, 2,000 items",
        partial(behaviour_study, growth=0.5, items=2000),
        0.5,
    ),
    (
        "behaviour, longer and +2 points, the margin; 2,000 items",
        partial(behaviour_study, growth=0.5, score=0.02, items=2000),
        0.5,
    ),
    ("behaviour, longer and +10 points", partial(behaviour_study, growth=0.5, score=0.1), 0.5),
    (
        "behaviour, longer, +10 points and one value more changed per 1,000 tokens",
        partial(behaviour_study, growth=0.5, score=0.1, more=1),
        0.5,
    ),
]


def line(name: str, study: Study, draws: int) -> str:
    """One row of the table."""
    found = rates(study, draws)
    shown = ", ".join(f"{what} {100 * share:.1f}" for what, share in found.items())
    return f"| {name} | {draws} | {shown} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--only", default="", help="studies whose name holds this")
    given = parser.parse_args()
    print("| Study | Draws | Per cent of studies |\n|---|---|---|")
    for name, study, share in STUDIES:
        if given.only in name:
            start = time.perf_counter()
            print(line(name, study, max(20, round(share * given.draws))), flush=True)
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
