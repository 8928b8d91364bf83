"""A pool with every group that a report shows, written by hand, until and beside the real ones."""

from pathlib import Path

import numpy as np
import polars as pl

from curate.groups import record_stage
from curate.io import write_table
from curate.pool import Pool
from curate.sample.dump import Shape, write_sample
from curate.stage import Stage
from curate.verify_dumps import verify_dumps

SPAN = pl.Struct({"start": pl.Int64, "end": pl.Int64, "kind": pl.String})


def sample_pool(folder: Path, *, traces: int = 400, broken: int = 12) -> Pool:
    """A verified pool of two made-up dumps."""
    dumps = [folder / "first.jsonl", folder / "second.jsonl"]
    for seed, dump in enumerate(dumps):
        write_sample(dump, traces=traces // 2, seed=seed, broken=broken, shape=Shape.FLAT)
    return verify_dumps([str(dump) for dump in dumps], folder / "pool", workers=1)


def full_pool(folder: Path, *, traces: int = 400) -> Pool:
    """A verified pool with signals, grades, duplicates and contamination."""
    return write_groups(sample_pool(folder, traces=traces))


def write_groups(pool: Pool) -> Pool:
    """The pool, with every further group drawn at random."""
    for number, name in enumerate(pool.part_names()):
        draw = np.random.default_rng(number)
        known = pool.read_part(name, ["traces", "extract", "verify"])
        for group, frame in (
            ("score", score(known, draw)),
            ("quality", quality(known, draw)),
            ("dedup", dedup(known)),
            ("contamination", contamination(known)),
        ):
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            write_table(pool.part(group, name), table, key=f"by hand {number}")
    for group in ("score", "quality", "dedup", "contamination"):
        record_stage(pool, Stage(name=group, version=1, config={}), ["traces", "verify"])
    return pool


def score(known: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Signals, some of which tell right from wrong."""
    size = known.height
    right = (known["verdict"] == "correct").to_numpy().astype(float)
    chars = known["response_chars"]
    equals = known["response"].str.find("=", literal=True).cast(pl.Int64)
    wrong = (pl.Series(draw.random(size)) < 0.3) & equals.is_not_null()
    loops = [
        [{"start": length // 3, "end": length // 2, "kind": "phrase"}] if length % 7 == 0 else []
        for length in chars
    ]

    def near(shift: float, spread: float) -> pl.Series:
        return pl.Series(draw.normal(0.5 + shift * (right - 0.5), spread).clip(0, 1))

    return pl.DataFrame(
        {
            "tokens": (chars / 3.6).cast(pl.Int64),
            "thinking_share": near(0, 0.1),
            "steps": (chars / 90).cast(pl.Int64),
            "step_chars_mean": pl.Series(draw.gamma(4, 20, size)),
            "cut_off": pl.select(
                pl.when(pl.lit(known["truncated"])).then(pl.lit("unclosed thinking"))
            ).to_series(),
            "well_formed": pl.Series(draw.random(size) < 0.9),
            "answers_agree": pl.Series(draw.random(size) < 0.5 + 0.4 * right),
            "loop_share": pl.Series([0.17 if found else 0.0 for found in loops]),
            "loops": pl.Series(loops, dtype=pl.List(SPAN)),
            "distinct_5grams": near(0.1, 0.1),
            "repeated_sentences": near(-0.2, 0.15),
            "compression_ratio": near(0.05, 0.1),
            "verification_rate": pl.Series(draw.gamma(2, 1 + right)),
            "backtracking_rate": pl.Series(draw.gamma(1 + (1 - right), 1)),
            "hedging_rate": pl.Series(draw.gamma(2, 1, size)),
            "failed_steps": near(-0.3, 0.15),
            "arithmetic": pl.Series(
                [None if one < 0.4 else value for one, value in
                 zip(draw.random(size), near(0.5, 0.2), strict=True)]
            ),
            "wrong_start": pl.select(pl.when(pl.lit(wrong)).then(pl.lit(equals) - 4)).to_series(),
            "wrong_end": pl.select(pl.when(pl.lit(wrong)).then(pl.lit(equals) + 4)).to_series(),
        }
    )  # fmt: skip


def quality(known: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Quality that goes with the verdict, and its grade."""
    right = (known["verdict"] == "correct").to_numpy()
    values = draw.beta(2 + 3 * right, 4 - right)
    places = np.searchsorted(np.quantile(values, [0.2, 0.4, 0.6, 0.8]), values)
    return pl.DataFrame(
        {
            "quality": values,
            "quality_raw": (values + draw.normal(0, 0.05, known.height)).clip(0, 1),
            "grade": ["EDCBA"[place] for place in places],
            "quality_why": ["arithmetic +0.21, loops -0.08"] * known.height,
        }
    )


def dedup(known: pl.DataFrame) -> pl.DataFrame:
    """Every ninth trace of a problem is said to be a copy of its first."""
    ids = known["id"].to_list()
    copies = [place % 9 in (4, 5) for place in range(known.height)]
    first = [ids[place - place % 9] for place in range(known.height)]
    in_cluster = [place % 9 == 0 or copy for place, copy in enumerate(copies)]
    return pl.DataFrame(
        {
            "duplicate_cluster": [
                cluster if inside else None
                for cluster, inside in zip(first, in_cluster, strict=True)
            ],
            "duplicate_of": [
                one if copy else None for one, copy in zip(first, copies, strict=True)
            ],
            "is_survivor": [not copy for copy in copies],
            "similarity": [0.93 if copy else None for copy in copies],
            "duplicate_level": [
                ("trace" if place % 2 else "rollout") if copy else None
                for place, copy in enumerate(copies)
            ],
            "duplicate_evidence": ["40 of 43 windows agree" if copy else None for copy in copies],
        }
    )


def contamination(known: pl.DataFrame) -> pl.DataFrame:
    """Every fortieth problem is said to be of a benchmark."""
    hits = [place % 40 == 3 for place in range(known.height)]
    problems = known["problem"].to_list()

    def where(values: list[object]) -> list[object]:
        return [value if hit else None for value, hit in zip(values, hits, strict=True)]

    size = known.height
    return pl.DataFrame(
        {
            "contaminated": hits,
            "contamination_item": where([f"math500/{place % 7}" for place in range(size)]),
            "contamination_rule": where(["13 words in a row"] * size),
            "contamination_part": where(["problem"] * size),
            "contamination_score": where([0.9] * size),
            "contamination_start": where([3] * size),
            "contamination_end": where([min(len(one), 40) for one in problems]),
            "contamination_span": where([one[3:40] for one in problems]),
        },
        schema_overrides={
            "contamination_start": pl.Int64,
            "contamination_end": pl.Int64,
            "contamination_score": pl.Float64,
        },
    )
