"""Made-up rows of the `score` group, for the tests of the quality."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.groups import record_stage
from curate.io import write_table
from curate.pool import Pool
from curate.quality.combine import CUT_OFF_GOODNESS, SIGNALS, Signal
from curate.stage import Stage

CUT_OFF = [None, *CUT_OFF_GOODNESS]
BOOLEAN = {"well_formed", "answer_after_thinking", "answers_agree"}
SCHEMA: dict[str, Any] = {"tokens": pl.Int64()} | {
    signal.name: pl.String()
    if signal.name == "cut_off"
    else pl.Boolean()
    if signal.name in BOOLEAN
    else pl.Float64()
    for signal in SIGNALS
}
STAGE = Stage(name="score", version=0, config={"made": "up"})


def random_rows(rows: int, seed: int = 0, missing: float = 0.1) -> pl.DataFrame:
    """Rows whose signals are independent of each other and of the length, some of them unknown."""
    rng = np.random.default_rng(seed)
    columns: dict[str, list[Any]] = {"tokens": np.exp(rng.normal(8, 1, rows)).astype(int).tolist()}
    for signal in SIGNALS:
        values = random_values(rng, signal, rows)
        unknown = rng.random(rows) < missing
        columns[signal.name] = [
            None if gap else value for value, gap in zip(values, unknown, strict=True)
        ]
    return pl.DataFrame(columns, schema=SCHEMA)


def random_values(rng: np.random.Generator, signal: Signal, rows: int) -> list[Any]:
    """Values over the whole scale of a signal."""
    if signal.name == "cut_off":
        return [CUT_OFF[place] for place in rng.integers(len(CUT_OFF), size=rows)]
    if signal.name in BOOLEAN:
        return [bool(value) for value in rng.random(rows) < 0.5]
    low, high = sorted((signal.bad, signal.good))
    return [float(value) for value in rng.uniform(low, high, rows)]


def write_scores(pool: Pool, seed: int = 0) -> pl.DataFrame:
    """Give a pool a `score` group of made-up rows; all of them."""
    written = []
    for number, (name, stamp) in enumerate(pool.stamps("traces").items()):
        rows = random_rows(stamp.rows, seed=seed + number)
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        write_table(pool.part("score", name), table, key=STAGE.key([stamp.seal, str(seed)]))
        written.append(rows)
    record_stage(pool, STAGE, ["traces"])
    return pl.concat(written)


def labelled_rows(
    problems: int, responses: int, coefficients: dict[str, float], seed: int = 0
) -> pl.DataFrame:
    """Rows with `problem_id` and a `label` whose log-odds are linear in the goodness of signals."""
    from curate.quality.combine import goodness

    rng = np.random.default_rng(seed)
    rows = random_rows(problems * responses, seed=seed, missing=0.0)
    points = rows.select(
        pl.sum_horizontal(
            coefficients.get(signal.name, 0.0) * goodness(signal) for signal in SIGNALS
        ).alias("points")
    )["points"].to_numpy()
    chance = 1 / (1 + np.exp(points.mean() - points))
    return rows.with_columns(
        problem_id=pl.Series(np.repeat(np.arange(problems), responses).astype(str)),
        label=pl.Series(rng.random(len(chance)) < chance),
    )


def write_labels(path: Path, ids: list[str], labels: list[Any]) -> Path:
    """A JSONL file of labels."""
    pl.DataFrame({"id": ids, "label": labels}).write_ndjson(path)
    return path
