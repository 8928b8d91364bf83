"""Error rates of the analysis on studies with planted truth.

Every figure is a share of `--draws` planted studies of four arms, eight checkpoints, 400 items and
one response an item (four of the base); the first arm is judged, all four tell the noise of runs.
The tables of docs/statistics.md are the output of this file.
"""

import argparse
import sys
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
    events: Counter[str] = field(default_factory=Counter)

    def share(self, name: str) -> str:
        """Percent of the studies."""
        return f"{100 * self.events[name] / max(1, self.studies):.1f}"


NullCounts = dict[tuple[str, float, int], Counts]
PowerCounts = dict[tuple[float, int, int, int], Counts]


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
    counts.events["undetermined"] += result.verdict is Shape.UNDETERMINED
    for claim in result.claims:
        counts.events[f"false {claim}"] += claim not in truth
    shown = result.verdict is not Shape.UNDETERMINED
    change = means[-WINDOW:].mean() - BASE
    false_end = result.end is not None and change * (1 if result.end == "higher" else -1) <= 1e-9
    counts.events["wrong verdict"] += result.verdict not in truth if shown else false_end
    counts.events["end alone"] += not shown and result.end is not None
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


def count_nulls(all_counts: NullCounts, draws: int, batch: int) -> None:
    """Another batch of studies of every null shape and seed noise, with fewer and more runs."""
    for number, (name, means) in enumerate(NULLS.items()):
        for sd in SEED_SDS:
            world = World(runs=max(RUNS), seed_sd=sd)
            seed = 10_000 * batch + 100 * number + round(1000 * sd)
            for planted in studies(world, means, draws, seed):
                for runs in RUNS:
                    judge(first_runs(planted, runs), means, all_counts[name, sd, runs])


def print_nulls(all_counts: NullCounts) -> None:
    """Errors of every verdict, then coverage of the intervals."""
    print(
        "| shape | seed SD | S | undetermined | false: dip | hump | gain | loss | drop | flat "
        "| any verdict | of this run | advice |"
    )
    print("|---" * 13 + "|")
    for (name, sd, runs), count in all_counts.items():
        false = [count.share(f"false {shape}") for shape in Shape][:-1]
        own = count.share("wrong of this run") if runs == 1 else "–"
        row = [name, f"{100 * sd:g}", str(runs), count.share("undetermined"), *false]
        row += [count.share("wrong verdict"), own, count.share("wrong advice")]
        print(f"| {' | '.join(row)} |")
    print(
        "\n| shape | seed SD | S | arm − arm | arm − base | window − base | windows jointly "
        "| band | equal arms called different | wrong sign |"
    )
    print("|---" * 10 + "|")
    events = (
        "effect of arms",
        "effect on base",
        "effect at a window",
        "windows jointly",
        "band",
        "arms different",
        "wrong sign",
    )
    for (name, sd, runs), count in all_counts.items():
        row = [name, f"{100 * sd:g}", str(runs), *map(count.share, events)]
        print(f"| {' | '.join(row)} |")


POWER = [
    (scale, runs, items, base_samples)
    for runs, items, base_samples in ((3, 400, 1), (3, 400, 4), (5, 400, 4), (3, 1000, 4))
    for scale in (1.0, 0.5, 1.5)
]
POWER_SD = 0.0137
"""1.7 points between runs as ablation.md 4.2 measures it, with 1.0 of sampling noise inside."""


def count_power(all_counts: PowerCounts, draws: int, batch: int) -> None:
    """Another batch of studies with a dip and recovery in them."""
    for number, setting in enumerate(POWER):
        scale, runs, items, base_samples = setting
        world = World(runs=runs, items=items, base_samples=base_samples, seed_sd=POWER_SD)
        count = all_counts[setting]
        for planted in studies(world, BASE + scale * (DIP - BASE), draws, 7000 + number + batch):
            result = dynamics(moments(as_panel(planted)), "a0", window=WINDOW, margin=MARGIN)
            count.studies += 1
            found = result.verdict is Shape.DIP_AND_RECOVERY
            count.events["found"] += found
            count.events["other"] += not found and result.verdict is not Shape.UNDETERMINED
            count.events["extent"] += result.extent is Extent.PARTIAL
            if result.trough is not None:  # the lowest window is steps 2 to 3
                span = (result.trough.first_step, result.trough.last_step)
                count.events["missed"] += not (span[0] <= 2 and span[1] >= 3)


