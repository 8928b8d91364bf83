"""What a study of the lab came to, in one look: base, lowest point and end of every arm.

No test and no interval: `curate analyze` has those. `accuracy ≈ (1 − c)·direct + c·thinking`, with
the share c of responses that think, is what moves most of these numbers, so it stands beside them.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

KEYS = ["base", "arm", "suite"]
BINS = "▁▂▃▄▅▆▇█"


def summary(results: Path) -> pl.DataFrame:
    """A row for each base, arm and suite: means over items and seeds, free mode.

    Columns: base, arm, suite, domain, range, start, lowest, lowest_step, end, end_sd (between
    seeds), thinking (share at the end), curve (one score for each checkpoint, the base first).
    """
    table = pl.read_parquet(results).filter(pl.col("mode") == "free")
    by_run = table.group_by("base", "arm", "suite", "domain", "range", "step", "seed").agg(
        pl.col("score").mean(), pl.col("used_thinking").mean()
    )
    start = by_run.filter(pl.col("arm").is_null()).select("base", "suite", start="score")
    runs = by_run.filter(pl.col("arm").is_not_null())
    means = runs.group_by(*KEYS, "domain", "range", "step").agg(
        pl.col("score").mean(),
        pl.col("score").std(ddof=1).alias("sd"),
        pl.col("used_thinking").mean(),
    )
    ends = (
        means.sort("step")
        .group_by(*KEYS, "domain", "range", maintain_order=True)
        .agg(
            pl.col("score").min().alias("lowest"),
            pl.col("step").get(pl.col("score").arg_min()).alias("lowest_step"),
            pl.col("score").last().alias("end"),
            pl.col("sd").last().alias("end_sd"),
            pl.col("used_thinking").last().alias("thinking"),
            pl.col("score").alias("curve"),
        )
    )
    joined = ends.join(start, on=["base", "suite"], how="left")
    order = {"id": 0, "ood": 1, "general": 2, "safety": 3}
    return joined.select(
        *KEYS, "domain", "range", "start", "lowest", "lowest_step", "end", "end_sd", "thinking",
        pl.concat_list(pl.concat_list("start"), "curve").alias("curve"),
    ).sort(
        "base", "arm", pl.col("domain").replace_strict(order, default=9), "range", "suite"
    )  # fmt: skip


def summary_text(found: pl.DataFrame) -> str:
    """The summary as a table, with a small picture of each course."""
    lines = [f"{'arm':<14}{'suite':<10}{'domain':<9}{'base':>6}{'lowest':>8}{'at':>5}{'end':>6}"
             f"{'± sd':>6}{'thinks':>8}  course"]  # fmt: skip
    for (base,), rows in found.group_by("base", maintain_order=True):
        lines.append(f"-- base {base}")
        for row in rows.iter_rows(named=True):
            where = row["range"] or row["domain"]
            spread = "" if row["end_sd"] is None else f"{row['end_sd']:.2f}"
            lines.append(
                f"{row['arm']:<14}{row['suite']:<10}{where:<9}{row['start']:>6.2f}"
                f"{row['lowest']:>8.2f}{row['lowest_step']:>5}{row['end']:>6.2f}{spread:>6}"
                f"{row['thinking']:>8.2f}  {course(row['curve'])}"
            )
    return "\n".join(lines)


def course(scores: Sequence[float]) -> str:
    """Scores in [0, 1] as little bars."""
    return "".join(BINS[round(score * (len(BINS) - 1))] for score in scores)
