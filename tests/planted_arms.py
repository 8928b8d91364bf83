"""Studies with planted truth: what an analysis says of them can be held against what is so.

Each function draws one study and returns what came true, by name: `covered` (the interval holds the
truth), `claimed` (an effect is said to be there), and the same of a naive way beside it.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from curate.analyze.behaviour import behaviours
from curate.analyze.capability import Halves, halves_of, heterogeneity, naive_slope, slope_of
from curate.analyze.crossed import Runs, arm_fit, estimate, even_runs, fit
from curate.analyze.dose import dose_response, first_shown, line_fit, slope, slope_by_seed
from curate.analyze.factorial import Effect, factorial
from curate.analyze.fieller import fieller
from curate.analyze.interval import Estimate, interval
from curate.analyze.misclassification import corrected, from_checked
from curate.analyze.monotone import not_monotone_p, trend_p
from curate.analyze.scaling import decision
from curate.analyze.shapley import coalitions, exact_weights, seed_bootstrap, shapley
from curate.analyze.swarm import swarm
from curate.analyze.tradeoff import joint_error, same_runs

Floats = npt.NDArray[np.float64]
Outcome = Mapping[str, bool]
DOSES = np.array([0, 0.25, 0.5, 0.75, 1.0])
ARM_ITEM = 0.06
"""Spread over items of an arm's effect: 0.35 logits at middle difficulty."""


def scores(
    rng: np.random.Generator,
    means: Sequence[float] | Floats,
    *,
    seeds: int = 3,
    items: int = 200,
    samples: int = 2,
    seed_sd: float = 0.017,
    run_offset: Floats | None = None,
) -> Floats:
    """Scores (arm, seed, item) in [0, 1] of arms whose true means are 0.5 + `means`."""
    arms = len(means)
    ease = 0.25 + 0.5 / (1 + np.exp(-1.6 * rng.normal(size=items)))
    chance = ease + np.asarray(means)[:, None, None] + rng.normal(0, ARM_ITEM, (arms, 1, items))
    chance = chance + rng.normal(0, seed_sd, (arms, seeds, 1))
    if run_offset is not None:
        chance = chance + run_offset[:, :, None]
    return rng.binomial(samples, np.clip(chance, 0, 1), (arms, seeds, items)) / samples


def holds(found: Estimate, truth: float) -> bool:
    """Whether the interval holds the truth."""
    return found.low <= truth <= found.high


def rates(
    study: Callable[[np.random.Generator], Outcome], draws: int, seed: int = 0
) -> dict[str, float]:
    """Share of draws in which each thing came true."""
    rng = np.random.default_rng(seed)
    found = [study(rng) for _ in range(draws)]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


# --- the studies ----------------------------------------------------------------------------------


def dose_study(
    rng: np.random.Generator, *, truth: float = 0.0, seeds: int = 3, seed_sd: float = 0.017
) -> Outcome:
    """A straight dose–response. Naive: a paired t test of the slope over items, runs ignored."""
    runs = even_runs(scores(rng, truth * (DOSES - 0.5), seeds=seeds, seed_sd=seed_sd))
    means = arm_fit(runs) if seeds > 1 else line_fit(runs, DOSES)
    found = slope(means, DOSES)
    items_only = slope(arm_fit(seed_means(runs)), DOSES)
    return {
        "covered": holds(found, truth),
        "claimed": found.is_shown,
        "wrong sign": found.is_shown and truth != 0 and found.value * truth < 0,
        "naive covered": holds(items_only, truth),
    }


def seed_means(runs: Runs) -> Runs:
    """One run of each arm, the mean of its runs: what an analysis of items alone sees."""
    count = len(runs.arms)
    by_arm = np.stack([runs.scores[runs.arm == a].mean(axis=0) for a in range(count)])
    return even_runs(by_arm[:, None])


def nested_study(rng: np.random.Generator, *, seeds: int = 5, draw_sd: float = 0.04) -> Outcome:
    """No effect on average, but each seed's draw of low traces is better or worse, by dose."""
    offset = np.outer(DOSES, rng.normal(0, draw_sd, seeds))
    runs = even_runs(scores(rng, np.zeros(5), seeds=seeds, seed_sd=0.01, run_offset=offset))
    by_seed = slope_by_seed(runs, DOSES)
    assert by_seed is not None
    return {
        "covered": holds(by_seed, 0),
        "naive covered": holds(slope(arm_fit(runs), DOSES), 0),
    }


