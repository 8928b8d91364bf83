"""What a study's responses do, measured: glue between the signals of text and the analysis.

`curate.analyze` knows tables of results only; here the responses of the final window and of the
untrained bases become such a table, one row per response with the signals as columns.
"""

import zlib
from pathlib import Path

import polars as pl

from curate.response_signals import response_signals

MOST_RESPONSES = 6_000
"""About ten seconds of one core; beyond it, fewer items, the same for every arm."""
KEYS = ("arm", "base", "seed", "mix_seed", "step", "suite", "domain", "item", "cluster", "sample",
        "mode")  # fmt: skip


def measured_responses(path: Path, *, window: int, domains: tuple[str, ...]) -> pl.DataFrame | None:
    """Signals of free responses in the last `window` checkpoints and at step 0; None without any.

    Of too many responses, items are kept by a hash of their name, so that arms stay paired.
    """
    plan = pl.scan_parquet(path)
    names = plan.collect_schema().names()
    if not {"arm", "base", "step", "suite", "item", "response"} <= set(names):
        return None
    keys = [name for name in KEYS if name in names]
    rows = plan.select(*keys, "response")
    if "mode" in keys:
        rows = rows.filter(pl.col("mode") == "free")
    if "domain" in keys:
        rows = rows.filter(pl.col("domain").is_in(list(domains)))
    steps = rows.filter(pl.col("step") > 0).select(pl.col("step").unique().sort()).collect()["step"]
    chosen = [0, *steps.to_list()[-window:]]
    rows = rows.filter(pl.col("step").is_in(chosen))
    items = rows.group_by("suite", "item").len().collect().sort("suite", "item")
    kept = kept_items(items)
    found = rows.join(kept.lazy(), on=["suite", "item"], how="semi").collect()
    if found.is_empty():
        return None
    signals = response_signals(found["response"].fill_null("").to_list())
    return pl.concat([found.drop("response"), signals], how="horizontal")


def kept_items(items: pl.DataFrame) -> pl.DataFrame:
    """Items whose responses are at most `MOST_RESPONSES` together, chosen by a hash."""
    if items["len"].sum() <= MOST_RESPONSES:
        return items.select("suite", "item")
    order = [zlib.crc32(f"{suite}\n{item}".encode()) for suite, item in
             items.select("suite", "item").iter_rows()]  # fmt: skip
    ranked = items.with_columns(pl.Series("order", order)).sort("order", "suite", "item")
    return ranked.filter(pl.col("len").cum_sum() <= MOST_RESPONSES).select("suite", "item")