def print_power(all_counts: PowerCounts) -> None:
    """How often a dip and recovery is found."""
    print("\n| dip | S | items | base samples | found | other | extent wrong | trough missed |")
    print("|---" * 8 + "|")
    for (scale, runs, items, base_samples), count in all_counts.items():
        row = [f"{scale:g}×", str(runs), str(items), str(base_samples)]
        row += map(count.share, ("found", "other", "extent", "missed"))
        print(f"| {' | '.join(row)} |")


MIDDLE = (1.3, 1.7, 1.7, 1.3, 1.0, 0.5, 0.3, 0.3)
ROBUST = {
    "as above": (4, World(seed_sd=0.028)),
    "one arm": (1, World(seed_sd=0.028)),
    "one arm, two runs": (1, World(seed_sd=0.028, runs=2)),
    "runs differ in the middle": (4, World(seed_sd=0.028, profile=MIDDLE)),
    "one arm, differing in the middle": (1, World(seed_sd=0.028, profile=MIDDLE)),
    "runs keep what they differ by": (4, World(seed_sd=0.028, correlation=0.95)),
    "runs differ anew each time": (4, World(seed_sd=0.028, correlation=0.0)),
    "arms like items anew each time": (4, World(seed_sd=0.028, item_step_sd=0.7)),
    "templates of eight items": (4, World(seed_sd=0.028, cluster_items=8, cluster_sd=0.5)),
    "50 items": (4, World(seed_sd=0.028, items=50)),
    "2,000 items, two runs": (4, World(seed_sd=0.028, items=2000, runs=2)),
}
"""The least favourable null, a drop that stays, where the noise is not as the procedure has it."""


def robust(draws: int) -> None:
    """False verdicts and coverage where assumptions fail."""
    print("| setting | false dip | any false verdict | windows jointly | net gain alone |")
    print("|---" * 5 + "|")
    means = NULLS["drop then plateau"]
    truth = true_shapes(BASE, means, window=WINDOW, margin=MARGIN)
    for number, (name, (arms, world)) in enumerate(ROBUST.items()):
        count, random = Counts(), np.random.default_rng([2026, 99, number])
        for _ in range(draws):
            panel = as_panel(draw(world, np.tile(means, (arms, 1)), BASE, random))
            found = moments(panel)
            result = dynamics(found, "a0", window=WINDOW, margin=MARGIN)
            gain = effect_of(panel, found, ("a0", None), (7, 8), alpha=0.05)
            count.studies += 1
            count.events["dip"] += Shape.DIP_AND_RECOVERY in result.claims
            count.events["any"] += result.verdict not in truth
            count.events["jointly"] += all(
                window.dip.low <= 0.05 <= window.dip.high
                and window.recovery.low <= 0 <= window.recovery.high
                for window in result.windows
            )
            count.events["alone"] += gain.low <= -0.05 <= gain.high
        row = [name, *map(count.share, ("dip", "any", "jointly", "alone"))]
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    """Batches of a tenth of the studies, so that a run that is out of time has all settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="studies of each setting")
    parser.add_argument("--minutes", type=float, default=600, help="no batch begins later")
    parser.add_argument("--robust", action="store_true", help="only where assumptions fail")
    options = parser.parse_args()
    if options.robust:
        return robust(options.draws)
    began, done = time.perf_counter(), 0
    null_counts: NullCounts = {
        (name, sd, runs): Counts() for name in NULLS for sd in SEED_SDS for runs in RUNS
    }
    power_counts: PowerCounts = {setting: Counts() for setting in POWER}
    for batch in range(10):
        count_nulls(null_counts, options.draws // 10, batch)
        count_power(power_counts, options.draws // 10, 1000 * batch)
        done += options.draws // 10
        print(f"{done} studies, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        if time.perf_counter() - began > 60 * options.minutes:
            break
    print(f"{done} studies of each setting, {time.process_time():.0f} s of one core\n")
    print_nulls(null_counts)
    print_power(power_counts)


if __name__ == "__main__":
    main()