def monotone_study(rng: np.random.Generator, *, shape: Sequence[float], seeds: int = 3) -> Outcome:
    """Verdicts on a shape of arm means."""
    means = arm_fit(even_runs(scores(rng, shape, seeds=seeds)))
    up = slope(means, DOSES).value > 0
    return {
        "trend": trend_p(means, DOSES, rng) < 0.05,
        "not monotone": not_monotone_p(means, rng, up=up) < 0.05,
    }


def threshold_study(rng: np.random.Generator, *, shape: Sequence[float]) -> Outcome:
    """Where an effect is said to begin. Naive: the lowest dose that a test of its own shows."""
    means = arm_fit(even_runs(scores(rng, shape)))
    rows = np.eye(5)[1:] - np.eye(5)[0]
    alone = [d for d, row in zip(DOSES[1:], rows, strict=True) if estimate(means, row, "").is_shown]
    shown = first_shown(means, DOSES, 0.05)[0]
    return {
        "shown too low": too_low(shown, shape),
        "naive shown too low": too_low(min(alone, default=None), shape),
        "shown": shown is not None,
    }


def verdict_study(
    rng: np.random.Generator, *, truth: float = 0.0, drift: float = 0.0, seeds: int = 3
) -> Outcome:
    """The whole verdict, with an A/A pair that differs by `drift` beside the doses."""
    runs = even_runs(scores(rng, truth * (DOSES - 0.5), seeds=seeds))
    pair = even_runs(scores(rng, [0, drift], seeds=seeds), ["again", "same"])
    found = dose_response(
        runs, DOSES, controls=[("again", "same")], control_runs=pair, rng=rng
    ).verdict
    way = "rises with dose" if truth > 0 else "falls with dose"
    return {
        "claimed": found in {"rises with dose", "falls with dose", "not monotone"},
        "right": found == way,
        "not monotone": found == "not monotone",
    }


def too_low(shown: float | None, shape: Sequence[float]) -> bool:
    """Whether an effect is said to be shown at a dose that has none."""
    none = [dose for dose, mean in zip(DOSES, shape, strict=True) if mean == shape[0]]
    return shown is not None and any(dose >= shown for dose in none)


