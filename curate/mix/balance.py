"""The proof of a design: how alike its arms are, before and after the matching.

The standardized mean difference of two arms is the difference of their means over the root of the
mean of their variances (Austin 2009, doi:10.1002/sim.3697); the Kolmogorov–Smirnov distance is the
largest difference of their distribution functions, in [0, 1]. "Before" takes all traces of a grade
that may be drawn, as somebody would who matches nothing.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from curate.mix.defects import LENGTH_CHANGING
from curate.mix.design import Arm, Design
from curate.mix.kinds import ADDED
from curate.mix.match import Matched
from curate.mix.recipe import Recipe
from curate.mix.solve import Floats

LENGTHS = ("tokens", "log tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two arms in one covariate."""

    left: str
    right: str
    covariate: str
    smd_before: float | None
    ks_before: float | None
    smd: float
    ks: float
    gated: bool
    """Whether the design is refused when they differ too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two arms as a whole."""

    left: str
    right: str
    overlap: float
    """Share of the problems of the smaller arm that are in the other, in [0, 1]."""
    same_rows: float
    """Share of its rows that are the same traces in both, in [0, 1]."""
    token_gap: float | None
    """Difference of trained tokens as a fraction of the mean; None where sizes differ."""
    gated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Values with weights."""

    values: Floats
    weights: Floats


def smd(left: Sample, right: Sample) -> float:
    """The standardized mean difference, left minus right; infinite where only means differ."""
    means, variances = zip(*(moments(sample) for sample in (left, right)), strict=True)
    difference, spread = means[0] - means[1], np.sqrt(sum(variances) / 2)
    if abs(difference) < 1e-9 * max(1.0, abs(means[0])):
        return 0.0
    return float(difference / spread) if spread > 0 else float(np.copysign(np.inf, difference))


def moments(sample: Sample) -> tuple[float, float]:
    """Mean and variance."""
    mean = float(np.average(sample.values, weights=sample.weights))
    return mean, float(np.average((sample.values - mean) ** 2, weights=sample.weights))


def ks(left: Sample, right: Sample) -> float:
    """The largest difference of the two distribution functions, in [0, 1]."""
    points: Floats = np.unique(np.concatenate([left.values, right.values]))
    return float(np.abs(below(left, points) - below(right, points)).max(initial=0.0))


def below(sample: Sample, points: Floats) -> Floats:
    """The distribution function at the points."""
    order = np.argsort(sample.values, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(sample.weights[order])])
    places = np.searchsorted(sample.values[order], points, side="right")
    return np.asarray(sums[places] / sums[-1])


# --- covariates -----------------------------------------------------------------------------------


def covariate_names(found: Matched, recipe: Recipe) -> list[str]:
    """What is compared: lengths, the pass rate, and what the recipe names."""
    own = ["pass_rate"] if "pass_rate" in found.frame.columns else []
    return list(
        dict.fromkeys(
            [*LENGTHS, "thinking tokens", "answer tokens", *own, *recipe.match.covariates]
        )
    )


def values_of(rows: pl.DataFrame, name: str) -> Floats:
    """A covariate of rows; missing values are NaN."""
    named = {"thinking tokens": "tokens_thinking", "answer tokens": "tokens_answer"}
    if name == "log tokens":
        return np.asarray(np.log(np.maximum(rows["tokens"].to_numpy(), 1)), dtype=np.float64)
    known = rows[named.get(name, name)].cast(pl.Float64).fill_null(np.nan)
    return np.asarray(known.to_numpy(), dtype=np.float64)


def sample_of(values: Floats, weights: Floats) -> Sample | None:
    """The known values; None where there is none."""
    known = ~np.isnan(values)
    if not known.any():
        return None
    return Sample(values=values[known], weights=weights[known])


def after(rows: pl.DataFrame, found: Matched, name: str) -> Sample | None:
    """A covariate of an arm as it is written, replay and canaries aside."""
    mine = rows.filter(~pl.col("kind").is_in(ADDED))
    rest = [c for c in found.frame.columns if c not in mine.columns]
    joined = pl.concat([mine, found.frame.select(rest)[mine["at"]]], how="horizontal")
    return sample_of(values_of(joined, name), np.ones(joined.height))


def before(arm: Arm, found: Matched, design: Design, name: str) -> Sample | None:
    """A covariate of all the traces that an arm might have drawn, in the shares of its grades."""
    values, weights = [], []
    for piece in arm.pieces:
        kind = piece.kind
        if kind.defects and name not in ("pass_rate",):
            return None  # the spoilt texts of what was not drawn were never made
        rows = found.frame.filter(pl.col(f"draw-{design.draws.index(kind.draw)}"))
        values.append(values_of(rows, name))
        weights.append(np.full(rows.height, (piece.stop - piece.start) / max(1, rows.height)))
    return sample_of(np.concatenate(values), np.concatenate(weights))


# --- pairs ----------------------------------------------------------------------------------------


def differences(
    frames: Mapping[str, pl.DataFrame], found: Matched, design: Design, recipe: Recipe
) -> list[Difference]:
    """Every covariate of every two arms."""
    made: list[Difference] = []
    for name in covariate_names(found, recipe):
        now = {arm.name: after(frames[arm.name], found, name) for arm in design.arms}
        then = {arm.name: before(arm, found, design, name) for arm in design.arms}
        for left, right in combinations(design.arms, 2):
            made.extend(difference(left, right, name, (now, then), recipe))
    return made


def difference(
    left: Arm,
    right: Arm,
    name: str,
    samples: tuple[Mapping[str, Sample | None], Mapping[str, Sample | None]],
    recipe: Recipe,
) -> Iterator[Difference]:
    """One covariate of two arms, if both have it."""
    now, then = ((side[left.name], side[right.name]) for side in samples)
    if now[0] is None or now[1] is None:
        return
    both = then[0] is not None and then[1] is not None
    yield Difference(
        left=left.name,
        right=right.name,
        covariate=name,
        smd_before=smd(*then) if both else None,  # type: ignore[arg-type]
        ks_before=ks(*then) if both else None,  # type: ignore[arg-type]
        smd=smd(now[0], now[1]),
        ks=ks(now[0], now[1]),
        gated=is_gated(left, right, name, recipe),
    )


def is_gated(left: Arm, right: Arm, name: str, recipe: Recipe) -> bool:
    """Whether two arms must agree in a covariate."""
    if name in recipe.match.covariates:
        return not own_problems(left, right)
    if name == "pass_rate":
        return not own_problems(left, right)
    return name in LENGTHS and lengths_matched(left, right, recipe)


def own_problems(*arms: Arm) -> bool:
    """Whether one of the arms has problems of its own."""
    return any(piece.kind.draw.own_problems for arm in arms for piece in arm.pieces)


def lengths_matched(left: Arm, right: Arm, recipe: Recipe) -> bool:
    """Whether two arms are to be of the same length."""
    if groups_of(left) != groups_of(right):
        return False
    if recipe.estimand == "tokens":
        return True
    return recipe.caliper is not None and not (changes_length(left) or changes_length(right))


def groups_of(arm: Arm) -> set[tuple[str, ...]]:
    """The groups of lengths that an arm draws from."""
    return {piece.kind.draw.group for piece in arm.pieces}


def changes_length(arm: Arm) -> bool:
    """Whether a defect of the arm makes its traces shorter or longer, as is its purpose."""
    return any(
        piece.kind.draw.longer is not None
        or any(name in LENGTH_CHANGING for name, _ in piece.kind.defects)
        for piece in arm.pieces
    )


def pairs(
    frames: Mapping[str, pl.DataFrame],
    found: Matched,
    design: Design,
    recipe: Recipe,
    epochs: Mapping[str, float],
) -> list[Pair]:
    """Every two arms as a whole."""
    ids = found.frame["problem_id"]
    problems = {name: set(ids[rows["at"]].to_list()) for name, rows in plain(frames).items()}
    traces = {
        name: set(zip(rows["at"].to_list(), rows["kind"].to_list(), strict=True))
        for name, rows in plain(frames).items()
    }
    return [
        Pair(
            left=left.name,
            right=right.name,
            overlap=shared(problems[left.name], problems[right.name]),
            same_rows=shared(traces[left.name], traces[right.name]),
            token_gap=token_gap(left, right, frames, epochs),
            gated=lengths_matched(left, right, recipe) and recipe.estimand == "tokens",
        )
        for left, right in combinations(design.arms, 2)
    ]


def plain(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames without what stands beside the comparison."""
    return {name: rows.filter(~pl.col("kind").is_in(ADDED)) for name, rows in frames.items()}


def shared(left: Set[object], right: Set[object]) -> float:
    """The share of the smaller set that is in the other."""
    return len(left & right) / max(1, min(len(left), len(right)))


def token_gap(
    left: Arm, right: Arm, frames: Mapping[str, pl.DataFrame], epochs: Mapping[str, float]
) -> float | None:
    """The gap of the tokens that two arms train; None for arms of other sizes or with canaries."""
    rows = [frames[arm.name].height * epochs[arm.name] for arm in (left, right)]
    if left.twin or right.twin:
        return None  # its canaries are more than the other has, on purpose
    if abs(rows[0] - rows[1]) > 0.5:
        return None
    tokens = [int(frames[arm.name]["tokens"].sum()) * epochs[arm.name] for arm in (left, right)]
    return float(abs(tokens[0] - tokens[1]) / max(1.0, sum(tokens) / 2))
