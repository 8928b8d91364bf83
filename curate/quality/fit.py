"""A quality fitted to labels: logistic regression on the signals, judged on problems left out.

The features are the goodness of every signal (`curate.quality.combine`), standardized; one that is
missing is put at its mean and so adds nothing. The length is none of them. What is reported of the
model comes from cross-validation by problem: every trace is predicted by a model that has seen no
trace of its problem. Pairs for the AUC are taken within a fold, since the models of two folds are
not on one scale (with pairs across them, labels of pure noise have an AUC under 0.5). The intervals
of the coefficients are percentiles of a bootstrap over the problems.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import InputError, MissingExtra
from curate.quality.auc import Auc, auc, auc_with_interval, bootstrap_counts
from curate.quality.calibration import ReliabilityBin, brier, reliability
from curate.quality.combine import SIGNALS, Signal, goodness

Floats = NDArray[np.float64]

FOLDS = 5
DRAWS = 200
PENALTY = 1.0
"""`C` of scikit-learn: a normal prior of one point on every standardized coefficient."""
LEVEL = 0.95
DIGITS = 6
"""Of the numbers of a model, so that it does not depend on the order of a sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """What a signal is worth in the fitted model."""

    name: str
    value: float
    """Points of log-odds for one standard deviation of goodness."""
    low: float
    high: float
    """Bootstrap percentiles of 95 %."""
    mean: float
    scale: float
    """Mean and standard deviation of the goodness among the labelled traces."""
    known: float
    """Share of the labelled traces of which the signal is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted model, and what it is worth on problems that it has not seen."""

    label: str
    """The column or the file that it was fitted to."""
    traces: int
    problems: int
    positive: float
    """Share of labels that are true."""
    intercept: float
    coefficients: tuple[Coefficient, ...]
    auc: float | None
    auc_within_problem: Auc
    brier: float
    brier_of_the_mean: float
    """What always predicting the share of true labels would have."""
    reliability: tuple[ReliabilityBin, ...]

    @property
    def model(self) -> dict[str, Any]:
        """What predictions depend on: plain values, for the config of the stage."""
        return {
            "intercept": round(self.intercept, DIGITS),
            "coefficients": [
                {
                    "name": each.name,
                    "value": round(each.value, DIGITS),
                    "mean": round(each.mean, DIGITS),
                    "scale": round(each.scale, DIGITS),
                }
                for each in self.coefficients
            ],
        }

    @property
    def report(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return asdict(self)


def fit(rows: pl.DataFrame, label: str, signals: Sequence[Signal] = SIGNALS) -> Fit:
    """The model of a boolean column `label`, from rows with `problem_id` and the signals.

    Rows without a label take no part; the rows' order does not matter.

    Raises:
        MissingExtra: scikit-learn is not installed.
        InputError: the labels are too few, or all the same.
    """
    known = labelled(rows, signals)
    labels = known["label"].cast(pl.Float64).to_numpy()
    problems = known["problem_id"].rank("dense").to_numpy().astype(np.int64) - 1
    need_enough(label, labels, problems)
    features, spread = standardized(known, signals)
    chances, folds = cross_validated(features, labels, problems)
    model = regression(features, labels)
    judged = pl.DataFrame(
        {"chance": chances, "label": labels > 0, "fold": folds, "problem": problems}
    )
    return Fit(
        label=label,
        traces=len(labels),
        problems=int(problems.max()) + 1,
        positive=float(labels.mean()),
        intercept=float(model.intercept_[0]),
        coefficients=coefficients(features, labels, problems, model.coef_[0], spread),
        auc=auc(judged, "chance", "label", "fold"),
        auc_within_problem=auc_with_interval(judged, "chance", "label", "problem"),
        brier=brier(chances, labels),
        brier_of_the_mean=float(labels.mean() * (1 - labels.mean())),
        reliability=tuple(reliability(chances, labels)),
    )


def labelled(rows: pl.DataFrame, signals: Sequence[Signal]) -> pl.DataFrame:
    """Problem, label and the goodness of every signal, of the scored rows that have a label."""
    return (
        rows.filter(pl.col("label").is_not_null() & pl.col("tokens").is_not_null())
        .select("problem_id", "label", *(goodness(signal).alias(signal.name) for signal in signals))
        .sort(pl.all())
    )


def need_enough(label: str, labels: Floats, problems: NDArray[np.int64]) -> None:
    """Nothing, when there are labels of both kinds for enough problems.

    Raises:
        InputError: there are not.
    """
    count = len(np.unique(problems))
    if count >= 2 * FOLDS and 0 < labels.sum() < len(labels):
        return
    raise InputError(
        f"nothing can be fitted to `{label}`",
        why=f"{int(labels.sum()):,} of {len(labels):,} labels are true, of {count:,} problems",
        fix=f"give labels of both kinds for at least {2 * FOLDS} problems",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean, standard deviation and share of known values of a feature."""

    name: str
    mean: float
    scale: float
    known: float


def standardized(known: pl.DataFrame, signals: Sequence[Signal]) -> tuple[Floats, list[Spread]]:
    """The features with mean 0 and deviation 1, 0 where unknown: (traces, features)."""
    columns, spreads = [], []
    for signal in signals:
        values = known[signal.name]
        mean = float(values.mean() or 0.0)  # type: ignore[arg-type]
        centred = (values - mean).fill_null(0.0).to_numpy()
        scale = float(np.sqrt(np.mean(centred**2)))
        share = 1 - values.null_count() / len(values)
        spreads.append(Spread(name=signal.name, mean=mean, scale=scale, known=share))
        columns.append(centred / scale if scale > 1e-9 else np.zeros(len(values)))
    return np.column_stack(columns), spreads


class Regression(Protocol):
    """What is used of the logistic regression of scikit-learn."""

    coef_: Floats
    """(1, features)."""
    intercept_: Floats

    def predict_proba(self, features: Floats) -> Floats:
        """Chances of false and of true: (traces, 2)."""
        ...


def regression(features: Floats, labels: Floats, weights: Floats | None = None) -> Regression:
    """The logistic regression of scikit-learn; a constant label has no slopes.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtra("scikit-learn", extra="fit", needed_for="`--fit`") from error

    model = LogisticRegression(C=PENALTY, max_iter=1000)
    model.fit(features, labels, sample_weight=weights)
    return cast("Regression", model)


def cross_validated(
    features: Floats, labels: Floats, problems: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """The chance of each trace from a model without its problem, and the fold that it was in.

    Features are standardized over all traces: it uses no label.
    """
    from sklearn.model_selection import GroupKFold

    chances, folds = np.empty(len(labels)), np.empty(len(labels), np.int64)
    splits = GroupKFold(FOLDS).split(features, labels, problems)
    for number, (train, test) in enumerate(splits):
        folds[test] = number
        if 0 < labels[train].sum() < len(train):
            model = regression(features[train], labels[train])
            chances[test] = model.predict_proba(features[test])[:, 1]
        else:
            chances[test] = labels[train].mean()
    return chances, folds


def coefficients(
    features: Floats,
    labels: Floats,
    problems: NDArray[np.int64],
    values: Floats,
    spreads: Sequence[Spread],
) -> tuple[Coefficient, ...]:
    """The coefficients with intervals from a bootstrap over problems, at most `DRAWS` refits."""
    counts = bootstrap_counts(int(problems.max()) + 1, DRAWS, seed=0)
    drawn = [
        regression(features[taken], labels[taken], weights[taken]).coef_[0]
        for weights in (draw[problems] for draw in counts)
        for taken in [weights > 0]
        if 0 < labels[taken].sum() < taken.sum()
    ]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return tuple(
        Coefficient(
            name=spread.name,
            value=float(value),
            low=float(least),
            high=float(most),
            mean=spread.mean,
            scale=spread.scale,
            known=spread.known,
        )
        for spread, value, least, most in zip(spreads, values, low, high, strict=True)
    )


def fitted_contribution(coefficient: dict[str, Any], signal: Signal) -> pl.Expr:
    """Points of log-odds that a signal adds in a fitted model; 0 where it is unknown."""
    if coefficient["scale"] <= 1e-9:
        return pl.lit(0.0).alias(signal.name)
    mean, scale, value = (float(coefficient[name]) for name in ("mean", "scale", "value"))
    standard = (goodness(signal) - mean) / scale
    return (value * standard).fill_null(0.0).alias(signal.name)
