"""Made-up candidates and pools for the tests of mixtures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.mix.arms import arm_frames
from curate.mix.candidates import Candidates
from curate.mix.design import Design, design_of
from curate.mix.match import Matched, match
from curate.mix.recipe import Recipe, recipe_of
from curate.pool import Pool
from curate.sample.dump import Shape, write_sample
from curate.verify_dumps import verify_dumps

Row = tuple[int, bool, int, str]
"""(problem, whether it is correct, tokens, source)"""

GRADES = {"high": {"where": "verdict = 'correct'"}, "low": {"where": "verdict = 'incorrect'"}}


def recipe(**values: Any) -> Recipe:
    """A recipe with two grades and two sources, and what is given."""
    sources = {"a": {"pool": "a"}, "b": {"pool": "b"}}
    return recipe_of({"sources": sources, "grades": GRADES, **values}, "the test")


def found_rows(rows: Sequence[Row], design: Design, **columns: Sequence[Any]) -> Candidates:
    """Candidates in memory: a draw of correct traces has these, and so on."""
    right = pl.Series([row[1] for row in rows], dtype=pl.Boolean)
    flags = {
        f"draw-{n}": ~right if "incorrect" in draw.conditions[0][0] else right
        for n, draw in enumerate(design.draws)
    }
    frame = pl.DataFrame(
        {
            "id": [f"{n:032x}" for n in range(len(rows))],
            "problem_id": [f"{row[0]:016x}" for row in rows],
            "tokens": pl.Series([row[2] for row in rows], dtype=pl.Int64),
            "from": pl.Series([row[3] for row in rows], dtype=pl.String),
            **columns,
            **flags,
        }
    ).with_columns(
        stratum=pl.lit("all"),
        replay=pl.lit(value=False),
        tokens_thinking=pl.col("tokens") // 2,
        tokens_answer=pl.col("tokens") - pl.col("tokens") // 2,
        pass_rate=flags["draw-0"].cast(pl.Float64),
    )
    rate = pl.col("pass_rate").mean().over("problem_id")
    return Candidates(frame=frame.with_columns(rate), pools={}, token_rule="made up")


def arms_of(
    rows: Sequence[Row], wanted: Recipe, **columns: Sequence[Any]
) -> tuple[dict[str, pl.DataFrame], Matched, Design]:
    """The arms of a recipe on candidates in memory."""
    design = design_of(wanted)
    matched = match(found_rows(rows, design, **columns), wanted, design)
    return arm_frames(matched, design, wanted), matched, design


def many_rows(problems: int, each: int, seed: int, longer: float = 0.2) -> list[Row]:
    """Traces whose incorrect ones are longer by so much on the logarithm."""
    draw = np.random.default_rng(seed)
    rows: list[Row] = []
    for problem in range(problems):
        base = draw.normal(6.5, 0.5)
        for number in range(each):
            right = number < 2 or (number > 3 and bool(draw.random() < 0.5))
            length = np.exp(base + draw.normal(0, 0.3) + longer * (not right))
            rows.append((problem, right, max(1, int(length)), "ab"[problem % 3 == 0]))
    return rows


@pytest.fixture(scope="session")
def mix_pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """A verified pool of a sample, in which a problem has four traces."""
    folder = tmp_path_factory.mktemp("mix")
    write_sample(folder / "dump.jsonl", traces=1200, seed=3, broken=0, shape=Shape.FLAT)
    return verify_dumps([str(folder / "dump.jsonl")], folder / "pool", workers=1)


def write_recipe(path: Path, pool: Path, extra: str = "") -> Path:
    """A recipe file of three doses."""
    path.write_text(
        f"""name = "small"
{extra}
[sources.main]
pool = "{pool}"
[grades.high]
where = 'verdict == "correct" and thinking == "closed"'
[grades.low]
where = "verdict = 'incorrect' and thinking = 'closed'"
[doses]
high = "high"
low = "low"
at = [0, 50, 100]
"""
    )
    return path
