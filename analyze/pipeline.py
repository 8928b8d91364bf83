"""What runs on a study: every part that its rows and its design allow, in one frozen result."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import polars as pl

from curate.analyze.claim import also, claim
from curate.analyze.find_bases import capabilities
from curate.analyze.find_behaviour import doings
from curate.analyze.find_beside import beside
from curate.analyze.find_dynamics import trajectories
from curate.analyze.find_effects import effects
from curate.analyze.find_judged import judged
from curate.analyze.find_lengths import lengths
from curate.analyze.find_modes import modes
from curate.analyze.find_needs import needs
from curate.analyze.find_predictions import predictions
from curate.analyze.find_quality import doses, factors
from curate.analyze.find_sensitivity import robustness
from curate.analyze.find_traces import traces
from curate.analyze.find_tradeoff import tradeoffs
from curate.analyze.results import Analysis, Facts
from curate.analyze.scopes import Scopes, scopes
from curate.analyze.study import Study
from curate.errors import InputError


def analyze(
    study: Study,
    *,
    responses: pl.DataFrame | None = None,
    beside_paper: bool = False,
    paper_arms: Mapping[str, str] | None = None,
) -> Analysis:
    """Everything that can be said of a study.

    `responses` are measured ones (`curate.responses_measured`); `paper_arms` says which arm is
    which of the paper's.

    Raises:
        InputError: it holds no trained arm.
    """
    found = scopes(study)
    if not found.parts:
        raise InputError(
            "there is no trained arm in these rows",
            why="every row is of an untrained base (step 0), or in a forced mode alone",
            fix="add rows of trained checkpoints, with `arm` and `step`",
        )
    effect = effects(found)
    dose = doses(found)
    path = trajectories(found)
    length = lengths(found)
    mode = modes(found, path)
    trade = tradeoffs(found)
    attacks = judged(found)
    single = traces(found)
    bases = capabilities(found)
    small = predictions(found)
    doing = doings(found, responses)
    firm = robustness(found, effect)
    part = factors(found)
    want = needs(found, effect)
    paper = beside(found, effect, paper_arms or {}) if beside_paper else ()
    facts = facts_of(found)
    return Analysis(
        facts=facts,
        claim=claim(study.design, effect, dose),
        also=also(study.design, effect, path, dose),
        effects=effect,
        trajectories=path,
        lengths=length,
        modes=mode,
        doses=dose,
        factors=part,
        tradeoffs=trade,
        judged=attacks,
        traces=single,
        capability=bases,
        behaviour=doing,
        predictions=small,
        robustness=firm,
        beside=paper,
        needs=want,
        missing=tuple(found.missing),
        warnings=warnings(facts),
    )


def facts_of(found: Scopes) -> Facts:
    """What was counted."""
    study, design = found.study, found.design
    frame = study.table.frame
    trained = frame.filter(pl.col("arm").is_not_null())
    return Facts(
        name=design.name,
        rows_in=study.table.rows_in,
        rows_used=study.table.rows_used,
        left_out=study.table.left_out,
        itemised=study.table.itemised,
        bases=tuple((base, capability(found, base)) for base in found.bases),
        arms={name: asdict(arm) for name, arm in design.arms.items()},
        seeds=fewest_runs(trained),
        steps=tuple(trained["step"].unique().sort().to_list()),
        suites=tuple(
            trained.group_by("suite", "domain").agg(pl.col("item").n_unique())
            .sort("domain", "suite").iter_rows()
        ),
        modes=found.modes,
        samples=int(trained["sample"].max() or 0) + 1,  # type: ignore[arg-type]
        margin=design.margin,
        safety_margin=design.safety_margin,
        alpha=design.alpha,
        window=design.window,
        declared=design.declared,
        confirmatory=design.confirmatory,
        balance=design.balance,
        notes=study.table.notes,
    )  # fmt: skip


def fewest_runs(trained: pl.DataFrame) -> dict[str, int]:
    """Runs of each arm, the fewest over bases."""
    counted = trained.group_by("arm", "base").agg(pl.col("seed").n_unique().alias("runs"))
    fewest = counted.group_by("arm").agg(pl.col("runs").min()).sort("arm")
    return dict(fewest.iter_rows())


def capability(found: Scopes, base: str) -> float | None:
    """Mean score of the untrained base over its reasoning domains, benchmarks alike."""
    scores = [
        float(np.nanmean(found.panel(scope).base))
        for scope in found.suites(base)
        if scope.domain in ("id", "ood", "unsorted") and not np.isnan(found.panel(scope).base).all()
    ]
    return float(np.mean(scores)) if scores else None


def warnings(facts: Facts) -> tuple[str, ...]:
    """What a reader must know before believing any number."""
    said = []
    if facts.seeds and min(facts.seeds.values()) < 2:
        said.append(
            "Some arms were trained once. What another seed would do is unknown; nothing about "
            "them is a finding about the data."
        )
    elif facts.seeds and min(facts.seeds.values()) < 3:
        said.append(
            "Two seeds for each arm: the spread between runs is pooled over arms and checkpoints "
            "and still rests on few degrees of freedom; three or more are advised."
        )
    if not facts.itemised:
        said.append(
            "Rows are scores of whole benchmarks: intervals hold the variation between seeds "
            "alone and say nothing about other items."
        )
    if facts.balance and facts.balance.get("passed") is False:
        said.append(
            "The arms failed their balance: a difference between them may come from what was not "
            "balanced."
        )
    return tuple(said)
