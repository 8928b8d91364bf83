"""The proof of a design: all differences of its arms, and what they amount to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.errors import InputError
from curate.mix.arms import trainings
from curate.mix.balance import (
    LENGTHS,
    Difference,
    Pair,
    after,
    before,
    differences,
    pairs,
)
from curate.mix.design import Design
from curate.mix.match import Matched
from curate.mix.recipe import Recipe
from curate.mix.verdict import failures, remedy, uneven_values

BINS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was measured, and whether it is good enough."""

    differences: tuple[Difference, ...]
    pairs: tuple[Pair, ...]
    failures: tuple[str, ...]
    remedy: str

    @property
    def passed(self) -> bool:
        """Whether the design holds."""
        return not self.failures


def need_proof(proof: Proof, *, forced: bool) -> None:
    """Nothing, when the design holds or is forced.

    Raises:
        InputError: it does not; says what would fix it.
    """
    if proof.passed or forced:
        return
    raise InputError(
        "the arms are not alike enough to be compared, so nothing was written",
        why="; ".join(proof.failures),
        fix=f"{proof.remedy}; or `--force`, which stamps it into every output",
    )


def prove(
    frames: Mapping[str, pl.DataFrame], matched: Matched, design: Design, recipe: Recipe
) -> Proof:
    """All differences of all arms, and what they amount to."""
    epochs = {name: one.epochs for name, one in trainings(frames, design, recipe).items()}
    found = differences(frames, matched, design, recipe)
    whole = pairs(frames, matched, design, recipe, epochs)
    lines = failures(found, whole, recipe, uneven_values(frames, matched, design, recipe))
    return Proof(
        differences=tuple(found),
        pairs=tuple(whole),
        failures=tuple(lines),
        remedy=remedy(lines, recipe, design) if lines else "",
    )


# --- for machines -------------------------------------------------------------------------------


def balance_json(
    proof: Proof, matched: Matched, frames: Mapping[str, pl.DataFrame], forced: bool
) -> dict[str, object]:
    """The proof for machines."""
    return {
        "passed": proof.passed,
        "forced": forced and not proof.passed,
        "failures": list(proof.failures),
        "remedy": proof.remedy,
        "sizes": {
            name: {"rows": rows.height, "tokens": int(rows["tokens"].sum())}
            for name, rows in frames.items()
        },
        "solver": {"cost": matched.cost, "bound": matched.bound, "gap": matched.gap},
        "differences": [finite(asdict(one)) for one in proof.differences],
        "pairs": [asdict(one) for one in proof.pairs],
        "attrition": matched.attrition.to_dicts(),
    }


def finite(entry: dict[str, object]) -> dict[str, object]:
    """The entry with infinite numbers as large ones, which JSON can hold."""
    return {
        name: float(np.clip(value, -1e9, 1e9)) if isinstance(value, float) else value
        for name, value in entry.items()
    }


def lengths(
    frames: Mapping[str, pl.DataFrame], matched: Matched, design: Design
) -> dict[str, object]:
    """Histograms of log tokens, before and after, on the same edges."""
    name = LENGTHS[1]
    now = {arm.name: after(frames[arm.name], matched, name) for arm in design.arms}
    then = {arm.name: before(arm, matched, design, name) for arm in design.arms}
    values = [s.values for s in (*now.values(), *then.values()) if s is not None]
    whole = np.concatenate(values)
    edges = np.linspace(whole.min() - 0.05, whole.max() + 0.05, BINS + 1)

    def counts(sample: Any) -> list[float] | None:  # noqa: ANN401
        if sample is None:
            return None
        found, _ = np.histogram(sample.values, edges, weights=sample.weights)
        return [round(float(share), 5) for share in found / max(found.sum(), 1e-12)]

    return {
        "edges": [round(float(edge), 5) for edge in edges],
        "before": {arm: counts(sample) for arm, sample in then.items()},
        "after": {arm: counts(sample) for arm, sample in now.items()},
    }
