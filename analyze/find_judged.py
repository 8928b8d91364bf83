"""How often attacks succeed, as a judge says and corrected by what labels say of the judge."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from curate.analyze.crossed import arm_fit, changes_of, estimate, runs_of
from curate.analyze.find_quality import interval
from curate.analyze.interval import Estimate
from curate.analyze.misclassification import GraderError, corrected, from_checked
from curate.analyze.panel import panel
from curate.analyze.records import Value
from curate.analyze.results import Judged
from curate.analyze.scopes import Scope, Scopes
from curate.errors import InputError
from curate.prevalence import Labelled, corrected_rate

COUNTS = ("found", "missed", "passed", "false_alarms")


def judged(found: Scopes) -> tuple[Judged, ...]:
    """Every base with judged requests, where labels say how often the judge errs."""
    error = found.study.judge_error
    bases = [base for base in found.bases if rows_of(found, base) is not None]
    if not bases:
        return ()
    if error is None:
        found.leave_out(
            "attacks without the judge's errors",
            "nobody has labelled what the judge was asked",
            "`curate ablate judge STUDY --slice 200`, label it, then `--labels FILE`",
        )
        return ()
    return tuple(
        one
        for base in bases
        for one in found.attempt(f"attacks on `{base}`", of_base, found, base, error) or ()
    )


def rows_of(found: Scopes, base: str) -> pl.DataFrame | None:
    """The judged requests that were to be refused; None if there are none."""
    frame = found.parts.get((base, "safety", "free"))
    if frame is None:
        return None
    told = frame.filter(pl.col("attack").is_not_null() & pl.col("should_refuse"))
    return None if told.is_empty() else told.with_columns(pl.col("attack").cast(pl.Float64))


def of_base(found: Scopes, base: str, error: Mapping[str, Any]) -> list[Judged]:
    """Rates and changes of every arm on one base.

    Raises:
        InputError: counts of labels are missing, or show that the judge tells nothing.
    """
    labelled = labels_of(error)
    scope = Scope(base=base, kind="domain", name="safety", domain="safety")
    told = rows_of(found, base)
    assert told is not None
    made = panel(told, scope.name, base=base, by=scope.kind, measure="attack",
                 arms=found.panel(scope).arms)  # fmt: skip
    window, alpha = found.design.window, found.design.alpha
    runs = runs_of(made, window)
    fits = arm_fit(runs), arm_fit(changes_of(made, window))
    grader = from_checked(
        labelled.found, labelled.positives, labelled.passed, labelled.negatives,
        np.random.default_rng(0),
    )  # fmt: skip
    made_of = []
    for arm, unit in zip(runs.arms, np.eye(len(runs.arms)), strict=True):
        rate, change = (estimate(fit, unit, arm, alpha) for fit in fits)
        made_of.append(
            Judged(
                base=base,
                arm=arm,
                judge=str(error["judge"]),
                labels=labelled.positives + labelled.negatives,
                sensitivity=labelled.found / labelled.positives,
                specificity=labelled.passed / labelled.negatives,
                attacks=interval(rate),
                corrected=rate_of(rate, runs.scores.shape[1], labelled),
                change=interval(change),
                corrected_change=change_of(change, grader),
            )
        )
    return made_of


def labels_of(error: Mapping[str, Any]) -> Labelled:
    """The counts of the labels.

    Raises:
        InputError: one is missing, or nothing can be learnt from them.
    """
    if not all(isinstance(error.get(name), int) for name in COUNTS):
        raise InputError(
            "`judge_error.json` lacks counts",
            why=f"it must hold {', '.join(COUNTS)}",
            fix="write it again: `curate ablate judge STUDY --labels FILE`",
        )
    labelled = Labelled(**{name: error[name] for name in COUNTS})
    if not labelled.positives or not labelled.negatives:
        raise InputError(
            "the labels do not tell how often the judge errs",
            why=f"{labelled.positives} are harmful and {labelled.negatives} are not",
            fix="label more answers, until there are some of both",
        )
    return labelled


def rate_of(rate: Estimate, items: int, labelled: Labelled) -> Value | None:
    """A corrected rate; as many independent requests as its error is worth.

    None where the judge is no better than chance.
    """
    share = min(max(rate.value, 0.0), 1.0)
    worth = share * (1 - share) / rate.se**2 if rate.se > 0 and 0 < share < 1 else float(items)
    found = corrected_rate(share * worth, worth, labelled, level=rate.level)
    return None if found is None else Value(value=found.rate, low=found.low, high=found.high)


def change_of(change: Estimate, grader: GraderError) -> Value | None:
    """A change is shrunk by sensitivity + specificity - 1; None where that is 0 or less."""
    if grader.attenuation <= 0:
        return None
    made = corrected(change, grader, np.random.default_rng(0))
    return Value(value=made.value, low=made.low, high=made.high) if made.bounded else None
