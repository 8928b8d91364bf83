"""Error rates of the analysis on studies with planted truth.

Every figure is a share of `--draws` planted studies of four arms, eight checkpoints, 400 items and
one response an item (four of the base); the first arm is judged, all four tell the noise of runs.
The tables of docs/statistics.md are the output of this file.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from curate.analyze.bands import score_band
from curate.analyze.dynamics import Extent, Shape, dynamics
from curate.analyze.effects import effect_of
from curate.analyze.planted import Planted, World, as_panel, draw, true_shapes
from curate.analyze.stopping import Advice, progress
from curate.analyze.variance import moments

BASE = 0.51
STEPS = 8
RISE = np.arange(1, STEPS + 1) / STEPS
NULLS = {
    "flat": np.full(STEPS, BASE),
    "drop then plateau": np.full(STEPS, BASE - 0.05),
    "steady rise": BASE + 0.05 * RISE,
    "rise then fall": BASE + 0.05 * np.array([0.4, 0.8, 1, 1, 0.8, 0.4, 0.2, 0]),
    "steady loss": BASE - 0.05 * RISE,
}
DIP = np.array([0.48, 0.46, 0.46, 0.48, 0.51, 0.53, 0.55, 0.55])
SEED_SDS = (0.0, 0.017, 0.028)
RUNS = (1, 2, 3, 5)
WINDOW, MARGIN = 2, 0.02


@dataclass
class Counts:
    """What happened in the studies of one setting."""

    studies: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def share(self, name: str) -> str:
        """Percent of the studies."""
        return f"{100 * self.events[name] / max(1, self.studies):.1f}"


def studies(world: World, means: np.ndarray, draws: int, seed: int) -> Iterator[Planted]:
    """Studies of four arms alike."""
    random = np.random.default_rng([2026, seed])
    for _ in range(draws):
        yield draw(world, np.tile(means, (4, 1)), BASE, random)


def first_runs(planted: Planted, runs: int) -> Planted:
    """The same study with fewer runs an arm."""
    return replace(planted, values=planted.values[:, :runs], run_means=planted.run_means[:, :runs])


def judge(planted: Planted, means: np.ndarray, counts: Counts) -> None:
    """One study: which claims were false, which intervals held the truth."""
    panel = as_panel(planted)
    found = moments(panel)
    result = dynamics(found, "a0", window=WINDOW, margin=MARGIN)
    truth = true_shapes(BASE, means, window=WINDOW, margin=MARGIN)
    counts.studies += 1
    counts.verdicts[result.verdict] += 1
    for claim in result.claims:
        counts.wrong[claim] += claim not in truth
    counts.events["wrong verdict"] += result.verdict not in truth
    if result.this_run is not None:
        own = true_shapes(BASE, planted.run_means[0, 0], window=WINDOW, margin=MARGIN)
        counts.events["wrong of this run"] += result.this_run not in own
    last = means[-WINDOW:].mean()
    if result.extent is not None:
        counts.events["wrong extent"] += (
            result.extent is Extent.FULL and last - BASE <= -MARGIN
        ) or (result.extent is Extent.PARTIAL and last >= BASE)
    dips = [BASE - means[place : place + WINDOW].mean() for place in range(len(result.windows))]
    pairs = [(window.dip, dip) for window, dip in zip(result.windows, dips, strict=True)]
    pairs += [
        (window.recovery, last - BASE + dip)
        for window, dip in zip(result.windows, dips, strict=True)
    ]
    pairs.append((result.net, last - BASE))
    inside = [interval.low <= true <= interval.high for interval, true in pairs]
    counts.events["windows jointly"] += all(inside)
    band = score_band(found, "a0")
    levels = np.r_[BASE, means]
    counts.events["band"] += bool(((band.low <= levels) & (levels <= band.high)).all())
    middle = effect_of(panel, found, ("a0", None), (3, 4), alpha=0.05)
    gain = effect_of(panel, found, ("a0", None), (7, 8), alpha=0.05)
    arms = effect_of(panel, found, ("a0", "a1"), (7, 8), alpha=0.05)
    counts.events["effect of arms"] += arms.low <= 0 <= arms.high
    counts.events["effect on base"] += gain.low <= last - BASE <= gain.high
    counts.events["effect at a window"] += middle.low <= means[2:4].mean() - BASE <= middle.high
    counts.events["arms different"] += arms.p is not None and arms.p < 0.05
    counts.events["wrong sign"] += (
        gain.p is not None and gain.p < 0.05 and gain.estimate * (last - BASE) < 0
    )
    advice = progress(found, "a0", window=WINDOW, margin=MARGIN).advice
    rise = last - means[-2 * WINDOW : -WINDOW].mean()
    counts.events["wrong advice"] += (
        (advice is Advice.EXTEND and rise <= 1e-9)
        or (advice is Advice.STOP and abs(rise) >= MARGIN)
        or (advice is Advice.PICK and last >= max(BASE - min(dips), -1) - 1e-9)
    )


def nulls(draws: int) -> None:
    """Errors of every verdict and coverage of the intervals."""
    print(
        "| shape | seed SD | S | undetermined | false: dip | hump | gain | loss | drop | flat "
        "| any verdict | of this run | advice |"
    )
    print("|---" * 13 + "|")
    coverage: list[str] = []
    for number, (name, means) in enumerate(NULLS.items()):
        for sd in SEED_SDS:
            counts = {runs: Counts() for runs in RUNS}
            world = World(runs=max(RUNS), seed_sd=sd)
            for planted in studies(world, means, draws, 100 * number + round(1000 * sd)):
                for runs in RUNS:
                    judge(first_runs(planted, runs), means, counts[runs])
            for runs, count in counts.items():
                false = [f"{100 * count.wrong[shape] / draws:.1f}" for shape in Shape][:-1]
                unsure = f"{100 * count.verdicts[Shape.UNDETERMINED] / draws:.0f}"
                own = count.share("wrong of this run") if runs == 1 else "–"
                row = [name, f"{100 * sd:g}", str(runs), unsure, *false]
                row += [count.share("wrong verdict"), own, count.share("wrong advice")]
                print(f"| {' | '.join(row)} |", flush=True)
                events = (
                    "effect of arms",
                    "effect on base",
                    "effect at a window",
                    "windows jointly",
                    "band",
                    "arms different",
                    "wrong sign",
                )
                row = [name, f"{100 * sd:g}", str(runs), *map(count.share, events)]
                coverage.append(f"| {' | '.join(row)} |")
    print(
        "\n| shape | seed SD | S | arm − arm | arm − base | window − base | windows jointly "
        "| band | equal arms called different | wrong sign |"
    )
    print("|---" * 10 + "|")
    print("\n".join(coverage), flush=True)


def power(draws: int) -> None:
    """How often a dip and recovery is found."""
    print(
        "\n| dip | S | items | samples | of the base | seed SD | found | other | extent wrong "
        "| trough missed |"
    )
    print("|---" * 10 + "|")
    settings = [
        (scale, runs, items, samples, base_samples, sd)
        for sd in (0.0137, 0.017)
        for runs, items, samples, base_samples in (
            (3, 400, 1, 1),
            (3, 400, 1, 4),
            (5, 400, 1, 4),
            (3, 1000, 1, 4),
            (3, 400, 4, 16),
        )
        for scale in (1.0, 0.5, 1.5)
    ]
    for number, (scale, runs, items, samples, base_samples, sd) in enumerate(settings):
        world = World(
            runs=runs, items=items, samples=samples, base_samples=base_samples, seed_sd=sd
        )
        means, count = BASE + scale * (DIP - BASE), Counts()
        for planted in studies(world, means, draws, 7000 + number):
            result = dynamics(moments(as_panel(planted)), "a0", window=WINDOW, margin=MARGIN)
            count.studies += 1
            found = result.verdict is Shape.DIP_AND_RECOVERY
            count.events["found"] += found
            count.events["other"] += not found and result.verdict is not Shape.UNDETERMINED
            count.events["extent"] += result.extent is Extent.PARTIAL
            if result.trough is not None:  # the lowest window is steps 2 to 3
                span = (result.trough.first_step, result.trough.last_step)
                count.events["missed"] += not (span[0] <= 2 and span[1] >= 3)
        row = [f"{scale:g}×", str(runs), str(items), str(samples), str(base_samples)]
        row += [f"{100 * sd:.2f}", *map(count.share, ("found", "other", "extent", "missed"))]
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    began = time.perf_counter()
    nulls(options.draws)
    power(options.draws)
    print(f"\n{time.perf_counter() - began:.0f} s")