CUBE = [(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
CUBE_LEVELS = [dict(zip("abc", map(str, (x > 0 for x in row)), strict=True)) for row in CUBE]


def is_claimed(effect: Effect) -> bool:
    """Whether an effect is shown after Holm."""
    return effect.p_holm is not None and effect.p_holm < 0.05


def factorial_study(rng: np.random.Generator, *, seeds: int = 3, effect: float = 0.06) -> Outcome:
    """2³ with one main effect and one interaction; the other four effects are 0."""
    truth = {("a",): effect, ("a", "b"): effect / 2}
    means = [effect / 2 * a + effect / 4 * a * b for a, b, _ in CUBE]
    found = factorial(even_runs(scores(rng, means, seeds=seeds)), CUBE_LEVELS)
    null = [one for one in found.effects if one.factors not in truth]
    one = found.effects[int(rng.integers(len(found.effects)))]
    return {
        "covered": holds(one.estimate, truth.get(one.factors, 0)),
        "any false claim": any(is_claimed(effect) for effect in null),
        "naive any false claim": any(effect.estimate.p < 0.05 for effect in null),
        "main found": is_claimed(found.effects[0]),
    }


def shapley_study(rng: np.random.Generator, *, seeds: int = 3, bootstrap: bool = True) -> Outcome:
    """Three strata, of which two do more together. Naive: percentiles of resampled seeds."""
    strata, subsets = ["a", "b", "c"], coalitions(["a", "b", "c"])
    worth = {"a": 0.06, "b": 0.02, "c": -0.02}
    means = np.array([sum(worth[s] for s in one) + 0.04 * ({"a", "b"} <= one) for one in subsets])
    truth = exact_weights(strata, subsets) @ means
    runs = even_runs(scores(rng, means - means.mean(), seeds=seeds))
    found = shapley(runs, subsets)
    which = int(rng.integers(3))
    outcome = {"covered": holds(found.shares[which], truth[which])}
    if bootstrap:
        low, high = seed_bootstrap(runs, exact_weights(strata, subsets), rng, draws=200)[which]
        outcome["naive covered"] = bool(low <= truth[which] <= high)
    return outcome


def exchange_study(
    rng: np.random.Generator, *, gain: float = 0.05, loss: float = -0.04, seeds: int = 3
) -> Outcome:
    """Reasoning up, safety down, with errors of runs in common. Naive: the delta method."""
    shared = rng.normal(0, 0.02, (4, seeds))
    pair = [
        even_runs(scores(rng, [0, mean, 0, 0], seeds=seeds, seed_sd=0.01, run_offset=sign * shared))
        for mean, sign in ((gain, 1), (loss, -1))
    ]
    fits = [arm_fit(one) for one in pair]
    joint, df = joint_error(*same_runs(*pair), fits)
    change = np.zeros((2, 4, 2))
    for outcome in range(2):
        change[outcome, 1, outcome], change[outcome, [0, 2, 3], outcome] = 1, -1 / 3
    flat = change.reshape(2, -1)
    cov = flat @ joint.reshape(8, 8) @ flat.T
    r, s = (float(change[k, :, k] @ one.values) for k, one in enumerate(fits))
    found = fieller(np.array((s, r)), cov[::-1, ::-1], df)
    truth = loss / gain
    inside = found.low <= truth <= found.high
    spread = np.sqrt(cov[1, 1] - 2 * s / r * cov[0, 1] + (s / r) ** 2 * cov[0, 0]) / abs(r)
    return {
        "covered": not inside if found.shape == "outside an interval" else inside,
        "bounded": found.shape == "interval",
        "naive covered": bool(abs(s / r - truth) <= 1.96 * spread),
    }


def capability_study(
    rng: np.random.Generator,
    *,
    bases: int = 6,
    truth: float = 0.0,
    items: int = 200,
    spread: float = 0.04,
    base_samples: int = 1,
) -> Outcome:
    """Bases of different capability; the change against the base goes with it by `truth`."""
    halves: list[Halves] = []
    ability = rng.normal(0, spread, bases)
    for number, better in enumerate(ability):
        ease = 0.25 + 0.5 / (1 + np.exp(-1.6 * rng.normal(size=items))) + better
        base = rng.binomial(base_samples, np.clip(ease, 0, 1)) / base_samples
        effect = 0.05 + truth * better + rng.normal(0, 0.01)
        after = rng.binomial(4, np.clip(ease + effect, 0, 1)) / 4
        first = rng.permutation(items) < items // 2
        halves.append(halves_of(str(number), base, after - base, first))
    raw, reliability = slope_of(halves)
    naive = naive_slope(halves)
    fair = reliability > 0.5
    return {
        "claimed": raw.is_shown,
        "naive claimed": naive.is_shown,
        "covered": (raw.low / reliability <= truth <= raw.high / reliability) if fair else True,
        "naive covered": holds(naive, truth),
    }


def heterogeneity_study(rng: np.random.Generator, *, bases: int = 5, tau: float = 0.02) -> Outcome:
    """Bases whose effects differ. Naive: the fixed-effect interval."""
    errors = rng.uniform(0.01, 0.03, bases)
    values = 0.05 + rng.normal(0, tau, bases) + errors * rng.normal(size=bases)
    effects = [
        interval(str(i), v, e, 1e9, 0.05)
        for i, (v, e) in enumerate(zip(values, errors, strict=True))
    ]
    found = heterogeneity(effects)
    weights = 1 / errors**2
    centre = float(np.average(values, weights=weights))
    return {
        "covered": holds(found.mean, 0.05),
        "naive covered": abs(centre - 0.05) <= 1.96 / np.sqrt(weights.sum()),
        "differ": found.p < 0.05,
    }


def grader_study(
    rng: np.random.Generator,
    *,
    truth: float = -0.12,
    ppv: float = 0.85,
    npv: float = 0.9,
    checked: int = 150,
) -> Outcome:
    """Doses by a grader that errs, and a hand-checked slice. Naive: the slope per graded dose."""
    checked = 150
    true_dose = DOSES * ppv + (1 - DOSES) * (1 - npv)
    runs = even_runs(scores(rng, truth * (true_dose - 0.5)))
    found = slope(arm_fit(runs), DOSES)
    low, high = int(rng.binomial(checked, ppv)), int(rng.binomial(checked, npv))
    fixed = corrected(found, from_checked(low, checked, high, checked, rng), rng, draws=2000)
    return {"covered": fixed.low <= truth <= fixed.high, "naive covered": holds(found, truth)}


def swarm_study(rng: np.random.Generator, *, arms: int = 30) -> Outcome:
    """Dirichlet arms over four strata. Naive: R² of fitted arms, where nothing has an effect."""
    worth = np.array((0.06, 0.02, -0.02, -0.06))
    shares = rng.dirichlet(np.ones(4), arms)
    runs = even_runs(scores(rng, shares @ worth, seeds=1, samples=2))
    found = swarm(runs, shares, list("abcd"), rng=rng)
    flat = even_runs(scores(rng, np.zeros(arms), seeds=1, samples=2))
    null = swarm(flat, shares, list("abcd"), rng=rng)
    which = int(rng.integers(4))
    return {
        "covered": holds(found.effects[which], worth[which]),
        "null: held-out R² above 0.2": null.r2_held_out["least squares"] > 0.2,
        "naive null: fitted R² above 0.2": null.r2 > 0.2,
    }


def behaviour_study(
    rng: np.random.Generator,
    *,
    growth: float = 0.0,
    score: float = 0.0,
    more: float = 0.0,
    items: int = 200,
) -> Outcome:
    """One arm's verdict where length grows by `growth` (log), the score by `score` and values
    changed per 1,000 tokens by `more`.
    """

    def changed(by: float, noise: float, run_sd: float) -> Runs:
        common = rng.normal(0, noise, items)  # the base's own noise, in every run
        shift = by + rng.normal(0, run_sd, (2, 3, 1))
        return even_runs(shift - common + rng.normal(0, noise, (2, 3, items)))

    changes = {
        "score": changed(score, 0.4, 0.017),
        "log_tokens": changed(growth, 0.4, 0.05),
        "verification_rate": changed(0, 2, 0.1),
        "changed_rate": changed(more, 1, 0.05),
    }
    found = behaviours(changes)[0].verdict
    return {verdict: found == verdict for verdict in ("procedure", "verbosity", "undetermined")}


MEAN_ERROR = 0.0175
"""Standard error of an arm's mean in these studies, what arms have in common taken off."""


def decision_truth(arms: int, noise: float, draws: int = 4000) -> float:
    """Expected share of pairs in the same order in two measurements."""
    rng = np.random.default_rng(1)
    true = rng.normal(0, 0.03, (draws, arms))
    small = true + rng.normal(0, noise, (draws, arms)) + rng.normal(0, MEAN_ERROR, (draws, arms))
    large = true + rng.normal(0, MEAN_ERROR, (draws, arms))
    return float(np.mean((small[:, 1:] > small[:, :1]) == (large[:, 1:] > large[:, :1])))


def decision_study(
    rng: np.random.Generator, *, truth: float, arms: int = 6, noise: float = 0.0
) -> Outcome:
    """Arms at a small and at the largest base; `noise` is what orders differ by in truth."""
    true = rng.normal(0, 0.03, arms)
    pair = [even_runs(scores(rng, one)) for one in (true + rng.normal(0, noise, arms), true)]
    found = decision(pair[0], pair[1], "small", rng=rng, draws=100)
    return {
        "covered": found.low <= truth <= found.high,
        "claimed": found.p_coin < 0.05,
    }


def regression_of(runs: Runs, names: Sequence[str], design: Floats) -> Estimate:
    """The first coefficient of a regression of runs."""
    found = fit(runs.scores, design[runs.arm], names, runs.items)
    return estimate(found, np.eye(len(names))[0], names[0])
